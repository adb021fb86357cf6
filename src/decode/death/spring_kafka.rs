//! Spring Kafka's DeadLetterPublishingRecoverer: `kafka_dlt-*`, numbers in binary, repeated where it appends.

use super::fields::{Headers, Thrown, time_of_record};
use super::names::origin_by_name;
use crate::model::{Death, Message, Told};

/// `springDeserializerException*` hold Java-serialised objects: stripped, never read.
pub(super) fn owns(name: &str) -> bool {
    name.starts_with("kafka_dlt-") || name.starts_with("springDeserializerException")
}

pub(super) fn read(message: &Message) -> Option<Death> {
    let headers = Headers::new(message, "kafka_dlt-");
    if !["original-topic", "exception-fqcn", "exception-message", "key-exception-fqcn"].iter().any(|h| headers.has(h)) {
        return None;
    }
    let (origin, nth) = headers.origin("original-topic", "original-partition", "original-offset");
    Some(Death {
        family: "Spring Kafka",
        origin: if origin.value.is_some() { origin } else { origin_by_name(&message.at.name) },
        failed_by: headers.told("original-consumer-group", "the recoverer was not given the group"),
        error: error(&headers),
        attempts: Told::nothing("Spring's recoverer does not say"),
        first: Told::nothing(""),
        last: time_of_record(message),
        sent: headers.time("original-timestamp", nth),
        ..Death::default()
    })
}

/// The exception headers of both Spring Kafka families; the key's own twins where only the key could not be read.
pub(super) fn error(headers: &Headers<'_>) -> Told<crate::model::Failure> {
    let of_key = !headers.has("exception-fqcn") && headers.has("key-exception-fqcn");
    let name = |short: &str| if of_key { format!("key-{short}") } else { short.to_owned() };
    let thrown = Thrown {
        class: headers.text(&name("exception-fqcn")),
        cause: headers.text("exception-cause-fqcn"),
        message: headers.text(&name("exception-message")),
        stack: headers.text(&name("exception-stacktrace")),
        stage: of_key.then(|| "key deserialisation".to_owned()),
    };
    let source = if thrown.cause.is_some() {
        headers.name("exception-cause-fqcn")
    } else if thrown.stack.is_some() {
        headers.name(&name("exception-stacktrace"))
    } else {
        headers.name(&name("exception-fqcn"))
    };
    thrown.told(source)
}
