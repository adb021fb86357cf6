//! Looking into a queue: free where the shape says so, else each message is taken and given back with its traces.

use super::super::{Memory, store};
use super::{BATCH, Next, Stepped, unsupported};
use crate::broker::{PeekRequest, Result, Start, Stop, Trace, Why};
use crate::model::{Count, Seat};

pub(super) struct Reading {
    memory: Memory,
    name: String,
    /// The visit that has the messages in hand; `None`: the look is free.
    visit: Option<u64>,
    /// Arrival numbers already shown, for a free look.
    shown: std::collections::BTreeSet<i64>,
    /// Messages there were at the start.
    there: u64,
    found: bool,
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.give_back();
    }
}

impl Reading {
    pub fn open(memory: &Memory, want: &PeekRequest) -> Result<Self> {
        if want.stop == Stop::Never {
            return Err(unsupported(memory, want, "be followed live without taking messages from its consumers"));
        }
        let found = match &want.start {
            Start::Oldest => true,
            Start::Seat(Seat::Id(_) | Seat::Digest(_)) => false,
            _ => return Err(unsupported(memory, want, "be looked into but from its oldest message on")),
        };
        let now = memory.clock().now();
        let shape = memory.shape();
        memory.change(|s| {
            s.expire_holds(shape, &want.from.name, now);
            let visit = if shape.leaves.is_empty() { None } else { Some(s.visit()) };
            let place = s.places.get_mut(&want.from.name).ok_or_else(|| memory.not_found("read", &want.from))?;
            let ttl = place.spec.ttl.filter(|_| shape.leaves.contains(&Trace::Expires));
            let mut there = 0;
            for log in &mut place.parts {
                log.records.retain(|r| r.held.is_some() || ttl.is_none_or(|ttl| r.sent + ttl > now));
                there += log.records.iter().filter(|r| r.held.is_none()).count() as u64;
            }
            Ok(Self { memory: memory.clone(), name: want.from.name.clone(), visit, shown: Default::default(), there, found })
        })
    }

    pub fn step(&mut self, memory: &Memory, want: &PeekRequest, limit: usize) -> Result<Stepped> {
        let shape = memory.shape();
        let until = shape.hold_for.map(|d| memory.clock().now() + d);
        let window = shape.sees.unwrap_or(u64::MAX);
        let (mut batch, mut bytes, mut late) = (Vec::new(), 0, false);
        memory.change(|s| {
            let place = s.places.get_mut(&want.from.name).ok_or_else(|| memory.not_found("read", &want.from))?;
            let Some(log) = place.part(0) else { return Ok(()) };
            for record in &mut log.records {
                if batch.len() >= limit.min(BATCH) || bytes >= want.max_bytes || self.shown.len() as u64 >= window {
                    break;
                }
                if record.held.is_some() || self.shown.contains(&record.offset) {
                    continue;
                }
                if matches!(want.stop, Stop::Time(t) if record.sent > t) {
                    late = true;
                    break;
                }
                let message = store::message(shape, memory.id(), &want.from.name, 0, record);
                self.shown.insert(record.offset);
                if let Some(visit) = self.visit {
                    record.held = Some((visit, until));
                }
                self.found |= matches!(&want.start, Start::Seat(seat) if *seat == message.seat);
                if self.found {
                    bytes += message.size();
                    batch.push(message);
                }
            }
            Ok(())
        })?;
        let read = self.shown.len() as u64;
        let left = self.there.saturating_sub(read);
        let full = batch.len() >= limit;
        let why = match () {
            () if late => Why::TimeReached,
            () if left > 0 && read >= window => Why::Window,
            () if left > 0 && full => Why::Limit,
            () if left > 0 && !batch.is_empty() => return Ok((batch, read, Count::Exact(self.there), Next::More)),
            () => Why::Complete,
        };
        let taken = self.give_back();
        let traces = if taken == 0 { Vec::new() } else { shape.leaves.iter().map(|t| (*t, taken)).collect() };
        Ok((batch, read, Count::Exact(self.there), Next::End(why, traces, None, Vec::new())))
    }

    fn give_back(&mut self) -> u64 {
        let Some(visit) = self.visit.take() else { return 0 };
        let memory = &self.memory;
        memory.change(|s| s.give_back(memory.shape(), &self.name, visit))
    }
}
