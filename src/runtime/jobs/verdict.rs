//! The job that follows a replayed plan: every look at what became of it is told.

use crate::app::effect::News;
use crate::broker::{Error, ErrorKind, Result};
use crate::runtime::{Out, Rooms};
use crate::triage::plan::PlanId;
use crate::triage::verdict::Watch;

/// Follows a plan until all is known or its window is over.
pub async fn watch(plan: &PlanId, rooms: &Rooms, out: &Out) -> Result<()> {
    let mut watch = Watch::new(plan, &rooms.brokers, &rooms.ledger, &rooms.context, &rooms.config.replay);
    let failed = |e: crate::triage::ledger::LedgerError| Error::new(ErrorKind::Unexpected, "look for verdicts", e.to_string());
    while let Some(look) = watch.next().await.map_err(failed)? {
        out.tell(News::Verdicts(Box::new(look))).await;
    }
    Ok(())
}
