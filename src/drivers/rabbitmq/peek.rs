//! Looking into a queue: its messages are taken in hand in its order, shown, and given back; a stream is read by offset.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, StreamExt};

use super::Rabbit;
use super::cost::{FLOOR, Price};
use super::page::Reading;
use super::queue::Type;
use super::room::MOST;
use super::visit::{Ended, Lanes, Taken, Visit};
use crate::broker::{Back, Error, ErrorKind, Flow, PeekRequest, Peeked, Result, Start, Stop, Trace, Why, consent};
use crate::model::{Count, Message, Seat};

/// Messages of one batch at most.
pub const BATCH: usize = 256;
/// Messages are held for so long at most: consumers wait for them meanwhile.
const LONGEST: Duration = Duration::from_secs(30);
pub const OP: &str = "read";

enum Reader {
    Unopened,
    Queue(Box<Look>),
    Stream(Box<Reading>),
}

struct Peek {
    rabbit: Arc<Rabbit>,
    want: PeekRequest,
    reader: Reader,
    /// Steps made and not yet taken; bounded by what one step makes.
    out: VecDeque<Peeked>,
    over: bool,
}

/// The flow of a peek. Nothing happens before it is first polled.
pub fn peek(rabbit: Arc<Rabbit>, want: PeekRequest) -> Flow<Peeked> {
    let peek = Peek { rabbit, want, reader: Reader::Unopened, out: VecDeque::new(), over: false };
    stream::unfold(peek, |mut peek| async move {
        loop {
            if let Some(step) = peek.out.pop_front() {
                return Some((Ok(step), peek));
            }
            if peek.over {
                return None;
            }
            if let Err(e) = peek.step().await {
                peek.over = true;
                return Some((Err(e), peek));
            }
        }
    })
    .boxed()
}

impl Peek {
    async fn step(&mut self) -> Result<()> {
        match &mut self.reader {
            Reader::Unopened => self.open().await?,
            Reader::Queue(look) => look.step(&self.want, &mut self.out).await?,
            Reader::Stream(reading) => reading.step(&self.rabbit, &self.want, &mut self.out).await?,
        }
        self.over |= self.out.iter().any(|step| matches!(step, Peeked::End { .. }));
        Ok(())
    }

    async fn open(&mut self) -> Result<()> {
        let price = self.rabbit.price(OP, &self.want.from).await?;
        self.reader = match price.of_type {
            Type::Stream => Reader::Stream(Box::new(Reading::open(&self.rabbit, &self.want).await?)),
            Type::Classic | Type::Quorum => Reader::Queue(Box::new(Look::open(&self.rabbit, &self.want, price).await?)),
        };
        if self.want.stop == Stop::Never && self.want.start == Start::Newest {
            self.out.push_back(Peeked::Progress { read: 0, of: Count::Unknown });
        }
        Ok(())
    }
}

/// One look into a queue.
struct Look {
    visit: Option<Visit>,
    price: Price,
    found: bool,
    /// Messages there were at the start, once the first is in hand.
    there: Option<u64>,
    taken: u64,
    given: usize,
    /// How it ends, once all before that was polled.
    ending: Option<Result<Why>>,
}

impl Look {
    async fn open(rabbit: &Arc<Rabbit>, want: &PeekRequest, price: Price) -> Result<Self> {
        let cannot = |what: &str| {
            let error = Error::new(ErrorKind::Unsupported, OP, format!("a queue cannot {what}")).about(&want.from);
            Err(error.next("look from the oldest message on"))
        };
        if want.stop == Stop::Never {
            return cannot("be followed live without taking messages from its consumers");
        }
        let found = match &want.start {
            Start::Oldest => true,
            Start::Seat(Seat::Digest(_) | Seat::Id(_)) => false,
            _ => return cannot("be looked into but from its oldest message on"),
        };
        consent(&price.cost, want)?;
        if price.cost.leaves.contains(&Trace::Reseats) {
            let why = "what giving back would destroy has to be put in again, and a look alone does not write";
            return Err(Error::new(ErrorKind::Unsafe, OP, why)
                .about(&want.from)
                .next("look with the right to write, or make looking safe first"));
        }
        let visit = Visit::begin(rabbit, Lanes::Looking, OP, &want.from, &price, LONGEST).await?;
        Ok(Self { visit: Some(visit), price, found, there: None, taken: 0, given: 0, ending: None })
    }

    async fn step(&mut self, want: &PeekRequest, out: &mut VecDeque<Peeked>) -> Result<()> {
        if let Some(ending) = self.ending.take() {
            return self.end(want, ending, out).await;
        }
        let Some(visit) = &self.visit else { return Ok(()) };
        let left = want.limit.saturating_sub(self.given);
        // what arrives after the start is not waited for
        let more = self.there.map_or(u64::MAX, |there| there.saturating_sub(self.taken));
        let most = if self.found { left } else { BATCH }.min(BATCH).min(usize::try_from(more).unwrap_or(usize::MAX));
        let taken = match visit.take(OP, most, want.max_bytes, Some(FLOOR)).await {
            Ok(taken) => taken,
            Err(e) if e.kind == ErrorKind::Gone && self.taken > 0 => return self.finish(want, Ok(Why::Window), out).await,
            // what is in hand is back before the reason is told
            Err(e) => return self.finish(want, Err(e), out).await,
        };
        let none = taken.is_empty();
        let doomed = self.doomed(want, &taken, out);
        let (batch, late) = self.wanted(want, taken);
        let there = self.there.unwrap_or(0);
        if !batch.is_empty() {
            self.given += batch.len();
            out.push_back(Peeked::Batch(batch));
        }
        out.push_back(Peeked::Progress { read: self.taken, of: Count::Exact(there) });
        let behind = there.saturating_sub(self.taken);
        let ending = match () {
            () if doomed.is_some() => {
                self.ending = doomed.map(Err);
                return Ok(());
            }
            () if late => Why::TimeReached,
            () if none && behind > 0 && self.taken as usize >= MOST => Why::Window,
            () if none || behind == 0 => Why::Complete,
            () if self.given >= want.limit => Why::Limit,
            () => return Ok(()),
        };
        self.finish(want, Ok(ending), out).await
    }

    /// Hands out what giving back would make the broker drop; what it would move on to another queue is not lost, and stays as it is.
    fn doomed(&self, want: &PeekRequest, taken: &[Taken], out: &mut VecDeque<Peeked>) -> Option<Error> {
        let doomed: Vec<Message> = taken.iter().filter(|t| t.back == Back::Destroys).map(|t| t.message.clone()).collect();
        if doomed.is_empty() || !self.price.drops() {
            return None;
        }
        let limit = self.price.limit.unwrap_or_default();
        let why =
            format!("a message was given back as often as may be (delivery limit {limit}), and giving it back now makes RabbitMQ drop it");
        out.push_back(Peeked::Doomed(doomed));
        Some(Error::new(ErrorKind::Unsafe, OP, why).about(&want.from).next("describe (d) leaves no trace"))
    }

    fn wanted(&mut self, want: &PeekRequest, taken: Vec<Taken>) -> (Vec<Message>, bool) {
        let mut batch = Vec::with_capacity(taken.len());
        for one in taken {
            self.there.get_or_insert(one.behind + 1);
            self.taken += 1;
            self.found |= matches!(&want.start, Start::Seat(seat) if *seat == one.message.seat);
            if matches!(want.stop, Stop::Time(until) if one.message.sent.is_some_and(|sent| sent > until)) {
                return (batch, true);
            }
            if self.found && self.given + batch.len() < want.limit {
                batch.push(one.message);
            }
        }
        (batch, false)
    }

    /// Takes in hand what keeps the order, then ends; if one of that is doomed, it is handed out first.
    async fn finish(&mut self, want: &PeekRequest, ending: Result<Why>, out: &mut VecDeque<Peeked>) -> Result<()> {
        let more = match &self.visit {
            Some(visit) => visit.order(OP).await.unwrap_or_default(),
            None => Vec::new(),
        };
        match self.doomed(want, &more, out) {
            Some(doomed) => {
                self.ending = Some(Err(doomed));
                Ok(())
            }
            None => self.end(want, ending, out).await,
        }
    }

    async fn end(&mut self, want: &PeekRequest, ending: Result<Why>, out: &mut VecDeque<Peeked>) -> Result<()> {
        let ended = match self.visit.take() {
            Some(visit) => visit.end().await.unwrap_or_default(),
            None => Ended::default(),
        };
        let why = ending?;
        // more may have been in hand than was shown, to keep the order
        let touched = self.taken.max(ended.given_back + ended.dropped);
        let traces = if self.taken == 0 { Vec::new() } else { self.price.cost.leaves.iter().map(|t| (*t, touched)).collect() };
        let mut notes = Vec::new();
        if why == Why::Window {
            notes.push(format!("messages are held for {} s at most, and {MOST} of them", LONGEST.as_secs()));
        }
        if ended.dropped > 0 {
            notes.push(format!("{} went to where dead letters of {} go: they were over its delivery limit", ended.dropped, want.from.name));
        }
        out.push_back(Peeked::End { why, read: self.taken, left: traces, more: None, notes });
        Ok(())
    }
}
