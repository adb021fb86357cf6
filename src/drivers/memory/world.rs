//! What the world outside redrive does to the broker: producers, consumers, retention, operators; and what it reads back.

use std::time::SystemTime;

use super::put::{Hidden, Put, Spec};
use super::store::{Group, Place};
use super::{Memory, store};
use crate::model::{Address, Message, ReaderKind, Seat};

/// Everything on the broker that a look could have touched, to compare before and after.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// (name, messages with their delivery fields, how many of them are in somebody's hand).
    pub destinations: Vec<(String, Vec<Message>, u64)>,
    /// (group, its commits as text).
    pub groups: Vec<(String, String)>,
}

impl Memory {
    /// Creates a destination; one that exists keeps its messages and takes the new settings.
    pub fn create(&self, name: impl Into<String>, spec: Spec) -> Address {
        let at = self.at(name);
        self.change(|s| {
            s.made += 1;
            let id = s.made;
            let place = s.places.entry(at.name.clone()).or_insert_with(|| Place::new(id, spec.clone()));
            place.parts.resize_with(spec.partitions.max(1) as usize, Default::default);
            place.spec = spec;
        });
        at
    }

    /// Deletes a destination with all its messages.
    pub fn delete(&self, name: &str) {
        self.change(|s| s.places.remove(name));
    }

    /// Sends a message as any producer would; `None` where there is no such destination or partition.
    pub fn put(&self, name: &str, put: Put) -> Option<Seat> {
        let now = self.clock().now();
        self.change(|s| {
            let place = s.places.get_mut(name)?;
            let (partition, _) = place.append(put, now)?;
            let log = place.part(partition)?;
            log.records.back().map(|r| store::seat(self.shape(), partition, r))
        })
    }

    /// All messages of a destination, aborted and held ones too, read without any trace: for tests to read back.
    pub fn messages(&self, name: &str) -> Vec<Message> {
        self.look(|s| {
            let parts = s.places.get(name).into_iter().flat_map(|p| &p.parts);
            let numbered = parts.enumerate().flat_map(|(i, log)| log.records.iter().map(move |r| (i, r)));
            numbered
                .filter(|(_, r)| r.hidden != Hidden::Marker)
                .map(|(i, r)| store::message(self.shape(), self.id(), name, i32::try_from(i).unwrap_or(i32::MAX), r))
                .collect()
        })
    }

    /// Takes the first `n` ready messages out, as a consumer that acknowledges does.
    pub fn consume(&self, name: &str, n: usize) -> usize {
        self.change(|s| {
            let Some(log) = s.places.get_mut(name).and_then(|p| p.part(0)) else { return 0 };
            let mut taken = 0;
            log.records.retain(|r| {
                let take = taken < n && r.held.is_none();
                taken += usize::from(take);
                !take
            });
            taken
        })
    }

    /// Moves the log's start, as retention does.
    pub fn trim(&self, name: &str, partition: i32, start: i64) {
        self.change(|s| {
            if let Some(log) = s.places.get_mut(name).and_then(|p| p.part(partition)) {
                log.start = log.start.max(start.min(log.end));
                let start = log.start;
                log.records.retain(|r| r.offset >= start);
            }
        });
    }

    /// Lets an empty partition's offsets begin here, as if all before had been deleted long ago.
    pub fn begin_at(&self, name: &str, partition: i32, offset: i64) {
        self.change(|s| {
            if let Some(log) = s.places.get_mut(name).and_then(|p| p.part(partition)).filter(|l| l.records.is_empty()) {
                (log.start, log.end) = (offset, offset);
            }
        });
    }

    /// Removes single records and leaves holes in the offsets, as compaction does.
    pub fn compact(&self, name: &str, partition: i32, keep: impl Fn(i64) -> bool) {
        self.change(|s| {
            if let Some(log) = s.places.get_mut(name).and_then(|p| p.part(partition)) {
                log.records.retain(|r| keep(r.offset));
            }
        });
    }

    /// (start, end) of each partition; empty where there is no such destination.
    pub fn ends(&self, name: &str) -> Vec<(i64, i64)> {
        self.look(|s| s.places.get(name).map_or_else(Vec::new, |p| p.parts.iter().map(|l| (l.start, l.end)).collect()))
    }

    /// Creates or changes a consumer group; its commits stay.
    pub fn group(&self, name: &str, kind: ReaderKind, state: &str, members: Option<u32>) {
        self.change(|s| {
            let group = s.groups.entry(name.to_owned()).or_insert_with(|| Group::new(kind));
            (group.kind, group.state, group.members) = (kind, state.to_owned(), members);
        });
    }

    /// Says why a group's positions are not known.
    pub fn group_note(&self, name: &str, note: &str) {
        self.change(|s| {
            if let Some(group) = s.groups.get_mut(name) {
                group.note = note.to_owned();
            }
        });
    }

    /// Removes a group and its commits.
    pub fn drop_group(&self, name: &str) {
        self.change(|s| s.groups.remove(name));
    }

    /// Commits a position; a group that did not exist appears, empty of members.
    pub fn commit(&self, group: &str, name: &str, partition: i32, next: i64) {
        self.change(|s| {
            let group = s.groups.entry(group.to_owned()).or_insert_with(|| Group::new(ReaderKind::Classic));
            group.commits.insert((name.to_owned(), partition), next);
        });
    }

    /// The committed position of a group.
    pub fn committed(&self, group: &str, name: &str, partition: i32) -> Option<i64> {
        self.look(|s| s.groups.get(group).and_then(|g| g.commits.get(&(name.to_owned(), partition)).copied()))
    }

    /// Says which client owns a partition now.
    pub fn own(&self, group: &str, name: &str, partition: i32, client: &str) {
        self.change(|s| {
            if let Some(group) = s.groups.get_mut(group) {
                group.owners.insert((name.to_owned(), partition), client.to_owned());
            }
        });
    }

    /// Everything a look could have touched.
    pub fn snapshot(&self) -> Snapshot {
        let names: Vec<String> = self.look(|s| s.places.keys().cloned().collect());
        let destinations = names.into_iter().map(|n| (n.clone(), self.messages(&n), self.in_hand(&n))).collect();
        let groups = self.look(|s| s.groups.iter().map(|(n, g)| (n.clone(), format!("{:?}", g.commits))).collect());
        Snapshot { destinations, groups }
    }

    /// How many messages are in somebody's hand now.
    pub fn in_hand(&self, name: &str) -> u64 {
        let now = self.clock().now();
        let held = |r: &&store::Record| r.held.is_some_and(|(_, until)| until.is_none_or(|u| u > now));
        self.look(|s| s.places.get(name).map_or(0, |p| p.parts.iter().flat_map(|l| &l.records).filter(held).count() as u64))
    }

    /// The time of the newest message, `None` where there is none.
    pub fn newest(&self, name: &str) -> Option<SystemTime> {
        self.look(|s| s.places.get(name)?.parts.iter().flat_map(|l| &l.records).map(|r| r.sent).max())
    }
}

impl Group {
    fn new(kind: ReaderKind) -> Self {
        Self { kind, state: "Empty".into(), members: Some(0), commits: Default::default(), owners: Default::default(), note: String::new() }
    }
}
