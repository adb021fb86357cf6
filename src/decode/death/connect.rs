//! Kafka Connect's dead-letter reporter: `__connect.errors.*`, all text, nulls possible; the record's time is the original's.

use super::fields::{Headers, Thrown};
use crate::model::{Death, Message, Sure, Told};

const PREFIX: &str = "__connect.errors.";

pub(super) fn owns(name: &str) -> bool {
    name.starts_with(PREFIX)
}

pub(super) fn read(message: &Message) -> Option<Death> {
    let headers = Headers::found(message, PREFIX)?;
    let (origin, _) = headers.origin("topic", "partition", "offset");
    let stack = headers.text("exception.stacktrace");
    let source = if stack.is_some() { "exception.stacktrace" } else { "exception.class.name" };
    let error = Thrown {
        class: headers.text("exception.class.name"),
        message: headers.text("exception.message"),
        stack,
        stage: headers.text("stage"),
        ..Thrown::default()
    };
    Some(Death {
        family: "Kafka Connect",
        origin,
        failed_by: headers.told("connector.name", "Connect did not write the connector"),
        error: error.told(headers.name(source)),
        attempts: Told::nothing("Connect does not say"),
        first: Told::nothing(""),
        last: Told::nothing("Connect keeps the original's time"),
        sent: kept_time(message, "time of this record, which Connect keeps"),
        ..Death::default()
    })
}

/// The record's time where the family keeps the original's.
pub(super) fn kept_time(message: &Message, source: &str) -> Told<std::time::SystemTime> {
    message.sent.map_or_else(|| Told::nothing(""), |time| Told::from(time, source, Sure::Guess))
}
