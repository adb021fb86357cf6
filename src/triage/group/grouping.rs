//! Collects dead letters into causes, one message at a time, in bounded memory.

mod bin;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::cause::{Cause, CauseId};
use super::fingerprint::{Basis, Fingerprint, fingerprint};
use super::standing;
use crate::model::{Address, Death};
use crate::schema::Seen;
use crate::triage::report::Resolved;
use crate::triage::rules::{Hand, Rules};
use bin::Bin;

/// Causes of one queue at most; further ones are counted in [`Totals::beyond`].
pub const MAX_CAUSES: usize = 10_000;
/// Deaths whose fingerprint is remembered, so that a trace is not read again for each of a million alike.
const REMEMBERED: usize = 4_096;

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

#[cfg(test)]
mod tests;
