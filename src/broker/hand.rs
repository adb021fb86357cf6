//! Acting: publishing with confirmation, and holding messages of a source while that happens.

use async_trait::async_trait;
use bytes::Bytes;

use super::{Left, Result};
use crate::model::{Address, Fields, Message, Seat};

pub use crate::model::REPLAY_ID;

/// Which place of the target a message goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// This partition.
    Partition(i32),
    /// By the key: murmur2 over the target's partitions on Kafka, as Java producers do; always sent as an explicit partition.
    ByKey,
    /// Where the broker puts it.
    Any,
}

/// A message as it is to be published.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    pub to: Address,
    pub place: Place,
    pub key: Option<Bytes>,
    /// `None` publishes a tombstone.
    pub body: Option<Bytes>,
    /// All headers, the replay id among them.
    pub headers: Fields,
    pub properties: Fields,
}

/// What publishing would do.
#[derive(Clone, Debug, PartialEq)]
pub struct Rehearsal {
    /// The message as it will be on the wire.
    pub wire: Outgoing,
    /// What the target cannot carry, in words.
    pub losses: Vec<String>,
    /// Why it is not published at all.
    pub refused: Option<String>,
}

/// A confirmed publish: where it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub to: Address,
    /// Where it sits now, where the broker tells.
    pub seat: Option<Seat>,
}

/// Which messages of a source to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    Seats(Vec<Seat>),
    First(usize),
}

/// A held message's handle; valid within its hold only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HeldId(pub u64);

/// A message in hand.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    pub id: HeldId,
    pub message: Message,
}

/// What becomes of a held message at its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settle {
    /// Taken out, where the broker can (`Capabilities::remove`); on Kafka nothing happens.
    Remove,
    Return,
}

/// The acting side of a connection. Only `triage/replay.rs` may call it.
#[async_trait]
pub trait Writer: Send + Sync {
    /// Takes messages of a source in hand, for one visit. Seats that are gone are left out.
    async fn hold(&self, from: &Address, want: Selection) -> Result<Box<dyn Hold>>;
    /// Publishes in the order given; one answer each. `Ok`: confirmed by the broker's strongest means.
    /// An error with [`super::Done::Perhaps`] is in doubt and must never be retried blindly.
    async fn publish(&self, batch: Vec<Outgoing>) -> Vec<Result<Receipt>>;
    /// Flushes and ends the writer's connection; waits 2 s at most.
    async fn close(&self) -> Left;
}

/// Messages in hand. Dropping it lets the driver give back what was not settled.
#[async_trait]
pub trait Hold: Send {
    /// The next messages, at most `max`; empty: all found or all seen.
    async fn next(&mut self, max: usize) -> Result<Vec<Held>>;
    /// One answer each.
    async fn settle(&mut self, batch: Vec<(HeldId, Settle)>) -> Vec<Result<()>>;
    /// Gives back the rest in delivery order and says what it left.
    async fn close(self: Box<Self>) -> Result<Left>;
}
