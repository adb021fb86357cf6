//! Messages in hand: on Kafka they are read at their offsets, and nothing is to be given back.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use async_trait::async_trait;

use super::Kafka;
use super::ends::offset_of;
use super::ffi::At;
use super::peek::{BATCH, Range, Ranges, Scan};
use crate::broker::{Back, Error, ErrorKind, Held, HeldId, Hold, Left, Outgoing, Receipt, Result, Selection, Settle};
use crate::config::model::Isolation;
use crate::model::{Address, Message, Seat};

const OP: &str = "hold";
const NEEDS: &str = "Read on the topic";
/// Wanted offsets closer than this are read in one go: cheaper than another seek.
const GAP: i64 = 500;
/// Bytes of one hand-over, about.
const BYTES: usize = 16 << 20;

/// One visit to a topic.
pub struct Reading {
    kafka: Arc<Kafka>,
    at: Address,
    /// Wanted offsets by partition, ascending, not yet read.
    want: BTreeMap<i32, VecDeque<i64>>,
    /// Messages wanted if no seats are named.
    first: Option<usize>,
    scan: Option<Scan>,
    ready: VecDeque<Message>,
    bounds: Ranges,
    next_id: u64,
}

impl Reading {
    pub async fn open(kafka: Arc<Kafka>, from: &Address, want: Selection) -> Result<Self> {
        let mut ids = kafka.partitions(OP, NEEDS, from).await?;
        if let Selection::Seats(seats) = &want {
            // one that is away keeps nobody from what is wanted of the others
            ids.retain(|p| seats.iter().any(|s| matches!(s, Seat::Offset { partition, .. } if partition == p)));
        }
        let pairs: Vec<_> = ids.iter().map(|p| (from.name.clone(), *p)).collect();
        let committed = kafka.profile.reading.isolation == Isolation::ReadCommitted;
        let ask = |which| kafka.offsets((OP, NEEDS), from, &pairs, which, committed);
        let (starts, ends) = tokio::try_join!(ask(At::Oldest), ask(At::End))?;
        // a partition that does not say where it ends is not empty: what is wanted of it would be taken for gone
        let bound = |p: i32| {
            let of = |found| Ok(offset_of(found, OP, from, p)?.unwrap_or(0));
            Ok((p, Range { next: of(&starts)?, to: of(&ends)? }))
        };
        let bounds = ids.iter().map(|p| bound(*p)).collect::<Result<Ranges>>()?;
        let mut wanted: BTreeMap<i32, Vec<i64>> = BTreeMap::new();
        let first = match want {
            Selection::First(n) => Some(n),
            Selection::Seats(seats) => {
                for seat in seats {
                    if let Seat::Offset { partition, offset } = seat
                        && bounds.get(&partition).is_some_and(|b| b.next <= offset && offset < b.to)
                    {
                        wanted.entry(partition).or_default().push(offset);
                    }
                }
                None
            }
        };
        let want = wanted.into_iter().map(|(p, offsets)| (p, sorted(offsets))).collect();
        Ok(Self { kafka, at: from.clone(), want, first, scan: None, ready: VecDeque::new(), bounds, next_id: 0 })
    }

    /// Reads on; false if there is nothing more.
    async fn fill(&mut self) -> Result<bool> {
        let committed = self.kafka.profile.reading.isolation == Isolation::ReadCommitted;
        let scan = match &mut self.scan {
            Some(scan) if !scan.ranges().values().all(Range::done) => scan,
            slot => {
                let ranges = match self.first {
                    Some(0) => return Ok(false),
                    Some(_) if slot.is_some() => return Ok(false),
                    Some(_) => self.bounds.clone(),
                    None => stretches(&self.want),
                };
                if ranges.is_empty() {
                    return Ok(false);
                }
                match slot {
                    Some(scan) => {
                        scan.again(ranges)?;
                        scan
                    }
                    None => slot.insert(Scan::open(self.kafka.clone(), &self.at, committed, ranges).await?),
                }
            }
        };
        let some = scan.some(BATCH, BYTES).await?.unwrap_or_default();
        let reached = scan.ranges().clone();
        for m in some {
            let Seat::Offset { partition, offset } = m.seat else { continue };
            let wanted = match &mut self.first {
                Some(0) => false,
                Some(n) => {
                    *n -= 1;
                    true
                }
                None => self.want.get(&partition).is_some_and(|w| w.binary_search(&offset).is_ok()),
            };
            if wanted {
                self.ready.push_back(m);
            }
        }
        // what was passed without being met is gone
        for (p, range) in reached {
            if let Some(offsets) = self.want.get_mut(&p) {
                while offsets.front().is_some_and(|o| *o < range.next) {
                    offsets.pop_front();
                }
            }
        }
        self.want.retain(|_, offsets| !offsets.is_empty());
        Ok(true)
    }
}

/// The next stretch of each partition: wanted offsets that lie close together.
fn stretches(want: &BTreeMap<i32, VecDeque<i64>>) -> Ranges {
    let stretch = |offsets: &VecDeque<i64>| {
        let first = *offsets.front()?;
        let last = offsets.iter().fold(first, |last, o| if o - last > GAP { last } else { *o });
        Some(Range { next: first, to: last + 1 })
    };
    want.iter().filter_map(|(p, offsets)| Some((*p, stretch(offsets)?))).collect()
}

fn sorted(mut offsets: Vec<i64>) -> VecDeque<i64> {
    offsets.sort_unstable();
    offsets.dedup();
    offsets.into()
}

#[async_trait]
impl Hold for Reading {
    async fn next(&mut self, max: usize) -> Result<Vec<Held>> {
        while self.ready.len() < max && self.ready.iter().map(Message::size).sum::<usize>() < BYTES {
            if !self.fill().await? {
                break;
            }
        }
        let n = max.min(self.ready.len());
        let held = self.ready.drain(..n).map(|message| {
            self.next_id += 1;
            Held { id: HeldId(self.next_id), message, back: Back::Free }
        });
        Ok(held.collect())
    }

    /// Nothing to do on Kafka: resolved is a fact of the ledger.
    async fn settle(&mut self, batch: Vec<(HeldId, Settle)>) -> Vec<Result<()>> {
        batch.into_iter().map(|_| Ok(())).collect()
    }

    async fn carry(&mut self, batch: Vec<(HeldId, Outgoing)>) -> Vec<Result<Receipt>> {
        let why = || Error::new(ErrorKind::Unsupported, "carry", "a log lets go of nothing: publish is all there is");
        batch.into_iter().map(|(_, out)| Err(why().about(&out.to))).collect()
    }

    async fn close(self: Box<Self>) -> Result<Left> {
        Ok(Left::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_ends_where_a_seek_is_cheaper() {
        let want = [(0, sorted(vec![700, 5, 200, 5, 2000])), (3, sorted(vec![9]))].into();
        let cut = stretches(&want);
        assert_eq!(cut[&0], Range { next: 5, to: 701 });
        assert_eq!(cut[&3], Range { next: 9, to: 10 });
    }
}
