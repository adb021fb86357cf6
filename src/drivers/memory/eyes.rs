//! The looking side of a connection to the memory broker.

use std::time::Instant;

use async_trait::async_trait;

use super::put::Hidden;
use super::store::Place;
use super::{Login, Memory, Step, peek, rehearse};
use crate::broker::{
    Broker, Carriage, Cost, Detail, Flow, Left, ListRequest, Outgoing, PartitionDetail, PeekRequest, Peeked, Probe, ReadersRequest,
    Rehearsal, Result, Trace, batches,
};
use crate::model::{Address, Backlog, ConnId, Count, Destination, Message, Position, Proof, Reader, ReaderKind, Role};

pub(super) struct Eyes {
    memory: Memory,
    login: Login,
}

impl Eyes {
    pub fn new(memory: Memory, login: Login) -> Self {
        Self { memory, login }
    }
}

#[async_trait]
impl Broker for Eyes {
    fn id(&self) -> &ConnId {
        self.memory.id()
    }

    async fn probe(&self) -> Result<Probe> {
        let began = Instant::now();
        self.memory.pass(&self.login, Step::Probe, None, &mut false).await?;
        let shape = self.memory.shape();
        Ok(Probe {
            product: shape.product.clone(),
            version: shape.version.clone(),
            identity: format!("{}, in memory", self.login.user),
            took: began.elapsed(),
            started: self.memory.started(),
            capabilities: shape.capabilities.clone(),
        })
    }

    fn list(&self, want: ListRequest) -> Flow<Vec<Destination>> {
        let (memory, login) = (self.memory.clone(), self.login.clone());
        batches(async move {
            memory.pass(&login, Step::List, None, &mut false).await?;
            if !login.list {
                return Ok(Vec::new());
            }
            Ok(memory.look(|s| {
                let wanted = s.places.iter().filter(|(_, p)| want.internal || !p.spec.internal);
                wanted.map(|(name, place)| destination(&memory, name, place)).collect()
            }))
        })
    }

    async fn describe(&self, at: &Address) -> Result<Detail> {
        self.memory.pass(&self.login, Step::Describe, Some(at), &mut false).await?;
        let shape = self.memory.shape();
        if !self.login.list && !self.login.read {
            return Err(self.memory.denied(&self.login, "describe", at));
        }
        let found = self.memory.look(|s| {
            s.places.get(&at.name).map(|place| Detail {
                id: Some(place.id.to_string()),
                partitions: if shape.is_log() { partitions(place) } else { Vec::new() },
                retention: place.spec.retention,
                max_message_bytes: Some(place.spec.max_message_bytes.unwrap_or(shape.max_message_bytes)),
                bytes: Some(place.parts.iter().flat_map(|l| &l.records).map(|r| r.body.as_ref().map_or(0, |b| b.len() as u64)).sum()),
                compacted: place.spec.compacted,
                subscribers: None,
                dead_letters: None,
                may_write: Some(self.login.write),
                doubt: None,
                facts: vec![("broker".into(), "in memory, gone at exit".into(), shape.product.clone())],
            })
        });
        found.ok_or_else(|| self.memory.not_found("describe", at))
    }

    async fn cost(&self, at: &Address) -> Result<Cost> {
        self.memory.pass(&self.login, Step::Describe, Some(at), &mut false).await?;
        let shape = self.memory.shape();
        let most = self.memory.look(|s| {
            let place = s.places.get(&at.name)?;
            Some(place.parts.iter().flat_map(|l| &l.records).map(|r| r.deliveries).max().unwrap_or(0))
        });
        let most = most.ok_or_else(|| self.memory.not_found("look at", at))?;
        Ok(Cost {
            leaves: shape.leaves.clone(),
            // what has none left is put in again
            looks_left: shape.delivery_limit.filter(|_| !shape.leaves.contains(&Trace::Reseats)).map(|limit| limit.saturating_sub(most)),
            limit: shape.delivery_limit,
            sees: shape.sees,
            refused: shape.refuses_looks.clone(),
            safer: None,
        })
    }

    fn readers(&self, want: ReadersRequest) -> Flow<Vec<Reader>> {
        let (memory, login) = (self.memory.clone(), self.login.clone());
        batches(async move {
            memory.pass(&login, Step::Readers, None, &mut false).await?;
            if !login.list {
                return Ok(Vec::new());
            }
            let mut all = if memory.shape().is_log() { groups(&memory) } else { queues(&memory) };
            match &want {
                ReadersRequest::All => {}
                ReadersRequest::Named(name) => all.retain(|r| r.name == *name),
                ReadersRequest::Of(at) => {
                    for reader in &mut all {
                        reader.at.retain(|p| p.of == *at);
                    }
                    all.retain(|r| !r.at.is_empty());
                }
            }
            Ok(all)
        })
    }

    fn peek(&self, want: PeekRequest) -> Flow<Peeked> {
        peek::peek(self.memory.clone(), self.login.clone(), want)
    }

    fn rehearse(&self, was: &Message, out: &Outgoing) -> Rehearsal {
        let limit = self.memory.look(|s| s.places.get(&out.to.name).and_then(|p| p.spec.max_message_bytes));
        let mut done = rehearse::rehearse(self.memory.shape(), out, limit);
        if self.memory.shape().capabilities.carry && was.at.conn == out.to.conn {
            done.way = Carriage::Carry { marked: true };
        }
        if !was.whole {
            done.refused = Some("only a part of the message could be read".to_owned());
        }
        done
    }

    async fn close(&self) -> Left {
        Left::default()
    }
}

fn destination(memory: &Memory, name: &str, place: &Place) -> Destination {
    let shape = memory.shape();
    let records = || place.parts.iter().flat_map(|l| &l.records);
    let depth = if shape.is_log() {
        let span: i64 = place.parts.iter().map(|l| l.end - l.start).sum();
        let span = u64::try_from(span).unwrap_or(0);
        if place.spec.compacted || records().any(|r| r.hidden != Hidden::No) { Count::About(span) } else { Count::Exact(span) }
    } else {
        let n = records().count() as u64;
        if shape.estimates { Count::About(n) } else { Count::Exact(n) }
    };
    let role = if place.spec.dead_letters_of.is_empty() {
        Role::Plain
    } else {
        Role::DeadLetter { of: place.spec.dead_letters_of.iter().map(|n| memory.at(n)).collect(), proof: Proof::Told }
    };
    Destination {
        at: memory.at(name),
        depth,
        partitions: shape.is_log().then(|| u32::try_from(place.parts.len()).unwrap_or(u32::MAX)),
        consumers: place.spec.consumers,
        role,
        internal: place.spec.internal,
    }
}

fn partitions(place: &Place) -> Vec<PartitionDetail> {
    let number = |(i, log): (usize, &super::store::Log)| PartitionDetail {
        id: i32::try_from(i).unwrap_or(i32::MAX),
        start: log.start,
        end: log.end,
        leader: 1,
        replicas: vec![1],
        in_sync: vec![1],
    };
    place.parts.iter().enumerate().map(number).collect()
}

fn groups(memory: &Memory) -> Vec<Reader> {
    let read_at = memory.clock().now();
    memory.look(|s| {
        let reader = |(name, group): (&String, &super::store::Group)| {
            let partitions: std::collections::BTreeSet<_> = group.commits.keys().chain(group.owners.keys()).collect();
            let position = |at: &(String, i32)| {
                let log = s.places.get(&at.0)?.parts.get(usize::try_from(at.1).ok()?)?;
                Some(Position {
                    of: memory.at(&at.0),
                    partition: Some(at.1),
                    // a share group's progress cannot be asked for
                    committed: group.commits.get(at).copied().filter(|_| group.kind != ReaderKind::Share),
                    start: log.start,
                    end: log.stable_end(),
                    owner: group.owners.get(at).cloned(),
                    backlog: None,
                    read_at,
                })
            };
            Reader {
                name: name.clone(),
                kind: group.kind,
                state: group.state.clone(),
                members: group.members,
                at: partitions.into_iter().filter_map(position).collect(),
                note: group.note.clone(),
            }
        };
        s.groups.iter().map(reader).collect()
    })
}

fn queues(memory: &Memory) -> Vec<Reader> {
    let read_at = memory.clock().now();
    memory.look(|s| {
        let reader = |(name, place): (&String, &Place)| Reader {
            name: name.clone(),
            kind: ReaderKind::Queue,
            state: if place.spec.consumers.unwrap_or(0) > 0 { "running".into() } else { "no consumers".into() },
            members: place.spec.consumers,
            at: vec![Position::of_queue(memory.at(name), backlog(memory, place), read_at)],
            note: String::new(),
        };
        s.places.iter().filter(|(_, p)| !p.spec.internal).map(reader).collect()
    })
}

fn backlog(memory: &Memory, place: &Place) -> Backlog {
    let shape = memory.shape();
    let records = || place.parts.iter().flat_map(|l| &l.records);
    let told = |n: usize| if shape.estimates { Count::About(n as u64) } else { Count::Exact(n as u64) };
    let came = place.parts.iter().map(|l| u64::try_from(l.end).unwrap_or(0)).sum::<u64>();
    let counts = !shape.estimates;
    Backlog {
        ready: told(records().filter(|r| r.held.is_none()).count()),
        in_flight: told(records().filter(|r| r.held.is_some()).count()),
        // who can only be looked into with a trace tells no age either
        oldest: records().map(|r| r.sent).min().filter(|_| shape.leaves.is_empty()),
        came: counts.then_some(came),
        went: counts.then_some(came.saturating_sub(records().count() as u64)),
    }
}
