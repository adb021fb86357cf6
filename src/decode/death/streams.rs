//! Kafka Streams (KIP-1034): `__streams.errors.*`, all text; the exception is one `Class: message`, the time the original's.

use super::connect::kept_time;
use super::fields::{Headers, Thrown};
use crate::model::{Death, Message, Told};

const PREFIX: &str = "__streams.errors.";

pub(super) fn owns(name: &str) -> bool {
    name.starts_with(PREFIX)
}

pub(super) fn read(message: &Message) -> Option<Death> {
    let headers = Headers::found(message, PREFIX)?;
    let (origin, _) = headers.origin("topic", "partition", "offset");
    let thrown = headers.text("exception").unwrap_or_default();
    let (class, message_inside) = match thrown.split_once(": ") {
        Some((class, message)) => (class, Some(message.to_owned())),
        None => (thrown.as_str(), None),
    };
    let stack = headers.text("stacktrace");
    let source = if stack.is_some() { "stacktrace" } else { "exception" };
    let error = Thrown { class: Some(class.to_owned()), message: headers.text("message").or(message_inside), stack, ..Thrown::default() };
    Some(Death {
        family: "Kafka Streams",
        origin,
        failed_by: Told::nothing("Streams does not write the application"),
        error: error.told(headers.name(source)),
        attempts: Told::nothing("Streams does not say"),
        first: Told::nothing(""),
        last: Told::nothing("Streams keeps the original's time"),
        sent: kept_time(message, "time of this record, which Streams keeps"),
        ..Death::default()
    })
}
