//! After a canary step: did one of them come back to the source? Only where looking is free.

use std::collections::{BTreeMap, BTreeSet};

use crate::broker::{Brokers, REPLAY_ID};
use crate::model::text_field;
use crate::triage::doubt;
use crate::triage::plan::{Deed, ReplayPlan};

/// Where the source's partitions ended before the step; an error says why that is not known.
pub(super) type SourceEnds = Result<BTreeMap<i32, i64>, String>;

/// Notes the source's ends.
pub(super) async fn ends(plan: &ReplayPlan, brokers: &Brokers) -> SourceEnds {
    let at = plan.ask.from.at();
    let broker = brokers.get(&at.conn).ok_or_else(|| format!("no connection {}", at.conn))?;
    let detail = broker.describe(at).await.map_err(|e| e.to_string())?;
    Ok(detail.partitions.iter().map(|p| (p.id, p.end)).collect())
}

/// Numbers of this plan's messages that are at the source again, after the noted ends.
pub(super) async fn came_back(plan: &ReplayPlan, brokers: &Brokers, ends: SourceEnds) -> Result<BTreeSet<u32>, String> {
    let ends = ends?;
    // one that goes to where it came from is found there because it was put there
    if plan.ask.deed != Deed::Replay || plan.targets.iter().any(|t| t.messages > 0 && &t.at == plan.ask.from.at()) {
        return Ok(BTreeSet::new());
    }
    let at = plan.ask.from.at();
    let broker = brokers.get(&at.conn).ok_or_else(|| format!("no connection {}", at.conn))?;
    let cost = broker.cost(at).await.map_err(|e| e.to_string())?;
    if !cost.leaves.is_empty() || cost.refused.is_some() || ends.is_empty() {
        return Err("looking there leaves traces".into());
    }
    let now = broker.describe(at).await.map_err(|e| e.to_string())?;
    let mut back = BTreeSet::new();
    for partition in &now.partitions {
        let from = ends.get(&partition.id).copied().unwrap_or(partition.start).max(partition.start);
        if from >= partition.end {
            continue;
        }
        doubt::read(broker.as_ref(), at, partition.id, from, false, &mut |message| {
            let number: Option<u32> =
                text_field(&message.headers, REPLAY_ID).and_then(|id| id.strip_prefix(&plan.id.0)?.strip_prefix('/')?.parse().ok());
            back.extend(number);
        })
        .await?;
    }
    Ok(back)
}
