//! Which offsets of a log a peek reads: its start, end and cursors, partition by partition.

use std::collections::BTreeMap;
use std::time::SystemTime;

use super::super::Step;
use super::super::put::Hidden;
use super::super::store::{Log, Place};
use crate::broker::{Cursor, Error, ErrorKind, PeekRequest, Result, Start, Stop};
use crate::model::Seat;

/// The offsets of one partition.
pub(super) struct Span {
    pub partition: i32,
    pub from: i64,
    /// `None`: a tail.
    pub to: Option<i64>,
}

/// Where each partition starts and ends; those not named are not read. With them the cursor to older messages that were
/// left out, if any were.
pub(super) fn spans(place: &Place, want: &PeekRequest) -> Result<(Vec<Span>, Option<Cursor>)> {
    let tail = want.stop == Stop::Never;
    let from_here = |(partition, from): (i32, i64)| -> Result<Span> {
        let log = part(place, want, partition)?;
        Ok(Span { partition, from, to: (!tail).then(|| end(log, want)) })
    };
    let all = |f: &dyn Fn(&Log) -> i64| (0..).zip(&place.parts).map(|(p, l)| from_here((p, f(l)))).collect::<Result<Vec<_>>>();
    let spans = match &want.start {
        Start::Oldest => all(&|l| l.start)?,
        Start::Newest if tail => all(&|l| end(l, want))?,
        Start::Newest => return Ok(last_before(place, want, (0..).zip(place.parts.iter().map(|l| end(l, want))).collect())),
        Start::Time(t) => all(&|l| l.offset_at(*t))?,
        Start::Seat(Seat::Offset { partition, offset }) => {
            let log = part(place, want, *partition)?;
            if *offset < log.start {
                let cause = format!("p{partition}/{offset} was deleted by retention; the oldest is p{partition}/{}", log.start);
                return Err(error(ErrorKind::Gone, want, cause).next("look from the oldest on"));
            }
            vec![from_here((*partition, *offset))?]
        }
        Start::Seat(other) => {
            return Err(error(ErrorKind::Invalid, want, format!("{other} is no position in a topic")).next("write p3/132665"));
        }
        Start::From(cursor) => match read(cursor) {
            Some((Towards::Newer, at)) => at.into_iter().map(from_here).collect::<Result<_>>()?,
            Some((Towards::Older, at)) => {
                at.keys().try_for_each(|p| part(place, want, *p).map(drop))?;
                return Ok(last_before(place, want, at));
            }
            None => {
                let cause = format!("not a cursor of this broker: {}", cursor.0.escape_debug());
                return Err(error(ErrorKind::Invalid, want, cause).next("look from the oldest or the newest on"));
            }
        },
    };
    Ok((spans, None))
}

/// So that the last `limit` messages below these offsets come, by time, over all partitions.
fn last_before(place: &Place, want: &PeekRequest, below: BTreeMap<i32, i64>) -> (Vec<Span>, Option<Cursor>) {
    let seen = |hidden| hidden == Hidden::No || !want.committed_only && hidden != Hidden::Marker;
    let mut all: Vec<(SystemTime, i32, i64)> = Vec::new();
    for (p, log) in (0..).zip(&place.parts) {
        let Some(to) = below.get(&p) else { continue };
        // by time only as far as it runs with the offsets: a partition's share must be its last messages
        let mut latest = SystemTime::UNIX_EPOCH;
        all.extend(log.records.iter().filter(|r| r.offset < *to && seen(r.hidden)).map(|r| {
            latest = latest.max(r.sent);
            (latest, p, r.offset)
        }));
    }
    all.sort_unstable();
    let kept = all.split_off(all.len().saturating_sub(want.limit));
    let first = |p: i32, to: i64| kept.iter().find(|k| k.1 == p).map_or(to, |k| k.2);
    let spans: Vec<Span> = below.into_iter().map(|(p, to)| Span { partition: p, from: first(p, to), to: Some(to) }).collect();
    let older = (!all.is_empty()).then(|| print("prev", spans.iter().map(|s| (s.partition, s.from))));
    (spans, older)
}

/// The cursor with which a read goes on towards newer messages.
pub(super) fn onwards(at: impl Iterator<Item = (i32, i64)>) -> Cursor {
    print("next", at)
}

fn print(word: &str, at: impl Iterator<Item = (i32, i64)>) -> Cursor {
    let at: Vec<String> = at.map(|(p, o)| format!("{p}/{o}")).collect();
    Cursor(format!("{word}:{}", at.join(",")))
}

enum Towards {
    Newer,
    Older,
}

fn read(cursor: &Cursor) -> Option<(Towards, BTreeMap<i32, i64>)> {
    let (word, rest) = cursor.0.split_once(':')?;
    let at = rest.split(',').map(|place| place.split_once('/').and_then(|(p, o)| Some((p.parse().ok()?, o.parse().ok()?))));
    let towards = match word {
        "next" => Towards::Newer,
        "prev" => Towards::Older,
        _ => return None,
    };
    Some((towards, at.collect::<Option<_>>()?))
}

/// The end of a partition as the reader sees it.
pub(super) fn end(log: &Log, want: &PeekRequest) -> i64 {
    if want.committed_only { log.stable_end() } else { log.end }
}

fn part<'a>(place: &'a Place, want: &PeekRequest, partition: i32) -> Result<&'a Log> {
    let log = usize::try_from(partition).ok().and_then(|p| place.parts.get(p));
    log.ok_or_else(|| error(ErrorKind::NotFound, want, format!("there is no partition {partition}")).next("d shows its partitions"))
}

fn error(kind: ErrorKind, want: &PeekRequest, cause: String) -> Error {
    Error::new(kind, Step::Peek.op(), cause).about(&want.from)
}
