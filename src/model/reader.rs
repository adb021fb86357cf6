//! Who reads a destination and how far they are.

use std::time::SystemTime;

use super::{Address, Count};

/// What kind of reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReaderKind {
    /// A classic Kafka consumer group.
    Classic,
    /// A consumer group of the new protocol (KIP-848).
    Consumer,
    /// A share group (KIP-932): its lag cannot be asked for yet.
    Share,
    /// A streams group (KIP-1071).
    Streams,
    /// A queue bound to an exchange, or a queue's own consumers.
    Queue,
    /// A subscription (SNS, durable JMS).
    Subscription,
    /// The broker did not say.
    Unknown,
}

impl ReaderKind {
    /// The word shown to the user.
    pub fn word(self) -> &'static str {
        match self {
            ReaderKind::Classic => "classic",
            ReaderKind::Consumer => "consumer",
            ReaderKind::Share => "share",
            ReaderKind::Streams => "streams",
            ReaderKind::Queue => "queue",
            ReaderKind::Subscription => "subscription",
            ReaderKind::Unknown => "?",
        }
    }
}

/// A consumer group, bound queue or subscription: the unit of lag and of blast radius.
#[derive(Clone, Debug, PartialEq)]
pub struct Reader {
    pub name: String,
    pub kind: ReaderKind,
    /// The broker's word: `Stable`, `Empty`, `Dead`; `absent` for a declared group that the broker does not know.
    pub state: String,
    /// Live members; `None` where the broker does not tell.
    pub members: Option<u32>,
    /// Positions per destination and partition.
    pub at: Vec<Position>,
    /// Why positions are missing (share group, no right), in words; empty otherwise.
    pub note: String,
}

/// How far a reader is in one partition (or in a whole queue).
#[derive(Clone, Debug, PartialEq)]
pub struct Position {
    pub of: Address,
    pub partition: Option<i32>,
    /// The next offset it would read; `None`: no commit, which is not zero lag.
    pub committed: Option<i64>,
    /// The log's first offset still there.
    pub start: i64,
    /// The end as readers see it (the last stable offset for read_committed).
    pub end: i64,
    /// Client that owns the partition now (`client id@host`).
    pub owner: Option<String>,
    /// What a queue tells instead of offsets; then `committed`, `start` and `end` say nothing.
    pub backlog: Option<Backlog>,
    pub read_at: SystemTime,
}

/// How a queue stands. Its consumers are the reader's members.
#[derive(Clone, Debug, PartialEq)]
pub struct Backlog {
    /// Messages that wait to be delivered.
    pub ready: Count,
    /// Delivered and not settled yet.
    pub in_flight: Count,
    /// When the oldest that waits was sent, where the broker tells without a look.
    pub oldest: Option<SystemTime>,
    /// Messages that ever came in, and that were ever taken out, since the broker counts; rates are made of their differences.
    pub came: Option<u64>,
    pub went: Option<u64>,
}

impl Default for Backlog {
    fn default() -> Self {
        Self { ready: Count::Unknown, in_flight: Count::Unknown, oldest: None, came: None, went: None }
    }
}

impl Position {
    /// Of a queue as a whole.
    pub fn of_queue(of: Address, backlog: Backlog, read_at: SystemTime) -> Self {
        Self { of, partition: None, committed: None, start: 0, end: 0, owner: None, backlog: Some(backlog), read_at }
    }

    /// Messages behind: end minus the later of commit and log start, or what waits in a queue; `None` without a commit, or where it is not told.
    pub fn behind(&self) -> Option<u64> {
        if let Some(backlog) = &self.backlog {
            return backlog.ready.value();
        }
        self.committed.map(|c| u64::try_from(self.end.saturating_sub(c.max(self.start))).unwrap_or(0))
    }

    /// Messages that retention took before they were read.
    pub fn lost(&self) -> u64 {
        self.committed.map_or(0, |c| u64::try_from(self.start.saturating_sub(c)).unwrap_or(0))
    }
}

impl Reader {
    /// Sum of what is known; `None` if any partition has no commit or none are known.
    pub fn behind(&self) -> Option<u64> {
        if self.at.is_empty() {
            return None;
        }
        self.at.iter().map(Position::behind).sum()
    }
}
