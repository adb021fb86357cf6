//! One visit to a source: taking messages of a log or a queue in hand, settling them, carrying them.

use std::time::SystemTime;

use async_trait::async_trait;

use super::put::Put;
use super::store;
use super::{Login, Memory, Step, rehearse};
use crate::broker::{Back, Error, ErrorKind, Held, HeldId, Hold, Left, Outgoing, Receipt, Rehearsal, Result, Selection, Settle};
use crate::model::{Address, Seat};

/// One visit to a source: what it has in hand is marked in the store, and given back when this is dropped.
pub(super) struct Visit {
    pub memory: Memory,
    pub login: Login,
    pub from: Address,
    pub want: Selection,
    pub visit: u64,
    /// The last message of a queue when it began: what comes later is not waited for.
    pub last: i64,
    /// Handed out: the handle is the index; (partition, offset), `None` once settled.
    pub had: Vec<Option<(i32, i64)>>,
    /// Messages that the selection has had so far.
    pub given: usize,
    pub lost: bool,
}

impl Drop for Visit {
    fn drop(&mut self) {
        self.give_back();
    }
}

impl Visit {
    fn give_back(&mut self) -> u64 {
        let memory = &self.memory;
        memory.change(|s| s.give_back(memory.shape(), &self.from.name, self.visit))
    }

    /// Lets a call of this visit through; a lost connection gives back all it had.
    async fn pass(&mut self, step: Step) -> Result<()> {
        if self.lost {
            return Err(Error::new(ErrorKind::Unreachable, step.op(), "the hold was lost with its connection").about(&self.from));
        }
        let (memory, login, from) = (self.memory.clone(), self.login.clone(), self.from.clone());
        let passed = memory.pass(&login, step, Some(&from), &mut self.lost).await;
        if self.lost {
            self.give_back();
        }
        passed
    }

    /// Whether this message is wanted; a wanted seat is taken off the list (of twins, one for each time it is named).
    fn wants(&mut self, seat: &Seat) -> bool {
        match &mut self.want {
            Selection::First(n) => self.given < *n,
            Selection::Seats(seats) => match seats.iter().position(|s| s == seat) {
                Some(i) => {
                    seats.swap_remove(i);
                    true
                }
                None => false,
            },
        }
    }

    fn done(&self) -> bool {
        match &self.want {
            Selection::First(n) => self.given >= *n,
            Selection::Seats(seats) => seats.is_empty(),
        }
    }

    /// From a log: the seats in the order asked, those that are gone left out; nothing is taken.
    fn next_of_log(&mut self, max: usize) -> Vec<(i32, store::Record)> {
        let memory = self.memory.clone();
        memory.look(|s| {
            let Some(place) = s.places.get(&self.from.name) else { return Vec::new() };
            match &mut self.want {
                Selection::Seats(seats) => {
                    let mut found = Vec::new();
                    while found.len() < max && !seats.is_empty() {
                        let Seat::Offset { partition, offset } = seats.remove(0) else { continue };
                        let log = usize::try_from(partition).ok().and_then(|p| place.parts.get(p));
                        found.extend(log.and_then(|l| l.first_from(offset)).filter(|r| r.offset == offset).map(|r| (partition, r.clone())));
                    }
                    found
                }
                Selection::First(n) => {
                    let all = (0..).zip(&place.parts).flat_map(|(p, l)| l.records.iter().map(move |r| (p, r)));
                    all.skip(self.given).take(max.min(n.saturating_sub(self.given))).map(|(p, r)| (p, r.clone())).collect()
                }
            }
        })
    }

    /// From a queue: in its order; what is passed over stays in hand till the visit ends, as on a real channel.
    fn next_of_queue(&mut self, max: usize, until: Option<SystemTime>) -> Vec<(i32, store::Record)> {
        let memory = self.memory.clone();
        let shape = memory.shape();
        memory.change(|s| {
            let Some(log) = s.places.get_mut(&self.from.name).and_then(|p| p.part(0)) else { return Vec::new() };
            let mut found = Vec::new();
            let mut locked: Vec<_> =
                log.records.iter().filter(|r| shape.fifo && r.held.is_some_and(|h| h.0 != self.visit)).map(|r| r.key.clone()).collect();
            for record in &mut log.records {
                if found.len() >= max || self.done() {
                    break;
                }
                if record.held.is_some() || record.offset > self.last || locked.contains(&record.key) {
                    continue;
                }
                let seat = store::seat(shape, 0, record);
                let doomed = shape.back(record.deliveries) == Back::Destroys;
                if self.wants(&seat) || doomed {
                    record.held = Some((self.visit, until));
                    self.given += 1;
                    found.push((0, record.clone()));
                } else if shape.seats == super::Seats::Digests {
                    record.held = Some((self.visit, until));
                } else if shape.fifo {
                    // what comes before it in its group has not been taken, so the group waits
                    locked.push(record.key.clone());
                }
            }
            found
        })
    }

    fn in_hand(&self, id: HeldId) -> Result<(i32, i64)> {
        let index = usize::try_from(id.0).unwrap_or(usize::MAX);
        let had = self.had.get(index).copied().flatten();
        had.ok_or_else(|| Error::new(ErrorKind::Invalid, "settle", "not in hand, or settled before").about(&self.from))
    }

    /// Puts the message to its target and takes it out of here in one change.
    async fn carry_one(&mut self, id: HeldId, out: &Outgoing) -> Result<Receipt> {
        let memory = self.memory.clone();
        if !memory.shape().capabilities.carry {
            return Err(Error::new(ErrorKind::Unsupported, "carry", "it cannot publish and take out as one act").about(&out.to));
        }
        self.pass(Step::BeforePublish).await?;
        if !self.login.write {
            return Err(memory.denied(&self.login, "carry", &out.to));
        }
        let (partition, offset) = self.in_hand(id)?;
        let limit = memory.look(|s| s.places.get(&out.to.name).map(|p| p.spec.max_message_bytes));
        let limit = limit.ok_or_else(|| memory.not_found("carry", &out.to))?;
        let wire = match rehearse::rehearse(memory.shape(), out, limit) {
            Rehearsal { refused: Some(why), .. } => return Err(Error::new(ErrorKind::Invalid, "carry", why).about(&out.to)),
            rehearsal => rehearsal.wire,
        };
        let (now, visit, shape) = (memory.clock().now(), self.visit, memory.shape());
        let seat = memory.change(|s| {
            let here = s.places.get_mut(&self.from.name)?.part(partition)?;
            let at = here.records.iter().position(|r| r.offset == offset && r.held.is_some_and(|h| h.0 == visit))?;
            here.records.remove(at);
            let put = Put { key: wire.key, body: wire.body, headers: wire.headers, properties: wire.properties, ..Put::default() };
            let place = s.places.get_mut(&out.to.name)?;
            let (partition, _) = place.append(put, now)?;
            place.part(partition)?.records.back().map(|r| store::seat(shape, partition, r))
        });
        let seat = seat.ok_or_else(|| Error::new(ErrorKind::Gone, "carry", "the hold on it ended").about(&self.from))?;
        if let Some(slot) = usize::try_from(id.0).ok().and_then(|i| self.had.get_mut(i)) {
            *slot = None;
        }
        self.pass(Step::AfterPublish).await.map_err(Error::perhaps)?;
        Ok(Receipt { to: out.to.clone(), seat: Some(seat) })
    }

    async fn settle_one(&mut self, id: HeldId, how: Settle) -> Result<()> {
        self.pass(Step::BeforeSettle).await?;
        let (partition, offset) = self.in_hand(id)?;
        let memory = self.memory.clone();
        let (log, now, visit) = (memory.shape().is_log(), memory.clock().now(), self.visit);
        if !log {
            let still = memory.change(|s| {
                s.expire_holds(memory.shape(), &self.from.name, now);
                let log = s.places.get_mut(&self.from.name)?.part(partition)?;
                let at = log.records.iter().position(|r| r.offset == offset && r.held.is_some_and(|h| h.0 == visit))?;
                if how == Settle::Remove {
                    log.records.remove(at);
                }
                Some(())
            });
            still.ok_or_else(|| Error::new(ErrorKind::Gone, "settle", "the hold on it ended").about(&self.from))?;
        }
        if let Some(slot) = usize::try_from(id.0).ok().and_then(|i| self.had.get_mut(i)) {
            *slot = None;
        }
        self.pass(Step::AfterSettle).await.map_err(Error::perhaps)
    }
}

#[async_trait]
impl Hold for Visit {
    async fn next(&mut self, max: usize) -> Result<Vec<Held>> {
        self.pass(Step::Next).await?;
        let memory = self.memory.clone();
        let shape = memory.shape();
        let until = shape.hold_for.map(|d| memory.clock().now() + d);
        let max = max.min(shape.capabilities.max_batch);
        let found = if shape.is_log() {
            let found = self.next_of_log(max);
            self.given += found.len();
            found
        } else {
            self.next_of_queue(max, until)
        };
        let held = found.into_iter().map(|(partition, record)| {
            self.had.push(Some((partition, record.offset)));
            let id = HeldId(self.had.len() as u64 - 1);
            Held {
                id,
                message: store::message(shape, memory.id(), &self.from.name, partition, &record),
                back: shape.back(record.deliveries),
            }
        });
        Ok(held.collect())
    }

    async fn settle(&mut self, batch: Vec<(HeldId, Settle)>) -> Vec<Result<()>> {
        let mut answers = Vec::with_capacity(batch.len());
        for (id, how) in batch {
            answers.push(self.settle_one(id, how).await);
        }
        answers
    }

    async fn carry(&mut self, batch: Vec<(HeldId, Outgoing)>) -> Vec<Result<Receipt>> {
        let mut answers = Vec::with_capacity(batch.len());
        for (id, out) in batch {
            answers.push(self.carry_one(id, &out).await);
        }
        answers
    }

    async fn close(mut self: Box<Self>) -> Result<Left> {
        self.pass(Step::Close).await?;
        self.give_back();
        Ok(Left::default())
    }
}
