//! What a plan warns of, in words, and whether that keeps it from starting.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::stored;
use crate::decode::human;
use crate::model::Address;

/// How bad; later is worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// To be known.
    Note,
    /// To be looked at before starting.
    Watch,
    /// The plan cannot be started.
    Blocks,
}

/// One warning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "warning")]
pub enum Warning {
    TargetMissing {
        #[serde(with = "stored::address")]
        target: Address,
    },
    TargetUnknown {
        #[serde(with = "stored::address")]
        target: Address,
        why: String,
    },
    /// Whether the source lets go of a message is not known: published, they might stay there.
    SourceUnknown {
        why: String,
    },
    MayNotWrite {
        #[serde(with = "stored::address")]
        target: Address,
    },
    MayWriteUnknown {
        #[serde(with = "stored::address")]
        target: Address,
    },
    /// The connection has no writer: read-only by role or config.
    NoHand {
        conn: String,
    },
    /// Their partition at death is not there now: they go by key (murmur2), order with older ones is not kept.
    PartitionsChanged {
        #[serde(with = "stored::address")]
        target: Address,
        now: u32,
        messages: u64,
    },
    /// They do not say their partition: they go by key.
    PartitionUnknown {
        messages: u64,
    },
    ReplayedBefore {
        messages: u64,
        most: u32,
    },
    Poison {
        messages: u64,
        limit: u32,
    },
    PoisonTakenIn {
        messages: u64,
        limit: u32,
    },
    Resolved {
        messages: u64,
    },
    /// Share groups' dead letters without their record.
    Originals {
        messages: u64,
        #[serde(with = "stored::address")]
        from: Address,
    },
    /// Those that do not say where it is.
    Pointers {
        messages: u64,
    },
    Tombstones {
        messages: u64,
    },
    NoOrigin {
        messages: u64,
    },
    /// They go to the main queue that the config declares.
    HomeByConfig {
        home: String,
        messages: u64,
    },
    NotWhole {
        messages: u64,
    },
    TooLarge {
        messages: u64,
        largest: u64,
        limit: u64,
    },
    /// The newest of them died this long before the plan was frozen.
    StillDying {
        ago: Duration,
    },
    /// What dies there does not come here any more, as the broker is set now.
    DiesElsewhere {
        #[serde(with = "stored::address")]
        target: Address,
        /// Where it comes to; empty: it is dropped.
        to: Vec<String>,
    },
    /// Retention reaches the oldest of them.
    RetentionSoon {
        left: Duration,
    },
    OpenElsewhere {
        messages: u64,
        plan: String,
    },
    /// Most have one key: they go one after the other.
    OneKey {
        messages: u64,
    },
    NotOrdered,
    /// Published there, each subscriber gets a copy of each.
    FansOut {
        #[serde(with = "stored::address")]
        target: Address,
        subscribers: u32,
    },
    /// Chosen from a reading that did not come to its end.
    Partly {
        read: String,
    },
    TargetCompacted {
        #[serde(with = "stored::address")]
        target: Address,
    },
    /// The target is the source.
    SamePlace,
    /// Nothing proves afterwards whether one arrived.
    DoubtAsks {
        #[serde(with = "stored::address")]
        target: Address,
    },
    /// Append-only: done is a fact of the ledger.
    StaysInSource,
    LedgerOnly,
    TraceKept {
        name: String,
    },
    NothingToUndo {
        messages: u64,
    },
    /// Bodies that a person edited; the copies in the ledger are the originals.
    Edited {
        messages: u64,
        by: String,
    },
    /// What an edited body breaks of its schema.
    EditBreaks {
        message: String,
        what: String,
    },
    /// Restored by publishing their copies anew: new seat, at the end.
    NewSeat {
        messages: u64,
    },
    /// Moved elsewhere when they were parked; restoring takes nothing out there.
    StillParked {
        #[serde(with = "stored::address")]
        at: Address,
        messages: u64,
    },
    /// Published and taken out as one act.
    Carried {
        messages: u64,
    },
    /// Moved by the broker as they are.
    MovedAsTheyAre {
        messages: u64,
    },
    /// Of those, what the broker shows no whole view of: the ledger keeps what is shown.
    NoCopy {
        messages: u64,
    },
    /// What the target cannot carry, in its driver's words.
    Loses {
        what: String,
        messages: u64,
    },
    /// What no undo could put back where it is now, and why.
    NoWayBack {
        why: String,
        messages: u64,
    },
    /// What the target's driver will not publish, and why.
    WillBeRefused {
        why: String,
        messages: u64,
    },
}

impl Warning {
    /// How bad it is.
    pub fn level(&self) -> Level {
        match self {
            Warning::TargetMissing { .. }
            | Warning::MayNotWrite { .. }
            | Warning::NoHand { .. }
            | Warning::TargetUnknown { .. }
            | Warning::SourceUnknown { .. } => Level::Blocks,
            Warning::FansOut { subscribers: 0, .. } => Level::Blocks,
            Warning::Tombstones { .. }
            | Warning::HomeByConfig { .. }
            | Warning::Resolved { .. }
            | Warning::StaysInSource
            | Warning::Originals { .. }
            | Warning::PartitionUnknown { .. }
            | Warning::MayWriteUnknown { .. }
            | Warning::LedgerOnly
            | Warning::TraceKept { .. }
            | Warning::NewSeat { .. }
            | Warning::Edited { .. }
            | Warning::Carried { .. }
            | Warning::OneKey { .. } => Level::Note,
            _ => Level::Watch,
        }
    }

    /// In words. Names may hold control characters: show it escaped.
    pub fn words(&self) -> String {
        let n = |m: &u64| human::count_plain(*m);
        let are = |m: &u64, one: &str, many: &str| format!("{} {}", human::count_plain(*m), if *m == 1 { one } else { many });
        match self {
            Warning::TargetMissing { target } => format!("{target} does not exist; create it, or choose another target"),
            Warning::TargetUnknown { target, why } => format!("{target} could not be asked: {why}"),
            Warning::SourceUnknown { why } => format!("the source could not be asked whether it lets go of them: {why}; plan anew"),
            Warning::MayNotWrite { target } => format!("you may not write to {target}; ask for the right, then plan anew"),
            Warning::MayWriteUnknown { target } => format!("whether you may write to {target} shows only when it is tried"),
            Warning::NoHand { conn } => format!("{conn} has no writing side here: the role is viewer, or it could not be set up"),
            Warning::PartitionsChanged { target, now, messages } => {
                format!("{} were in partitions that {target} has no more ({now} now): they go by key (murmur2)", n(messages))
            }
            Warning::PartitionUnknown { messages } => format!("{} do not say their partition: they go by key (murmur2)", n(messages)),
            Warning::ReplayedBefore { messages, most: 1 } => format!("{} replayed once before", are(messages, "was", "were")),
            Warning::ReplayedBefore { messages, most } => format!("{} replayed before, up to {most} times", are(messages, "was", "were")),
            Warning::Poison { messages, limit } => format!("{} left out as poison: replayed {limit} times already", n(messages)),
            Warning::PoisonTakenIn { messages, limit } => {
                format!("{} were replayed {limit} times or more already and are taken in all the same", n(messages))
            }
            Warning::Resolved { messages } => format!("{} left out: the ledger has them as done with", n(messages)),
            Warning::Originals { messages, from } => {
                format!("{} are pointers: their originals are fetched from {}", n(messages), from.name)
            }
            Warning::Pointers { messages } => format!("{} left out: pointers that do not say where their original is", n(messages)),
            Warning::Tombstones { messages } => {
                format!("{} are tombstones (null body): they delete their key where the target is compacted", n(messages))
            }
            Warning::NoOrigin { messages } => format!("{} left out: nothing says where they came from; name a target", n(messages)),
            Warning::HomeByConfig { home, messages } => {
                format!(
                    "{} do not name their origin: they go to {home}, whose dead letters come here by the config or the broker",
                    n(messages)
                )
            }
            Warning::NotWhole { messages } => format!("{} left out: only a cut view of them could be read", n(messages)),
            Warning::TooLarge { messages, largest, limit } => {
                format!("{} left out: too large ({} of {} allowed)", n(messages), human::bytes(*largest), human::bytes(*limit))
            }
            Warning::StillDying { ago } => format!("the last of these died {} ago: they may fail again", human::age(*ago)),
            Warning::DiesElsewhere { target, to } if to.is_empty() => {
                format!("what fails again in {target} is lost: its dead letters go nowhere now")
            }
            Warning::DiesElsewhere { target, to } => {
                format!("what fails again in {target} goes to {} now, not here", human::some(to.iter().map(String::as_str), 3))
            }
            Warning::RetentionSoon { left } => format!("the first of these is lost in {}", human::age(*left)),
            Warning::OpenElsewhere { messages, plan } => {
                format!("{} are under way or in doubt in plan {plan} and will be skipped", n(messages))
            }
            Warning::OneKey { messages } => format!("{} have one key: to keep their order they go one after the other", n(messages)),
            Warning::NotOrdered => "order by key is not kept: the config switches it off".into(),
            Warning::FansOut { target, subscribers: 0 } => {
                format!("nobody is subscribed to {target}, which keeps nothing: what is published there is lost")
            }
            Warning::FansOut { target, subscribers } => {
                format!("each of the {subscribers} subscribers of {target} gets every message, not only the one that failed")
            }
            Warning::Partly { read } => format!("only what was read is in it: {read}"),
            Warning::TargetCompacted { target } => format!("{target} is compacted: an old value may take the place of a newer one"),
            Warning::SamePlace => "the target is where they are now".into(),
            Warning::DoubtAsks { target } => format!("after a crash nothing at {target} proves what arrived: you would be asked"),
            Warning::StaysInSource => "the source is append-only: they are marked as done with in the ledger".into(),
            Warning::LedgerOnly => "only the local ledger is known: the config asks for shared marks, which wait for Redis".into(),
            Warning::TraceKept { name } => format!("{name} is a trace header and stays"),
            Warning::Edited { messages, by } => {
                format!("{} with a body edited by {by}: the copies in the ledger are the originals", n(messages))
            }
            Warning::EditBreaks { message, what } => format!("{message} as edited: {what}"),
            Warning::NothingToUndo { messages } => format!("{} left out: nothing to undo", n(messages)),
            Warning::Carried { messages } => format!("{} published and taken out as one act of the broker", are(messages, "is", "are")),
            Warning::MovedAsTheyAre { messages } => format!("{} moved by the broker itself, unchanged", are(messages, "is", "are")),
            Warning::NoCopy { messages } => {
                format!("{} have no copy: the broker does not show all of them, so what goes wrong cannot be put back", n(messages))
            }
            Warning::Loses { what, messages } => format!("{} {what}", are(messages, "loses", "lose")),
            Warning::NoWayBack { why, messages } => format!("{} could not be put back by an undo: {why}", n(messages)),
            Warning::WillBeRefused { why, messages } => format!("{} will be refused: {why}", n(messages)),
            Warning::StillParked { at, messages } => {
                format!("{} were moved to {at} when they were parked: restoring takes nothing out there", n(messages))
            }
            Warning::NewSeat { messages: 1 } => "1 left its source: its copy is published anew, at the end".into(),
            Warning::NewSeat { messages } => format!("{} left their source: their copies are published anew, at the end", n(messages)),
        }
    }
}
