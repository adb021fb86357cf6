//! A real RabbitMQ for tests: redrive's driver as any user, and hands of the test's own by lapin and the management API.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use lapin::options::{
    BasicGetOptions, BasicNackOptions, BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions, QueueDeleteOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};
use redrive::broker::{Broker, Error, Link, PeekRequest, Peeked, Trace, Why};
use redrive::config::Profile;
use redrive::config::profile::BrokerKind;
use redrive::config::secret::Secret;
use redrive::model::{Address, ConnId, Kind, Message};
use redrive::triage::ledger::TriageLedger;
use redrive::triage::plan::Actor;
use redrive::triage::replay::{self, Means};

use crate::testbed::{PATIENCE, given};

/// Where one version is.
#[derive(Clone)]
pub struct Node {
    pub version: &'static str,
    pub amqp: String,
    pub management: String,
}

/// The version, if it runs here.
pub fn node(version: &'static str) -> Option<Node> {
    let what = format!("RabbitMQ {version}");
    let amqp = given(&format!("REDRIVE_TEST_RABBITMQ_{version}"), &what)?;
    let management = given(&format!("REDRIVE_TEST_RABBITMQ_{version}_MANAGEMENT"), &what)?;
    Some(Node { version, amqp, management })
}

/// All that run here.
pub fn nodes() -> Vec<Node> {
    ["3", "4", "43"].into_iter().filter_map(node).collect()
}

pub fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let done = runtime.block_on(async { tokio::time::timeout(Duration::from_secs(120), test).await.expect("within two minutes") });
    runtime.shutdown_timeout(Duration::from_secs(2));
    done
}

pub fn profile(node: &Node, user: &str, password: &str) -> Profile {
    let mut profile = Profile { name: "rabbit".into(), context: "test".into(), kind: BrokerKind::RabbitMq, ..Profile::default() };
    let (host, port) = node.amqp.rsplit_once(':').expect("host:port");
    profile.rabbitmq.host = host.to_owned();
    profile.rabbitmq.port = port.parse().expect("a port");
    profile.rabbitmq.management_url = Some(node.management.clone());
    profile.rabbitmq.username = Some(Secret::clear(user));
    profile.rabbitmq.password = Some(Secret::clear(password));
    profile.rabbitmq.network_recovery_interval = Duration::from_millis(50);
    profile
}

pub fn link(profile: &Profile) -> Link {
    redrive::drivers::connect(profile, true).expect("a connection without I/O")
}

pub fn admin(node: &Node) -> Link {
    link(&profile(node, "admin", "admin-pw"))
}

/// Hands of the test's own.
pub struct Hands {
    pub channel: Channel,
    connection: Connection,
    made: std::sync::Mutex<Vec<String>>,
}

impl Hands {
    pub async fn new(node: &Node) -> Self {
        let uri = format!("amqp://admin:admin-pw@{}/%2f", node.amqp);
        let connection = Connection::connect(&uri, ConnectionProperties::default()).await.expect("a connection");
        let channel = connection.create_channel().await.expect("a channel");
        channel.confirm_select(ConfirmSelectOptions::default()).await.expect("confirms");
        Self { channel, connection, made: Default::default() }
    }

    pub async fn make(&self, word: &str, of_type: &str, arguments: &[(&str, AMQPValue)]) -> Address {
        let name = format!("t-{word}-{}", uuid::Uuid::now_v7().simple());
        let mut table = FieldTable::default();
        table.insert("x-queue-type".into(), AMQPValue::LongString(of_type.into()));
        for (name, value) in arguments {
            table.insert((*name).into(), value.clone());
        }
        let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        self.channel.queue_declare(name.as_str().into(), durable, table).await.expect("made");
        self.made.lock().expect("no panic").push(name.clone());
        let kind = if of_type == "stream" { Kind::Stream } else { Kind::Queue };
        Address::new(ConnId::new("rabbit"), kind, name)
    }

    pub async fn send(&self, at: &Address, bodies: impl IntoIterator<Item = Vec<u8>>) {
        for body in bodies {
            self.send_with(at, &body, BasicProperties::default().with_delivery_mode(2)).await;
        }
    }

    pub async fn send_with(&self, at: &Address, body: &[u8], properties: BasicProperties) {
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let sent = self.channel.basic_publish("".into(), at.name.as_str().into(), options, body, properties).await.expect("sent");
        assert!(sent.await.expect("an answer").is_ack());
    }

    /// Takes the head in hand and gives it back or lets it die. What was just given back is there in the broker's own time.
    pub async fn fail(&self, at: &Address, requeue: bool) {
        let began = std::time::Instant::now();
        loop {
            if let Some(got) = self.channel.basic_get(at.name.as_str().into(), BasicGetOptions::default()).await.expect("get") {
                if requeue {
                    // a reject is a failure in every version, a nack is not in 4.3
                    let reject = lapin::options::BasicRejectOptions { requeue: true };
                    got.acker.reject(reject).await.expect("reject");
                } else {
                    got.acker.nack(BasicNackOptions { requeue: false, multiple: false }).await.expect("nack");
                }
                return;
            }
            assert!(began.elapsed() < PATIENCE, "{at}: nothing to be had");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// All messages, taken out: body, redelivered, properties.
    pub async fn drain(&self, at: &Address) -> Vec<(Vec<u8>, bool, BasicProperties)> {
        let mut all = Vec::new();
        while let Some(got) = self.channel.basic_get(at.name.as_str().into(), BasicGetOptions { no_ack: true }).await.expect("get") {
            all.push((got.delivery.data.clone(), got.delivery.redelivered, got.delivery.properties.clone()));
        }
        all
    }

    pub async fn depth(&self, at: &Address) -> u32 {
        let passive = QueueDeclareOptions { passive: true, durable: true, ..QueueDeclareOptions::default() };
        self.channel.queue_declare(at.name.as_str().into(), passive, FieldTable::default()).await.expect("there").message_count()
    }

    /// Deletes one of its queues before the end.
    pub async fn remove(&self, at: &Address) {
        self.made.lock().expect("no panic").retain(|name| *name != at.name);
        self.channel.queue_delete(at.name.as_str().into(), QueueDeleteOptions::default()).await.expect("deleted");
    }

    pub async fn end(self) {
        let made = std::mem::take(&mut *self.made.lock().expect("no panic"));
        for name in made {
            self.channel.queue_delete(name.as_str().into(), QueueDeleteOptions::default()).await.expect("deleted");
        }
        self.connection.close(200, "done".into()).await.expect("closed");
    }
}

/// Eyes as a face has them, which keep what a look would destroy, with a ledger of their own.
pub struct Desk {
    pub eyes: Arc<dyn Broker>,
    pub means: Means,
    _dir: tempfile::TempDir,
}

impl Desk {
    pub fn new(node: &Node) -> Self {
        Self::with(admin(node))
    }

    pub fn with(link: Link) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let ledger = TriageLedger::open(&dir.path().join("ledger.db")).expect("a ledger");
        let lea = Actor { name: "lea".into(), os_user: "lea".into() };
        let brokers = replay::eyes(std::slice::from_ref(&link), &ledger, &lea, Some("a test"));
        let id = link.eyes.id().clone();
        let eyes = Arc::clone(brokers.get(&id).expect("just made"));
        let hands = replay::Hands::new(link.hand.into_iter().map(|hand| (id.clone(), hand)).collect());
        Self { eyes, means: Means { brokers, hands, ledger }, _dir: dir }
    }
}

/// A look at everything, whatever it costs: messages, why it ended, traces left.
pub async fn look(eyes: &Arc<dyn Broker>, at: &Address, limit: usize) -> Result<(Vec<Message>, Why, Vec<(Trace, u64)>), Error> {
    let accept = eyes.cost(at).await?.leaves;
    let mut flow = eyes.peek(PeekRequest { accept, ..PeekRequest::new(at.clone(), limit) });
    let mut messages = Vec::new();
    while let Some(step) = flow.next().await {
        match step? {
            Peeked::Batch(batch) => messages.extend(batch),
            Peeked::Progress { .. } | Peeked::Doomed(_) => {}
            Peeked::End { why, left, .. } => return Ok((messages, why, left)),
        }
    }
    panic!("a look ends")
}

pub fn numbered(n: usize) -> Vec<Vec<u8>> {
    (0..n).map(|i| format!("{i:04}").into_bytes()).collect()
}

pub fn bodies(messages: &[Message]) -> Vec<Vec<u8>> {
    messages.iter().map(|m| m.body.clone().unwrap_or_default().to_vec()).collect()
}

/// Waits until a check holds, for what a broker does in its own time.
pub async fn until<F: Future<Output = bool>>(what: &str, check: impl Fn() -> F) {
    let began = std::time::Instant::now();
    while !check().await {
        assert!(began.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
