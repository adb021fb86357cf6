//! redrive's driver against the emulators, and an SDK client of the tests' own: queues, messages, counts, without redrive.

use std::future::Future;
use std::sync::Mutex;
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_sqs::types::{MessageSystemAttributeName as System, QueueAttributeName as Attribute};
use futures::StreamExt;
use redrive::broker::{Link, ListRequest, PeekRequest, Peeked, Result, Trace, Why};
use redrive::config::profile::{AwsProfile, BrokerKind};
use redrive::config::{Profile, Secret};
use redrive::model::{Address, ConnId, Destination, Kind, Message};

/// What a variable of the testbed says; without it the test tests nothing, which fails where `CI` is set.
pub fn given(name: &str) -> Option<String> {
    let value = std::env::var(name).ok().filter(|v| !v.is_empty());
    if value.is_none() {
        assert!(std::env::var_os("CI").is_none(), "{name} is not set: in CI it has to be");
        println!("not tested: {name} is not set");
        if let Some(list) = std::env::var_os("REDRIVE_NOT_TESTED").filter(|p| !p.is_empty()) {
            use std::io::Write as _;
            let test = std::thread::current().name().unwrap_or("a test").to_owned();
            let mut file = std::fs::OpenOptions::new().create(true).append(true).open(list).expect("the list");
            file.write_all(format!("{test}: {name} is not set\n").as_bytes()).expect("written");
        }
    }
    value
}

pub fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(async { tokio::time::timeout(Duration::from_secs(120), test).await.expect("within 120 s") })
}

/// One emulator. What is made on it goes with it: a listing asks after every queue that there is.
pub struct Bed {
    pub url: String,
    conn: ConnId,
    queues: Mutex<Vec<String>>,
    topics: Mutex<Vec<String>>,
}

/// A message as the tests' own client sees it.
#[derive(Debug, Clone)]
pub struct Taken {
    pub id: String,
    pub body: String,
    pub receives: u32,
    pub attributes: Vec<String>,
}

/// A look read to its end.
#[derive(Debug)]
pub struct Seen {
    pub messages: Vec<Message>,
    pub why: Why,
    pub left: Vec<(Trace, u64)>,
    pub notes: Vec<String>,
}

impl Bed {
    /// ElasticMQ.
    pub fn sqs() -> Option<Self> {
        given("REDRIVE_TEST_SQS").map(Self::at)
    }

    /// moto: SNS and SQS.
    pub fn sns() -> Option<Self> {
        given("REDRIVE_TEST_SNS").map(Self::at)
    }

    fn at(url: String) -> Self {
        Self { url, conn: ConnId::new("aws"), queues: Mutex::default(), topics: Mutex::default() }
    }

    fn keys() -> Credentials {
        Credentials::new("test", "test", None, None, "test")
    }

    pub fn client(&self) -> Client {
        let config = aws_sdk_sqs::Config::builder().behavior_version(BehaviorVersion::latest());
        Client::from_conf(config.region(Region::new("us-east-1")).endpoint_url(&self.url).credentials_provider(Self::keys()).build())
    }

    pub fn topics(&self) -> aws_sdk_sns::Client {
        let config = aws_sdk_sns::Config::builder().behavior_version(BehaviorVersion::latest());
        aws_sdk_sns::Client::from_conf(
            config.region(Region::new("us-east-1")).endpoint_url(&self.url).credentials_provider(Self::keys()).build(),
        )
    }

    /// redrive's connection.
    pub fn link(&self) -> Link {
        redrive::drivers::connect(&self.profile(), true).expect("a connection without I/O")
    }

    /// A short wait, because the emulators show all that they have at once.
    pub fn profile(&self) -> Profile {
        let secret = || Some(Secret::clear("test"));
        let aws = AwsProfile {
            region: Some("us-east-1".into()),
            access_key_id: secret(),
            secret_access_key: secret(),
            endpoint_url: Some(self.url.clone()),
            wait_time: Duration::from_secs(2),
            ..AwsProfile::default()
        };
        Profile { name: self.conn.to_string(), kind: BrokerKind::Aws, aws, ..Profile::default() }
    }

    pub fn address(&self, name: &str) -> Address {
        Address::new(self.conn.clone(), Kind::Queue, name)
    }

    pub fn topic(&self, name: &str) -> Address {
        Address::new(self.conn.clone(), Kind::Topic, name)
    }

    /// A new queue whose name ends in `end`.
    pub async fn queue(&self, end: &str, fifo: bool, attributes: &[(Attribute, &str)]) -> Address {
        let name = format!("t{}-{end}{}", uuid::Uuid::now_v7().simple(), if fifo { ".fifo" } else { "" });
        let mut ask = self.client().create_queue().queue_name(&name);
        if fifo {
            ask = ask.attributes(Attribute::FifoQueue, "true");
        }
        for (name, value) in attributes {
            ask = ask.attributes(name.clone(), *value);
        }
        let url = ask.send().await.expect("a queue is made").queue_url.expect("its URL");
        self.queues.lock().expect("unpoisoned").push(url);
        self.address(&name)
    }

    /// A new queue `end` whose messages go to another, `end-dlq`, at the second receive: both, the dead-letter queue last.
    pub async fn queue_with_dlq(&self, end: &str) -> (Address, Address) {
        let dlq = self.queue(&format!("{end}-dlq"), false, &[]).await;
        let policy = format!(r#"{{"deadLetterTargetArn":"{}","maxReceiveCount":1}}"#, self.arn(&dlq).await);
        (self.queue(end, false, &[(Attribute::RedrivePolicy, policy.as_str())]).await, dlq)
    }

    /// A new topic: its name and its ARN.
    pub async fn new_topic(&self) -> (String, String) {
        let name = format!("t{}", uuid::Uuid::now_v7().simple());
        let arn = self.topics().create_topic().name(&name).send().await.expect("a topic").topic_arn.expect("its ARN");
        self.topics.lock().expect("unpoisoned").push(arn.clone());
        (name, arn)
    }

    pub async fn queue_url(&self, at: &Address) -> String {
        self.client().get_queue_url().queue_name(&at.name).send().await.expect("a queue").queue_url.expect("its URL")
    }

    pub async fn attribute(&self, at: &Address, name: Attribute) -> String {
        let ask = self.client().get_queue_attributes().queue_url(self.queue_url(at).await).attribute_names(name.clone());
        ask.send().await.expect("attributes").attributes.expect("attributes")[&name].clone()
    }

    pub async fn arn(&self, at: &Address) -> String {
        self.attribute(at, Attribute::QueueArn).await
    }

    pub async fn count(&self, at: &Address, name: Attribute) -> u64 {
        self.attribute(at, name).await.parse().expect("a number")
    }

    /// Sends one and gives its id.
    pub async fn send(&self, at: &Address, body: &str, group: Option<String>) -> String {
        let mut ask = self.client().send_message().queue_url(self.queue_url(at).await).message_body(body);
        if let Some(group) = group {
            ask = ask.message_group_id(group).message_deduplication_id(uuid::Uuid::now_v7().to_string());
        }
        ask.send().await.expect("sent").message_id.expect("an id")
    }

    /// What one receive gives, held for a minute.
    pub async fn receive(&self, at: &Address, max: i32) -> Vec<(Taken, String)> {
        let ask = self.client().receive_message().queue_url(self.queue_url(at).await).max_number_of_messages(max).visibility_timeout(60);
        let ask = ask.wait_time_seconds(1).message_system_attribute_names(System::All).message_attribute_names("All");
        let got = ask.send().await.expect("receive").messages.unwrap_or_default();
        let read = |m: aws_sdk_sqs::types::Message| {
            let receives = m.attributes().expect("attributes")[&System::ApproximateReceiveCount].parse().expect("a count");
            let mut attributes: Vec<String> = m.message_attributes().into_iter().flatten().map(|(n, _)| n.clone()).collect();
            attributes.sort();
            let taken = Taken { id: m.message_id.unwrap_or_default(), body: m.body.unwrap_or_default(), receives, attributes };
            (taken, m.receipt_handle.expect("a handle"))
        };
        got.into_iter().map(read).collect()
    }

    /// One receive, given back.
    pub async fn take_some(&self, at: &Address, max: i32) -> Vec<Taken> {
        let got = self.receive(at, max).await;
        for (_, handle) in &got {
            let ask = self.client().change_message_visibility().queue_url(self.queue_url(at).await).receipt_handle(handle);
            ask.visibility_timeout(0).send().await.expect("given back");
        }
        got.into_iter().map(|(taken, _)| taken).collect()
    }

    /// Ten at most, once nobody has any in hand.
    pub async fn take(&self, at: &Address) -> Vec<Taken> {
        self.quiet(at).await;
        self.take_some(at, 10).await
    }

    /// Waits until nobody has any in hand.
    pub async fn quiet(&self, at: &Address) {
        let began = std::time::Instant::now();
        while self.count(at, Attribute::ApproximateNumberOfMessagesNotVisible).await > 0 {
            assert!(began.elapsed() < Duration::from_secs(60), "somebody keeps messages of {at} in hand");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub async fn read(&self, link: &Link, mut want: PeekRequest) -> Result<Seen> {
        want.accept = link.eyes.cost(&want.from).await.map(|c| c.leaves).unwrap_or_default();
        let mut flow = link.eyes.peek(want);
        let mut messages = Vec::new();
        while let Some(step) = flow.next().await {
            match step? {
                Peeked::Batch(batch) => messages.extend(batch),
                Peeked::Progress { .. } | Peeked::Doomed(_) => {}
                Peeked::End { why, left, notes, .. } => return Ok(Seen { messages, why, left, notes }),
            }
        }
        panic!("a look ends with its end or an error")
    }

    pub async fn peek(&self, link: &Link, at: &Address, limit: usize) -> Result<Seen> {
        self.read(link, PeekRequest::new(at.clone(), limit)).await
    }

    pub async fn list(&self, link: &Link) -> Vec<Destination> {
        let mut flow = link.eyes.list(ListRequest::default());
        let mut all = Vec::new();
        while let Some(batch) = flow.next().await {
            all.extend(batch.expect("a listing"));
        }
        all
    }

    /// The program's config for it.
    pub fn config(&self) -> String {
        format!(
            "default_context = \"test\"\n[contexts.test]\nread_only = false\n[contexts.test.messaging.aws]\nkind = \"aws_messaging\"\nregion = \"us-east-1\"\nendpoint_url = \"{}\"\n\
             access_key_id = \"test\"\nsecret_access_key = \"test\"\n",
            self.url
        )
    }

    /// What an independent client prints of a queue.
    pub fn judge(&self, what: &str, at: &Address) -> Option<String> {
        let python = given("REDRIVE_TEST_PYTHON")?;
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/aws_fidelity.py");
        let ran = std::process::Command::new(python).args([script, what, &self.url, &at.name]).output().expect("python runs");
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        Some(String::from_utf8(ran.stdout).expect("text"))
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        let (client, topics) = (self.client(), self.topics());
        let taken = |of: &Mutex<Vec<String>>| of.lock().map(|mut made| std::mem::take(&mut *made)).unwrap_or_default();
        let (urls, arns) = (taken(&self.queues), taken(&self.topics));
        // a runtime cannot wait within another
        let delete = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                for arn in arns {
                    let _ = topics.delete_topic().topic_arn(arn).send().await;
                }
                for url in urls {
                    let _ = client.delete_queue().queue_url(url).send().await;
                }
            });
        };
        let _ = std::thread::spawn(delete).join();
    }
}
