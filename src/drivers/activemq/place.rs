//! What management says of one destination, the same for both products.

use std::time::Duration;

/// One queue or topic.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Place {
    pub name: String,
    /// A topic of Classic; what waits there waits for its durable subscribers.
    pub topic: bool,
    /// Its MBean's name.
    pub mbean: String,
    /// Artemis: the address that the queue is bound to.
    pub address: String,
    /// Artemis: a queue of a multicast address.
    pub multicast: bool,
    pub messages: u64,
    /// Dispatched to consumers and not yet acknowledged; part of `messages`.
    pub in_flight: u64,
    /// To be delivered later; part of `messages`.
    pub scheduled: u64,
    pub consumers: u32,
    /// Ever arrived, ever gone, ever expired, since the broker started.
    pub added: u64,
    pub removed: u64,
    pub expired: u64,
    /// Bytes held, where told.
    pub bytes: Option<u64>,
    /// Classic: how many messages a browse shows.
    pub window: Option<u64>,
    /// Classic: something was dead-lettered here since the broker started.
    pub dlq: bool,
    /// Artemis: where this queue's dead letters and overdue messages go.
    pub dead_letters_to: Option<String>,
    pub expired_to: Option<String>,
    /// Artemis: what a queue takes of its address.
    pub filter: Option<String>,
    /// Age of the oldest message, where told.
    pub oldest: Option<Duration>,
    pub internal: bool,
    pub paused: bool,
}

impl Place {
    /// Messages that a browse can show: what is dispatched or to come later is not shown by Artemis.
    pub fn browsable(&self) -> u64 {
        self.messages.saturating_sub(self.in_flight).saturating_sub(self.scheduled)
    }

    /// What an AMQP link on Artemis names it by.
    pub fn link_name(&self) -> String {
        if self.address == self.name && !self.multicast { self.name.clone() } else { format!("{}::{}", self.address, self.name) }
    }
}
