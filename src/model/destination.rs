//! A topic, queue, stream, exchange or subscription, and what is known of it from a listing.

use super::{Address, Count};

/// One row of a listing.
#[derive(Clone, Debug, PartialEq)]
pub struct Destination {
    pub at: Address,
    /// Messages held; on Kafka the span of offsets, exact only on topics without compaction or transactions.
    pub depth: Count,
    /// Partitions, where the kind has them.
    pub partitions: Option<u32>,
    /// Live consumers, where the broker tells.
    pub consumers: Option<u32>,
    pub role: Role,
    /// The broker's own bookkeeping (`__consumer_offsets`); hidden unless asked for.
    pub internal: bool,
}

/// What a destination is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    Plain,
    DeadLetter {
        /// The destinations whose dead letters come here; may be empty when only the name tells.
        of: Vec<Address>,
        proof: Proof,
    },
}

impl Role {
    /// Whether it is a dead-letter queue by any proof.
    pub fn is_dlq(&self) -> bool {
        matches!(self, Role::DeadLetter { .. })
    }
}

/// How a dead-letter role is known; the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Proof {
    /// The broker says so.
    Told,
    /// The config says so.
    Declared,
    /// Only the name says so (`orders.dlt`).
    Named,
}
