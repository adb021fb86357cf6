//! What a dead letter says of its death: each framework family's headers, read by what they really hold.
//!
//! A message may have died more than once and carry several families' headers; the family whose headers stand last was
//! written last, so it tells this death. What a replay strips are the headers of all of them.

mod activemq;
mod artemis;
mod camel;
mod celery;
mod connect;
mod dlx;
mod fields;
mod lambda;
mod masstransit;
mod names;
mod nservicebus;
mod rebus;
mod retryable_topic;
mod share_group;
mod smallrye;
mod sns;
mod spring_amqp;
mod spring_cloud_stream;
mod spring_kafka;
mod sqs;
mod streams;
mod values;
mod wolverine;
mod x_death;
mod x_opt_deaths;

#[cfg(test)]
mod tests;

pub use values::{integer, timestamp};

use crate::model::{Death, Message, Told};

/// One family: how it is known, which headers are its own, and how they are read.
struct Family {
    /// Whether a header of this name belongs to the family.
    owns: fn(&str) -> bool,
    /// The death as this family tells it; `None` where its headers are not there.
    read: fn(&Message) -> Option<Death>,
    /// Names distinct enough to be stripped even where the family's main headers are missing.
    distinct: fn(&str) -> bool,
}

/// What applications' frameworks and Kafka's own tools write on a message when they give it up.
const FRAMEWORKS: [Family; 16] = [
    Family { owns: retryable_topic::owns, read: retryable_topic::read, distinct: retryable_topic::owns },
    Family { owns: spring_kafka::owns, read: spring_kafka::read, distinct: spring_kafka::owns },
    Family { owns: spring_cloud_stream::owns, read: spring_cloud_stream::read, distinct: none },
    Family { owns: connect::owns, read: connect::read, distinct: connect::owns },
    Family { owns: streams::owns, read: streams::read, distinct: streams::owns },
    Family { owns: share_group::owns, read: share_group::read, distinct: share_group::owns },
    Family { owns: smallrye::owns, read: smallrye::read, distinct: none },
    Family { owns: spring_amqp::owns, read: spring_amqp::read, distinct: none },
    Family { owns: nservicebus::owns, read: nservicebus::read, distinct: nservicebus::owns },
    Family { owns: masstransit::owns, read: masstransit::read, distinct: masstransit::owns },
    Family { owns: rebus::owns, read: rebus::read, distinct: rebus::owns },
    Family { owns: wolverine::owns, read: wolverine::read, distinct: none },
    Family { owns: camel::owns, read: camel::read, distinct: camel::owns },
    Family { owns: sns::owns, read: sns::read, distinct: none },
    Family { owns: lambda::owns, read: lambda::read, distinct: none },
    // it has no headers of its own death: any other that tells an error goes before it
    Family { owns: celery::owns, read: celery::read, distinct: none },
];

/// What queue brokers say of a message that they dead-lettered themselves; a message has one of these at most.
const BROKERS: [Family; 5] = [
    Family { owns: x_opt_deaths::owns, read: x_opt_deaths::read, distinct: x_opt_deaths::owns },
    Family { owns: x_death::owns, read: x_death::read, distinct: x_death::distinct },
    Family { owns: activemq::owns, read: activemq::read, distinct: activemq::distinct },
    Family { owns: artemis::owns, read: artemis::read, distinct: artemis::owns },
    Family { owns: sqs::owns, read: sqs::read, distinct: none },
];

fn none(_: &str) -> bool {
    false
}

/// What the message's headers say of its death; family `""` and nothing told where no family is known.
pub fn death(message: &Message) -> Death {
    // a family without headers of its own stands before all
    let last = |family: &Family| message.headers.iter().rposition(|(name, _)| (family.owns)(name)).map_or(0, |at| at + 1);
    let mut told: Option<(usize, Death)> = None;
    let mut owners: Vec<fn(&str) -> bool> = Vec::new();
    for family in &FRAMEWORKS {
        let read = (family.read)(message);
        owners.push(if read.is_some() { family.owns } else { family.distinct });
        // of two that end on one header, the one that is listed first is the more special
        if let Some(death) = read
            && told.as_ref().is_none_or(|(best, _)| last(family) > *best)
        {
            told = Some((last(family), death));
        }
    }
    let mut by_broker: Option<Death> = None;
    for family in &BROKERS {
        let read = (family.read)(message);
        owners.push(if read.is_some() { family.owns } else { family.distinct });
        by_broker = by_broker.or(read);
    }
    let mut death = match (told, by_broker) {
        (Some((_, death)), Some(broker)) => completed(death, broker),
        (Some((_, death)), None) => death,
        (None, broker) => broker.unwrap_or_default(),
    };
    for (name, _) in message.headers.iter().chain(&message.properties) {
        if owners.iter().any(|owns| owns(name)) && !death.owned.contains(name) {
            death.owned.push(name.clone());
        }
    }
    death
}

/// The framework knows the error; the broker, which keeps its record whoever gives the message up, what that leaves open.
fn completed(mut death: Death, broker: Death) -> Death {
    fn fill<T>(told: &mut Told<T>, other: Told<T>) {
        if told.value.is_none() && other.value.is_some() {
            *told = other;
        }
    }
    fill(&mut death.origin, broker.origin);
    fill(&mut death.failed_by, broker.failed_by);
    fill(&mut death.error, broker.error);
    fill(&mut death.attempts, broker.attempts);
    fill(&mut death.first, broker.first);
    fill(&mut death.last, broker.last);
    fill(&mut death.sent, broker.sent);
    death
}
