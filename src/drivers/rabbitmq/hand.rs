//! The acting side: holds on queues and streams, confirmed publishing, and the broker's own mover.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::Rabbit;
use super::hold;
use super::publish::{OP, Press};
use crate::broker::{BulkAsk, BulkState, Error, ErrorKind, Hold, Left, Outgoing, Receipt, Result, Selection, Writer};
use crate::model::{Address, Kind};

/// That the broker had no alarm is believed for so long.
const FRESH: Duration = Duration::from_secs(1);

/// A connection's hand.
pub struct Hand {
    rabbit: Arc<Rabbit>,
    /// One batch at a time: the order of publishing is the order given.
    press: Mutex<Option<Press>>,
}

impl Hand {
    pub fn new(rabbit: Arc<Rabbit>) -> Self {
        Self { rabbit, press: Mutex::new(None) }
    }

    fn blocked(&self, why: &str) -> Error {
        let error = self.rabbit.settings.error(ErrorKind::Throttled, OP, format!("an alarm blocks publishers: {why}"));
        error.next("wait until the broker has memory and disk again")
    }

    async fn some(&self, slot: &mut Option<Press>, batch: &[Outgoing]) -> Result<Vec<Result<Receipt>>> {
        let open = slot.as_ref().is_some_and(|press| !press.spent());
        if !open || slot.as_ref().is_some_and(|press| press.well.elapsed() > FRESH) {
            // a connection hears of an alarm only once it has published into it, and what was on its way then is in doubt
            if let Some(why) = self.rabbit.alarms().await.into_iter().next() {
                return Err(self.blocked(&why));
            }
            if let Some(why) = self.rabbit.publishing.blocked() {
                return Err(self.blocked(&why));
            }
            match slot.as_mut().filter(|_| open) {
                Some(press) => press.well = Instant::now(),
                None => *slot = Some(Press::open(&self.rabbit).await?),
            }
        }
        if let Some(why) = self.rabbit.publishing.blocked() {
            return Err(self.blocked(&why));
        }
        // a missing exchange would close the channel with all that is on its way
        if let Some(out) = batch.first().filter(|out| out.to.kind == Kind::Exchange) {
            self.rabbit.exchange_is_there(&out.to).await?;
        }
        match slot {
            Some(press) => Ok(press.publish(&self.rabbit, batch).await),
            None => Ok(Vec::new()),
        }
    }
}

#[async_trait]
impl Writer for Hand {
    async fn hold(&self, from: &Address, want: Selection) -> Result<Box<dyn Hold>> {
        hold::hold(&self.rabbit, from, want).await
    }

    async fn publish(&self, batch: Vec<Outgoing>) -> Vec<Result<Receipt>> {
        let mut slot = self.press.lock().await;
        let mut answers: Vec<Result<Receipt>> = Vec::with_capacity(batch.len());
        while let Some(rest) = batch.get(answers.len()..).filter(|rest| !rest.is_empty()) {
            match self.some(&mut slot, rest).await {
                Ok(some) if !some.is_empty() => answers.extend(some),
                Ok(_) => break,
                Err(e) => {
                    answers.extend(rest.iter().map(|out| Err(e.clone().about(&out.to))));
                    break;
                }
            }
        }
        answers
    }

    async fn take_over(&self, _plan: &str) -> Result<()> {
        Ok(())
    }

    async fn bulk(&self, ask: BulkAsk) -> Result<BulkState> {
        self.rabbit.bulk(ask).await
    }

    async fn close(&self) -> Left {
        if let Some(press) = self.press.lock().await.take() {
            press.close().await;
        }
        self.rabbit.keeper.close().await;
        self.rabbit.holding.close().await;
        self.rabbit.publishing.close().await;
        Left::default()
    }
}
