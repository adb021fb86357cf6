//! redrive's driver in the tests of a real Kafka: connections by every login, flows read to their end.

use std::future::Future;
use std::time::{Duration, Instant};

use futures::StreamExt;
use redrive::broker::{Flow, Link, PeekRequest, Peeked, Result, Start, Stop, Why};
use redrive::config::profile::{KafkaProfile, KafkaSecurity, SaslMechanism, Tls};
use redrive::config::{Profile, Secret};
use redrive::model::{Address, ConnId, Message, Seat};

pub use crate::people::*;
pub use crate::testbed::*;

/// The driver's deadline of one call. What took longer waited in vain for it; what took less saw its answer.
pub const DEADLINE: Duration = Duration::from_secs(10);

/// The CA of the testbed, and for mTLS our certificate.
pub fn tls(client: bool) -> Tls {
    let dir = certs();
    Tls {
        ca: Some(dir.join("ca.pem")),
        cert: client.then(|| dir.join("client.crt")),
        key: client.then(|| dir.join("client.key")),
        min_version: None,
    }
}

pub fn sasl(mechanism: SaslMechanism, user: &str, password: &str, ssl: bool) -> KafkaSecurity {
    KafkaSecurity {
        mechanism: Some(mechanism),
        ssl,
        username: Some(Secret::clear(user)),
        password: Some(Secret::clear(password)),
        tls: if ssl { tls(false) } else { Tls::default() },
    }
}

pub fn profile(at: &str, login: KafkaSecurity) -> Profile {
    let kafka =
        KafkaProfile { bootstrap_servers: vec![at.to_owned()], looking: login.clone(), publishing: login, ..KafkaProfile::default() };
    Profile { name: "kafka-test".into(), kafka, ..Profile::default() }
}

pub fn link(profile: &Profile) -> Link {
    redrive::drivers::connect(profile, true).expect("a connection without I/O")
}

pub fn plain_link(at: &str) -> Link {
    link(&profile(at, KafkaSecurity::default()))
}

pub fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(async { tokio::time::timeout(Duration::from_secs(180), test).await.expect("within 180 s") })
}

pub fn at(topic: &str) -> Address {
    Address::topic(&ConnId::new("kafka-test"), topic)
}

/// Everything a flow gave: messages, and its end.
pub struct Seen {
    pub messages: Vec<Message>,
    pub why: Why,
    pub read: u64,
    pub more: Option<redrive::broker::Cursor>,
    pub notes: Vec<String>,
}

impl Seen {
    pub fn seats(&self) -> Vec<(i32, i64)> {
        self.messages
            .iter()
            .map(|m| match m.seat {
                Seat::Offset { partition, offset } => (partition, offset),
                _ => panic!("no offset"),
            })
            .collect()
    }

    pub fn bodies(&self) -> Vec<String> {
        self.messages.iter().map(|m| String::from_utf8_lossy(m.body.as_deref().unwrap_or(b"-")).into_owned()).collect()
    }
}

pub async fn all(mut flow: Flow<Peeked>) -> Result<Seen> {
    let mut messages = Vec::new();
    while let Some(step) = flow.next().await {
        match step? {
            Peeked::Batch(b) => {
                assert!(b.len() <= 256);
                messages.extend(b);
            }
            Peeked::Progress { .. } | Peeked::Doomed(_) => {}
            Peeked::End { why, read, more, notes, .. } => {
                assert!(flow.next().await.is_none(), "nothing after the end");
                return Ok(Seen { messages, why, read, more, notes });
            }
        }
    }
    panic!("a flow without an end");
}

/// The first messages of a flow; how far it is may be said before.
pub async fn first_batch(flow: &mut Flow<Peeked>) -> Vec<Message> {
    loop {
        match flow.next().await {
            Some(Ok(Peeked::Batch(batch))) => return batch,
            Some(Ok(Peeked::Progress { .. })) => {}
            other => panic!("no batch: {other:?}"),
        }
    }
}

pub fn ask(topic: &str, start: Start, limit: usize) -> PeekRequest {
    PeekRequest { start, stop: Stop::Now, ..PeekRequest::new(at(topic), limit) }
}

/// Waits until a partition ends there: the mark of a transaction's end is written after its producer was told so.
pub async fn ends_at(link: &Link, topic: &str, end: i64) {
    let until = Instant::now() + PATIENCE;
    loop {
        let found = link.eyes.describe(&at(topic)).await.expect("described").partitions[0].end;
        if found == end {
            return;
        }
        assert!(found < end && Instant::now() < until, "{topic} ends at {found}, not at {end}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The rows of a flow of batches.
pub async fn rows<T>(flow: Flow<Vec<T>>) -> Result<Vec<T>> {
    let mut rows = Vec::new();
    let mut flow = flow;
    while let Some(batch) = flow.next().await {
        rows.extend(batch?);
    }
    Ok(rows)
}
