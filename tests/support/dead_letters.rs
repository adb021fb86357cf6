//! Dead letters as the frameworks write them, header by header, with their exact encodings.

use crate::testbed::{Rec, rec};

fn text(name: &str, value: &str) -> (String, Option<Vec<u8>>) {
    (name.to_owned(), Some(value.as_bytes().to_vec()))
}

fn bytes(name: &str, value: impl AsRef<[u8]>) -> (String, Option<Vec<u8>>) {
    (name.to_owned(), Some(value.as_ref().to_vec()))
}

/// What Spring Kafka's DeadLetterPublishingRecoverer makes of a record: numbers big-endian, the exception as text.
pub fn spring(mut of: Rec, origin: &str, offset: i64, group: &str) -> Rec {
    const WRAPPER: &str = "org.springframework.kafka.listener.ListenerExecutionFailedException";
    const ROOT: &str = "com.example.billing.PaymentTimeout";
    let stack = format!(
        "{WRAPPER}: Listener failed; nested exception is {ROOT}: HTTP 504 from payments after 30000 ms\n\
         \tat org.springframework.kafka.listener.KafkaMessageListenerContainer.invoke(KafkaMessageListenerContainer.java:2874)\n\
         Caused by: {ROOT}: HTTP 504 from payments after 30000 ms\n\
         \tat com.example.billing.Gateway.charge(Gateway.java:88)\n\
         \tat com.example.billing.Billing.onOrder(Billing.java:41)\n"
    );
    of.headers.extend([
        text("kafka_dlt-original-topic", origin),
        bytes("kafka_dlt-original-partition", of.partition.to_be_bytes()),
        bytes("kafka_dlt-original-offset", offset.to_be_bytes()),
        bytes("kafka_dlt-original-timestamp", 1_795_000_000_000_i64.to_be_bytes()),
        text("kafka_dlt-original-timestamp-type", "CreateTime"),
        text("kafka_dlt-original-consumer-group", group),
        text("kafka_dlt-exception-fqcn", WRAPPER),
        text("kafka_dlt-exception-cause-fqcn", ROOT),
        text("kafka_dlt-exception-message", "Listener failed; HTTP 504 from payments after 30000 ms"),
        text("kafka_dlt-exception-stacktrace", &stack),
    ]);
    of
}

/// Spring's dead letters of a topic: numbered, each key in one partition, with a header of the application's own.
pub fn numbered(messages: usize, keys: usize, partitions: i32, origin: &str) -> Vec<Rec> {
    let one = |i: usize| {
        let key = i % keys;
        let partition = i32::try_from(key).expect("few") % partitions;
        let mut rec = rec(partition, format!("{{\"order\":{i}}}"));
        rec.key = Some(format!("cust-{key}").into_bytes());
        rec.headers.push(("traceparent".into(), Some(format!("00-{i:032x}-{i:016x}-01").into_bytes())));
        spring(rec, origin, i64::try_from(i).expect("few"), "billing")
    };
    (0..messages).map(one).collect()
}
