//! Reading messages: the steps of one peek, shared by logs and queues.

mod log;
mod queue;
mod span;

use std::collections::VecDeque;

use futures::stream::{self, StreamExt};

use super::{Login, Memory, Step};
use crate::broker::{Cursor, Error, ErrorKind, Flow, PeekRequest, Peeked, Result, Start, Stop, Trace, Why};
use crate::model::Count;

/// Messages per batch at most, as the contract says.
const BATCH: usize = 256;

/// How a peek goes on after one step.
enum Next {
    /// At once.
    More,
    /// When something changes on the broker (a tail that has read all).
    Wait,
    /// Not at all: why, traces left, how to go on, notes.
    End(Why, Vec<(Trace, u64)>, Option<Cursor>, Vec<String>),
}

enum Reading {
    Unopened,
    Log(log::Reading),
    Queue(queue::Reading),
}

struct Peek {
    memory: Memory,
    login: Login,
    want: PeekRequest,
    reading: Reading,
    /// Steps made and not yet taken; bounded by what one step makes.
    out: VecDeque<Peeked>,
    given: usize,
    over: bool,
}

/// The flow of a peek. Nothing happens before it is first polled.
pub(super) fn peek(memory: Memory, login: Login, want: PeekRequest) -> Flow<Peeked> {
    let peek = Peek { memory, login, want, reading: Reading::Unopened, out: VecDeque::new(), given: 0, over: false };
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
        let mut changes = self.memory.0.changes.subscribe();
        self.memory.pass(&self.login, Step::Peek, Some(&self.want.from), &mut false).await?;
        if let Reading::Unopened = self.reading {
            self.open()?;
        }
        let left = self.want.limit.saturating_sub(self.given);
        let (batch, read, of, next) = match &mut self.reading {
            Reading::Log(r) => r.step(&self.memory, &self.want, left)?,
            Reading::Queue(r) => r.step(&self.memory, &self.want, left)?,
            Reading::Unopened => return Ok(()),
        };
        self.given += batch.len();
        if !batch.is_empty() {
            self.out.push_back(Peeked::Batch(batch));
            self.out.push_back(Peeked::Progress { read, of });
        }
        match next {
            Next::More => {}
            Next::End(why, left, more, notes) => {
                self.over = true;
                self.out.push_back(Peeked::End { why, read, left, more, notes });
            }
            // subscribed before the store was read, so no change is missed
            Next::Wait if self.out.is_empty() => changes.changed().await.unwrap_or(()),
            Next::Wait => {}
        }
        Ok(())
    }

    fn open(&mut self) -> Result<()> {
        let at = &self.want.from;
        if !self.login.read {
            return Err(self.memory.denied(&self.login, "read", at));
        }
        if let Some(why) = &self.memory.shape().refuses_looks {
            return Err(Error::new(ErrorKind::Unsafe, "read", why.clone()).about(at));
        }
        self.reading = if self.memory.shape().is_log() {
            Reading::Log(log::Reading::open(&self.memory, &self.want)?)
        } else {
            Reading::Queue(queue::Reading::open(&self.memory, &self.want)?)
        };
        if self.want.stop == Stop::Never && self.want.start == Start::Newest {
            self.out.push_back(Peeked::Progress { read: 0, of: Count::Unknown });
        }
        Ok(())
    }
}

fn unsupported(memory: &Memory, want: &PeekRequest, what: &str) -> Error {
    Error::new(ErrorKind::Unsupported, "read", format!("{} cannot {what}", memory.shape().product))
        .about(&want.from)
        .next("look from the oldest message on")
}

/// The type of one step: messages, how much is read, of how much, and how it goes on.
type Stepped = (Vec<crate::model::Message>, u64, crate::model::Count, Next);
