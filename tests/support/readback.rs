//! What a topic holds, read by a plain client: the judge of what redrive did.

use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{Headers, Message};
use rdkafka::{Offset, TopicPartitionList};

use crate::testbed::client;

/// Longest wait for one answer of the broker: only what hangs takes so long.
const WAIT: Duration = Duration::from_secs(60);

/// One record as it lies in the topic.
#[derive(Clone, Debug, PartialEq)]
pub struct Got {
    pub partition: i32,
    pub offset: i64,
    pub key: Option<Vec<u8>>,
    pub body: Option<Vec<u8>>,
    pub headers: Vec<(String, Option<Vec<u8>>)>,
}

impl Got {
    /// The last value of a header, as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().rev().find(|(n, _)| n == name)?;
        std::str::from_utf8(value.as_deref()?).ok()
    }
}

/// A client that looks at what is committed, in no group that anybody would see.
pub fn looker(server: &str) -> BaseConsumer {
    looks(server, "read_committed")
}

/// The same for all that is written, also in transactions that are open.
pub fn early_looker(server: &str) -> BaseConsumer {
    looks(server, "read_uncommitted")
}

fn looks(server: &str, isolation: &str) -> BaseConsumer {
    let mut c = client(server);
    c.set("group.id", "g-read-back").set("enable.auto.commit", "false").set("fetch.wait.max.ms", "50").set("enable.partition.eof", "true");
    c.set("isolation.level", isolation).create().expect("a consumer")
}

/// Waits until no transaction is open: the mark of its end is written after its producer was told so.
fn decided(server: &str, topic: &str, looker: &BaseConsumer) -> Vec<(i32, i64, i64)> {
    let all = early_looker(server);
    let began = Instant::now();
    loop {
        let (written, committed) = (ends(&all, topic), ends(looker, topic));
        if written == committed {
            return committed;
        }
        assert!(began.elapsed() < WAIT, "a transaction is open in {topic}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Start and end of each partition.
pub fn ends(looker: &BaseConsumer, topic: &str) -> Vec<(i32, i64, i64)> {
    let metadata = looker.fetch_metadata(Some(topic), WAIT).expect("metadata");
    let ids = metadata.topics()[0].partitions().iter().map(|p| p.id());
    ids.map(|p| looker.fetch_watermarks(topic, p, WAIT).map(|(start, end)| (p, start, end)).expect("watermarks")).collect()
}

/// All records of a topic, partition by partition.
pub fn read_all(server: &str, topic: &str) -> Vec<Got> {
    let looker = looker(server);
    let mut all = Vec::new();
    for (partition, start, end) in decided(server, topic, &looker) {
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(topic, partition, Offset::Offset(start)).expect("offset");
        looker.assign(&list).expect("assign");
        let mut next = start;
        while next < end {
            let record = match looker.poll(WAIT).expect("a record in time") {
                // the last offsets may be marks, which are no records
                Err(KafkaError::PartitionEOF(p)) if p == partition => break,
                Err(KafkaError::PartitionEOF(_)) => continue,
                record => record.expect("a record"),
            };
            next = record.offset() + 1;
            let headers =
                record.headers().map_or_else(Vec::new, |h| h.iter().map(|h| (h.key.to_owned(), h.value.map(<[u8]>::to_vec))).collect());
            all.push(Got {
                partition,
                offset: record.offset(),
                key: record.key().map(<[u8]>::to_vec),
                body: record.payload().map(<[u8]>::to_vec),
                headers,
            });
        }
    }
    all
}
