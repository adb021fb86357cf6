//! The contract every broker driver keeps: looking ([`Broker`]) apart from acting ([`Writer`], [`Hold`]).

mod capability;
mod down;
mod error;
mod flow;
mod guard;
mod hand;
mod keeper;
mod look;
mod murmur;
mod position;

pub use capability::{Capabilities, Cost, Doubt, Probe, Trace};
pub use down::Down;
pub use error::{Done, Error, ErrorKind, Result};
pub use flow::batches;
pub use guard::{Limits, Pace, Rights, consent, guard};
pub use hand::{
    Back, BulkAsk, BulkPhase, BulkState, Carriage, Held, HeldId, Hold, Outgoing, Place, REPLAY_ID, Receipt, Rehearsal, Selection, Settle,
    Writer,
};
pub use keeper::Keeper;
pub use look::{Broker, Cursor, Detail, Flow, Left, ListRequest, PartitionDetail, PeekRequest, Peeked, ReadersRequest, Start, Stop, Why};
pub use murmur::{murmur2, partition_for};
pub use position::{parse_position, parse_time};

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::ConnId;

/// One connection's two sides: eyes for everybody, a hand only where the role and the config allow writing.
#[derive(Clone)]
pub struct Link {
    pub eyes: Arc<dyn Broker>,
    /// Absent: this connection may never write.
    pub hand: Option<Arc<dyn Writer>>,
}

/// The looking sides of all connections of a context.
#[derive(Clone, Default)]
pub struct Brokers(pub BTreeMap<ConnId, Arc<dyn Broker>>);

impl Brokers {
    /// The broker of a connection.
    pub fn get(&self, conn: &ConnId) -> Option<&Arc<dyn Broker>> {
        self.0.get(conn)
    }

    /// Every connection, in name order.
    pub fn ids(&self) -> impl Iterator<Item = &ConnId> {
        self.0.keys()
    }
}
