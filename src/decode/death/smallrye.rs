//! SmallRye and Quarkus: `dead-letter-*`, all text, with the cause's class and message apart.

use super::fields::{Headers, Thrown, time_of_record};
use crate::model::{Death, Message, Told};

const OWN: [&str; 7] = [
    "dead-letter-topic",
    "dead-letter-partition",
    "dead-letter-offset",
    "dead-letter-exception-class-name",
    "dead-letter-reason",
    "dead-letter-cause-class-name",
    "dead-letter-cause",
];

pub(super) fn owns(name: &str) -> bool {
    OWN.contains(&name)
}

pub(super) fn read(message: &Message) -> Option<Death> {
    let headers = Headers::new(message, "dead-letter-");
    if !["topic", "reason", "exception-class-name"].iter().any(|h| headers.has(h)) {
        return None;
    }
    let (origin, _) = headers.origin("topic", "partition", "offset");
    let cause = headers.text("cause-class-name").filter(|c| !c.trim().is_empty());
    let source = if cause.is_some() { "cause-class-name" } else { "exception-class-name" };
    // the message that belongs to the class shown
    let inner = cause.as_ref().and_then(|_| headers.text("cause")).filter(|m| !m.trim().is_empty());
    let error = Thrown {
        class: headers.text("exception-class-name"),
        cause,
        message: inner.or_else(|| headers.text("reason")),
        ..Thrown::default()
    };
    Some(Death {
        family: "SmallRye",
        origin,
        failed_by: Told::nothing("SmallRye does not write the group"),
        error: error.told(headers.name(source)),
        attempts: Told::nothing("SmallRye does not say"),
        first: Told::nothing(""),
        last: time_of_record(message),
        sent: Told::nothing("SmallRye does not keep it"),
        ..Death::default()
    })
}
