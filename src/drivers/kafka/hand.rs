//! The acting side: holds for reading what is to be replayed, and a producer that connects at the first publish.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Mutex;

use super::hold::Reading;
use super::publish::Press;
use super::{CLOSE, Kafka};
use crate::broker::{BulkAsk, BulkState, Error, ErrorKind, Hold, Left, Outgoing, Receipt, Result, Selection, Writer};
use crate::model::Address;

/// A connection's hand.
pub struct Hand {
    kafka: Arc<Kafka>,
    /// One batch at a time: the order of publishing is the order given.
    press: Mutex<Option<Press>>,
    /// Of this hand; a new one takes over an earlier one's open transaction only if it is the same plan's.
    transactional_id: String,
}

impl Hand {
    pub fn new(kafka: Arc<Kafka>) -> Self {
        let transactional_id = format!("{}-{}", super::settings::NAME, uuid::Uuid::now_v7());
        Self { kafka, press: Mutex::new(None), transactional_id }
    }

    async fn press(&self, slot: &mut Option<Press>) -> Result<()> {
        if slot.as_ref().is_none_or(Press::spent) {
            let id = self.kafka.profile.writing.transactional.then(|| self.transactional_id.clone());
            *slot = None;
            *slot = Some(Press::new(&self.kafka, id).await?);
        }
        Ok(())
    }
}

#[async_trait]
impl Writer for Hand {
    async fn hold(&self, from: &Address, want: Selection) -> Result<Box<dyn Hold>> {
        Ok(Box::new(Reading::open(self.kafka.clone(), from, want).await?))
    }

    async fn publish(&self, batch: Vec<Outgoing>) -> Vec<Result<Receipt>> {
        let mut slot = self.press.lock().await;
        if let Err(e) = self.press(&mut slot).await {
            return batch.iter().map(|out| Err(e.clone().about(&out.to))).collect();
        }
        match &mut *slot {
            Some(press) => press.publish(&self.kafka, &batch).await,
            None => Vec::new(),
        }
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
