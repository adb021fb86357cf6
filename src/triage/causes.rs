//! Reads a dead-letter queue and says why its messages died: one look, one receipt, the same for the TUI and the CLI.

mod known;
mod receipt;
mod recount;

pub use known::{Known, causes};
pub use receipt::{End, Receipt};
pub use recount::{Recount, recount};

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use tokio::time::{Instant, timeout_at};

use super::group::Grouping;
use super::ledger::{LedgerError, TriageLedger};
use super::report::Resolved;
use crate::broker::{Broker, Cursor, Error, PeekRequest, Peeked, Start, Trace, Why};
use crate::config::Context;
use crate::model::{Address, Count, Message, Seat};
use crate::schema::{Declared, Seen, see};

/// Messages of one peek: between two of them the driver gives a cursor from which a stopped reading can go on.
const LAP: usize = 100_000;
/// Messages of one pass at most.
const MAX: usize = 10_000_000;

/// Asks for the causes of a queue.
#[derive(Clone, Debug)]
pub struct CausesAsk {
    pub dlq: Address,
    /// Also what is replayed, parked or discarded.
    pub with_settled: bool,
    /// Messages at most.
    pub limit: usize,
    /// The pass stops after it, and can go on.
    pub time: Duration,
    /// Traces that the user has consented to.
    pub accept: Vec<Trace>,
    /// Hides open and aborted transactions.
    pub committed_only: bool,
}

impl CausesAsk {
    /// All of a queue within the time that the config allows.
    pub fn new(dlq: Address, context: &Context) -> Self {
        let time = context.dead_letters.rules_for(&dlq.name).analysis.timeout;
        let committed_only = context.committed_only(dlq.conn.as_str());
        Self { dlq, with_settled: false, limit: MAX, time, accept: Vec::new(), committed_only }
    }
}

/// Messages and bytes of them kept at most.
const KEPT: (usize, usize) = (5_000, 32 << 20);

/// What is known beside the messages.
#[derive(Clone, Copy)]
pub struct Knowledge<'a> {
    pub declared: &'a Declared,
    /// What is done with at this queue.
    pub resolved: &'a Resolved,
    /// Tells what was done with a message before.
    pub ledger: Option<&'a TriageLedger>,
}

/// How far a reading is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Offsets passed, or messages off Kafka.
    pub read: u64,
    pub of: Count,
    pub took: Duration,
}

/// A reading, finished or stopped; it can go on where it stopped.
#[derive(Debug, Clone)]
pub struct Reading {
    pub grouping: Grouping,
    pub receipt: Receipt,
    /// Where the next lap starts; `None`: all was read.
    next: Option<Start>,
    /// Offsets already read in each partition, for a lap that was broken off in its middle.
    done: BTreeMap<i32, i64>,
    /// Offsets passed before the lap that is under way, which starts again if it is broken off.
    passed: u64,
    /// The messages themselves where a look left a trace, so that nobody has to look again; empty if they were too many to keep.
    pub kept: Vec<Arc<Seen>>,
    keeps: bool,
    /// Messages without an offset were read: what of a broken lap was counted already cannot be told.
    unplaced: bool,
}

impl Reading {
    /// Before the first message.
    pub fn new(ask: &CausesAsk) -> Self {
        Self {
            grouping: Grouping::new(ask.dlq.clone(), ask.with_settled),
            receipt: Receipt::new(ask.dlq.clone()),
            next: Some(Start::Oldest),
            done: BTreeMap::new(),
            passed: 0,
            kept: Vec::new(),
            keeps: !ask.accept.is_empty(),
            unplaced: false,
        }
    }

    /// Whether there is more that [`go_on`] would read.
    pub fn can_go_on(&self) -> bool {
        self.next.is_some()
    }
}

/// Reads a queue and groups its dead letters; looks only. Dropping the future cancels it.
///
/// An error is returned only if nothing was read; a reading that broke off later says so in its receipt and keeps what it has.
pub async fn read_causes(
    broker: &dyn Broker,
    ask: &CausesAsk,
    known: Knowledge<'_>,
    say: &(dyn Fn(Progress) + Sync),
) -> Result<Reading, Error> {
    let mut reading = Reading::new(ask);
    go_on(broker, ask, known, &mut reading, say).await?;
    Ok(reading)
}

/// Goes on with a reading that was stopped by time, limit or an error, for as long as `ask` allows again.
pub async fn go_on(
    broker: &dyn Broker,
    ask: &CausesAsk,
    known: Knowledge<'_>,
    reading: &mut Reading,
    say: &(dyn Fn(Progress) + Sync),
) -> Result<(), Error> {
    let started = Instant::now();
    let before = reading.receipt.took;
    let deadline = started + ask.time;
    let passed_before = reading.receipt.passed;
    let mut left = ask.limit;
    while let Some(start) = reading.next.clone() {
        let lap = left.min(LAP);
        if lap == 0 {
            reading.receipt.end = End::Limit;
            break;
        }
        let mut want = PeekRequest::new(ask.dlq.clone(), lap);
        want.start = start;
        want.committed_only = ask.committed_only;
        want.accept.clone_from(&ask.accept);
        let mut flow = broker.peek(want);
        let lap_from = reading.passed;
        let ended = loop {
            let step = match timeout_at(deadline, flow.next()).await {
                Err(_) => break Some(End::TimeLimit(ask.time)),
                Ok(None) => break Some(End::Broken("the broker's answer ended early".to_owned())),
                Ok(Some(Err(error))) if reading.receipt.read == 0 => return Err(error),
                Ok(Some(Err(error))) => break Some(End::Broken(error.to_string())),
                Ok(Some(Ok(step))) => step,
            };
            match step {
                Peeked::Batch(messages) => {
                    left = left.saturating_sub(messages.len());
                    take(messages, known, reading).await;
                    tokio::task::yield_now().await;
                }
                Peeked::Progress { read, of } => {
                    reading.receipt.passed = lap_from + read;
                    reading.receipt.of = Count::Exact(lap_from) + of;
                }
                Peeked::Doomed(_) => {}
                Peeked::End { why, read, left: traces, more, notes } => {
                    reading.receipt.passed = lap_from + read;
                    reading.passed = reading.receipt.passed;
                    reading.receipt.left(traces, notes);
                    break reading.lap_done(why, more);
                }
            }
            let took = before + started.elapsed();
            say(Progress { read: reading.receipt.passed.max(passed_before), of: reading.receipt.of, took });
        };
        if let Some(end) = ended {
            if reading.unplaced && matches!(end, End::TimeLimit(_) | End::Broken(_)) {
                reading.next = None;
            }
            reading.receipt.end = end;
            break;
        }
    }
    reading.receipt.took = before + started.elapsed();
    reading.receipt.totals = reading.grouping.totals();
    Ok(())
}

impl Reading {
    fn keep(&mut self, fresh: Vec<Seen>) {
        if !self.keeps {
            return;
        }
        self.kept.extend(fresh.into_iter().map(Arc::new));
        let bytes: usize = self.kept.iter().map(|s| s.message.size()).sum();
        if self.kept.len() > KEPT.0 || bytes > KEPT.1 {
            (self.kept, self.keeps) = (Vec::new(), false);
        }
    }

    /// What the end of a lap means: `None` to go on with the next.
    fn lap_done(&mut self, why: Why, more: Option<Cursor>) -> Option<End> {
        match (why, more) {
            (Why::Limit, Some(cursor)) => {
                self.next = Some(Start::From(cursor));
                None
            }
            (Why::Limit, None) => {
                self.next = None;
                Some(End::Limit)
            }
            (Why::Complete | Why::TimeReached, _) => {
                self.next = None;
                Some(End::All)
            }
            (Why::Undecided, _) => {
                self.next = None;
                Some(End::Undecided)
            }
            (Why::Window, _) => {
                self.next = None;
                Some(End::Window)
            }
        }
    }
}

/// Looks at a batch and adds it to the causes.
async fn take(messages: Vec<Message>, known: Knowledge<'_>, reading: &mut Reading) {
    let mut fresh = Vec::with_capacity(messages.len());
    for message in messages {
        if let Seat::Offset { partition, offset } = message.seat {
            let done = reading.done.entry(partition).or_insert(i64::MIN);
            if offset <= *done {
                continue;
            }
            *done = offset;
        } else {
            reading.unplaced = true;
        }
        fresh.push(see(message, known.declared));
    }
    // without it the messages are shown all the same, and the receipt says so
    if let Some(ledger) = known.ledger
        && let Err(error) = fill_past(ledger, &mut fresh).await
    {
        reading.receipt.note(&error.to_string());
    }
    for seen in &fresh {
        if !seen.message.whole {
            reading.receipt.cut += 1;
        }
        reading.grouping.add(seen, known.resolved);
    }
    reading.receipt.read += fresh.len() as u64;
    reading.keep(fresh);
}

/// Fills in what the ledger knows.
async fn fill_past(ledger: &TriageLedger, seen: &mut [Seen]) -> Result<(), LedgerError> {
    let past = ledger.past(seen.iter().map(|s| s.id.clone()).collect()).await?;
    for s in seen.iter_mut().filter(|_| !past.is_empty()) {
        if let Some(past) = past.get(&s.id) {
            s.past.clone_from(past);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
