//! One way through a plan: step by step, visiting until each message has its outcome, watching after canary steps.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::queue::Queue;
use super::run::{Halt, Runner};
use super::watching;
use crate::broker::ErrorKind;
use crate::triage::plan::{Planned, Way};
use crate::triage::report::{Level, Outcome, Phase, Skip, Wish};

/// Before the source is visited again after trouble; longer each time.
const AGAIN: Duration = Duration::from_millis(500);

impl Runner<'_> {
    /// One way through all that is to be done. Failed ones are tried again only at the start of a run.
    pub(super) async fn pass(&mut self, failed_too: bool) -> Result<(), Halt> {
        self.fill_queue(failed_too);
        for n in self.queue.blocked() {
            if self.outcomes.get(&n) != Some(&Outcome::Skipped(Skip::AfterFailed)) {
                self.note(n, Outcome::Skipped(Skip::AfterFailed));
            }
        }
        let steps = self.steps();
        for (i, size) in steps.iter().copied().enumerate() {
            let (step, of) = (i + 1, steps.len());
            self.tell.phase(Phase::Step { step, of });
            let watched = if step < of { Some(watching::before(&self.plan, &self.means.brokers).await) } else { None };
            let members: BTreeSet<u32> = self.queue.first(size).into_iter().collect();
            self.carry(&members).await?;
            if let Some(before) = watched {
                self.judge(&members, step, of, before).await?;
            }
        }
        self.flush_marks().await
    }

    fn fill_queue(&mut self, failed_too: bool) {
        let again = |outcome: Option<&Outcome>| match outcome {
            None | Some(Outcome::Untouched | Outcome::Skipped(Skip::AfterFailed)) => true,
            Some(Outcome::Failed { .. } | Outcome::Skipped(Skip::OpenElsewhere { .. })) => failed_too,
            Some(_) => false,
        };
        let mut stopped = HashSet::new();
        let mut todo: Vec<&Planned> = Vec::new();
        for item in self.plan.items.iter().filter(|i| !matches!(i.way, Way::LeftOut(_))) {
            let outcome = self.outcomes.get(&item.n);
            if again(outcome) {
                todo.push(item);
            } else if let (Some(key), true) = (item.order, outcome.is_some_and(Outcome::stops_its_key)) {
                stopped.insert(key);
            }
        }
        self.queue = Queue::new(todo, stopped);
    }

    /// Sizes of the steps; canary steps are not gone through again once so many are done.
    fn steps(&self) -> Vec<usize> {
        let left = self.queue.first(usize::MAX).len();
        let canary: u64 = self.plan.ask.pace.canary.iter().map(|c| u64::from(*c)).sum();
        if left > 0 && self.tell.counts.done() >= canary { vec![left] } else { self.plan.steps(left) }
    }

    /// Visits the source until every message of the step has its outcome.
    async fn carry(&mut self, members: &BTreeSet<u32>) -> Result<(), Halt> {
        let mut heads_only = false;
        let mut idle = 0;
        loop {
            let mut want = if heads_only { self.queue.heads(usize::MAX) } else { self.queue.first(usize::MAX) };
            want.retain(|n| members.contains(n));
            if want.is_empty() {
                return Ok(());
            }
            let waiting = |queue: &Queue| members.iter().filter(|n| queue.waits(**n)).count();
            let before = waiting(&self.queue);
            match self.visit(want).await {
                Ok(()) => {}
                Err(Halt::Paused) => {
                    self.wait_while_paused().await?;
                    continue;
                }
                Err(halt) => return Err(halt),
            }
            let stood_still = waiting(&self.queue) == before;
            // the source may give them in another order than the plan's: then only those that may go at once are asked for
            heads_only = stood_still;
            idle = if stood_still { idle + 1 } else { 0 };
            // the hold has waited for what others have as long as that is of use
            let in_other_hands = self.trouble.as_ref().is_some_and(|e| e.kind == ErrorKind::Busy);
            if idle > 2 || in_other_hands {
                let from = self.plan.ask.from.at();
                let why =
                    self.trouble.take().map_or_else(|| format!("{from} gives nothing of what was planned; plan anew"), |e| e.to_string());
                return Err(Halt::Broke(format!("{why}; the rest is untouched, resume when that is mended")));
            }
            if stood_still && self.trouble.is_some() {
                tokio::time::sleep(AGAIN * idle).await;
            }
        }
    }

    async fn wait_while_paused(&mut self) -> Result<(), Halt> {
        let phase = self.tell.phase;
        self.tell.phase(Phase::Paused);
        loop {
            let wish = *self.wish.borrow_and_update();
            match wish {
                Wish::Run { .. } => break,
                Wish::Stop => return Err(Halt::Stopped),
                // whoever could tell it to go on is gone
                Wish::Pause if self.wish.changed().await.is_err() => return Err(Halt::Stopped),
                Wish::Pause => {}
            }
        }
        self.tell.phase(phase);
        Ok(())
    }

    /// After a canary step: nothing may have failed, and nothing may come back while it is watched.
    async fn judge(&mut self, members: &BTreeSet<u32>, step: usize, of: usize, before: watching::Before) -> Result<(), Halt> {
        let bad = members.iter().filter(|n| matches!(self.outcomes.get(n), Some(Outcome::Failed { .. } | Outcome::InDoubt { .. }))).count();
        if bad > 0 {
            return Err(Halt::Broke(format!("{bad} of the {} of canary step {step} failed; the rest is untouched", members.len())));
        }
        self.tell.phase(Phase::Watching { step, of });
        let wait = self.plan.ask.pace.watch;
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = stop_wish(&mut self.wish) => return Err(Halt::Stopped),
        }
        let left = members.iter().copied().filter(|n| matches!(self.outcomes.get(n), Some(Outcome::Replayed { .. }))).collect();
        match watching::came_back(&self.plan, &self.means.brokers, before, &left).await {
            Ok(back) if back.is_empty() => {
                self.tell.line(Level::Ok, None, format!("canary {}: none came back within {}s", members.len(), wait.as_secs()));
                Ok(())
            }
            Ok(back) => {
                let n = back.len();
                let found = back.into_iter().map(|n| (n, crate::triage::ledger::Verdict::CameBack)).collect();
                self.means.ledger.verdicts(Arc::clone(&self.plan), found).await?;
                self.tell.counts.came_back += n as u64;
                Err(Halt::Broke(format!("{n} came back after canary step {step}; the rest is untouched")))
            }
            Err(why) => {
                self.tell.line(Level::Watch, None, format!("canary {}: whether one came back is not known: {why}", members.len()));
                Ok(())
            }
        }
    }
}

/// Ends when the wish is to stop; never otherwise.
pub(super) async fn stop_wish(wish: &mut watch::Receiver<Wish>) {
    if wish.wait_for(|w| *w == Wish::Stop).await.is_err() {
        std::future::pending::<()>().await;
    }
}
