//! Reading an append-only log: partitions merged by time, each to its own end.

use std::time::SystemTime;

use super::super::store::{self, Hidden, Log, Place, Record};
use super::super::{Memory, Step};
use super::{BATCH, Next, Stepped};
use crate::broker::{Cursor, Error, ErrorKind, PeekRequest, Result, Start, Stop, Why};
use crate::model::{Count, Seat};

pub(super) struct Reading {
    parts: Vec<Part>,
    /// Offsets from the starts to the ends, where there are ends.
    of: Count,
    read: u64,
    /// Messages before the start that a newest-first look left out.
    older: bool,
    notes: Vec<String>,
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
            let end = |log: &Log| match want.stop {
                Stop::Never => None,
                _ if want.committed_only => Some(log.stable_end()),
                _ => Some(log.end),
            };
            let mut reading = Self { parts: Vec::new(), of: Count::Unknown, read: 0, older: false, notes: Vec::new() };
            for (id, at) in starts(place, want, &mut reading.older)? {
                let log = usize::try_from(id).ok().and_then(|i| place.parts.get(i)).ok_or_else(|| no_partition(want, id))?;
                reading.parts.push(Part { id, at, end: end(log), late: false });
            }
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
        let end = self.parts[i].end.unwrap_or(if want.committed_only { log.stable_end() } else { log.end });
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
        let at: Vec<String> = self.parts.iter().map(|p| format!("{}:{}", p.id, p.at)).collect();
        let notes = std::mem::take(&mut self.notes);
        let end = |why, more| Next::End(why, Vec::new(), more, notes);
        match (any, &want.stop) {
            (true, _) if left > 0 => Next::More,
            (true, _) => end(Why::Limit, Some(Cursor(at.join(",")))),
            (false, Stop::Never) if left == 0 => end(Why::Limit, Some(Cursor(at.join(",")))),
            (false, Stop::Never) => Next::Wait,
            (false, _) if self.older => end(Why::Limit, None),
            (false, Stop::Time(_)) if self.parts.iter().any(|p| p.late) => end(Why::TimeReached, None),
            (false, _) => end(Why::Complete, None),
        }
    }
}

/// Where each partition starts; those not named are not read.
fn starts(place: &Place, want: &PeekRequest, older: &mut bool) -> Result<Vec<(i32, i64)>> {
    let each = |f: &dyn Fn(&Log) -> i64| -> Vec<(i32, i64)> { (0..).zip(place.parts.iter().map(f)).collect() };
    Ok(match &want.start {
        Start::Oldest => each(&|l| l.start),
        Start::Newest if want.stop == Stop::Never => each(&|l| l.end),
        Start::Newest => newest(place, want, older),
        Start::Time(t) => each(&|l| l.offset_at(*t)),
        Start::Seat(Seat::Offset { partition, offset }) => {
            let log = usize::try_from(*partition).ok().and_then(|p| place.parts.get(p)).ok_or_else(|| no_partition(want, *partition))?;
            if *offset < log.start {
                let cause = format!("p{partition}/{offset} was deleted by retention; the oldest is p{partition}/{}", log.start);
                return Err(Error::new(ErrorKind::Gone, Step::Peek.op(), cause).about(&want.from));
            }
            vec![(*partition, *offset)]
        }
        Start::Seat(other) => return Err(invalid(want, format!("{other} is no position in a topic")).next("write p3/132665")),
        Start::From(cursor) => {
            let part = |p: &str| p.split_once(':').and_then(|(p, o)| Some((p.parse().ok()?, o.parse().ok()?)));
            let parts: Option<Vec<_>> = cursor.0.split(',').map(part).collect();
            parts.ok_or_else(|| invalid(want, format!("not a cursor of this broker: {}", cursor.0.escape_debug())))?
        }
    })
}

/// Starts so that the last `limit` messages by time come, over all partitions.
fn newest(place: &Place, want: &PeekRequest, older: &mut bool) -> Vec<(i32, i64)> {
    let mut all: Vec<(SystemTime, i32, i64)> = Vec::new();
    for (p, log) in (0..).zip(&place.parts) {
        let end = if want.committed_only { log.stable_end() } else { log.end };
        let seen =
            log.records.iter().filter(|r| r.offset < end && (r.hidden == Hidden::No || !want.committed_only && r.hidden != Hidden::Marker));
        // by time only as far as it runs with the offsets: a partition's share must be its last messages
        let mut latest = SystemTime::UNIX_EPOCH;
        all.extend(seen.map(|r| {
            latest = latest.max(r.sent);
            (latest, p, r.offset)
        }));
    }
    all.sort_unstable();
    *older = all.len() > want.limit;
    let kept = all.split_off(all.len().saturating_sub(want.limit));
    let first = |(p, log): (i32, &Log)| (p, kept.iter().find(|k| k.1 == p).map_or(log.end, |k| k.2));
    (0..).zip(&place.parts).map(first).collect()
}

fn no_partition(want: &PeekRequest, partition: i32) -> Error {
    Error::new(ErrorKind::NotFound, Step::Peek.op(), format!("there is no partition {partition}")).about(&want.from)
}

fn invalid(want: &PeekRequest, cause: String) -> Error {
    Error::new(ErrorKind::Invalid, Step::Peek.op(), cause).about(&want.from)
}
