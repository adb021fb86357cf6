//! The causes of a queue with all that the ledger and the config know of them; what both faces call.

use std::collections::BTreeMap;

use super::{CausesAsk, Knowledge, Progress, Reading, go_on};
use crate::broker::{Broker, Error, ErrorKind};
use crate::config::Context;
use crate::schema::Declared;
use crate::triage::group::Cause;
use crate::triage::ledger::{LedgerError, TriageLedger};
use crate::triage::report::Resolved;
use crate::triage::rules::{Hand, Rules};
use crate::triage::survey;

/// What the ledger knows of one queue, read before the queue is.
pub struct Known {
    /// What is done with at this queue.
    pub resolved: Resolved,
    /// Categories set by hand, by fingerprint.
    pub hands: BTreeMap<String, Hand>,
    pub rules: Rules,
}

impl Known {
    /// Asks the ledger and the config; the broker only for its id of the queue.
    pub async fn of(broker: &dyn Broker, ask: &CausesAsk, context: &Context, ledger: &TriageLedger) -> Result<Self, Error> {
        let unread = |e: LedgerError| Error::new(ErrorKind::Unexpected, "read the ledger", e.to_string()).about(&ask.dlq);
        let resolved = ledger.resolved(ask.dlq.clone(), survey::id(broker, &ask.dlq).await).await.map_err(unread)?;
        let marks = ledger.categories(ask.dlq.clone()).await.map_err(unread)?;
        let set = marks.into_values().filter(|m| !m.value.is_empty());
        let hands = set.map(|m| (m.subject, Hand { category: m.value, actor: m.actor, when: m.at })).collect();
        Ok(Self { resolved, hands, rules: Rules::of(context, &ask.dlq.name) })
    }

    /// The causes of a reading, named and categorised; worst first as the faces show them.
    pub fn causes(&self, reading: &Reading) -> Vec<Cause> {
        reading.grouping.causes(&self.rules, &self.hands)
    }
}

/// Reads a queue (or goes on with a reading) and says its causes. Dropping the future cancels it.
pub async fn causes(
    broker: &dyn Broker,
    ask: &CausesAsk,
    context: &Context,
    declared: &Declared,
    ledger: &TriageLedger,
    before: Option<Reading>,
    say: &(dyn Fn(Progress) + Sync),
) -> Result<(Vec<Cause>, Reading), Error> {
    let known = Known::of(broker, ask, context, ledger).await?;
    let facts = Knowledge { declared, resolved: &known.resolved, ledger: Some(ledger) };
    let mut reading = before.unwrap_or_else(|| Reading::new(ask));
    go_on(broker, ask, facts, &mut reading, say).await?;
    Ok((known.causes(&reading), reading))
}
