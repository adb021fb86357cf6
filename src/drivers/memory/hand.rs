//! The acting side: publishing, and visits to a source.

use async_trait::async_trait;

use super::put::{Hidden, Put};
use super::store;
use super::visit::Visit;
use super::{Login, Memory, Step, rehearse};
use crate::broker::{BulkAsk, BulkState, Error, ErrorKind, Hold, Left, Outgoing, Place, REPLAY_ID, Receipt, Result, Selection, Writer};
use crate::model::{Address, Seat, text_field};

pub(super) struct Hand {
    memory: Memory,
    login: Login,
}

impl Hand {
    pub fn new(memory: Memory, login: Login) -> Self {
        Self { memory, login }
    }

    async fn publish_one(&self, out: &Outgoing) -> Result<Receipt> {
        let memory = &self.memory;
        memory.pass(&self.login, Step::BeforePublish, Some(&out.to), &mut false).await?;
        if !self.login.write {
            return Err(memory.denied(&self.login, "publish", &out.to));
        }
        let limit = memory.look(|s| s.places.get(&out.to.name).map(|p| p.spec.max_message_bytes));
        let limit = limit.ok_or_else(|| memory.not_found("publish", &out.to))?;
        let rehearsal = rehearse::rehearse(memory.shape(), out, limit);
        if let Some(why) = rehearsal.refused {
            return Err(Error::new(ErrorKind::Invalid, "publish", why).about(&out.to).next("change the message, or send it elsewhere"));
        }
        let seat = self.store(rehearsal.wire)?;
        let confirmed = memory.pass(&self.login, Step::AfterPublish, Some(&out.to), &mut false).await;
        confirmed.map_err(Error::perhaps)?;
        Ok(Receipt { to: out.to.clone(), seat: Some(seat) })
    }

    fn store(&self, wire: Outgoing) -> Result<Seat> {
        let memory = &self.memory;
        let (now, shape) = (memory.clock().now(), memory.shape());
        let mark = text_field(&wire.headers, REPLAY_ID).map(str::to_owned);
        memory.change(|s| {
            let again = shape.dedup.and_then(|window| {
                let (sent, seat) = s.recent.get(mark.as_deref()?)?;
                (*sent + window > now).then(|| seat.clone())
            });
            if let Some(seat) = again {
                return Ok(seat);
            }
            let place = s.places.get_mut(&wire.to.name).ok_or_else(|| memory.not_found("publish", &wire.to))?;
            let partition = match wire.place {
                Place::Partition(p) if shape.is_log() => Some(p),
                Place::ByKey | Place::Any | Place::Partition(_) => None,
            };
            let to = wire.to;
            let put =
                Put { partition, key: wire.key, body: wire.body, headers: wire.headers, properties: wire.properties, ..Put::default() };
            let (partition, _) = place.append(put, now).ok_or_else(|| {
                Error::new(ErrorKind::Invalid, "publish", format!("there is no partition {}", partition.unwrap_or(0))).about(&to)
            })?;
            let seat = place.part(partition).and_then(|l| l.records.back()).map(|r| store::seat(shape, partition, r));
            let seat = seat.ok_or_else(|| Error::new(ErrorKind::Unexpected, "publish", "not stored").about(&to))?;
            if let (Some(window), Some(mark)) = (shape.dedup, mark) {
                s.recent.retain(|_, (sent, _)| *sent + window > now);
                s.recent.insert(mark, (now, seat.clone()));
            }
            Ok(seat)
        })
    }
}

#[async_trait]
impl Writer for Hand {
    async fn hold(&self, from: &Address, want: Selection) -> Result<Box<dyn Hold>> {
        let memory = self.memory.clone();
        memory.pass(&self.login, Step::Hold, Some(from), &mut false).await?;
        if !self.login.read || !self.login.write && !memory.shape().is_log() {
            return Err(memory.denied(&self.login, "take messages in hand", from));
        }
        let now = memory.clock().now();
        let visit = memory.change(|s| {
            s.expire_holds(memory.shape(), &from.name, now);
            let last = s.places.get(&from.name)?.parts.iter().flat_map(|log| &log.records).map(|r| r.offset).max();
            Some((s.visit(), last.unwrap_or(-1)))
        });
        let (visit, last) = visit.ok_or_else(|| memory.not_found("take in hand", from))?;
        let login = self.login.clone();
        Ok(Box::new(Visit { memory, login, from: from.clone(), want, visit, last, had: Vec::new(), given: 0, lost: false }))
    }

    async fn publish(&self, batch: Vec<Outgoing>) -> Vec<Result<Receipt>> {
        let mut answers = Vec::with_capacity(batch.len());
        for out in &batch {
            answers.push(self.publish_one(out).await);
        }
        answers
    }

    async fn take_over(&self, plan: &str) -> Result<()> {
        let of_plan = |r: &store::Record| {
            let mark = text_field(&r.headers, REPLAY_ID).and_then(|id| id.rsplit_once('/'));
            r.hidden == Hidden::Open && mark.is_some_and(|(of, _)| of == plan)
        };
        self.memory.change(|s| {
            let records = s.places.values_mut().flat_map(|p| &mut p.parts).flat_map(|log| &mut log.records);
            records.filter(|r| of_plan(r)).for_each(|r| r.hidden = Hidden::Aborted);
        });
        Ok(())
    }

    async fn bulk(&self, ask: BulkAsk) -> Result<BulkState> {
        let (BulkAsk::Start { from, .. } | BulkAsk::State { from, .. } | BulkAsk::Cancel { from, .. }) = ask;
        Err(Error::new(ErrorKind::Unsupported, "move all", "it has no mover of its own").about(&from))
    }

    async fn close(&self) -> Left {
        Left::default()
    }
}
