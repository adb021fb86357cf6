//! The Kafka that is measured on: finding it, filling its topic once, and a config that points to it.

use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};

use super::Failed;

/// A cluster on plaintext.
pub struct Cluster {
    pub address: String,
    pub folder: tempfile::TempDir,
}

impl Cluster {
    /// The one that the environment names, else the testbed's usual address.
    pub fn find() -> Result<Self, Failed> {
        let address = std::env::var("REDRIVE_TEST_KAFKA").unwrap_or_else(|_| "127.0.0.1:19092".into());
        if std::net::TcpStream::connect(&address).is_err() {
            return Err(format!("no Kafka at {address}; `scripts/brokers up kafka` starts one, REDRIVE_TEST_KAFKA says where it is").into());
        }
        Ok(Self { address, folder: tempfile::tempdir()? })
    }

    /// A config with this Kafka and a ledger of its own; writes are allowed.
    pub fn config(&self) -> Result<PathBuf, Failed> {
        let path = self.folder.path().join("redrive.toml");
        let (folder, address) = (self.folder.path().display(), &self.address);
        std::fs::write(
            &path,
            format!(
                "default_context = \"bench\"\n[ledger]\npath = \"{folder}/ledger.db\"\n[log]\nfile = \"{folder}/redrive.log\"\n\
                 [contexts.bench]\nread_only = false\n[contexts.bench.messaging.kafka]\nbootstrap_servers = [\"{address}\"]\n"
            ),
        )?;
        Ok(path)
    }

    pub fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.address);
        config
    }

    /// Makes a topic; one that is there is fine.
    pub fn create(&self, name: &str, partitions: i32) -> Result<(), Failed> {
        let admin: AdminClient<DefaultClientContext> = self.client().create()?;
        let topic = NewTopic::new(name, partitions, TopicReplication::Fixed(1)).set("retention.ms", "-1");
        let made = futures::executor::block_on(admin.create_topics(&[topic], &AdminOptions::new()))?;
        match made.into_iter().next() {
            Some(Err((_, code))) if code != rdkafka::types::RDKafkaErrorCode::TopicAlreadyExists => Err(format!("{name}: {code}").into()),
            _ => Ok(()),
        }
    }

    /// Messages in a topic, by its offsets.
    pub fn count(&self, topic: &str) -> Result<i64, Failed> {
        let consumer: BaseConsumer = self.client().create()?;
        let metadata = consumer.fetch_metadata(Some(topic), std::time::Duration::from_secs(10))?;
        let mut sum = 0;
        for p in metadata.topics().first().map(|t| t.partitions()).unwrap_or_default() {
            let (low, high) = consumer.fetch_watermarks(topic, p.id(), std::time::Duration::from_secs(10))?;
            sum += high - low;
        }
        Ok(sum)
    }

    /// The topic of JSON messages of 300 bytes in 12 partitions, filled if it is not yet.
    pub fn fill(&self, messages: u64) -> Result<String, Failed> {
        let topic = format!("redrive-bench-{messages}");
        self.create(&topic, 12)?;
        let there = u64::try_from(self.count(&topic)?).unwrap_or(0);
        if there < messages {
            eprintln!("filling {topic} with {} messages", messages - there);
            let mut kcat = self.kcat(&topic)?;
            let mut to = BufWriter::with_capacity(1 << 20, kcat.stdin.take().ok_or("kcat has no input")?);
            for i in there..messages {
                writeln!(to, "{}", body(i))?;
            }
            to.flush()?;
            drop(to);
            kcat.wait()?;
        }
        Ok(topic)
    }

    /// A producer that takes one message a line.
    pub fn kcat(&self, topic: &str) -> Result<Child, Failed> {
        let mut kcat = Command::new("kcat");
        kcat.args(["-b", &self.address, "-P", "-t", topic, "-z", "lz4", "-X", "queue.buffering.max.messages=1000000"]);
        kcat.args(["-X", "linger.ms=20", "-X", "sticky.partitioning.linger.ms=0", "-X", "acks=1"]);
        Ok(kcat
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| format!("kcat (apt-get install kcat): {e}"))?)
    }
}

/// A message of about 300 bytes.
pub fn body(i: u64) -> String {
    let status = ["PENDING", "PAID", "FAILED"][(i % 3) as usize];
    format!(
        "{:x<298}\"}}",
        format!("{{\"id\":\"ord-{i:09}\",\"customer\":\"cust-{:05}\",\"status\":\"{status}\",\"note\":\"", i * 7919 % 50_000)
    )
}
