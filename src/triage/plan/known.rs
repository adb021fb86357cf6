//! What was seen of the targets and the ledger before a plan is frozen; plain facts, gathered by `preflight`.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::stored;
use crate::broker::Doubt;
use crate::model::{Address, MessageId, Past, Reader, Seat};
use crate::triage::report::Resolved;

/// One reader of a target: whom a replay hits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    pub name: String,
    /// `classic`, `share`, `queue`.
    pub kind: String,
    /// The broker's word (`Stable`, `Empty`).
    pub state: String,
    pub members: Option<u32>,
    /// Messages behind on the target; `None`: unknown, see `note`.
    pub behind: Option<u64>,
    /// It failed on some of these messages.
    pub failed: bool,
    /// Why facts are missing, in words.
    pub note: String,
}

impl Group {
    /// What is known of a reader, for one target.
    pub fn of(reader: &Reader, target: &Address, failed_by: &[String]) -> Self {
        let here = reader.at.iter().filter(|p| &p.of == target).map(crate::model::Position::behind);
        let mut seen = false;
        let behind = here.inspect(|_| seen = true).sum::<Option<u64>>();
        Self {
            name: reader.name.clone(),
            kind: reader.kind.word().to_owned(),
            state: reader.state.clone(),
            members: reader.members,
            behind: if seen { behind } else { None },
            failed: failed_by.contains(&reader.name),
            note: reader.note.clone(),
        }
    }
}

/// A place that messages of the plan go to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Target {
    #[serde(with = "stored::address")]
    pub at: Address,
    /// Messages of the plan that go there.
    pub messages: u64,
    /// `None`: it could not be asked, see `trouble`.
    pub exists: Option<bool>,
    /// Partitions now; 0 where the kind has none.
    pub partitions: u32,
    pub may_write: Option<bool>,
    /// Bytes of one message at most.
    pub max_bytes: Option<u64>,
    pub compacted: bool,
    /// How many get each message, where publishing fans out and nothing is kept.
    #[serde(default)]
    pub subscribers: Option<u32>,
    /// Where on its connection what dies there comes to, now, where the broker tells.
    #[serde(default)]
    pub dead_letters: Option<Vec<String>>,
    /// Whether this context has a hand there at all.
    pub hand: bool,
    /// Who else reads it: the blast radius.
    pub readers: Vec<Group>,
    /// How a crash is cleared up there.
    #[serde(with = "stored::doubt")]
    pub doubt: Doubt,
    /// Why facts are missing; may hold a broker's words.
    pub trouble: Option<String>,
}

impl Target {
    /// A target of which nothing is known yet.
    pub fn unknown(at: Address) -> Self {
        Self {
            at,
            messages: 0,
            exists: None,
            partitions: 0,
            may_write: None,
            max_bytes: None,
            compacted: false,
            subscribers: None,
            dead_letters: None,
            hand: true,
            readers: Vec::new(),
            doubt: Doubt::Ask,
            trouble: None,
        }
    }
}

/// What is known when a plan is frozen.
#[derive(Clone, Debug, Default)]
pub struct Preflight {
    /// By address, for the draft's targets.
    pub targets: Vec<Target>,
    /// What the ledger knows of the draft's messages.
    pub past: HashMap<MessageId, Vec<Past>>,
    /// What is done with at the source.
    pub resolved: Resolved,
    /// Seats of the source with an open intent, and the plan it belongs to.
    pub open: HashMap<Seat, String>,
    /// Whether the source lets go of one chosen message.
    pub removes: bool,
    /// Why that could not be asked.
    pub trouble: Option<String>,
    /// The broker's id of the source.
    pub source_id: Option<String>,
    /// How long the source keeps messages, and since when its oldest are there.
    pub retention: Option<Duration>,
    /// First offsets still there, per partition of the source.
    pub starts: BTreeMap<i32, i64>,
    /// Makes the plan's id its own; from a random source.
    pub seed: [u8; 16],
    /// When this was looked up.
    pub at: Option<SystemTime>,
}
