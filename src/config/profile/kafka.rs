//! Settings of a Kafka connection: how to look, how to publish.

use std::time::Duration;

use super::super::model::{Codec, Isolation, OffsetReset};
use super::super::secret::Secret;
use super::Tls;

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

impl KafkaWriting {
    /// The codec of batches to this topic.
    pub fn codec(&self, topic: &str) -> Codec {
        self.compression_of.iter().find(|(of, _)| of == topic).map_or(self.compression, |(_, codec)| *codec)
    }
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
