//! Carrying a plan out: hold, copy, intend, publish, settle. The only code that writes to a broker.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::broker::Writer;
use crate::model::ConnId;

/// The writing sides of all connections. All may carry it about; only this folder can use it.
#[derive(Clone, Default)]
pub struct Hands(BTreeMap<ConnId, Arc<dyn Writer>>);

impl Hands {
    /// From the links of a context; connections that may not write are not in it.
    pub fn new(hands: BTreeMap<ConnId, Arc<dyn Writer>>) -> Self {
        Self(hands)
    }

    /// Whether this connection has a hand at all; a read-only switch may still refuse a write.
    pub fn may_write(&self, conn: &ConnId) -> bool {
        self.0.contains_key(conn)
    }

    /// Ends the connections; waits 2 s at most each.
    pub async fn close(&self) -> Vec<crate::broker::Left> {
        futures::future::join_all(self.0.values().map(|hand| hand.close())).await
    }
}

/// Everything that carrying out a plan needs.
#[derive(Clone)]
pub struct Means {
    pub brokers: crate::broker::Brokers,
    pub hands: Hands,
    pub ledger: super::ledger::TriageLedger,
}
