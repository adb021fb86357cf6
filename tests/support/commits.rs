//! Groups without members that have committed: what lag is counted from.

use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::{Offset, TopicPartitionList};

use crate::testbed::{PATIENCE, client};

/// A broker that has just started makes the groups' topic first: meanwhile it says one of these.
const SOON: [RDKafkaErrorCode; 5] = [
    RDKafkaErrorCode::CoordinatorLoadInProgress,
    RDKafkaErrorCode::CoordinatorNotAvailable,
    RDKafkaErrorCode::NotCoordinator,
    RDKafkaErrorCode::WaitingForCoordinator,
    RDKafkaErrorCode::RequestTimedOut,
];

/// A group without members commits these offsets.
pub fn commit(server: &str, group: &str, topic: &str, offsets: &[(i32, i64)]) {
    let c: BaseConsumer = client(server).set("group.id", group).set("enable.auto.commit", "false").create().expect("a consumer");
    let mut list = TopicPartitionList::new();
    for (p, o) in offsets {
        list.add_partition_offset(topic, *p, Offset::Offset(*o)).expect("added");
    }
    let end = Instant::now() + PATIENCE;
    while let Err(e) = c.commit(&list, CommitMode::Sync) {
        assert!(e.rdkafka_error_code().is_some_and(|c| SOON.contains(&c)) && Instant::now() < end, "{e}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
