//! Acting on Artemis by AMQP: sending, taking out by id, and both in one transaction. Every wait has a limit, because the library may hang.

use std::collections::HashMap;
use std::time::Duration;

use fe2o3_amqp::link::delivery::DeliveryInfo;
use fe2o3_amqp::link::receiver::CreditMode;
use fe2o3_amqp::transaction::{OwnedTransaction, TransactionDischarge, TransactionPosting, TransactionRetirement};
use fe2o3_amqp::{Receiver, Sender};
use fe2o3_amqp_types::messaging::{Body, Outcome as Settled, Target};
use fe2o3_amqp_types::primitives::Symbol;
use serde_amqp::Value;

use super::message::Wire;
use super::{Amqp, attach_fault, fault, source};
use crate::broker::ErrorKind;
use crate::drivers::activemq::error::{Fault, Outcome};
use crate::drivers::activemq::place::Place;

/// Silence that counts as the end of what a selector finds; what did not come till then is not taken for gone.
const SILENCE: Duration = Duration::from_millis(1_500);

/// A message taken in hand: its handle for settling, and what it is.
pub(in crate::drivers::activemq) struct Taken {
    pub info: DeliveryInfo,
    pub wire: Wire,
}

/// The links of one piece of work: a sender a target.
#[derive(Default)]
pub(in crate::drivers::activemq) struct Senders(HashMap<String, Sender>);

fn name(what: &str) -> String {
    format!("redrive-{what}-{}", uuid::Uuid::now_v7().simple())
}

impl Amqp {
    async fn limited<T>(&self, work: impl Future<Output = T>) -> Outcome<T> {
        tokio::time::timeout(self.limit, work).await.map_err(|_| Fault::late(&self.to, self.limit))
    }

    async fn sender<'a>(&mut self, senders: &'a mut Senders, to: &Place) -> Outcome<&'a mut Sender> {
        if !senders.0.contains_key(&to.name) {
            // without the capability a missing address would be made, as a multicast one that drops what comes
            let target = Target::builder()
                .address(to.link_name())
                .capabilities(vec![Symbol::from(if to.multicast { "topic" } else { "queue" })])
                .build();
            let limit = self.limit;
            let attach = Sender::builder().name(name("send")).target(target).attach(&mut self.session);
            let attached = tokio::time::timeout(limit, attach).await.map_err(|_| Fault::late(&self.to, limit))?;
            senders.0.insert(to.name.clone(), attached.map_err(|e| fault(&self.to, &e))?);
        }
        senders.0.get_mut(&to.name).ok_or_else(|| Fault::new(ErrorKind::Unexpected, "no link"))
    }

    /// Sends one message and waits until the broker has taken it.
    pub async fn send(&mut self, senders: &mut Senders, to: &Place, wire: Wire) -> Outcome<()> {
        let (limit, broker) = (self.limit, self.to.clone());
        let sender = self.sender(senders, to).await?;
        match tokio::time::timeout(limit, sender.send(wire)).await {
            // a message over the broker's own limit hangs here for ever
            Err(_) => Err(Fault::late(&broker, limit).perhaps()),
            Ok(Err(e)) => {
                let f = fault(&broker, &e);
                Err(if f.kind == ErrorKind::Unreachable || f.kind == ErrorKind::Unexpected { f.perhaps() } else { f })
            }
            Ok(Ok(Settled::Accepted(_))) => Ok(()),
            Ok(Ok(other)) => Err(refused(&broker, &other)),
        }
    }

    /// Takes what the selector finds in hand, at most so many.
    pub async fn take(&mut self, from: &Place, selector: &str, most: usize) -> Outcome<(Receiver, Vec<Taken>)> {
        let limit = self.limit;
        let attach = Receiver::builder()
            .name(name("take"))
            .source(source(&from.link_name(), from.multicast, false, Some(selector)))
            .credit_mode(CreditMode::Manual)
            .auto_accept(false)
            .attach(&mut self.session);
        let attached = tokio::time::timeout(limit, attach).await.map_err(|_| Fault::late(&self.to, limit))?;
        let mut receiver = attached.map_err(|e| attach_fault(&self.to, &e))?;
        let credit = receiver.set_credit(u32::try_from(most).unwrap_or(u32::MAX));
        self.limited(credit).await?.map_err(|e| fault(&self.to, &e))?;
        let mut taken = Vec::new();
        while taken.len() < most {
            let mut came = tokio::time::timeout(SILENCE, receiver.recv::<Body<Value>>()).await;
            if came.is_err() {
                self.is_there(from).await?;
                // what came while the broker was asked
                came = tokio::time::timeout(Duration::ZERO, receiver.recv::<Body<Value>>()).await;
            }
            match came {
                Err(_) => break,
                Ok(Err(e)) => return Err(fault(&self.to, &e)),
                Ok(Ok(delivery)) => {
                    let (info, wire) = delivery.into_parts();
                    taken.push(Taken { info, wire });
                }
            }
        }
        Ok((receiver, taken))
    }

    /// Gives back what was taken and not settled, and ends the link.
    pub async fn let_go(&self, receiver: Receiver, back: Vec<DeliveryInfo>) {
        let work = async {
            for info in back {
                let _ = receiver.release(info).await;
            }
            let _ = receiver.close().await;
        };
        let _ = tokio::time::timeout(Duration::from_secs(2), work).await;
    }

    /// Takes a message out for good.
    pub async fn accept(&self, receiver: &Receiver, info: DeliveryInfo) -> Outcome<()> {
        match self.limited(receiver.accept(info)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(e)) => Err(fault(&self.to, &e).perhaps()),
            Err(late) => Err(late.perhaps()),
        }
    }

    /// Sends and accepts as one transaction. Before the commit is sent nothing is done; without an answer to it, it may be.
    pub async fn carry(&mut self, receiver: &mut Receiver, all: Vec<(Place, Wire, DeliveryInfo)>) -> Outcome<()> {
        let (limit, broker) = (self.limit, self.to.clone());
        let late = || Fault::late(&broker, limit);
        let mut senders = Senders::default();
        for (to, _, _) in &all {
            self.sender(&mut senders, to).await?;
        }
        let declare = OwnedTransaction::declare(&mut self.session, name("transaction"), None);
        let transaction = tokio::time::timeout(limit, declare).await.map_err(|_| late())?.map_err(|e| fault(&broker, &e))?;
        let work = async {
            for (to, wire, info) in all {
                let sender = senders.0.get_mut(&to.name).ok_or_else(|| Fault::new(ErrorKind::Unexpected, "no link"))?;
                match tokio::time::timeout(limit, transaction.post(sender, wire)).await {
                    Err(_) => return Err(late()),
                    Ok(Err(e)) => return Err(fault(&broker, &e)),
                    Ok(Ok(Settled::Accepted(_))) => {}
                    Ok(Ok(other)) => return Err(refused(&broker, &other)),
                }
                let accepted = tokio::time::timeout(limit, transaction.accept(receiver, info)).await;
                accepted.map_err(|_| late())?.map_err(|e| fault(&broker, &e))?;
            }
            Ok(())
        };
        if let Err(failed) = work.await {
            let _ = tokio::time::timeout(limit, transaction.rollback()).await;
            return Err(failed);
        }
        match tokio::time::timeout(limit, transaction.commit()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(e)) => Err(fault(&broker, &e).perhaps()),
            Err(_) => Err(late().perhaps()),
        }
    }
}

fn refused(broker: &str, outcome: &Settled) -> Fault {
    Fault { kind: ErrorKind::Invalid, ..fault(broker, outcome) }.next("see the broker's log for why it did not take the message")
}
