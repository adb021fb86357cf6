//! What a run says while it goes: counts, rate, time to go, and lines of its log.

use std::collections::VecDeque;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use crate::model::{MessageId, Seat};
use crate::triage::plan::{PlanId, Planned};
use crate::triage::report::{Counts, Ended, Level, Line, Outcome, Phase, Progress, ReplayReport};

/// Lines kept for the last word.
const MOST_LINES: usize = 1_000;
/// The rate is that of this span.
const SPAN: Duration = Duration::from_secs(5);

/// The voice of a run.
pub(super) struct Tell<'a> {
    say: &'a (dyn Fn(Progress) + Sync),
    plan: PlanId,
    began: Instant,
    pub counts: Counts,
    pub phase: Phase,
    pub asked: Option<f64>,
    lines: Vec<Line>,
    fresh: Vec<Line>,
    /// (when, done with by then): for the rate.
    marks: VecDeque<(Instant, u64)>,
}

impl<'a> Tell<'a> {
    pub fn new(plan: PlanId, say: &'a (dyn Fn(Progress) + Sync)) -> Self {
        Self {
            say,
            plan,
            began: Instant::now(),
            counts: Counts::default(),
            phase: Phase::Starting,
            asked: None,
            lines: Vec::new(),
            fresh: Vec::new(),
            marks: VecDeque::new(),
        }
    }

    /// An outcome takes the place of what was known of a message.
    pub fn outcome(&mut self, item: &Planned, before: &Outcome, now: &Outcome) {
        self.counts.take(before);
        self.counts.add(now);
        let level = match now {
            Outcome::Failed { .. } | Outcome::InDoubt { .. } => Level::Bad,
            Outcome::Skipped(_) | Outcome::Unsettled { .. } => Level::Watch,
            Outcome::Replayed { .. } | Outcome::Marked { .. } | Outcome::Untouched => return,
        };
        // what is only waiting to be taken out is no news yet
        if !matches!(now, Outcome::Unsettled { .. }) {
            self.line(level, Some((item.id.clone(), item.seat.clone())), format!("{}: {}", now.word(), now.detail()));
        }
    }

    /// A line of the log.
    pub fn line(&mut self, level: Level, about: Option<(MessageId, Seat)>, words: impl Into<String>) {
        let line = Line { at: SystemTime::now(), level, about, words: words.into() };
        if self.lines.len() < MOST_LINES {
            self.lines.push(line.clone());
        }
        // a batch in which all failed must not flood the screen
        if self.fresh.len() < 256 {
            self.fresh.push(line);
        }
    }

    /// Changes the phase and says so.
    pub fn phase(&mut self, phase: Phase) {
        if self.phase != phase {
            self.phase = phase;
            self.now();
        }
    }

    /// Says how far it is.
    pub fn now(&mut self) {
        let now = Instant::now();
        let done = self.counts.total() - self.counts.untouched;
        // what was done with before this run began is none of its speed
        if !matches!(self.phase, Phase::Starting | Phase::ClearingUp) {
            self.marks.push_back((now, done));
        }
        while self.marks.len() > 2 && self.marks.get(1).is_some_and(|(at, _)| now - *at >= SPAN) {
            self.marks.pop_front();
        }
        let rate = self.marks.front().map_or(0.0, |(at, before)| {
            let span = (now - *at).as_secs_f64();
            if span > 0.0 { done.saturating_sub(*before) as f64 / span } else { 0.0 }
        });
        let speed = self.asked.map_or(rate, |asked| if rate > 0.0 { asked.min(rate) } else { asked });
        let left = (speed > 0.0).then(|| Duration::try_from_secs_f64(self.counts.untouched as f64 / speed).ok()).flatten();
        let lines = std::mem::take(&mut self.fresh);
        let plan = self.plan.clone();
        (self.say)(Progress { plan, at: SystemTime::now(), phase: self.phase, counts: self.counts, asked: self.asked, rate, left, lines });
    }

    /// The last word.
    pub fn end(mut self, ended: Ended) -> ReplayReport {
        self.phase = Phase::Ended;
        if let Ended::Broke(why) | Ended::Failed(why) = &ended {
            self.line(Level::Bad, None, why.clone());
        }
        self.now();
        ReplayReport { plan: self.plan, ended, counts: self.counts, took: self.began.elapsed(), lines: self.lines }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn what_an_earlier_run_did_is_none_of_the_speed_of_this_one() {
        let rates = Mutex::new(Vec::new());
        let say = |progress: Progress| rates.lock().expect("no panic").push((progress.rate, progress.left));
        let mut tell = Tell::new(PlanId("7f3a-19c2".into()), &say);
        tell.phase(Phase::ClearingUp);
        tell.counts = Counts { replayed: 35, untouched: 115, ..Counts::default() };
        tell.phase(Phase::Step { step: 1, of: 1 });
        tell.now();
        assert!(rates.lock().expect("no panic").iter().all(|told| *told == (0.0, None)), "{:?}", rates.lock());
    }
}
