//! Loaded messages, bounded by rows and bytes; what falls out is a position again and can be read again.

use std::cmp::Ordering;
use std::collections::HashSet;
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
}

/// Loaded messages in order.
#[derive(Debug)]
pub struct Ring {
    rows: Vec<Arc<Seen>>,
    bytes: usize,
    seats: HashSet<(String, Seat)>,
    order: Order,
    sorted: bool,
    /// How many fell out.
    pub dropped: u64,
    most: (usize, usize),
}

fn size(seen: &Seen) -> usize {
    seen.message.size() + seen.preview.len() + 400
}

/// By time of writing, then place: one order for all partitions.
fn before(a: &Seen, b: &Seen) -> Ordering {
    a.message.sent.cmp(&b.message.sent).then_with(|| a.message.seat.cmp(&b.message.seat))
}

impl Ring {
    /// An empty one.
    pub fn new(order: Order) -> Self {
        Self { rows: Vec::new(), bytes: 0, seats: HashSet::new(), order, sorted: true, dropped: 0, most: (ROWS, BYTES) }
    }

    /// The order it keeps.
    pub fn order(&self) -> Order {
        self.order
    }

    /// Takes rows; one that is there already is taken once.
    pub fn take(&mut self, rows: impl IntoIterator<Item = Arc<Seen>>) {
        for seen in rows {
            if self.seats.insert((seen.message.at.name.clone(), seen.message.seat.clone())) {
                self.bytes += size(&seen);
                self.rows.push(seen);
                self.sorted = false;
            }
        }
        // Not at every batch: sorting is for once a frame, unless it grows far over its bounds.
        if self.rows.len() > self.most.0 * 5 / 4 || self.bytes > self.most.1 * 5 / 4 {
            self.arrange();
        }
    }

    /// Sorts what came and lets go what is too much; true if anything changed.
    pub fn arrange(&mut self) -> bool {
        if self.sorted {
            return false;
        }
        self.rows.sort_by(|a, b| before(a, b));
        let mut over = 0;
        let mut bytes = self.bytes;
        while self.rows.len() - over > self.most.0 || (bytes > self.most.1 && self.rows.len() - over > 1) {
            bytes -= size(&self.rows[over]);
            over += 1;
        }
        // The oldest stand first here in either order.
        for gone in self.rows.drain(..over) {
            self.seats.remove(&(gone.message.at.name.clone(), gone.message.seat.clone()));
        }
        self.bytes = bytes;
        self.dropped += over as u64;
        if self.order == Order::NewestFirst {
            self.rows.reverse();
        }
        self.sorted = true;
        true
    }

    /// All rows, in order once arranged.
    pub fn rows(&self) -> &[Arc<Seen>] {
        &self.rows
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

    #[test]
    fn rows_are_in_order_once_and_bounded() {
        let mut ring = Ring::new(Order::NewestFirst);
        ring.most = (3, 1 << 20);
        ring.take([seen(1, 1, "a"), seen(3, 3, "c")]);
        ring.take([seen(2, 2, "b"), seen(3, 3, "c"), seen(4, 4, "d")]);
        ring.arrange();
        assert!(!ring.arrange());
        let offsets: Vec<String> = ring.rows().iter().map(|s| s.message.seat.to_string()).collect();
        assert_eq!((offsets.join(" "), ring.dropped), ("p0/4 p0/3 p0/2".into(), 1));
        ring.most = (3, 10);
        ring.take([seen(5, 5, "e")]);
        ring.arrange();
        assert_eq!(ring.rows().len(), 1);
    }
}
