//! Where what dies in a queue comes to as things are set now, by as many further deaths as it takes.

use std::collections::BTreeSet;

use super::Rabbit;
use super::queue::Queue;
use super::topology::{self, DEPTH};
use crate::broker::ErrorKind;
use crate::model::{Address, Kind};

/// Queues followed at most; beyond them it is not told.
const MOST: usize = 8;

impl Rabbit {
    /// The queues that it comes to; empty: it is dropped. `None`: that cannot be told.
    pub(super) async fn dead_letters_of(&self, queue: &Queue) -> Option<Vec<Address>> {
        let mut found: Vec<Address> = Vec::new();
        let mut open = vec![queue.clone()];
        while let Some(queue) = open.pop() {
            for name in self.after(&queue).await? {
                if found.iter().any(|at| at.name == name) {
                    continue;
                }
                if found.len() == MOST {
                    return None;
                }
                match self.queue("describe", &self.address(Kind::Queue, &name)).await {
                    Ok(next) => {
                        found.push(self.address(next.kind(), &name));
                        open.push(next);
                    }
                    // to the default exchange and a queue that is not there: nobody gets it
                    Err(e) if e.kind == ErrorKind::NotFound => {}
                    Err(_) => return None,
                }
            }
        }
        Some(found)
    }

    /// The queues that one death leads to.
    async fn after(&self, queue: &Queue) -> Option<BTreeSet<String>> {
        let Some((exchange, key)) = queue.dead_letters_to() else { return Some(BTreeSet::new()) };
        if exchange.is_empty() && key.is_none() {
            // each message's own key decides
            return None;
        }
        let exchanges = self.exchanges(std::slice::from_ref(queue)).await.ok()?;
        Some(topology::targets(exchange, key, &exchanges, DEPTH))
    }
}
