//! What a visit has in hand: the task that owns the channel takes, settles, and gives back in the order it came.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use lapin::options::{BasicAckOptions, BasicGetOptions, BasicNackOptions, BasicQosOptions};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::amqp::Line;
use super::cost::{Price, WHOLE};
use super::queue::Type;
use super::visit::{Ask, Ended, Lanes, Taken};
use super::{Rabbit, message};
use crate::broker::{Back, Error, ErrorKind, Result, Settle};
use crate::model::Address;

/// Messages in hand at most.
pub const MOST: usize = 100_000;
/// Nacks on their way at once. A quorum queue's channel has 32 commands on their way; what comes on top is sent as one set, without an order
/// (`rabbit_fifo_client`, measured on 3.10.8, 4.0.5 and 4.3.6).
const NACKS: usize = 32;
/// How long the broker is given to take back what it was given, and how long until it is asked again.
const SETTLING: Duration = Duration::from_secs(8);
const MOMENT: Duration = Duration::from_millis(10);

/// Wait before the channel of a quorum queue is closed after acknowledgements, where its own word does not show that it has them all: of those in a
/// burst all but the first 33 are held back in the channel until the queue has applied these, and a close drops them. An answer of the channel behind
/// them does not show it (measured on 3.10.8, 4.0.5 and 4.3.6: of 256 acknowledged, up to 223 came back, though `basic.qos` was answered after them;
/// after 100 ms none, of 1,024 neither).
const APPLIED: Duration = Duration::from_millis(300);

/// What the task owns.
pub struct Room {
    rabbit: Arc<Rabbit>,
    lane: Lanes,
    line: Line,
    op: &'static str,
    at: Address,
    price: Price,
    /// By delivery tag, so in the order of delivery.
    held: BTreeMap<u64, Back>,
    most_given_back: u64,
    behind: u64,
    acknowledged: bool,
    /// What keeps the order is in hand.
    ordered: bool,
    until: Instant,
    /// Consumers of a quorum queue before anything was taken from it: to its own word each message in hand is one more, until it has applied that it
    /// is settled (measured on 3.10.8, 4.0.5 and 4.3.6).
    others: Option<u64>,
    patience: Duration,
}

impl Room {
    /// A channel of its own; `longest` is how long anything is held.
    pub async fn open(rabbit: &Arc<Rabbit>, lane: Lanes, op: &'static str, at: &Address, price: &Price, longest: Duration) -> Result<Self> {
        let others = match price.of_type {
            Type::Quorum => rabbit.counts(lane.of(rabbit), at).await.ok().map(|(_, consumers)| consumers),
            _ => None,
        };
        Ok(Self {
            rabbit: Arc::clone(rabbit),
            lane,
            line: lane.of(rabbit).line(op, Some(at)).await?,
            op,
            at: at.clone(),
            price: price.clone(),
            held: BTreeMap::new(),
            most_given_back: 0,
            behind: 0,
            acknowledged: false,
            ordered: false,
            until: Instant::now() + longest,
            others,
            patience: SETTLING,
        })
    }

    /// Does what it is asked until nobody asks any more, or what is in hand was held for as long as may be.
    pub async fn serve(&mut self, mut heard: mpsc::Receiver<Ask>) {
        loop {
            let ask = tokio::select! {
                ask = heard.recv() => ask,
                () = sleep_until(self.until) => return,
            };
            // whoever asked may have gone away meanwhile: what was taken for them stays in hand and is given back
            match ask {
                Some(Ask::Take { most, bytes, floor, to }) => drop(to.send(self.take(most, bytes, floor).await)),
                Some(Ask::Settle { batch, to }) => drop(to.send(self.settle_all(batch).await)),
                // without a limit nothing is doomed, and the end does it
                Some(Ask::Order { to }) if self.price.limit.is_none() => drop(to.send(Vec::new())),
                Some(Ask::Order { to }) => drop(to.send(self.take_what_keeps_the_order().await)),
                Some(Ask::End { to }) => {
                    let ended = self.end(false).await;
                    drop(to.send(ended));
                    return;
                }
                None => return,
            }
        }
    }

    async fn take(&mut self, most: usize, bytes: usize, floor: Option<u64>) -> Result<Vec<Taken>> {
        let (mut taken, mut size): (Vec<Taken>, _) = (Vec::new(), 0);
        while taken.len() < most && self.held.len() < MOST && (taken.is_empty() || size < bytes) && Instant::now() < self.until {
            let Some((one, given_back)) = self.get(self.op).await? else { break };
            let doomed = one.back == Back::Destroys;
            if let (Some(floor), Some(limit), true) = (floor, self.price.limit, self.price.counts && !doomed)
                && limit.saturating_sub(given_back) <= floor
            {
                return Err(self.too_few(limit, given_back));
            }
            size += one.message.size();
            taken.push(one);
            if doomed {
                // whoever asked copies it before anything else happens
                break;
            }
        }
        Ok(taken)
    }

    /// The next message, and how often it was given back before.
    async fn get(&mut self, op: &'static str) -> Result<Option<(Taken, u64)>> {
        let get = self.line.channel.basic_get(self.at.name.as_str().into(), BasicGetOptions { no_ack: false });
        let Some(got) = self.lane.of(&self.rabbit).rpc(op, Some(&self.at), get).await? else { return Ok(None) };
        let message = message::read(&self.at, self.price.of_type, &got.delivery);
        let given_back = message::given_back(&message);
        let (tag, back) = (got.delivery.delivery_tag, self.price.back(given_back));
        self.held.insert(tag, back);
        self.behind = u64::from(got.message_count);
        self.most_given_back = self.most_given_back.max(given_back);
        Ok(Some((Taken { tag, message, back, behind: self.behind }, given_back)))
    }

    fn too_few(&self, limit: u64, given_back: u64) -> Error {
        // giving it back now takes one more
        let left = limit.saturating_sub(given_back + 1);
        let cause = super::cost::too_few(left, limit, self.price.end, self.price.policy.as_deref());
        Error::new(ErrorKind::Unsafe, self.op, cause).about(&self.at).next("describe (d) leaves no trace")
    }

    /// One answer each. AMQP answers no acknowledgement, and one that a dead connection took in is gone: only the answer to a call that was
    /// sent behind them on their channel shows that the broker had them.
    async fn settle_all(&mut self, batch: Vec<(u64, Settle)>) -> Vec<Result<()>> {
        let mut answers = Vec::with_capacity(batch.len());
        let mut sent = false;
        for (tag, how) in &batch {
            let answer = self.settle(*tag, *how).await;
            sent |= *how == Settle::Remove && answer.is_ok();
            answers.push(answer);
        }
        // no limit of prefetch, as it was: it changes nothing for messages that are got one by one
        let behind = self.line.channel.basic_qos(0, BasicQosOptions::default());
        if sent && let Err(e) = self.lane.of(&self.rabbit).rpc("settle", Some(&self.at), behind).await {
            let unknown = e.perhaps();
            for (answer, (_, how)) in answers.iter_mut().zip(&batch) {
                if *how == Settle::Remove && answer.is_ok() {
                    *answer = Err(unknown.clone());
                }
            }
        }
        answers
    }

    async fn settle(&mut self, tag: u64, how: Settle) -> Result<()> {
        if !self.held.contains_key(&tag) {
            return Err(Error::new(ErrorKind::Invalid, "settle", "not in hand, or settled before")
                .about(&self.at)
                .next("begin a new visit"));
        }
        // what is returned stays in hand till the end, so that all goes back in one order
        if how == Settle::Remove {
            let ack = self.line.channel.basic_ack(tag, BasicAckOptions { multiple: false });
            self.lane.of(&self.rabbit).rpc("settle", Some(&self.at), ack).await.map_err(Error::perhaps)?;
            self.held.remove(&tag);
            self.acknowledged = true;
        }
        Ok(())
    }

    /// Gives back what is in hand, in the order it came; last, what the broker will drop for it. In a hurry it does not first take in hand what
    /// keeps the order.
    pub async fn end(&mut self, hurry: bool) -> Ended {
        // nobody would copy what is doomed now: a look at a queue with a limit that was broken off may change its order
        if self.price.limit.is_none() && !hurry {
            self.take_what_keeps_the_order().await;
        }
        let mut ended = Ended::default();
        let held = std::mem::take(&mut self.held);
        let n = held.len() as u64;
        let (doomed, whole): (Vec<_>, Vec<_>) = held.into_iter().partition(|(_, back)| *back == Back::Destroys);
        for some in whole.chunks(NACKS) {
            for (tag, _) in some {
                self.give_back(*tag).await;
                ended.given_back += 1;
            }
            self.settled(self.behind + ended.given_back, n - ended.given_back).await;
        }
        for (tag, _) in doomed {
            self.give_back(tag).await;
            ended.dropped += 1;
        }
        if self.price.counts && n > 0 {
            let given_back = self.most_given_back + 1;
            self.rabbit.known(|k| {
                let counted = k.queues.entry(self.at.name.clone()).or_default();
                counted.given_back = if self.behind == 0 { given_back } else { counted.given_back.max(given_back) };
            });
        }
        // among other consumers, who come and go, its word is no proof
        if self.price.of_type == Type::Quorum && self.acknowledged && !(self.settled(0, 0).await && self.others == Some(0)) {
            tokio::time::sleep(APPLIED).await;
        }
        let close = self.line.channel.close(200, "given back".into());
        let _ = self.lane.of(&self.rabbit).rpc("give back", Some(&self.at), close).await;
        ended
    }

    async fn give_back(&self, tag: u64) {
        let nack = self.line.channel.basic_nack(tag, BasicNackOptions { multiple: false, requeue: true });
        let _ = self.lane.of(&self.rabbit).rpc("give back", Some(&self.at), nack).await;
    }

    /// Takes more in hand, so that giving back leaves the order as it was. A quorum queue keeps what was given back once in a line of its own before
    /// the others, and what is given back again goes to the end of that line: so all of that line is taken. Without a limit (up to 4.2) it goes to
    /// the end of the whole queue: so all of it is taken. Ends at one that giving back would destroy, and gives it.
    async fn take_what_keeps_the_order(&mut self) -> Vec<Taken> {
        // where counts travel, what is doomed is met at every step, and the order changes anyway
        if self.price.of_type != Type::Quorum || self.held.is_empty() || self.price.carried || self.ordered {
            return Vec::new();
        }
        self.ordered = true;
        let mut left = if self.price.at_tail && self.behind > WHOLE { 0 } else { self.behind.min(WHOLE) };
        while left > 0 && Instant::now() < self.until {
            let Ok(Some((one, _))) = self.get("give back").await else { break };
            left -= 1;
            if one.back == Back::Destroys {
                return vec![one];
            }
            if !self.price.at_tail && !message::redelivered(&one.message) {
                break;
            }
        }
        Vec::new()
    }

    /// A queue takes back what it is given, and takes out what it is told to, in its own time. Waits until it says so: a quorum queue by how many are
    /// still in hand, a classic one by how many are ready, which among consumers proves nothing. False: it did not say so in time.
    async fn settled(&mut self, ready: u64, in_hand: u64) -> bool {
        let until = Instant::now() + self.patience;
        loop {
            let Ok((now_ready, consumers)) = self.rabbit.counts(self.lane.of(&self.rabbit), &self.at).await else { return false };
            let settled = match self.others {
                Some(others) => consumers <= others + in_hand,
                None => now_ready >= ready || self.price.disturbs,
            };
            if settled {
                return true;
            }
            if Instant::now() >= until {
                // somebody came meanwhile: that is waited for once
                self.others = self.others.map(|_| consumers.saturating_sub(in_hand));
                self.patience = Duration::ZERO;
                return false;
            }
            tokio::time::sleep(MOMENT).await;
        }
    }
}
