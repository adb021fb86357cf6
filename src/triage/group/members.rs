//! The seats of a cause's messages, kept small: 8 bytes each where seats are offsets.

use std::collections::BTreeMap;

use crate::model::Seat;

/// Seats of one destination, without repeats, in order of partition and offset when read.
#[derive(Clone, Debug, Default)]
pub struct Members {
    offsets: BTreeMap<i32, Vec<i64>>,
    others: Vec<Seat>,
}

impl Members {
    /// Takes one more. A seat is expected once.
    pub fn push(&mut self, seat: &Seat) {
        match seat {
            Seat::Offset { partition, offset } => self.offsets.entry(*partition).or_default().push(*offset),
            other => self.others.push(other.clone()),
        }
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.offsets.values().map(Vec::len).sum::<usize>() + self.others.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many partitions they lie in.
    pub fn partitions(&self) -> usize {
        self.offsets.len()
    }

    /// All seats: by partition and offset, then the others in order.
    pub fn seats(&self) -> Vec<Seat> {
        let mut out = Vec::with_capacity(self.len());
        for (&partition, offsets) in &self.offsets {
            let mut offsets = offsets.clone();
            offsets.sort_unstable();
            offsets.dedup();
            out.extend(offsets.into_iter().map(|offset| Seat::Offset { partition, offset }));
        }
        let mut others = self.others.clone();
        others.sort_unstable();
        others.dedup();
        out.extend(others);
        out
    }
}

impl PartialEq for Members {
    /// The same seats, in whatever order they came.
    fn eq(&self, other: &Self) -> bool {
        self.seats() == other.seats()
    }
}
