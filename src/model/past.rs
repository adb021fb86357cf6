//! What the ledger knows of a message from before.

use std::time::SystemTime;

/// What was done with a message once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PastKind {
    Replayed,
    Parked,
    Discarded,
    Restored,
    Failed,
    InDoubt,
    /// A person's note; nothing was done with it.
    Noted,
}

impl PastKind {
    /// The word shown to the user and stored in the ledger.
    pub fn word(self) -> &'static str {
        match self {
            PastKind::Replayed => "replayed",
            PastKind::Parked => "parked",
            PastKind::Discarded => "discarded",
            PastKind::Restored => "restored",
            PastKind::Failed => "failed",
            PastKind::InDoubt => "in doubt",
            PastKind::Noted => "note",
        }
    }
}

/// One thing that was done with a message: by whom, when, in which plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    pub id: super::MessageId,
    pub kind: PastKind,
    pub plan: String,
    pub actor: String,
    pub when: SystemTime,
    /// Where it went (`orders p3/201118`), or why it failed.
    pub detail: String,
}
