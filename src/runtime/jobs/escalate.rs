//! Jobs that tell people: what an escalation would say and to whom, and the escalation itself through the ledger's outbox.

use std::time::SystemTime;

use crate::app::effect::{CausesRead, News};
use crate::broker::{Error, ErrorKind, Result};
use crate::decode::human;
use crate::model::Address;
use crate::runtime::{Out, Rooms};
use crate::triage::causes::{Reading, Recount};
use crate::triage::escalate::{Ask, Outbox, Told, dedup_key, draft, escalate as tell, resolve_others, resolve_settled};
use crate::triage::group::Cause;
use crate::triage::ledger::LedgerError;

fn ask<'a>(at: &'a Address, cause: &'a Cause, rooms: &'a Rooms) -> Ask<'a> {
    let actor = rooms.permit.actor.name.as_str();
    Ask { config: &rooms.config, context: &rooms.context, dlq: at, cause, actor, reason: None, now: SystemTime::now() }
}

fn kept(at: &Address, error: &LedgerError) -> Error {
    Error::new(ErrorKind::Unexpected, "escalate", error.to_string()).about(at)
}

/// What would be told, and whom; nothing is sent.
pub async fn incident(at: &Address, cause: &Cause, rooms: &Rooms, out: &Out) -> Result<()> {
    let key = dedup_key(&rooms.context.name, at, &cause.fingerprint.hex());
    let known = rooms.ledger.incident_of(key).await.map_err(|e| kept(at, &e))?;
    let told = draft(ask(at, cause, rooms), known.as_ref());
    out.tell(News::Incident(lines(&told))).await;
    Ok(())
}

fn lines(told: &Told) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let mut add = |name: &str, value: String| out.push((name.to_owned(), value));
    if told.receivers.is_empty() {
        add("receivers", "none: no target is configured for this severity, it is kept in the ledger only".into());
    }
    for r in &told.receivers {
        let after = if r.after.is_zero() { "at once".to_owned() } else { format!("after {} unacknowledged", human::age(r.after)) };
        let trouble = r.trouble.as_ref().map_or(String::new(), |t| format!(": cannot be told, {t}"));
        add("receivers", format!("{} ({}) {after}{trouble}", r.target, r.kind));
    }
    add("severity", told.alarm.severity.clone());
    add(
        "open",
        told.open.as_ref().map_or("nothing: it opens one incident".into(), |i| format!("{}, this updates it: still one incident", i.state)),
    );
    add("key", told.alarm.dedup_key.clone());
    for (i, line) in told.alarm.text.lines().enumerate() {
        add(if i == 0 { "text" } else { "" }, line.to_owned());
    }
    out
}

/// Opens or updates the incident of a cause, then sends what is due. What cannot be sent now waits in the ledger.
pub async fn escalate(at: &Address, cause: &Cause, rooms: &Rooms, out: &Out) -> Result<()> {
    let told = tell(&rooms.ledger, ask(at, cause, rooms)).await.map_err(|e| kept(at, &e))?;
    let sent = Outbox::new(rooms.ledger.clone(), &rooms.config).deliver().await.map_err(|e| kept(at, &e))?;
    let word = match (told.receivers.len(), sent.sent.len()) {
        (0, _) => "escalated in the ledger only: no target is configured".to_owned(),
        (_, n) if sent.is_trouble() => {
            format!("escalated; {n} told, {} not yet: tried again by itself", sent.waiting.len() + sent.failed.len())
        }
        (_, n) => format!("escalated; {n} told"),
    };
    out.tell(News::Done(word)).await;
    Ok(())
}

/// Resolves the incidents of causes of which a complete reading found nothing left, and sends that; how many.
pub async fn settled(reading: &Reading, rooms: &Rooms) -> std::result::Result<usize, LedgerError> {
    let actor = &rooms.permit.actor.name;
    let done = resolve_settled(&rooms.ledger, &rooms.context, reading, actor, SystemTime::now()).await?;
    tell_of(done.len(), rooms).await
}

/// The same of causes of which all that a complete look saw was done with since: the queue is not looked at again for it.
pub async fn settled_since(at: &Address, before: &CausesRead, since: &Recount, rooms: &Rooms) -> std::result::Result<usize, LedgerError> {
    if !before.complete || since.back > 0 {
        return Ok(0);
    }
    let reason = format!("all of it that was seen is resolved: {}; not looked at since", before.receipt);
    let (actor, now) = (&rooms.permit.actor.name, SystemTime::now());
    let done = resolve_others(&rooms.ledger, &rooms.context, at, &since.grouping.unresolved(), &reason, actor, now).await?;
    tell_of(done.len(), rooms).await
}

/// What cannot be sent now waits in the ledger.
async fn tell_of(closed: usize, rooms: &Rooms) -> std::result::Result<usize, LedgerError> {
    if closed > 0 {
        Outbox::new(rooms.ledger.clone(), &rooms.config).deliver().await?;
    }
    Ok(closed)
}
