//! What a dead letter says of its death: each framework family's headers, read by what they really hold.
//!
//! A message may have died more than once and carry several families' headers; the family whose headers stand last was
//! written last, so it tells this death. What a replay strips are the headers of all of them.

mod connect;
mod fields;
mod names;
mod retryable_topic;
mod share_group;
mod smallrye;
mod spring_cloud_stream;
mod spring_kafka;
mod streams;

#[cfg(test)]
mod tests;

pub use fields::{integer, timestamp};

use crate::model::{Death, Message};

/// One family: how it is known, which headers are its own, and how they are read.
struct Family {
    /// Whether a header of this name belongs to the family.
    owns: fn(&str) -> bool,
    /// The death as this family tells it; `None` where its headers are not there.
    read: fn(&Message) -> Option<Death>,
    /// Its names are distinct enough to be stripped even where the family's main headers are missing.
    distinct: bool,
}

const FAMILIES: [Family; 7] = [
    Family { owns: retryable_topic::owns, read: retryable_topic::read, distinct: true },
    Family { owns: spring_kafka::owns, read: spring_kafka::read, distinct: true },
    Family { owns: spring_cloud_stream::owns, read: spring_cloud_stream::read, distinct: false },
    Family { owns: connect::owns, read: connect::read, distinct: true },
    Family { owns: streams::owns, read: streams::read, distinct: true },
    Family { owns: share_group::owns, read: share_group::read, distinct: true },
    Family { owns: smallrye::owns, read: smallrye::read, distinct: false },
];

/// What the message's headers say of its death; family `""` and nothing told where no family is known.
pub fn death(message: &Message) -> Death {
    let last = |family: &Family| message.headers.iter().rposition(|(name, _)| (family.owns)(name));
    let mut told: Option<(usize, Death)> = None;
    let mut owners: Vec<&Family> = Vec::new();
    for family in &FAMILIES {
        let read = (family.read)(message);
        if family.distinct || read.is_some() {
            owners.push(family);
        }
        // of two that end on one header, the one that is listed first is the more special
        if let (Some(death), Some(at)) = (read, last(family))
            && told.as_ref().is_none_or(|(best, _)| at > *best)
        {
            told = Some((at, death));
        }
    }
    let mut death = told.map(|(_, death)| death).unwrap_or_default();
    for (name, _) in &message.headers {
        if owners.iter().any(|family| (family.owns)(name)) && !death.owned.contains(name) {
            death.owned.push(name.clone());
        }
    }
    death
}
