//! The acting side of a connection.

use std::sync::Arc;

use async_trait::async_trait;

use super::hold::Visit;
use super::{Aws, mover, publish};
use crate::broker::{BulkAsk, BulkState, Hold, Left, Outgoing, Receipt, Result, Selection, Writer};
use crate::model::Address;

/// Sends, holds and moves with the connection's own clients.
pub struct Hand(pub Arc<Aws>);

#[async_trait]
impl Writer for Hand {
    async fn hold(&self, from: &Address, want: Selection) -> Result<Box<dyn Hold>> {
        Ok(Box::new(Visit::open(self.0.clone(), from, want).await?))
    }

    async fn publish(&self, batch: Vec<Outgoing>) -> Vec<Result<Receipt>> {
        publish::publish(&self.0, batch).await
    }

    async fn take_over(&self, _plan: &str) -> Result<()> {
        Ok(())
    }

    async fn bulk(&self, ask: BulkAsk) -> Result<BulkState> {
        mover::bulk(&self.0, ask).await
    }

    /// Holds end with the connection's keeper; what could not be given back comes back by itself.
    async fn close(&self) -> Left {
        self.0.keeper.close().await;
        Left::default()
    }
}
