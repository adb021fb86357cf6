//! Acting: publishing with confirmation, and holding messages of a source while that happens.

use async_trait::async_trait;
use bytes::Bytes;

use super::{Left, Result};
use crate::model::{Address, Count, Fields, Message, Seat};

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
    /// How it gets there.
    pub way: Carriage,
}

/// How a message gets from its source to its target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Carriage {
    /// Published to the target; once that is on record, taken out of the source.
    #[default]
    Publish,
    /// Published and taken out as one act of the broker's ([`Hold::carry`]).
    Carry {
        /// Whether the message carries our marks; false: the broker moves it as it is, so neither doubt nor verdicts find it by its mark.
        marked: bool,
    },
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
    pub back: Back,
}

/// What giving a held message back would do to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Back {
    /// Nothing.
    #[default]
    Free,
    /// Counts as one delivery; it stays where it was.
    Counts,
    /// The broker would drop or move it (a RabbitMQ quorum queue at its delivery limit): it must be copied at once, and put back by a
    /// publish to the same queue instead of being given back.
    Destroys,
}

/// Asks for the broker's own mover, which carries messages by itself and leaves no copies in the ledger.
#[derive(Clone, Debug, PartialEq)]
pub enum BulkAsk {
    /// All of `from` to `to`; `None`: each to where it came from, where the broker can.
    Start {
        from: Address,
        to: Option<Address>,
        per_second: Option<u32>,
    },
    /// How far the mover of this source is.
    State {
        from: Address,
        id: String,
    },
    Cancel {
        from: Address,
        id: String,
    },
}

/// How far a broker's own mover is.
#[derive(Clone, Debug, PartialEq)]
pub struct BulkState {
    /// The broker's name of it, to ask for it again.
    pub id: String,
    pub moved: Count,
    pub of: Count,
    pub phase: BulkPhase,
}

/// What a mover is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BulkPhase {
    Running,
    Done,
    Cancelled,
    /// Why, in the broker's words.
    Failed(String),
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
    /// Ends what an earlier run of this plan left open at the broker, and shuts that run out: a transaction of Kafka, which hides from others
    /// whether what was published counts. Where nothing stays open nothing is done. Only for the holder of the plan's lease.
    async fn take_over(&self, plan: &str) -> Result<()>;
    /// The broker's own mover: started, asked, or cancelled. `Unsupported` where `Capabilities::bulk` is not set.
    async fn bulk(&self, ask: BulkAsk) -> Result<BulkState>;
    /// Flushes and ends the writer's connection; waits 2 s at most.
    async fn close(&self) -> Left;
}

/// Messages in hand. Dropping it lets the driver give back what was not settled.
#[async_trait]
pub trait Hold: Send {
    /// The next messages, at most `max`; empty: all found or all seen, so what is missing is gone. What is missing and may be in other hands is
    /// an error, [`super::ErrorKind::Busy`]; the hold lives on.
    async fn next(&mut self, max: usize) -> Result<Vec<Held>>;
    /// One answer each.
    async fn settle(&mut self, batch: Vec<(HeldId, Settle)>) -> Vec<Result<()>>;
    /// Publishes and takes out as one act, for messages whose [`Rehearsal::way`] says so; one answer each, `Ok`: both are done.
    async fn carry(&mut self, batch: Vec<(HeldId, Outgoing)>) -> Vec<Result<Receipt>>;
    /// Gives back the rest in delivery order and says what it left.
    async fn close(self: Box<Self>) -> Result<Left>;
}
