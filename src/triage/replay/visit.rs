//! One visit to the source: messages are taken in hand, copied with their intents, published or removed, settled.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::publish::{Answer, is_systemic, publish};
use super::run::{Halt, Runner, asked};
use crate::broker::{Done, Error, ErrorKind, HeldId, Hold, Outgoing, Receipt, Selection, Settle};
use crate::model::{Message, Seat, copy};
use crate::triage::ledger::{Ends, Intent, TargetEnds};
use crate::triage::plan::{Planned, ReplayPlan, Source, Way, digest, wire};
use crate::triage::report::{Level, Outcome, Skip, Stage, Wish};

/// A visit lasts so long at most: what is held is out of reach of consumers meanwhile.
const LONGEST: Duration = Duration::from_secs(300);
/// Messages taken in hand and not yet under way, at most.
const ROOM: usize = 512;
/// Bytes of them, at most, by the plan's largest message.
const ROOM_BYTES: u64 = 16 << 20;
/// A step older than this is fenced again before anything is published.
const STALE: Duration = Duration::from_secs(3);

/// A message in hand.
struct Taken {
    held: Option<HeldId>,
    message: Message,
}

/// One that is about to go: its intent is written next.
struct Ready {
    n: u32,
    held: Option<HeldId>,
    out: Option<Outgoing>,
    intent: Intent,
}

/// What was taken and waits for its turn.
struct Room {
    /// `None`: the messages come from the ledger's copies.
    hold: Option<Box<dyn Hold>>,
    taken: BTreeMap<u32, Taken>,
    /// Numbers not yet taken, by seat; of twins the first one first.
    wanted: HashMap<Seat, VecDeque<u32>>,
    /// The same, in order, for copies.
    line: VecDeque<u32>,
    exhausted: bool,
    most: usize,
    trouble: Option<Error>,
}

impl Runner<'_> {
    /// Works on these messages until each has its outcome, or the visit has to end. What is left stays in the queue.
    pub async fn visit(&mut self, want: Vec<u32>) -> Result<(), Halt> {
        let began = Instant::now();
        let visit = self.note_ends(&want).await?;
        let mut room = self.enter(want).await?;
        let mut to_settle: Vec<(u32, HeldId, Receipt)> = Vec::new();
        let mut batch: Vec<Ready> = Vec::new();
        let halt = loop {
            let limit = self.pace.batch();
            if batch.len() < limit {
                self.refill(&mut room).await?;
                self.top_up(&mut room, &mut batch, limit, visit).await?;
            }
            if let Some(halt) = self.wished(&mut batch) {
                break Some(halt);
            }
            if batch.is_empty() {
                self.settle(&mut room, &mut to_settle).await?;
                let finished = room.exhausted && room.taken.is_empty();
                let stuck = room.taken.keys().all(|n| !self.queue.is_ready(*n)) && (room.exhausted || room.taken.len() >= room.most);
                if finished || stuck || room.trouble.is_some() {
                    break None;
                }
                continue;
            }
            if began.elapsed() > LONGEST {
                break None;
            }
            let wait = self.pace.wait();
            if !wait.is_zero() {
                // nothing stays unwritten or unsettled through a wait
                self.settle(&mut room, &mut to_settle).await?;
                self.tell.now();
                let changed = async {
                    if self.wish.changed().await.is_err() {
                        std::future::pending::<()>().await;
                    }
                };
                tokio::select! {
                    () = tokio::time::sleep(wait) => {}
                    () = changed => {}
                }
                continue;
            }
            if let Some(why) = self.act(&mut room, std::mem::take(&mut batch), &mut to_settle).await? {
                break Some(Halt::Broke(why));
            }
            self.tell.now();
        };
        for ready in batch {
            self.queue.give_back(ready.n);
        }
        self.settle(&mut room, &mut to_settle).await?;
        self.tell.now();
        self.trouble = room.trouble.take();
        self.leave(room).await;
        halt.map_or(Ok(()), Err)
    }

    /// Pause, stop, or another rate; nothing of the batch was begun.
    fn wished(&mut self, batch: &mut Vec<Ready>) -> Option<Halt> {
        let wish = *self.wish.borrow_and_update();
        let halt = match wish {
            Wish::Run { .. } => {
                let rate = asked(&self.plan, &self.wish);
                self.pace.set(rate);
                self.tell.asked = self.pace.per_second();
                return None;
            }
            Wish::Pause => Halt::Paused,
            Wish::Stop => Halt::Stopped,
        };
        for ready in batch.drain(..) {
            self.queue.give_back(ready.n);
        }
        Some(halt)
    }

    /// Notes where the targets end before anything is published there.
    async fn note_ends(&mut self, want: &[u32]) -> Result<Option<i64>, Halt> {
        let publishes = |n: &u32| self.plan.item(*n).is_some_and(|i| i.way == Way::Publish);
        if !want.iter().any(publishes) {
            return Ok(None);
        }
        let mut ends = Ends::default();
        for target in self.plan.targets.iter().filter(|t| t.messages > 0) {
            let unreachable = |why: String| Halt::Broke(format!("{why}; nothing more was published"));
            let broker = self
                .means
                .brokers
                .get(&target.at.conn)
                .ok_or_else(|| unreachable(format!("no connection {} in this context", target.at.conn)))?;
            let detail = broker.describe(&target.at).await.map_err(|e| unreachable(e.to_string()))?;
            ends.0.push(TargetEnds { at: target.at.clone(), ends: detail.partitions.iter().map(|p| (p.id, p.end)).collect() });
        }
        Ok(Some(self.means.ledger.visit(&self.run, ends).await?))
    }

    /// Takes hold of the source.
    async fn enter(&mut self, want: Vec<u32>) -> Result<Room, Halt> {
        let most = usize::try_from(ROOM_BYTES / self.plan.largest.max(1)).unwrap_or(ROOM).clamp(1, ROOM);
        let mut room = Room {
            hold: None,
            taken: BTreeMap::new(),
            wanted: HashMap::new(),
            line: VecDeque::new(),
            exhausted: false,
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
    async fn refill(&mut self, room: &mut Room) -> Result<(), Halt> {
        let free = room.most.saturating_sub(room.taken.len());
        // half full is enough, as long as some of it may go
        let enough = free == 0 || (room.taken.len() > room.most / 2 && room.taken.keys().any(|n| self.queue.is_ready(*n)));
        if room.exhausted || room.trouble.is_some() || enough {
            return Ok(());
        }
        if room.hold.is_none() {
            return self.refill_from_copies(room, free).await;
        }
        let got = take(&mut room.hold, free.min(super::pace::BATCH)).await;
        self.received(room, got);
        Ok(())
    }

    /// Sorts what came from the source: as planned, changed, or gone.
    fn received(&mut self, room: &mut Room, got: Result<Vec<crate::broker::Held>, Error>) {
        let got = match got {
            Ok(got) => got,
            Err(e) => {
                self.tell.line(Level::Bad, None, e.to_string());
                room.trouble = Some(e);
                return;
            }
        };
        if got.is_empty() {
            room.exhausted = true;
            let mut gone: Vec<u32> = std::mem::take(&mut room.wanted).into_values().flatten().collect();
            gone.sort_unstable();
            for n in gone {
                self.note(n, Outcome::Skipped(Skip::Gone));
            }
            return;
        }
        for held in got {
            let Some(n) = room.wanted.get_mut(&held.message.seat).and_then(VecDeque::pop_front) else { continue };
            let planned = self.plan.item(n).and_then(|i| i.digest);
            if !held.message.whole {
                self.note(n, Outcome::Skipped(Skip::NotWhole));
            } else if planned.is_some_and(|d| d != digest(&held.message)) {
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
            match self.means.ledger.copy_aside(source.clone(), item.id.clone(), item.seat.clone()).await? {
                Some(copy) => drop(room.taken.insert(n, Taken { held: None, message: copy.message })),
                None => self.note(n, Outcome::Skipped(Skip::NothingToUndo)),
            }
        }
        Ok(())
    }

    /// Chooses what goes next from what is in hand: in the plan's order, one of a key.
    async fn top_up(&mut self, room: &mut Room, batch: &mut Vec<Ready>, limit: usize, visit: Option<i64>) -> Result<(), Halt> {
        let turn: Vec<u32> =
            room.taken.keys().copied().filter(|n| self.queue.is_ready(*n)).take(limit.saturating_sub(batch.len())).collect();
        for n in turn {
            let plan = Arc::clone(&self.plan);
            let (Some(item), Some(taken)) = (plan.item(n), room.taken.remove(&n)) else { continue };
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

    fn make_ready(&self, plan: &ReplayPlan, item: &Planned, taken: Taken, visit: Option<i64>) -> Result<Ready, Outcome> {
        let failed = |why: &str| Outcome::Failed { stage: Stage::Publish, why: why.to_owned() };
        let mut out = None;
        if item.way == Way::Publish {
            let (wire, _) = wire(&taken.message, item, plan).ok_or_else(|| failed("it has no target"))?;
            let broker = self.means.brokers.get(&wire.to.conn).ok_or_else(|| failed("its target's connection is not in this context"))?;
            if let Some(why_not) = broker.rehearse(&taken.message, &wire).refused {
                return Err(Outcome::Skipped(Skip::Refused { why_not }));
            }
            out = Some(wire);
        }
        let visit = if out.is_some() { visit } else { None };
        // restored from the ledger: its copy is there already
        let copy = taken.held.is_some().then(|| copy::encode(&taken.message));
        Ok(Ready { n: item.n, held: taken.held, out, intent: Intent { n: item.n, visit, copy } })
    }

    /// One batch: intents synced with the last outcomes, then published while the last batch is settled and the next one is taken.
    /// Gives why the run has to break off.
    async fn act(
        &mut self,
        room: &mut Room,
        mut batch: Vec<Ready>,
        to_settle: &mut Vec<(u32, HeldId, Receipt)>,
    ) -> Result<Option<String>, Halt> {
        let intents = batch.iter().map(|r| r.intent.clone()).collect();
        let refused = self.means.ledger.step(&self.run, self.pending.clone(), intents).await?;
        self.pending.clear();
        for (n, skip) in refused {
            batch.retain(|r| r.n != n);
            self.note(n, Outcome::Skipped(skip));
        }
        let synced = Instant::now();
        self.pace.went(batch.len());
        let mut outgoing = Vec::with_capacity(batch.len());
        let mut held = HashMap::with_capacity(batch.len());
        let mut removals = Vec::new();
        for ready in batch {
            match (ready.out, ready.held) {
                (Some(out), id) => {
                    if let Some(id) = id {
                        held.insert(ready.n, id);
                    }
                    outgoing.push((ready.n, out));
                }
                (None, Some(id)) if self.plan.item(ready.n).is_some_and(|i| i.way == Way::Remove) => removals.push((ready.n, id)),
                (None, _) => self.note(ready.n, Outcome::Marked { removed: false }),
            }
        }
        if synced.elapsed() > STALE {
            self.means.ledger.keep(&self.run.lease).await?;
        }
        // what was synced with this step's outcomes may leave its source now
        let settling = std::mem::take(to_settle);
        let free = room.most.saturating_sub(room.taken.len());
        let more = !room.exhausted && room.trouble.is_none() && free > 0 && room.hold.is_some();
        let source = &mut room.hold;
        let (answers, (settled, got)) = futures::join!(publish(&self.means.hands, outgoing), async {
            let settled = settle_all(source, settling).await;
            let got = if more { Some(take(source, free.min(super::pace::BATCH)).await) } else { None };
            (settled, got)
        });
        self.after_settling(settled);
        let broke = self.after_publishing(answers, &held, to_settle);
        if let Some(got) = got {
            self.received(room, got);
        }
        self.remove(room, removals).await;
        Ok(broke)
    }

    /// Notes what came of a publish. Gives why to break off, where nothing went through and the next would meet the same.
    fn after_publishing(
        &mut self,
        answers: Vec<Answer>,
        held: &HashMap<u32, HeldId>,
        to_settle: &mut Vec<(u32, HeldId, Receipt)>,
    ) -> Option<String> {
        let tried = answers.len();
        let mut bad = None;
        let mut through = 0;
        for Answer { n, result, tries } in answers {
            match result {
                Ok(receipt) => {
                    through += 1;
                    match held.get(&n).filter(|_| self.plan.removes) {
                        Some(id) => {
                            self.note(n, Outcome::Unsettled { receipt: receipt.clone() });
                            to_settle.push((n, *id, receipt));
                        }
                        None => self.note(n, Outcome::Replayed { receipt }),
                    }
                }
                Err(e) => {
                    if is_systemic(&e) {
                        bad = Some(e.to_string());
                    }
                    let why = if tries > 1 { format!("{e} ({tries} tries)") } else { e.to_string() };
                    let outcome =
                        if e.done == Done::No { Outcome::Failed { stage: Stage::Publish, why } } else { Outcome::InDoubt { why } };
                    self.note(n, outcome);
                }
            }
        }
        bad.filter(|_| tried > 0 && through == 0)
            .map(|why| format!("nothing goes through: {why}; the rest is untouched, resume when that is mended"))
    }

    /// Writes what is pending, then takes out of the source what is now on record as published, and writes that.
    async fn settle(&mut self, room: &mut Room, to_settle: &mut Vec<(u32, HeldId, Receipt)>) -> Result<(), Halt> {
        self.flush_marks().await?;
        let settled = settle_all(&mut room.hold, std::mem::take(to_settle)).await;
        self.after_settling(settled);
        self.flush_marks().await
    }

    fn after_settling(&mut self, settled: Vec<(u32, Receipt, Result<(), Error>)>) {
        for (n, receipt, result) in settled {
            match result {
                Ok(()) => self.note(n, Outcome::Replayed { receipt }),
                // on record as published and not settled: a resume takes it out, nobody publishes it again
                Err(e) => {
                    let about = self.plan.item(n).map(|i| (i.id.clone(), i.seat.clone()));
                    self.tell.line(Level::Watch, about, format!("published, still at its source: {e}"));
                }
            }
        }
    }

    /// Discards: their copies are on disk, so they may leave.
    async fn remove(&mut self, room: &mut Room, removals: Vec<(u32, HeldId)>) {
        let Some(hold) = room.hold.as_mut().filter(|_| !removals.is_empty()) else { return };
        let results = hold.settle(removals.iter().map(|(_, id)| (*id, Settle::Remove)).collect()).await;
        let mut results = results.into_iter();
        for (n, _) in removals {
            let result = results.next().unwrap_or_else(|| Err(Error::new(ErrorKind::Unexpected, "settle", "no answer").perhaps()));
            let outcome = match result {
                Ok(()) => Outcome::Marked { removed: true },
                Err(e) if e.done == Done::No => Outcome::Failed { stage: Stage::Settle, why: e.to_string() },
                Err(e) => Outcome::InDoubt { why: e.to_string() },
            };
            self.note(n, outcome);
        }
    }

    /// Gives back what is left in hand.
    async fn leave(&mut self, room: Room) {
        if let Some(hold) = room.hold
            && let Err(e) = hold.close().await
        {
            self.tell.line(Level::Watch, None, format!("giving back: {e}"));
        }
    }

    /// Takes out of the source what an earlier run published and did not settle; never publishes it again.
    pub async fn settle_earlier(&mut self) -> Result<(), Halt> {
        let mut earlier: HashMap<Seat, VecDeque<(u32, Receipt)>> = HashMap::new();
        for (n, outcome) in &self.outcomes {
            if let (Outcome::Unsettled { receipt }, Some(item)) = (outcome, self.plan.item(*n)) {
                earlier.entry(item.seat.clone()).or_default().push_back((*n, receipt.clone()));
            }
        }
        if earlier.is_empty() || !matches!(self.plan.ask.from, Source::Queue(_)) {
            return Ok(());
        }
        let seats = earlier.iter().flat_map(|(seat, all)| std::iter::repeat_n(seat.clone(), all.len())).collect();
        let mut source = Some(hold(self, seats).await?);
        loop {
            let got = match take(&mut source, super::pace::BATCH).await {
                Ok(got) => got,
                Err(e) => return Err(Halt::Broke(e.to_string())),
            };
            if got.is_empty() {
                break;
            }
            let found = got
                .into_iter()
                .filter_map(|h| earlier.get_mut(&h.message.seat)?.pop_front().map(|(n, receipt)| (n, h.id, receipt)))
                .collect();
            let settled = settle_all(&mut source, found).await;
            self.after_settling(settled);
            self.flush_marks().await?;
        }
        // no longer there: somebody took it, and it is at its target
        for (n, receipt) in earlier.into_values().flatten() {
            self.note(n, Outcome::Replayed { receipt });
        }
        self.flush_marks().await?;
        if let Some(hold) = source {
            let _ = hold.close().await;
        }
        Ok(())
    }
}

async fn hold(runner: &Runner<'_>, seats: Vec<Seat>) -> Result<Box<dyn Hold>, Halt> {
    let from = runner.plan.ask.from.at();
    let none = || Halt::Broke(format!("{} may not take messages in hand here; turn writes on, or check its role and config", from.conn));
    let hand = runner.means.hands.0.get(&from.conn).ok_or_else(none)?;
    hand.hold(from, Selection::Seats(seats)).await.map_err(|e| Halt::Broke(format!("{e}; nothing more was touched")))
}

async fn take(hold: &mut Option<Box<dyn Hold>>, most: usize) -> Result<Vec<crate::broker::Held>, Error> {
    match hold {
        Some(hold) => hold.next(most).await,
        None => Ok(Vec::new()),
    }
}

async fn settle_all(hold: &mut Option<Box<dyn Hold>>, batch: Vec<(u32, HeldId, Receipt)>) -> Vec<(u32, Receipt, Result<(), Error>)> {
    let Some(hold) = hold.as_mut().filter(|_| !batch.is_empty()) else { return Vec::new() };
    let results = hold.settle(batch.iter().map(|(_, id, _)| (*id, Settle::Remove)).collect()).await;
    let missing = || Err(Error::new(ErrorKind::Unexpected, "settle", "no answer").perhaps());
    let mut results = results.into_iter();
    batch.into_iter().map(|(n, _, receipt)| (n, receipt, results.next().unwrap_or_else(missing))).collect()
}
