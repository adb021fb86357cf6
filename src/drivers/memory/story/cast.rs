//! Who is on stage: destinations and groups of both brokers.

use std::time::Duration;

use super::super::{Memory, Spec};
use crate::model::ReaderKind;

const DAY: u64 = 86_400;

/// (name, partitions, where its offsets are by now, days it keeps).
const TOPICS: [(&str, u32, i64, u64); 25] = [
    ("orders", 12, 200_700, 7),
    ("orders.dlt", 12, 132_580, 7),
    ("payments", 6, 88_400, 7),
    ("payments-retry-0", 6, 4_120, 1),
    ("payments-dlt", 6, 310, 14),
    ("invoices", 6, 140_200, 7),
    ("billing", 3, 61_000, 7),
    ("billing.dlq", 1, 770, 14),
    ("shipments", 6, 35_000, 3),
    ("shipments.weights", 6, 34_100, 3),
    ("shipments-errors", 3, 41, 30),
    ("inventory", 4, 9_900, 7),
    ("error.inventory.warehouse", 4, 12, 7),
    ("notifications", 4, 51_000, 2),
    ("dead-letter-topic-notifications", 1, 903, 7),
    ("loyalty-points", 3, 17_000, 7),
    ("dlq.loyalty-points", 3, 5, 7),
    ("users", 3, 2_200, 0),
    ("script-events", 4, 40_100, 1),
    ("execution-events", 4, 23_000, 1),
    ("user-events", 4, 12_500, 1),
    ("search-index-updates", 6, 77_000, 1),
    ("audit", 3, 400_000, 90),
    ("orders.parked", 12, 0, 90),
    ("__consumer_offsets", 4, 1_000_000, 0),
];

/// (name, kind, members, topics it reads).
pub(super) const GROUPS: [(&str, ReaderKind, u32, &[&str]); 11] = [
    ("billing", ReaderKind::Classic, 3, &["orders"]),
    ("invoices", ReaderKind::Consumer, 6, &["orders"]),
    ("search-index", ReaderKind::Classic, 2, &["orders", "search-index-updates"]),
    ("payments", ReaderKind::Classic, 3, &["payments", "payments-retry-0"]),
    ("connect-billing-jdbc", ReaderKind::Classic, 1, &["billing"]),
    ("shipping", ReaderKind::Consumer, 4, &["shipments"]),
    ("warehouse-streams", ReaderKind::Streams, 2, &["shipments", "inventory"]),
    ("notifications", ReaderKind::Classic, 2, &["notifications"]),
    ("analytics-processor", ReaderKind::Classic, 3, &["script-events", "execution-events", "user-events"]),
    ("script-event-processor", ReaderKind::Classic, 4, &["script-events", "execution-events"]),
    ("loyalty", ReaderKind::Share, 5, &["loyalty-points"]),
];

/// Creates everything, empty.
pub(super) fn set(kafka: &Memory, rabbit: &Memory) {
    for (name, partitions, offset, days) in TOPICS {
        let retention = (days > 0).then(|| Duration::from_secs(days * DAY));
        let internal = name.starts_with("__");
        kafka.create(name, Spec { retention, internal, compacted: days == 0, ..Spec::with(partitions) });
        for p in 0..i32::try_from(partitions).unwrap_or(0) {
            // partitions are never equally full
            kafka.begin_at(name, p, offset + offset / 40 * i64::from(p * 7 % 5));
        }
    }
    for (name, kind, members, topics) in GROUPS {
        kafka.group(name, kind, "Stable", Some(members));
        let mut n = 0;
        for topic in topics {
            for p in 0..kafka.ends(topic).len() {
                let p = i32::try_from(p).unwrap_or(0);
                kafka.own(name, topic, p, &format!("{name}-{}@10.4.1.{}", n % members + 1, 20 + n % members));
                n += 1;
            }
        }
    }
    kafka.group_note("loyalty", "a share group: its lag cannot be asked for yet");
    kafka.group("fraud-check", ReaderKind::Classic, "Empty", Some(0));

    let queue = |consumers| Spec { consumers: Some(consumers), ..Spec::default() };
    let dead = |of: &str| Spec { dead_letters_of: vec![of.into()], consumers: Some(0), ..Spec::default() };
    rabbit.create("billing", queue(2));
    rabbit.create("billing.failed", dead("billing"));
    rabbit.create("email.outbound", queue(3));
    rabbit.create("email.outbound.dlq", dead("email.outbound"));
    rabbit.create("script-execution-queue", queue(4));
    rabbit.create("script-execution-dlq", dead("script-execution-queue"));
}
