//! Carrying: the broker's own retry or move where a message is untouched, verified by counts and ids; else one transaction of send and acknowledge.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use super::Visit;
use super::missing::gone;
use super::remove::{id_of, unsure};
use crate::broker::{Carriage, ErrorKind, HeldId, Outgoing, REPLAY_ID};
use crate::drivers::activemq::amqp::message as amqp;
use crate::drivers::activemq::amqp::outgoing::outgoing;
use crate::drivers::activemq::error::{Fault, Outcome};
use crate::drivers::activemq::hand::targets;
use crate::drivers::activemq::jolokia::{Jolokia, artemis, classic};
use crate::drivers::activemq::known::Product;
use crate::drivers::activemq::place::Place;
use crate::drivers::activemq::rehearse::origin;
use crate::drivers::activemq::stomp::{message as stomp, send::frame};
use crate::drivers::activemq::{allow, selector};
use crate::model::{Message, text_field};

type Answers = BTreeMap<HeldId, Outcome<()>>;

/// How long a broker is given to count what it says that it moved, and how long until it is asked again.
const COUNTED: Duration = Duration::from_secs(5);
const MOMENT: Duration = Duration::from_millis(50);

/// A message on its way.
struct Going {
    held: HeldId,
    id: String,
    was: Message,
    wire: Outgoing,
    to: Place,
}

/// Whether the broker itself knows that it came from there. What a copy that redrive put back says of that are mere properties to the broker.
fn is_home(going: &Going) -> bool {
    origin(&going.was).as_deref() == Some(going.to.name.as_str()) && text_field(&going.was.headers, REPLAY_ID).is_none()
}

/// Whether Classic made this id itself: `ID:host-1-2-3:1:1:1:1`. Of another one, which an AMQP client chose, its retry says that it is no number
/// (measured on 5.18.3 and 6.3.1); its move takes it.
fn is_brokers_own(id: &str) -> bool {
    let mut parts = id.rsplit(':');
    parts.by_ref().take(3).filter(|part| part.parse::<i64>().is_ok()).count() == 3 && parts.next().is_some()
}

impl Visit {
    /// One answer each; those of one way go together.
    pub(super) async fn carry_all(&mut self, batch: Vec<(HeldId, Outgoing)>) -> Answers {
        let places = targets(&self.mq, &self.known, batch.iter().map(|(_, out)| &out.to)).await;
        let mut answers = Answers::new();
        let (mut moved, mut in_transaction) = (Vec::new(), Vec::new());
        for (held, out) in batch {
            let Some(was) = self.had.remove(&held) else {
                answers.insert(held, Err(Fault::new(ErrorKind::Invalid, "not in hand, or settled before")));
                continue;
            };
            let ready = self.mq.rehearsal(&was, &out);
            let place = places.get(&out.to).cloned().unwrap_or_else(|| Err(Fault::new(ErrorKind::NotFound, "no queue of this name")));
            let unfit = match (ready.refused, &place, id_of(&was)) {
                (_, Err(f), _) => Some(f.clone()),
                (Some(why), _, _) => Some(Fault::new(ErrorKind::Invalid, why).next("change the message, or send it elsewhere")),
                (None, _, None) => Some(Fault::new(ErrorKind::Unsupported, "it has no id by which it could be taken out")),
                (None, Ok(_), Some(_)) => None,
            };
            if let Some(fault) = unfit {
                self.had.insert(held, was);
                answers.insert(held, Err(fault));
                continue;
            }
            let (Ok(to), Some(id)) = (place, id_of(&was)) else { continue };
            let going = Going { held, id, was, wire: ready.wire, to };
            match ready.way {
                Carriage::Carry { marked: false } => moved.push(going),
                Carriage::Carry { marked: true } => in_transaction.push(going),
                Carriage::Publish => {
                    answers.insert(
                        held,
                        Err(Fault::new(ErrorKind::Unsupported, "it is on its way to another broker: published, then settled")),
                    );
                }
            }
        }
        let ids: Vec<(HeldId, String)> = moved.iter().chain(&in_transaction).map(|going| (going.held, going.id.clone())).collect();
        self.take_all(&mut answers, moved, true).await;
        self.take_all(&mut answers, in_transaction, false).await;
        self.tell_missing(&mut answers, &ids).await;
        answers
    }

    /// Carries those of one way; what certainly was not done stays in hand.
    async fn take_all(&mut self, answers: &mut Answers, all: Vec<Going>, moved: bool) {
        if all.is_empty() {
            return;
        }
        let done = match (moved, &self.known.jolokia, self.known.product) {
            (true, Some(jolokia), product) => self.by_own_move(jolokia, product, &all).await,
            (true, None, _) => Err(Fault::new(ErrorKind::Unsupported, "the broker's own move needs Jolokia")),
            (false, _, Product::Classic) => self.by_stomp_transaction(&all).await,
            (false, _, Product::Artemis) => self.by_amqp_transaction(&all).await,
        };
        let mut done = done.unwrap_or_else(|f| all.iter().map(|g| (g.held, Err(f.clone()))).collect());
        for going in all {
            let answer = done.remove(&going.held).unwrap_or_else(|| Err(gone()));
            if answer.as_ref().is_err_and(|f| f.done == crate::broker::Done::No) {
                self.had.insert(going.held, going.was);
            }
            answers.insert(going.held, answer);
        }
    }

    /// retryMessage to where it came from, moveMessageTo elsewhere; then both queues are asked whether that is what happened.
    async fn by_own_move(&self, jolokia: &Jolokia, product: Product, all: &[Going]) -> Outcome<Answers> {
        let mut answers = Answers::new();
        let source = self.source().await?;
        let numbers = match product {
            Product::Artemis => Some(artemis::numbers(jolokia, &source).await.map_err(|f| allow(product, f, &["browse*"]))?),
            Product::Classic => None,
        };
        for (home, retry, other) in [(true, "retryMessage", ""), (false, "", "move")] {
            let mut by_target: BTreeMap<&str, Vec<(&Going, Vec<Json>)>> = BTreeMap::new();
            let retried = |g: &&Going| is_home(g) && (numbers.is_some() || is_brokers_own(&g.id));
            for going in all.iter().filter(|g| retried(g) == home) {
                let id = match &numbers {
                    None => json!(going.id),
                    Some(numbers) => match numbers.get(&going.id) {
                        Some(number) => json!(number),
                        None => {
                            answers.insert(going.held, Err(gone()));
                            continue;
                        }
                    },
                };
                let arguments = if home { vec![id] } else { vec![id, json!(going.to.name)] };
                by_target.entry(&going.to.name).or_default().push((going, arguments));
            }
            let operation = match (product, retry, other) {
                (Product::Classic, "retryMessage", _) => "retryMessage",
                (Product::Classic, ..) => "moveMessageTo",
                (Product::Artemis, "retryMessage", _) => "retryMessage(long)",
                (Product::Artemis, ..) => "moveMessage(long,java.lang.String)",
            };
            for group in by_target.into_values() {
                answers.extend(self.move_group(jolokia, &source, operation, group).await?);
            }
        }
        Ok(answers)
    }

    async fn move_group(&self, jolokia: &Jolokia, source: &Place, operation: &str, group: Vec<(&Going, Vec<Json>)>) -> Outcome<Answers> {
        let Some(to) = group.first().map(|(going, _)| going.wire.to.clone()) else { return Ok(Answers::new()) };
        let before = self.mq.place(&self.known, &to).await?.map_or(0, |p| p.added);
        let arguments = group.iter().map(|(_, arguments)| arguments.clone()).collect();
        let said = classic::each(jolokia, source, operation, arguments).await.map_err(unsure)?;
        let mut answers = Answers::new();
        let mut moved = Vec::new();
        for ((going, _), answer) in group.iter().zip(said) {
            let answer = match answer {
                Ok(Json::Bool(false)) => Err(gone()),
                Ok(_) => {
                    moved.push(*going);
                    Ok(())
                }
                Err(f) if f.kind == ErrorKind::Denied => {
                    self.mq.no_moves();
                    Err(allow(self.known.product, f, &["browse*", operation]))
                }
                // Classic reads an id before it looks for the message
                Err(f) if f.cause.contains("NumberFormat") || f.cause.contains("For input string") => Err(f),
                Err(f) if f.cause.contains("Could not find message") || f.cause.contains("No message with") => Err(gone()),
                Err(f) => Err(f.perhaps()),
            };
            answers.insert(going.held, answer);
        }
        if moved.is_empty() {
            return Ok(answers);
        }
        let until = Instant::now() + COUNTED;
        let (arrived, still) = loop {
            let after = self.mq.place(&self.known, &to).await.map_err(Fault::perhaps)?.map_or(0, |p| p.added);
            let arrived = after.saturating_sub(before);
            let still = self.still_there(jolokia, source, &moved).await;
            // a busy broker may count later than it says that it moved
            let counted = arrived >= moved.len() as u64 && still.as_ref().is_ok_and(Vec::is_empty);
            if counted || still.is_err() || Instant::now() >= until {
                break (arrived, still);
            }
            tokio::time::sleep(MOMENT).await;
        };
        for going in &moved {
            let doubt = match &still {
                Err(f) => Some(format!("moved, by the broker's word; whether it left cannot be seen: {}", f.cause)),
                Ok(still) if still.contains(&going.id) => Some("moved, by the broker's word, and still in its queue".to_owned()),
                Ok(_) if arrived < moved.len() as u64 => {
                    Some(format!("{} moved, by the broker's word, and {arrived} arrived", moved.len()))
                }
                Ok(_) => None,
            };
            if let Some(why) = doubt {
                answers.insert(going.held, Err(Fault::new(ErrorKind::Unexpected, why).perhaps()));
            }
        }
        Ok(answers)
    }

    /// Which of these are still in their queue.
    async fn still_there(&self, jolokia: &Jolokia, source: &Place, moved: &[&Going]) -> Outcome<Vec<String>> {
        let ids: Vec<String> = moved.iter().map(|g| g.id.clone()).collect();
        match self.known.product {
            Product::Classic => classic::still_there(jolokia, source, &ids).await,
            Product::Artemis => {
                // a queue that the broker made by itself goes with its last message
                let there = match artemis::numbers(jolokia, source).await {
                    Err(f) if f.kind == ErrorKind::NotFound => return Ok(Vec::new()),
                    other => other?,
                };
                Ok(ids.into_iter().filter(|id| there.contains_key(id)).collect())
            }
        }
    }

    async fn by_stomp_transaction(&self, all: &[Going]) -> Outcome<Answers> {
        let mut stomp = self.mq.stomp(&self.known).await?;
        let ids: Vec<String> = all.iter().map(|g| g.id.clone()).collect();
        let taken = stomp.take(&self.from.name, &ids).await?;
        let mut answers: Answers = all.iter().map(|g| (g.held, Err(gone()))).collect();
        let mut ready = Vec::new();
        let mut held = Vec::new();
        for one in taken {
            let Some(going) = all.iter().find(|g| one.get("message-id") == Some(g.id.as_str())) else { continue };
            let now = stomp::message(&self.from, one.clone());
            // what management shows of a text and STOMP of its bytes must be the same before it is taken out
            if now.body != going.was.body {
                answers.insert(going.held, Err(Fault::new(ErrorKind::Gone, "what is there now is another message").next("look again")));
                continue;
            }
            ready.push((frame(&going.wire), one));
            held.push(going.held);
        }
        if ready.is_empty() {
            stomp.close().await;
            return Ok(answers);
        }
        let done = stomp.carry(&ready).await;
        answers.extend(held.into_iter().map(|held| (held, done.clone())));
        if done.is_ok() {
            let _ = stomp.let_go().await;
            stomp.close().await;
        }
        Ok(answers)
    }

    async fn by_amqp_transaction(&self, all: &[Going]) -> Outcome<Answers> {
        let source = self.source().await?;
        let mut amqp = self.mq.amqp(&self.known).await?;
        let ids: Vec<String> = all.iter().map(|g| g.id.clone()).collect();
        let (mut receiver, taken) = amqp.take(&source, &selector::of_seats(&ids), all.len()).await?;
        let mut answers: Answers = all.iter().map(|g| (g.held, Err(gone()))).collect();
        let (mut ready, mut held, mut back) = (Vec::new(), Vec::new(), Vec::new());
        for one in taken {
            let now = amqp::message(&self.from, one.wire);
            match all.iter().find(|g| id_of(&now).as_ref() == Some(&g.id) && !held.contains(&g.held)) {
                Some(going) if now.body == going.was.body && now.headers == going.was.headers => {
                    ready.push((going.to.clone(), outgoing(&going.wire), one.info));
                    held.push(going.held);
                }
                Some(going) => {
                    answers.insert(going.held, Err(Fault::new(ErrorKind::Gone, "what is there now is another message").next("look again")));
                    back.push(one.info);
                }
                None => back.push(one.info),
            }
        }
        if !ready.is_empty() {
            let done = amqp.carry(&mut receiver, ready).await;
            answers.extend(held.into_iter().map(|held| (held, done.clone())));
        }
        amqp.let_go(receiver, back).await;
        amqp.close().await;
        Ok(answers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_a_client_chose_is_told_from_the_brokers() {
        assert!(is_brokers_own("ID:vm-35953-1795804224523-1:1:1:1:1") && is_brokers_own("ID:vm-1-2-5:19:-1:1:200"));
        assert!(
            !is_brokers_own("ID:a-1") && !is_brokers_own("ID:AMQP_UUID:00000000-0000-0000-0000-000000000009") && !is_brokers_own("1:1:1")
        );
    }
}
