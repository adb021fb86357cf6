//! Which offsets of which partitions a look goes over, fixed before the first is read.

use std::time::SystemTime;

use super::cursor::{self, Token};
use super::{Range, Ranges};
use crate::broker::{Error, ErrorKind, PeekRequest, Result, Start, Stop};
use crate::drivers::kafka::Kafka;
use crate::drivers::kafka::ends::offset_of;
use crate::drivers::kafka::ffi::{At, Found};
use crate::model::Seat;

/// The way of a look.
pub struct Way {
    pub ranges: Ranges,
    /// From the end backwards: the last messages of the ranges are wanted.
    pub back: bool,
    /// Messages are in or behind a transaction that is still open; the notes say where.
    pub open: bool,
    pub notes: Vec<String>,
}

const NEEDS: &str = "Read and Describe on the topic";

/// Milliseconds since the Unix epoch; times before it are 0.
fn millis(t: SystemTime) -> i64 {
    t.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
}

/// Asks for starts and ends (and offsets of times) of all partitions, and cuts the ranges.
pub async fn find(kafka: &Kafka, want: &PeekRequest) -> Result<Way> {
    let at = &want.from;
    let mut partitions = kafka.partitions("read", NEEDS, at).await?;
    let token = match &want.start {
        Start::From(cursor) => {
            let bad = || Error::new(ErrorKind::Invalid, "read", format!("'{}' is no cursor of a topic", cursor.0)).about(at);
            Some(cursor::read(cursor).ok_or_else(bad)?)
        }
        _ => None,
    };
    if let Start::Seat(seat) = &want.start {
        let known = |p: &i32| matches!(seat, Seat::Offset { partition, .. } if partition == p);
        partitions.retain(known);
        if partitions.is_empty() {
            return Err(Error::new(ErrorKind::NotFound, "read", format!("no position {seat} here"))
                .about(at)
                .next("write p<partition>/<offset>, or oldest, newest, 2h"));
        }
    }
    let pairs: Vec<_> = partitions.iter().map(|p| (at.name.clone(), *p)).collect();
    let pairs = &pairs;
    let ask = |which, committed| kafka.offsets(("read", NEEDS), at, pairs, which, committed);
    let from_time = async {
        match &want.start {
            Start::Time(t) => ask(At::Time(millis(*t)), false).await.map(Some),
            _ => Ok(None),
        }
    };
    let to_time = async {
        match &want.stop {
            // the first message after this time is the first that is not wanted
            Stop::Time(t) => ask(At::Time(millis(*t).saturating_add(1)), false).await.map(Some),
            _ => Ok(None),
        }
    };
    let tail = want.stop == Stop::Never;
    let written = async {
        match want.committed_only && !tail {
            true => ask(At::End, false).await.map(Some),
            false => Ok(None),
        }
    };
    let (starts, ends, written, from_time, to_time) =
        tokio::try_join!(ask(At::Oldest, false), ask(At::End, want.committed_only), written, from_time, to_time)?;
    // what was written between the two questions is no open transaction: where they differ the first is asked once more
    let differ = |key: &(String, i32)| written.as_ref().is_some_and(|w| w.get(key) != ends.get(key));
    let decided = if pairs.iter().any(differ) { ask(At::End, true).await? } else { Found::new() };
    let of = |found: &Found, p: i32| offset_of(found, "read", at, p);
    let back = matches!(token, Some(Token::Older(_))) || (want.start == Start::Newest && !tail);
    let mut way = Way { ranges: Ranges::new(), back, open: false, notes: Vec::new() };
    for p in partitions {
        let (start, mut end) = (of(&starts, p)?.unwrap_or(0), of(&ends, p)?.unwrap_or(0));
        let key = (at.name.clone(), p);
        let (found, decided) = (written.as_ref().map_or(Ok(None), |w| of(w, p))?, decided.get(&key).and_then(|o| o.ok().flatten()));
        let undecided = found.zip(decided).filter(|(written, decided)| written > decided);
        if let Some(found) = &to_time {
            let first = of(found, p)?.unwrap_or(i64::MAX);
            end = first.min(end);
            way.open |= undecided.is_some_and(|(_, decided)| first > decided);
        } else {
            way.open |= undecided.is_some();
        }
        if let Some((written, decided)) = undecided {
            let count = written - decided;
            way.notes.push(format!("p{p}: {count} offsets from {decided} on are in or behind a transaction that is still open"));
        }
        let mut next = match (&want.start, &token) {
            (Start::Seat(Seat::Offset { offset, .. }), _) => {
                if *offset < start {
                    let e = Error::new(ErrorKind::Gone, "read", format!("p{p}/{offset} was removed; the oldest there is p{p}/{start}"));
                    return Err(e.about(at).next("retention or DeleteRecords took it; start at oldest"));
                }
                *offset
            }
            (Start::Time(_), _) => match &from_time {
                Some(found) => of(found, p)?.unwrap_or(end),
                None => end,
            },
            (Start::Newest, _) if tail => end,
            (_, Some(Token::Newer(places))) => places.get(&p).copied().unwrap_or(start),
            (_, Some(Token::Older(places))) => {
                // partitions that came after the cursor hold nothing older
                end = places.get(&p).copied().unwrap_or(start).min(end);
                start
            }
            _ => start,
        };
        if next < start {
            way.notes.push(format!("p{p}: offsets {next} to {} were removed before they were read", start - 1));
            next = start;
        }
        way.ranges.insert(p, Range { next, to: if tail { i64::MAX } else { end } });
    }
    Ok(way)
}
