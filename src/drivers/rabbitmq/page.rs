//! A look into a stream: where it starts and ends, page by page both ways, by time, or live.

use std::collections::VecDeque;
use std::time::{Duration, SystemTime};

use lapin::types::AMQPValue;

use super::Rabbit;
use super::peek::{BATCH, OP};
use super::stream::{IDLE, PREFETCH, Reel, offset};
use crate::broker::{Cursor, Error, ErrorKind, PeekRequest, Peeked, Result, Start, Stop, Why};
use crate::model::{Count, Message, Seat};

/// How long a batch waits for another message once it has one.
const GATHER: Duration = Duration::from_millis(20);

/// One look.
pub struct Reading {
    /// `None`: there is nothing to be read.
    reel: Option<Reel>,
    /// The offset it began at, and the next one.
    first: i64,
    next: i64,
    /// `None`: a tail.
    end: Option<i64>,
    given: usize,
    /// Messages before this are passed over.
    since: Option<SystemTime>,
    /// Reads what was left out before the first.
    older: Option<Cursor>,
    /// By a time there may be none up to the end; from an offset on there are, and with the first of them too.
    sure: bool,
    late: bool,
}

impl Reading {
    pub async fn open(rabbit: &Rabbit, want: &PeekRequest) -> Result<Self> {
        let at = &want.from;
        let tail = want.stop == Stop::Never;
        if tail && want.start == Start::Newest {
            let reel = rabbit.reel(OP, at, AMQPValue::LongString("next".into()), PREFETCH).await?;
            return Ok(Self {
                reel: Some(reel),
                first: 0,
                next: 0,
                end: None,
                given: 0,
                since: None,
                older: None,
                sure: false,
                late: false,
            });
        }
        let ends = rabbit.stream_ends(OP, at).await?;
        let end = if tail { None } else { Some(ends.end) };
        let (first, next) = (ends.start, ends.start);
        let mut reading = Self { reel: None, first, next, end, given: 0, since: None, older: None, sure: true, late: false };
        let limit = i64::try_from(want.limit).unwrap_or(i64::MAX);
        let mut by_time = None;
        match &want.start {
            Start::Oldest => {}
            Start::Newest => reading.back_from(ends.end, ends.start, limit),
            Start::Time(time) => {
                let seconds = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
                // properties tell whole seconds
                reading.since = Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
                by_time = Some(seconds);
                reading.sure = false;
            }
            Start::Seat(Seat::Offset { partition: 0, offset }) if *offset < ends.start => {
                let cause = format!("p0/{offset} was deleted by retention; the oldest is p0/{}", ends.start);
                return Err(Error::new(ErrorKind::Gone, OP, cause).about(at).next("look from the oldest on"));
            }
            Start::Seat(Seat::Offset { partition: 0, offset }) => reading.from(*offset),
            Start::Seat(other) => {
                let cause = format!("{other} is no position in a stream");
                return Err(Error::new(ErrorKind::Invalid, OP, cause).about(at).next("write p0/132665"));
            }
            Start::From(cursor) => match parse(cursor) {
                Some(('f', offset)) => reading.from(offset.max(ends.start)),
                Some(('b', offset)) => {
                    reading.end = Some(offset.min(ends.end));
                    reading.back_from(offset.min(ends.end), ends.start, limit);
                }
                _ => return Err(Error::new(ErrorKind::Invalid, OP, "that is no place in this stream").about(at).next("begin anew")),
            },
        }
        if reading.end.is_none_or(|end| reading.next < end) {
            let reel = match by_time {
                Some(seconds) => rabbit.reel(OP, at, AMQPValue::Timestamp(seconds), PREFETCH).await?,
                None => rabbit.reel_at(OP, at, reading.next).await?,
            };
            reading.reel = Some(reel);
        }
        Ok(reading)
    }

    fn from(&mut self, offset: i64) {
        (self.first, self.next) = (offset, offset);
    }

    /// The last messages before an end.
    fn back_from(&mut self, end: i64, start: i64, limit: i64) {
        self.from(end.saturating_sub(limit).max(start));
        self.older = (self.first > start).then(|| Cursor(format!("b{}", self.first)));
    }

    pub async fn step(&mut self, rabbit: &Rabbit, want: &PeekRequest, out: &mut VecDeque<Peeked>) -> Result<()> {
        let (batch, dry) = self.batch(rabbit, want).await?;
        self.given += batch.len();
        let read = u64::try_from(self.next - self.first).unwrap_or(0);
        let of = self.end.map_or(Count::Unknown, |end| Count::Exact(u64::try_from(end - self.first).unwrap_or(0)));
        if !batch.is_empty() {
            out.push_back(Peeked::Batch(batch));
        }
        out.push_back(Peeked::Progress { read, of });
        let onwards = || Some(Cursor(format!("f{}", self.next)));
        let more = self.end.is_none_or(|end| self.next < end) && !dry;
        let ended = match () {
            () if self.late => Some((Why::TimeReached, None)),
            () if more && self.given >= want.limit => Some((Why::Limit, onwards())),
            () if more => None,
            () if self.older.is_some() => Some((Why::Limit, self.older.take())),
            () => Some((Why::Complete, None)),
        };
        if let Some((why, more)) = ended {
            if let Some(reel) = self.reel.take() {
                reel.close(rabbit).await;
            }
            out.push_back(Peeked::End { why, read, left: Vec::new(), more, notes: Vec::new() });
        }
        Ok(())
    }

    /// The next messages; the flag: nothing more came, although the end is further on.
    async fn batch(&mut self, rabbit: &Rabbit, want: &PeekRequest) -> Result<(Vec<Message>, bool)> {
        let (mut batch, mut bytes) = (Vec::new(), 0);
        let Some(reel) = &mut self.reel else { return Ok((batch, true)) };
        let room = want.limit.saturating_sub(self.given).min(BATCH);
        while batch.len() < room && (batch.is_empty() || bytes < want.max_bytes) && self.end.is_none_or(|end| self.next < end) {
            let message = match (batch.is_empty(), self.end) {
                (true, None) => reel.next(rabbit, OP, None).await?,
                (true, Some(_)) if self.sure => Some(reel.sure(rabbit, OP).await?),
                (true, Some(_)) => match reel.until_quiet(rabbit, OP, IDLE).await? {
                    None => return Ok((batch, true)),
                    message => message,
                },
                (false, _) => reel.next(rabbit, OP, Some(GATHER)).await?,
            };
            let Some(message) = message else { return Ok((batch, false)) };
            self.sure = true;
            let at = offset(&message);
            // the broker begins at the chunk, which may lie before what was asked for
            if at < self.next {
                continue;
            }
            if self.end.is_some_and(|end| at >= end) {
                self.next = at;
                break;
            }
            if self.first == self.next && self.end.is_none() {
                self.first = at;
            }
            if self.since.is_some_and(|since| message.sent.is_some_and(|sent| sent < since)) {
                self.next = at + 1;
                continue;
            }
            if matches!(want.stop, Stop::Time(until) if message.sent.is_some_and(|sent| sent > until)) {
                self.late = true;
                break;
            }
            self.next = at + 1;
            bytes += message.size();
            batch.push(message);
        }
        Ok((batch, false))
    }
}

/// `f123`: onwards from 123; `b123`: what is before 123.
fn parse(cursor: &Cursor) -> Option<(char, i64)> {
    let mut chars = cursor.0.chars();
    let way = chars.next()?;
    Some((way, chars.as_str().parse().ok().filter(|n| *n >= 0)?))
}
