//! SQS as a host: `REDRIVE_TEST_SQS` (ElasticMQ: strict, checks no keys) and `REDRIVE_TEST_AWS_AUTH` (moto with signatures and policies).

use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant, SystemTime};

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_sqs::primitives::Blob;
use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, MessageAttributeValue, MessageSystemAttributeName as System, QueueAttributeName as Attribute,
};
use redrive::broker::Link;
use redrive::config::Profile;
use redrive::config::profile::{AwsProfile, BrokerKind};
use redrive::config::secret::Secret;
use redrive::drivers::memory::Put;
use redrive::model::{Address, ConnId, Kind, Message, Seat, Typed, Value, WireType};

use crate::hosts::{CLOSED, Host, NotHere, Who};

/// Longest wait for what is in somebody's hand to come back.
const WAIT: Duration = Duration::from_secs(60);

/// Keys of one user.
type Keys = (String, String);

/// Which emulator, and what kind of queues.
pub struct Sqs {
    url: String,
    fifo: bool,
    /// Of the one who may do everything; a user of moto's auth mode where that is tested.
    admin: Keys,
    auth: bool,
    conn: ConnId,
    /// Times that this host's own reading received each message.
    own: Mutex<HashMap<String, i128>>,
    /// URLs of the queues of this host, which are deleted with it: a listing asks after each that there is.
    made: Mutex<Vec<String>>,
    /// Accepts connections and never answers.
    silent: TcpListener,
}

fn variable(name: &str) -> Result<String, NotHere> {
    std::env::var(name).map_err(|_| NotHere(format!("{name} is not set")))
}

/// A user of moto's auth mode who may do nothing, made once by an independent client.
fn nobody(url: &str, admin: &Keys) -> Result<Keys, NotHere> {
    static MADE: OnceLock<Keys> = OnceLock::new();
    let python = variable("REDRIVE_TEST_PYTHON")?;
    Ok(MADE
        .get_or_init(|| {
            let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/aws_nobody.py");
            let ran = std::process::Command::new(python).args([script, url, &admin.0, &admin.1]).output().expect("python runs");
            assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
            let text = String::from_utf8(ran.stdout).expect("text");
            let (key, secret) = text.trim().split_once(' ').expect("a key and a secret");
            (key.to_owned(), secret.to_owned())
        })
        .clone())
}

impl Sqs {
    pub fn elasticmq(url: &str, fifo: bool) -> Self {
        Self::new(url, fifo, ("test".into(), "test-pw".into()), false)
    }

    pub fn moto(url: &str, admin: Keys) -> Self {
        Self::new(url, false, admin, true)
    }

    fn new(url: &str, fifo: bool, admin: Keys, auth: bool) -> Self {
        let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
        Self { url: url.to_owned(), fifo, admin, auth, conn: ConnId::new("sqs"), own: Mutex::default(), made: Mutex::default(), silent }
    }

    fn client(&self) -> Client {
        let keys = Credentials::new(&self.admin.0, &self.admin.1, None, None, "test");
        let config = aws_sdk_sqs::Config::builder().behavior_version(BehaviorVersion::latest());
        Client::from_conf(config.region(Region::new("us-east-1")).endpoint_url(&self.url).credentials_provider(keys).build())
    }

    fn profile(&self, url: &str, keys: &Keys) -> Profile {
        let aws = AwsProfile {
            region: Some("us-east-1".into()),
            access_key_id: Some(Secret::clear(&keys.0)),
            secret_access_key: Some(Secret::clear(&keys.1)),
            endpoint_url: Some(url.to_owned()),
            // a looker who may give nothing back lets it come back by itself, and the tests wait for that
            // and a busy emulator takes a second for ten messages
            visibility_timeout: Duration::from_secs(if *keys == self.admin { 300 } else { 5 }),
            wait_time: Duration::from_secs(2),
            ..AwsProfile::default()
        };
        Profile { name: self.conn.to_string(), context: "test".into(), kind: BrokerKind::Aws, aws, ..Profile::default() }
    }

    async fn url_of(&self, at: &Address) -> String {
        self.client().get_queue_url().queue_name(&at.name).send().await.expect("a queue").queue_url.expect("its URL")
    }

    async fn count(&self, url: &str, of: Attribute) -> usize {
        let asked = self.client().get_queue_attributes().queue_url(url).attribute_names(of.clone()).send().await.expect("attributes");
        asked.attributes.expect("attributes")[&of].parse().expect("a number")
    }

    /// Waits until nobody has any in hand, takes all, and gives all back.
    async fn take_all(&self, at: &Address) -> Vec<aws_sdk_sqs::types::Message> {
        let (client, url, began) = (self.client(), self.url_of(at).await, Instant::now());
        while self.count(&url, Attribute::ApproximateNumberOfMessagesNotVisible).await > 0 {
            assert!(began.elapsed() < WAIT, "somebody keeps messages of {at} in hand");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let there = self.count(&url, Attribute::ApproximateNumberOfMessages).await;
        let mut all = Vec::new();
        while all.len() < there {
            // none may come back by itself before all are read, however busy the emulator is
            let ask = client.receive_message().queue_url(&url).max_number_of_messages(10).visibility_timeout(600).wait_time_seconds(1);
            let got = ask.message_attribute_names("All").message_system_attribute_names(System::All).send().await.expect("receive");
            // a busy emulator may give nothing of what it counts
            all.extend(got.messages.unwrap_or_default());
            assert!(began.elapsed() < WAIT, "{} of {there} messages of {at}", all.len());
        }
        for ten in all.chunks(10) {
            let entry = |(i, m): (usize, &aws_sdk_sqs::types::Message)| {
                let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(i.to_string()).visibility_timeout(0);
                entry.receipt_handle(m.receipt_handle().expect("a handle")).build().expect("an entry")
            };
            let ask = client.change_message_visibility_batch().queue_url(&url);
            let answer = ask.set_entries(Some(ten.iter().enumerate().map(entry).collect())).send().await.expect("given back");
            assert!(answer.failed().is_empty(), "{:?}", answer.failed());
            let mut own = self.own.lock().expect("unpoisoned");
            ten.iter().for_each(|m| *own.entry(m.message_id().expect("an id").to_owned()).or_default() += 1);
        }
        all
    }
}

impl Drop for Sqs {
    fn drop(&mut self) {
        let (client, made) = (self.client(), std::mem::take(&mut *self.made.lock().expect("unpoisoned")));
        // a runtime cannot wait within another
        let delete = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            for url in made {
                let _ = runtime.block_on(client.delete_queue().queue_url(url).send());
            }
        };
        let _ = std::thread::spawn(delete).join();
    }
}

fn attribute(value: &Typed) -> MessageAttributeValue {
    let built = MessageAttributeValue::builder().data_type(value.wire.0.as_ref());
    let built = match &value.value {
        Value::Bytes(b) => built.binary_value(Blob::new(b.to_vec())),
        Value::Text(t) => built.string_value(t),
        other => panic!("not an attribute: {other:?}"),
    };
    built.build().expect("an attribute")
}

#[async_trait]
impl Host for Sqs {
    async fn connect(&self, who: Who) -> Result<Link, NotHere> {
        let unchecked = || NotHere("ElasticMQ checks no keys; see moto".into());
        let profile = match who {
            Who::Admin => self.profile(&self.url, &self.admin),
            Who::WrongHost => self.profile(&format!("http://{CLOSED}"), &self.admin),
            Who::Silent => self.profile(&format!("http://{}", self.silent.local_addr().expect("its address")), &self.admin),
            _ if !self.auth => return Err(unchecked()),
            Who::Viewer => self.profile(&self.url, &(variable("REDRIVE_TEST_AWS_AUTH_KEY")?, variable("REDRIVE_TEST_AWS_AUTH_SECRET")?)),
            Who::Nobody => self.profile(&self.url, &nobody(&self.url, &self.admin)?),
            Who::WrongPassword => self.profile(&self.url, &(self.admin.0.clone(), "wrong-pw".into())),
        };
        redrive::drivers::connect(&profile, true).map_err(|e| NotHere(e.to_string()))
    }

    fn partitions(&self, _: u32) -> u32 {
        1
    }

    async fn make(&self, name: &str, _: u32) -> Address {
        let name = format!("{name}-{}{}", uuid::Uuid::now_v7().simple(), if self.fifo { ".fifo" } else { "" });
        let mut ask = self.client().create_queue().queue_name(&name);
        if self.fifo {
            ask = ask.attributes(Attribute::FifoQueue, "true");
        }
        let made = ask.send().await.expect("a queue is made");
        self.made.lock().expect("unpoisoned").extend(made.queue_url);
        Address::new(self.conn.clone(), Kind::Queue, name)
    }

    fn nowhere(&self) -> Address {
        Address::new(self.conn.clone(), Kind::Queue, if self.fifo { "no-such-queue.fifo" } else { "no-such-queue" })
    }

    async fn put(&self, at: &Address, messages: Vec<Put>) -> Vec<Seat> {
        let (client, url) = (self.client(), self.url_of(at).await);
        let mut seats = Vec::new();
        for put in messages {
            // the emulators order by the millisecond of arrival
            tokio::time::sleep(Duration::from_millis(2)).await;
            let text = |b: &[u8]| String::from_utf8(b.to_vec()).expect("SQS has text only");
            let mut ask = client.send_message().queue_url(&url).message_body(text(&put.body.expect("SQS has no tombstones")));
            for (name, value) in &put.headers {
                ask = ask.message_attributes(name, attribute(value));
            }
            if self.fifo {
                let own = uuid::Uuid::now_v7().to_string();
                let group = put.key.as_ref().map_or_else(|| own.clone(), |k| text(k));
                ask = ask.message_group_id(group).message_deduplication_id(own);
            }
            seats.push(Seat::Id(ask.send().await.expect("sent").message_id.expect("an id")));
        }
        seats
    }

    /// Standard queues have no order, FIFO ones none between groups: by when they were sent.
    async fn read_back(&self, at: &Address) -> Vec<Message> {
        let taken = self.take_all(at).await;
        let own = self.own.lock().expect("unpoisoned");
        let read = |m: &aws_sdk_sqs::types::Message| {
            let system = m.attributes().expect("system attributes");
            let id = m.message_id().expect("an id").to_owned();
            let typed = |v: &MessageAttributeValue| Typed {
                value: match (v.binary_value(), v.string_value()) {
                    (Some(b), _) => Value::Bytes(b.as_ref().to_vec().into()),
                    (None, text) => Value::Text(text.unwrap_or_default().to_owned()),
                },
                wire: WireType(v.data_type().to_owned().into()),
            };
            let mut headers: Vec<_> = m.message_attributes().into_iter().flatten().map(|(n, v)| (n.clone(), typed(v))).collect();
            headers.sort_by(|a: &(String, Typed), b| a.0.cmp(&b.0));
            let received = system[&System::ApproximateReceiveCount].parse::<i128>().expect("a count") - own.get(&id).copied().unwrap_or(0);
            let ms = system[&System::SentTimestamp].parse().expect("a time");
            Message {
                at: at.clone(),
                seat: Seat::Id(id),
                key: system.get(&System::MessageGroupId).map(|g| g.clone().into()),
                body: m.body().map(|b| b.to_owned().into()),
                headers,
                properties: Vec::new(),
                delivery: vec![("delivery-count".into(), Typed { value: Value::Int(received), wire: WireType("Number".into()) })],
                sent: Some(SystemTime::UNIX_EPOCH + Duration::from_millis(ms)),
                whole: true,
            }
        };
        let mut all: Vec<Message> = taken.iter().map(read).collect();
        if self.fifo {
            let sequence = |m: &Message| taken.iter().find(|t| m.seat == Seat::Id(t.message_id().unwrap_or_default().to_owned()));
            all.sort_by_key(|m| sequence(m).and_then(|t| t.attributes()?.get(&System::SequenceNumber)?.parse::<u128>().ok()));
        } else {
            all.sort_by(|a, b| (a.sent, &a.body).cmp(&(b.sent, &b.body)));
        }
        all
    }

    async fn commit(&self, _: &str, _: &Address, _: i32, _: i64) -> Result<(), NotHere> {
        Err(NotHere("SQS has no positions".into()))
    }

    async fn trim(&self, _: &Address, _: i32, _: i64) -> Result<(), NotHere> {
        Err(NotHere("SQS has no log".into()))
    }

    /// Every message with its receives, but for those of this host.
    async fn traces(&self, at: &Address) -> String {
        let all = self.read_back(at).await;
        all.iter().map(|m| format!("{} {:?}\n", m.seat, m.delivery[0].1.value)).collect()
    }

    async fn in_hand(&self, at: &Address) -> Result<u64, NotHere> {
        Ok(self.count(&self.url_of(at).await, Attribute::ApproximateNumberOfMessagesNotVisible).await as u64)
    }

    fn many(&self) -> usize {
        if self.auth { 120 } else { 600 }
    }

    async fn down(&self) -> Result<(), NotHere> {
        Err(NotHere("the broker is shared with other tests and is not stopped here".into()))
    }

    async fn up(&self) -> Result<(), NotHere> {
        Ok(())
    }
}
