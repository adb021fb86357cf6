//! Did it come back? After a replay: verified by evidence, no word yet, or came back.

mod evidence;
mod follow;
mod watch;

pub use evidence::{gather, window};
pub use follow::follow;
pub use watch::Watch;

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use crate::model::{Address, MessageId, Seat};
use crate::triage::plan::PlanId;
use crate::triage::report::{Counts, Line};

/// A replayed message whose fate is to be known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// Its number in the plan.
    pub n: u32,
    /// What it carries on the wire.
    pub replay_id: String,
    pub id: MessageId,
    /// The id was sent with it, not derived from a position: only such an id is a proof elsewhere.
    pub own_id: bool,
    /// Where it was dead.
    pub from: Seat,
    pub to: Address,
    /// Where it sits now, where the broker told.
    pub seat: Option<Seat>,
    pub at: SystemTime,
    /// The group that failed it, where the dead letter told.
    pub failed_by: Option<String>,
}

/// How far a group was in one partition when it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    pub next: i64,
    /// It commits by the clock: that proves reading, not handling.
    pub by_clock: bool,
}

/// What was seen on the brokers. Commits are read before the dead-letter queues: what failed before its commit is there by then.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    /// By group, destination and partition.
    pub commits: BTreeMap<(String, Address, i32), Commit>,
    /// Dead letters with a replay id, by that id.
    pub marked: BTreeMap<String, (Address, Seat)>,
    /// Dead letters by their own id, that were not there before.
    pub ids: BTreeMap<MessageId, (Address, Seat)>,
    /// Every dead-letter queue was read to its end. Without that nothing is verified.
    pub looked: bool,
    /// What could not be had, in words.
    pub trouble: Vec<String>,
}

/// What became of a replayed message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The group that failed it has committed past it and it is in no dead-letter queue.
    Verified {
        group: String,
        /// That group commits by the clock: `passed by automatic commit`.
        by_clock: bool,
    },
    /// No evidence so far.
    NoWordYet {
        /// Silence means something only from then on.
        until: SystemTime,
        why: Silence,
    },
    /// It is dead again.
    CameBack { dlq: Address, seat: Seat },
}

/// Why there is no evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Silence {
    /// The group has not come to it yet.
    NotReached,
    /// Nobody knows which group failed it.
    NoGroup,
    /// The group has no commit there, or its commits could not be read.
    NoCommit,
    /// The broker did not say where the message went.
    NoSeat,
    /// A dead-letter queue was not read to its end.
    NotLooked,
}

impl Silence {
    /// Why, in words.
    pub fn words(self) -> &'static str {
        match self {
            Silence::NotReached => "the group has not come to it yet",
            Silence::NoGroup => "it is not known which group failed it",
            Silence::NoCommit => "the group shows no commit there",
            Silence::NoSeat => "the broker did not say where it went",
            Silence::NotLooked => "its dead-letter queue could not be read to the end",
        }
    }
}

/// What one look at a plan's messages gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    pub plan: PlanId,
    /// Of the whole plan, verdicts included.
    pub counts: Counts,
    /// What is new; may hold names of brokers: show it escaped.
    pub lines: Vec<Line>,
    /// Messages without a word, by why.
    pub silent: BTreeMap<Silence, u64>,
    /// When the last of their windows ends; `None`: there is a word of each.
    pub until: Option<SystemTime>,
    /// What could not be had, in words.
    pub trouble: Vec<String>,
}

impl Default for Look {
    fn default() -> Self {
        let plan = PlanId(String::new());
        Self { plan, counts: Counts::default(), lines: Vec::new(), silent: BTreeMap::new(), until: None, trouble: Vec::new() }
    }
}

impl Verdict {
    /// The word of code, JSON and screen.
    pub fn word(&self) -> &'static str {
        match self {
            Verdict::Verified { .. } => "verified",
            Verdict::NoWordYet { .. } => "no_word_yet",
            Verdict::CameBack { .. } => "came_back",
        }
    }

    /// The evidence in words; names may hold control characters: show it escaped.
    pub fn words(&self) -> String {
        match self {
            Verdict::Verified { group, by_clock: false } => format!("{group} is past it, and it did not come back"),
            Verdict::Verified { group, by_clock: true } => format!("{group} is past it by automatic commit, and it did not come back"),
            Verdict::CameBack { dlq, seat } => format!("it is in {} again, at {seat}", dlq.name),
            Verdict::NoWordYet { why, .. } => why.words().to_owned(),
        }
    }

    /// Whether nothing further is to be waited for.
    pub fn is_final(&self) -> bool {
        !matches!(self, Verdict::NoWordYet { .. })
    }
}

/// Decides about one message. `window`: how long after the replay silence begins to mean something.
pub fn judge(one: &Replayed, evidence: &Evidence, window: Duration) -> Verdict {
    if let Some((dlq, seat)) = evidence.marked.get(&one.replay_id).or_else(|| evidence.ids.get(&one.id).filter(|_| one.own_id)) {
        return Verdict::CameBack { dlq: dlq.clone(), seat: seat.clone() };
    }
    let until = one.at.checked_add(window).unwrap_or(one.at);
    let silent = |why| Verdict::NoWordYet { until, why };
    let Some(group) = &one.failed_by else { return silent(Silence::NoGroup) };
    let Some(Seat::Offset { partition, offset }) = one.seat else { return silent(Silence::NoSeat) };
    match evidence.commits.get(&(group.clone(), one.to.clone(), partition)) {
        None => silent(Silence::NoCommit),
        Some(commit) if commit.next <= offset => silent(Silence::NotReached),
        Some(_) if !evidence.looked => silent(Silence::NotLooked),
        Some(commit) => Verdict::Verified { group: group.clone(), by_clock: commit.by_clock },
    }
}

/// Whether a canary step may go on: all verified, or the window is over and none came back.
pub fn may_go_on(verdicts: &[Verdict], now: SystemTime) -> bool {
    verdicts.iter().all(|v| match v {
        Verdict::Verified { .. } => true,
        Verdict::CameBack { .. } => false,
        Verdict::NoWordYet { until, why } => now >= *until && *why != Silence::NotLooked,
    })
}

#[cfg(test)]
mod tests;
