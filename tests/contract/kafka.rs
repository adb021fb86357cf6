//! A real Kafka as a host: `REDRIVE_TEST_KAFKA` (plain, may do everything) and `REDRIVE_TEST_KAFKA_SASL` (SCRAM-SHA-256, users `viewer`, `nobody`).

use std::net::TcpListener;
use std::time::{Duration, Instant, SystemTime};

use async_trait::async_trait;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::{ClientConfig, FromClientConfig};
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::message::{Header, Headers, Message as _, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::{Offset, TopicPartitionList};
use redrive::broker::Link;
use redrive::config::profile::{BrokerKind, Profile, SaslMechanism};
use redrive::config::secret::Secret;
use redrive::drivers::memory::Put;
use redrive::model::{Address, ConnId, Message, Seat, Typed};

use crate::hosts::{CLOSED, Host, NotHere, Who};
use crate::tools::until;

/// Longest wait for one answer of the broker to the test's own clients.
const WAIT: Duration = Duration::from_secs(60);

pub struct Kafka {
    servers: String,
    conn: ConnId,
    /// Accepts connections and never answers.
    silent: TcpListener,
}

impl Kafka {
    pub fn new(servers: &str) -> Self {
        let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
        Self { servers: servers.to_owned(), conn: ConnId::new("kafka"), silent }
    }

    fn client<T: FromClientConfig>(&self, more: &[(&str, &str)]) -> T {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.servers);
        more.iter().for_each(|(k, v)| {
            config.set(*k, *v);
        });
        config.create().expect("a client of the test's own")
    }

    fn admin(&self) -> AdminClient<DefaultClientContext> {
        self.client(&[])
    }

    fn consumer(&self, group: &str) -> BaseConsumer {
        self.client(&[
            ("group.id", group),
            ("enable.auto.commit", "false"),
            ("isolation.level", "read_uncommitted"),
            ("enable.partition.eof", "false"),
        ])
    }

    fn partitions(&self, consumer: &BaseConsumer, name: &str) -> Vec<i32> {
        let metadata = consumer.fetch_metadata(Some(name), WAIT).expect("metadata");
        metadata.topics()[0].partitions().iter().map(|p| p.id()).collect()
    }

    fn profile(&self, servers: &str, login: Option<(&str, &str)>) -> Profile {
        let mut profile = Profile { name: self.conn.to_string(), context: "test".into(), kind: BrokerKind::Kafka, ..Profile::default() };
        profile.kafka.bootstrap_servers = vec![servers.to_owned()];
        if let Some((user, password)) = login {
            for side in [&mut profile.kafka.looking, &mut profile.kafka.publishing] {
                side.mechanism = Some(SaslMechanism::ScramSha256);
                side.username = Some(Secret::clear(user));
                side.password = Some(Secret::clear(password));
            }
        }
        profile
    }
}

/// The driver under test.
fn driver(profile: &Profile) -> Result<Link, NotHere> {
    redrive::drivers::connect(profile, true).map_err(|e| NotHere(e.to_string()))
}

#[async_trait]
impl Host for Kafka {
    async fn connect(&self, who: Who) -> Result<Link, NotHere> {
        let sasl = || std::env::var("REDRIVE_TEST_KAFKA_SASL").map_err(|_| NotHere("REDRIVE_TEST_KAFKA_SASL is not set".into()));
        let profile = match who {
            Who::Admin => self.profile(&self.servers, None),
            Who::Viewer => self.profile(&sasl()?, Some(("viewer", "viewer-pw"))),
            Who::Nobody => self.profile(&sasl()?, Some(("nobody", "nobody-pw"))),
            Who::WrongPassword => self.profile(&sasl()?, Some(("viewer", "wrong-pw"))),
            Who::WrongHost => self.profile(CLOSED, None),
            Who::Silent => self.profile(&self.silent.local_addr().expect("its address").to_string(), None),
        };
        driver(&profile)
    }

    fn partitions(&self, wanted: u32) -> u32 {
        wanted
    }

    async fn make(&self, name: &str, partitions: u32) -> Address {
        let name = format!("{name}-{}", uuid::Uuid::now_v7().simple());
        let topic = NewTopic::new(&name, i32::try_from(partitions).expect("few"), TopicReplication::Fixed(1));
        let made = self.admin().create_topics([&topic], &AdminOptions::new().operation_timeout(Some(WAIT))).await.expect("create");
        made.into_iter().for_each(|r| {
            r.expect("created");
        });
        // the controller has it; the broker hears of it a moment later
        let consumer = self.consumer("g-made");
        until("its leaders are known", || async {
            let metadata = consumer.fetch_metadata(Some(&name), WAIT).expect("metadata");
            let led = metadata.topics()[0].partitions().iter().filter(|p| p.leader() >= 0).count();
            u32::try_from(led).is_ok_and(|led| led == partitions)
        })
        .await;
        Address::topic(&self.conn, name)
    }

    fn nowhere(&self) -> Address {
        Address::topic(&self.conn, "no-such-topic")
    }

    async fn put(&self, at: &Address, messages: Vec<Put>) -> Vec<Seat> {
        let producer: FutureProducer =
            self.client(&[("acks", "all"), ("enable.idempotence", "true"), ("linger.ms", "1"), ("message.max.bytes", "2000000")]);
        let mut sent = Vec::new();
        for put in &messages {
            let mut headers = OwnedHeaders::new();
            for (name, value) in &put.headers {
                headers = headers.insert(Header { key: name, value: value.as_bytes() });
            }
            let mut record: FutureRecord<'_, [u8], [u8]> =
                FutureRecord::to(&at.name).headers(headers).partition(put.partition.unwrap_or(0));
            record.key = put.key.as_deref();
            record.payload = put.body.as_deref();
            record.timestamp =
                put.sent.map(|t| i64::try_from(t.duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_millis()).expect("ms"));
            sent.push(producer.send_result(record).map_err(|(e, _)| e).expect("queued"));
        }
        let mut seats = Vec::new();
        for one in sent {
            let at = one.await.expect("an answer").map_err(|(e, _)| e).expect("confirmed");
            seats.push(Seat::Offset { partition: at.partition, offset: at.offset });
        }
        seats
    }

    async fn read_back(&self, at: &Address) -> Vec<Message> {
        let consumer = self.consumer("g-read-back");
        let mut all = Vec::new();
        for partition in self.partitions(&consumer, &at.name) {
            let (start, end) = consumer.fetch_watermarks(&at.name, partition, WAIT).expect("watermarks");
            let mut list = TopicPartitionList::new();
            list.add_partition_offset(&at.name, partition, Offset::Offset(start)).expect("offset");
            consumer.assign(&list).expect("assign");
            let mut next = start;
            while next < end {
                let record = consumer.poll(WAIT).expect("a record in time").expect("a record");
                next = record.offset() + 1;
                let headers = record.headers().map_or_else(Vec::new, |h| {
                    h.iter().map(|h| (h.key.to_owned(), Typed::bytes(h.value.map(|v| v.to_vec().into())))).collect()
                });
                all.push(Message {
                    at: at.clone(),
                    seat: Seat::Offset { partition, offset: record.offset() },
                    key: record.key().map(|k| k.to_vec().into()),
                    body: record.payload().map(|b| b.to_vec().into()),
                    headers,
                    properties: Vec::new(),
                    delivery: Vec::new(),
                    sent: record.timestamp().to_millis().map(|ms| SystemTime::UNIX_EPOCH + Duration::from_millis(ms.unsigned_abs())),
                    whole: true,
                });
            }
        }
        all
    }

    async fn commit(&self, group: &str, at: &Address, partition: i32, next: i64) -> Result<(), NotHere> {
        let consumer = self.consumer(group);
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(&at.name, partition, Offset::Offset(next)).expect("offset");
        // a broker that has just started makes the groups' topic first
        let end = Instant::now() + WAIT;
        while let Err(e) = consumer.commit(&list, CommitMode::Sync) {
            assert!(Instant::now() < end, "{e}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    async fn trim(&self, at: &Address, partition: i32, start: i64) -> Result<(), NotHere> {
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(&at.name, partition, Offset::Offset(start)).expect("offset");
        self.admin().delete_records(&list, &AdminOptions::new().operation_timeout(Some(WAIT))).await.expect("delete records");
        Ok(())
    }

    /// Groups (but for those of the tests' own hands, `g-…`) with their members, and what the topic holds.
    async fn traces(&self, at: &Address) -> String {
        let consumer = self.consumer("g-traces");
        let groups = consumer.fetch_group_list(None, WAIT).expect("groups");
        let mut lines: Vec<String> = groups
            .groups()
            .iter()
            .filter(|g| !g.name().starts_with("g-"))
            .map(|g| format!("{} {} {}", g.name(), g.state(), g.members().len()))
            .collect();
        lines.sort();
        for p in self.partitions(&consumer, &at.name) {
            lines.push(format!("p{p} {:?}", consumer.fetch_watermarks(&at.name, p, WAIT).expect("watermarks")));
        }
        lines.join("\n")
    }

    async fn in_hand(&self, _: &Address) -> Result<u64, NotHere> {
        Ok(0)
    }

    async fn down(&self) -> Result<(), NotHere> {
        Err(NotHere("the broker is shared with other tests and is not stopped here".into()))
    }

    async fn up(&self) -> Result<(), NotHere> {
        Ok(())
    }
}
