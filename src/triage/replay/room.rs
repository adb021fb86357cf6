//! What a visit has in hand: taken from the source, compared with the plan, and made ready to go in its order.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use super::run::{Halt, Runner};
use crate::broker::{Back, Carriage, Error, ErrorKind, Held, HeldId, Hold, Outgoing, Selection};
use crate::decode::death;
use crate::model::{Message, Seat, copy};
use crate::triage::ledger::Intent;
use crate::triage::original::{self, NoOriginal};
use crate::triage::plan::{Deed, Planned, ReplayPlan, Source, Way, digest, generation, wire};
use crate::triage::report::{Level, Outcome, Skip, Stage};

/// Messages taken in hand and not yet under way, at most.
const ROOM: usize = 512;

/// Bytes of them, at most, by the plan's largest message.
const ROOM_BYTES: u64 = 16 << 20;

/// A message in hand.
pub(super) struct Taken {
    pub held: Option<HeldId>,
    pub message: Message,
}

/// One that is about to go: its intent is written next.
pub(super) struct Ready {
    pub n: u32,
    pub held: Option<HeldId>,
    pub out: Option<Outgoing>,
    /// Published and taken out of the source as one act of the broker.
    pub carried: bool,
    pub intent: Intent,
}

/// What was taken and waits for its turn.
pub(super) struct Room {
    /// `None`: the messages come from the ledger's copies.
    pub hold: Option<Box<dyn Hold>>,
    pub taken: BTreeMap<u32, Taken>,
    /// Numbers not yet taken, by seat; of twins the first one first.
    pub wanted: HashMap<Seat, VecDeque<u32>>,
    /// The same, in order, for copies.
    pub line: VecDeque<u32>,
    pub exhausted: bool,
    /// What is missing is in other hands, or behind what is in ours: not asked for while there is something to do.
    pub busy: bool,
    pub most: usize,
    pub trouble: Option<Error>,
}

impl Runner<'_> {
    /// Takes hold of the source.
    pub(super) async fn enter(&mut self, want: Vec<u32>) -> Result<Room, Halt> {
        let most = usize::try_from(ROOM_BYTES / self.plan.largest.max(1)).unwrap_or(ROOM).clamp(1, ROOM);
        let mut room = Room {
            hold: None,
            taken: BTreeMap::new(),
            wanted: HashMap::new(),
            line: VecDeque::new(),
            exhausted: false,
            busy: false,
            most,
            trouble: None,
        };
        match &self.plan.ask.from {
            Source::Ledger(_) => room.line = want.into(),
            Source::Queue(_) => {
                let plan = Arc::clone(&self.plan);
                let items: Vec<&Planned> = want.iter().filter_map(|n| plan.item(*n)).collect();
                let seats = items.iter().map(|i| i.seat.clone()).collect();
                for item in items {
                    room.wanted.entry(item.seat.clone()).or_default().push_back(item.n);
                }
                room.hold = Some(hold(self, seats).await?);
            }
        }
        Ok(room)
    }

    /// Takes more in hand, if there is room.
    pub(super) async fn refill(&mut self, room: &mut Room) -> Result<(), Halt> {
        let free = room.most.saturating_sub(room.taken.len());
        // half full is enough, as long as some of it may go
        let enough = free == 0 || (room.taken.len() > room.most / 2 && room.taken.keys().any(|n| self.queue.is_ready(*n)));
        if room.exhausted || room.trouble.is_some() || enough || room.busy && !room.taken.is_empty() {
            return Ok(());
        }
        if room.hold.is_none() {
            return self.refill_from_copies(room, free).await;
        }
        let got = take(&mut room.hold, free.min(super::pace::BATCH)).await;
        self.received(room, got).await;
        Ok(())
    }

    /// Sorts what came from the source: as planned, changed, or gone.
    pub(super) async fn received(&mut self, room: &mut Room, got: Result<Vec<Held>, Error>) {
        let got = match got {
            Ok(got) => got,
            Err(e) if e.kind == ErrorKind::Busy && e.retry => {
                if !room.busy {
                    self.tell.line(Level::Watch, None, e.to_string());
                    self.tell.now();
                }
                room.busy = true;
                return;
            }
            Err(e) => {
                self.tell.line(Level::Bad, None, e.to_string());
                room.trouble = Some(e);
                return;
            }
        };
        room.busy = false;
        if got.is_empty() {
            room.exhausted = true;
            let mut gone: Vec<u32> = std::mem::take(&mut room.wanted).into_values().flatten().collect();
            gone.sort_unstable();
            for n in gone {
                self.note(n, Outcome::Skipped(Skip::Gone));
            }
            return;
        }
        let (doomed, got): (Vec<Held>, Vec<Held>) = got.into_iter().partition(|held| held.back == Back::Destroys);
        for held in &doomed {
            // it waits for the next visit, which finds it at the end of the queue
            room.wanted.get_mut(&held.message.seat).and_then(VecDeque::pop_front);
        }
        room.trouble = self.put_again(&mut room.hold, doomed).await.err();
        for held in got {
            let Some(n) = room.wanted.get_mut(&held.message.seat).and_then(VecDeque::pop_front) else { continue };
            let planned = self.plan.item(n).and_then(|i| i.digest);
            // planned as a cut view it has no digest, and may only be moved as it is
            if !held.message.whole && planned.is_some() {
                self.note(n, Outcome::Skipped(Skip::NotWhole));
            } else if held.message.whole && planned.is_some_and(|d| d != digest(&held.message)) {
                self.note(n, Outcome::Skipped(Skip::Changed));
            } else {
                room.taken.insert(n, Taken { held: Some(held.id), message: held.message });
            }
        }
        room.wanted.retain(|_, left| !left.is_empty());
        room.exhausted = room.wanted.is_empty();
    }

    async fn refill_from_copies(&mut self, room: &mut Room, free: usize) -> Result<(), Halt> {
        let source = self.plan.ask.from.at().clone();
        for _ in 0..free {
            let Some(n) = room.line.pop_front() else {
                room.exhausted = true;
                break;
            };
            let Some(item) = self.plan.item(n) else { continue };
            let copy = match self.plan.ask.deed {
                // its own copy: it never was anybody else's
                Deed::Reseat => self.means.ledger.copy(self.plan.id.clone(), n).await?,
                _ => self.means.ledger.copy_aside(source.clone(), item.id.clone(), item.seat.clone()).await?,
            };
            match copy {
                Some(copy) => drop(room.taken.insert(n, Taken { held: None, message: copy.message })),
                None => self.note(n, Outcome::Skipped(Skip::NothingToUndo)),
            }
        }
        Ok(())
    }

    /// Chooses what goes next from what is in hand: in the plan's order, one of a key.
    pub(super) async fn top_up(&mut self, room: &mut Room, batch: &mut Vec<Ready>, limit: usize, visit: Option<i64>) -> Result<(), Halt> {
        let turn: Vec<u32> =
            room.taken.keys().copied().filter(|n| self.queue.is_ready(*n)).take(limit.saturating_sub(batch.len())).collect();
        for n in turn {
            let plan = Arc::clone(&self.plan);
            let (Some(item), Some(mut taken)) = (plan.item(n), room.taken.remove(&n)) else { continue };
            if plan.takes_originals() && is_pointer(item, &taken.message) {
                // how large originals are shows only now
                let enough = batch.iter().filter_map(|r| r.out.as_ref()?.body.as_ref()).map(|b| b.len() as u64).sum::<u64>() > ROOM_BYTES;
                if enough || room.trouble.is_some() {
                    room.taken.insert(n, taken);
                    continue;
                }
                match self.original(item, &taken.message).await {
                    Ok(Ok(whole)) => taken.message = whole,
                    Ok(Err(outcome)) => {
                        self.note(n, outcome);
                        continue;
                    }
                    Err(trouble) => {
                        self.tell.line(Level::Bad, Some((item.id.clone(), item.seat.clone())), trouble.to_string());
                        room.trouble = Some(trouble);
                        room.taken.insert(n, taken);
                        continue;
                    }
                }
            }
            match self.make_ready(&plan, item, taken, visit) {
                Ok(ready) => {
                    self.queue.take(n);
                    batch.push(ready);
                }
                Err(outcome) => self.note(n, outcome),
            }
        }
        Ok(())
    }

    /// The original of a pointer, or what comes of the message without it. The error: it could not be asked for now, so nothing comes of it yet.
    async fn original(&self, item: &Planned, pointer: &Message) -> Result<Result<Message, Outcome>, Error> {
        let skipped = |skip| Ok(Err(Outcome::Skipped(skip)));
        let ask = &self.plan.ask;
        let Some(broker) = self.means.brokers.get(&pointer.at.conn) else {
            return skipped(Skip::NoOriginal { lost: format!("no connection {} in this context", pointer.at.conn) });
        };
        match original::fetch(broker.as_ref(), pointer, &death(pointer)).await {
            Ok(whole) => {
                // how often it went round already is written on the original alone
                let times = item.before.max(generation(&whole.headers));
                match ask.max_redelivery.filter(|limit| times >= *limit && ask.deed == Deed::Replay && !ask.even_poison) {
                    Some(limit) => skipped(Skip::Poison { times, limit }),
                    None => Ok(Ok(whole)),
                }
            }
            Err(NoOriginal::Lost(lost)) => skipped(Skip::NoOriginal { lost }),
            Err(NoOriginal::Cut) => skipped(Skip::NotWhole),
            Err(NoOriginal::Failed(e)) if e.retry => Err(e),
            Err(NoOriginal::Failed(e)) => Ok(Err(Outcome::Failed { stage: Stage::Hold, why: e.to_string() })),
        }
    }

    fn make_ready(&self, plan: &ReplayPlan, item: &Planned, taken: Taken, visit: Option<i64>) -> Result<Ready, Outcome> {
        let failed = |why: &str| Outcome::Failed { stage: Stage::Publish, why: why.to_owned() };
        let mut out = None;
        let mut carried = false;
        if item.way == Way::Publish {
            let (wire, changes) = wire(&taken.message, item, plan).ok_or_else(|| failed("it has no target"))?;
            let broker = self.means.brokers.get(&wire.to.conn).ok_or_else(|| failed("its target's connection is not in this context"))?;
            let rehearsal = broker.rehearse(&taken.message, &wire);
            if let Some(why_not) = rehearsal.refused {
                return Err(Outcome::Skipped(Skip::Refused { why_not }));
            }
            let as_it_is = Carriage::Carry { marked: false };
            if plan.moves_as_it_is(item) && rehearsal.way != as_it_is {
                // what that would lose nobody has read
                let why_not = "by the plan the broker moves it as it is, which it does not let us any more; plan anew".into();
                return Err(Outcome::Skipped(Skip::Refused { why_not }));
            }
            if !taken.message.whole && rehearsal.way != as_it_is {
                return Err(Outcome::Skipped(Skip::NotWhole));
            }
            if changes.edited.is_some() && rehearsal.wire.body != wire.body {
                let why_not = "the broker moves it as it is: the edited body would be lost".into();
                return Err(Outcome::Skipped(Skip::Refused { why_not }));
            }
            // a copy of the ledger is in nobody's hand: it can only be published
            carried = matches!(rehearsal.way, Carriage::Carry { .. }) && taken.held.is_some() && plan.removes;
            out = Some(wire);
        }
        let visit = if out.is_some() { visit } else { None };
        // restored from the ledger: its copy is there already
        let copy = taken.held.is_some().then(|| copy::encode(&taken.message));
        Ok(Ready { n: item.n, held: taken.held, out, carried, intent: Intent { n: item.n, visit, copy } })
    }

    /// Gives back what is left in hand.
    pub(super) async fn leave(&mut self, room: Room) {
        if let Some(hold) = room.hold
            && let Err(e) = hold.close().await
        {
            self.tell.line(Level::Watch, None, format!("giving back: {e}"));
        }
    }
}

/// Begins a visit to the source; nothing is in hand yet.
pub(super) async fn hold(runner: &mut Runner<'_>, seats: Vec<Seat>) -> Result<Box<dyn Hold>, Halt> {
    let plan = Arc::clone(&runner.plan);
    let from = plan.ask.from.at();
    let none = || Halt::Broke(format!("{} may not take messages in hand here; turn writes on, or check its role and config", from.conn));
    let hand = runner.means.hands.0.get(&from.conn).ok_or_else(none)?;
    runner.ask("nothing more was touched", || hand.hold(from, Selection::Seats(seats.clone()))).await
}

pub(super) async fn take(hold: &mut Option<Box<dyn Hold>>, most: usize) -> Result<Vec<Held>, Error> {
    match hold {
        Some(hold) => hold.next(most).await,
        None => Ok(Vec::new()),
    }
}

/// Whether this is about to be published and its body is elsewhere.
fn is_pointer(item: &Planned, message: &Message) -> bool {
    item.way == Way::Publish && message.body.is_none() && message.key.is_none() && death(message).pointer
}
