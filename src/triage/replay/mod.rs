//! Carrying a plan out: hold, copy, intend, publish and settle, or carry where the broker does both as one act. The only code that writes to a broker.

mod asking;
mod eyes;
mod hidden;
mod moving;
mod pace;
mod pass;
mod publish;
mod queue;
mod reseat;
mod room;
mod run;
mod settle;
mod tell;
mod visit;
mod watching;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::plan::{PlanId, ReplayPlan};
use super::report::{Counts, Ended, Progress, ReplayReport, Wish};
use crate::broker::Writer;
use crate::model::ConnId;

pub use eyes::eyes;
pub use moving::move_all;

/// The writing sides of all connections. All may carry it about; only this folder can use it.
#[derive(Clone, Default)]
pub struct Hands(BTreeMap<ConnId, Arc<dyn Writer>>);

impl Hands {
    /// From the links of a context; connections that may not write are not in it.
    pub fn new(hands: BTreeMap<ConnId, Arc<dyn Writer>>) -> Self {
        Self(hands)
    }

    /// Whether this connection has a hand at all; a read-only switch may still refuse a write.
    pub fn may_write(&self, conn: &ConnId) -> bool {
        self.0.contains_key(conn)
    }

    /// Ends the connections; waits 2 s at most each.
    pub async fn close(&self) -> Vec<crate::broker::Left> {
        futures::future::join_all(self.0.values().map(|hand| hand.close())).await
    }
}

/// Everything that carrying out a plan needs.
#[derive(Clone)]
pub struct Means {
    pub brokers: crate::broker::Brokers,
    pub hands: Hands,
    pub ledger: super::ledger::TriageLedger,
}

/// Carries a plan out, or goes on with it. It is kept in the ledger first if it is not there yet. Dropping the future is like a crash:
/// nothing is lost, and what was under way is in doubt until the next run clears it up.
pub async fn replay(plan: &ReplayPlan, means: &Means, say: &(dyn Fn(Progress) + Sync), wish: watch::Receiver<Wish>) -> ReplayReport {
    run::run(Arc::new(plan.clone()), means, say, wish).await
}

/// Goes on with a plan of the ledger: clears up doubt, takes out what was published and not settled, publishes what is untouched or had failed.
pub async fn resume(id: &PlanId, means: &Means, say: &(dyn Fn(Progress) + Sync), wish: watch::Receiver<Wish>) -> ReplayReport {
    let failed = |why: String| ReplayReport {
        plan: id.clone(),
        ended: Ended::Failed(why),
        counts: Counts::default(),
        took: Duration::ZERO,
        lines: Vec::new(),
    };
    match means.ledger.plan(id.clone()).await {
        Ok(Some(plan)) => run::run(Arc::new(plan), means, say, wish).await,
        Ok(None) => failed(format!("there is no plan {id} in the ledger; `redrive jobs` lists them")),
        Err(e) => failed(e.to_string()),
    }
}

#[cfg(test)]
mod tests;
