//! What came of a plan: outcomes of single messages, their counts, and the exit code; pure.

mod answer;
mod counts;
mod entry;
mod progress;
mod resolved;

pub use answer::Answer;
pub use counts::Counts;
pub use entry::{Copy, Entry, EntryKind, EntryQuery, Mark, MarkKind, PlanRow, Restorable, Status};
pub use progress::{Ended, Level, Line, Phase, Progress, ReplayReport, Wish};
pub use resolved::Resolved;

use serde::{Deserialize, Serialize};

use super::plan::{PlanId, stored};
use crate::broker::Receipt;

/// Where in carrying out one message it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// It could not be taken in hand at its source.
    Hold,
    /// It could not be copied into the ledger; nothing was published.
    Copy,
    /// The broker did not accept it; certainly not published.
    Publish,
    /// It was not taken out of its source.
    Settle,
}

impl Stage {
    /// The word shown to the user.
    pub fn word(self) -> &'static str {
        match self {
            Stage::Hold => "take in hand",
            Stage::Copy => "copy",
            Stage::Publish => "publish",
            Stage::Settle => "take out of the source",
        }
    }
}

/// Why a message was left out of a plan, or passed over while it was carried out. Nothing was published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum Skip {
    /// At its seat there is now something else than was planned.
    Changed,
    /// It is no longer at its seat: retention, a consumer, another person.
    Gone,
    /// Another plan has it under way or in doubt.
    OpenElsewhere { plan: PlanId },
    /// One of its ordering key before it failed or is in doubt; sending it would turn the order round.
    AfterFailed,
    /// The ledger has it as done with already (replayed, parked, discarded).
    Resolved { how: String, plan: String },
    /// Replayed as often as allowed and back again.
    Poison { times: u32, limit: u32 },
    /// Nothing says where it came from.
    NoOrigin,
    /// A pointer to an original elsewhere that does not say where.
    Pointer,
    /// A pointer whose original cannot be had: retention, compaction, a topic made anew.
    NoOriginal { lost: String },
    /// Only a cut view of it could be read.
    NotWhole,
    /// Larger than the target takes.
    TooLarge { bytes: u64, limit: u64 },
    /// The target's driver refuses it.
    Refused { why_not: String },
    /// There is no copy of it to restore from, or nothing to undo.
    NothingToUndo,
    /// A person said that it is not to be sent again, whether or not it arrived.
    ByPerson,
}

impl Skip {
    /// In words, after `skipped: ` or `left out: `.
    pub fn words(&self) -> String {
        match self {
            Skip::Changed => "it is not what was planned any more".into(),
            Skip::Gone => "no longer there".into(),
            Skip::OpenElsewhere { plan } => format!("under way in plan {plan}"),
            Skip::AfterFailed => "after a failed one of its key, to keep their order".into(),
            Skip::Resolved { how, plan } => format!("already {how} by plan {plan}"),
            Skip::Poison { times, limit } => format!("poison: replayed {times} times, the limit is {limit}"),
            Skip::NoOrigin => "nothing says where it came from".into(),
            Skip::Pointer => "a pointer that does not say where its original is".into(),
            Skip::NoOriginal { lost } => format!("its original cannot be had: {lost}"),
            Skip::NotWhole => "only a cut view of it could be read".into(),
            Skip::TooLarge { bytes, limit } => format!("{bytes} bytes, the target takes {limit}"),
            Skip::Refused { why_not } => format!("refused: {why_not}"),
            Skip::NothingToUndo => "nothing to undo".into(),
            Skip::ByPerson => "a person said so".into(),
        }
    }
}

/// What came of one message of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum Outcome {
    /// Published with confirmation, and taken out of its source where that can be.
    Replayed {
        #[serde(with = "stored::receipt")]
        receipt: Receipt,
    },
    /// Published with confirmation, still at its source: a resume takes it out and never publishes again.
    Unsettled {
        #[serde(with = "stored::receipt")]
        receipt: Receipt,
    },
    /// Nothing published: parked, discarded or restored; `removed` says whether it left its source.
    Marked {
        removed: bool,
    },
    Skipped(Skip),
    /// Certainly not done; it stays as it was.
    Failed {
        stage: Stage,
        why: String,
    },
    /// Perhaps published, perhaps not; its copy is in the ledger and its source untouched.
    InDoubt {
        why: String,
    },
    /// Not begun, or found not to have arrived.
    Untouched,
}

impl Outcome {
    /// The word shown to the user, in JSON and in the ledger.
    pub fn word(&self) -> &'static str {
        match self {
            Outcome::Replayed { .. } => "replayed",
            Outcome::Unsettled { .. } => "unsettled",
            Outcome::Marked { .. } => "marked",
            Outcome::Skipped(_) => "skipped",
            Outcome::Failed { .. } => "failed",
            Outcome::InDoubt { .. } => "in doubt",
            Outcome::Untouched => "untouched",
        }
    }

    /// Details in words: where it went, or why not.
    pub fn detail(&self) -> String {
        match self {
            Outcome::Replayed { receipt } | Outcome::Unsettled { receipt } => match &receipt.seat {
                Some(seat) => format!("{} {seat}", receipt.to.name),
                None => receipt.to.name.clone(),
            },
            Outcome::Marked { removed: true } => "taken out of its source, the copy is in the ledger".into(),
            Outcome::Marked { removed: false } => "in the ledger".into(),
            Outcome::Skipped(skip) => skip.words(),
            Outcome::Failed { stage, why } => format!("{}: {why}", stage.word()),
            Outcome::InDoubt { why } => why.clone(),
            Outcome::Untouched => String::new(),
        }
    }

    /// Whether the plan's deed is done for this message.
    pub fn is_done(&self) -> bool {
        matches!(self, Outcome::Replayed { .. } | Outcome::Marked { .. })
    }

    /// Whether it holds back later messages of its ordering key.
    pub fn stops_its_key(&self) -> bool {
        matches!(
            self,
            Outcome::Failed { .. }
                | Outcome::InDoubt { .. }
                | Outcome::Skipped(Skip::AfterFailed | Skip::Refused { .. } | Skip::OpenElsewhere { .. })
        )
    }
}
