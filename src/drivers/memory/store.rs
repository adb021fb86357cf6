//! What the memory broker holds: destinations, their records, and groups with their commits.

use std::collections::{BTreeMap, VecDeque};
use std::time::SystemTime;

use bytes::Bytes;

use super::put::{Hidden, Put, Spec};
use super::shape::{Seats, Shape};
use crate::broker::Trace;
use crate::model::{Address, ConnId, Fields, Message, ReaderKind, Seat, Typed, Value, WireType};

#[derive(Clone, Debug)]
pub(super) struct Record {
    /// In a log the offset; in a queue the number of its arrival.
    pub offset: i64,
    pub key: Option<Bytes>,
    pub body: Option<Bytes>,
    pub headers: Fields,
    pub properties: Fields,
    pub sent: SystemTime,
    pub hidden: Hidden,
    pub deliveries: u32,
    pub redelivered: bool,
    /// The visit that has it in hand, and until when.
    pub held: Option<(u64, Option<SystemTime>)>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    pub start: i64,
    pub end: i64,
    /// In the order of a log's offsets, or of a queue's delivery.
    pub records: VecDeque<Record>,
}

impl Log {
    /// The end that readers of committed messages see.
    pub fn stable_end(&self) -> i64 {
        self.records.iter().find(|r| r.hidden == Hidden::Open).map_or(self.end, |r| r.offset)
    }

    /// The first record at or after an offset (logs only).
    pub fn first_from(&self, offset: i64) -> Option<&Record> {
        self.records.get(self.records.partition_point(|r| r.offset < offset))
    }

    /// The first offset at or after a time; the end if there is none.
    pub fn offset_at(&self, time: SystemTime) -> i64 {
        self.records.iter().find(|r| r.sent >= time && r.hidden != Hidden::Marker).map_or(self.end, |r| r.offset)
    }
}

#[derive(Clone, Debug)]
pub(super) struct Place {
    /// Of all that were ever made the how many-th.
    pub id: u64,
    pub spec: Spec,
    pub parts: Vec<Log>,
    /// Counts keyless messages, to spread them.
    pub turn: u32,
}

impl Place {
    pub fn new(id: u64, spec: Spec) -> Self {
        let parts = vec![Log::default(); spec.partitions.max(1) as usize];
        Self { id, spec, parts, turn: 0 }
    }

    /// The partition of a message that names none.
    pub fn choose(&mut self, key: Option<&Bytes>) -> i32 {
        let n = u32::try_from(self.parts.len()).unwrap_or(1);
        match key {
            Some(key) => crate::broker::partition_for(key, n),
            None => {
                self.turn = self.turn.wrapping_add(1);
                i32::try_from(self.turn % n).unwrap_or(0)
            }
        }
    }

    pub fn part(&mut self, partition: i32) -> Option<&mut Log> {
        usize::try_from(partition).ok().and_then(|p| self.parts.get_mut(p))
    }

    /// Appends a message; `None` where there is no such partition.
    pub fn append(&mut self, put: Put, now: SystemTime) -> Option<(i32, i64)> {
        let partition = put.partition.unwrap_or_else(|| self.choose(put.key.as_ref()));
        let log = self.part(partition)?;
        let offset = log.end;
        log.end += 1;
        log.records.push_back(Record {
            offset,
            key: put.key,
            body: put.body,
            headers: put.headers,
            properties: put.properties,
            sent: put.sent.unwrap_or(now),
            hidden: put.hidden,
            deliveries: 0,
            redelivered: false,
            held: None,
        });
        Some((partition, offset))
    }
}

/// A consumer group as the world outside sets it.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub kind: ReaderKind,
    pub state: String,
    pub members: Option<u32>,
    pub commits: BTreeMap<(String, i32), i64>,
    pub owners: BTreeMap<(String, i32), String>,
    pub note: String,
}

#[derive(Debug, Default)]
pub(super) struct Store {
    pub places: BTreeMap<String, Place>,
    pub groups: BTreeMap<String, Group>,
    /// Replay ids seen lately, with the time and the seat they got.
    pub recent: BTreeMap<String, (SystemTime, Seat)>,
    pub made: u64,
    visits: u64,
}

impl Store {
    /// A number for a new visit (a hold, or a look at a queue that is not free).
    pub fn visit(&mut self) -> u64 {
        self.visits += 1;
        self.visits
    }

    /// Gives back what a visit still has in hand, leaving the traces that the shape says.
    pub fn give_back(&mut self, shape: &Shape, name: &str, visit: u64) -> u64 {
        let given = self.places.get_mut(name).map_or((0, Vec::new()), |place| {
            let mut all = (0, Vec::new());
            for log in &mut place.parts {
                let (n, dead) = give_back(shape, log, |held| held == visit);
                all.0 += n;
                all.1.extend(dead);
            }
            all
        });
        self.bury(name, given.1);
        given.0
    }

    /// Gives back what was held for too long by now.
    pub fn expire_holds(&mut self, shape: &Shape, name: &str, now: SystemTime) {
        let mut dead = Vec::new();
        for log in self.places.get_mut(name).into_iter().flat_map(|p| &mut p.parts) {
            let late: Vec<u64> =
                log.records.iter().filter_map(|r| r.held.filter(|(_, until)| until.is_some_and(|u| u <= now)).map(|(v, _)| v)).collect();
            if !late.is_empty() {
                dead.extend(give_back(shape, log, |held| late.contains(&held)).1);
            }
        }
        self.bury(name, dead);
    }

    /// Moves what went over the delivery limit to the queue's own dead-letter queue; without one it is gone.
    fn bury(&mut self, of: &str, dead: Vec<Record>) {
        if let Some(place) = self.places.values_mut().find(|p| p.spec.dead_letters_of.iter().any(|n| n == of)) {
            for r in dead {
                let put = Put {
                    partition: Some(0),
                    key: r.key,
                    body: r.body,
                    headers: r.headers,
                    properties: r.properties,
                    sent: Some(r.sent),
                    hidden: r.hidden,
                };
                place.append(put, r.sent);
            }
        }
    }
}

fn give_back(shape: &Shape, log: &mut Log, ours: impl Fn(u64) -> bool) -> (u64, Vec<Record>) {
    let (mut given, mut dead, mut moved) = (0, Vec::new(), Vec::new());
    let counts = shape.leaves.contains(&Trace::CountsReceive);
    let reorders = shape.leaves.contains(&Trace::Reorders);
    for mut record in std::mem::take(&mut log.records) {
        if !record.held.is_some_and(|(v, _)| ours(v)) {
            log.records.push_back(record);
            continue;
        }
        given += 1;
        record.held = None;
        record.redelivered |= shape.leaves.contains(&Trace::Redelivered);
        record.deliveries += u32::from(counts);
        if counts && shape.delivery_limit.is_some_and(|limit| record.deliveries > limit) {
            dead.push(record);
        } else if reorders {
            moved.push(record);
        } else {
            log.records.push_back(record);
        }
    }
    log.records.extend(moved);
    (given, dead)
}

/// A record's seat in this shape.
pub(super) fn seat(shape: &Shape, partition: i32, r: &Record) -> Seat {
    match shape.seats {
        Seats::Offsets => Seat::Offset { partition, offset: r.offset },
        Seats::Ids => Seat::Id(format!("m-{}", r.offset)),
        Seats::Digests => Seat::Digest(digest(r)),
    }
}

fn digest(r: &Record) -> [u8; 32] {
    fn part(hash: &mut blake3::Hasher, bytes: Option<&[u8]>) {
        let len = bytes.map_or(u64::MAX, |b| b.len() as u64);
        hash.update(&len.to_le_bytes());
        hash.update(bytes.unwrap_or_default());
    }
    let mut hash = blake3::Hasher::new();
    part(&mut hash, r.key.as_deref());
    part(&mut hash, r.body.as_deref());
    for fields in [&r.headers, &r.properties] {
        for (name, value) in fields {
            part(&mut hash, Some(name.as_bytes()));
            // Debug text tells types apart, which is all that a digest within one process needs
            part(&mut hash, Some(format!("{value:?}").as_bytes()));
        }
        part(&mut hash, None);
    }
    *hash.finalize().as_bytes()
}

/// A record as the driver hands it out.
pub(super) fn message(shape: &Shape, conn: &ConnId, name: &str, partition: i32, r: &Record) -> Message {
    let native = |value| Typed { value, wire: WireType("memory".into()) };
    let delivery = if shape.is_log() {
        vec![("timestamp-type".into(), native(Value::Text("CreateTime".into())))]
    } else {
        vec![("redelivered".into(), native(Value::Bool(r.redelivered))), ("delivery-count".into(), native(Value::Int(r.deliveries.into())))]
    };
    Message {
        at: Address::new(conn.clone(), shape.kind, name),
        seat: seat(shape, partition, r),
        key: r.key.clone(),
        body: r.body.clone(),
        headers: r.headers.clone(),
        properties: r.properties.clone(),
        delivery,
        sent: Some(r.sent),
        whole: true,
    }
}
