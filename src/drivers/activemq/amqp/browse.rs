//! Looking into an Artemis queue by AMQP: copies, nothing settled, never released; it ends by count, because no end is said.

use std::time::Duration;

use fe2o3_amqp::Receiver;
use fe2o3_amqp::link::receiver::CreditMode;
use fe2o3_amqp_types::messaging::Body;
use serde_amqp::Value;

use super::message::Wire;
use super::{Amqp, attach_fault, fault, source};
use crate::drivers::activemq::error::{Fault, Outcome};
use crate::drivers::activemq::place::Place;

/// Messages asked for at a time.
const CREDIT: u32 = 200;
/// Silence after the first message that may be the end, where fewer came than were counted.
const SILENCE: Duration = Duration::from_millis(1_500);

/// A running browse.
pub(in crate::drivers::activemq) struct Browse {
    amqp: Amqp,
    place: Place,
    receiver: Receiver,
    asked: u32,
    /// Messages to be given at most: those that there were at the start.
    pub there: u64,
    pub read: u64,
}

impl Browse {
    /// Begins; a queue that does not exist would be created, so its existence is asked elsewhere first. With a selector, what it does not name
    /// stays unseen, and is to be taken off `there`.
    pub async fn begin(mut amqp: Amqp, place: &Place, selector: Option<&str>) -> Outcome<Self> {
        let attach = Receiver::builder()
            .name(format!("redrive-look-{}", uuid::Uuid::now_v7().simple()))
            .source(source(&place.link_name(), place.multicast, true, selector))
            .credit_mode(CreditMode::Manual)
            .auto_accept(false)
            .attach(&mut amqp.session);
        let attached = tokio::time::timeout(amqp.limit, attach).await.map_err(|_| Fault::late(&amqp.to, amqp.limit))?;
        let receiver = attached.map_err(|e| attach_fault(&amqp.to, &e))?;
        Ok(Self { amqp, place: place.clone(), receiver, asked: 0, there: place.browsable(), read: 0 })
    }

    /// Whether as many came as were there.
    pub fn is_done(&self) -> bool {
        self.read >= self.there
    }

    /// The next message; `None`: as many came as were there, or none came for a while.
    pub async fn next(&mut self) -> Outcome<Option<Wire>> {
        if self.is_done() {
            return Ok(None);
        }
        if self.asked == 0 {
            let left = u32::try_from(self.there - self.read).unwrap_or(u32::MAX);
            self.asked = CREDIT.min(left);
            let credit = tokio::time::timeout(self.amqp.limit, self.receiver.set_credit(self.asked)).await;
            credit.map_err(|_| Fault::late(&self.amqp.to, self.amqp.limit))?.map_err(|e| fault(&self.amqp.to, &e))?;
        }
        let wait = if self.read == 0 { self.amqp.limit.min(SILENCE * 3) } else { SILENCE };
        let mut came = tokio::time::timeout(wait, self.receiver.recv::<Body<Value>>()).await;
        if came.is_err() {
            self.amqp.is_there(&self.place).await?;
            // what came while the broker was asked
            came = tokio::time::timeout(Duration::ZERO, self.receiver.recv::<Body<Value>>()).await;
        }
        match came {
            Err(_) => Ok(None),
            Ok(Err(e)) => Err(fault(&self.amqp.to, &e)),
            Ok(Ok(delivery)) => {
                self.asked -= 1;
                self.read += 1;
                Ok(Some(delivery.into_message()))
            }
        }
    }

    pub async fn close(self) {
        let Self { amqp, receiver, .. } = self;
        // detached, never released: on other brokers that means endless redelivery
        let _ = tokio::time::timeout(Duration::from_secs(1), receiver.detach()).await;
        amqp.close().await;
    }
}
