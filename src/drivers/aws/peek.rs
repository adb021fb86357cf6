//! Looking into a queue: receives with one bounded hold, each message once, then all given back.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::stream::{self, StreamExt};
use tokio::sync::mpsc;

use super::taken::Taken;
use super::{Aws, BATCH};
use crate::broker::{Error, ErrorKind, Flow, PeekRequest, Peeked, Result, Start, Stop, Why};
use crate::model::{Count, Message};

/// Steps that are made before they are taken; each holds 10 messages at most.
const AHEAD: usize = 4;
/// Messages of a queue that may be in hands at once, as SQS has it: more than that no look sees.
const IN_FLIGHT: u64 = 120_000;
/// Longest visibility timeout of SQS, in seconds.
const LONGEST_HOLD: u64 = 12 * 3_600;
/// A FIFO queue that shows nothing while a look has its groups in hand will not show more by waiting.
const FIFO_PATIENCE: Duration = Duration::from_secs(2);

/// The flow of a look. Nothing happens before it is first polled; dropping it gives back what it had in hand.
pub fn peek(aws: Arc<Aws>, want: PeekRequest) -> Flow<Peeked> {
    stream::once(async move {
        let (say, heard) = mpsc::channel(AHEAD);
        let task = aws.clone();
        aws.keeper.spawn(move |stop| async move {
            let mut look = match Look::open(task, want).await {
                Ok(look) => look,
                Err(e) => {
                    let _ = say.send(Err(e)).await;
                    return;
                }
            };
            let end = look.run(&say, &stop).await;
            let kept = look.taken.give_back().await;
            let _ = say.send(end.map(|(why, notes)| look.end(why, notes, kept.map(|(n, _)| n)))).await;
        });
        stream::unfold(heard, |mut heard| async move { heard.recv().await.map(|step| (step, heard)) })
    })
    .flatten()
    .boxed()
}

struct Look {
    aws: Arc<Aws>,
    want: PeekRequest,
    taken: Taken,
    /// What a receive could have had at the start, by the queue's estimate.
    there: u64,
    /// The wanted start was met, or there is none.
    found: bool,
    read: u64,
    given: usize,
    late: bool,
}

type Say = mpsc::Sender<Result<Peeked>>;

impl Look {
    async fn open(aws: Arc<Aws>, want: PeekRequest) -> Result<Self> {
        let unsupported = |what: &str| {
            let e = Error::new(ErrorKind::Unsupported, "read", format!("SQS cannot {what}")).about(&want.from);
            Err(e.next("look from the oldest message on"))
        };
        if want.stop == Stop::Never {
            return unsupported("be followed live without taking messages from its consumers");
        }
        let found = match &want.start {
            Start::Oldest => true,
            Start::Seat(seat) if super::taken::id_of(seat).is_some() => false,
            _ => return unsupported("be looked into but from its oldest message on"),
        };
        let queue = aws.queue("read", &want.from).await?;
        // the guard asks before each look; the driver keeps the promise by itself too
        if let Some(why) = aws.price(&queue).refused {
            return Err(Error::new(ErrorKind::Unsafe, "read", why).about(&want.from).next("look at its dead-letter queue"));
        }
        let there = queue.visible().unwrap_or(0);
        Ok(Self { taken: Taken::new(aws.clone(), &want.from, &queue), aws, want, there, found, read: 0, given: 0, late: false })
    }

    /// Receives until all is seen, the limit or the end of the hold is reached, or nobody listens any more.
    async fn run(&mut self, say: &Say, stop: &tokio_util::sync::CancellationToken) -> Result<(Why, Vec<String>)> {
        let fifo = self.taken.fifo();
        let patience = if fifo { self.aws.patience().min(FIFO_PATIENCE) } else { self.aws.patience() };
        let mut first: Option<Instant> = None;
        let mut quiet = Duration::ZERO;
        loop {
            if stop.is_cancelled() || say.is_closed() {
                return Ok((Why::Limit, Vec::new()));
            }
            let room = self.want.limit.saturating_sub(self.given);
            if room == 0 {
                let why = if self.read < self.there { Why::Limit } else { Why::Complete };
                return Ok((why, Vec::new()));
            }
            // what was taken first must be given back before it comes back by itself
            if first.is_some_and(|t| t.elapsed() > self.aws.hides() * 4 / 5) {
                return Ok((Why::Window, vec![sampled(self.aws.hides(), self.read, self.there)]));
            }
            let began = Instant::now();
            let max = if self.found { room.min(BATCH) } else { BATCH };
            let got = self.taken.receive(max).await?;
            if got.is_empty() {
                quiet += began.elapsed().max(Duration::from_millis(100));
                if let Some(end) = self.silent(quiet >= patience).await? {
                    return Ok(end);
                }
                let _ = say.send(Ok(self.progress())).await;
                continue;
            }
            quiet = Duration::ZERO;
            first.get_or_insert(began);
            self.read += got.len() as u64;
            for batch in self.batches(got) {
                let _ = say.send(Ok(Peeked::Batch(batch))).await;
            }
            let _ = say.send(Ok(self.progress())).await;
        }
    }

    /// After a long poll that gave nothing: an empty reply is not an empty queue, so the queue's own numbers are asked.
    async fn silent(&mut self, patient: bool) -> Result<Option<(Why, Vec<String>)>> {
        if self.read >= self.there && (self.read > 0 || patient || self.there == 0) {
            let why = if self.late { Why::TimeReached } else { Why::Complete };
            return Ok(Some((why, self.elsewhere().await?)));
        }
        let queue = self.aws.queue("read", &self.want.from).await?;
        let still = queue.visible().unwrap_or(0);
        if still == 0 {
            let notes = self.elsewhere().await?;
            return Ok(Some((if self.late { Why::TimeReached } else { Why::Complete }, notes)));
        }
        if !patient {
            return Ok(None);
        }
        let note = if self.taken.fifo() {
            format!("a sample: 10 of each message group at most; about {still} wait behind them")
        } else {
            format!("a sample: {} seen, about {still} more were not shown", self.read)
        };
        Ok(Some((Why::Window, vec![note])))
    }

    /// Messages that nobody can see now: in other hands, or delayed.
    async fn elsewhere(&self) -> Result<Vec<String>> {
        let queue = self.aws.queue("read", &self.want.from).await?;
        let others = queue.in_flight().unwrap_or(0).saturating_sub(self.taken.len() as u64);
        let mut notes = Vec::new();
        if others > 0 {
            notes.push(format!("about {others} more are in somebody's hand now"));
        }
        if let Some(delayed) = queue.delayed().filter(|n| *n > 0) {
            notes.push(format!("about {delayed} more are delayed and not to be had yet"));
        }
        Ok(notes)
    }

    /// What is shown of one receive, cut into batches of the wanted size; a message larger than that comes alone.
    fn batches(&mut self, got: Vec<Message>) -> Vec<Vec<Message>> {
        let mut batches: Vec<Vec<Message>> = Vec::new();
        let mut bytes = 0;
        for m in got {
            self.found |= matches!(&self.want.start, Start::Seat(seat) if *seat == m.seat);
            if !self.found || self.given >= self.want.limit {
                continue;
            }
            if matches!(self.want.stop, Stop::Time(until) if m.sent.is_some_and(|sent| sent > until)) {
                self.late = true;
                continue;
            }
            self.given += 1;
            let size = m.size();
            match batches.last_mut().filter(|_| bytes + size <= self.want.max_bytes) {
                Some(batch) => {
                    bytes += size;
                    batch.push(m);
                }
                None => {
                    bytes = size;
                    batches.push(vec![m]);
                }
            }
        }
        batches
    }

    fn progress(&self) -> Peeked {
        Peeked::Progress { read: self.read, of: Count::About(self.there.max(self.read)) }
    }

    fn end(&self, why: Why, mut notes: Vec<String>, kept: Option<u64>) -> Peeked {
        if let Some(n) = kept {
            notes.push(format!("{n} could not be given back: they come back by themselves within {} s", self.aws.hides().as_secs()));
        }
        let leaves = self.aws.leaves(self.taken.fifo());
        let left = if self.read == 0 { Vec::new() } else { leaves.into_iter().map(|t| (t, self.read)).collect() };
        Peeked::End { why, read: self.read, left, more: None, notes }
    }
}

/// What is said of a look that came to the end of its hold, with how long one would have to be for all, by its own pace.
fn sampled(hides: Duration, read: u64, there: u64) -> String {
    let seconds = hides.as_secs();
    let mut note = format!("the hold of {seconds} s ended: a sample of {read} of about {there}");
    // a fifth on top, in whole tens
    let enough = seconds.saturating_mul(there).saturating_mul(6).div_ceil(read.max(1) * 5).div_ceil(10) * 10;
    if read < there && there <= IN_FLIGHT && (seconds..=LONGEST_HOLD).contains(&enough) {
        note += &format!("; sqs.visibility_timeout = {enough} in the config would be enough for all");
    }
    note
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_says_which_hold_would_do() {
        let second = Duration::from_secs(1);
        assert!(
            sampled(second * 30, 5_000, 50_000)
                .ends_with("sample of 5000 of about 50000; sqs.visibility_timeout = 360 in the config would be enough for all")
        );
        for (read, there) in [(1, 50_000), (5_000, 200_000), (9, 9)] {
            assert!(sampled(second * 30, read, there).ends_with(&format!("of about {there}")), "{read} of {there}");
        }
    }
}
