//! Reading an append-only log: partitions merged by time, each to its own end.

use super::super::put::Hidden;
use super::super::store::{self, Place, Record};
use super::super::{Memory, Step};
use super::{BATCH, Next, Stepped, span};
use crate::broker::{Cursor, Error, ErrorKind, PeekRequest, Result, Stop, Why};
use crate::model::Count;

pub(super) struct Reading {
    parts: Vec<Part>,
    /// Offsets from the starts to the ends, where there are ends.
    of: Count,
    read: u64,
    /// How to go on to the messages before the start that a look from the newest left out.
    older: Option<Cursor>,
    notes: Vec<String>,
    /// It ends before a transaction that is still open.
    open: bool,
}

struct Part {
    id: i32,
    at: i64,
    /// `None`: a tail.
    end: Option<i64>,
    late: bool,
}

impl Reading {
    pub fn open(memory: &Memory, want: &PeekRequest) -> Result<Self> {
        memory.look(|s| {
            let place = s.places.get(&want.from.name).ok_or_else(|| memory.not_found("read", &want.from))?;
            let (spans, older) = span::spans(place, want)?;
            let parts = spans.into_iter().map(|s| Part { id: s.partition, at: s.from, end: s.to, late: false }).collect();
            let open = want.committed_only && place.parts.iter().any(|log| log.stable_end() < log.end);
            let mut reading = Self { parts, of: Count::Unknown, read: 0, older, notes: Vec::new(), open };
            if want.stop != Stop::Never {
                let span: i64 = reading.parts.iter().map(|p| (p.end.unwrap_or(p.at) - p.at).max(0)).sum();
                reading.of = Count::Exact(u64::try_from(span).unwrap_or(0));
            }
            Ok(reading)
        })
    }

    pub fn step(&mut self, memory: &Memory, want: &PeekRequest, left: usize) -> Result<Stepped> {
        memory.look(|s| {
            let place = s.places.get(&want.from.name).ok_or_else(|| {
                Error::new(ErrorKind::Gone, Step::Peek.op(), "it was deleted during the read")
                    .about(&want.from)
                    .next("list the destinations anew")
            })?;
            let (mut batch, mut bytes) = (Vec::new(), 0);
            while batch.len() < left.min(BATCH) && (batch.is_empty() || bytes < want.max_bytes) {
                let Some((id, record)) = self.next(place, want) else { break };
                let message = store::message(memory.shape(), memory.id(), &want.from.name, id, record);
                bytes += message.size();
                batch.push(message);
            }
            let next = self.what_next(place, want, left - batch.len());
            Ok((batch, self.read, self.of, next))
        })
    }

    /// Passes what nobody sees, and takes the earliest message of all partitions.
    fn next<'a>(&mut self, place: &'a Place, want: &PeekRequest) -> Option<(i32, &'a Record)> {
        let mut best: Option<(usize, &Record)> = None;
        for i in 0..self.parts.len() {
            if let Some(record) = self.ready(place, want, i)
                && best.is_none_or(|(_, b)| record.sent < b.sent)
            {
                best = Some((i, record));
            }
        }
        let (i, record) = best?;
        self.pass(i, record.offset + 1);
        Some((self.parts[i].id, record))
    }

    /// The next message of one partition, after passing markers, aborted ones and holes.
    fn ready<'a>(&mut self, place: &'a Place, want: &PeekRequest, i: usize) -> Option<&'a Record> {
        let log = place.parts.get(usize::try_from(self.parts[i].id).ok()?)?;
        if self.parts[i].at < log.start {
            let gone = log.start - self.parts[i].at;
            self.notes.push(format!("p{}: {gone} offsets were deleted by retention before they were read", self.parts[i].id));
            self.pass(i, log.start);
        }
        let end = self.parts[i].end.unwrap_or_else(|| span::end(log, want));
        loop {
            let part = &self.parts[i];
            if part.late || part.at >= end {
                return None;
            }
            let record = match log.first_from(part.at) {
                Some(r) if r.offset < end => r,
                _ => {
                    self.pass(i, end);
                    return None;
                }
            };
            let seen = match record.hidden {
                Hidden::No => true,
                Hidden::Marker => false,
                Hidden::Aborted | Hidden::Open => !want.committed_only,
            };
            if !seen {
                self.pass(i, record.offset + 1);
            } else if matches!(want.stop, Stop::Time(until) if record.sent > until) {
                self.parts[i].late = true;
                return None;
            } else {
                return Some(record);
            }
        }
    }

    fn pass(&mut self, i: usize, to: i64) {
        let part = &mut self.parts[i];
        self.read += u64::try_from(to - part.at).unwrap_or(0);
        part.at = part.at.max(to);
    }

    fn what_next(&mut self, place: &Place, want: &PeekRequest, left: usize) -> Next {
        let any = (0..self.parts.len()).any(|i| self.ready(place, want, i).is_some());
        let onwards = span::onwards(self.parts.iter().map(|p| (p.id, p.at)));
        let notes = std::mem::take(&mut self.notes);
        let end = |why, more| Next::End(why, Vec::new(), more, notes);
        match (any, &want.stop) {
            (true, _) if left > 0 => Next::More,
            (true, _) => end(Why::Limit, Some(onwards)),
            (false, Stop::Never) if left == 0 => end(Why::Limit, Some(onwards)),
            (false, Stop::Never) => Next::Wait,
            (false, _) if self.older.is_some() => end(Why::Limit, self.older.take()),
            (false, Stop::Time(_)) if self.parts.iter().any(|p| p.late) => end(Why::TimeReached, None),
            (false, _) if self.open => end(Why::Undecided, None),
            (false, _) => end(Why::Complete, None),
        }
    }
}
