//! What of a source is done with, seat by seat, as the ledger knows it.

use std::collections::{BTreeMap, HashMap};

use crate::model::{PastKind, Seat};

/// What the ledger has as done with at one source: by seat, because an append-only source still holds it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resolved {
    offsets: BTreeMap<i32, Vec<(i64, PastKind)>>,
    others: HashMap<Seat, PastKind>,
}

impl Resolved {
    /// From rows; the last word on a seat wins.
    pub fn from_rows(rows: impl IntoIterator<Item = (Seat, PastKind)>) -> Self {
        let mut all = Self::default();
        for (seat, kind) in rows {
            match seat {
                Seat::Offset { partition, offset } => all.offsets.entry(partition).or_default().push((offset, kind)),
                other => drop(all.others.insert(other, kind)),
            }
        }
        for list in all.offsets.values_mut() {
            list.sort_by_key(|(offset, _)| *offset);
        }
        all
    }

    /// How a message at this seat was done with; `None`: unresolved.
    pub fn how(&self, seat: &Seat) -> Option<PastKind> {
        match seat {
            Seat::Offset { partition, offset } => {
                let list = self.offsets.get(partition)?;
                list.binary_search_by_key(offset, |(o, _)| *o).ok().and_then(|at| list.get(at)).map(|(_, kind)| *kind)
            }
            other => self.others.get(other).copied(),
        }
    }

    /// Whether it is done with.
    pub fn contains(&self, seat: &Seat) -> bool {
        self.how(seat).is_some()
    }

    /// How many are done with, also of those that retention has taken since.
    pub fn len(&self) -> usize {
        self.offsets.values().map(Vec::len).sum::<usize>() + self.others.len()
    }

    /// Whether nothing is done with.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
