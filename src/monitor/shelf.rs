//! All series of a context, by what they are of; bounded, and emptied of what is gone.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use super::{Reading, Series};
use crate::model::{Address, Count, Destination, Reader};

/// Series kept at most; the ones not fed for the longest go first.
const KEPT: usize = 20_000;

/// What a series is of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A destination's depth.
    Depth(Address),
    /// A group on one destination, all partitions.
    Group { group: String, of: Address },
    /// A group on one partition.
    Partition { group: String, of: Address, partition: Option<i32> },
}

/// All that was sampled.
#[derive(Clone, Debug, Default)]
pub struct Shelf {
    series: BTreeMap<Subject, Series>,
}

impl Shelf {
    /// Takes a listing: one reading of each destination's depth.
    pub fn take_listing(&mut self, rows: &[Destination], at: SystemTime) {
        for row in rows {
            if row.depth == Count::Unknown {
                continue;
            }
            let reading = Reading { at, written: None, read: None, level: row.depth.value() };
            self.push(Subject::Depth(row.at.clone()), reading);
        }
        self.tidy();
    }

    /// Takes groups with their positions: one reading per partition and per destination.
    pub fn take_readers(&mut self, rows: &[Reader], at: SystemTime) {
        for reader in rows {
            let mut sums: BTreeMap<&Address, Option<(i64, i64, u64)>> = BTreeMap::new();
            for p in &reader.at {
                let behind = p.behind();
                if let Some(backlog) = &p.backlog {
                    // one queue is one row: what the broker does not count is not known, and no zero
                    let told = |n: Option<u64>| n.and_then(|n| i64::try_from(n).ok());
                    let reading = Reading { at, written: told(backlog.came), read: told(backlog.went), level: behind };
                    self.push(Subject::Partition { group: reader.name.clone(), of: p.of.clone(), partition: None }, reading);
                    self.push(Subject::Group { group: reader.name.clone(), of: p.of.clone() }, reading);
                    continue;
                }
                let read = p.committed;
                let subject = Subject::Partition { group: reader.name.clone(), of: p.of.clone(), partition: p.partition };
                self.push(subject, Reading { at, written: Some(p.end), read, level: behind });
                let sum = sums.entry(&p.of).or_insert(Some((0, 0, 0)));
                // one partition without a commit makes the sum unknown: it is not zero
                *sum = match (*sum, read, behind) {
                    (Some((w, r, l)), Some(read), Some(behind)) => Some((w + p.end, r + read, l.saturating_add(behind))),
                    _ => None,
                };
            }
            for (of, sum) in sums {
                if let Some((written, read, level)) = sum {
                    let subject = Subject::Group { group: reader.name.clone(), of: of.clone() };
                    self.push(subject, Reading { at, written: Some(written), read: Some(read), level: Some(level) });
                }
            }
        }
        self.tidy();
    }

    fn push(&mut self, subject: Subject, reading: Reading) {
        self.series.entry(subject).or_default().push(reading);
    }

    /// Drops the series that were not fed for the longest when there are too many.
    fn tidy(&mut self) {
        if self.series.len() <= KEPT {
            return;
        }
        let mut fed: Vec<SystemTime> = self.series.values().filter_map(|s| s.last().map(|r| r.at)).collect();
        fed.sort_unstable();
        let Some(&from) = fed.get(fed.len().saturating_sub(KEPT)) else { return };
        self.series.retain(|_, s| s.last().is_some_and(|r| r.at >= from));
    }

    /// One series.
    pub fn get(&self, subject: &Subject) -> Option<&Series> {
        self.series.get(subject)
    }

    /// The series of a destination's depth.
    pub fn depth(&self, at: &Address) -> Option<&Series> {
        self.get(&Subject::Depth(at.clone()))
    }

    /// The series of a group on one destination.
    pub fn group(&self, group: &str, of: &Address) -> Option<&Series> {
        self.get(&Subject::Group { group: group.to_owned(), of: of.clone() })
    }

    /// Heights of a destination's depth over the last hour.
    pub fn hour(&self, at: &Address, now: SystemTime, buckets: usize) -> super::Spark {
        self.depth(at).map(|s| s.spark(now, Duration::from_secs(3600), buckets)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ConnId, Position, ReaderKind};

    fn at(s: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(s)
    }

    fn reader(end: i64, commits: [Option<i64>; 2]) -> Reader {
        let of = Address::topic(&ConnId::new("k"), "orders");
        let position = |partition: i32, committed| Position {
            of: of.clone(),
            partition: Some(partition),
            committed,
            start: 0,
            end,
            owner: None,
            backlog: None,
            read_at: at(0),
        };
        let places = commits.into_iter().enumerate().map(|(i, c)| position(i as i32, c)).collect();
        Reader { name: "g".into(), kind: ReaderKind::Classic, state: "Stable".into(), members: Some(1), at: places, note: String::new() }
    }

    #[test]
    fn a_partition_without_a_commit_leaves_the_sum_unknown() {
        let of = Address::topic(&ConnId::new("k"), "orders");
        let mut shelf = Shelf::default();
        shelf.take_readers(&[reader(10, [Some(4), None])], at(1));
        assert!(shelf.group("g", &of).is_none());
        shelf.take_readers(&[reader(10, [Some(4), Some(9)])], at(2));
        assert_eq!(shelf.group("g", &of).and_then(|s| s.last()).and_then(|r| r.level), Some(7));
    }
}
