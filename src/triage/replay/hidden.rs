//! Before a resume takes anything in hand: what the run before it had is waited for, where the broker hides that for a while.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::pass::stop_wish;
use super::run::{Halt, Runner};
use crate::broker::Trace;
use crate::decode::human;
use crate::triage::plan::Source;
use crate::triage::report::Level;

/// Longest wait for what is hidden; beyond it the run ends and says until when.
const LONGEST_HIDDEN: Duration = Duration::from_secs(120);

impl Runner<'_> {
    /// What a run that was cut off had in hand stays hidden where looks hide: it is waited for, because what is not shown looks as if it were gone.
    pub(super) async fn await_hidden(&mut self) -> Result<(), Halt> {
        let plan = Arc::clone(&self.plan);
        let from = plan.ask.from.at();
        let (Some(cut), Source::Queue(_), false) = (self.run.lease.cut_off, &plan.ask.from, cfg!(test)) else { return Ok(()) };
        let Some(broker) = self.means.brokers.get(&from.conn) else { return Ok(()) };
        let cost = self.ask("nothing more was touched", || broker.cost(from)).await?;
        let hides = cost.leaves.iter().filter_map(|t| if let Trace::Hides(d) = t { Some(*d) } else { None }).max().unwrap_or_default();
        let wait = (cut + hides).duration_since(SystemTime::now()).unwrap_or_default();
        if wait.is_zero() {
            return Ok(());
        }
        let words = format!("what the run that was cut off had in hand is hidden for up to {} more", human::age(wait));
        if wait > LONGEST_HIDDEN {
            return Err(Halt::Broke(format!("{words}; the rest is untouched, resume then")));
        }
        self.tell.line(Level::Watch, None, format!("{words}: waiting for it"));
        self.tell.now();
        tokio::select! {
            () = tokio::time::sleep(wait) => Ok(()),
            () = stop_wish(&mut self.wish) => Err(Halt::Stopped),
        }
    }
}
