//! Dead letters as each framework writes them: exact header names and encodings of a handful of families.

use std::time::SystemTime;

use bytes::Bytes;

use super::super::Put;
use super::stacks::{Thrown, WRAPPER};
use crate::model::{Fields, Seat, Typed, Value, WireType};

/// The record that died: where it was, and what it was.
pub(super) struct Corpse {
    pub topic: &'static str,
    pub partition: i32,
    pub offset: i64,
    pub sent: SystemTime,
    pub was: Put,
}

impl Corpse {
    /// From what was put and the seat it got.
    pub fn new(topic: &'static str, was: Put, seat: Option<Seat>, sent: SystemTime) -> Self {
        let (partition, offset) = match seat {
            Some(Seat::Offset { partition, offset }) => (partition, offset),
            _ => (0, 0),
        };
        Self { topic, partition, offset, sent, was }
    }

    fn dead(self, at: SystemTime, headers: Vec<(String, Bytes)>) -> Put {
        let mut put = self.was;
        put.headers.extend(headers.into_iter().map(|(n, v)| (n, Typed::bytes(Some(v)))));
        (put.partition, put.sent) = (Some(self.partition), Some(at));
        put
    }
}

fn ms(time: SystemTime) -> i64 {
    i64::try_from(time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis()).unwrap_or(0)
}

fn text(name: impl Into<String>, value: impl Into<String>) -> (String, Bytes) {
    (name.into(), Bytes::from(value.into()))
}

fn bin(name: impl Into<String>, value: &[u8]) -> (String, Bytes) {
    (name.into(), Bytes::copy_from_slice(value))
}

/// Spring Kafka's DeadLetterPublishingRecoverer: `<t>.dlt`, same partition, binary numbers.
pub(super) fn spring(dead: Corpse, group: &str, error: &Thrown, at: SystemTime) -> Put {
    let headers = vec![
        text("kafka_dlt-original-topic", dead.topic),
        bin("kafka_dlt-original-partition", &dead.partition.to_be_bytes()),
        bin("kafka_dlt-original-offset", &dead.offset.to_be_bytes()),
        bin("kafka_dlt-original-timestamp", &ms(dead.sent).to_be_bytes()),
        text("kafka_dlt-original-timestamp-type", "CreateTime"),
        text("kafka_dlt-original-consumer-group", group),
        text("kafka_dlt-exception-fqcn", WRAPPER),
        text("kafka_dlt-exception-cause-fqcn", error.class),
        text("kafka_dlt-exception-message", format!("{}; {}", error.listener(), error.message)),
        text("kafka_dlt-exception-stacktrace", error.wrapped()),
    ];
    dead.dead(at, headers)
}

/// Spring's @RetryableTopic after its last attempt: `<t>-dlt`, BigInteger times of as few bytes as they need.
pub(super) fn retryable(dead: Corpse, group: &str, error: &Thrown, attempts: i32, at: SystemTime) -> Put {
    let big = |time: SystemTime| ms(time).to_be_bytes().iter().copied().skip_while(|b| *b == 0).collect::<Vec<u8>>();
    let headers = vec![
        text("kafka_original-topic", dead.topic),
        bin("kafka_original-partition", &dead.partition.to_be_bytes()),
        bin("kafka_original-offset", &dead.offset.to_be_bytes()),
        bin("kafka_original-timestamp", &ms(dead.sent).to_be_bytes()),
        text("kafka_original-timestamp-type", "CreateTime"),
        text("kafka_dlt-original-consumer-group", group),
        text("kafka_exception-fqcn", WRAPPER),
        text("kafka_exception-cause-fqcn", error.class),
        text("kafka_exception-message", format!("{}; {}", error.listener(), error.message)),
        text("kafka_exception-stacktrace", error.wrapped()),
        bin("retry_topic-attempts", &attempts.to_be_bytes()),
        bin("retry_topic-original-timestamp", &big(dead.sent)),
        bin("retry_topic-backoff-timestamp", &big(at)),
    ];
    dead.dead(at, headers)
}

/// Spring Cloud Stream: `error.<topic>.<group>`.
pub(super) fn cloud_stream(dead: Corpse, error: &Thrown, at: SystemTime) -> Put {
    let headers = vec![
        text("x-original-topic", dead.topic),
        bin("x-original-partition", &dead.partition.to_be_bytes()),
        bin("x-original-offset", &dead.offset.to_be_bytes()),
        bin("x-original-timestamp", &ms(dead.sent).to_be_bytes()),
        text("x-original-timestamp-type", "CreateTime"),
        text("x-exception-fqcn", error.class),
        text("x-exception-message", error.message.clone()),
        text("x-exception-stacktrace", error.stack()),
    ];
    dead.dead(at, headers)
}

/// Kafka Connect's sink: everything text, and the record keeps its original time.
pub(super) fn connect(dead: Corpse, connector: &str, task: u32, error: &Thrown) -> Put {
    let p = "__connect.errors.";
    let headers = vec![
        text(format!("{p}topic"), dead.topic),
        text(format!("{p}partition"), dead.partition.to_string()),
        text(format!("{p}offset"), dead.offset.to_string()),
        text(format!("{p}connector.name"), connector),
        text(format!("{p}task.id"), task.to_string()),
        text(format!("{p}stage"), "VALUE_CONVERTER"),
        text(format!("{p}class.name"), "org.apache.kafka.connect.json.JsonConverter"),
        text(format!("{p}exception.class.name"), error.class),
        text(format!("{p}exception.message"), error.message.clone()),
        text(format!("{p}exception.stacktrace"), error.stack()),
    ];
    let sent = dead.sent;
    dead.dead(sent, headers)
}

/// Kafka Streams (KIP-1034): text, original time kept.
pub(super) fn streams(dead: Corpse, error: &Thrown) -> Put {
    let p = "__streams.errors.";
    let headers = vec![
        text(format!("{p}exception"), format!("{}: {}", error.class, error.message)),
        text(format!("{p}stacktrace"), error.stack()),
        text(format!("{p}message"), error.message.clone()),
        text(format!("{p}topic"), dead.topic),
        text(format!("{p}partition"), dead.partition.to_string()),
        text(format!("{p}offset"), dead.offset.to_string()),
    ];
    let sent = dead.sent;
    dead.dead(sent, headers)
}

/// A share group's dead letter without a copy (KIP-1191): a pointer, key and body are null.
pub(super) fn share(dead: Corpse, group: &str, deliveries: u32, at: SystemTime) -> Put {
    let p = "__dlq.errors.";
    let headers = vec![
        text(format!("{p}topic"), dead.topic),
        text(format!("{p}partition"), dead.partition.to_string()),
        text(format!("{p}offset"), dead.offset.to_string()),
        text(format!("{p}group"), group),
        text(format!("{p}delivery.count"), deliveries.to_string()),
        text(format!("{p}message"), "Offset delivery count exceeded the threshold."),
    ];
    let mut put = dead.dead(at, headers);
    (put.key, put.body) = (None, None);
    put.headers.retain(|(n, _)| n.starts_with(p));
    put
}

/// SmallRye (Quarkus): text.
pub(super) fn smallrye(dead: Corpse, error: &Thrown, at: SystemTime) -> Put {
    let headers = vec![
        text("dead-letter-topic", dead.topic),
        text("dead-letter-partition", dead.partition.to_string()),
        text("dead-letter-offset", dead.offset.to_string()),
        text("dead-letter-exception-class-name", "java.util.concurrent.CompletionException"),
        text("dead-letter-reason", format!("{}: {}", error.class, error.message)),
        text("dead-letter-cause-class-name", error.class),
        text("dead-letter-cause", error.message.clone()),
    ];
    dead.dead(at, headers)
}

/// RabbitMQ's own `x-death`, newest first, with the first and last death beside it.
pub(super) fn x_death(queue: &str, reason: &str, count: i64, first: SystemTime) -> Fields {
    let typed = |value, wire: &'static str| Typed { value, wire: WireType(wire.into()) };
    let word = |t: &str| typed(Value::Text(t.to_owned()), "longstr");
    let entry: Fields = vec![
        ("count".into(), typed(Value::Int(count.into()), "long")),
        ("reason".into(), word(reason)),
        ("queue".into(), word(queue)),
        ("time".into(), typed(Value::Time(ms(first) / 1000 * 1000), "timestamp")),
        ("exchange".into(), word("")),
        ("routing-keys".into(), typed(Value::List(vec![word(queue)]), "array")),
    ];
    let mut fields = vec![("x-death".to_owned(), typed(Value::List(vec![typed(Value::Table(entry), "table")]), "array"))];
    for which in ["first", "last"] {
        for (what, value) in [("exchange", ""), ("queue", queue), ("reason", reason)] {
            fields.push((format!("x-{which}-death-{what}"), word(value)));
        }
    }
    fields
}
