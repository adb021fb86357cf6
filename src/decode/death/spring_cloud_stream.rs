//! Spring Cloud Stream's Kafka binder: `x-original-*`, `x-exception-*`; the topic's name tells the group.

use super::fields::{Headers, Thrown, time_of_record};
use crate::model::{Death, Message, Sure, Told};

const OWN: [&str; 8] = [
    "x-original-topic",
    "x-original-partition",
    "x-original-offset",
    "x-original-timestamp",
    "x-original-timestamp-type",
    "x-exception-fqcn",
    "x-exception-message",
    "x-exception-stacktrace",
];

pub(super) fn owns(name: &str) -> bool {
    OWN.contains(&name)
}

pub(super) fn read(message: &Message) -> Option<Death> {
    let headers = Headers::new(message, "x-");
    // x-exception-message alone is Spring AMQP's
    if !headers.has("original-topic") && !headers.has("exception-fqcn") {
        return None;
    }
    let (origin, nth) = headers.origin("original-topic", "original-partition", "original-offset");
    let stack = headers.text("exception-stacktrace");
    let source = if stack.is_some() { "exception-stacktrace" } else { "exception-fqcn" };
    let error = Thrown { class: headers.text("exception-fqcn"), message: headers.text("exception-message"), stack, ..Thrown::default() };
    let group = origin.value.as_ref().and_then(|o| group(&message.at.name, &o.name));
    Some(Death {
        family: "Spring Cloud Stream",
        failed_by: match group {
            Some(group) => Told::from(group.to_owned(), "name of this topic", Sure::Name),
            None => Told::nothing("this topic's name does not tell the group"),
        },
        error: error.told(headers.name(source)),
        attempts: Told::nothing("the binder does not say"),
        first: Told::nothing(""),
        last: time_of_record(message),
        sent: headers.time("original-timestamp", nth),
        origin,
        ..Death::default()
    })
}

/// The group of `error.<topic>.<group>`.
fn group<'a>(dlq: &'a str, topic: &str) -> Option<&'a str> {
    dlq.strip_prefix("error.")?.strip_prefix(topic)?.strip_prefix('.').filter(|group| !group.is_empty())
}
