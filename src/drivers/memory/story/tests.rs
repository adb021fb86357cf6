//! The story is the same every time, and it moves.

use std::time::{Duration, SystemTime};

use super::super::Put;
use super::*;
use crate::broker::{REPLAY_ID, murmur2};
use crate::model::{field, text_field};

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_400_000)
}

#[test]
fn the_same_seed_tells_the_same_story() {
    let (mut a, mut b) = (Story::new(7, now()), Story::new(7, now()));
    a.tick(now() + Duration::from_secs(20));
    for i in 1..=40 {
        b.tick(now() + Duration::from_millis(500 * i));
    }
    assert_eq!(a.kafka().snapshot(), b.kafka().snapshot());
    assert_eq!(a.rabbit().snapshot(), b.rabbit().snapshot());
}

#[test]
fn it_opens_with_several_causes_of_several_frameworks() {
    let story = Story::new(1, now());
    let dead = story.kafka().messages("orders.dlt");
    let count = |class: &str| dead.iter().filter(|m| text_field(&m.headers, "kafka_dlt-exception-cause-fqcn") == Some(class)).count();
    let counts = [
        count("com.acme.payments.PaymentTimeout"),
        count("org.apache.kafka.common.errors.SerializationException"),
        count("java.lang.NullPointerException"),
    ];
    assert!(counts[0] > 40 && counts[1] > 20 && counts[2] > 3, "{counts:?}");
    assert_eq!(dead.iter().filter(|m| m.headers.is_empty()).count(), 2);
    assert!(dead.iter().any(|m| m.key.as_ref().is_some_and(|k| k.contains(&0x1b))));
    let partition = field(&dead.iter().find(|m| !m.headers.is_empty()).unwrap().headers, "kafka_dlt-original-partition").cloned();
    assert_eq!(partition.unwrap().as_bytes().map(<[u8]>::len), Some(4));
    for (topic, header) in [
        ("payments-dlt", "retry_topic-attempts"),
        ("billing.dlq", "__connect.errors.stage"),
        ("shipments-errors", "__streams.errors.exception"),
        ("error.inventory.warehouse", "x-exception-fqcn"),
        ("dead-letter-topic-notifications", "dead-letter-cause"),
        ("dlq.loyalty-points", "__dlq.errors.group"),
    ] {
        let all = story.kafka().messages(topic);
        assert!(all.len() > 4 && all.iter().all(|m| field(&m.headers, header).is_some()), "{topic}");
    }
    assert!(story.kafka().messages("dlq.loyalty-points").iter().all(|m| m.body.is_none() && m.key.is_none()));
}

#[test]
fn its_queues_hold_what_their_brokers_write() {
    let story = Story::new(1, now());
    let of =
        |memory: &Memory, queue: &str| -> Vec<crate::model::Death> { memory.messages(queue).iter().map(crate::decode::death).collect() };
    let families = |memory: &Memory, queue: &str| {
        of(memory, queue).iter().map(|d| d.family).collect::<std::collections::BTreeSet<_>>().into_iter().collect::<Vec<_>>()
    };
    assert_eq!(families(story.rabbit(), "billing.failed"), ["RabbitMQ DLX", "Spring AMQP"]);
    assert_eq!(families(&story.amq, "ActiveMQ.DLQ"), ["ActiveMQ"]);
    assert_eq!(families(&story.sqs, "payouts-dlq.fifo"), ["SQS redrive"]);
    assert!(of(&story.amq, "ActiveMQ.DLQ").len() > 400, "more than a look sees");
    assert!(of(&story.sqs, "payouts-dlq.fifo").iter().all(|d| d.origin.value.is_some() && d.sent.value.is_some()));
}

#[test]
fn times_run_with_the_offsets() {
    let mut story = Story::new(3, now());
    story.tick(now() + Duration::from_secs(5));
    for (topic, ..) in [("orders", 0), ("orders.dlt", 0), ("script-events", 0)] {
        let mut last = std::collections::BTreeMap::new();
        for m in story.kafka().messages(topic) {
            let crate::model::Seat::Offset { partition, .. } = m.seat else { panic!() };
            let before = last.insert(partition, m.sent).flatten();
            assert!(before <= m.sent, "{topic} p{partition}");
        }
    }
}

#[test]
fn it_moves_and_one_partition_is_stuck() {
    let mut story = Story::new(1, now());
    let kafka = story.kafka().clone();
    let ends = |t: &str| kafka.ends(t).iter().map(|e| e.1).sum::<i64>();
    let (orders, dead, stuck) = (ends("orders"), ends("orders.dlt"), kafka.committed("analytics-processor", "script-events", 2));
    let ship = kafka.committed("shipping", "shipments", 0);
    story.tick(now() + Duration::from_secs(60));
    assert!(ends("orders") > orders && ends("orders.dlt") > dead);
    assert_eq!(kafka.committed("analytics-processor", "script-events", 2), stuck);
    assert!(kafka.committed("shipping", "shipments", 0) > ship);
    let (_, end) = kafka.ends("script-events")[2];
    assert!(stuck.is_some_and(|at| at < end));
}

#[test]
fn a_replay_is_consumed_and_some_come_back() {
    let mut story = Story::new(1, now());
    story.tick(now() + Duration::from_secs(2));
    let kafka = story.kafka().clone();
    let replay = |key: &str| {
        let put = Put::keyed(key.to_owned(), "{\"gateway\":\"northpay\"}").header(REPLAY_ID, format!("r-{key}")).to(3);
        kafka.put("orders", put);
    };
    let keys: Vec<String> = (0..32).map(|i| format!("cust-{i:04}")).collect();
    keys.iter().for_each(|k| replay(k));
    story.tick(now() + Duration::from_secs(6));
    assert_eq!(kafka.committed("billing", "orders", 3), Some(kafka.ends("orders")[3].1));
    let back: Vec<_> = kafka.messages("orders.dlt").iter().filter_map(|m| text_field(&m.headers, REPLAY_ID).map(str::to_owned)).collect();
    let unlucky: Vec<_> = keys.iter().filter(|k| murmur2(k.as_bytes()).is_multiple_of(8)).map(|k| format!("r-{k}")).collect();
    assert!(!unlucky.is_empty());
    assert_eq!(back, unlucky);
}

#[test]
fn the_config_names_what_is_there() {
    let story = Story::new(1, now());
    let context = Story::context();
    for pair in &context.dead_letters.pairs {
        let memory = if pair.connection.as_deref() == Some("rabbit-eu") { story.rabbit() } else { story.kafka() };
        assert!(!memory.ends(&pair.dlq).is_empty() && !memory.ends(&pair.main).is_empty(), "{}", pair.dlq);
    }
}
