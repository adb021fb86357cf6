//! A real Kafka for tests: where it listens, connections to it, topics of its own for each test.

use std::future::Future;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use futures::StreamExt;
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord, Producer};
use redrive::broker::{Flow, Link, PeekRequest, Peeked, Result, Start, Stop, Why};
use redrive::config::profile::{KafkaProfile, KafkaSecurity, SaslMechanism, Tls};
use redrive::config::{Profile, Secret};
use redrive::model::{Address, ConnId, Message, Seat};

/// Where a listener is; without one the test says so and passes, but not where `CI` is set.
pub fn listener(name: &str) -> Option<String> {
    match std::env::var(name) {
        Ok(at) if !at.is_empty() => Some(at),
        _ => {
            assert!(std::env::var_os("CI").is_none(), "{name} is not set: in CI every broker is there");
            println!("not tested: no Kafka ({name})");
            None
        }
    }
}

pub fn plain() -> Option<String> {
    listener("REDRIVE_TEST_KAFKA")
}

pub fn certs() -> PathBuf {
    std::env::var_os("REDRIVE_TEST_CERTS").map(PathBuf::from).unwrap_or_default()
}

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
    runtime.block_on(async { tokio::time::timeout(Duration::from_secs(90), test).await.expect("within 90 s") })
}

pub fn client(at: &str) -> ClientConfig {
    let mut c = ClientConfig::new();
    c.set("bootstrap.servers", at);
    c
}

pub fn admin(at: &str) -> AdminClient<DefaultClientContext> {
    client(at).create().expect("an admin client")
}

/// A name that no other test and no earlier run has.
pub fn fresh(word: &str) -> String {
    let t = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("now").as_nanos();
    format!("t-{word}-{:x}", t)
}

pub fn at(topic: &str) -> Address {
    Address::topic(&ConnId::new("kafka-test"), topic)
}

/// Makes a topic and waits until it has its leaders.
pub async fn topic(server: &str, word: &str, partitions: i32, config: &[(&str, &str)]) -> String {
    let name = fresh(word);
    let mut new = NewTopic::new(&name, partitions, TopicReplication::Fixed(1));
    for (k, v) in config {
        new = new.set(k, v);
    }
    let made = admin(server).create_topics([&new], &AdminOptions::new().operation_timeout(Some(Duration::from_secs(10)))).await;
    made.expect("created").into_iter().for_each(|r| drop(r.expect("created")));
    name
}

/// A record to be sent by the independent client.
#[derive(Default, Clone)]
pub struct Rec {
    pub partition: i32,
    pub key: Option<Vec<u8>>,
    pub body: Option<Vec<u8>>,
    pub headers: Vec<(&'static str, Option<Vec<u8>>)>,
    pub time: Option<i64>,
}

pub fn rec(partition: i32, body: impl Into<Vec<u8>>) -> Rec {
    Rec { partition, body: Some(body.into()), ..Rec::default() }
}

pub async fn send(producer: &FutureProducer, topic: &str, recs: impl IntoIterator<Item = Rec>) {
    let mut sent = Vec::new();
    for r in recs {
        let mut headers = OwnedHeaders::new();
        for (key, value) in &r.headers {
            headers = headers.insert(Header { key, value: value.as_ref() });
        }
        let mut record: FutureRecord<'_, Vec<u8>, Vec<u8>> = FutureRecord::to(topic).partition(r.partition).headers(headers);
        record.key = r.key.as_ref();
        record.payload = r.body.as_ref();
        record.timestamp = r.time;
        sent.push(producer.send_result(record).map_err(|(e, _)| e).expect("queued"));
    }
    for s in sent {
        s.await.expect("an answer").map_err(|(e, _)| e).expect("delivered");
    }
}

pub fn producer(server: &str, options: &[(&str, &str)]) -> FutureProducer {
    let mut c = client(server);
    c.set("linger.ms", "5").set("message.max.bytes", "10000000").set("queue.buffering.max.messages", "1000000");
    for (k, v) in options {
        c.set(*k, *v);
    }
    let p: FutureProducer = c.create().expect("a producer");
    p
}

pub async fn filled(server: &str, topic: &str, recs: impl IntoIterator<Item = Rec>) {
    let p = producer(server, &[]);
    send(&p, topic, recs).await;
    p.flush(Duration::from_secs(10)).expect("flushed");
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
            Peeked::Progress { .. } => {}
            Peeked::End { why, read, more, notes, .. } => {
                assert!(flow.next().await.is_none(), "nothing after the end");
                return Ok(Seen { messages, why, read, more, notes });
            }
        }
    }
    panic!("a flow without an end");
}

pub fn ask(topic: &str, start: Start, limit: usize) -> PeekRequest {
    PeekRequest { start, stop: Stop::Now, ..PeekRequest::new(at(topic), limit) }
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

/// ACLs for one topic: `app` may do all, `viewer` may look, `nobody` nothing. As soon as any ACL matches a topic, the
/// testbed's `allow.everyone.if.no.acl.found` no longer holds for it.
pub async fn rights(server: &str, topic: &str) {
    use rdkafka_sys as sys;
    use sys::bindings as b;
    let admin = admin(server);
    let c = |s: &str| std::ffi::CString::new(s).expect("no zero byte");
    let (name, host) = (c(topic), c("*"));
    let mut acls = Vec::new();
    let (mut why, viewer, app) = ([0 as std::ffi::c_char; 256], c("User:viewer"), c("User:app"));
    let read = [
        b::rd_kafka_AclOperation_t::RD_KAFKA_ACL_OPERATION_READ,
        b::rd_kafka_AclOperation_t::RD_KAFKA_ACL_OPERATION_DESCRIBE,
        b::rd_kafka_AclOperation_t::RD_KAFKA_ACL_OPERATION_DESCRIBE_CONFIGS,
    ];
    let wanted = read.iter().map(|op| (&viewer, *op)).chain([(&app, b::rd_kafka_AclOperation_t::RD_KAFKA_ACL_OPERATION_ALL)]);
    // SAFETY: everything is alive during the calls and freed at the end; the event is awaited before.
    unsafe {
        for (who, op) in wanted {
            acls.push(b::rd_kafka_AclBinding_new(
                b::rd_kafka_ResourceType_t::RD_KAFKA_RESOURCE_TOPIC,
                name.as_ptr(),
                b::rd_kafka_ResourcePatternType_t::RD_KAFKA_RESOURCE_PATTERN_LITERAL,
                who.as_ptr(),
                host.as_ptr(),
                op,
                b::rd_kafka_AclPermissionType_t::RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW,
                why.as_mut_ptr(),
                why.len(),
            ));
        }
        let rk = admin.inner().native_ptr();
        let queue = sys::rd_kafka_queue_new(rk);
        let options = sys::rd_kafka_AdminOptions_new(rk, sys::types::RDKafkaAdminOp::RD_KAFKA_ADMIN_OP_CREATEACLS);
        b::rd_kafka_CreateAcls(rk, acls.as_mut_ptr(), acls.len(), options, queue);
        let event = sys::rd_kafka_queue_poll(queue, 10_000);
        assert!(!event.is_null() && sys::rd_kafka_event_error(event) == sys::types::RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR, "ACLs");
        sys::rd_kafka_event_destroy(event);
        sys::rd_kafka_AdminOptions_destroy(options);
        sys::rd_kafka_queue_destroy(queue);
        acls.into_iter().for_each(|a| b::rd_kafka_AclBinding_destroy(a));
    }
    // the authorizer applies new rights a moment later
    tokio::time::sleep(Duration::from_millis(300)).await;
}
