//! Messages in hand: of a queue on one channel for the whole visit, of a stream read at their offsets.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::Rabbit;
use super::cost::FLOOR;
use super::queue::Type;
use super::stream::{Reel, offset};
use super::visit::{Lanes, Taken, Visit};
use crate::broker::{Back, Error, ErrorKind, Held, HeldId, Hold, Left, Outgoing, Receipt, Result, Selection, Settle};
use crate::model::{Address, Seat};

const OP: &str = "take in hand";
/// Longer than a replay's visit, shorter than the broker's patience with what is not acknowledged (30 minutes).
const LONGEST: Duration = Duration::from_secs(600);
/// Bytes of one hand-over, about.
const BYTES: usize = 16 << 20;
/// Messages passed over in one go.
const STRIDE: usize = 64;

/// Takes hold of a queue or a stream.
pub async fn hold(rabbit: &Arc<Rabbit>, from: &Address, want: Selection) -> Result<Box<dyn Hold>> {
    let price = rabbit.price(OP, from).await?;
    if price.of_type == Type::Stream {
        return Ok(Box::new(Offsets::open(rabbit, from, want).await?));
    }
    let visit = Visit::begin(rabbit, Lanes::Holding, OP, from, &price, LONGEST).await?;
    Ok(Box::new(InHand { visit, at: from.clone(), want, tags: Vec::new(), given: 0, ordered: false, left: None }))
}

/// A visit to a queue. What is passed over stays in hand till the end, so that a sparse selection is one pass.
struct InHand {
    visit: Visit,
    at: Address,
    want: Selection,
    /// Delivery tags by handle.
    tags: Vec<u64>,
    given: usize,
    /// What keeps the order was taken in hand.
    ordered: bool,
    /// Messages of those that were there at the start and are not yet in hand; what comes later is not waited for.
    left: Option<u64>,
}

impl InHand {
    fn hand_out(&mut self, one: Taken) -> Held {
        let id = HeldId(self.tags.len() as u64);
        self.tags.push(one.tag);
        Held { id, message: one.message, back: one.back }
    }

    fn done(&self) -> bool {
        let all = match &self.want {
            Selection::First(n) => self.given >= *n,
            Selection::Seats(seats) => seats.is_empty(),
        };
        all || self.left == Some(0)
    }

    /// Whether this one is wanted; a wanted seat is taken off the list (of twins, one for each time it is named).
    fn wants(&mut self, seat: &Seat) -> bool {
        match &mut self.want {
            Selection::First(n) => self.given < *n,
            Selection::Seats(seats) => seats.iter().position(|s| s == seat).map(|i| seats.swap_remove(i)).is_some(),
        }
    }
}

fn no_carry(batch: Vec<(HeldId, Outgoing)>) -> Vec<Result<Receipt>> {
    let why = || Error::new(ErrorKind::Unsupported, "carry", "RabbitMQ cannot publish and take out as one act");
    batch.into_iter().map(|(_, out)| Err(why().about(&out.to))).collect()
}

#[async_trait]
impl Hold for InHand {
    /// Also hands out what is not wanted but would be destroyed by being given back, each at once, so that it can be copied.
    async fn next(&mut self, max: usize) -> Result<Vec<Held>> {
        let mut found = Vec::new();
        let mut bytes = 0;
        while found.len() < max && bytes < BYTES && !self.done() {
            let wanted = match &self.want {
                Selection::First(n) => n.saturating_sub(self.given),
                Selection::Seats(_) => STRIDE,
            };
            let most = wanted.min(max - found.len()).min(usize::try_from(self.left.unwrap_or(u64::MAX)).unwrap_or(usize::MAX));
            let taken = self.visit.take(OP, most, BYTES, Some(FLOOR)).await?;
            if taken.is_empty() {
                self.left = Some(0);
                break;
            }
            let mut doomed = false;
            for one in taken {
                self.left = Some(self.left.unwrap_or(one.behind + 1).saturating_sub(1));
                let wanted = self.wants(&one.message.seat);
                doomed |= one.back == Back::Destroys;
                if wanted || one.back == Back::Destroys {
                    self.given += usize::from(wanted);
                    bytes += one.message.size();
                    found.push(self.hand_out(one));
                }
            }
            if doomed {
                return Ok(found);
            }
        }
        if self.done() && !std::mem::replace(&mut self.ordered, true) {
            let more = self.visit.order(OP).await?;
            found.extend(more.into_iter().map(|one| self.hand_out(one)));
        }
        Ok(found)
    }

    async fn settle(&mut self, batch: Vec<(HeldId, Settle)>) -> Vec<Result<()>> {
        let tag = |id: HeldId| usize::try_from(id.0).ok().and_then(|i| self.tags.get(i)).copied().unwrap_or(u64::MAX);
        self.visit.settle(batch.into_iter().map(|(id, how)| (tag(id), how)).collect()).await
    }

    async fn carry(&mut self, batch: Vec<(HeldId, Outgoing)>) -> Vec<Result<Receipt>> {
        no_carry(batch)
    }

    async fn close(self: Box<Self>) -> Result<Left> {
        match self.visit.end().await?.dropped {
            0 => Ok(Left::default()),
            n => {
                let cause = format!("{n} were given back as often as may be, and the broker dropped them or moved them on");
                Err(Error::new(ErrorKind::Unsafe, "give back", cause).about(&self.at).next("their copies are in the ledger (redrive jobs)"))
            }
        }
    }
}

/// Messages of a stream: read at their offsets, nothing is to be given back.
struct Offsets {
    rabbit: Arc<Rabbit>,
    at: Address,
    /// Ascending; `None`: the first so many.
    want: Option<VecDeque<i64>>,
    left: usize,
    reel: Option<Reel>,
    end: i64,
    handed: u64,
}

impl Offsets {
    async fn open(rabbit: &Arc<Rabbit>, from: &Address, want: Selection) -> Result<Self> {
        let ends = rabbit.stream_ends(OP, from).await?;
        let (want, left, start) = match want {
            Selection::First(n) => (None, n, ends.start),
            Selection::Seats(seats) => {
                let mut offsets: Vec<i64> = seats
                    .iter()
                    .filter_map(|s| match s {
                        Seat::Offset { partition: 0, offset } if (ends.start..ends.end).contains(offset) => Some(*offset),
                        _ => None,
                    })
                    .collect();
                offsets.sort_unstable();
                offsets.dedup();
                let start = offsets.first().copied().unwrap_or(ends.end);
                (Some(VecDeque::from(offsets)), usize::MAX, start)
            }
        };
        let reel = if start < ends.end { Some(rabbit.reel_at(OP, from, start).await?) } else { None };
        Ok(Self { rabbit: Arc::clone(rabbit), at: from.clone(), want, left, reel, end: ends.end, handed: 0 })
    }
}

#[async_trait]
impl Hold for Offsets {
    async fn next(&mut self, max: usize) -> Result<Vec<Held>> {
        let (mut found, mut bytes) = (Vec::new(), 0);
        while found.len() < max && bytes < BYTES && self.left > 0 && self.want.as_ref().is_none_or(|w| !w.is_empty()) {
            let Some(reel) = &mut self.reel else { break };
            // up to the end there is more: what did not come is not gone
            let message = match reel.sure(&self.rabbit, OP).await {
                Err(_) if !found.is_empty() => break,
                message => message?,
            };
            let at = offset(&message);
            if at >= self.end {
                self.left = 0;
                break;
            }
            if at.saturating_add(1) >= self.end {
                self.left = 1;
            }
            let wanted = match &mut self.want {
                None => true,
                Some(want) => {
                    // what was passed without being met is gone
                    while want.front().is_some_and(|o| *o < at) {
                        want.pop_front();
                    }
                    want.front() == Some(&at) && want.pop_front().is_some()
                }
            };
            if wanted {
                self.left -= 1;
                bytes += message.size();
                found.push(Held { id: HeldId(self.handed), message, back: Back::Free });
                self.handed += 1;
            }
        }
        Ok(found)
    }

    /// Nothing is taken out of a stream.
    async fn settle(&mut self, batch: Vec<(HeldId, Settle)>) -> Vec<Result<()>> {
        let had = |id: HeldId| {
            let never = || Error::new(ErrorKind::Invalid, "settle", "not in hand").about(&self.at).next("begin a new visit");
            if id.0 < self.handed { Ok(()) } else { Err(never()) }
        };
        batch.into_iter().map(|(id, _)| had(id)).collect()
    }

    async fn carry(&mut self, batch: Vec<(HeldId, Outgoing)>) -> Vec<Result<Receipt>> {
        no_carry(batch)
    }

    async fn close(self: Box<Self>) -> Result<Left> {
        if let Some(reel) = self.reel {
            reel.close(&self.rabbit).await;
        }
        Ok(Left::default())
    }
}
