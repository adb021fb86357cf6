//! A page over several partitions in order of time: exactly the oldest or the newest messages of all, not some of each.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::SystemTime;

use super::way::Way;
use super::{BATCH, Range, Ranges, Scan, complete, cursor};
use crate::broker::{PeekRequest, Peeked, Result, Why};
use crate::drivers::kafka::Kafka;
use crate::model::{Message, Seat};

/// Bytes that a page may take; a page of very large messages has fewer of them.
const PAGE_BYTES: usize = 64 << 20;

/// Messages read at once over all partitions, though a page may need fewer.
const EAGER: usize = 12_000;

/// What was read of one partition, and what of it is left.
struct Part {
    /// Unread: from the near end of it more is read if the page needs it.
    unread: Range,
    got: VecDeque<Message>,
}

/// Reads a page; the steps of its flow.
pub async fn page(kafka: Arc<Kafka>, want: &PeekRequest, way: Way) -> Result<Vec<Peeked>> {
    let back = way.back;
    let whole: u64 = way.ranges.values().map(Range::left).sum();
    let mut parts: BTreeMap<i32, Part> = way.ranges.iter().map(|(p, r)| (*p, Part { unread: *r, got: VecDeque::new() })).collect();
    // producers send bursts to one partition: a page may lie in one of them, and each further round costs a new assignment
    let share = want.limit.div_ceil(parts.len().max(1)).max(want.limit.min(EAGER / parts.len().max(1)));
    let mut window = i64::try_from(share).unwrap_or(i64::MAX).saturating_add(4);
    let (mut scan, mut notes, mut full): (Option<Scan>, _, _) = (None, way.notes.clone(), false);
    loop {
        let hungry = if full { Vec::new() } else { hungry(&parts, back, want.limit) };
        if hungry.is_empty() {
            break;
        }
        let windows: Ranges = hungry.iter().filter_map(|p| Some((*p, near(parts.get(p)?.unread, window, back)))).collect();
        let reading = match &mut scan {
            Some(s) => {
                s.again(windows.clone())?;
                s
            }
            None => scan.insert(Scan::open(kafka.clone(), &want.from, want.committed_only, windows.clone()).await?),
        };
        let held: usize = parts.values().flat_map(|p| &p.got).map(Message::size).sum();
        let (read, all) = read(reading, PAGE_BYTES.saturating_sub(held)).await?;
        if !all && back && window > 1 && held == 0 {
            // too much at once, and what is nearest to the end is missing: less at once
            window = (window / 8).max(1);
            continue;
        }
        full = !all;
        if back && !all {
            break;
        }
        let left = reading.ranges().clone();
        notes.extend(reading.notes().iter().filter(|n| !way.notes.contains(n)).cloned());
        take_in(&mut parts, read, &windows, &left, back);
        window = window.saturating_mul(4);
    }
    notes.dedup();
    Ok(steps(want, parts, &way, whole, full, notes))
}

/// The near end of what is unread, at most so many offsets of it.
fn near(unread: Range, window: i64, back: bool) -> Range {
    if back {
        Range { next: unread.next.max(unread.to.saturating_sub(window)), to: unread.to }
    } else {
        Range { next: unread.next, to: unread.to.min(unread.next.saturating_add(window)) }
    }
}

/// Reads windows to their ends, or until the bytes are used up: then false.
async fn read(scan: &mut Scan, mut bytes: usize) -> Result<(Vec<Message>, bool)> {
    let mut all = Vec::new();
    while let Some(some) = scan.some(BATCH, 1 << 20).await? {
        let size: usize = some.iter().map(Message::size).sum();
        all.extend(some);
        if size > bytes {
            return Ok((all, scan.ranges().values().all(Range::done)));
        }
        bytes -= size;
    }
    Ok((all, true))
}

fn take_in(parts: &mut BTreeMap<i32, Part>, read: Vec<Message>, windows: &Ranges, left: &Ranges, back: bool) {
    let mut of: BTreeMap<i32, Vec<Message>> = BTreeMap::new();
    for m in read {
        if let Seat::Offset { partition, .. } = m.seat {
            of.entry(partition).or_default().push(m);
        }
    }
    for (p, window) in windows {
        let Some(part) = parts.get_mut(p) else { continue };
        let got = of.remove(p).unwrap_or_default();
        if back {
            got.into_iter().rev().for_each(|m| part.got.push_front(m));
            part.unread.to = window.next;
        } else {
            part.got.extend(got);
            part.unread.next = left.get(p).map_or(window.to, |r| r.next.min(window.to));
        }
    }
}

/// How a message is ordered on a page: by time, then by place, so that the order is always the same.
fn order(m: &Message) -> (SystemTime, i32, i64) {
    let (partition, offset) = match m.seat {
        Seat::Offset { partition, offset } => (partition, offset),
        _ => (0, 0),
    };
    (m.sent.unwrap_or(SystemTime::UNIX_EPOCH), partition, offset)
}

/// Takes messages from the near ends, the nearest in time first, and says how many of each partition. Within a partition
/// offsets go before times, so that what is taken of it is one piece. Stops where a partition ran out that has more unread.
fn merge(parts: &BTreeMap<i32, Part>, back: bool, limit: usize) -> (Vec<i32>, Vec<i32>) {
    let mut used: BTreeMap<i32, usize> = parts.keys().map(|p| (*p, 0)).collect();
    let mut taken = Vec::new();
    while taken.len() < limit {
        let out: Vec<i32> = parts
            .iter()
            .filter(|(p, part)| used.get(p).copied().unwrap_or(0) >= part.got.len() && !part.unread.done())
            .map(|(p, _)| *p)
            .collect();
        if !out.is_empty() {
            return (taken, out);
        }
        let fronts = parts.iter().filter_map(|(p, part)| {
            let n = used.get(p).copied().unwrap_or(0);
            let m = if back { part.got.len().checked_sub(n + 1).and_then(|i| part.got.get(i)) } else { part.got.get(n) };
            Some((order(m?), *p))
        });
        let Some((_, p)) = (if back { fronts.max() } else { fronts.min() }) else { break };
        *used.entry(p).or_default() += 1;
        taken.push(p);
    }
    (taken, Vec::new())
}

/// Partitions of which more must be read before the page is right.
fn hungry(parts: &BTreeMap<i32, Part>, back: bool, limit: usize) -> Vec<i32> {
    let (_, out) = merge(parts, back, limit);
    if out.is_empty() {
        out
    } else {
        parts.iter().filter(|(p, part)| out.contains(p) || (part.got.is_empty() && !part.unread.done())).map(|(p, _)| *p).collect()
    }
}

fn steps(want: &PeekRequest, mut parts: BTreeMap<i32, Part>, way: &Way, whole: u64, full: bool, mut notes: Vec<String>) -> Vec<Peeked> {
    let back = way.back;
    let (taken, _) = merge(&parts, back, want.limit);
    let mut page: Vec<Message> = taken
        .iter()
        .filter_map(|p| parts.get_mut(p).and_then(|part| if back { part.got.pop_back() } else { part.got.pop_front() }))
        .collect();
    if back {
        page.reverse();
    }
    if full {
        notes.push(format!("a page holds at most {} MB", PAGE_BYTES >> 20));
    }
    // what was read and not taken is unread again
    let ranges: Ranges = parts
        .iter()
        .map(|(p, part)| {
            let mut r = part.unread;
            match (back, if back { part.got.back() } else { part.got.front() }.map(|m| &m.seat)) {
                (true, Some(Seat::Offset { offset, .. })) => r.to = offset + 1,
                (false, Some(Seat::Offset { offset, .. })) => r.next = *offset,
                _ => {}
            }
            (*p, r)
        })
        .collect();
    let left: u64 = ranges.values().map(Range::left).sum();
    let more = (left > 0).then(|| if back { cursor::older(&ranges) } else { cursor::newer(&ranges) });
    let why = if more.is_some() { Why::Limit } else { complete(want, way.open) };
    let mut steps = Vec::new();
    let (mut batch, mut bytes) = (Vec::new(), 0);
    for m in page {
        bytes += m.size();
        batch.push(m);
        if batch.len() >= BATCH || bytes >= want.max_bytes {
            steps.push(Peeked::Batch(std::mem::take(&mut batch)));
            bytes = 0;
        }
    }
    if !batch.is_empty() {
        steps.push(Peeked::Batch(batch));
    }
    steps.push(Peeked::End { why, read: whole.saturating_sub(left), left: Vec::new(), more, notes });
    steps
}
