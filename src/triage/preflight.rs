//! Looks, before a plan is frozen: targets, rights, limits, who else reads them, what the ledger knows. Writes nothing to a broker.

use std::collections::HashMap;
use std::time::SystemTime;

use futures::StreamExt;

use super::ledger::TriageLedger;
use super::plan::{Draft, Group, Preflight, Refusal, ReplayPlan, Source, Target};
use super::replay::Hands;
use crate::broker::{Broker, Brokers, Detail, ErrorKind, ReadersRequest};
use crate::model::{Address, Reader};

/// Readers of one target at most; more are counted by their first.
const MOST_READERS: usize = 10_000;

/// Why there is no plan.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Unfrozen {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Ledger(#[from] super::ledger::LedgerError),
}

/// Looks, freezes, and keeps the plan in the ledger.
pub async fn freeze(draft: Draft, brokers: &Brokers, hands: &Hands, ledger: &TriageLedger) -> Result<ReplayPlan, Unfrozen> {
    let known = look(&draft, brokers, hands, ledger).await?;
    let plan = draft.freeze(known, SystemTime::now())?;
    ledger.save(&plan).await?;
    Ok(plan)
}

/// Asks about everything that the draft touches. A broker that does not answer is a fact with its trouble, not an error; the ledger must answer.
pub async fn look(draft: &Draft, brokers: &Brokers, hands: &Hands, ledger: &TriageLedger) -> super::ledger::Result<Preflight> {
    let ask = draft.ask();
    let targets = futures::future::join_all(draft.targets().iter().map(|at| target(at, draft, brokers, hands)));
    let source = source(&ask.from, brokers);
    let past = ledger.past(draft.ids());
    let (targets, (removes, source), past) = futures::join!(targets, source, past);
    let resolved = ledger.resolved(ask.from.at().clone(), source.id.clone()).await;
    let starts = source.partitions.iter().map(|p| (p.id, p.start)).collect();
    let open = ledger.open_intents(None).await?;
    let mut places: HashMap<_, Option<Address>> = HashMap::new();
    let mut here = HashMap::new();
    for intent in open {
        // few plans are ever open at once, so each is asked for its source once
        if !places.contains_key(&intent.plan) {
            let from = ledger.plan_row(intent.plan.clone()).await?.and_then(|row| row.from);
            places.insert(intent.plan.clone(), from);
        }
        if places.get(&intent.plan).is_some_and(|from| from.as_ref() == Some(ask.from.at())) {
            here.insert(intent.seat, intent.plan.0);
        }
    }
    let seed = *uuid::Uuid::now_v7().as_bytes();
    Ok(Preflight {
        targets,
        past: past?,
        resolved: resolved?,
        open: here,
        removes: removes.clone().unwrap_or(false),
        trouble: removes.err(),
        source_id: source.id,
        retention: source.retention,
        starts,
        seed,
        at: Some(SystemTime::now()),
    })
}

async fn target(at: &Address, draft: &Draft, brokers: &Brokers, hands: &Hands) -> Target {
    let mut found = Target { hand: hands.may_write(&at.conn), ..Target::unknown(at.clone()) };
    let Some(broker) = brokers.get(&at.conn) else {
        found.trouble = Some(format!("no connection {} in this context", at.conn));
        return found;
    };
    let (probe, detail, readers) = futures::join!(broker.probe(), broker.describe(at), readers(broker.as_ref(), at));
    match probe {
        Ok(probe) => found.doubt = probe.capabilities.of(at.kind).doubt,
        Err(e) => found.trouble = Some(e.to_string()),
    }
    match detail {
        Ok(detail) => {
            found.exists = Some(true);
            found.partitions = u32::try_from(detail.partitions.len()).unwrap_or(u32::MAX);
            found.may_write = detail.may_write;
            found.max_bytes = detail.max_message_bytes;
            found.compacted = detail.compacted;
            found.subscribers = detail.subscribers;
            found.dead_letters = detail.dead_letters.map(|all| all.into_iter().map(|a| a.name).collect());
            found.doubt = detail.doubt.unwrap_or(found.doubt);
        }
        Err(e) if e.kind == ErrorKind::NotFound => found.exists = Some(false),
        Err(e) => found.trouble = Some(e.to_string()),
    }
    match readers {
        Ok(readers) => found.readers = readers.iter().map(|r| Group::of(r, at, draft.failed_by())).collect(),
        Err(e) => found.trouble = Some(found.trouble.map_or(format!("who reads it: {e}"), |t| format!("{t}; who reads it: {e}"))),
    }
    found.readers.sort_by(|a, b| {
        (b.members.unwrap_or(0) > 0, b.failed).cmp(&(a.members.unwrap_or(0) > 0, a.failed)).then_with(|| a.name.cmp(&b.name))
    });
    found
}

async fn readers(broker: &dyn Broker, at: &Address) -> crate::broker::Result<Vec<Reader>> {
    let mut all = Vec::new();
    let mut flow = broker.readers(ReadersRequest::Of(at.clone()));
    while let Some(batch) = flow.next().await {
        all.extend(batch?);
        if all.len() >= MOST_READERS {
            break;
        }
    }
    Ok(all)
}

/// Whether the source lets go of a message, or why that is not known, and what it is.
async fn source(from: &Source, brokers: &Brokers) -> (Result<bool, String>, Detail) {
    let Some(broker) = brokers.get(&from.at().conn) else {
        return (Err(format!("no connection {} in this context", from.at().conn)), Detail::default());
    };
    let (probe, detail) = futures::join!(broker.probe(), broker.describe(from.at()));
    (probe.map(|p| p.capabilities.of(from.at().kind).remove).map_err(|e| e.to_string()), detail.unwrap_or_default())
}
