//! Collects dead letters into causes, one message at a time, in bounded memory.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::SystemTime;

use super::cause::{Arrivals, Cause, CauseId, NO_METADATA, PastCount, Sample, Share};
use super::fingerprint::{Basis, Fingerprint, fingerprint};
use super::{Members, Standing, standing};
use crate::decode::{digest, safe_bytes, safe_cut};
use crate::model::{Address, Death, PastKind, Seat};
use crate::schema::{Seen, Verdict};
use crate::triage::report::Resolved;
use crate::triage::rules::{Hand, Rules, Symptom};

/// Causes of one queue at most; further ones are counted in [`Totals::beyond`].
pub const MAX_CAUSES: usize = 10_000;
/// Deaths whose fingerprint is remembered, so that a trace is not read again for each of a million alike.
const REMEMBERED: usize = 4_096;
/// Names kept in a tally.
const NAMES: usize = 16;
/// Characters of a key, an error and a preview in a sample.
const CUT: usize = 200;

/// What went into a grouping.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Messages added.
    pub read: u64,
    /// Of them, in the causes.
    pub shown: u64,
    /// Left out because they are replayed, parked or discarded.
    pub settled: u64,
    /// Shown, and without any word on their death.
    pub without_metadata: u64,
    /// Shown, and surely breaking their schema.
    pub invalid: u64,
    /// Of causes beyond the limit of [`MAX_CAUSES`]: counted, not grouped.
    pub beyond: u64,
}

/// Causes in the making.
#[derive(Debug, Clone)]
pub struct Grouping {
    dlq: Address,
    with_settled: bool,
    bins: HashMap<[u8; 16], Bin>,
    remembered: HashMap<u64, Fingerprint>,
    totals: Totals,
}

#[derive(Debug, Clone)]
struct Bin {
    print: Fingerprint,
    shown: u64,
    unresolved: u64,
    past: PastCount,
    dated: u64,
    first: Option<SystemTime>,
    last: Option<SystemTime>,
    arrivals: Arrivals,
    origins: Tally,
    families: Tally,
    events: Tally,
    no_origin: u64,
    attempts: Option<(u32, u32)>,
    invalid: u64,
    valid: u64,
    unchecked: u64,
    newest: Option<Kept>,
    oldest: Option<Kept>,
    members: Members,
}

/// A sample and what else the rules want to know of it.
#[derive(Debug, Clone)]
struct Kept {
    order: (Option<SystemTime>, Seat),
    sample: Sample,
    message: Option<String>,
    wrapper: Vec<String>,
    stage: Option<String>,
    origin: Option<String>,
}

#[derive(Debug, Clone, Default)]
struct Tally(BTreeMap<String, u64>);

impl Tally {
    fn add(&mut self, name: &str) {
        if let Some(n) = self.0.get_mut(name) {
            *n += 1;
        } else {
            // far more than are shown, so that the most frequent are surely among them in any honest queue
            let name = if self.0.len() < NAMES * 64 { name } else { "other" };
            *self.0.entry(name.to_owned()).or_default() += 1;
        }
    }

    fn shares(&self) -> Vec<Share> {
        let mut out: Vec<Share> = self.0.iter().map(|(name, count)| Share { name: safe_cut(name, CUT), count: *count }).collect();
        out.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
        if out.len() > NAMES {
            let rest = out.split_off(NAMES - 1).iter().map(|s| s.count).sum();
            out.push(Share { name: "other".to_owned(), count: rest });
        }
        out
    }
}

impl Grouping {
    /// Of the dead letters of one queue. `with_settled`: also those that are replayed, parked or discarded.
    pub fn new(dlq: Address, with_settled: bool) -> Self {
        Self { dlq, with_settled, bins: HashMap::new(), remembered: HashMap::new(), totals: Totals::default() }
    }

    /// What went in so far.
    pub fn totals(&self) -> Totals {
        self.totals
    }

    /// Takes one more message, with its past filled in where it has one ([`Seen::past`]); `resolved`: what is done with at this queue.
    pub fn add(&mut self, seen: &Seen, resolved: &Resolved) {
        self.totals.read += 1;
        let standing = standing(seen, resolved);
        let print = self.print(&seen.death);
        let key = print.hash();
        if !self.bins.contains_key(&key) && self.bins.len() >= MAX_CAUSES {
            self.totals.beyond += 1;
            return;
        }
        let bin = self.bins.entry(key).or_insert_with(|| Bin::new(print));
        bin.note(&standing);
        if !standing.is_unresolved() && !self.with_settled {
            self.totals.settled += 1;
            return;
        }
        self.totals.shown += 1;
        self.totals.without_metadata += u64::from(bin.print.basis == Basis::Nothing);
        self.totals.invalid += u64::from(seen.verdict.is_invalid());
        bin.take(seen);
    }

    /// The cause that a message belongs to, whether it was added or not.
    pub fn fingerprint_of(&mut self, seen: &Seen) -> Fingerprint {
        self.print(&seen.death)
    }

    fn print(&mut self, death: &Death) -> Fingerprint {
        let mut hasher = DefaultHasher::new();
        let error = death.error.value.as_ref();
        (death.failed_by.value.as_ref(), death.origin.value.as_ref().map(|o| &o.name)).hash(&mut hasher);
        error.map(|e| (&e.class, &e.message, &e.stack, &e.stage)).hash(&mut hasher);
        let alike = hasher.finish();
        if let Some(print) = self.remembered.get(&alike) {
            return print.clone();
        }
        let print = fingerprint(death);
        if self.remembered.len() >= REMEMBERED {
            self.remembered.clear();
        }
        self.remembered.insert(alike, print.clone());
        print
    }

    /// Fingerprints ([`Fingerprint::hex`]) of the causes that have something left to decide.
    pub fn unresolved(&self) -> BTreeSet<String> {
        self.bins.values().filter(|b| b.unresolved > 0).map(|b| b.print.hex()).collect()
    }

    /// The causes with messages to show: the most frequent first, those without metadata last.
    /// `hands`: categories that people set, by [`Fingerprint::hex`].
    pub fn causes(&self, rules: &Rules, hands: &BTreeMap<String, Hand>) -> Vec<Cause> {
        let ids = self.ids();
        let mut out: Vec<Cause> =
            self.bins.values().filter_map(|bin| bin.cause(&self.dlq, ids.get(&bin.print.hash())?.clone(), rules, hands)).collect();
        out.sort_by_cached_key(|c| {
            (c.fingerprint.basis == Basis::Nothing, std::cmp::Reverse(c.count), c.title.clone(), c.fingerprint.hex())
        });
        out
    }

    /// Ids as short as tells all causes of the queue apart, 4 digits at least; settled causes count too, so an id does not
    /// change when its neighbour is settled.
    fn ids(&self) -> HashMap<[u8; 16], CauseId> {
        let mut hexes: Vec<(String, [u8; 16])> =
            self.bins.values().filter(|b| b.print.basis != Basis::Nothing).map(|b| (b.print.hex(), b.print.hash())).collect();
        hexes.sort_unstable();
        let shared = |a: &str, b: &str| a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
        let mut out = HashMap::new();
        for (i, (hex, hash)) in hexes.iter().enumerate() {
            let before = i.checked_sub(1).and_then(|i| hexes.get(i)).map_or(0, |(h, _)| shared(h, hex));
            let after = hexes.get(i + 1).map_or(0, |(h, _)| shared(h, hex));
            let digits = (before.max(after) + 1).clamp(4, hex.len());
            out.insert(*hash, CauseId(hex.get(..digits).unwrap_or(hex).to_owned()));
        }
        // groups differ in who failed them, but not by anything a person could tell apart: they share the honest id
        for bin in self.bins.values().filter(|b| b.print.basis == Basis::Nothing) {
            out.insert(bin.print.hash(), CauseId(CauseId::NONE.to_owned()));
        }
        out
    }
}

impl Bin {
    fn new(print: Fingerprint) -> Self {
        Self {
            print,
            shown: 0,
            unresolved: 0,
            past: PastCount::default(),
            dated: 0,
            first: None,
            last: None,
            arrivals: Arrivals::default(),
            origins: Tally::default(),
            families: Tally::default(),
            events: Tally::default(),
            no_origin: 0,
            attempts: None,
            invalid: 0,
            valid: 0,
            unchecked: 0,
            newest: None,
            oldest: None,
            members: Members::default(),
        }
    }

    fn note(&mut self, standing: &Standing) {
        match standing {
            Standing::Open { came_back } => {
                self.unresolved += 1;
                if let Some(back) = came_back {
                    self.past.came_back += 1;
                    let newer = |(actor, when): &&(String, SystemTime)| self.past.by.as_ref().is_none_or(|(a, w)| (w, a) < (when, actor));
                    if let Some(by) = back.by.as_ref().filter(newer) {
                        self.past.by = Some(by.clone());
                    }
                }
            }
            Standing::InDoubt => {
                self.unresolved += 1;
                self.past.in_doubt += 1;
            }
            Standing::Settled(PastKind::Parked) => self.past.parked += 1,
            Standing::Settled(PastKind::Discarded) => self.past.discarded += 1,
            Standing::Settled(_) => self.past.replayed += 1,
        }
    }

    fn take(&mut self, seen: &Seen) {
        let death = &seen.death;
        self.shown += 1;
        let died = death.last.value;
        if let Some(died) = died {
            self.dated += 1;
            self.first = Some(self.first.map_or(died, |f| f.min(died)));
            self.last = Some(self.last.map_or(died, |l| l.max(died)));
        }
        let when = died.or(seen.message.sent);
        if let Some(when) = when {
            self.arrivals.add(when);
        }
        match &death.origin.value {
            Some(origin) => self.origins.add(&origin.name),
            None => self.no_origin += 1,
        }
        if !death.family.is_empty() {
            self.families.add(death.family);
        }
        if let Some(event) = &seen.event {
            self.events.add(event);
        }
        if let Some(n) = death.attempts.value {
            self.attempts = Some(self.attempts.map_or((n, n), |(a, b)| (a.min(n), b.max(n))));
        }
        match seen.verdict {
            Verdict::Valid { .. } => self.valid += 1,
            Verdict::Invalid { .. } => self.invalid += 1,
            Verdict::Unchecked { .. } => self.unchecked += 1,
        }
        let order = (when, seen.message.seat.clone());
        if self.newest.as_ref().is_none_or(|k| k.order < order) {
            self.newest = Some(Kept::of(seen, order.clone()));
        }
        // a message without a time is no oldest as long as another has one
        let early = |o: &(Option<SystemTime>, Seat)| (o.0.is_none(), o.0, o.1.clone());
        if self.oldest.as_ref().is_none_or(|k| early(&order) < early(&k.order)) {
            self.oldest = Some(Kept::of(seen, order));
        }
        self.members.push(&seen.message.seat);
    }

    fn cause(&self, dlq: &Address, id: CauseId, rules: &Rules, hands: &BTreeMap<String, Hand>) -> Option<Cause> {
        let (newest, oldest) = (self.newest.as_ref()?, self.oldest.as_ref()?);
        let symptom = Symptom {
            class: self.print.class.as_deref(),
            chain: &newest.wrapper,
            message: newest.message.as_deref(),
            stage: newest.stage.as_deref(),
            origin: newest.origin.as_deref(),
            dlq: &dlq.name,
        };
        Some(Cause {
            id,
            title: if self.print.basis == Basis::Nothing { NO_METADATA.to_owned() } else { self.print.title.clone() },
            fingerprint: self.print.clone(),
            count: self.shown,
            unresolved: self.unresolved,
            past: self.past.clone(),
            first: self.first,
            last: self.last,
            undated: self.shown - self.dated,
            arrivals: self.arrivals.clone(),
            partitions: self.members.partitions(),
            origins: self.origins.shares(),
            no_origin: self.no_origin,
            failed_by: self.print.failed_by.clone(),
            families: self.families.shares(),
            events: self.events.shares(),
            attempts: self.attempts,
            invalid: self.invalid,
            valid: self.valid,
            unchecked: self.unchecked,
            newest: newest.sample.clone(),
            oldest: oldest.sample.clone(),
            category: rules.decide(symptom, hands.get(&self.print.hex())),
            members: self.members.clone(),
        })
    }
}

impl Kept {
    fn of(seen: &Seen, order: (Option<SystemTime>, Seat)) -> Self {
        let message = &seen.message;
        let error = seen.death.error.value.as_ref();
        let text = error.and_then(|e| e.message.as_deref());
        let sample = Sample {
            at: message.at.clone(),
            seat: message.seat.clone(),
            id: seen.id.clone(),
            key: message.key.as_deref().map(|k| safe_cut(&safe_bytes(k.get(..CUT).unwrap_or(k)), CUT)),
            when: order.0,
            error: text.map(|t| safe_cut(t.lines().next().unwrap_or(""), CUT)),
            event: seen.event.clone(),
            preview: seen.preview.clone(),
            digest: digest(message).iter().take(8).map(|b| format!("{b:02x}")).collect(),
        };
        Self {
            order,
            sample,
            message: text.map(|t| t.chars().take(4 * CUT).collect()),
            wrapper: error.and_then(|e| e.wrapper.clone()).into_iter().collect(),
            stage: error.and_then(|e| e.stage.clone()),
            origin: seen.death.origin.value.as_ref().map(|o| o.name.clone()),
        }
    }
}

#[cfg(test)]
mod tests;
