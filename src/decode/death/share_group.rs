//! Share groups (KIP-1191): `__dlq.errors.*`, all text; without the record's copy the dead letter is a pointer.

use super::fields::{Headers, Thrown, time_of_record};
use crate::model::{Death, Message, Told};

const PREFIX: &str = "__dlq.errors.";

/// KIP-1317, a draft, adds `_dlq.errors.disposition` with one underscore.
pub(super) fn owns(name: &str) -> bool {
    name.starts_with(PREFIX) || name.starts_with("_dlq.errors.")
}

pub(super) fn read(message: &Message) -> Option<Death> {
    let headers = Headers::found(message, PREFIX)?;
    let (origin, _) = headers.origin("topic", "partition", "offset");
    let error = Thrown { message: headers.text("message"), ..Thrown::default() };
    let attempts = headers.integer("delivery.count").and_then(|n| u32::try_from(n).ok());
    Some(Death {
        family: "Kafka share group",
        origin,
        failed_by: headers.told("group", "the broker did not write the group"),
        error: error.told(headers.name("message")),
        attempts: match attempts {
            Some(count) => Told::header(count, headers.name("delivery.count")),
            None => Told::nothing("no delivery count was written"),
        },
        first: Told::nothing(""),
        last: time_of_record(message),
        sent: Told::nothing("the dead letter has a time of its own"),
        pointer: message.key.is_none() && message.body.is_none(),
        ..Death::default()
    })
}
