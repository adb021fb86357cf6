//! Jobs of the triage room: causes, plans, replays, doubt, and what the ledger tells.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::{mpsc, watch};

use super::escalate;
use crate::app::effect::{CausesRead, Chosen, Doubt, News, Rehearsed};
use crate::broker::{Broker, Error, ErrorKind, PeekRequest, Peeked, Result, Start, Trace};
use crate::model::{Address, Count, Message, Seat};
use crate::runtime::{Out, Rooms};
use crate::schema::Seen;
use crate::triage::causes::{self, CausesAsk, Progress as Read};
use crate::triage::doubt::{Finding, examine, settle_by_hand};
use crate::triage::ledger::LedgerError;
use crate::triage::plan::{PlanId, ReplayPlan, ReplayRequest, Source};
use crate::triage::preflight::freeze;
use crate::triage::prepare::{prepare, prepare_restore, prepare_seen, rehearsed};
use crate::triage::replay::{Means, resume};
use crate::triage::report::{Answer, EntryQuery, Mark, MarkKind, Wish};
use crate::triage::survey;

/// Plans listed at most.
const PLANS: usize = 500;

/// What the ledger could not do, as the screens show it.
fn kept(op: &'static str, error: &LedgerError) -> Error {
    Error::new(ErrorKind::Unexpected, op, error.to_string())
}

/// Reads the dead letters of a queue and groups them.
pub async fn causes(broker: &dyn Broker, at: Address, accept: Vec<Trace>, limit: Option<usize>, rooms: &Rooms, out: &Out) -> Result<()> {
    let claims = claims(&at, rooms).await?;
    let all = CausesAsk::new(at, &rooms.context);
    let ask = CausesAsk { accept, limit: limit.unwrap_or(all.limit), ..all };
    let say = |p: Read| out.hint(News::Reading { read: p.read, of: p.of });
    let (causes, reading) = causes::causes(broker, &ask, &rooms.context, &rooms.declared, &rooms.ledger, None, &say).await?;
    let totals = reading.grouping.totals();
    let closed = escalate::settled(&reading, rooms).await.map_err(|e| kept("resolve an incident", &e))?;
    let read = CausesRead {
        causes,
        receipt: reading.receipt.to_string(),
        complete: reading.receipt.is_complete(),
        read: totals.read,
        shown: totals.shown,
        settled: totals.settled,
        kept: reading.kept,
        claims,
        closed,
        depth: Count::Exact(reading.receipt.passed),
    };
    out.tell(News::Causes(Box::new(read))).await;
    Ok(())
}

/// The causes of what was read before, as the ledger knows it now.
pub async fn recount(broker: &dyn Broker, at: Address, before: &CausesRead, since: SystemTime, rooms: &Rooms, out: &Out) -> Result<()> {
    let claims = claims(&at, rooms).await?;
    let ask = CausesAsk::new(at, &rooms.context);
    let now = causes::recount(broker, &ask, &rooms.context, &rooms.ledger, &before.kept, since).await?;
    let closed = escalate::settled_since(&ask.dlq, before, &now, rooms).await;
    let closed = closed.map_err(|e| kept("resolve an incident", &e))?;
    let totals = now.grouping.totals();
    let complete = before.complete && now.back == 0;
    let read = CausesRead { causes: now.causes, shown: totals.shown, settled: totals.settled, claims, closed, complete, ..before.clone() };
    out.tell(News::Recounted(Box::new(read))).await;
    Ok(())
}

async fn claims(at: &Address, rooms: &Rooms) -> Result<Vec<(Mark, SystemTime)>> {
    let claims = rooms.ledger.marks(at.clone(), MarkKind::Claim).await.map_err(|e| kept("read the ledger", &e))?;
    Ok(last_claims(claims))
}

/// The last claim on each subject, with its end; released ones are left out.
fn last_claims(marks: Vec<Mark>) -> Vec<(Mark, SystemTime)> {
    let mut last: BTreeMap<String, Mark> = BTreeMap::new();
    for mark in marks {
        last.insert(mark.subject.clone(), mark);
    }
    last.into_values()
        .filter_map(|m| {
            let end = UNIX_EPOCH.checked_add(Duration::from_secs(m.value.parse().ok()?))?;
            Some((m, end))
        })
        .collect()
}

/// Plans as the ledger has them.
pub async fn plans(rooms: &Rooms, out: &Out) -> Result<()> {
    let rows = rooms.ledger.plans(PLANS).await.map_err(|e| kept("list plans", &e))?;
    out.tell(News::Plans(rows)).await;
    Ok(())
}

/// Reads what was chosen, looks at the targets, and freezes a plan.
pub async fn draft(broker: &dyn Broker, ask: ReplayRequest, chosen: Chosen, accept: Vec<Trace>, rooms: &Rooms, out: &Out) -> Result<()> {
    let from = ask.from.at().clone();
    let draft = match chosen {
        Chosen::Seen(rows) => prepare_seen(broker, ask, &rows, 0).0,
        Chosen::Seats(seats) => {
            let prepared = prepare(broker, ask, seats, &rooms.declared, accept, 0).await?;
            prepared.draft
        }
        Chosen::Restorable(ids) => {
            let id = survey::id(broker, &from).await;
            let mut rows = rooms.ledger.restorable(from.clone(), id).await.map_err(|e| kept("read the ledger", &e))?;
            rows.retain(|r| ids.is_empty() || ids.contains(&r.id));
            if rows.is_empty() {
                let why = "the ledger has nothing of it that was parked or discarded";
                return Err(Error::new(ErrorKind::NotFound, "restore", why).about(&from));
            }
            prepare_restore(broker, &rooms.ledger, ask, &rows, 0).await.0
        }
    };
    let plan = freeze(draft, &rooms.brokers, &rooms.hands, &rooms.ledger).await;
    let plan = plan.map_err(|e| Error::new(ErrorKind::Invalid, "plan", e.to_string()).about(&from))?;
    out.tell(News::Plan(Arc::new(plan))).await;
    Ok(())
}

/// One message of a plan as it will be on the wire; nothing is written.
pub async fn rehearse(
    broker: &dyn Broker,
    plan: &ReplayPlan,
    index: usize,
    (known, accept): (Option<Arc<Seen>>, Vec<Trace>),
    rooms: &Rooms,
    out: &Out,
) -> Result<()> {
    let from = plan.ask.from.at();
    let none = |why: &str| Error::new(ErrorKind::NotFound, "rehearse", why.to_owned()).about(from);
    let item = plan.items.get(index).ok_or_else(|| none("the plan has no such message"))?;
    let was = match (known, &plan.ask.from) {
        // it left its queue: its copy is what is published
        (_, Source::Ledger(from)) => {
            let copy = rooms.ledger.copy_aside(from.clone(), item.id.clone(), item.seat.clone()).await;
            copy.map_err(|e| kept("read a copy", &e))?.ok_or_else(|| none("the ledger has no copy of it any more"))?.message
        }
        (Some(seen), Source::Queue(_)) => seen.message.as_ref().clone(),
        (None, Source::Queue(from)) => at(broker, from, &item.seat, accept).await?.ok_or_else(|| none("it is no longer at its seat"))?,
    };
    let Some((changes, rehearsal)) = rehearsed(plan, item, &was, &rooms.brokers) else {
        return Err(none("nothing of it is published: a mark in the ledger, or left out"));
    };
    out.tell(News::Rehearsed(Box::new(Rehearsed { index, was, changes, rehearsal }))).await;
    Ok(())
}

/// The message at a seat.
async fn at(broker: &dyn Broker, from: &Address, seat: &Seat, accept: Vec<Trace>) -> Result<Option<Message>> {
    use futures::StreamExt;
    let mut flow = broker.peek(PeekRequest { start: Start::Seat(seat.clone()), accept, ..PeekRequest::new(from.clone(), 1) });
    while let Some(step) = flow.next().await {
        match step? {
            Peeked::Batch(rows) => return Ok(rows.into_iter().find(|m| m.seat == *seat)),
            Peeked::Progress { .. } | Peeked::Doomed(_) => {}
            Peeked::End { .. } => break,
        }
    }
    Ok(None)
}

/// Carries a plan out, or goes on with it, telling each batch.
pub async fn carry(plan: PlanId, rooms: &Rooms, wish: watch::Receiver<Wish>, out: &Out) -> Result<()> {
    let row = rooms.ledger.plan_row(plan.clone()).await.map_err(|e| kept("read the plan", &e))?;
    if let Some(row) = row {
        let queue = row.from.as_ref().or(row.to.first()).map_or("", |a| a.name.as_str());
        let allowed = rooms.permit.allows(row.deed, rooms.context.dead_letters.rules_for(queue));
        allowed.map_err(|why| Error::new(ErrorKind::Denied, row.deed.word(), why))?;
    }
    let means = Means { brokers: rooms.brokers.clone(), hands: rooms.hands.clone(), ledger: rooms.ledger.clone() };
    // The runner's words come by a plain call: they are kept in order and told from here.
    let (said, mut words) = mpsc::unbounded_channel();
    let say = move |p| {
        let _ = said.send(p);
    };
    let run = resume(&plan, &means, &say, wish);
    tokio::pin!(run);
    let report = loop {
        tokio::select! {
            biased;
            Some(progress) = words.recv() => out.tell(News::Progress(Box::new(progress))).await,
            report = &mut run => break report,
        }
    };
    while let Ok(progress) = words.try_recv() {
        out.tell(News::Progress(Box::new(progress))).await;
    }
    out.tell(News::Report(Box::new(report))).await;
    Ok(())
}

/// Entries of the ledger.
pub async fn entries(want: EntryQuery, rooms: &Rooms, out: &Out) -> Result<()> {
    let rows = rooms.ledger.entries(want).await.map_err(|e| kept("read entries", &e))?;
    out.tell(News::Entries(rows)).await;
    Ok(())
}

/// What is in doubt in a plan, and what a look at the target says of it.
pub async fn doubt(plan: &PlanId, rooms: &Rooms, out: &Out) -> Result<()> {
    let found = examine(plan, &rooms.brokers, &rooms.ledger).await;
    let found = found.map_err(|e| Error::new(ErrorKind::Invalid, "look for what is in doubt", e.to_string()))?;
    let rows = found
        .into_iter()
        .map(|d| {
            let finding = match d.finding {
                Finding::Arrived(receipt) => format!("found on the target{}", receipt.seat.map_or(String::new(), |s| format!(" at {s}"))),
                Finding::Left(_) => "it has left its source: publishing and removal were one act".into(),
                Finding::NotThere => "not on the target, all of it was read".into(),
                Finding::Again(_) => "it may be sent again now: go on with the plan".into(),
                Finding::Ask(why) => why,
            };
            Doubt { n: d.n, seat: d.seat, to: d.to, finding }
        })
        .collect();
    out.tell(News::Doubt(rows)).await;
    Ok(())
}

/// A person's word on messages in doubt.
pub async fn settle(plan: &PlanId, numbers: Vec<u32>, answer: Answer, reason: String, rooms: &Rooms, out: &Out) -> Result<()> {
    let by = &rooms.permit.actor;
    let count = numbers.len();
    for n in numbers {
        let done = settle_by_hand(plan, n, answer, by, Some(reason.clone()), &rooms.ledger).await;
        done.map_err(|e| Error::new(ErrorKind::Invalid, "settle", e.to_string()))?;
    }
    out.tell(News::Done(format!("{count} settled, {}: {}", answer.word(), answer.means()))).await;
    Ok(())
}

/// Writes marks of one kind.
pub async fn mark(marks: Vec<Mark>, rooms: &Rooms, out: &Out) -> Result<()> {
    let Some(mark) = marks.first() else { return Ok(()) };
    let said = match (mark.kind, mark.value.is_empty()) {
        (MarkKind::Claim, true) => "released".to_owned(),
        (MarkKind::Claim, false) => "claimed: it is in the ledger here".into(),
        (MarkKind::Category, _) => format!("category set to {}; nothing starts by itself", crate::decode::safe(&mark.value)),
        (MarkKind::Note, _) if marks.len() > 1 => format!("noted in the ledger on each of {}", marks.len()),
        (MarkKind::Note, _) => "noted in the ledger".into(),
        (MarkKind::State | MarkKind::Mover, _) => "kept in the ledger".into(),
    };
    for mark in marks {
        rooms.ledger.mark(mark).await.map_err(|e| kept("write a mark", &e))?;
    }
    out.tell(News::Done(said)).await;
    Ok(())
}
