//! After messages were done with: the incidents of causes that have nothing left are resolved, and who heard of them hears that.

use std::time::SystemTime;

use super::escalate::flush;
use crate::broker::{Error, ErrorKind};
use crate::cli::{Desk, say};
use crate::decode::safe;
use crate::model::Address;
use crate::triage::causes::{CausesAsk, Reading, recount};
use crate::triage::escalate::{open_of, resolve_others, resolve_settled};
use crate::triage::ledger::LedgerError;

/// Reads the queue again where that is free; else goes by what was `seen` of it, before a time that is told. Without an open incident nothing is read.
pub async fn close_incidents(desk: &Desk, at: &Address, seen: Option<(&Reading, SystemTime)>) {
    match closed(desk, at, seen).await {
        Ok(0) => {}
        Ok(1) => say("its incident is resolved: nothing of the cause is left"),
        Ok(n) => say(&format!("{n} incidents are resolved: nothing of their causes is left")),
        Err(e) => say(&format!("redrive: whether an incident is resolved was not found out: {}", safe(&e.to_string()))),
    }
}

async fn closed(desk: &Desk, at: &Address, seen: Option<(&Reading, SystemTime)>) -> Result<usize, Error> {
    let kept = |e: LedgerError| Error::new(ErrorKind::Unexpected, "resolve an incident", e.to_string()).about(at);
    let (ledger, context, actor, now) = (&desk.means.ledger, &desk.context, &desk.permit.actor.name, SystemTime::now());
    if open_of(ledger, context, at).await.map_err(kept)?.is_empty() {
        return Ok(0);
    }
    let broker = desk.broker(&at.conn)?;
    let done = if broker.cost(at).await?.leaves.is_empty() {
        let Some((_, reading)) = super::causes::read_at(desk, at.clone(), false).await? else { return Ok(0) };
        resolve_settled(ledger, context, &reading, actor, now).await.map_err(kept)?
    } else {
        let Some((seen, since)) = seen.filter(|(r, _)| r.receipt.is_complete() && !r.kept.is_empty()) else { return Ok(0) };
        let ask = CausesAsk::new(at.clone(), context);
        let left = recount(broker.as_ref(), &ask, context, ledger, &seen.kept, since).await?;
        let reason = format!("all of it that was seen is resolved: {}; not looked at since", seen.receipt);
        resolve_others(ledger, context, at, &left.grouping.unresolved(), &reason, actor, now).await.map_err(kept)?
    };
    if !done.is_empty() {
        let sent = flush(desk).await.map_err(kept)?;
        for (_, target, why) in sent.waiting.iter().chain(&sent.failed) {
            say(&format!("redrive: {} was not told: {}", safe(target), safe(why)));
        }
    }
    Ok(done.len())
}
