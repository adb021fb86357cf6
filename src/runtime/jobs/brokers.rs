//! Jobs that ask a broker about itself: probe, listing, groups, one destination's details.

use futures::{StreamExt, TryStreamExt};

use crate::app::effect::News;
use crate::broker::{Broker, ListRequest, ReadersRequest, Result};
use crate::model::Address;
use crate::runtime::Out;
use crate::triage::ledger::TriageLedger;

/// Is it there, and what can it do.
pub async fn probe(broker: &dyn Broker, out: &Out) -> Result<()> {
    let probe = broker.probe().await?;
    out.tell(News::Probe(Box::new(probe))).await;
    Ok(())
}

/// All destinations; roles are given by the app, which knows the whole listing.
pub async fn list(broker: &dyn Broker, out: &Out) -> Result<()> {
    let mut flow = broker.list(ListRequest { internal: true });
    while let Some(rows) = flow.try_next().await? {
        out.tell(News::Destinations(rows)).await;
    }
    Ok(())
}

/// Groups with their positions.
pub async fn readers(broker: &dyn Broker, want: ReadersRequest, out: &Out) -> Result<()> {
    let mut flow = broker.readers(want);
    while let Some(rows) = flow.next().await {
        out.tell(News::Readers(rows?)).await;
    }
    Ok(())
}

/// One destination's details and what a look at it costs.
pub async fn describe(broker: &dyn Broker, at: &Address, ledger: &TriageLedger, out: &Out) -> Result<()> {
    let (detail, cost) = tokio::join!(broker.describe(at), broker.cost(at));
    let detail = detail?;
    let spans = detail.partitions.iter().map(|p| (p.id, p.start, p.end)).collect();
    // without the ledger's word all counts as waiting
    let done = ledger.resolved_within(at.clone(), detail.id.clone(), spans).await.unwrap_or(0);
    out.tell(News::Detail(Box::new(detail), Box::new(cost?), done)).await;
    Ok(())
}
