//! One run of a plan, from its lease to its last word: clears up, goes step by step, watches after canary steps.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::sync::watch;
use tokio::time::Instant;

use super::Means;
use super::pace::Pace;
use super::queue::Queue;
use super::reseat::Reseat;
use super::tell::Tell;
use crate::broker::Error;
use crate::triage::doubt;
use crate::triage::ledger::{LEASE, Lease, LedgerError, Run, TriageLedger};
use crate::triage::plan::{ReplayPlan, Way};
use crate::triage::report::{Counts, Ended, Level, Outcome, Phase, Progress, ReplayReport, Skip, Wish};

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
    /// In doubt, and sent again by this run until then: afterwards the target would deliver it a second time. Done once it is answered for.
    pub again: BTreeMap<u32, Instant>,
    /// What the source said last when it gave nothing.
    pub trouble: Option<Error>,
    /// What giving back would have destroyed, on its way through this run.
    pub reseat: Option<Reseat>,
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
        again: BTreeMap::new(),
        trouble: None,
        reseat: None,
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
        self.doubt_again();
        if let Some(reseat) = self.reseat.take() {
            reseat.end().await;
        }
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
        self.await_hidden().await?;
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
            self.take_over().await;
            let left = doubt::clear_held(&self.plan, &self.run.lease, &self.means.brokers, &self.means.ledger, true).await?;
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
            self.again.clear();
            for doubtful in &left {
                if let doubt::Finding::Again(time) = doubtful.finding {
                    self.again.insert(doubtful.n, Instant::now() + time);
                    self.outcomes.insert(doubtful.n, Outcome::Untouched);
                }
            }
        } else {
            self.outcomes = open;
        }
        count(&mut self.tell, &self.plan, &self.outcomes);
        self.tell.phase(before);
        self.tell.now();
        Ok(())
    }

    /// Where nothing is left to publish, nobody else would end what the run before left open at a target; what cannot be ended stays in doubt.
    async fn take_over(&mut self) {
        let conns: BTreeSet<_> = self.plan.targets.iter().map(|t| &t.at.conn).collect();
        for hand in conns.into_iter().filter_map(|conn| self.means.hands.0.get(conn)) {
            if let Err(e) = hand.take_over(&self.plan.id.0).await {
                self.tell.line(Level::Watch, None, e.to_string());
            }
        }
    }

    /// Takes note of an outcome: counted and said at once, in the ledger with the next step. Those it holds back are noted too.
    pub fn note(&mut self, n: u32, outcome: Outcome) {
        let mut all = vec![(n, outcome.clone())];
        all.extend(self.queue.done(n, &outcome).into_iter().map(|n| (n, Outcome::Skipped(Skip::AfterFailed))));
        for (n, mut outcome) in all {
            if self.again.remove(&n).is_some() && matches!(outcome, Outcome::Failed { .. } | Outcome::Skipped(_)) {
                // that it did not go now says nothing of the first time
                outcome = Outcome::InDoubt { why: format!("perhaps sent before, and not now: {}", outcome.detail()) };
            }
            let before = self.outcomes.insert(n, outcome.clone()).unwrap_or(Outcome::Untouched);
            if let Some(item) = self.plan.item(n) {
                self.tell.outcome(item, &before, &outcome);
            }
            self.pending.push((n, outcome));
        }
    }

    /// What was to be sent again and was not is in doubt as before; the ledger never had it as anything else.
    fn doubt_again(&mut self) {
        let left = std::mem::take(&mut self.again);
        let Some(first) = left.values().min() else { return };
        let why = doubt::delivered_once(first.saturating_duration_since(Instant::now()));
        let unsure = Outcome::InDoubt { why: why.clone() };
        for n in left.keys() {
            let before = self.outcomes.insert(*n, unsure.clone()).unwrap_or(Outcome::Untouched);
            self.tell.counts.take(&before);
            self.tell.counts.add(&unsure);
        }
        self.tell.line(Level::Bad, None, format!("{} in doubt: {why}", left.len()));
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
