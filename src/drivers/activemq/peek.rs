//! Looks: a queue's messages in bounded batches, to the end that there is, with what was left out said.

use std::sync::Arc;

use futures::stream::{self, StreamExt};

use super::ActiveMq;
use super::error::{Fault, Outcome};
use super::look::Look;
use crate::broker::{Cursor, ErrorKind, Flow, PeekRequest, Peeked, Start, Stop, Trace, Why};
use crate::model::Message;

/// Messages of one batch at most.
const BATCH: usize = 256;

struct Reading {
    mq: Arc<ActiveMq>,
    want: PeekRequest,
    look: Option<Look>,
    /// Passed over before the first one that is wanted.
    skip: u64,
    /// Whether the seat to start at was met.
    met: bool,
    given: usize,
    /// Of those given, what the broker does not show whole.
    cut: u64,
    /// One that did not fit into the last batch.
    over: Option<Message>,
    done: bool,
}

pub(super) fn peek(mq: Arc<ActiveMq>, want: PeekRequest) -> Flow<Peeked> {
    let reading = Reading { mq, want, look: None, skip: 0, met: true, given: 0, cut: 0, over: None, done: false };
    stream::unfold(reading, |mut reading| async move {
        if reading.done {
            return None;
        }
        let mq = reading.mq.clone();
        let at = reading.want.from.clone();
        let step = mq.run("read", Some(&at), reading.step()).await;
        reading.done |= step.is_err();
        Some((step, reading))
    })
    .boxed()
}

impl Reading {
    async fn begin(&mut self) -> Outcome<Look> {
        let unsupported =
            |what: &str| Fault::new(ErrorKind::Unsupported, format!("a queue cannot {what}")).next("look from the oldest message on");
        if self.want.stop == Stop::Never {
            return Err(unsupported("be followed live without taking messages from its consumers"));
        }
        match &self.want.start {
            Start::Oldest | Start::Time(_) => {}
            Start::Seat(_) => self.met = false,
            Start::From(cursor) => {
                self.skip =
                    cursor.0.strip_prefix("after:").and_then(|n| n.parse().ok()).ok_or_else(|| unsupported("go on from this place"))?;
            }
            Start::Newest => return Err(unsupported("be read from its end")),
        }
        if let (Start::Seat(seat), 1) = (&self.want.start, self.want.limit) {
            let known = self.mq.known().await?;
            if let Some(look) = Look::at_one(&self.mq, &known, &self.want.from, seat).await? {
                return Ok(look);
            }
        }
        self.mq.look(&self.want.from).await
    }

    async fn step(&mut self) -> Outcome<Peeked> {
        let mut look = match self.look.take() {
            Some(look) => look,
            None => self.begin().await?,
        };
        let mut batch: Vec<Message> = Vec::new();
        let mut bytes = 0;
        let why = loop {
            if self.given + batch.len() >= self.want.limit {
                // one more tells whether there is more
                self.over = if self.over.is_none() { look.next().await? } else { self.over.take() };
                break Some(if self.over.is_some() { Why::Limit } else { Self::end(&look) });
            }
            let message = match self.over.take() {
                Some(message) => message,
                None => match look.next().await? {
                    None => break Some(Self::end(&look)),
                    Some(message) => {
                        if !self.wanted(&message, look.read) {
                            continue;
                        }
                        if matches!(self.want.stop, Stop::Time(until) if message.sent.is_some_and(|sent| sent > until)) {
                            break Some(Why::TimeReached);
                        }
                        message
                    }
                },
            };
            if !batch.is_empty() && (batch.len() >= BATCH || bytes + message.size() > self.want.max_bytes) {
                self.over = Some(message);
                break None;
            }
            bytes += message.size();
            self.cut += u64::from(!message.whole);
            batch.push(message);
        };
        self.given += batch.len();
        match why {
            Some(why) if batch.is_empty() => self.finish(look, why).await,
            _ => {
                // at the end the last batch goes first, and the end is found again
                self.look = Some(look);
                Ok(Peeked::Batch(batch))
            }
        }
    }

    fn end(look: &Look) -> Why {
        if look.is_cut() { Why::Window } else { Why::Complete }
    }

    /// Whether this one is at or behind the start.
    fn wanted(&mut self, message: &Message, read: u64) -> bool {
        match &self.want.start {
            Start::Seat(seat) => {
                self.met |= message.seat == *seat;
                self.met
            }
            Start::Time(from) => message.sent.is_none_or(|sent| sent >= *from),
            Start::From(_) => read > self.skip,
            Start::Oldest | Start::Newest => true,
        }
    }

    async fn finish(&mut self, look: Look, why: Why) -> Outcome<Peeked> {
        self.done = true;
        let shown = look.read - u64::from(self.over.is_some());
        let mut notes = Vec::new();
        if why == Why::Window {
            notes.push(match look.there {
                Some(there) if look.is_full() => format!("the broker shows the first {shown} of {there}"),
                Some(there) => {
                    format!("{shown} of {there} came: the others are in somebody's hand, to be delivered later, or gone meanwhile")
                }
                None if look.is_full() => format!("the broker shows the first {shown}; how many there are is not known"),
                None => format!("{shown} came; how many are in somebody's hand is not known without Jolokia"),
            });
        }
        if self.cut > 0 {
            notes.push(format!("{} are cut views: this way in shows no more of them", self.cut));
        }
        let expired = match look.expired {
            None => 0,
            Some(before) => {
                let known = self.mq.known().await?;
                let now = self.mq.place(&known, &self.want.from).await.ok().flatten().map_or(before, |p| p.expired);
                now.saturating_sub(before)
            }
        };
        let left = if expired > 0 && look.window.is_some() { vec![(Trace::Expires, expired)] } else { Vec::new() };
        let more = (why == Why::Limit).then(|| Cursor(format!("after:{shown}")));
        look.close().await;
        Ok(Peeked::End { why, read: shown, left, more, notes })
    }
}
