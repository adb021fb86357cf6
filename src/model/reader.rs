//! Who reads a destination and how far they are.

use std::time::SystemTime;

use super::Address;

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
    pub read_at: SystemTime,
}

impl Position {
    /// Messages behind: end minus the later of commit and log start; `None` without a commit.
    pub fn behind(&self) -> Option<u64> {
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
