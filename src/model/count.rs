//! A number that says how sure it is.

use std::ops::Add;

/// How many, and how sure: brokers tell exact numbers, estimates, or nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Count {
    Exact(u64),
    /// An estimate; shown with `~`.
    About(u64),
    /// Shown as `?`, never as 0.
    Unknown,
}

impl Count {
    /// The number, exact or not.
    pub fn value(self) -> Option<u64> {
        match self {
            Count::Exact(n) | Count::About(n) => Some(n),
            Count::Unknown => None,
        }
    }

    /// What is left without `n`; as sure as before.
    pub fn less(self, n: u64) -> Self {
        match self {
            Count::Exact(all) => Count::Exact(all.saturating_sub(n)),
            Count::About(all) => Count::About(all.saturating_sub(n)),
            Count::Unknown => Count::Unknown,
        }
    }
}

impl Add for Count {
    type Output = Count;
    /// A sum is as sure as its least sure part.
    fn add(self, other: Count) -> Count {
        match (self, other) {
            (Count::Exact(a), Count::Exact(b)) => Count::Exact(a.saturating_add(b)),
            (a, b) => match (a.value(), b.value()) {
                (Some(a), Some(b)) => Count::About(a.saturating_add(b)),
                _ => Count::Unknown,
            },
        }
    }
}
