//! Loaded messages, bounded by rows and bytes; what falls out is a position again and can be read again.

#[cfg(test)]
pub mod tests;

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use crate::model::{Address, Seat};
use crate::schema::Seen;

/// Rows kept at most.
pub const ROWS: usize = 20_000;
/// Bytes of messages kept at most.
pub const BYTES: usize = 48 << 20;

/// Which end is first, and which end goes when it is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Newest first; the oldest go.
    NewestFirst,
    /// Oldest first, for reading on from a place; the ones read first go.
    OldestFirst,
    /// As they were read, a queue's head first; the ones read first go.
    AsRead,
}

/// Where a message of the ring sits: in which of the destinations that are read, and its seat there.
pub type Spot = (usize, Seat);

/// Loaded messages in order.
#[derive(Debug)]
pub struct Ring {
    /// The oldest first, in either order.
    rows: VecDeque<Row>,
    /// What came since it was last arranged.
    fresh: Vec<Row>,
    spots: HashSet<Spot>,
    bytes: usize,
    order: Order,
    /// The order was turned since it was last arranged.
    turned: bool,
    /// How many fell out.
    pub dropped: u64,
    invalid: usize,
    dead: usize,
    most: (usize, usize),
}

#[derive(Debug)]
struct Row {
    /// Which of the destinations that are read it is of.
    from: usize,
    seen: Arc<Seen>,
    /// Whether it passes the filter, once that was asked.
    passes: Option<bool>,
}

fn size(seen: &Seen) -> usize {
    seen.message.size() + seen.preview.len() + 400
}

/// By time of writing, then place: one order for all partitions.
fn before(a: &Seen, b: &Seen) -> Ordering {
    a.message.sent.cmp(&b.message.sent).then_with(|| a.message.seat.cmp(&b.message.seat))
}

fn is_dead(seen: &Seen) -> bool {
    seen.death.error.value.is_some() || seen.death.origin.value.is_some()
}

impl Ring {
    /// An empty one.
    pub fn new(order: Order) -> Self {
        Self {
            rows: VecDeque::new(),
            fresh: Vec::new(),
            spots: HashSet::new(),
            bytes: 0,
            order,
            turned: false,
            dropped: 0,
            invalid: 0,
            dead: 0,
            most: (ROWS, BYTES),
        }
    }

    /// The order it keeps.
    pub fn order(&self) -> Order {
        self.order
    }

    /// Turns the order round; a queue's stays.
    pub fn turn(&mut self) {
        self.order = match self.order {
            Order::NewestFirst => Order::OldestFirst,
            Order::OldestFirst => Order::NewestFirst,
            Order::AsRead => Order::AsRead,
        };
        self.turned = true;
    }

    /// Takes rows of one destination, by its number; one that is there already is taken once.
    pub fn take(&mut self, from: usize, rows: impl IntoIterator<Item = Arc<Seen>>) {
        for seen in rows {
            // twins of a queue without ids are two messages
            let twin = matches!(seen.message.seat, Seat::Digest(_));
            if self.spots.insert((from, seen.message.seat.clone())) || twin {
                self.bytes += size(&seen);
                self.fresh.push(Row { from, seen, passes: None });
            }
        }
        // Not at every batch: sorting is for once a frame, unless it grows far over its bounds.
        if self.rows.len() + self.fresh.len() > self.most.0 * 5 / 4 || self.bytes > self.most.1 * 5 / 4 {
            self.sort_in();
            self.turned = true;
        }
    }

    /// Sorts in what came and lets go what is too much; true if anything changed.
    pub fn arrange(&mut self) -> bool {
        let changed = self.turned || !self.fresh.is_empty();
        self.sort_in();
        self.turned = false;
        changed
    }

    /// What came is mostly the newest, so only the end that it reaches back into is gone through.
    fn sort_in(&mut self) {
        if self.order == Order::AsRead {
            for row in std::mem::take(&mut self.fresh) {
                self.add(row);
            }
        }
        self.fresh.sort_by(|a, b| before(&a.seen, &b.seen));
        if let Some(first) = self.fresh.first() {
            let keep = self.rows.partition_point(|row| before(&row.seen, &first.seen) == Ordering::Less);
            let mut later = self.rows.split_off(keep).into_iter().peekable();
            for fresh in std::mem::take(&mut self.fresh) {
                while let Some(row) = later.next_if(|row| before(&row.seen, &fresh.seen) == Ordering::Less) {
                    self.rows.push_back(row);
                }
                self.add(fresh);
            }
            self.rows.extend(later);
        }
        while self.rows.len() > self.most.0 || (self.bytes > self.most.1 && self.rows.len() > 1) {
            let Some(Row { from, seen, .. }) = self.rows.pop_front() else { break };
            self.spots.remove(&(from, seen.message.seat.clone()));
            self.bytes -= size(&seen);
            self.invalid -= usize::from(seen.verdict.is_invalid());
            self.dead -= usize::from(is_dead(&seen));
            self.dropped += 1;
        }
    }

    fn add(&mut self, row: Row) {
        self.invalid += usize::from(row.seen.verdict.is_invalid());
        self.dead += usize::from(is_dead(&row.seen));
        self.rows.push_back(row);
    }

    /// Puts the same messages in place of those that are here, with what has become known of them.
    pub fn renew(&mut self, rows: Vec<Arc<Seen>>) {
        let new: HashMap<(Address, Seat), Arc<Seen>> =
            rows.into_iter().map(|seen| ((seen.message.at.clone(), seen.message.seat.clone()), seen)).collect();
        for row in self.rows.iter_mut().chain(&mut self.fresh) {
            let known = |seen: &Arc<Seen>| new.get(&(seen.message.at.clone(), seen.message.seat.clone())).cloned();
            if let Some(seen) = known(&row.seen).filter(|seen| seen.id == row.seen.id) {
                row.seen = seen;
            }
        }
    }

    /// Rows, once arranged.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn get(&self, index: usize) -> Option<&Row> {
        let at = if self.order == Order::NewestFirst { self.rows.len().checked_sub(index + 1)? } else { index };
        self.rows.get(at)
    }

    /// The row of this number, in the order it keeps.
    pub fn row(&self, index: usize) -> Option<&Arc<Seen>> {
        self.get(index).map(|row| &row.seen)
    }

    /// Where the row of this number sits.
    pub fn spot(&self, index: usize) -> Option<Spot> {
        self.get(index).map(|row| (row.from, row.seen.message.seat.clone()))
    }

    /// All rows, in the order it keeps.
    pub fn rows(&self) -> impl Iterator<Item = &Arc<Seen>> {
        (0..self.rows.len()).filter_map(|i| self.row(i))
    }

    /// Numbers of the rows that pass. A row is asked once, until [`Ring::ask_again`].
    pub fn passing(&mut self, passes: impl Fn(&Seen) -> bool) -> Vec<usize> {
        let (len, newest_first) = (self.rows.len(), self.order == Order::NewestFirst);
        let mut shown: Vec<usize> = Vec::with_capacity(len);
        for (at, row) in self.rows.iter_mut().enumerate() {
            if *row.passes.get_or_insert_with(|| passes(&row.seen)) {
                shown.push(if newest_first { len - 1 - at } else { at });
            }
        }
        if newest_first {
            shown.reverse();
        }
        shown
    }

    /// Another filter: what passed the last one counts no more.
    pub fn ask_again(&mut self) {
        self.rows.iter_mut().for_each(|row| row.passes = None);
    }

    /// How many break their schema.
    pub fn invalid(&self) -> usize {
        self.invalid
    }

    /// Whether any says why or where it died.
    pub fn any_dead(&self) -> bool {
        self.dead > 0
    }

    /// Bytes held, about.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}
