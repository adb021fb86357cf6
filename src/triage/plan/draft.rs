//! A plan in the making: messages are added one by one, without their bodies, and then frozen.

mod freeze;
mod order;
mod tally;

pub(super) use freeze::name;

use std::collections::{BTreeMap, HashSet};
use std::time::SystemTime;

use super::wire::{Fate, as_they_are};
use super::{ChangeSummary, Deed, ReplayRequest, Route, generation};
use crate::broker::{Carriage, Outgoing, Place, REPLAY_ID, Rehearsal};
use crate::model::{Address, BY_RABBITMQ, Death, Message, MessageId, Seat, Typed};
use crate::triage::original;
use crate::triage::report::Restorable;

/// Messages of one plan at most.
pub const MAX_ITEMS: usize = 100_000;

/// Why nothing was frozen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("nothing was chosen; mark messages or widen the filter")]
    Empty,
    #[error("a plan takes {MAX_ITEMS} messages at most; narrow it by time or cause and make several plans")]
    TooMany,
    #[error("{0}")]
    Unfit(String),
}

/// Where a message's body is.
enum Body {
    Here,
    /// It is a pointer: the original is fetched from there when it is carried out.
    At(Address),
    /// It is a pointer that does not say to what.
    Nowhere,
}

/// Whether the edit that was made of a message is of this very one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Edited {
    Fits,
    OfAnother,
}

/// What a draft keeps of one message.
struct Row {
    id: MessageId,
    seat: Seat,
    digest: Option<[u8; 32]>,
    key: Option<[u8; 8]>,
    to: Option<u16>,
    partition: Option<i32>,
    origin: Option<(i32, i64)>,
    owned: u16,
    generation: u32,
    size: u64,
    died: Option<SystemTime>,
    written: Option<SystemTime>,
    body: Body,
    tombstone: bool,
    whole: bool,
    by_home: bool,
    /// Restores only: it must be published anew.
    removed: bool,
    edit: Option<Edited>,
    /// How it goes, as its target's driver says; publishing where nobody was asked.
    way: Carriage,
}

/// What messages lose on their way, and why some will not go, as their target's driver says.
#[derive(Default)]
struct Ways {
    losses: BTreeMap<String, u64>,
    refused: BTreeMap<String, u64>,
    /// The same of the way back, for what is discarded.
    stuck: BTreeMap<String, u64>,
}

/// Moved by the broker, with nothing taken off and nothing put on.
const AS_IT_IS: Carriage = Carriage::Carry { marked: false };

/// Different losses or reasons that a plan lists, at most: hostile messages may have any number of them.
const MOST_WORDS: usize = 20;

/// A plan in the making.
pub struct Draft {
    ask: ReplayRequest,
    rows: Vec<Row>,
    targets: Vec<Address>,
    owned: Vec<Vec<String>>,
    failed_by: Vec<String>,
    /// Targets whose own broker sent these messages from there to where they are.
    sent_here_by: HashSet<Address>,
    changes: ChangeSummary,
    ways: Ways,
    overflow: bool,
    /// Where messages sit that were added, but for digests: of those twins are alike, and each counts.
    seats: HashSet<Seat>,
}

impl Draft {
    /// An empty draft.
    pub fn new(ask: ReplayRequest) -> Self {
        Self {
            ask,
            rows: Vec::new(),
            targets: Vec::new(),
            owned: vec![Vec::new()],
            failed_by: Vec::new(),
            sent_here_by: HashSet::new(),
            changes: ChangeSummary::default(),
            ways: Ways::default(),
            overflow: false,
            seats: HashSet::new(),
        }
    }

    /// What was asked for.
    pub fn ask(&self) -> &ReplayRequest {
        &self.ask
    }

    /// Adds a message as it was read, who it is, what it says of its death, and what its target's driver said of it, where that was asked
    /// ([`Draft::outgoing`]). One that is in already is not added again.
    pub fn add(&mut self, message: &Message, id: &MessageId, death: &Death, said: Option<&Rehearsal>) {
        if self.has(&message.seat) || self.is_full() {
            return;
        }
        let (to, by_home) = self.target_of(death);
        if let Some(at) = to.as_ref().filter(|_| self.ask.route == Route::Origin && !by_home && death.family == BY_RABBITMQ) {
            self.sent_here_by.insert(at.clone());
        }
        let to = to.and_then(|at| self.target_index(at));
        let owned = self.owned_index(death);
        // of a cut view that is refused it is said that it is left out
        let said = said.filter(|said| message.whole || said.refused.is_none());
        let way = said.map_or(Carriage::Publish, |said| self.note_way(said));
        if way != AS_IT_IS {
            self.note_changes(message, &death.owned);
        }
        if let Some(name) = death.failed_by.value.as_ref().filter(|n| !self.failed_by.contains(n)) {
            self.failed_by.push(name.clone());
        }
        let origin = death.origin.value.as_ref();
        let partition = match self.ask.route {
            Route::Same => seat_partition(&message.seat),
            // a partition number means something on the origin itself, not on another topic chosen by hand
            Route::Origin if !by_home => origin.and_then(|o| o.partition),
            _ => None,
        };
        let body = match (death.pointer, original::place(&message.at, death)) {
            (false, _) => Body::Here,
            (true, Some((at, _))) => Body::At(at),
            (true, None) => Body::Nowhere,
        };
        let key = match (&message.key, origin.filter(|_| death.pointer)) {
            // the original's key is not known yet; those of one key come from one partition, so that order is kept by partition
            (None, Some(origin)) => origin.partition.map(|p| short_digest(format!("{p} {}", origin.name).as_bytes())),
            (key, _) => key.as_ref().map(|k| short_digest(k)),
        };
        let body_now = self.ask.edit.body(&message.seat).filter(|_| !as_they_are(&self.ask));
        let edit = body_now.map(|e| if e.is_of(message) { Edited::Fits } else { Edited::OfAnother });
        let edited = body_now.map_or(0, |e| e.body.len());
        let size = if edit.is_some() { message.size() - message.body.as_ref().map_or(0, |b| b.len()) + edited } else { message.size() };
        self.rows.push(Row {
            id: id.clone(),
            seat: message.seat.clone(),
            digest: message.whole.then(|| super::digest(message)),
            key,
            to,
            partition,
            origin: origin.and_then(|o| Some((o.partition?, o.offset?))),
            owned,
            generation: generation(&message.headers),
            size: size as u64,
            died: death.last.value.or(death.first.value),
            written: message.sent,
            tombstone: message.body.is_none() && !death.pointer,
            body,
            whole: message.whole,
            by_home,
            removed: false,
            edit,
            way,
        });
    }

    /// What of this message would be published to a place on its own connection: its driver is asked how it goes and what is lost. Of what is
    /// discarded that is the way back, by which it would be undone.
    pub fn outgoing(&self, message: &Message, death: &Death) -> Option<Outgoing> {
        let to = match self.ask.deed {
            Deed::Discard => Some(message.at.clone()).filter(|_| message.whole),
            _ => self.target_of(death).0,
        };
        let to = to.filter(|to| to.conn == message.at.conn)?;
        let kept = |name: &str| as_they_are(&self.ask) || Fate::of(name, &death.owned, &self.ask) != Fate::Stripped;
        let mut headers: crate::model::Fields = message.headers.iter().filter(|(name, _)| kept(name)).cloned().collect();
        headers.extend(self.ask.edit.add.iter().map(|(n, v)| (n.clone(), Typed::bytes(Some(v.clone().into())))));
        headers.push((REPLAY_ID.to_owned(), Typed::bytes(Some("-".into()))));
        let (key, body, properties) = (message.key.clone(), message.body.clone(), message.properties.clone());
        Some(Outgoing { to, place: Place::ByKey, key, body, headers, properties })
    }

    /// Notes what the driver said of one message, and gives how it goes.
    fn note_way(&mut self, said: &Rehearsal) -> Carriage {
        let count = |all: &mut BTreeMap<String, u64>, words: &str| {
            if all.len() < MOST_WORDS || all.contains_key(words) {
                *all.entry(words.to_owned()).or_insert(0) += 1;
            }
        };
        if let Some(why) = &said.refused {
            count(if self.ask.deed == Deed::Discard { &mut self.ways.stuck } else { &mut self.ways.refused }, why);
        }
        if said.refused.is_some() || self.ask.deed == Deed::Discard {
            return Carriage::Publish;
        }
        said.losses.iter().for_each(|loss| count(&mut self.ways.losses, loss));
        said.way
    }

    /// Adds what was parked or discarded, for a restore.
    pub fn add_restorable(&mut self, row: &Restorable) {
        if self.has(&row.seat) || self.is_full() {
            return;
        }
        let at = self.ask.from.at().clone();
        let to = if row.removed { self.target_index(at) } else { None };
        self.rows.push(Row {
            id: row.id.clone(),
            seat: row.seat.clone(),
            digest: None,
            key: None,
            to,
            partition: seat_partition(&row.seat),
            origin: None,
            owned: 0,
            generation: 0,
            size: row.size,
            died: None,
            written: None,
            body: Body::Here,
            tombstone: false,
            whole: true,
            by_home: false,
            removed: row.removed,
            edit: None,
            way: Carriage::Publish,
        });
    }

    /// Messages added so far.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Every place that messages go to so far: what a preflight asks about.
    pub fn targets(&self) -> &[Address] {
        &self.targets
    }

    /// Who failed these messages, as they say.
    pub fn failed_by(&self) -> &[String] {
        &self.failed_by
    }

    /// Who the messages are: what the ledger is asked about.
    pub fn ids(&self) -> Vec<MessageId> {
        self.rows.iter().map(|r| r.id.clone()).collect()
    }

    /// Where the messages sit.
    pub fn seats(&self) -> Vec<Seat> {
        self.rows.iter().map(|r| r.seat.clone()).collect()
    }

    fn has(&mut self, seat: &Seat) -> bool {
        !matches!(seat, Seat::Digest(_)) && !self.seats.insert(seat.clone())
    }

    fn is_full(&mut self) -> bool {
        self.overflow |= self.rows.len() >= MAX_ITEMS;
        self.overflow
    }

    fn target_of(&self, death: &Death) -> (Option<Address>, bool) {
        let from = self.ask.from.at();
        let near = |name: &str| Address::new(from.conn.clone(), from.kind, name);
        match &self.ask.route {
            Route::Nowhere => (None, false),
            Route::Same => (Some(from.clone()), false),
            Route::To(at) => (Some(at.clone()), false),
            Route::Origin => match (&death.origin.value, &self.ask.home) {
                (Some(origin), _) if !origin.name.is_empty() => {
                    (Some(Address { kind: origin.kind.unwrap_or(from.kind), ..near(&origin.name) }), false)
                }
                (_, Some(home)) => (Some(near(home)), true),
                _ => (None, false),
            },
        }
    }

    fn target_index(&mut self, at: Address) -> Option<u16> {
        let found = self.targets.iter().position(|t| *t == at).unwrap_or_else(|| {
            self.targets.push(at);
            self.targets.len() - 1
        });
        u16::try_from(found).ok()
    }

    fn owned_index(&mut self, death: &Death) -> u16 {
        let found = self.owned.iter().position(|o| *o == death.owned).unwrap_or_else(|| {
            self.owned.push(death.owned.clone());
            self.owned.len() - 1
        });
        u16::try_from(found).unwrap_or(0)
    }

    /// Counts what becomes of the headers, by the same rules that publishing goes by.
    fn note_changes(&mut self, message: &Message, owned: &[String]) {
        if as_they_are(&self.ask) || matches!(self.ask.route, Route::Nowhere) {
            return;
        }
        for (name, _) in message.headers.iter().chain(&message.properties) {
            let counts = match Fate::of(name, owned, &self.ask) {
                Fate::Stripped => &mut self.changes.stripped,
                Fate::Kept => &mut self.changes.kept,
                Fate::Untouched => continue,
            };
            // hostile messages may have any number of header names; the summary is for people
            if counts.len() < 200 || counts.contains_key(name) {
                *counts.entry(name.clone()).or_insert(0) += 1;
            }
        }
    }
}

fn seat_partition(seat: &Seat) -> Option<i32> {
    match seat {
        Seat::Offset { partition, .. } => Some(*partition),
        _ => None,
    }
}

fn short_digest(bytes: &[u8]) -> [u8; 8] {
    let mut short = [0; 8];
    short.copy_from_slice(&blake3::hash(bytes).as_bytes()[..8]);
    short
}

#[cfg(test)]
mod tests;
