//! One run of a plan, from its lease to its last word: clears up, goes step by step, watches after canary steps.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::pace::Pace;
use super::queue::Queue;
use super::tell::Tell;
use super::{Means, watching};
use crate::broker::Error;
use crate::triage::doubt;
use crate::triage::ledger::{LEASE, Lease, LedgerError, Run, TriageLedger};
use crate::triage::plan::{Planned, ReplayPlan, Way};
use crate::triage::report::{Counts, Ended, Level, Outcome, Phase, Progress, ReplayReport, Skip, Wish};

/// Before the source is visited again after trouble; longer each time.
const AGAIN: Duration = Duration::from_millis(500);

/// Why a run goes no further.
#[derive(Debug)]
pub(super) enum Halt {
    Ledger(LedgerError),
    /// The rest stays untouched: why, and what to do next.
    Broke(String),
    Stopped,
    /// Nothing is held any more; goes on when told to.
    Paused,
}

impl From<LedgerError> for Halt {
    fn from(error: LedgerError) -> Self {
        Halt::Ledger(error)
    }
}

/// Everything that a run carries with it.
pub(super) struct Runner<'a> {
    pub plan: Arc<ReplayPlan>,
    pub means: &'a Means,
    pub run: Run,
    pub tell: Tell<'a>,
    pub pace: Pace,
    pub wish: watch::Receiver<Wish>,
    pub queue: Queue,
    /// What came of each message, as far as this run knows.
    pub outcomes: BTreeMap<u32, Outcome>,
    /// Not yet in the ledger.
    pub pending: Vec<(u32, Outcome)>,
    /// What the source said last when it gave nothing.
    pub trouble: Option<Error>,
}

/// Carries the plan out under its lease, with a heartbeat beside it.
pub(super) async fn run(
    plan: Arc<ReplayPlan>,
    means: &Means,
    say: &(dyn Fn(Progress) + Sync),
    wish: watch::Receiver<Wish>,
) -> ReplayReport {
    let mut tell = Tell::new(plan.id.clone(), say);
    count(&mut tell, &plan, &BTreeMap::new());
    tell.now();
    if let Some(why) = plan.blocked() {
        return tell.end(Ended::Failed(why));
    }
    if let Err(e) = means.ledger.save(&plan).await {
        return tell.end(Ended::Failed(e.to_string()));
    }
    let who = format!("{} ({})", plan.ask.by.name, std::process::id());
    let lease = match means.ledger.lease_plan(&plan.id, who).await {
        Err(e) => return tell.end(Ended::Failed(e.to_string())),
        Ok(Err((by, _))) => return tell.end(Ended::Failed(format!("plan {} is being carried out by {by}; watch it there", plan.id))),
        Ok(Ok(lease)) => lease,
    };
    let asked = asked(&plan, &wish);
    tell.asked = asked;
    let run = Run { plan: Arc::clone(&plan), lease: lease.clone() };
    let runner = Runner {
        pace: Pace::new(asked),
        means,
        run,
        tell,
        wish,
        queue: Queue::default(),
        outcomes: BTreeMap::new(),
        pending: Vec::new(),
        trouble: None,
        plan,
    };
    let report = tokio::select! {
        report = runner.whole() => report,
        never = heartbeat(&means.ledger, &lease) => match never {},
    };
    // if this fails the lease runs out by itself
    let _ = means.ledger.release(lease).await;
    report
}

/// The rate that was wished for, else the plan's.
pub(super) fn asked(plan: &ReplayPlan, wish: &watch::Receiver<Wish>) -> Option<f64> {
    match *wish.borrow() {
        Wish::Run { per_second: Some(rate) } => Some(rate),
        _ => plan.ask.pace.per_second,
    }
}

/// Keeps the lease alive through long waits. A lost lease shows at the next step, which then writes and publishes nothing.
async fn heartbeat(ledger: &TriageLedger, lease: &Lease) -> std::convert::Infallible {
    loop {
        tokio::time::sleep(LEASE / 4).await;
        let _ = ledger.keep(lease).await;
    }
}

/// Sets the counts from what is known.
fn count(tell: &mut Tell<'_>, plan: &ReplayPlan, outcomes: &BTreeMap<u32, Outcome>) {
    let Counts { verified, came_back, .. } = tell.counts;
    tell.counts = Counts { verified, came_back, ..Counts::default() };
    for item in &plan.items {
        match (&item.way, outcomes.get(&item.n)) {
            (Way::LeftOut(_), _) => tell.counts.left_out += 1,
            (_, outcome) => tell.counts.add(outcome.unwrap_or(&Outcome::Untouched)),
        }
    }
}

impl Runner<'_> {
    async fn whole(mut self) -> ReplayReport {
        let ended = match self.inner().await {
            Ok(()) => Ended::Finished,
            Err(Halt::Stopped | Halt::Paused) => Ended::Stopped,
            Err(Halt::Broke(why)) => Ended::Broke(why),
            Err(Halt::Ledger(e)) => {
                // done, perhaps, but not on record: to the next run it is in doubt, so it is to this one
                for (n, outcome) in std::mem::take(&mut self.pending) {
                    let unsure = Outcome::InDoubt { why: "done, but the ledger could not take it".into() };
                    if self.outcomes.insert(n, unsure.clone()).is_some() {
                        self.tell.counts.take(&outcome);
                        self.tell.counts.add(&unsure);
                    }
                }
                Ended::Failed(e.to_string())
            }
        };
        if !matches!(ended, Ended::Failed(_)) {
            let how = match &ended {
                Ended::Finished => "finished".to_owned(),
                Ended::Stopped => "stopped".to_owned(),
                Ended::Broke(why) | Ended::Failed(why) => why.clone(),
            };
            if let Err(e) = self.means.ledger.run_mark(&self.run, false, how).await {
                self.tell.line(Level::Bad, None, e.to_string());
            }
        }
        self.tell.end(ended)
    }

    async fn inner(&mut self) -> Result<(), Halt> {
        self.means.ledger.run_mark(&self.run, true, String::new()).await?;
        if let Some(row) = self.means.ledger.plan_row(self.plan.id.clone()).await? {
            self.tell.counts = Counts { verified: row.counts.verified, came_back: row.counts.came_back, ..self.tell.counts };
        }
        self.clear_up().await?;
        self.settle_earlier().await?;
        // what doubt gives back, and what waited behind it, goes in a second pass; a third finds the same trouble again
        let mut result = self.pass(true).await;
        for _ in 0..2 {
            let before = self.tell.counts.in_doubt;
            if before == 0 {
                break;
            }
            self.clear_up().await?;
            if result.is_err() || self.tell.counts.in_doubt == before {
                break;
            }
            result = self.pass(false).await;
        }
        result
    }

    /// Clears up what is open, and takes over what the ledger then knows.
    async fn clear_up(&mut self) -> Result<(), Halt> {
        let before = self.tell.phase;
        let open = self.means.ledger.outcomes(self.plan.id.clone()).await?;
        if open.values().any(|o| matches!(o, Outcome::InDoubt { .. })) {
            self.tell.phase(Phase::ClearingUp);
            let left = doubt::clear_held(&self.plan, &self.run.lease, &self.means.brokers, &self.means.ledger).await?;
            for doubtful in &left {
                if let doubt::Finding::Ask(why) = &doubtful.finding {
                    self.tell.line(
                        Level::Bad,
                        Some((doubtful.id.clone(), doubtful.seat.clone())),
                        format!("in doubt: {why}; look for {}", doubtful.replay_id),
                    );
                }
            }
            self.outcomes = self.means.ledger.outcomes(self.plan.id.clone()).await?;
        } else {
            self.outcomes = open;
        }
        count(&mut self.tell, &self.plan, &self.outcomes);
        self.tell.phase(before);
        self.tell.now();
        Ok(())
    }

    /// One way through all that is to be done. Failed ones are tried again only at the start of a run.
    async fn pass(&mut self, failed_too: bool) -> Result<(), Halt> {
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
            let watched = if step < of { Some(watching::ends(&self.plan, &self.means.brokers).await) } else { None };
            let members: BTreeSet<u32> = self.queue.first(size).into_iter().collect();
            self.carry(&members).await?;
            if let Some(ends) = watched {
                self.judge(&members, step, of, ends).await?;
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
            if idle > 2 {
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
    async fn judge(&mut self, members: &BTreeSet<u32>, step: usize, of: usize, ends: watching::SourceEnds) -> Result<(), Halt> {
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
        match watching::came_back(&self.plan, &self.means.brokers, ends).await {
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

    /// Takes note of an outcome: counted and said at once, in the ledger with the next step. Those it holds back are noted too.
    pub fn note(&mut self, n: u32, outcome: Outcome) {
        let mut all = vec![(n, outcome.clone())];
        all.extend(self.queue.done(n, &outcome).into_iter().map(|n| (n, Outcome::Skipped(Skip::AfterFailed))));
        for (n, outcome) in all {
            let before = self.outcomes.insert(n, outcome.clone()).unwrap_or(Outcome::Untouched);
            if let Some(item) = self.plan.item(n) {
                self.tell.outcome(item, &before, &outcome);
            }
            self.pending.push((n, outcome));
        }
    }

    /// Writes what is pending.
    pub async fn flush_marks(&mut self) -> Result<(), Halt> {
        if !self.pending.is_empty() {
            self.means.ledger.step(&self.run, self.pending.clone(), Vec::new()).await?;
            self.pending.clear();
        }
        Ok(())
    }
}

/// Ends when the wish is to stop; never otherwise.
async fn stop_wish(wish: &mut watch::Receiver<Wish>) {
    if wish.wait_for(|w| *w == Wish::Stop).await.is_err() {
        std::future::pending::<()>().await;
    }
}
