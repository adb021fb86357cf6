//! What Spring writes on Kafka: its recoverer, retryable topics, Cloud Stream.

use super::*;

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
