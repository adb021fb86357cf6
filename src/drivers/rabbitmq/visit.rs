//! One visit to a queue: a task owns the channel and all that is in hand, and gives it back in the order it came, however the visit ends.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use lapin::options::{BasicAckOptions, BasicGetOptions, BasicNackOptions, BasicQosOptions};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

use super::amqp::{Lane, Line};
use super::cost::{Price, WHOLE};
use super::queue::Type;
use super::reseat::reseat;
use super::{Rabbit, message};
use crate::broker::{Back, Error, ErrorKind, Result, Settle};
use crate::model::{Address, Message};

/// Messages in hand at most.
pub const MOST: usize = 100_000;
/// Nacks on their way at once. A quorum queue's channel has 32 commands on their way; what comes on top is sent as one set, without an order
/// (`rabbit_fifo_client`, measured on 3.10.8, 4.0.5 and 4.3.6).
const NACKS: usize = 32;
/// How long, and how often, the broker is asked whether what was given back is there again.
const SETTLING: (Duration, u32) = (Duration::from_millis(10), 100);

/// Wait before the channel of a quorum queue is closed after acknowledgements: of those in a burst all but the first 33 are held back in it until the
/// queue has applied these, and a close drops them (measured on 4.0.5: of 38 acknowledged 5 came back, of 64 31; after 100 ms none).
const APPLIED: Duration = Duration::from_millis(300);

/// A message in hand.
pub struct Taken {
    /// The delivery tag.
    pub tag: u64,
    pub message: Message,
    pub back: Back,
    /// Messages that waited behind it then.
    pub behind: u64,
}

/// What a visit left when it ended.
#[derive(Clone, Debug, Default)]
pub struct Ended {
    pub given_back: u64,
    /// Put in again because the broker would have dropped them.
    pub reseated: u64,
    /// Why some of those could not be put in again: they are gone.
    pub lost: Vec<String>,
}

enum Ask {
    Take { most: usize, bytes: usize, floor: Option<u64>, to: oneshot::Sender<Result<Vec<Taken>>> },
    Settle { batch: Vec<(u64, Settle)>, to: oneshot::Sender<Vec<Result<()>>> },
    End { to: oneshot::Sender<Ended> },
}

/// The handle of a visit; dropping it gives back what is in hand.
pub struct Visit {
    asks: mpsc::Sender<Ask>,
    at: Address,
}

impl Visit {
    /// Opens a channel of the lane; `longest` is how long anything is held.
    pub async fn begin(
        rabbit: &Arc<Rabbit>,
        lane: Lanes,
        op: &'static str,
        at: &Address,
        price: &Price,
        longest: Duration,
    ) -> Result<Self> {
        let line = lane.of(rabbit).line(op, Some(at)).await?;
        let (asks, heard) = mpsc::channel(4);
        let room = Room {
            rabbit: Arc::clone(rabbit),
            lane,
            line,
            op,
            at: at.clone(),
            price: price.clone(),
            held: BTreeMap::new(),
            most_given_back: 0,
            behind: 0,
            acknowledged: false,
            until: Instant::now() + longest,
        };
        rabbit.keeper.spawn(|stop| async move {
            let mut room = room;
            let hurry = tokio::select! {
                () = room.serve(heard) => false,
                () = stop.cancelled() => true,
            };
            room.end(hurry).await;
        });
        Ok(Self { asks, at: at.clone() })
    }

    async fn ask<T>(&self, op: &'static str, ask: impl FnOnce(oneshot::Sender<T>) -> Ask) -> Result<T> {
        let (to, answer) = oneshot::channel();
        let over = || {
            Error::new(ErrorKind::Gone, op, "they were held as long as may be, and given back")
                .about(&self.at)
                .next("begin again; fewer at a time")
        };
        self.asks.send(ask(to)).await.map_err(|_| over())?;
        answer.await.map_err(|_| over())
    }

    /// The next messages in the queue's order, at most so many and about so many bytes; empty: there are no more. With `floor`, a message
    /// that has no more give-backs left than that ends the visit as unsafe.
    pub async fn take(&self, op: &'static str, most: usize, bytes: usize, floor: Option<u64>) -> Result<Vec<Taken>> {
        self.ask(op, |to| Ask::Take { most, bytes, floor, to }).await?
    }

    /// One answer each.
    pub async fn settle(&self, batch: Vec<(u64, Settle)>) -> Vec<Result<()>> {
        let n = batch.len();
        match self.ask("settle", |to| Ask::Settle { batch, to }).await {
            Ok(answers) => answers,
            Err(e) => vec![Err(e); n],
        }
    }

    /// Gives back the rest and waits until the broker has it.
    pub async fn end(self) -> Result<Ended> {
        self.ask("give back", |to| Ask::End { to }).await
    }
}

/// Which of the connections a visit is on.
#[derive(Clone, Copy)]
pub enum Lanes {
    Looking,
    Holding,
}

impl Lanes {
    fn of(self, rabbit: &Rabbit) -> &Lane {
        match self {
            Lanes::Looking => &rabbit.looking,
            Lanes::Holding => &rabbit.holding,
        }
    }
}

/// What the task owns.
struct Room {
    rabbit: Arc<Rabbit>,
    lane: Lanes,
    line: Line,
    op: &'static str,
    at: Address,
    price: Price,
    /// By delivery tag, so in the order of delivery; the message itself only where a give-back would destroy it.
    held: BTreeMap<u64, Option<Message>>,
    most_given_back: u64,
    behind: u64,
    acknowledged: bool,
    until: Instant,
}

impl Room {
    async fn serve(&mut self, mut heard: mpsc::Receiver<Ask>) {
        loop {
            let ask = tokio::select! {
                ask = heard.recv() => ask,
                () = sleep_until(self.until) => return,
            };
            // whoever asked may have gone away meanwhile: what was taken for them stays in hand and is given back
            match ask {
                Some(Ask::Take { most, bytes, floor, to }) => drop(to.send(self.take(most, bytes, floor).await)),
                Some(Ask::Settle { batch, to }) => drop(to.send(self.settle_all(batch).await)),
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
        let (mut taken, mut size) = (Vec::new(), 0);
        let lane = self.lane.of(&self.rabbit);
        while taken.len() < most && self.held.len() < MOST && (taken.is_empty() || size < bytes) && Instant::now() < self.until {
            let get = self.line.channel.basic_get(self.at.name.as_str().into(), BasicGetOptions { no_ack: false });
            let Some(got) = lane.rpc(self.op, Some(&self.at), get).await? else { break };
            let message = message::read(&self.at, self.price.of_type, &got.delivery);
            let given_back = message::given_back(&message);
            let back = self.price.back(given_back);
            self.held.insert(got.delivery.delivery_tag, (back == Back::Destroys).then(|| message.clone()));
            self.behind = u64::from(got.message_count);
            self.most_given_back = self.most_given_back.max(given_back);
            if let (Some(floor), Some(limit), true) = (floor, self.price.limit, self.price.counts)
                && limit.saturating_sub(given_back) <= floor
            {
                return Err(self.too_few(limit, given_back));
            }
            size += message.size();
            taken.push(Taken { tag: got.delivery.delivery_tag, message, back, behind: self.behind });
        }
        Ok(taken)
    }

    fn too_few(&self, limit: u64, given_back: u64) -> Error {
        // giving it back now takes one more
        let left = limit.saturating_sub(given_back + 1);
        let cause = super::cost::too_few(left, limit, self.price.end, &self.at.name);
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

    /// Gives back what is in hand, in the order it came; nothing that it would destroy is given back. In a hurry it does not first take in hand
    /// what keeps the order.
    async fn end(&mut self, hurry: bool) -> Ended {
        if self.price.of_type == Type::Quorum && !self.held.is_empty() && !hurry {
            self.take_what_keeps_the_order().await;
        }
        let mut ended = Ended::default();
        let held = std::mem::take(&mut self.held);
        let n = held.len() as u64;
        let (mut whole, mut doomed) = (Vec::with_capacity(held.len()), Vec::new());
        for (tag, message) in held {
            match message {
                Some(message) => doomed.push((tag, message)),
                None => whole.push(tag),
            }
        }
        let lane = self.lane.of(&self.rabbit);
        for some in whole.chunks(NACKS) {
            for tag in some {
                let nack = self.line.channel.basic_nack(*tag, BasicNackOptions { multiple: false, requeue: true });
                let _ = lane.rpc("give back", Some(&self.at), nack).await;
                ended.given_back += 1;
            }
            self.settled(self.behind + ended.given_back).await;
        }
        for (tag, message) in doomed {
            let put = match reseat(&self.rabbit, lane, &message).await {
                Ok(()) => lane.rpc("settle", Some(&self.at), self.line.channel.basic_ack(tag, BasicAckOptions { multiple: false })).await,
                Err(e) => Err(e),
            };
            match put {
                Ok(()) => ended.reseated += 1,
                Err(e) => ended.lost.push(e.to_string()),
            }
        }
        if self.price.counts && n > 0 {
            let given_back = self.most_given_back + 1;
            self.rabbit.known(|k| {
                let counted = k.queues.entry(self.at.name.clone()).or_default();
                counted.given_back = if self.behind == 0 { given_back } else { counted.given_back.max(given_back) };
            });
        }
        if self.price.of_type == Type::Quorum && (self.acknowledged || ended.reseated > 0) {
            tokio::time::sleep(APPLIED).await;
        }
        let _ = lane.rpc("give back", Some(&self.at), self.line.channel.close(200, "given back".into())).await;
        ended
    }

    /// Takes more in hand, so that giving back leaves the order as it was. A quorum queue keeps what was given back once in a line of its own before
    /// the others, and what is given back again goes to the end of that line: so all of that line is taken. Without a limit (up to 4.2) it goes to
    /// the end of the whole queue: so all of it is taken.
    async fn take_what_keeps_the_order(&mut self) {
        let lane = self.lane.of(&self.rabbit);
        let mut left = if self.price.at_tail && self.behind > WHOLE { 0 } else { self.behind.min(WHOLE) };
        while left > 0 && Instant::now() < self.until {
            let get = self.line.channel.basic_get(self.at.name.as_str().into(), BasicGetOptions { no_ack: false });
            let Ok(Some(got)) = lane.rpc("give back", Some(&self.at), get).await else { return };
            let message = message::read(&self.at, self.price.of_type, &got.delivery);
            let given_back = message::given_back(&message);
            self.most_given_back = self.most_given_back.max(given_back);
            self.held.insert(got.delivery.delivery_tag, (self.price.back(given_back) == Back::Destroys).then_some(message));
            self.behind = u64::from(got.message_count);
            left -= 1;
            if !self.price.at_tail && !got.delivery.redelivered {
                return;
            }
        }
    }

    /// A queue takes back what it is given in its own time: waits until it says that so many are ready, a second at most. Among consumers its
    /// word proves nothing.
    async fn settled(&self, ready: u64) {
        for _ in 0..SETTLING.1 {
            match self.rabbit.ready(self.lane.of(&self.rabbit), &self.at).await {
                Ok(n) if n < ready && !self.price.disturbs => tokio::time::sleep(SETTLING.0).await,
                _ => return,
            }
        }
    }
}
