//! Taking messages into a draft: what is kept of each, and what its target's driver says of its way.

use std::collections::BTreeMap;

use super::{AS_IT_IS, Body, Draft, Edited, MOST_WORDS, Row};
use crate::broker::{Carriage, Outgoing, Place, REPLAY_ID, Rehearsal};
use crate::model::{Address, BY_RABBITMQ, Death, Fields, Message, MessageId, Seat, Typed};
use crate::triage::original;
use crate::triage::plan::wire::{Fate, as_they_are};
use crate::triage::plan::{Deed, Route, digest, generation};
use crate::triage::report::Restorable;

impl Draft {
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
            digest: message.whole.then(|| digest(message)),
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
        let is_discard = self.ask.deed == Deed::Discard;
        let to = if is_discard { Some(message.at.clone()).filter(|_| message.whole) } else { self.target_of(death).0 };
        let to = to.filter(|to| to.conn == message.at.conn)?;
        let (as_they_are, edit) = (as_they_are(&self.ask) || is_discard, &self.ask.edit);
        let stays = |name: &str| if as_they_are { name != REPLAY_ID } else { Fate::of(name, &death.owned, &self.ask) != Fate::Stripped };
        let left = |fields: &Fields| -> Fields { fields.iter().filter(|(name, _)| stays(name)).cloned().collect() };
        let mut headers = left(&message.headers);
        let added = edit.add.iter().filter(|_| !as_they_are).map(|(name, value)| (name.clone(), Typed::bytes(Some(value.clone().into()))));
        headers.extend(added);
        headers.push((REPLAY_ID.to_owned(), Typed::bytes(Some("-".into()))));
        let properties = if as_they_are { message.properties.clone() } else { left(&message.properties) };
        let edited = edit.body(&message.seat).filter(|e| !as_they_are && e.is_of(message));
        let body = edited.map_or_else(|| message.body.clone(), |e| Some(e.body.clone().into()));
        Some(Outgoing { to, place: Place::ByKey, key: message.key.clone(), body, headers, properties })
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

    /// Adds what was parked or discarded, for a restore: what the driver says of its copy (as in [`Draft::add`]), and where it was moved when it
    /// was parked.
    pub fn add_restorable(&mut self, row: &Restorable, said: Option<&Rehearsal>, parked_at: Option<&Address>) {
        if self.has(&row.seat) || self.is_full() {
            return;
        }
        if let Some(at) = parked_at {
            *self.parked_at.entry(at.clone()).or_insert(0) += 1;
        }
        if let Some(said) = said {
            // a copy is in nobody's hand: whatever the driver could carry, this it publishes
            self.note_way(said);
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
