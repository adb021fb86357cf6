//! The acting side: holds for reading what is to be replayed, and a producer that connects at the first publish.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Mutex;

use super::hold::Reading;
use super::publish::Press;
use super::{CLOSE, Kafka};
use crate::broker::{BulkAsk, BulkState, Error, ErrorKind, Hold, Left, Outgoing, REPLAY_ID, Receipt, Result, Selection, Writer};
use crate::model::{Address, text_field};

/// A connection's hand.
pub struct Hand {
    kafka: Arc<Kafka>,
    /// One batch at a time: the order of publishing is the order given.
    press: Mutex<Option<Press>>,
    /// Names transactions of what belongs to no plan.
    own: uuid::Uuid,
}

impl Hand {
    pub fn new(kafka: Arc<Kafka>) -> Self {
        Self { kafka, press: Mutex::new(None), own: uuid::Uuid::now_v7() }
    }

    /// Makes a producer where there is none that can be used for this plan, or for what belongs to none.
    async fn press(&self, slot: &mut Option<Press>, plan: Option<&str>) -> Result<()> {
        let id = self.kafka.profile.writing.transactional.then(|| self.transactional_id(plan));
        if slot.as_ref().is_none_or(|p| p.spent() || p.transactional_id() != id.as_deref()) {
            *slot = None;
            *slot = Some(Press::new(&self.kafka, id).await?);
        }
        Ok(())
    }

    /// The plan's own: who goes on with it shuts out whoever carried it out before, and ends the transaction that was left open.
    fn transactional_id(&self, plan: Option<&str>) -> String {
        format!("{}-{}", super::settings::NAME, plan.map_or_else(|| self.own.to_string(), str::to_owned))
    }
}

/// The plan that a batch is of.
fn plan_of(batch: &[Outgoing]) -> Option<&str> {
    let replay_id = batch.iter().find_map(|out| text_field(&out.headers, REPLAY_ID))?;
    replay_id.rsplit_once('/').map(|(plan, _)| plan)
}

#[async_trait]
impl Writer for Hand {
    async fn hold(&self, from: &Address, want: Selection) -> Result<Box<dyn Hold>> {
        Ok(Box::new(Reading::open(self.kafka.clone(), from, want).await?))
    }

    async fn publish(&self, batch: Vec<Outgoing>) -> Vec<Result<Receipt>> {
        let mut slot = self.press.lock().await;
        if let Err(e) = self.press(&mut slot, plan_of(&batch)).await {
            return batch.iter().map(|out| Err(e.clone().about(&out.to))).collect();
        }
        match &mut *slot {
            Some(press) => press.publish(&self.kafka, &batch).await,
            None => Vec::new(),
        }
    }

    async fn take_over(&self, plan: &str) -> Result<()> {
        if !self.kafka.profile.writing.transactional {
            return Ok(());
        }
        self.press(&mut *self.press.lock().await, Some(plan)).await
    }

    async fn bulk(&self, ask: BulkAsk) -> Result<BulkState> {
        let (BulkAsk::Start { from, .. } | BulkAsk::State { from, .. } | BulkAsk::Cancel { from, .. }) = ask;
        Err(Error::new(ErrorKind::Unsupported, "move all", "Kafka has no mover of its own").about(&from))
    }

    async fn close(&self) -> Left {
        if let Some(press) = self.press.lock().await.take() {
            press.flush(CLOSE).await;
        }
        self.kafka.desk.ended(CLOSE).await;
        Left::default()
    }
}
