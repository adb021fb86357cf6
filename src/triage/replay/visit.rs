//! One visit to the source: messages are taken in hand, copied with their intents, published or removed, settled.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::publish::{carry_all, publish};
use super::room::{Ready, Room, take};
use super::run::{Halt, Runner, asked};
use super::settle::settle_all;
use crate::broker::{HeldId, Receipt};
use crate::triage::ledger::{Ends, TargetEnds};
use crate::triage::plan::Way;
use crate::triage::report::{Outcome, Wish};

/// A visit lasts so long at most: what is held is out of reach of consumers meanwhile.
const LONGEST: Duration = Duration::from_secs(300);
/// A step older than this is fenced again before anything is published.
const STALE: Duration = Duration::from_secs(3);

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
            if room.busy && room.taken.is_empty() && batch.is_empty() {
                // what is still to be taken out may be what the rest waits behind
                self.settle(&mut room, &mut to_settle).await?;
            }
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
        let plan = Arc::clone(&self.plan);
        for target in plan.targets.iter().filter(|t| t.messages > 0) {
            let then = "nothing more was published";
            let unreachable = |why: String| Halt::Broke(format!("{why}; {then}"));
            let brokers = &self.means.brokers;
            let broker =
                brokers.get(&target.at.conn).ok_or_else(|| unreachable(format!("no connection {} in this context", target.at.conn)))?;
            let detail = self.ask(then, || broker.describe(&target.at)).await?;
            if detail.subscribers != target.subscribers {
                let n = |n: Option<u32>| n.map_or_else(|| "?".to_owned(), |n| n.to_string());
                let (now, agreed) = (n(detail.subscribers), n(target.subscribers));
                return Err(unreachable(format!("{} has {now} subscribers now, {agreed} were agreed to: plan anew", target.at)));
            }
            // one that does not say where it ends is looked through from its start, if ever
            let at_end = detail.partitions.iter().filter(|p| p.end >= 0).map(|p| (p.id, p.end)).collect();
            ends.0.push(TargetEnds { at: target.at.clone(), id: detail.id, ends: at_end });
        }
        Ok(Some(self.means.ledger.visit(&self.run, ends).await?))
    }

    /// One batch: intents synced with the last outcomes, then published or carried while the last batch is settled and the next one is taken.
    /// Gives why the run has to break off.
    async fn act(
        &mut self,
        room: &mut Room,
        mut batch: Vec<Ready>,
        to_settle: &mut Vec<(u32, HeldId, Receipt)>,
    ) -> Result<Option<String>, Halt> {
        let now = Instant::now();
        let late: Vec<u32> = batch.iter().map(|r| r.n).filter(|n| self.again.get(n).is_some_and(|until| *until < now)).collect();
        for n in late {
            batch.retain(|r| r.n != n);
            self.note(n, Outcome::InDoubt { why: "its target may not know it again any more, so it was not sent again".into() });
        }
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
        let (mut removals, mut carries) = (Vec::new(), Vec::new());
        for ready in batch {
            match (ready.out, ready.held) {
                (Some(out), Some(id)) if ready.carried => carries.push((ready.n, id, out)),
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
        let more = !room.exhausted && !room.busy && room.trouble.is_none() && free > 0 && room.hold.is_some();
        let source = &mut room.hold;
        let (answers, (settled, carried, got)) = futures::join!(publish(&self.means.hands, outgoing), async {
            let settled = settle_all(source, settling).await;
            let carried = carry_all(source, carries).await;
            let got = if more { Some(take(source, free.min(super::pace::BATCH)).await) } else { None };
            (settled, carried, got)
        });
        self.after_settling(settled);
        let stuck = self.after_publishing(carried, &HashMap::new(), to_settle);
        let broke = self.after_publishing(answers, &held, to_settle).or(stuck);
        if let Some(got) = got {
            self.received(room, got).await;
        }
        self.remove(room, removals).await;
        Ok(broke)
    }
}
