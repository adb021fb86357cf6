//! The acting side: publishing with the broker's confirmation, to places that exist.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;

use super::ActiveMq;
use super::amqp::act::Senders;
use super::amqp::outgoing::outgoing;
use super::error::{Fault, Outcome};
use super::hold::Visit;
use super::known::{Known, Product};
use super::place::Place;
use super::rehearse::prepare;
use super::stomp::send::frame;
use crate::broker::{BulkAsk, BulkState, Done, Error, ErrorKind, Hold, Left, Outgoing, Receipt, Result, Selection, Writer};
use crate::model::{Address, Kind};

pub(super) struct Hand(pub Arc<ActiveMq>);

/// The places that messages go to, each asked for once; never made by sending.
pub(super) async fn targets(mq: &ActiveMq, known: &Known, all: impl Iterator<Item = &Address>) -> HashMap<Address, Outcome<Place>> {
    let mut found = HashMap::new();
    for at in all {
        if found.contains_key(at) {
            continue;
        }
        let place = match at.kind {
            Kind::Queue => mq.place(known, at).await.map(|p| p.unwrap_or_else(|| unseen(at))),
            kind => Err(Fault::new(ErrorKind::Unsupported, format!("a {} is not published to", kind.word())).next("name a queue")),
        };
        found.insert(at.clone(), place);
    }
    found
}

/// A place that cannot be asked for, because there is no management.
pub(super) fn unseen(at: &Address) -> Place {
    Place { name: at.name.clone(), address: at.name.clone(), ..Place::default() }
}

impl Hand {
    /// Sends each that may be sent, in order, over one connection; a broken one is made anew for the next message.
    async fn send_all(&self, known: &Known, batch: &[Outgoing]) -> Vec<Outcome<()>> {
        let mq = &self.0;
        let places = targets(mq, known, batch.iter().map(|out| &out.to)).await;
        let (mut stomp, mut amqp) = (None, None);
        let mut senders = Senders::default();
        let mut answers = Vec::with_capacity(batch.len());
        for out in batch {
            let ready = prepare(known, out);
            let place = match places.get(&out.to) {
                Some(Ok(place)) => place,
                Some(Err(f)) => {
                    answers.push(Err(f.clone()));
                    continue;
                }
                None => continue,
            };
            if let Some(why) = ready.refused {
                answers.push(Err(Fault::new(ErrorKind::Invalid, why).next("change the message, or send it elsewhere")));
                continue;
            }
            let sent = async {
                match known.product {
                    Product::Classic => {
                        if stomp.is_none() {
                            stomp = Some(mq.stomp(known).await?);
                        }
                        let Some(stomp) = stomp.as_mut() else { return Ok(()) };
                        // an ERROR frame says that it was not done; silence or a broken connection says nothing
                        stomp.tell(frame(&ready.wire)).await.map_err(|f| match f.kind {
                            ErrorKind::Unreachable | ErrorKind::Timeout => f.perhaps(),
                            _ => f,
                        })
                    }
                    Product::Artemis => {
                        if amqp.is_none() {
                            amqp = Some(mq.amqp(known).await?);
                            senders = Senders::default();
                        }
                        let Some(amqp) = amqp.as_mut() else { return Ok(()) };
                        amqp.send(&mut senders, place, outgoing(&ready.wire)).await
                    }
                }
            };
            let answer = sent.await;
            if answer.is_err() {
                (stomp, amqp) = (None, None);
            }
            answers.push(answer);
        }
        if let Some(stomp) = stomp {
            stomp.close().await;
        }
        if let Some(amqp) = amqp {
            drop(senders);
            amqp.close().await;
        }
        answers
    }
}

#[async_trait]
impl Writer for Hand {
    async fn hold(&self, from: &Address, want: Selection) -> Result<Box<dyn Hold>> {
        let work = async {
            let known = self.0.known().await?;
            // a queue that is not there is said to be so before anything is looked for
            self.0.place(&known, from).await?;
            Ok(Box::new(Visit::new(self.0.clone(), known, from.clone(), want)) as Box<dyn Hold>)
        };
        self.0.run("take in hand", Some(from), work).await
    }

    async fn publish(&self, batch: Vec<Outgoing>) -> Vec<Result<Receipt>> {
        let mq = &self.0;
        let answers = match mq.known().await {
            Ok(known) => self.send_all(&known, &batch).await,
            Err(f) => vec![Err(f); batch.len()],
        };
        if answers.iter().any(|a| a.as_ref().is_err_and(|f| f.kind == ErrorKind::Unreachable)) {
            mq.forget().await;
        }
        let receipt = |(out, answer): (&Outgoing, Outcome<()>)| match answer {
            Ok(()) => Ok(Receipt { to: out.to.clone(), seat: None }),
            Err(f) => Err(f.error("publish", &mq.id, Some(&out.to))),
        };
        batch.iter().zip(answers).map(receipt).collect()
    }

    async fn take_over(&self, _plan: &str) -> Result<()> {
        Ok(())
    }

    async fn bulk(&self, ask: BulkAsk) -> Result<BulkState> {
        let (BulkAsk::Start { from, .. } | BulkAsk::State { from, .. } | BulkAsk::Cancel { from, .. }) = ask;
        let why = "messages are moved one by one here, each with its copy in the ledger";
        Err(Error { done: Done::No, ..Error::new(ErrorKind::Unsupported, "move all", why).about(&from).next("use redrive replay") })
    }

    async fn close(&self) -> Left {
        Left::default()
    }
}
