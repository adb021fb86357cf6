//! Loaded messages, bounded by rows and bytes; what falls out is a position again and can be read again.

use std::cmp::Ordering;
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use crate::model::Seat;
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

#[cfg(test)]
pub mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::model::{Address, ConnId, Message};
    use crate::schema::{Declared, see};

    /// A message of a topic, written `at` seconds after the epoch.
    pub fn seen(at: u64, offset: i64, body: &str) -> Arc<Seen> {
        let message = Message {
            at: Address::topic(&ConnId::new("k"), "orders.dlt"),
            seat: Seat::Offset { partition: 0, offset },
            key: Some(format!("cust-{offset}").into()),
            body: Some(body.to_owned().into()),
            headers: Vec::new(),
            properties: Vec::new(),
            delivery: Vec::new(),
            sent: Some(SystemTime::UNIX_EPOCH + Duration::from_secs(at)),
            whole: true,
        };
        Arc::new(see(message, &Declared::default()))
    }

    fn places(ring: &Ring) -> String {
        ring.rows().map(|s| s.message.seat.to_string()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_queue_stays_in_the_order_it_was_read_and_twins_are_two() {
        let digest = |seen: Arc<Seen>| {
            let message = Message { seat: Seat::Digest([7; 32]), ..seen.message.as_ref().clone() };
            Arc::new(see(message, &Declared::default()))
        };
        let mut ring = Ring::new(Order::AsRead);
        ring.take(0, [digest(seen(9, 1, "a")), digest(seen(1, 1, "a"))]);
        ring.arrange();
        let sent: Vec<_> = ring.rows().map(|s| s.message.sent).collect();
        assert_eq!(sent, [9, 1].map(|s| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(s))));
    }

    #[test]
    fn one_seat_in_two_destinations_is_two_messages() {
        let mut ring = Ring::new(Order::NewestFirst);
        ring.take(0, [seen(1, 7, "a")]);
        ring.take(1, [seen(2, 7, "b"), seen(2, 7, "b")]);
        ring.arrange();
        let seat = Seat::Offset { partition: 0, offset: 7 };
        assert_eq!((ring.len(), ring.spot(0), ring.spot(1)), (2, Some((1, seat.clone())), Some((0, seat))));
    }

    #[test]
    fn rows_are_in_order_once_and_bounded() {
        let mut ring = Ring::new(Order::NewestFirst);
        ring.most = (3, 1 << 20);
        ring.take(0, [seen(1, 1, "a"), seen(3, 3, "c")]);
        assert!(ring.arrange());
        ring.take(0, [seen(2, 2, "b"), seen(3, 3, "c"), seen(4, 4, "d")]);
        ring.arrange();
        assert!(!ring.arrange());
        assert_eq!((places(&ring), ring.dropped), ("p0/4 p0/3 p0/2".into(), 1));
        ring.turn();
        assert!(ring.arrange());
        assert_eq!(places(&ring), "p0/2 p0/3 p0/4");
        ring.most = (3, 10);
        ring.take(0, [seen(5, 5, "e")]);
        ring.arrange();
        assert_eq!((ring.len(), ring.bytes()), (1, size(&seen(5, 5, "e"))));
    }

    #[test]
    fn each_row_is_asked_once_a_filter_and_counted_while_it_is_there() {
        let mut ring = Ring::new(Order::NewestFirst);
        ring.most = (3, 1 << 20);
        let asked = std::cell::Cell::new(0);
        let odd = |s: &Seen| {
            asked.set(asked.get() + 1);
            matches!(s.message.seat, Seat::Offset { offset, .. } if offset % 2 == 1)
        };
        ring.take(0, (1..=3).map(|i| seen(i, i as i64, "a")));
        ring.arrange();
        assert_eq!(ring.passing(odd), [0, 2]);
        ring.take(0, [seen(5, 5, "a")]);
        ring.arrange();
        assert_eq!((ring.passing(odd), asked.get()), (vec![0, 1], 4));
        ring.ask_again();
        assert_eq!((ring.passing(|_| true), ring.any_dead(), ring.invalid()), (vec![0, 1, 2], false, 0));
    }
}
