//! The rows of the Lag screen and of `redrive lag`: a group, then its topics, then their partitions.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use super::{Clear, Loss, Motion, Series, Shelf, Spark, Subject, loss_of_unread};
use crate::model::{Address, Backlog, Position, Reader};

/// Buckets of the TREND column.
const TREND: usize = 4;
/// How long the TREND column looks back.
const SPAN: Duration = Duration::from_secs(3600);

/// How long a reader is behind in time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TimeBehind {
    /// Nothing is behind.
    None,
    Exactly(Duration),
    /// Worked out from samples; shown with `~`.
    About(Duration),
    /// The record was there before the first sample; shown with `>`.
    MoreThan(Duration),
    Unknown,
}

/// One row: a partition, or all partitions of a topic.
#[derive(Clone, Debug, PartialEq)]
pub struct LagRow {
    pub of: Address,
    /// `None`: the sum of a topic (or a broker without partitions).
    pub partition: Option<i32>,
    /// The next offset that it would read.
    pub committed: Option<i64>,
    /// `None`: no commit, or not told. Not zero.
    pub behind: Option<u64>,
    pub time: TimeBehind,
    pub spark: Spark,
    pub motion: Motion,
    /// Messages a second.
    pub rate_in: Option<f64>,
    pub rate_out: Option<f64>,
    pub clear: Clear,
    pub owner: Option<String>,
    /// What a queue tells instead of offsets.
    pub backlog: Option<Backlog>,
    /// Messages that retention took before they were read.
    pub lost: u64,
    pub loss: Loss,
}

/// All of a group: topics in name order, each followed by its partitions, worst first.
#[derive(Clone, Debug, PartialEq)]
pub struct Lag {
    /// One per topic, with its partitions.
    pub topics: Vec<(LagRow, Vec<LagRow>)>,
}

/// What is known besides positions, where somebody has read it.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Time of the record at the committed offset, by topic and partition.
    pub next_written: BTreeMap<(Address, Option<i32>), SystemTime>,
    /// How long each topic keeps, and whether that is only the config's word.
    pub retention: BTreeMap<Address, (Duration, bool)>,
    /// How long the group may stand still while messages wait (`max_poll_interval`).
    pub stall: Option<Duration>,
}

/// Stall limit where neither config nor broker says one: Kafka's default `max.poll.interval.ms`.
const STALL: Duration = Duration::from_secs(300);

impl Lag {
    /// The rows of a group from its positions, the samples and what else is known.
    pub fn of(reader: &Reader, shelf: &Shelf, known: &Known, now: SystemTime) -> Lag {
        let mut topics: BTreeMap<&Address, Vec<&Position>> = BTreeMap::new();
        for p in &reader.at {
            topics.entry(&p.of).or_default().push(p);
        }
        let empty = Series::default();
        let stall = known.stall.unwrap_or(STALL);
        let topics = topics
            .into_iter()
            .map(|(of, positions)| {
                let mut rows: Vec<LagRow> = positions
                    .iter()
                    .map(|p| {
                        let subject = Subject::Partition { group: reader.name.clone(), of: of.clone(), partition: p.partition };
                        let series = shelf.get(&subject).unwrap_or(&empty);
                        let read_when = known.next_written.get(&(of.clone(), p.partition)).copied();
                        let time = time_behind(p, series, read_when, now);
                        let oldest = p.backlog.as_ref().and_then(|b| b.oldest);
                        let next = read_when.or(oldest).or_else(|| p.committed.and_then(|c| series.written_about(c)));
                        let keep = known.retention.get(of);
                        let about = read_when.or(oldest).is_none() || keep.is_some_and(|k| k.1);
                        let loss = match p.behind() {
                            Some(0) => Loss::Never,
                            _ => loss_of_unread(next, keep.map(|k| k.0), about, p.lost(), now),
                        };
                        let mut row =
                            row(of, p.partition, p.committed, p.behind(), time, series, stall, now, p.owner.clone(), p.lost(), loss);
                        row.backlog.clone_from(&p.backlog);
                        row
                    })
                    .collect();
                rows.sort_by(|a, b| b.behind.cmp(&a.behind).then(a.partition.cmp(&b.partition)));
                let behind = rows.iter().map(|r| r.behind).sum();
                let series = shelf.group(&reader.name, of).unwrap_or(&empty);
                let lost = rows.iter().map(|r| r.lost).sum();
                let worst = rows.iter().map(|r| r.loss).min_by_key(|l| l.left().unwrap_or(Duration::MAX)).unwrap_or(Loss::Unknown);
                let time = rows.iter().map(|r| r.time).max_by_key(|t| t.length()).unwrap_or(TimeBehind::Unknown);
                let mut sum = row(of, None, None, behind, time, series, stall, now, None, lost, worst);
                // one partition that stands still is the topic's news, however well the others do
                if let Some(stalled) = rows.iter().map(|r| r.motion).find(|m| matches!(m, Motion::Stalled { .. }))
                    && matches!(sum.motion, Motion::Quiet | Motion::Steady | Motion::Unknown)
                {
                    sum.motion = stalled;
                }
                // a queue is one row, and its sum
                sum.backlog = rows.first().and_then(|r| r.backlog.clone());
                (sum, rows)
            })
            .collect();
        Lag { topics }
    }

    /// All partitions together; `None` where any is unknown or there are none.
    pub fn behind(&self) -> Option<u64> {
        if self.topics.is_empty() { None } else { self.topics.iter().map(|(t, _)| t.behind).sum() }
    }

    /// The partition to look at: stalled ones first, then the one that is furthest behind.
    pub fn stuck(&self) -> Option<&LagRow> {
        let rows = self.topics.iter().flat_map(|(_, rows)| rows).filter(|r| r.behind.is_some_and(|b| b > 0));
        rows.max_by_key(|r| (matches!(r.motion, Motion::Stalled { .. }), r.behind))
    }
}

impl TimeBehind {
    /// Its length as far as known, for sorting.
    pub fn length(self) -> Option<Duration> {
        match self {
            TimeBehind::None => Some(Duration::ZERO),
            TimeBehind::Exactly(d) | TimeBehind::About(d) | TimeBehind::MoreThan(d) => Some(d),
            TimeBehind::Unknown => None,
        }
    }
}

fn time_behind(p: &Position, series: &Series, read_when: Option<SystemTime>, now: SystemTime) -> TimeBehind {
    let Some(behind) = p.behind() else { return TimeBehind::Unknown };
    if behind == 0 {
        return TimeBehind::None;
    }
    let ago = |t: SystemTime| now.duration_since(t).unwrap_or_default();
    if let Some(when) = read_when.or(p.backlog.as_ref().and_then(|b| b.oldest)) {
        return TimeBehind::Exactly(ago(when));
    }
    let Some(committed) = p.committed else { return TimeBehind::Unknown };
    if let Some(when) = series.written_about(committed) {
        return TimeBehind::About(ago(when));
    }
    match series.first() {
        Some(first) if first.written.is_some_and(|w| w > committed) => TimeBehind::MoreThan(ago(first.at)),
        _ => TimeBehind::Unknown,
    }
}

#[expect(clippy::too_many_arguments, reason = "one row has this many columns")]
fn row(
    of: &Address,
    partition: Option<i32>,
    committed: Option<i64>,
    behind: Option<u64>,
    time: TimeBehind,
    series: &Series,
    stall: Duration,
    now: SystemTime,
    owner: Option<String>,
    lost: u64,
    loss: Loss,
) -> LagRow {
    LagRow {
        of: of.clone(),
        partition,
        committed,
        behind,
        time,
        spark: series.spark(now, SPAN, TREND),
        motion: if behind == Some(0) { Motion::Quiet } else { series.motion(stall) },
        rate_in: series.rate_in(),
        rate_out: series.rate_out(),
        clear: if behind == Some(0) { Clear::Done } else { series.clear() },
        owner,
        backlog: None,
        lost,
        loss,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ConnId, ReaderKind};

    fn at(s: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(100_000 + s)
    }

    fn group(at_commit: [(i64, i64); 2]) -> Reader {
        let of = Address::topic(&ConnId::new("k"), "script-events");
        let place = |(i, (committed, end)): (usize, (i64, i64))| Position {
            of: of.clone(),
            partition: Some(i as i32),
            committed: Some(committed),
            start: 0,
            end,
            owner: Some(format!("cons-{i}")),
            backlog: None,
            read_at: at(0),
        };
        let places = at_commit.into_iter().enumerate().map(place).collect();
        let name = "analytics-processor".to_owned();
        Reader { name, kind: ReaderKind::Classic, state: "Stable".into(), members: Some(2), at: places, note: String::new() }
    }

    #[test]
    fn one_stalled_partition_is_named_however_well_the_rest_does() {
        let mut shelf = Shelf::default();
        let mut last = group([(0, 0), (0, 0)]);
        for s in 0..8u64 {
            let n = s as i64;
            last = group([(88, 100 + n * 44), (n * 100, n * 100)]);
            shelf.take_readers(std::slice::from_ref(&last), at(s * 60));
        }
        let of = last.at[0].of.clone();
        let mut known = Known::default();
        known.next_written.insert((of.clone(), Some(0)), at(0) - Duration::from_secs(60));
        known.retention.insert(of, (Duration::from_secs(8280), false));
        let lag = Lag::of(&last, &shelf, &known, at(420));
        let stuck = lag.stuck().unwrap();
        assert_eq!((stuck.partition, stuck.committed), (Some(0), Some(88)));
        assert_eq!(stuck.motion, Motion::Stalled { since: at(0) });
        assert_eq!(stuck.time, TimeBehind::Exactly(Duration::from_secs(480)));
        assert_eq!(stuck.loss, Loss::In { left: Duration::from_secs(7800), about: false });
        assert_eq!(stuck.clear, Clear::Never);
        assert_eq!(lag.topics[0].1[1].motion, Motion::Quiet);
        assert_eq!(lag.topics[0].0.loss.left(), Some(Duration::from_secs(7800)));
    }

    #[test]
    fn without_a_read_record_time_is_an_estimate_or_a_bound() {
        let mut shelf = Shelf::default();
        shelf.take_readers(&[group([(0, 100), (0, 0)])], at(0));
        let now = group([(100, 300), (0, 0)]);
        shelf.take_readers(std::slice::from_ref(&now), at(100));
        let lag = Lag::of(&now, &shelf, &Known::default(), at(100));
        assert_eq!(lag.topics[0].1[0].time, TimeBehind::About(Duration::from_secs(100)));
        let older = group([(50, 300), (0, 0)]);
        let lag = Lag::of(&older, &shelf, &Known::default(), at(100));
        assert_eq!(lag.topics[0].1[0].time, TimeBehind::MoreThan(Duration::from_secs(100)));
    }
}
