//! Looking: the calls that change nothing on a broker.

use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use futures::stream::BoxStream;

use super::{Cost, Doubt, Outgoing, Probe, Rehearsal, Result, Trace};
use crate::model::{Address, ConnId, Count, Destination, Message, Reader, Seat};

/// A bounded stream of answers; dropping it cancels the call.
pub type Flow<T> = BoxStream<'static, Result<T>>;

/// Asks for destinations.
#[derive(Clone, Debug, Default)]
pub struct ListRequest {
    /// The broker's own bookkeeping too.
    pub internal: bool,
}

/// Asks for readers.
#[derive(Clone, Debug)]
pub enum ReadersRequest {
    All,
    /// One group by name.
    Named(String),
    /// Everybody with a position in, or a member on, this destination.
    Of(Address),
}

/// Where a peek starts. With several partitions each starts there.
#[derive(Clone, Debug, PartialEq)]
pub enum Start {
    Oldest,
    /// So that the last `limit` messages before the end come (over all partitions; of each partition its last ones);
    /// with [`Stop::Never`]: only what arrives from now on. Where older ones were left out it ends with [`Why::Limit`] and a cursor
    /// that reads the `limit` before them.
    Newest,
    /// The first message at or after this time, per partition.
    Time(SystemTime),
    /// At this seat; other partitions are not read. Below the log's start: `Gone`; in a queue, the messages before it are passed over.
    Seat(Seat),
    From(Cursor),
}

/// When a peek ends, beside its limit.
#[derive(Clone, Debug, PartialEq)]
pub enum Stop {
    /// At the end as it was at the start of the peek.
    Now,
    /// At the first message after this time, per partition.
    Time(SystemTime),
    /// Never: a live tail.
    Never,
}

/// The driver's own printable token to go on where a peek stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(pub String);

/// Asks for messages.
#[derive(Clone, Debug)]
pub struct PeekRequest {
    pub from: Address,
    pub start: Start,
    pub stop: Stop,
    /// Messages at most, over all partitions; reaching it with more to come ends the peek with a cursor, also with [`Stop::Never`].
    pub limit: usize,
    /// Bytes at most in one batch.
    pub max_bytes: usize,
    /// Hides open and aborted transactions where the broker has them (Kafka).
    pub committed_only: bool,
    /// Traces that the user has consented to; a look that would leave others is refused.
    pub accept: Vec<Trace>,
}

impl PeekRequest {
    /// From the oldest to the present end, committed messages only, no trace accepted.
    pub fn new(from: Address, limit: usize) -> Self {
        Self { from, start: Start::Oldest, stop: Stop::Now, limit, max_bytes: 1 << 20, committed_only: true, accept: Vec::new() }
    }
}

/// One step of a peek.
#[derive(Clone, Debug)]
pub enum Peeked {
    /// Messages in the order read, at most 256 of them.
    Batch(Vec<Message>),
    /// How far it is; `read` counts offsets passed (or messages, off Kafka), `of` the whole way. The first step of [`Stop::Never`] from
    /// [`Start::Newest`] is one with nothing read, once it is known from where: what is written after that comes.
    Progress { read: u64, of: Count },
    /// Messages in hand that giving back would destroy, which nobody could know before; they are among the next batch too. They are let go when
    /// the flow is polled on: whoever wants them kept has copied them by then. The look ends with an error soon after.
    Doomed(Vec<Message>),
    /// The last step: why it ended, traces left and on how many messages, and how to go on.
    End { why: Why, read: u64, left: Vec<(Trace, u64)>, more: Option<Cursor>, notes: Vec<String> },
}

/// Why a peek ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// All that there was.
    Complete,
    Limit,
    TimeReached,
    /// All that is decided: what is in or behind a transaction that is still open, readers of committed messages do not see yet.
    Undecided,
    /// The broker would show no more (`first 400`).
    Window,
}

/// What a destination is in detail.
#[derive(Clone, Debug, Default)]
pub struct Detail {
    /// The broker's own id of it, where it has one: what is deleted and made anew under its old name has another.
    pub id: Option<String>,
    pub partitions: Vec<PartitionDetail>,
    /// How long messages are kept; `None`: for ever or unknown (see `facts`).
    pub retention: Option<Duration>,
    /// Bytes at most in one message.
    pub max_message_bytes: Option<u64>,
    /// Bytes held, where the broker tells.
    pub bytes: Option<u64>,
    pub compacted: bool,
    /// How many get a copy of their own of what is published here, where nothing is kept for anybody else (a topic of SNS); `None`: it keeps
    /// messages itself.
    pub subscribers: Option<u32>,
    /// Whether our login may write here; `None`: unknown without trying.
    pub may_write: Option<bool>,
    /// How a publish to this very destination that is in doubt is cleared up, where it differs from the connection's
    /// [`super::Capabilities::doubt`] (a FIFO queue of SQS).
    pub doubt: Option<Doubt>,
    /// Where the broker sends what dies here, at once or by further deaths; empty: nowhere, it is dropped. `None`: it does not tell.
    pub dead_letters: Option<Vec<Address>>,
    /// Everything else worth reading: (name, value, where from).
    pub facts: Vec<(String, String, String)>,
}

/// One partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionDetail {
    pub id: i32,
    pub start: i64,
    /// High watermark.
    pub end: i64,
    pub leader: i32,
    pub replicas: Vec<i32>,
    pub in_sync: Vec<i32>,
}

/// What was still held when a connection closed: (where, how many, until when it comes back by itself).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Left(pub Vec<(Address, u64, Option<SystemTime>)>);

/// The looking side of a connection. Nothing here can write. No default bodies: a decorator must forward every call.
#[async_trait]
pub trait Broker: Send + Sync {
    /// The connection's name.
    fn id(&self) -> &ConnId;
    /// Is it reachable, who am I, what is it, what can it do.
    async fn probe(&self) -> Result<Probe>;
    /// Destinations, in batches as they are known.
    fn list(&self, want: ListRequest) -> Flow<Vec<Destination>>;
    /// Partitions, limits, retention, rights of one destination. `NotFound` if it does not exist; never creates it.
    async fn describe(&self, at: &Address) -> Result<Detail>;
    /// What a look would cost.
    async fn cost(&self, at: &Address) -> Result<Cost>;
    /// Consumer groups and their positions, in batches as they are known.
    fn readers(&self, want: ReadersRequest) -> Flow<Vec<Reader>>;
    /// Messages. Leaves no trace beyond `want.accept`.
    fn peek(&self, want: PeekRequest) -> Flow<Peeked>;
    /// What publishing would do, without I/O: the wire message, losses, refusals. Publishing uses this very function.
    fn rehearse(&self, was: &Message, out: &Outgoing) -> Rehearsal;
    /// Gives back what is held and ends the connection's tasks; waits 2 s at most.
    async fn close(&self) -> Left;
}
