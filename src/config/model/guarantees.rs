//! How a replay publishes, and how it is kept from happening twice.

use std::time::Duration;

use super::super::secret::Secret;

/// All of `message_guarantees`.
#[derive(Debug, Clone, PartialEq)]
pub struct Guarantees {
    /// What the config asked of `at_least_once.enabled`; redrive always does it.
    pub asked_at_least_once: bool,
    /// What it asked of `at_least_once.producer.acks`.
    pub acks: Option<String>,
    /// `at_least_once.producer.retries`.
    pub retries: Option<u32>,
    /// What it asked of `at_least_once.producer.idempotence`; redrive always has it.
    pub asked_idempotence: bool,
    /// Either of the two `transactional` settings.
    pub transactional: bool,
    /// `transaction.timeout.ms`, from 1 s.
    pub transaction_timeout: Duration,
    /// Isolation of every read.
    pub isolation: Isolation,
    /// Whether the consumers commit by hand; says what a commit proves where the group does not.
    pub manual_commit: Option<bool>,
    /// Part of the proof window.
    pub offset_commit_interval: Duration,
    /// Shared leases and done-marks are asked for.
    pub shared: bool,
    /// Where they are kept.
    pub store: Store,
    /// Address of the store; may hold a password.
    pub store_url: Option<Secret>,
    /// By what a message is known again.
    pub key_strategy: KeyStrategy,
    /// How long a done-mark lives.
    pub ttl: Duration,
    /// Whether order by key is kept.
    pub ordering: bool,
    /// Ordering key for topics without their own.
    pub ordering_key: OrderingKey,
    /// A member ought to own one partition only.
    pub single_partition_consumers: bool,
    /// How many it may own.
    pub max_concurrent_partitions: Option<u32>,
}

impl Default for Guarantees {
    fn default() -> Self {
        Self {
            asked_at_least_once: true,
            acks: None,
            retries: None,
            asked_idempotence: true,
            transactional: false,
            transaction_timeout: Duration::from_millis(60_000),
            isolation: Isolation::default(),
            manual_commit: None,
            offset_commit_interval: Duration::ZERO,
            shared: false,
            store: Store::default(),
            store_url: None,
            key_strategy: KeyStrategy::default(),
            ttl: Duration::from_secs(86_400),
            ordering: true,
            ordering_key: OrderingKey::default(),
            single_partition_consumers: false,
            max_concurrent_partitions: None,
        }
    }
}

/// Which records a read sees.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Isolation {
    /// Only those of committed transactions.
    #[default]
    ReadCommitted,
    /// All.
    ReadUncommitted,
}

impl Isolation {
    /// The word of the config and of librdkafka's `isolation.level`.
    pub fn word(self) -> &'static str {
        match self {
            Isolation::ReadCommitted => "read_committed",
            Isolation::ReadUncommitted => "read_uncommitted",
        }
    }
}

/// Where done-marks are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Store {
    /// In the local ledger alone.
    #[default]
    Ledger,
    /// In Redis, shared by the team.
    Redis,
}

/// By what a message is known again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum KeyStrategy {
    /// The sender's id, wherever its protocol puts it.
    #[default]
    MessageId,
    /// A header of this name.
    Header(String),
    /// A field of the body, by JSON pointer.
    Field(String),
}

/// What messages are ordered by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderingKey {
    /// How keys become partitions.
    pub strategy: PartitionStrategy,
    /// The first of these that the payload has.
    pub fields: Vec<String>,
}

/// How a publisher spreads over partitions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PartitionStrategy {
    /// By the key.
    #[default]
    Hash,
    /// In turn: no order to keep.
    RoundRobin,
}
