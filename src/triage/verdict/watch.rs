//! Following a replayed plan: looks again and again at what became of it, until all is known or its window is over.

use std::time::{Duration, SystemTime};

use super::{Look, follow};
use crate::broker::Brokers;
use crate::config::Context;
use crate::config::model::ReplaySettings;
use crate::triage::ledger::{LedgerError, TriageLedger};
use crate::triage::plan::PlanId;
use crate::triage::report::{Level, Line};

/// Waits before a look, in seconds; the last one is that of all that follow.
const WAITS: [u64; 9] = [2, 5, 15, 30, 60, 60, 60, 120, 300];

/// The looks at one plan.
pub struct Watch<'a> {
    plan: &'a PlanId,
    brokers: &'a Brokers,
    ledger: &'a TriageLedger,
    context: &'a Context,
    settings: &'a ReplaySettings,
    looks: usize,
    trouble: Vec<String>,
    end: Option<SystemTime>,
    over: bool,
}

impl<'a> Watch<'a> {
    /// Nothing was looked at yet.
    pub fn new(
        plan: &'a PlanId,
        brokers: &'a Brokers,
        ledger: &'a TriageLedger,
        context: &'a Context,
        settings: &'a ReplaySettings,
    ) -> Self {
        Self { plan, brokers, ledger, context, settings, looks: 0, trouble: Vec::new(), end: None, over: false }
    }

    /// Waits for the time of the next look and looks; `None`: there is nothing more to wait for. The last look is the first after the
    /// proof window's end.
    pub async fn next(&mut self) -> Result<Option<Look>, LedgerError> {
        if self.over {
            return Ok(None);
        }
        let mut wait = Duration::from_secs(WAITS[self.looks.min(WAITS.len() - 1)]);
        self.looks += 1;
        if let Some(left) = self.end.and_then(|end| end.duration_since(SystemTime::now()).ok()) {
            wait = wait.min(left + Duration::from_millis(100));
        }
        tokio::time::sleep(wait).await;
        let begun = SystemTime::now();
        let mut look = follow(self.plan, self.brokers, self.ledger, self.context, self.settings).await?;
        // the same trouble is said once
        if look.trouble != self.trouble {
            self.trouble.clone_from(&look.trouble);
            let words = |t: &String| Line { at: begun, level: Level::Watch, about: None, words: format!("no verdict from {t}") };
            look.lines.extend(self.trouble.iter().map(words));
        }
        self.over = look.is_over(begun);
        if let Some(words) = look.silence().filter(|_| self.over) {
            let words = format!("{words}; its time is over, nothing more is waited for");
            look.lines.push(Line { at: begun, level: Level::Watch, about: None, words });
        }
        self.end = look.until;
        Ok(Some(look))
    }
}
