//! Spring's @RetryableTopic: `kafka_original-*`, `kafka_exception-*`, `retry_topic-*`; the first origin is kept.

use super::fields::{Headers, time_of_record};
use super::names::origin_by_name;
use super::spring_kafka;
use crate::model::{Death, Message, Told};

pub(super) fn owns(name: &str) -> bool {
    ["kafka_original-", "kafka_exception-", "kafka_key-exception-", "retry_topic-"].iter().any(|p| name.starts_with(p))
        || name == "kafka_dlt-original-consumer-group"
        || name.starts_with("springDeserializerException")
}

pub(super) fn read(message: &Message) -> Option<Death> {
    let headers = Headers::new(message, "kafka_");
    let retry = Headers::new(message, "retry_topic-");
    if !headers.has("original-topic") && !headers.has("exception-fqcn") && !retry.has("attempts") {
        return None;
    }
    let (origin, nth) = headers.origin("original-topic", "original-partition", "original-offset");
    let sent = headers.time("original-timestamp", nth);
    Some(Death {
        family: "Spring @RetryableTopic",
        origin: if origin.value.is_some() { origin } else { origin_by_name(&message.at.name) },
        // the one header that keeps its other family's name
        failed_by: Headers::new(message, "kafka_dlt-").told("original-consumer-group", "the recoverer was not given the group"),
        error: spring_kafka::error(&headers),
        attempts: attempts(&retry),
        first: Told::nothing(""),
        last: time_of_record(message),
        sent: if sent.value.is_some() { sent } else { retry.time("original-timestamp", 0) },
        ..Death::default()
    })
}

/// The header counts the attempt to come, also on the way into the dead-letter topic (DeadLetterPublishingRecovererFactory
/// writes attempts + 1); what was tried is one less. Old versions write one byte, unsigned.
fn attempts(retry: &Headers<'_>) -> Told<u32> {
    match retry.integer("attempts").map(|n| if n < 0 { n & 0xff } else { n }).and_then(|n| u32::try_from(n).ok()) {
        Some(next) => Told::header(next.saturating_sub(1).max(1), retry.name("attempts")),
        None => Told::nothing("no retry_topic-attempts"),
    }
}
