//! What a running plan says, what it can be told, and its last word.

use std::time::{Duration, SystemTime};

use super::Counts;
use crate::model::{MessageId, Seat};
use crate::triage::plan::PlanId;

/// What a running plan is told; it acts between batches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wish {
    /// Go on, at this rate; `None`: the plan's own.
    Run { per_second: Option<f64> },
    /// Hold nothing and wait.
    Pause,
    /// End here; the rest stays untouched and can be resumed.
    Stop,
}

/// What a plan is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Takes the lease and clears up what an earlier run left open.
    Starting,
    /// Carries out step `of` steps (canary steps and the rest), from 1.
    Step {
        step: usize,
        of: usize,
    },
    /// Waits after a canary step, to see whether messages come back.
    Watching {
        step: usize,
        of: usize,
    },
    Paused,
    /// Clears up what is in doubt.
    ClearingUp,
    Ended,
}

/// How bad a line of the log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Ok,
    Watch,
    Bad,
}

/// One line of a run's log.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub at: SystemTime,
    pub level: Level,
    /// The message it is about, if one.
    pub about: Option<(MessageId, Seat)>,
    /// May hold a broker's words: show it escaped.
    pub words: String,
}

/// How far a running plan is. Said once a batch and at each change of phase.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    pub plan: PlanId,
    pub at: SystemTime,
    pub phase: Phase,
    /// Over the whole plan, earlier runs included.
    pub counts: Counts,
    /// Messages a second that were asked for; `None`: as fast as confirmations come.
    pub asked: Option<f64>,
    /// Messages a second over the last seconds.
    pub rate: f64,
    /// Estimate of the time to go at this rate.
    pub left: Option<Duration>,
    /// What happened since the last word.
    pub lines: Vec<Line>,
}

/// Why a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Every message has its outcome.
    Finished,
    /// Told to stop.
    Stopped,
    /// A canary came back, or too much failed: the rest is untouched.
    Broke(String),
    /// It could not begin, or had to end: why, and what to do next.
    Failed(String),
}

/// A run's last word.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplayReport {
    pub plan: PlanId,
    pub ended: Ended,
    /// Over the whole plan, earlier runs included.
    pub counts: Counts,
    pub took: Duration,
    /// What failed, was skipped or is in doubt: the first 1,000.
    pub lines: Vec<Line>,
}

impl ReplayReport {
    /// 0 all, 1 nothing done or failed, 3 partly, 4 in doubt.
    pub fn exit_code(&self) -> i32 {
        self.counts.exit_code()
    }
}
