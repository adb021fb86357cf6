//! Taking chosen messages out of a queue for good: by management's id, else by a selector that names them, never by an empty one.

use std::collections::{BTreeMap, HashMap};

use serde_json::json;

use super::Visit;
use super::missing::gone;
use crate::broker::{ErrorKind, HeldId, Outgoing, Place};
use crate::drivers::activemq::amqp::message as amqp;
use crate::drivers::activemq::error::{Fault, Outcome};
use crate::drivers::activemq::hand::unseen;
use crate::drivers::activemq::jolokia::{Jolokia, artemis, classic};
use crate::drivers::activemq::known::Product;
use crate::drivers::activemq::place;
use crate::drivers::activemq::stomp::{Stomp, send};
use crate::drivers::activemq::{allow, selector};
use crate::model::{Message, Seat};

type Answers = BTreeMap<HeldId, Outcome<()>>;

pub(super) fn id_of(message: &Message) -> Option<String> {
    match &message.seat {
        Seat::Id(id) => Some(id.clone()),
        _ => None,
    }
}

/// Whether STOMP, by which a copy is put back on Classic, cannot carry it.
fn is_stuck(message: &Message) -> bool {
    let (to, place, key, body) = (message.at.clone(), Place::Any, message.key.clone(), message.body.clone());
    let back = Outgoing { to, place, key, body, headers: message.headers.clone(), properties: message.properties.clone() };
    send::rehearse(&back, true).refused.is_some()
}

impl Visit {
    /// One answer each.
    pub(super) async fn remove(&self, batch: Vec<(HeldId, Message)>) -> Answers {
        let mut answers = Answers::new();
        let mut ids: Vec<(HeldId, String)> = Vec::new();
        for (held, message) in &batch {
            let answer = match id_of(message) {
                _ if !message.whole || (self.known.product == Product::Classic && is_stuck(message)) => Err(Fault::new(
                    ErrorKind::Unsafe,
                    "nothing but the broker itself can publish such a message, so it could not be had back",
                )
                .next("replay it unedited, or remove it in the broker's own console")),
                None => Err(Fault::new(ErrorKind::Unsupported, "it has no id by which it could be taken out")),
                Some(id) => {
                    ids.push((*held, id));
                    continue;
                }
            };
            answers.insert(*held, answer);
        }
        if ids.is_empty() {
            return answers;
        }
        let done = match (&self.known.jolokia, self.known.product) {
            (Some(jolokia), Product::Classic) => self.by_management(jolokia, &ids).await,
            (Some(jolokia), Product::Artemis) => self.by_number(jolokia, &ids).await,
            (None, Product::Classic) => self.by_stomp(&ids).await,
            (None, Product::Artemis) => self.by_amqp(&ids).await,
        };
        match done {
            Ok(done) => answers.extend(done),
            Err(f) => answers.extend(ids.iter().map(|(id, _)| (*id, Err(f.clone())))),
        }
        self.tell_missing(&mut answers, &ids).await;
        answers
    }

    pub(super) async fn source(&self) -> Outcome<place::Place> {
        Ok(self.mq.place(&self.known, &self.from).await?.unwrap_or_else(|| unseen(&self.from)))
    }

    async fn by_management(&self, jolokia: &Jolokia, ids: &[(HeldId, String)]) -> Outcome<Answers> {
        let place = self.source().await?;
        let asked = classic::each(jolokia, &place, "removeMessage", ids.iter().map(|(_, id)| vec![json!(id)]).collect()).await;
        let answers = asked.map_err(unsure)?;
        let answer = |(held, answer): (&(HeldId, String), Outcome<serde_json::Value>)| match answer {
            Ok(serde_json::Value::Bool(false)) => (held.0, Err(gone())),
            Ok(_) => (held.0, Ok(())),
            Err(f) => (held.0, Err(allow(Product::Classic, f, &["removeMessage"]))),
        };
        Ok(ids.iter().zip(answers).map(answer).collect())
    }

    async fn by_number(&self, jolokia: &Jolokia, ids: &[(HeldId, String)]) -> Outcome<Answers> {
        let place = self.source().await?;
        let numbers = artemis::numbers(jolokia, &place).await.map_err(|f| allow(Product::Artemis, f, &["browse*"]))?;
        let mut answers = Answers::new();
        let mut asked = Vec::new();
        let mut others = Vec::new();
        for (held, id) in ids {
            match numbers.get(id) {
                Some(number) => asked.push((*held, *number)),
                None => others.push((*held, id.clone())),
            }
        }
        let arguments = asked.iter().map(|(_, n)| vec![json!(n)]).collect();
        let said = classic::each(jolokia, &place, "removeMessage(long)", arguments).await.map_err(unsure)?;
        for ((held, _), answer) in asked.into_iter().zip(said) {
            let answer = match answer {
                Ok(serde_json::Value::Bool(true)) => Ok(()),
                Ok(_) => Err(gone()),
                Err(f) => Err(allow(Product::Artemis, f, &["browse*", "removeMessage"])),
            };
            answers.insert(held, answer);
        }
        if !others.is_empty() {
            answers.extend(self.by_amqp(&others).await?);
        }
        Ok(answers)
    }

    /// Classic without management: found within its window only.
    async fn by_stomp(&self, ids: &[(HeldId, String)]) -> Outcome<Answers> {
        let mut stomp = self.mq.stomp(&self.known).await?;
        let names: Vec<String> = ids.iter().map(|(_, id)| id.clone()).collect();
        let mut answers: Answers = ids.iter().map(|(held, _)| (*held, Err(gone()))).collect();
        for taken in stomp.take(&self.from.name, &names).await? {
            let held = ids.iter().find(|(_, id)| taken.get("message-id") == Some(id)).map(|(held, _)| *held);
            let Some(held) = held else { continue };
            let acked = stomp.tell(Stomp::ack(&taken, None)).await;
            let broken = acked.is_err();
            answers.insert(held, acked.map_err(unsure));
            if broken {
                break;
            }
        }
        stomp.close().await;
        Ok(answers)
    }

    async fn by_amqp(&self, ids: &[(HeldId, String)]) -> Outcome<Answers> {
        let place = self.source().await?;
        let mut amqp = self.mq.amqp(&self.known).await?;
        let wanted: HashMap<&str, HeldId> = ids.iter().map(|(held, id)| (id.as_str(), *held)).collect();
        let names: Vec<String> = ids.iter().map(|(_, id)| id.clone()).collect();
        let (receiver, taken) = amqp.take(&place, &selector::of_seats(&names), ids.len()).await?;
        let mut answers: Answers = ids.iter().map(|(held, _)| (*held, Err(gone()))).collect();
        let mut back = Vec::new();
        for one in taken {
            let message = amqp::message(&self.from, one.wire);
            match id_of(&message).and_then(|id| wanted.get(id.as_str()).copied()) {
                Some(held) => drop(answers.insert(held, amqp.accept(&receiver, one.info).await)),
                None => back.push(one.info),
            }
        }
        amqp.let_go(receiver, back).await;
        amqp.close().await;
        Ok(answers)
    }
}

/// A whole request that failed on its way may have been carried out.
pub(super) fn unsure(fault: Fault) -> Fault {
    if matches!(fault.kind, ErrorKind::Unreachable | ErrorKind::Timeout) { fault.perhaps() } else { fault }
}
