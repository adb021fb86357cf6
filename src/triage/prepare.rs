//! From chosen messages to a draft of a plan: reads them where they sit, looks only; the same for both faces.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::StreamExt;

use super::ledger::TriageLedger;
use super::original;
use super::plan::{Changes, Draft, MAX_ITEMS, PlanId, Planned, ReplayPlan, ReplayRequest, wire};
use super::report::Restorable;
use crate::broker::{Broker, Brokers, Carriage, Error, ErrorKind, PeekRequest, Peeked, Rehearsal, Start, Trace};
use crate::decode::death;
use crate::model::{Address, Message, Seat};
use crate::schema::{Declared, Seen, see};

/// So many messages are fetched one by one; more by one pass over the queue.
const ONE_BY_ONE: usize = 32;
/// Messages of one pass at most, found or not.
const MAX_PASS: usize = 20_000_000;

/// A draft and what became of the messages that were chosen for it.
pub struct Prepared {
    pub draft: Draft,
    /// Chosen, but no longer where they were: retention, compaction, or somebody took them.
    pub missing: Vec<Seat>,
    /// The first messages as they are now, for showing what would go over the wire ([`rehearsed`]); at most as many as were asked for.
    pub samples: Vec<Arc<Message>>,
}

/// What the plan changes in one of its messages, and what the driver makes of it: just what would go over the wire. `None` where nothing of it
/// would.
pub fn rehearsed(plan: &ReplayPlan, item: &Planned, was: &Message, brokers: &Brokers) -> Option<(Changes, Rehearsal)> {
    let (out, changes) = wire(was, item, plan)?;
    let rehearsal = match brokers.get(&out.to.conn) {
        Some(broker) => broker.rehearse(was, &out),
        None => {
            let why = format!("no connection {} in this context", out.to.conn);
            Rehearsal { wire: out, losses: Vec::new(), refused: Some(why), way: Carriage::Publish }
        }
    };
    Some((changes, rehearsal))
}

/// Reads the chosen messages of the request's source and drafts the plan. `accept`: traces that the user agreed to.
pub async fn prepare(
    broker: &dyn Broker,
    ask: ReplayRequest,
    chosen: Vec<Seat>,
    declared: &Declared,
    accept: Vec<Trace>,
    samples: usize,
) -> Result<Prepared, Error> {
    let from = ask.from.at().clone();
    if chosen.len() > MAX_ITEMS {
        let why = format!("{} messages were chosen, a plan takes {MAX_ITEMS} at most", chosen.len());
        return Err(Error::new(ErrorKind::Invalid, "plan", why).about(&from).next("narrow the choice and make several plans"));
    }
    let mut search = Search { left: chosen.into_iter().collect(), draft: Draft::new(ask), samples: Vec::new(), wanted: samples };
    let by_offset = search.left.iter().all(|s| matches!(s, Seat::Offset { .. }));
    if let Some(odd) = search.left.iter().find(|s| !matches!(s, Seat::Offset { .. }))
        && broker.probe().await?.capabilities.of(from.kind).seek
    {
        // no message of a log has such a name: all of the log would be read in vain
        return Err(Error::new(ErrorKind::Invalid, "read", format!("'{odd}' is no place in a log"))
            .about(&from)
            .next("write p<partition>/<offset>, as `redrive peek` prints it"));
    }
    let wants: Vec<PeekRequest> = if by_offset && search.left.len() <= ONE_BY_ONE {
        search.left.iter().map(|seat| PeekRequest { start: Start::Seat(seat.clone()), ..PeekRequest::new(from.clone(), 1) }).collect()
    } else if by_offset {
        spans(&from, &still_there(broker, &from, &search.left).await?)
    } else {
        vec![PeekRequest::new(from.clone(), MAX_PASS)]
    };
    for want in wants {
        match search.run(broker, PeekRequest { accept: accept.clone(), ..want }, declared).await {
            // retention took it: named as missing, the others are still to be had
            Err(e) if e.kind == ErrorKind::Gone => {}
            other => other?,
        }
    }
    for sample in &mut search.samples {
        let death = death(sample);
        // what cannot be had now is said when it is carried out
        if death.pointer
            && let Ok(whole) = original::fetch(broker, sample, &death).await
        {
            *sample = Arc::new(whole);
        }
    }
    Ok(Prepared { draft: search.draft, missing: search.left.into_iter().collect(), samples: search.samples })
}

/// Drafts a plan of messages that were read already, and gives the first of them for showing: nobody has to look again.
pub fn prepare_seen(broker: &dyn Broker, ask: ReplayRequest, rows: &[Arc<Seen>], samples: usize) -> (Draft, Vec<Arc<Message>>) {
    let mut draft = Draft::new(ask);
    rows.iter().for_each(|seen| add(&mut draft, broker, seen));
    (draft, rows.iter().take(samples).map(|seen| seen.message.clone()).collect())
}

/// Takes a message in, with what its target's driver says of it.
fn add(draft: &mut Draft, broker: &dyn Broker, seen: &Seen) {
    // an original that is fetched later is not at hand, so nothing is said of it
    let out = draft.outgoing(&seen.message, &seen.death).filter(|_| !seen.death.pointer);
    let said = out.map(|out| broker.rehearse(&seen.message, &out));
    draft.add(&seen.message, &seen.id, &seen.death, said.as_ref());
}

/// Drafts a restore of what was parked or discarded at a destination, and gives the first copies for showing. What must be published anew is read
/// from the ledger, one copy after the other; nothing is read from the broker.
pub async fn prepare_restore(
    broker: &dyn Broker,
    ledger: &TriageLedger,
    ask: ReplayRequest,
    rows: &[Restorable],
    samples: usize,
) -> (Draft, Vec<Arc<Message>>) {
    let (mut draft, mut shown) = (Draft::new(ask), Vec::new());
    let mut parked: BTreeMap<PlanId, Option<Address>> = BTreeMap::new();
    for row in rows {
        if !parked.contains_key(&row.plan) {
            let plan = ledger.plan_row(row.plan.clone()).await.ok().flatten();
            parked.insert(row.plan.clone(), plan.and_then(|plan| plan.to.into_iter().next()));
        }
        let copy = if row.removed { ledger.copy(row.plan.clone(), row.item).await } else { Ok(None) };
        // a copy that cannot be read is said when it is carried out, and holds up no other
        let message = copy.ok().flatten().map(|copy| copy.message);
        let out = message.as_ref().and_then(|message| draft.outgoing(message, &death(message)));
        let said = message.as_ref().zip(out).map(|(message, out)| broker.rehearse(message, &out));
        draft.add_restorable(row, said.as_ref(), parked.get(&row.plan).and_then(Option::as_ref));
        shown.extend(message.filter(|_| shown.len() < samples).map(Arc::new));
    }
    (draft, shown)
}

/// The seats that retention has not taken yet.
async fn still_there(broker: &dyn Broker, from: &Address, seats: &BTreeSet<Seat>) -> Result<BTreeSet<Seat>, Error> {
    let starts: BTreeMap<i32, i64> = broker.describe(from).await?.partitions.iter().map(|p| (p.id, p.start)).collect();
    let there = |s: &&Seat| match s {
        Seat::Offset { partition, offset } => starts.get(partition).is_some_and(|start| offset >= start),
        _ => false,
    };
    Ok(seats.iter().filter(there).cloned().collect())
}

/// One pass per partition, from the first chosen offset to the last.
fn spans(from: &Address, seats: &BTreeSet<Seat>) -> Vec<PeekRequest> {
    let mut spans: BTreeMap<i32, (i64, i64)> = BTreeMap::new();
    for seat in seats {
        if let Seat::Offset { partition, offset } = seat {
            let span = spans.entry(*partition).or_insert((*offset, *offset));
            *span = (span.0.min(*offset), span.1.max(*offset));
        }
    }
    let limit = |(first, last): (i64, i64)| usize::try_from(last.saturating_sub(first).saturating_add(1)).unwrap_or(MAX_PASS).min(MAX_PASS);
    let want = |(partition, span): (i32, (i64, i64))| PeekRequest {
        start: Start::Seat(Seat::Offset { partition, offset: span.0 }),
        ..PeekRequest::new(from.clone(), limit(span))
    };
    spans.into_iter().map(want).collect()
}

struct Search {
    left: BTreeSet<Seat>,
    draft: Draft,
    samples: Vec<Arc<Message>>,
    wanted: usize,
}

impl Search {
    async fn run(&mut self, broker: &dyn Broker, want: PeekRequest, declared: &Declared) -> Result<(), Error> {
        let mut flow = broker.peek(want);
        while let Some(step) = flow.next().await {
            match step? {
                Peeked::Batch(messages) => messages.into_iter().for_each(|m| self.take(broker, m, declared)),
                Peeked::Progress { .. } | Peeked::Doomed(_) => {}
                Peeked::End { .. } => break,
            }
            if self.left.is_empty() {
                break;
            }
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    fn take(&mut self, broker: &dyn Broker, message: Message, declared: &Declared) {
        if !self.left.remove(&message.seat) {
            return;
        }
        let seen = see(message, declared);
        add(&mut self.draft, broker, &seen);
        if self.samples.len() < self.wanted {
            self.samples.push(seen.message);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::drivers::memory::story::Story;
    use crate::model::ConnId;
    use crate::triage::plan::{Actor, Deed, Route, Source};

    async fn seats(broker: &dyn Broker, at: &Address) -> Vec<Seat> {
        let mut flow = broker.peek(PeekRequest::new(at.clone(), 1_000));
        let mut seats = Vec::new();
        while let Some(step) = flow.next().await {
            if let Peeked::Batch(messages) = step.expect("the memory broker answers") {
                seats.extend(messages.into_iter().map(|m| m.seat));
            }
        }
        seats
    }

    #[tokio::test]
    async fn few_or_many_the_same_messages_are_found_and_the_missing_are_named() {
        let story = Story::new(1, SystemTime::now());
        let links = story.links();
        let broker = &links[0].eyes;
        let at = Address::topic(&ConnId::new("kafka-main"), "orders.dlt");
        let all = seats(broker.as_ref(), &at).await;
        assert!(all.len() > ONE_BY_ONE);
        let gone = Seat::Offset { partition: 0, offset: 1 };
        let ask = || ReplayRequest::new(Deed::Replay, Source::Queue(at.clone()), Route::Origin, Actor::default());
        for n in [3, all.len()] {
            let mut chosen = all[..n].to_vec();
            chosen.push(gone.clone());
            let found = prepare(broker.as_ref(), ask(), chosen.clone(), &Declared::default(), Vec::new(), 2).await.expect("read");
            assert_eq!(found.draft.len(), n);
            assert_eq!(found.missing, std::slice::from_ref(&gone));
            assert_eq!(found.samples.len(), 2);
            let drafted: BTreeSet<Seat> = found.draft.seats().into_iter().collect();
            assert_eq!(drafted, all[..n].iter().cloned().collect());
        }
    }
}
