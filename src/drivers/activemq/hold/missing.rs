//! What the broker did not give out: gone, or in somebody's hand, or not to be told. Only what is certainly gone is called so.

use std::collections::BTreeMap;

use super::{Visit, in_other_hands};
use crate::broker::{ErrorKind, HeldId};
use crate::drivers::activemq::error::{Fault, Outcome};
use crate::drivers::activemq::jolokia::{Jolokia, artemis, classic};
use crate::drivers::activemq::known::Product;

const GONE: &str = "it is not in the queue any more";

/// It was not given out, or the broker says that there is no such message.
pub(super) fn gone() -> Fault {
    Fault::new(ErrorKind::Gone, GONE).next("look again: somebody took it")
}

/// Without management nobody tells which of these it is.
fn beyond() -> Fault {
    let why = "it is not among the messages that the broker gives out: gone, in somebody's hand, or behind its window";
    Fault::new(ErrorKind::Busy, why).next("look again, and act on the first ones first")
}

impl Visit {
    /// Finds out of the answers that say `gone` whether that is so.
    pub(super) async fn tell_missing(&self, answers: &mut BTreeMap<HeldId, Outcome<()>>, ids: &[(HeldId, String)]) {
        let is_gone = |held: &HeldId| matches!(answers.get(held), Some(Err(f)) if f.cause == GONE);
        let missing: Vec<(HeldId, String)> = ids.iter().filter(|(held, _)| is_gone(held)).cloned().collect();
        if missing.is_empty() {
            return;
        }
        let names: Vec<String> = missing.iter().map(|(_, id)| id.clone()).collect();
        let there = match &self.known.jolokia {
            Some(jolokia) => self.perhaps_there(jolokia, &names).await,
            None => Err(beyond()),
        };
        for (held, id) in missing {
            let fault = match &there {
                Ok(there) if there.contains(&id) => in_other_hands("it was not given out"),
                Ok(_) => continue,
                Err(f) => f.clone(),
            };
            answers.insert(held, Err(fault));
        }
    }

    /// Which of these are in their queue, or may be.
    async fn perhaps_there(&self, jolokia: &Jolokia, ids: &[String]) -> Outcome<Vec<String>> {
        let place = match self.source().await {
            // a queue that the broker made by itself goes with its last message
            Err(f) if f.kind == ErrorKind::NotFound => return Ok(Vec::new()),
            other => other?,
        };
        match self.known.product {
            Product::Classic => classic::still_there(jolokia, &place, ids).await,
            // what is in somebody's hand Artemis counts, and shows to nobody
            Product::Artemis if place.in_flight > 0 => Ok(ids.to_vec()),
            Product::Artemis => {
                let there = artemis::numbers(jolokia, &place).await?;
                Ok(ids.iter().filter(|id| there.contains_key(*id)).cloned().collect())
            }
        }
    }
}
