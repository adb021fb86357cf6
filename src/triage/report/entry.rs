//! What the ledger tells: plans with their counts, entries, marks, and copies that can be brought back.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::Counts;
use crate::model::{Address, Message, MessageId, PastKind, Seat};
use crate::triage::plan::{Deed, PlanId, Scope};

/// Where a plan stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Frozen, never started.
    Frozen,
    /// A live runner holds its lease.
    Running,
    /// Begun, not finished, nobody runs it: stopped, broken off or crashed. Can be resumed.
    Unfinished,
    /// Every message has its outcome and nothing is in doubt.
    Finished,
    /// Nobody runs it and something is in doubt.
    InDoubt,
}

impl Status {
    /// The word shown to the user.
    pub fn word(self) -> &'static str {
        match self {
            Status::Frozen => "frozen",
            Status::Running => "running",
            Status::Unfinished => "unfinished",
            Status::Finished => "finished",
            Status::InDoubt => "in doubt",
        }
    }
}

/// One plan in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanRow {
    pub id: PlanId,
    pub deed: Deed,
    /// The source; `None`: the ledger's copies.
    pub from: Option<Address>,
    /// Targets.
    pub to: Vec<Address>,
    pub scope: Scope,
    pub actor: String,
    pub reason: Option<String>,
    pub made: SystemTime,
    /// When its last run began and ended.
    pub started: Option<SystemTime>,
    pub ended: Option<SystemTime>,
    pub status: Status,
    pub counts: Counts,
    /// Who runs it now, and until when if nothing is heard of them.
    pub runner: Option<(String, SystemTime)>,
}

/// What an entry of the ledger is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// A plan was frozen.
    Planned,
    /// A run began or ended.
    Run,
    /// What came of one message.
    Outcome,
    /// Category, note, claim.
    Mark,
    /// Escalation.
    Incident,
}

impl EntryKind {
    /// The word shown to the user and stored.
    pub fn word(self) -> &'static str {
        match self {
            EntryKind::Planned => "planned",
            EntryKind::Run => "run",
            EntryKind::Outcome => "outcome",
            EntryKind::Mark => "mark",
            EntryKind::Incident => "incident",
        }
    }

    /// The kind a stored word stands for.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Planned, Self::Run, Self::Outcome, Self::Mark, Self::Incident].into_iter().find(|k| k.word() == word)
    }
}

/// One line of the ledger: who did what, when, why, to which message.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its number; grows with time, gives the next page.
    pub seq: i64,
    pub at: SystemTime,
    pub kind: EntryKind,
    /// `replayed`, `discarded`, `in doubt`, `started`, `category`.
    pub what: String,
    pub plan: Option<PlanId>,
    /// Number of the message in its plan.
    pub item: Option<u32>,
    pub id: Option<MessageId>,
    /// Where the message was.
    pub from: Option<Address>,
    pub seat: Option<Seat>,
    pub actor: String,
    pub reason: Option<String>,
    /// Where it went, or why not, in words; may hold a broker's words: show it escaped.
    pub detail: String,
}

/// Which entries; all that are given must hold. Newest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EntryQuery {
    /// Of this source or target.
    pub place: Option<Address>,
    pub id: Option<MessageId>,
    pub plan: Option<PlanId>,
    pub actor: Option<String>,
    pub kinds: Vec<EntryKind>,
    pub since: Option<SystemTime>,
    pub until: Option<SystemTime>,
    /// Found anywhere in id, detail, reason, what.
    pub text: Option<String>,
    /// Entries at most; 0: 1,000.
    pub limit: usize,
    /// Only entries before this number.
    pub before: Option<i64>,
}

/// What a mark says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarkKind {
    /// A category set by hand on a cause; `value` is its name, empty takes it back.
    Category,
    /// A note on a cause, message or destination.
    Note,
    /// `I am on it`; `value` is the end in seconds since the epoch, empty releases it.
    Claim,
    /// The cause is resolved, acknowledged or muted; `value` says which.
    State,
    /// A move of the whole queue by the broker's own mover; the subject is the broker's id of it, empty while there is none, `value` how far it is.
    Mover,
}

impl MarkKind {
    /// The word shown to the user and stored.
    pub fn word(self) -> &'static str {
        match self {
            MarkKind::Category => "category",
            MarkKind::Note => "note",
            MarkKind::Claim => "claim",
            MarkKind::State => "state",
            MarkKind::Mover => "mover",
        }
    }

    /// The kind a stored word stands for.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Category, Self::Note, Self::Claim, Self::State, Self::Mover].into_iter().find(|k| k.word() == word)
    }
}

/// Something a person said of a destination, a cause there, or a message.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// 0 when it is not stored yet.
    pub seq: i64,
    pub kind: MarkKind,
    pub place: Address,
    /// A cause's fingerprint, a message id, or empty for the destination itself.
    pub subject: String,
    pub value: String,
    pub actor: String,
    pub reason: Option<String>,
    pub at: SystemTime,
}

/// A message as it was before anything touched it.
#[derive(Clone, Debug, PartialEq)]
pub struct Copy {
    pub plan: PlanId,
    pub item: u32,
    pub id: MessageId,
    pub at: SystemTime,
    pub message: Message,
}

/// A message that was parked or discarded and can be brought back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restorable {
    pub id: MessageId,
    /// Where it was at its source.
    pub seat: Seat,
    /// `Parked` or `Discarded`.
    pub how: PastKind,
    pub when: SystemTime,
    /// The plan and the number in it that its copy is kept under.
    pub plan: PlanId,
    pub item: u32,
    /// It left its source: its copy must be published anew.
    pub removed: bool,
    /// Bytes of its copy.
    pub size: u64,
}
