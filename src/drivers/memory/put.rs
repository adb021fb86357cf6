//! What the world outside sets up and sends: destinations, and messages.

use std::time::{Duration, SystemTime};

use bytes::Bytes;

use crate::model::{Fields, Typed};

/// How a destination is set up.
#[derive(Clone, Debug)]
pub struct Spec {
    /// Partitions; a queue has one.
    pub partitions: u32,
    pub retention: Option<Duration>,
    /// Bytes at most in one message; `None`: as the shape says.
    pub max_message_bytes: Option<u64>,
    pub compacted: bool,
    /// The broker's own bookkeeping.
    pub internal: bool,
    /// Names of the destinations whose dead letters the broker itself moves here.
    pub dead_letters_of: Vec<String>,
    /// Live consumers; `None` where the broker does not tell.
    pub consumers: Option<u32>,
    /// How long a message may wait before it expires (queues).
    pub ttl: Option<Duration>,
}

impl Default for Spec {
    fn default() -> Self {
        Self {
            partitions: 1,
            retention: None,
            max_message_bytes: None,
            compacted: false,
            internal: false,
            dead_letters_of: Vec::new(),
            consumers: None,
            ttl: None,
        }
    }
}

impl Spec {
    /// A destination with so many partitions, nothing else set.
    pub fn with(partitions: u32) -> Self {
        Self { partitions: partitions.max(1), ..Self::default() }
    }
}

/// What a reader of committed messages does not see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hidden {
    /// An ordinary message.
    #[default]
    No,
    /// Of a transaction that was aborted.
    Aborted,
    /// Of a transaction still open: readers of committed messages stop before it.
    Open,
    /// A transaction marker: an offset without a message for everybody.
    Marker,
}

/// A message as the world outside sends it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Put {
    /// `None`: by the key, keyless ones in turn.
    pub partition: Option<i32>,
    pub key: Option<Bytes>,
    pub body: Option<Bytes>,
    pub headers: Fields,
    pub properties: Fields,
    /// `None`: now.
    pub sent: Option<SystemTime>,
    pub hidden: Hidden,
}

impl Put {
    /// A message with this body.
    pub fn body(body: impl Into<Bytes>) -> Self {
        Self { body: Some(body.into()), ..Self::default() }
    }

    /// A message with this key and body.
    pub fn keyed(key: impl Into<Bytes>, body: impl Into<Bytes>) -> Self {
        Self { key: Some(key.into()), body: Some(body.into()), ..Self::default() }
    }

    /// With one more header of raw bytes.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<Bytes>) -> Self {
        self.headers.push((name.into(), Typed::bytes(Some(value.into()))));
        self
    }

    /// Into this partition.
    pub fn to(mut self, partition: i32) -> Self {
        self.partition = Some(partition);
        self
    }

    /// Sent at this time.
    pub fn at(mut self, sent: SystemTime) -> Self {
        self.sent = Some(sent);
        self
    }
}
