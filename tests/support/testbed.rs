//! A real Kafka for tests: where it listens, clients of the tests' own, topics and records, all without redrive.

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord, Producer};

/// Longest wait for one thing of the broker's: only what hangs takes so long, however busy the machine is.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Where a listener is; as [`given`].
pub fn listener(name: &str) -> Option<String> {
    given(name, "Kafka")
}

/// What a variable of the testbed says. Without it the test passes and is counted as not tested; where `CI` is set it fails, because a green run
/// there has to mean that everything was there. `what` it would name, in words.
pub fn given(name: &str, what: &str) -> Option<String> {
    let value = std::env::var(name).ok().filter(|v| !v.is_empty());
    if value.is_none() {
        assert!(std::env::var_os("CI").is_none(), "{name} is not set: in CI there has to be a {what}");
        not_tested(&format!("no {what} ({name})"));
    }
    value
}

/// Says that the test that runs here tests nothing: in its output, and in the list that `scripts/test` prints at its end (`REDRIVE_NOT_TESTED`),
/// which sees no output of a test that passes.
pub fn not_tested(why: &str) {
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    println!("not tested: {why}");
    let Some(list) = std::env::var_os("REDRIVE_NOT_TESTED").filter(|p| !p.is_empty()) else { return };
    let line = format!("{test}: {why}\n");
    let written = std::fs::OpenOptions::new().create(true).append(true).open(&list).and_then(|mut f| f.write_all(line.as_bytes()));
    written.unwrap_or_else(|e| panic!("{}: {e}", list.display()));
}

pub fn plain() -> Option<String> {
    listener("REDRIVE_TEST_KAFKA")
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
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let t = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("now").as_micros();
    format!("t-{word}-{t:x}-{:x}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Makes a topic of a name of its own.
pub async fn topic(server: &str, word: &str, partitions: i32, config: &[(&str, &str)]) -> String {
    let name = fresh(word);
    make_topic(server, &name, partitions, config).await;
    name
}

/// Makes a topic and waits until it has its leaders.
pub async fn make_topic(server: &str, name: &str, partitions: i32, config: &[(&str, &str)]) {
    let mut new = NewTopic::new(name, partitions, TopicReplication::Fixed(1));
    for (k, v) in config {
        new = new.set(k, v);
    }
    let admin = admin(server);
    let limits = AdminOptions::new().operation_timeout(Some(PATIENCE)).request_timeout(Some(PATIENCE));
    let made = admin.create_topics([&new], &limits).await;
    made.expect("created").into_iter().for_each(|r| drop(r.expect("created")));
    // the controller has it; the broker hears of it a moment later
    let end = Instant::now() + PATIENCE;
    loop {
        let seen = admin.inner().fetch_metadata(Some(name), PATIENCE).expect("metadata");
        let led = |t: &rdkafka::metadata::MetadataTopic| t.partitions().iter().filter(|p| p.leader() >= 0).count();
        if seen.topics().first().map(led) == usize::try_from(partitions).ok() {
            return;
        }
        assert!(Instant::now() < end, "{name} has no leaders");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A record to be sent by the independent client.
#[derive(Default, Clone)]
pub struct Rec {
    pub partition: i32,
    pub key: Option<Vec<u8>>,
    pub body: Option<Vec<u8>>,
    pub headers: Vec<(String, Option<Vec<u8>>)>,
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
    p.flush(PATIENCE).expect("flushed");
}
