//! Looking at messages: which offsets of which partitions, then a page in order of time or a stream as it comes.

mod cursor;
mod page;
mod scan;
mod way;

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::stream::{self, StreamExt};

pub use scan::{Range, Ranges, Scan};

use super::Kafka;
use crate::broker::{Flow, PeekRequest, Peeked, Result, Start, Stop, Why};
use crate::model::Count;
use way::Way;

/// Messages of one batch at most.
pub const BATCH: usize = 256;
/// Up to this limit a look over several partitions is a page: read as a whole and shown in order of time.
const PAGE: usize = 1000;
/// How often a stream says how far it is.
const SAY: Duration = Duration::from_millis(100);

/// Messages of a topic, without joining a group or committing.
pub fn peek(kafka: Arc<Kafka>, want: PeekRequest) -> Flow<Peeked> {
    stream::once(begin(kafka, want))
        .flat_map(|begun| match begun {
            Err(e) => stream::once(async { Err(e) }).boxed(),
            Ok(Begun::Page(steps)) => stream::iter(steps.into_iter().map(Ok)).boxed(),
            Ok(Begun::Stream(s)) => stream::unfold(Some(s), |s| async move {
                let mut s = s?;
                match s.step().await {
                    Ok(step @ Peeked::End { .. }) => Some((Ok(step), None)),
                    Ok(step) => Some((Ok(step), Some(s))),
                    Err(e) => Some((Err(e), None)),
                }
            })
            .boxed(),
        })
        .boxed()
}

enum Begun {
    Page(Vec<Peeked>),
    Stream(Box<Streaming>),
}

async fn begin(kafka: Arc<Kafka>, want: PeekRequest) -> Result<Begun> {
    let way = way::find(&kafka, &want).await?;
    let one = way.ranges.len() <= 1 && !way.back;
    let tail = want.stop == Stop::Never;
    if want.limit == 0 || way.ranges.values().all(Range::done) {
        return Ok(Begun::Page(vec![ended(&way, &want)]));
    }
    if way.back || (!one && !tail && want.limit <= PAGE) {
        return Ok(Begun::Page(page::page(kafka, &want, way).await?));
    }
    let of = if tail { Count::Unknown } else { Count::Exact(way.ranges.values().map(Range::left).sum()) };
    let begun = (tail && want.start == Start::Newest).then_some(Peeked::Progress { read: 0, of });
    let scan = Scan::open(kafka, &want.from, want.committed_only, way.ranges.clone()).await?;
    Ok(Begun::Stream(Box::new(Streaming { scan, want, way, given: 0, of, said: Instant::now(), first: true, begun })))
}

/// The end of a look that had nothing to read.
fn ended(way: &Way, want: &PeekRequest) -> Peeked {
    let more = !way.ranges.values().all(Range::done);
    let more = more.then(|| if way.back { cursor::older(&way.ranges) } else { cursor::newer(&way.ranges) });
    let why = if more.is_some() { Why::Limit } else { complete(want, way.open) };
    Peeked::End { why, read: 0, left: Vec::new(), more, notes: way.notes.clone() }
}

/// Why a look ended that read all there was.
fn complete(want: &PeekRequest, open: bool) -> Why {
    match want.stop {
        _ if open => Why::Undecided,
        Stop::Time(_) => Why::TimeReached,
        _ => Why::Complete,
    }
}

struct Streaming {
    scan: Scan,
    want: PeekRequest,
    way: Way,
    given: usize,
    of: Count,
    said: Instant,
    first: bool,
    /// Said before anything else.
    begun: Option<Peeked>,
}

impl Streaming {
    async fn step(&mut self) -> Result<Peeked> {
        if let Some(begun) = self.begun.take() {
            return Ok(begun);
        }
        loop {
            if self.given >= self.want.limit {
                return Ok(self.end());
            }
            if !self.first && self.said.elapsed() >= SAY && self.of != Count::Unknown {
                self.said = Instant::now();
                return Ok(Peeked::Progress { read: self.passed(), of: self.of });
            }
            let max = BATCH.min(self.want.limit - self.given);
            let Some(messages) = self.scan.some(max, self.want.max_bytes).await? else {
                return Ok(self.end());
            };
            self.first = false;
            if !messages.is_empty() {
                self.given += messages.len();
                return Ok(Peeked::Batch(messages));
            }
        }
    }

    /// Offsets passed so far.
    fn passed(&self) -> u64 {
        let from: u64 = self.way.ranges.values().map(Range::left).sum();
        let left: u64 = self.scan.ranges().values().map(Range::left).sum();
        if self.of == Count::Unknown { self.given as u64 } else { from.saturating_sub(left) }
    }

    fn end(&mut self) -> Peeked {
        let ranges = self.scan.ranges();
        let more = !ranges.values().all(Range::done);
        let mut notes = self.way.notes.clone();
        notes.extend(self.scan.notes().iter().cloned());
        let more = more.then(|| cursor::newer(ranges));
        let why = if more.is_some() { Why::Limit } else { complete(&self.want, self.way.open) };
        Peeked::End { why, read: self.passed(), left: Vec::new(), more, notes }
    }
}
