//! Golden vectors: for every family the headers with the bytes that its writer puts there.

mod queues;
mod spring;

use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::model::{Address, ConnId, Seat, Sure, Told, Typed};

const SENT: i64 = 1_763_867_480_118;

fn message(topic: &str, headers: &[(&str, &[u8])]) -> Message {
    Message {
        at: Address::topic(&ConnId::new("kafka"), topic),
        seat: Seat::Offset { partition: 3, offset: 132_665 },
        key: Some(Bytes::from_static(b"k")),
        body: Some(Bytes::from_static(b"{}")),
        headers: headers.iter().map(|(n, v)| ((*n).to_owned(), Typed::bytes(Some(Bytes::copy_from_slice(v))))).collect(),
        properties: Vec::new(),
        delivery: Vec::new(),
        sent: UNIX_EPOCH.checked_add(Duration::from_secs(1_763_867_518)),
        whole: true,
    }
}

fn at(message: &Message) -> (String, Option<i32>, Option<i64>) {
    let origin = death(message).origin.value.unwrap_or_default();
    (origin.name, origin.partition, origin.offset)
}

#[test]
fn connect_all_text_and_nulls() {
    let mut message = message("dlq-orders-sink", &[
        ("__connect.errors.topic", b"orders"),
        ("__connect.errors.partition", b"1"),
        ("__connect.errors.offset", b"1234"),
        ("__connect.errors.connector.name", b"orders-sink"),
        ("__connect.errors.task.id", b"0"),
        ("__connect.errors.stage", b"VALUE_CONVERTER"),
        ("__connect.errors.class.name", b"org.apache.kafka.connect.json.JsonConverter"),
        ("__connect.errors.exception.class.name", b"org.apache.kafka.connect.errors.DataException"),
        (
            "__connect.errors.exception.stacktrace",
            b"org.apache.kafka.connect.errors.DataException: Converting failed\n\tat org.apache.kafka.connect.A.b(A.java:1)\nCaused by: com.fasterxml.jackson.core.JsonParseException: Unexpected character\n\tat com.fasterxml.C.d(C.java:2)",
        ),
    ]);
    message.headers.push(("__connect.errors.exception.message".into(), Typed::bytes(None)));
    let null = death(&message);
    assert_eq!(null.error.value.and_then(|e| e.message).as_deref(), Some("Unexpected character"), "a null message: the stack's own");
    message.headers.last_mut().unwrap().1 = Typed::bytes(Some(Bytes::from_static(b"Converting failed due to serialization error: ")));
    let death = death(&message);
    assert_eq!(death.family, "Kafka Connect");
    assert_eq!(at(&message), ("orders".into(), Some(1), Some(1234)));
    assert_eq!(death.failed_by.value.as_deref(), Some("orders-sink"));
    let error = death.error.value.unwrap();
    assert_eq!(error.class.as_deref(), Some("com.fasterxml.jackson.core.JsonParseException"));
    assert_eq!(error.wrapper.as_deref(), Some("org.apache.kafka.connect.errors.DataException"));
    assert_eq!(error.stage.as_deref(), Some("VALUE_CONVERTER"));
    assert_eq!(error.message.as_deref(), Some("Unexpected character"), "the wrapper's has no reason in it");
    assert_eq!(death.last.value, None);
    assert_eq!(death.sent.value, message.sent);
    assert_eq!(death.owned.len(), 10);
}

#[test]
fn streams() {
    let message = message(
        "streams-dlq",
        &[
            ("__streams.errors.exception", b"java.lang.NumberFormatException: For input string: \"x\""),
            ("__streams.errors.stacktrace", b"java.lang.NumberFormatException: For input string: \"x\"\n\tat com.acme.T.map(T.java:7)"),
            ("__streams.errors.topic", b"orders"),
            ("__streams.errors.partition", b"0"),
            ("__streams.errors.offset", b"12345678"),
        ],
    );
    let death = death(&message);
    assert_eq!(death.family, "Kafka Streams");
    assert_eq!(at(&message), ("orders".into(), Some(0), Some(12_345_678)));
    let error = death.error.value.unwrap();
    assert_eq!(error.class.as_deref(), Some("java.lang.NumberFormatException"));
    assert_eq!(error.wrapper, None);
    assert_eq!(error.message.as_deref(), Some("For input string: \"x\""));
    assert_eq!(death.last.value, None);
}

#[test]
fn share_group_pointer() {
    let mut message = message(
        "dlq.orders",
        &[
            ("__dlq.errors.topic", b"orders"),
            ("__dlq.errors.partition", b"2"),
            ("__dlq.errors.offset", b"77"),
            ("__dlq.errors.message", b"Offset delivery count exceeded the threshold."),
            ("__dlq.errors.group", b"workers"),
            ("__dlq.errors.delivery.count", b"5"),
            ("_dlq.errors.disposition", b"x"),
        ],
    );
    assert!(!death(&message).pointer, "a copied record is no pointer");
    (message.key, message.body) = (None, None);
    let death = death(&message);
    assert_eq!((death.family, death.pointer), ("Kafka share group", true));
    assert_eq!(at(&message), ("orders".into(), Some(2), Some(77)));
    assert_eq!(death.attempts, Told::header(5, "__dlq.errors.delivery.count"));
    assert_eq!(death.failed_by.value.as_deref(), Some("workers"));
    assert_eq!(death.last.value, message.sent);
    assert_eq!(death.error.value.unwrap().message.as_deref(), Some("Offset delivery count exceeded the threshold."));
    assert_eq!(death.owned.len(), 7);
}

#[test]
fn smallrye() {
    let message = message(
        "dead-letter-topic-orders",
        &[
            ("dead-letter-exception-class-name", b"org.x.Outer"),
            ("dead-letter-reason", b"outer message"),
            ("dead-letter-cause-class-name", b"com.acme.Deep"),
            ("dead-letter-cause", b"deep message"),
            ("dead-letter-topic", b"orders"),
            ("dead-letter-partition", b"0"),
            ("dead-letter-offset", b"9"),
        ],
    );
    let death = death(&message);
    assert_eq!(death.family, "SmallRye");
    assert_eq!(at(&message), ("orders".into(), Some(0), Some(9)));
    let error = death.error.value.unwrap();
    assert_eq!((error.class.as_deref(), error.wrapper.as_deref()), (Some("com.acme.Deep"), Some("org.x.Outer")));
    assert_eq!(error.message.as_deref(), Some("deep message"));
    assert_eq!(death.owned.len(), 7);
}

#[test]
fn two_deaths_the_later_one_tells_and_both_are_stripped() {
    let message = message(
        "dlq.orders",
        &[
            ("kafka_dlt-original-topic", b"orders"),
            ("kafka_dlt-exception-fqcn", b"a.B"),
            ("__dlq.errors.topic", b"orders-dlt"),
            ("__dlq.errors.group", b"workers"),
        ],
    );
    let death = death(&message);
    assert_eq!(death.family, "Kafka share group");
    assert_eq!(death.owned.len(), 4);
}

#[test]
fn no_metadata_is_no_death() {
    let death = death(&message("orders.dlt", &[("x-trace-id", b"1"), ("x-exception-message", b"Spring AMQP's")]));
    assert_eq!(death, Death::default());
}

#[test]
fn numbers_by_length_and_as_text() {
    assert_eq!(integer(b"200734"), Some(200_734));
    assert_eq!(integer(b"-1"), Some(-1));
    assert_eq!(integer(&[0xff, 0xff, 0xff, 0xff]), Some(-1));
    assert_eq!(integer(&[0x01, 0x00]), Some(256));
    assert_eq!(integer(b""), None);
    assert_eq!(integer(b"123456789012345678901"), None);
    assert_eq!(timestamp(-1), None);
}

proptest! {
    #[test]
    fn any_headers_are_survived(
        values in prop::collection::vec((0usize..12, any::<Option<Vec<u8>>>()), 0..12), topic in any::<String>()
    ) {
        const NAMES: [&str; 12] = [
            "kafka_dlt-original-topic", "kafka_dlt-original-partition", "kafka_dlt-exception-stacktrace", "kafka_original-topic",
            "retry_topic-attempts", "x-original-topic", "__connect.errors.topic", "__connect.errors.offset",
            "__streams.errors.exception", "__dlq.errors.partition", "dead-letter-topic", "retry_topic-original-timestamp",
        ];
        let mut message = message(&topic, &[]);
        for (n, value) in values {
            message.headers.push((NAMES[n].to_owned(), Typed::bytes(value.map(Bytes::from))));
        }
        let _ = death(&message);
    }
}
