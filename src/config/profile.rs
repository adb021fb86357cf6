//! Connection profiles: all that a driver learns of the broker it speaks to.

use std::path::PathBuf;
use std::time::Duration;

use super::model::{Codec, Isolation, OffsetReset};
use super::secret::{Secret, SecretError};

/// What a connection speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BrokerKind {
    /// Apache Kafka and what speaks its protocol.
    #[default]
    Kafka,
    /// RabbitMQ: AMQP 0-9-1 and the management API.
    RabbitMq,
    /// ActiveMQ Classic and Artemis.
    ActiveMq,
    /// AWS SQS and SNS.
    Aws,
    /// The broker in memory, for the demo and for tests; no config names it.
    Memory,
}

impl BrokerKind {
    /// The word of the config (`kind = "kafka"`, and the connection name that implies it).
    pub fn word(self) -> &'static str {
        match self {
            BrokerKind::Kafka => "kafka",
            BrokerKind::RabbitMq => "rabbitmq",
            BrokerKind::ActiveMq => "activemq",
            BrokerKind::Aws => "aws_messaging",
            BrokerKind::Memory => "memory",
        }
    }

    /// The kind that a word means; `aws`, `sqs` and `sns` are `aws_messaging`.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "kafka" => Some(BrokerKind::Kafka),
            "rabbitmq" => Some(BrokerKind::RabbitMq),
            "activemq" => Some(BrokerKind::ActiveMq),
            "aws_messaging" | "aws" | "sqs" | "sns" => Some(BrokerKind::Aws),
            _ => None,
        }
    }
}

/// One connection of a context. `kind` says which of the settings below it hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Profile {
    /// The connection's name, unique in its context.
    pub name: String,
    /// The context it belongs to.
    pub context: String,
    /// What it speaks.
    pub kind: BrokerKind,
    /// Why it cannot be used at all, by what the config says (a setting's variable is unset).
    /// The other connections go on.
    pub down: Option<SecretError>,
    /// Limit of reading, bytes per second (`read_bytes_per_second` of the context).
    pub read_bytes_per_second: Option<u64>,
    /// Settings of a Kafka connection.
    pub kafka: KafkaProfile,
    /// Settings of a RabbitMQ connection; waits for its driver.
    pub rabbitmq: RabbitMqProfile,
    /// Settings of an ActiveMQ connection; waits for its driver.
    pub activemq: ActiveMqProfile,
    /// Settings of SQS and SNS; waits for its driver.
    pub aws: AwsProfile,
}

/// TLS of a connection, beyond the system's roots.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tls {
    /// PEM file with the certificate authorities to trust instead of the system's.
    pub ca: Option<PathBuf>,
    /// PEM file with our client certificate.
    pub cert: Option<PathBuf>,
    /// PEM file with its key.
    pub key: Option<PathBuf>,
    /// `1.2` or `1.3`.
    pub min_version: Option<String>,
}

/// Settings of a Kafka connection.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct KafkaProfile {
    /// `host:port` each; the port is always there.
    pub bootstrap_servers: Vec<String>,
    /// How to log in for looking: browse, search, lag, verdicts.
    pub looking: KafkaSecurity,
    /// How to log in for publishing; resolved only when a writer is made.
    pub publishing: KafkaSecurity,
    /// How to read, and what is known of the group of the config.
    pub reading: KafkaReading,
    /// How to publish. Always with all acks and idempotent, whatever the config asks.
    pub writing: KafkaWriting,
}

/// Login and transport of one use of a Kafka connection.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct KafkaSecurity {
    /// SASL mechanism; none: no login.
    pub mechanism: Option<SaslMechanism>,
    /// Whether the listener speaks TLS.
    pub ssl: bool,
    /// User name.
    pub username: Option<Secret>,
    /// Password.
    pub password: Option<Secret>,
    /// Trust and client certificate.
    pub tls: Tls,
}

impl KafkaSecurity {
    /// librdkafka's `security.protocol`.
    pub fn protocol(&self) -> &'static str {
        match (self.ssl, self.mechanism.is_some()) {
            (false, false) => "plaintext",
            (true, false) => "ssl",
            (false, true) => "sasl_plaintext",
            (true, true) => "sasl_ssl",
        }
    }
}

/// How a client proves who it is to Kafka.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaslMechanism {
    /// User and password, readable without TLS.
    Plain,
    /// Salted challenge, SHA-256.
    ScramSha256,
    /// Salted challenge, SHA-512.
    ScramSha512,
    /// A bearer token; needs a token source.
    OAuthBearer,
    /// Kerberos; needs the build feature.
    Gssapi,
}

impl SaslMechanism {
    /// The word of the config and of librdkafka's `sasl.mechanism`.
    pub fn word(self) -> &'static str {
        match self {
            SaslMechanism::Plain => "PLAIN",
            SaslMechanism::ScramSha256 => "SCRAM-SHA-256",
            SaslMechanism::ScramSha512 => "SCRAM-SHA-512",
            SaslMechanism::OAuthBearer => "OAUTHBEARER",
            SaslMechanism::Gssapi => "GSSAPI",
        }
    }

    /// The mechanism that a word of the config means.
    pub fn from_word(word: &str) -> Option<Self> {
        [SaslMechanism::Plain, SaslMechanism::ScramSha256, SaslMechanism::ScramSha512, SaslMechanism::OAuthBearer, SaslMechanism::Gssapi]
            .into_iter()
            .find(|m| m.word() == word)
    }
}

/// How redrive reads from a Kafka connection (`consumer`), and what is known of the declared group.
#[derive(Debug, Clone, PartialEq)]
pub struct KafkaReading {
    /// The declared group. Never our own `group.id`.
    pub group_id: Option<String>,
    /// Where the group starts without a commit; where a peek starts if nothing is asked.
    pub auto_offset_reset: Option<OffsetReset>,
    /// Whether the group commits by the clock. Ours never does.
    pub enable_auto_commit: bool,
    /// Page of Messages and default limit of `peek`, 1 to 10,000.
    pub max_poll_records: u32,
    /// A group whose commit stands still for longer, while messages arrive, is stalled.
    pub max_poll_interval: Duration,
    /// `isolation.level` of every read.
    pub isolation: Isolation,
}

impl Default for KafkaReading {
    fn default() -> Self {
        Self {
            group_id: None,
            auto_offset_reset: None,
            enable_auto_commit: true,
            max_poll_records: 500,
            max_poll_interval: Duration::from_millis(300_000),
            isolation: Isolation::default(),
        }
    }
}

/// How a replay publishes to a Kafka connection: `producer` with `message_guarantees` merged in.
/// `acks=all` and `enable.idempotence=true` are not settings: a replay always has them.
#[derive(Debug, Clone, PartialEq)]
pub struct KafkaWriting {
    /// What the config asked of acks if it was less than all, to be shown: `acks all (config asks 1)`.
    pub asked_acks: Option<String>,
    /// What the config asked was less than idempotent; to be shown.
    pub asked_not_idempotent: bool,
    /// `message.send.max.retries`, at least 1.
    pub retries: u32,
    /// `batch.size`, bytes.
    pub batch_size: u64,
    /// `linger.ms`.
    pub linger: Duration,
    /// What a replay may have in flight, bytes (`queue.buffering.max.kbytes`, rounded up).
    pub buffer_memory: u64,
    /// `compression.type` of batches; key, value and headers stay as they are.
    pub compression: Codec,
    /// Codec by topic, where an event or publisher declares one. First match counts.
    pub compression_of: Vec<(String, Codec)>,
    /// One transaction a batch, `transactional.id=redrive-<plan>`.
    pub transactional: bool,
    /// `transaction.timeout.ms`.
    pub transaction_timeout: Duration,
}

impl Default for KafkaWriting {
    fn default() -> Self {
        Self {
            asked_acks: None,
            asked_not_idempotent: false,
            retries: i32::MAX as u32,
            batch_size: 1_000_000,
            linger: Duration::from_millis(5),
            buffer_memory: 33_554_432,
            compression: Codec::None,
            compression_of: Vec::new(),
            transactional: false,
            transaction_timeout: Duration::from_secs(60),
        }
    }
}

/// Settings of a RabbitMQ connection.
#[derive(Debug, Clone, PartialEq)]
pub struct RabbitMqProfile {
    /// Host name or address.
    pub host: String,
    /// AMQP port; 5672, with TLS 5671.
    pub port: u16,
    /// The vhost's name exactly, a slash is part of it.
    pub virtual_host: String,
    /// User name.
    pub username: Option<Secret>,
    /// Password.
    pub password: Option<Secret>,
    /// The management API, where it is not at the usual port.
    pub management_url: Option<String>,
    /// AMQP heartbeat, seconds; 0 takes the server's.
    pub heartbeat: u16,
    /// Deadline of the whole open.
    pub connection_timeout: Duration,
    /// Deadline of a method that waits for an answer.
    pub channel_rpc_timeout: Duration,
    /// Whether redrive reconnects by itself.
    pub automatic_recovery: bool,
    /// First wait before it does; doubled up to 60 s.
    pub network_recovery_interval: Duration,
    /// Most channels.
    pub max_channels: u32,
    /// Wait for a free one.
    pub channel_timeout: Duration,
    /// TLS on.
    pub ssl: bool,
    /// Whether the server's certificate is checked.
    pub verify_peer: bool,
    /// Trust and client certificate.
    pub tls: Tls,
}

impl Default for RabbitMqProfile {
    fn default() -> Self {
        Self {
            host: String::new(),
            port: 5672,
            virtual_host: "/".to_owned(),
            username: None,
            password: None,
            management_url: None,
            heartbeat: 60,
            connection_timeout: Duration::from_secs(60),
            channel_rpc_timeout: Duration::from_secs(10),
            automatic_recovery: true,
            network_recovery_interval: Duration::from_secs(5),
            max_channels: 100,
            channel_timeout: Duration::from_secs(30),
            ssl: false,
            verify_peer: true,
            tls: Tls::default(),
        }
    }
}

/// Settings of an ActiveMQ connection.
#[derive(Debug, Clone, PartialEq)]
pub struct ActiveMqProfile {
    /// As written: `tcp://host:61616`, `failover:(…)`.
    pub broker_url: String,
    /// User name.
    pub username: Option<Secret>,
    /// Password.
    pub password: Option<Secret>,
    /// Jolokia, where it is not at the usual port.
    pub jolokia_url: Option<String>,
    /// AMQP 1.0, likewise.
    pub amqp_url: Option<String>,
    /// STOMP, likewise.
    pub stomp_url: Option<String>,
    /// Most sockets.
    pub max_connections: u32,
    /// Deadline of TCP, TLS, login and open.
    pub connection_timeout: Duration,
    /// An unused connection is closed after it.
    pub idle_timeout: Duration,
    /// Keep-alive and heart-beats.
    pub keep_alive: bool,
    /// Most sessions.
    pub max_sessions: u32,
    /// Wait for a free one and its begin.
    pub session_timeout: Duration,
    /// Trust and client certificate.
    pub tls: Tls,
}

impl Default for ActiveMqProfile {
    fn default() -> Self {
        Self {
            broker_url: String::new(),
            username: None,
            password: None,
            jolokia_url: None,
            amqp_url: None,
            stomp_url: None,
            max_connections: 8,
            connection_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(300),
            keep_alive: true,
            max_sessions: 200,
            session_timeout: Duration::from_secs(60),
            tls: Tls::default(),
        }
    }
}

/// Settings of SQS and SNS in one region.
#[derive(Debug, Clone, PartialEq)]
pub struct AwsProfile {
    /// Region; none: the SDK's chain.
    pub region: Option<String>,
    /// Static key; both or neither.
    pub access_key_id: Option<Secret>,
    /// Static secret; both or neither.
    pub secret_access_key: Option<Secret>,
    /// Of temporary keys.
    pub session_token: Option<Secret>,
    /// Named profile of the AWS files.
    pub profile: Option<String>,
    /// Another endpoint, as for a local emulator.
    pub endpoint_url: Option<String>,
    /// `MaxNumberOfMessages` of our receives, 1 to 10.
    pub max_messages: u8,
    /// `VisibilityTimeout` of our receives.
    pub visibility_timeout: Duration,
    /// `WaitTimeSeconds` of our receives.
    pub wait_time: Duration,
    /// The queue attribute as declared, to be compared.
    pub receive_message_wait_time: Option<Duration>,
    /// The queue's retention as declared, to be compared.
    pub message_retention_period: Option<Duration>,
    /// SNS `MessageStructure=json`.
    pub message_structure_json: bool,
}

impl Default for AwsProfile {
    fn default() -> Self {
        Self {
            region: None,
            access_key_id: None,
            secret_access_key: None,
            session_token: None,
            profile: None,
            endpoint_url: None,
            max_messages: 10,
            visibility_timeout: Duration::from_secs(30),
            wait_time: Duration::from_secs(20),
            receive_message_wait_time: None,
            message_retention_period: None,
            message_structure_json: false,
        }
    }
}
