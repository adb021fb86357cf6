//! Golden vectors: for every family the headers with the bytes that its writer puts there.

mod queues;

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
fn spring_kafka() {
    let message = message(
        "orders-dlt",
        &[
            ("x-trace-id", b"abc"),
            ("kafka_dlt-original-topic", b"orders"),
            ("kafka_dlt-original-partition", &[0, 0, 0, 3]),
            ("kafka_dlt-original-offset", &[0, 0, 0, 0, 0, 3, 0x10, 0x1e]),
            ("kafka_dlt-original-timestamp", &SENT.to_be_bytes()),
            ("kafka_dlt-original-timestamp-type", b"CreateTime"),
            ("kafka_dlt-original-consumer-group", b"billing"),
            ("kafka_dlt-exception-fqcn", b"org.springframework.kafka.listener.ListenerExecutionFailedException"),
            ("kafka_dlt-exception-cause-fqcn", b"com.acme.PaymentTimeout"),
            ("kafka_dlt-exception-message", b"Listener failed; HTTP 504"),
            ("kafka_dlt-exception-stacktrace", b"org.x.Outer: y\n\tat com.acme.A.b(A.java:1)"),
        ],
    );
    let death = death(&message);
    assert_eq!(death.family, "Spring Kafka");
    assert_eq!(at(&message), ("orders".into(), Some(3), Some(200_734)));
    assert_eq!(death.origin.source, "kafka_dlt-original-topic, -partition, -offset");
    assert_eq!(death.failed_by, Told::header("billing".into(), "kafka_dlt-original-consumer-group"));
    let error = death.error.value.unwrap();
    assert_eq!(error.class.as_deref(), Some("com.acme.PaymentTimeout"));
    assert_eq!(error.wrapper.as_deref(), Some("org.springframework.kafka.listener.ListenerExecutionFailedException"));
    assert_eq!(error.message.as_deref(), Some("Listener failed; HTTP 504"));
    assert_eq!(death.error.source, "kafka_dlt-exception-cause-fqcn");
    assert_eq!(death.sent.value, UNIX_EPOCH.checked_add(Duration::from_millis(SENT as u64)));
    assert_eq!((death.last.value, death.last.sure, death.last.source.as_str()), (message.sent, Sure::Guess, "time of this record"));
    assert_eq!(death.attempts.value, None);
    assert_eq!(death.owned.len(), 10);
    assert!(!death.owned.contains(&"x-trace-id".to_owned()));
}

#[test]
fn appended_headers_tell_the_first_origin_that_is_no_detour() {
    let message = message(
        "orders-dlt",
        &[
            ("kafka_dlt-original-topic", b"orders-retry-0"),
            ("kafka_dlt-original-partition", &[0, 0, 0, 9]),
            ("kafka_dlt-original-offset", &[0, 0, 0, 0, 0, 0, 0, 9]),
            ("kafka_dlt-original-topic", b"orders"),
            ("kafka_dlt-original-partition", &[0, 0, 0, 4]),
            ("kafka_dlt-original-offset", &[0, 0, 0, 0, 0, 0, 0, 7]),
            ("kafka_dlt-original-topic", b"orders-dlt"),
            ("kafka_dlt-original-partition", &[0, 0, 0, 1]),
            ("kafka_dlt-original-offset", &[0, 0, 0, 0, 0, 0, 0, 1]),
        ],
    );
    assert_eq!(at(&message), ("orders".into(), Some(4), Some(7)));
    assert_eq!(death(&message).owned.len(), 3, "a name is listed once");
}

#[test]
fn spring_kafka_key_that_could_not_be_read() {
    let death = death(&message(
        "a-dlt",
        &[
            ("kafka_dlt-key-exception-fqcn", b"org.apache.kafka.common.errors.SerializationException"),
            ("kafka_dlt-key-exception-message", b"bad key"),
            ("springDeserializerExceptionKey", &[0xac, 0xed, 0, 5]),
        ],
    ));
    let error = death.error.value.unwrap();
    assert_eq!(error.stage.as_deref(), Some("key deserialisation"));
    assert_eq!(error.message.as_deref(), Some("bad key"));
    assert_eq!((death.origin.value.unwrap().name.as_str(), death.origin.sure), ("a", Sure::Name));
    assert_eq!(death.owned.len(), 3);
}

#[test]
fn retryable_topic() {
    let message = message(
        "orders-retry-dlt",
        &[
            ("kafka_original-topic", b"orders"),
            ("kafka_original-partition", &[0, 0, 0, 1]),
            ("kafka_original-offset", &[0, 0, 0, 0, 0, 0, 0, 5]),
            ("kafka_original-timestamp", &SENT.to_be_bytes()),
            ("kafka_original-timestamp-type", b"CreateTime"),
            ("kafka_dlt-original-consumer-group", b"billing"),
            ("kafka_exception-fqcn", b"org.x.Outer"),
            ("kafka_exception-stacktrace", b"org.x.Outer: y\n\tat a.B.c(B.java:1)\nCaused by: com.acme.Deep: z\n\tat a.B.d(B.java:2)"),
            ("kafka_exception-message", b"y"),
            ("retry_topic-original-timestamp", &[0x01, 0x9a, 0xae, 0xc4, 0xb9, 0xf6]),
            ("retry_topic-attempts", &[0, 0, 0, 4]),
            ("retry_topic-backoff-timestamp", &[0x01, 0x9a, 0xae, 0xc4, 0xb9, 0xff]),
        ],
    );
    let death = death(&message);
    assert_eq!(death.family, "Spring @RetryableTopic");
    assert_eq!(at(&message), ("orders".into(), Some(1), Some(5)));
    assert_eq!(death.failed_by.value.as_deref(), Some("billing"));
    assert_eq!(death.attempts, Told::header(3, "retry_topic-attempts"));
    let error = death.error.value.unwrap();
    assert_eq!((error.class.as_deref(), error.wrapper.as_deref()), (Some("com.acme.Deep"), Some("org.x.Outer")));
    assert_eq!(death.owned.len(), 12);
}

#[test]
fn retryable_topic_one_byte_attempts_and_big_integer_time() {
    let death = death(&message(
        "orders-dlt",
        &[("retry_topic-attempts", &[200]), ("retry_topic-original-timestamp", &[0x01, 0x9a, 0xae, 0xc4, 0xb9, 0xf6])],
    ));
    assert_eq!(death.attempts.value, Some(199));
    assert_eq!(death.sent.value, UNIX_EPOCH.checked_add(Duration::from_millis(0x0000_019a_aec4_b9f6)));
}

#[test]
fn spring_cloud_stream() {
    let message = message(
        "error.orders.billing",
        &[
            ("x-original-topic", b"orders"),
            ("x-original-partition", &[0, 0, 0, 2]),
            ("x-original-offset", &[0, 0, 0, 0, 0, 0, 0, 8]),
            ("x-original-timestamp", &SENT.to_be_bytes()),
            ("x-original-timestamp-type", b"CreateTime"),
            ("x-exception-fqcn", b"org.x.Outer"),
            ("x-exception-message", b"boom"),
            ("x-exception-stacktrace", b"org.x.Outer: boom\n\tat a.B.c(B.java:1)"),
        ],
    );
    let death = death(&message);
    assert_eq!(death.family, "Spring Cloud Stream");
    assert_eq!(at(&message), ("orders".into(), Some(2), Some(8)));
    assert_eq!((death.failed_by.value.as_deref(), death.failed_by.sure), (Some("billing"), Sure::Name));
    assert_eq!(death.owned.len(), 8);
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
