//! Which broker the memory broker plays: what it can do, what a look costs, what its messages can carry.

use std::time::Duration;

use crate::broker::{Back, Capabilities, Doubt, Trace};
use crate::model::Kind;

/// What identifies a message at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seats {
    /// Partition and offset; the destination is an append-only log.
    Offsets,
    /// The broker's message id.
    Ids,
    /// Nothing but the message itself.
    Digests,
}

/// A broker's character. Start from one of the presets and change what a test needs.
#[derive(Clone, Debug)]
pub struct Shape {
    /// What a probe says it is.
    pub product: String,
    pub version: String,
    /// The kind of its destinations.
    pub kind: Kind,
    pub seats: Seats,
    pub capabilities: Capabilities,
    /// Traces that each look leaves; they are really left.
    pub leaves: Vec<Trace>,
    /// How often a message may be given back before the broker drops it (or moves it to its own dead-letter queue).
    pub delivery_limit: Option<u32>,
    /// How many messages a look sees at most.
    pub sees: Option<u64>,
    /// Why no look is taken at all.
    pub refuses_looks: Option<String>,
    /// How long a hold lasts without being settled; `None`: as long as the connection.
    pub hold_for: Option<Duration>,
    /// Whether messages have keys.
    pub keys: bool,
    /// Whether a header may be there twice.
    pub repeats: bool,
    /// Whether headers are untyped bytes, as on Kafka.
    pub bytes_only: bool,
    /// Whether a message may have no body (a tombstone).
    pub tombstones: bool,
    /// Whether only the first message of a key is to be had while it is held.
    pub fifo: bool,
    /// For how long a message with the same replay id counts as the same.
    pub dedup: Option<Duration>,
    /// Whether a listing only estimates depths.
    pub estimates: bool,
    /// Bytes at most in one message, unless a destination says otherwise.
    pub max_message_bytes: u64,
}

impl Shape {
    /// Kafka: partitions and offsets, append-only, looking is free.
    pub fn kafka() -> Self {
        Self {
            product: "memory as Kafka".into(),
            version: "4.4".into(),
            kind: Kind::Topic,
            seats: Seats::Offsets,
            capabilities: Capabilities {
                tail: true,
                seek: true,
                lag: true,
                remove: false,
                carry: false,
                bulk: false,
                max_batch: 256,
                doubt: Doubt::ScanTarget,
            },
            leaves: Vec::new(),
            delivery_limit: None,
            sees: None,
            refuses_looks: None,
            hold_for: None,
            keys: true,
            repeats: true,
            bytes_only: true,
            tombstones: true,
            fifo: false,
            dedup: None,
            estimates: false,
            max_message_bytes: 1 << 20,
        }
    }

    /// RabbitMQ 4.0 with quorum queues: each look is a redelivery, and the 21st destroys the message.
    pub fn rabbitmq() -> Self {
        Self {
            product: "memory as RabbitMQ".into(),
            version: "4.0".into(),
            kind: Kind::Queue,
            seats: Seats::Digests,
            capabilities: Capabilities {
                tail: false,
                seek: false,
                lag: true,
                remove: true,
                carry: false,
                bulk: false,
                max_batch: 256,
                doubt: Doubt::Ask,
            },
            leaves: vec![Trace::Redelivered, Trace::CountsReceive],
            delivery_limit: Some(20),
            keys: false,
            repeats: false,
            bytes_only: false,
            tombstones: false,
            max_message_bytes: 16 << 20,
            ..Self::kafka()
        }
    }

    /// ActiveMQ: message ids, looking is free but sees the first 400 only.
    pub fn activemq() -> Self {
        let mut shape = Self {
            product: "memory as ActiveMQ".into(),
            version: "6.1".into(),
            seats: Seats::Ids,
            leaves: Vec::new(),
            delivery_limit: None,
            sees: Some(400),
            ..Self::rabbitmq()
        };
        shape.capabilities.doubt = Doubt::LookAtSource;
        shape.capabilities.carry = true;
        shape
    }

    /// An SQS FIFO queue: a receive hides the message and locks its group; a repeated id within 5 minutes is the same message.
    pub fn fifo() -> Self {
        let five = Duration::from_secs(300);
        let mut shape = Self {
            product: "memory as SQS FIFO".into(),
            version: String::new(),
            seats: Seats::Ids,
            leaves: vec![Trace::CountsReceive, Trace::Hides(Duration::from_secs(30)), Trace::LocksGroup],
            delivery_limit: None,
            hold_for: Some(Duration::from_secs(30)),
            keys: true,
            fifo: true,
            dedup: Some(five),
            estimates: true,
            max_message_bytes: 1 << 20,
            ..Self::rabbitmq()
        };
        shape.capabilities.doubt = Doubt::SendAgain(five);
        shape.capabilities.max_batch = 10;
        shape
    }

    /// What giving back a message does that was given back so often before.
    pub fn back(&self, given_back: u32) -> Back {
        match self.delivery_limit {
            _ if !self.leaves.contains(&Trace::CountsReceive) => Back::Free,
            Some(limit) if given_back >= limit => Back::Destroys,
            _ => Back::Counts,
        }
    }

    /// Whether destinations are append-only logs.
    pub fn is_log(&self) -> bool {
        self.seats == Seats::Offsets
    }
}
