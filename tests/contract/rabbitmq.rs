//! A real RabbitMQ as a host, one of three versions, with one type of queue: `REDRIVE_TEST_RABBITMQ_{3,4,43}` and `…_MANAGEMENT`.
//!
//! Nothing shows a queue's messages without a trace. So the host takes all of them out, notes what their flags and counts say, and puts the same
//! messages in again, fresh; what it noted it adds up. To redrive they look as if nobody had touched them.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use futures::StreamExt;
use lapin::options::QueueDeclareOptions;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicGetOptions, BasicPublishOptions, BasicQosOptions, ConfirmSelectOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};
use redrive::broker::Link;
use redrive::config::profile::{BrokerKind, Profile};
use redrive::config::secret::Secret;
use redrive::drivers::memory::Put;
use redrive::model::{Address, ConnId, Fields, Kind, Message, Seat, Typed, Value, WireType, copy};

use crate::Maker;
use crate::hosts::{CLOSED, Host, NotHere, Who};

/// `admin:admin-pw` as Basic has it.
const ADMIN: &str = "YWRtaW46YWRtaW4tcHc=";
/// A stream that gives nothing for so long is at its end.
const IDLE: Duration = Duration::from_millis(700);

/// Every version with every type of queue.
pub fn hosts() -> Vec<(&'static str, Result<Maker, String>)> {
    let all = [
        ("rabbitmq3/classic", "3", "classic"),
        ("rabbitmq3/quorum", "3", "quorum"),
        ("rabbitmq3/stream", "3", "stream"),
        ("rabbitmq4/classic", "4", "classic"),
        ("rabbitmq4/quorum", "4", "quorum"),
        ("rabbitmq4/stream", "4", "stream"),
        ("rabbitmq43/classic", "43", "classic"),
        ("rabbitmq43/quorum", "43", "quorum"),
        ("rabbitmq43/stream", "43", "stream"),
    ];
    all.into_iter().map(|(name, version, of_type)| (name, maker(version, of_type))).collect()
}

fn maker(version: &str, of_type: &'static str) -> Result<Maker, String> {
    let given = |name: String| std::env::var(&name).map_err(|_| format!("{name} is not set (scripts/brokers up rabbitmq{version})"));
    let amqp = given(format!("REDRIVE_TEST_RABBITMQ_{version}"))?;
    let management = given(format!("REDRIVE_TEST_RABBITMQ_{version}_MANAGEMENT"))?;
    Ok(Arc::new(move || Box::new(Rabbit::new(&amqp, &management, of_type))))
}

/// A message as far as it can be told apart: its queue, its digest, which of its twins.
type Twin = (String, [u8; 32], usize);

pub struct Rabbit {
    amqp: String,
    management: String,
    of_type: &'static str,
    conn: ConnId,
    /// Accepts connections and never answers.
    silent: TcpListener,
    made: Mutex<Vec<String>>,
    /// Messages put into each.
    put: Mutex<HashMap<String, i64>>,
    /// What was noted of messages by queue and digest, of twins in their order: redelivered, counts.
    noted: Mutex<HashMap<Twin, (bool, i128, i128)>>,
}

impl Rabbit {
    fn new(amqp: &str, management: &str, of_type: &'static str) -> Self {
        Self {
            amqp: amqp.to_owned(),
            management: management.to_owned(),
            of_type,
            conn: ConnId::new("rabbit"),
            silent: TcpListener::bind("127.0.0.1:0").expect("a free port"),
            made: Mutex::default(),
            put: Mutex::default(),
            noted: Mutex::default(),
        }
    }

    fn kind(&self) -> Kind {
        if self.of_type == "stream" { Kind::Stream } else { Kind::Queue }
    }

    async fn channel(&self) -> (Connection, Channel) {
        let uri = format!("amqp://admin:admin-pw@{}/%2f", self.amqp);
        let connection = Connection::connect(&uri, ConnectionProperties::default()).await.expect("a connection of the test's own");
        let channel = connection.create_channel().await.expect("a channel");
        channel.confirm_select(ConfirmSelectOptions::default()).await.expect("confirms");
        (connection, channel)
    }

    fn profile(&self, at: &str, management: &str, user: &str, password: &str) -> Profile {
        let mut profile = Profile { name: self.conn.to_string(), context: "test".into(), kind: BrokerKind::RabbitMq, ..Profile::default() };
        let (host, port) = at.rsplit_once(':').expect("host:port");
        profile.rabbitmq.host = host.to_owned();
        profile.rabbitmq.port = port.parse().expect("a port");
        profile.rabbitmq.management_url = Some(management.to_owned());
        profile.rabbitmq.username = Some(Secret::clear(user));
        profile.rabbitmq.password = Some(Secret::clear(password));
        profile
    }

    async fn publish(&self, channel: &Channel, queue: &str, body: &[u8], properties: BasicProperties) {
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let sent = channel.basic_publish("".into(), queue.into(), options, body, properties).await.expect("sent");
        assert!(sent.await.expect("an answer").is_ack(), "confirmed");
    }

    async fn ready(&self, channel: &Channel, queue: &str) -> u32 {
        let passive = QueueDeclareOptions { passive: true, durable: true, ..QueueDeclareOptions::default() };
        channel.queue_declare(queue.into(), passive, FieldTable::default()).await.expect("it is there").message_count()
    }

    /// Takes all out and puts it in again, fresh; notes flags and counts on the way.
    async fn measure(&self, at: &Address) -> Vec<Message> {
        let (connection, channel) = self.channel().await;
        let mut all = Vec::new();
        while let Some(got) = channel.basic_get(at.name.as_str().into(), BasicGetOptions::default()).await.expect("get") {
            got.acker.ack(BasicAckOptions::default()).await.expect("ack");
            all.push((got.delivery.redelivered, got.delivery.properties.clone(), got.delivery.data.clone()));
        }
        let mut messages = Vec::new();
        let mut twins: HashMap<[u8; 32], usize> = HashMap::new();
        for (redelivered, properties, body) in all {
            let mut table = properties.headers().clone().unwrap_or_default();
            let counts = |table: &FieldTable, name: &str| match table.inner().get(name) {
                Some(AMQPValue::LongLongInt(n)) => i128::from(*n),
                _ => 0,
            };
            let (delivered, acquired) = (counts(&table, "x-delivery-count"), counts(&table, "x-acquired-count"));
            if self.of_type == "quorum" {
                let rest = table.inner().iter().filter(|(n, _)| !matches!(n.as_str(), "x-delivery-count" | "x-acquired-count"));
                table = rest.map(|(n, v)| (n.clone(), v.clone())).collect::<std::collections::BTreeMap<_, _>>().into();
            }
            let bare = bare(&properties, (!table.inner().is_empty()).then_some(table));
            let mut message = self.message(at, &bare, body.clone());
            let Seat::Digest(digest) = message.seat else { panic!("a queue has digests") };
            let twin = twins.entry(digest).or_insert(0);
            let sum = {
                let mut noted = self.noted.lock().unwrap();
                let sum = noted.entry((at.name.clone(), digest, *twin)).or_default();
                *sum = (sum.0 || redelivered, sum.1 + delivered, sum.2 + acquired);
                *sum
            };
            *twin += 1;
            let int = |n| Typed { value: Value::Int(n), wire: wire("s64") };
            message.delivery = vec![
                ("redelivered".into(), Typed { value: Value::Bool(sum.0), wire: wire("bool") }),
                ("delivery-count".into(), int(sum.1)),
                ("acquired-count".into(), int(sum.2)),
            ];
            self.publish(&channel, &at.name, &body, bare).await;
            messages.push(message);
        }
        connection.close(200, "measured".into()).await.expect("closed");
        messages
    }

    async fn stream(&self, at: &Address) -> Vec<Message> {
        let (connection, channel) = self.channel().await;
        channel.basic_qos(200, BasicQosOptions::default()).await.expect("qos");
        let mut arguments = FieldTable::default();
        arguments.insert("x-stream-offset".into(), AMQPValue::LongString("first".into()));
        let consume = channel.basic_consume(at.name.as_str().into(), "".into(), BasicConsumeOptions::default(), arguments);
        let mut consumer = consume.await.expect("a consumer");
        let mut messages = Vec::new();
        while let Ok(Some(delivery)) = tokio::time::timeout(IDLE, consumer.next()).await {
            let delivery = delivery.expect("a delivery");
            delivery.acker.ack(BasicAckOptions::default()).await.expect("ack");
            let table = delivery.properties.headers().clone().unwrap_or_default();
            let Some(AMQPValue::LongLongInt(offset)) = table.inner().get("x-stream-offset").cloned() else { panic!("an offset") };
            let rest = table.inner().iter().filter(|(n, _)| n.as_str() != "x-stream-offset").map(|(n, v)| (n.clone(), v.clone()));
            let rest: FieldTable = rest.collect::<std::collections::BTreeMap<_, _>>().into();
            let bare = bare(&delivery.properties, (!rest.inner().is_empty()).then_some(rest));
            let message = self.message(at, &bare, delivery.data.clone());
            messages.push(Message { seat: Seat::Offset { partition: 0, offset }, ..message });
        }
        connection.close(200, "read".into()).await.expect("closed");
        messages
    }

    fn message(&self, at: &Address, properties: &BasicProperties, body: Vec<u8>) -> Message {
        let headers =
            properties.headers().as_ref().map_or_else(Vec::new, |t| t.inner().iter().map(|(n, v)| (n.to_string(), typed(v))).collect());
        let mut fields: Fields = Vec::new();
        if let Some(mode) = properties.delivery_mode() {
            fields.push(("delivery_mode".into(), Typed { value: Value::Int((*mode).into()), wire: wire("u8") }));
        }
        if let Some(t) = properties.timestamp() {
            fields.push(("timestamp".into(), Typed { value: Value::Time(i64::try_from(*t).unwrap() * 1000), wire: wire("timestamp") }));
        }
        let mut message = Message {
            at: at.clone(),
            seat: Seat::Digest([0; 32]),
            key: None,
            body: Some(body.into()),
            headers,
            properties: fields,
            delivery: Vec::new(),
            sent: properties.timestamp().map(|t| SystemTime::UNIX_EPOCH + Duration::from_secs(t)),
            whole: true,
        };
        message.seat = Seat::Digest(copy::digest(&message));
        message
    }

    /// One call of the management API without a client: this is also called where nothing may be awaited.
    fn delete(&self, queue: &str) -> std::io::Result<()> {
        let host = self.management.trim_start_matches("http://");
        let mut stream = TcpStream::connect(host)?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        write!(
            stream,
            "DELETE /api/queues/%2F/{queue} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Basic {ADMIN}\r\nConnection: close\r\n\r\n"
        )?;
        stream.read_to_end(&mut Vec::new()).map(drop)
    }
}

impl Drop for Rabbit {
    fn drop(&mut self) {
        for queue in self.made.lock().unwrap().drain(..) {
            // a queue that stays is in nobody's way: its name is its own
            let _ = self.delete(&queue);
        }
    }
}

/// The properties that the tests send, with these headers.
fn bare(of: &BasicProperties, headers: Option<FieldTable>) -> BasicProperties {
    let mut bare = BasicProperties::default();
    if let Some(mode) = of.delivery_mode() {
        bare = bare.with_delivery_mode(*mode);
    }
    if let Some(t) = of.timestamp() {
        bare = bare.with_timestamp(*t);
    }
    match headers {
        Some(headers) => bare.with_headers(headers),
        None => bare,
    }
}

fn wire(name: &'static str) -> WireType {
    WireType(name.into())
}

/// The few types that the cases send.
fn typed(value: &AMQPValue) -> Typed {
    match value {
        AMQPValue::Void => Typed { value: Value::Null, wire: wire("void") },
        AMQPValue::LongString(s) => {
            let bytes = s.as_bytes();
            let value = match std::str::from_utf8(bytes) {
                Ok(text) => Value::Text(text.to_owned()),
                Err(_) => Value::Bytes(bytes.to_vec().into()),
            };
            Typed { value, wire: wire("longstr") }
        }
        other => panic!("no case sends {other:?}"),
    }
}

fn field(value: &Typed) -> AMQPValue {
    match value.as_bytes() {
        Some(bytes) => AMQPValue::LongString(bytes.to_vec().into()),
        None => AMQPValue::Void,
    }
}

#[async_trait]
impl Host for Rabbit {
    async fn connect(&self, who: Who) -> Result<Link, NotHere> {
        let here = |user, password| self.profile(&self.amqp, &self.management, user, password);
        let profile = match who {
            Who::Admin => here("admin", "admin-pw"),
            Who::Viewer => here("ro", "ro-pw"),
            Who::Nobody => here("plain", "plain-pw"),
            Who::WrongPassword => here("admin", "wrong-pw"),
            Who::WrongHost => self.profile(CLOSED, &format!("http://{CLOSED}"), "admin", "admin-pw"),
            Who::Silent => {
                let silent = self.silent.local_addr().expect("its address").to_string();
                self.profile(&silent, &format!("http://{silent}"), "admin", "admin-pw")
            }
        };
        redrive::drivers::connect(&profile, true).map_err(|e| NotHere(e.to_string()))
    }

    fn partitions(&self, _: u32) -> u32 {
        1
    }

    async fn make(&self, name: &str, _: u32) -> Address {
        let name = format!("{name}-{}", uuid::Uuid::now_v7().simple());
        let (connection, channel) = self.channel().await;
        let mut arguments = FieldTable::default();
        arguments.insert("x-queue-type".into(), AMQPValue::LongString(self.of_type.into()));
        let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        channel.queue_declare(name.as_str().into(), durable, arguments).await.expect("made");
        connection.close(200, "made".into()).await.expect("closed");
        self.made.lock().unwrap().push(name.clone());
        Address::new(self.conn.clone(), self.kind(), name)
    }

    fn nowhere(&self) -> Address {
        Address::new(self.conn.clone(), self.kind(), "no-such-queue")
    }

    async fn put(&self, at: &Address, messages: Vec<Put>) -> Vec<Seat> {
        let (connection, channel) = self.channel().await;
        let mut seats = Vec::new();
        let mut sent = Vec::new();
        for put in messages {
            let table: FieldTable =
                put.headers.iter().map(|(n, v)| (n.as_str().into(), field(v))).collect::<std::collections::BTreeMap<_, _>>().into();
            let at_time = put.sent.unwrap_or_else(SystemTime::now).duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs();
            let with = BasicProperties::default().with_delivery_mode(2).with_timestamp(at_time);
            let properties = bare(&with, (!table.inner().is_empty()).then_some(table));
            let body = put.body.expect("RabbitMQ has no tombstones").to_vec();
            let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
            sent.push(channel.basic_publish("".into(), at.name.as_str().into(), options, &body, properties.clone()).await.expect("sent"));
            let next = {
                let mut put = self.put.lock().unwrap();
                let n = put.entry(at.name.clone()).or_insert(0);
                *n += 1;
                *n - 1
            };
            seats.push(match self.kind() {
                Kind::Stream => Seat::Offset { partition: 0, offset: next },
                _ => self.message(at, &properties, body).seat,
            });
        }
        for one in sent {
            assert!(one.await.expect("an answer").is_ack(), "confirmed");
        }
        connection.close(200, "put".into()).await.expect("closed");
        seats
    }

    async fn read_back(&self, at: &Address) -> Vec<Message> {
        if self.kind() == Kind::Stream { self.stream(at).await } else { self.measure(at).await }
    }

    async fn commit(&self, _: &str, _: &Address, _: i32, _: i64) -> Result<(), NotHere> {
        Err(NotHere("RabbitMQ has no groups".into()))
    }

    async fn trim(&self, _: &Address, _: i32, _: i64) -> Result<(), NotHere> {
        Err(NotHere("a stream is trimmed by whole segments of 500 MB, as its retention sees fit".into()))
    }

    async fn traces(&self, at: &Address) -> String {
        let of = |m: &Message| format!("{} {:?}", m.seat, m.delivery);
        self.read_back(at).await.iter().map(of).collect::<Vec<_>>().join("\n")
    }

    /// What was put and is not ready: no case that asks takes anything out.
    async fn in_hand(&self, at: &Address) -> Result<u64, NotHere> {
        if self.kind() == Kind::Stream {
            return Ok(0);
        }
        let (connection, channel) = self.channel().await;
        let ready = self.ready(&channel, &at.name).await;
        connection.close(200, "asked".into()).await.expect("closed");
        let put = self.put.lock().unwrap().get(&at.name).copied().unwrap_or(0);
        Ok(u64::try_from(put - i64::from(ready)).expect("no more than was put"))
    }

    async fn down(&self) -> Result<(), NotHere> {
        Err(NotHere("the broker is shared with other tests and is not stopped here".into()))
    }

    async fn up(&self) -> Result<(), NotHere> {
        Ok(())
    }
}
