//! A message as it was read: bytes, ordered headers, and where it sits.

use std::fmt;
use std::time::SystemTime;

use bytes::Bytes;

use super::{Address, Fields};

/// Where a message sits, to find it again. It changes when the message moves; its [`MessageId`] does not.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Seat {
    Offset {
        partition: i32,
        offset: i64,
    },
    /// The broker's own message id.
    Id(String),
    /// For brokers without ids: a digest of all but the delivery fields; twins are alike.
    Digest([u8; 32]),
}

impl fmt::Display for Seat {
    /// `p3/132665` for offsets (as `@` and `show` take it), else the id or the digest's first 16 hex digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Seat::Offset { partition, offset } => write!(f, "p{partition}/{offset}"),
            Seat::Id(id) => f.write_str(id),
            Seat::Digest(d) => d.iter().take(8).try_for_each(|b| write!(f, "{b:02x}")),
        }
    }
}

impl Seat {
    /// Reads `p3/132665` (or `3/132665`); anything else is an id.
    pub fn parse(text: &str) -> Seat {
        let offset =
            text.strip_prefix('p').unwrap_or(text).split_once('/').and_then(|(p, o)| {
                Some(Seat::Offset { partition: p.trim().parse().ok()?, offset: o.trim().replace(',', "").parse().ok()? })
            });
        offset.unwrap_or_else(|| Seat::Id(text.to_owned()))
    }
}

/// Who a message is across moves, and who failed it: from our own header, the sender's id, the origin position or a digest.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageId(pub String);

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One message, byte for byte.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    pub at: Address,
    pub seat: Seat,
    pub key: Option<Bytes>,
    /// `None` is a tombstone (Kafka null), not an empty body.
    pub body: Option<Bytes>,
    /// What the sender attached; order, repeats and nulls kept.
    pub headers: Fields,
    /// Protocol properties that a replay may publish again.
    pub properties: Fields,
    /// Of this delivery only (counts, redelivered, timestamp type); never published.
    pub delivery: Fields,
    /// The record's timestamp: producer's or broker's, as `delivery` tells where known.
    pub sent: Option<SystemTime>,
    /// False: a cut view of the message; never published, hashed or edited.
    pub whole: bool,
}

impl Message {
    /// Bytes of key, body and headers together: what a size limit is compared with.
    pub fn size(&self) -> usize {
        let headers: usize = self.headers.iter().map(|(n, v)| n.len() + v.as_bytes().map_or(0, <[u8]>::len)).sum();
        self.key.as_ref().map_or(0, Bytes::len) + self.body.as_ref().map_or(0, Bytes::len) + headers
    }
}
