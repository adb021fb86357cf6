//! The causes of messages that were read before, as the ledger knows them by now: where a look leaves a trace nobody looks again for that.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::SystemTime;

use super::{CausesAsk, Known, fill_past};
use crate::broker::{Broker, Error, ErrorKind};
use crate::config::Context;
use crate::model::{MessageId, PastKind};
use crate::schema::Seen;
use crate::triage::group::{Cause, Grouping};
use crate::triage::ledger::TriageLedger;
use crate::triage::report::Resolved;

/// What was read before, grouped anew.
#[derive(Debug)]
pub struct Recount {
    pub causes: Vec<Cause>,
    pub grouping: Grouping,
    /// Messages that left since and were put back: they lie where nobody has looked.
    pub back: u64,
}

/// Groups `kept`, which was read before `since`, again: what was done with after that is settled. Looks at no message.
pub async fn recount(
    broker: &dyn Broker,
    ask: &CausesAsk,
    context: &Context,
    ledger: &TriageLedger,
    kept: &[Arc<Seen>],
    since: SystemTime,
) -> Result<Recount, Error> {
    let known = Known::of(broker, ask, context, ledger).await?;
    let mut seen: Vec<Seen> = kept.iter().map(|s| s.as_ref().clone()).collect();
    fill_past(ledger, &mut seen).await.map_err(|e| Error::new(ErrorKind::Unexpected, "read the ledger", e.to_string()).about(&ask.dlq))?;
    let (mut gone, mut back) = (HashMap::<MessageId, Vec<PastKind>>::new(), 0);
    for s in &seen {
        gone.entry(s.id.clone()).or_insert_with(|| {
            let (left, restored) = left_since(s, &known.resolved, since);
            back += restored;
            left
        });
    }
    let mut grouping = Grouping::new(ask.dlq.clone(), ask.with_settled);
    for s in &seen {
        // of twins as many as left
        match gone.get_mut(&s.id).and_then(Vec::pop) {
            Some(how) => grouping.add(s, &Resolved::from_rows([(s.message.seat.clone(), how)])),
            None => grouping.add(s, &known.resolved),
        }
    }
    Ok(Recount { causes: grouping.causes(&known.rules, &known.hands), grouping, back })
}

/// How often a message of this id left its queue after a time, and how; and how many of these were put back.
fn left_since(seen: &Seen, resolved: &Resolved, since: SystemTime) -> (Vec<PastKind>, u64) {
    let (mut left, mut back) = (Vec::new(), 0);
    for past in seen.past.iter().filter(|p| p.when >= since) {
        match past.kind {
            PastKind::Replayed | PastKind::Discarded => left.push(past.kind),
            // a mark: it lies where it lay
            PastKind::Parked if !resolved.contains(&seen.message.seat) => left.push(past.kind),
            PastKind::Restored if left.last() == Some(&PastKind::Parked) => drop(left.pop()),
            PastKind::Restored if !left.is_empty() => back += 1,
            _ => {}
        }
    }
    (left, back)
}
