//! Publishing a batch: all in flight, flushed, one answer each; or as one transaction.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::error::{Cause, error};
use super::ffi::{Apart, Client, Delivered, Fault, Outcome, Parcel, Role};
use super::{Kafka, not_made, rehearse, settings, watched};
use crate::broker::{Error, ErrorKind, Outgoing, Place, Receipt, Result};
use crate::model::{Address, Seat};

/// What is waited beyond librdkafka's own delivery limit before an answer is given up as in doubt.
const SLACK: Duration = Duration::from_secs(5);
const NEEDS: &str = "Write on the topic";

/// A producer under way.
pub struct Press {
    client: Arc<Client>,
    delivered: UnboundedReceiver<Delivered>,
    /// Tags of earlier batches are below: an answer that came too late is nobody's.
    tag: usize,
    /// Each batch is a transaction of this id.
    transactional_id: Option<String>,
    /// Topics with a codec of their own that were published to.
    codecs: HashMap<String, Apart>,
    /// Where the next record without key and place goes.
    turn: usize,
    /// An answer was not waited for, or librdkafka says so: the next batch gets a new producer.
    spent: bool,
    cause: Cause,
}

impl Press {
    /// Makes a producer; with transactions it is ready to begin one.
    pub async fn new(kafka: &Kafka, transactional_id: Option<String>) -> Result<Self> {
        let (tell, delivered) = unbounded_channel();
        let (id, profile, desk) = (kafka.id.clone(), kafka.profile.clone(), kafka.desk.clone());
        let named = transactional_id.clone();
        let made = kafka.desk.run(move || {
            let options = settings::publishing(&id, &profile, named.as_deref())?;
            Client::new(Role::Producer, &options, &desk, Some(tell)).map_err(|f| not_made(&f, &id))
        });
        let client = made.await.map_err(|f| not_made(&f, &kafka.id))??;
        let cause = settings::cause(&kafka.profile, &kafka.profile.publishing);
        if transactional_id.is_some() {
            let limit = settings::DELIVERY;
            if let Err(fault) = watched(&client, limit, client.init_transactions(limit)).await {
                return Err(error(&fault, "publish", "Write on the transactional id", &kafka.id, None, &cause));
            }
        }
        Ok(Self { client, delivered, tag: 0, transactional_id, codecs: HashMap::new(), turn: 0, spent: false, cause })
    }

    /// The id of its transactions; `None`: it makes none.
    pub fn transactional_id(&self) -> Option<&str> {
        self.transactional_id.as_deref()
    }

    /// Whether this producer cannot be used again.
    pub fn spent(&self) -> bool {
        self.spent || self.client.fatal().is_some()
    }

    /// Publishes in the order given, one answer each.
    pub async fn publish(&mut self, kafka: &Kafka, batch: &[Outgoing]) -> Vec<Result<Receipt>> {
        // until the end is reached, a dropped future leaves answers on the way
        self.spent = true;
        let mut answers: Vec<Option<Result<Receipt>>> = vec![None; batch.len()];
        let counts = self.counts(kafka, batch).await;
        if let Err(fault) = self.compress(kafka, batch) {
            let e = self.failed(kafka, &fault, None);
            return batch.iter().map(|_| Err(e.clone())).collect();
        }
        if self.transactional_id.is_some()
            && let Err(fault) = self.client.begin()
        {
            let e = self.failed(kafka, &fault, None);
            return batch.iter().map(|_| Err(e.clone())).collect();
        }
        let first = self.tag;
        self.tag += batch.len();
        for (i, out) in batch.iter().enumerate() {
            let sent = match counts.get(&out.to.name) {
                Some(Ok(n)) => self.send(kafka, out, *n, first + i, first, batch, &mut answers).await,
                Some(Err(e)) => Err(e.clone()),
                None => Err(Error::new(ErrorKind::NotFound, "publish", "no such topic").about(&out.to)),
            };
            if let Err(e) = sent {
                answers[i] = Some(Err(e));
            }
        }
        self.await_answers(kafka, first, batch, &mut answers).await;
        let ended = self.transactional_id.is_none() || self.settle(kafka, batch, &mut answers).await;
        self.spent = !ended || answers.iter().any(Option::is_none);
        batch.iter().zip(answers).map(|(out, a)| a.unwrap_or_else(|| Err(no_word(&out.to)))).collect()
    }

    /// Partition counts of the targets as they are now; also makes sure that they exist, for producing could create them.
    async fn counts(&self, kafka: &Kafka, batch: &[Outgoing]) -> HashMap<String, Result<u32>> {
        let mut counts = HashMap::new();
        for out in batch {
            if !counts.contains_key(&out.to.name) {
                let n = kafka.partitions("publish", NEEDS, &out.to).await.map(|ids| u32::try_from(ids.len()).unwrap_or(0));
                counts.insert(out.to.name.clone(), n);
            }
        }
        counts
    }

    /// Gives topics their codec where the config has one for them.
    fn compress(&mut self, kafka: &Kafka, batch: &[Outgoing]) -> Outcome<()> {
        let writing = &kafka.profile.writing;
        for topic in batch.iter().map(|out| &out.to.name) {
            let codec = writing.codec(topic);
            if codec != writing.compression && !self.codecs.contains_key(topic) {
                self.codecs.insert(topic.clone(), self.client.apart(topic, "compression.codec", codec.word())?);
            }
        }
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "one loop's state, used here only")]
    async fn send(
        &mut self,
        kafka: &Kafka,
        out: &Outgoing,
        partitions: u32,
        tag: usize,
        first: usize,
        batch: &[Outgoing],
        answers: &mut [Option<Result<Receipt>>],
    ) -> Result<()> {
        let rehearsal = rehearse::prepare(out, kafka.known(&out.to.name));
        if let Some(why) = rehearsal.refused {
            let kind = if why.contains("may not write") { ErrorKind::Denied } else { ErrorKind::Invalid };
            // a refusal that knows a way out says it behind the semicolon
            let (cause, next) = why.split_once("; ").unwrap_or((&why, "change the message, or send it elsewhere"));
            return Err(Error::new(kind, "publish", cause).about(&out.to).next(next));
        }
        let wire = rehearsal.wire;
        let partition = match wire.place {
            Place::Partition(p) => p,
            // without a key: in turn over all partitions
            Place::ByKey | Place::Any => match (&wire.key, wire.place) {
                (Some(key), Place::ByKey) => crate::broker::partition_for(key, partitions),
                _ => {
                    self.turn = self.turn.wrapping_add(1);
                    i32::try_from(self.turn % (partitions.max(1) as usize)).unwrap_or(0)
                }
            },
        };
        let headers: Vec<(String, Option<Bytes>)> =
            wire.headers.iter().map(|(n, v)| (n.clone(), v.as_bytes().map(Bytes::copy_from_slice))).collect();
        let parcel = Parcel { topic: &wire.to.name, partition, key: wire.key.as_ref(), body: wire.body.as_ref(), headers: &headers, tag };
        loop {
            match self.client.produce(&parcel) {
                Ok(()) => return Ok(()),
                // librdkafka holds as much as buffer_memory allows: let some go first
                Err(fault) if fault.is_full() => {
                    let Ok(Some(d)) = tokio::time::timeout(settings::DELIVERY, self.delivered.recv()).await else {
                        return Err(self.failed(kafka, &fault, Some(&out.to)));
                    };
                    self.answer(kafka, d, first, batch, answers);
                }
                Err(fault) => return Err(self.failed(kafka, &fault, Some(&out.to))),
            }
        }
    }

    async fn await_answers(&mut self, kafka: &Kafka, first: usize, batch: &[Outgoing], answers: &mut [Option<Result<Receipt>>]) {
        let limit = settings::DELIVERY + SLACK;
        let client = self.client.clone();
        // a flush lets small batches go at once instead of after linger.ms
        let flush = client.flush(settings::DELIVERY);
        tokio::pin!(flush);
        let mut flushed = false;
        let end = tokio::time::sleep(limit);
        tokio::pin!(end);
        while answers.iter().any(Option::is_none) {
            tokio::select! {
                d = self.delivered.recv() => match d {
                    Some(d) => self.answer(kafka, d, first, batch, answers),
                    None => return,
                },
                () = &mut flush, if !flushed => flushed = true,
                () = &mut end => return,
            }
        }
        self.client.well();
    }

    fn answer(&self, kafka: &Kafka, d: Delivered, first: usize, batch: &[Outgoing], answers: &mut [Option<Result<Receipt>>]) {
        let Some(i) = d.tag.checked_sub(first) else { return };
        let (Some(out), Some(slot)) = (batch.get(i), answers.get_mut(i)) else { return };
        *slot = Some(match d.fault {
            None => Ok(Receipt {
                to: out.to.clone(),
                seat: (d.offset >= 0).then_some(Seat::Offset { partition: d.partition, offset: d.offset }),
            }),
            Some(fault) => {
                // that a message timed out says less than why
                let reason = if fault.code == super::Code::MessageTimedOut { self.client.reason() } else { None };
                let e = self.failed(kafka, &reason.unwrap_or(fault), Some(&out.to));
                Err(if d.perhaps { e.perhaps() } else { e })
            }
        });
    }

    /// Commits the batch if all of it arrived, else throws it away: then none of it counts. Gives whether the transaction has ended.
    async fn settle(&mut self, kafka: &Kafka, batch: &[Outgoing], answers: &mut [Option<Result<Receipt>>]) -> bool {
        let limit = settings::DELIVERY;
        let arrived = answers.iter().all(|a| matches!(a, Some(Ok(_))));
        let failed = if arrived { self.client.commit(limit).await.err() } else { None };
        if arrived && failed.is_none() {
            return true;
        }
        let aborted = self.client.abort(limit).await.is_ok();
        for (out, answer) in batch.iter().zip(answers.iter_mut()) {
            let was = answer.take();
            let e = match (was, &failed) {
                (Some(Err(e)), _) => e,
                (_, Some(fault)) => self.failed(kafka, fault, Some(&out.to)),
                (_, None) => Error::new(ErrorKind::Unexpected, "publish", "another message of this transaction failed").about(&out.to),
            };
            let e = Error { done: crate::broker::Done::No, ..e };
            *answer = Some(Err(if aborted { e } else { e.perhaps() }));
        }
        aborted
    }

    fn failed(&self, kafka: &Kafka, fault: &Fault, at: Option<&Address>) -> Error {
        error(fault, "publish", NEEDS, &kafka.id, at, &self.cause)
    }

    /// Sends what is queued; waits no longer than this.
    pub async fn flush(&self, at_most: Duration) {
        let _ = tokio::time::timeout(at_most, self.client.flush(at_most)).await;
    }
}

fn no_word(to: &Address) -> Error {
    let e = Error::new(ErrorKind::Timeout, "publish", "no confirmation in time").about(to).perhaps();
    e.next("whether it arrived is found by reading the target from its noted end on")
}
