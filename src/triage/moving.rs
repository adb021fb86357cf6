//! Looks, before a whole queue is moved by its broker's own mover: whether it can, where to, who reads there, whether one runs already.

use futures::StreamExt;

use super::ledger::TriageLedger;
use super::plan::{MoveAsk, MovePlan};
use super::replay::Hands;
use super::report::MarkKind;
use crate::broker::{Broker, Brokers, ErrorKind, ReadersRequest};
use crate::model::{Address, Destination, Reader, ReaderKind, Role};

/// Readers of one target that are named; more are counted.
const NAMED: usize = 5;
/// The value of a mark of a mover that was started and whose end was not seen.
pub const RUNNING: &str = "running";

/// What a move would do. Writes nothing; a broker that does not answer blocks it, with its words.
pub async fn survey(
    ask: MoveAsk,
    source: &Destination,
    brokers: &Brokers,
    hands: &Hands,
    ledger: &TriageLedger,
) -> super::ledger::Result<MovePlan> {
    let mut plan = MovePlan { ask, holds: source.depth, targets: Vec::new(), running: None, blocked: None };
    plan.running = running(&plan.ask.from, ledger).await?;
    if let (None, Role::DeadLetter { of, .. }) = (&plan.ask.to, &source.role)
        && let [only] = of.as_slice()
    {
        // of one origin all go there: a mover that must be told where (a shovel) can do it too
        plan.ask.to = Some(only.clone());
    }
    let from = &plan.ask.from;
    let Some(broker) = brokers.get(&from.conn) else {
        plan.blocked = Some(format!("no connection {} in this context", from.conn));
        return Ok(plan);
    };
    plan.blocked = match broker.probe().await {
        Err(e) => Some(e.to_string()),
        Ok(probe) if !probe.capabilities.of(from.kind).bulk => Some(format!("{} has no mover of its own for a whole queue", probe.product)),
        Ok(_) if !hands.may_write(&from.conn) => Some("this connection may not write".into()),
        Ok(_) => None,
    };
    let to: Vec<Address> = match (&plan.ask.to, &source.role) {
        (Some(to), _) => vec![to.clone()],
        (None, Role::DeadLetter { of, .. }) => of.clone(),
        (None, Role::Plain) => Vec::new(),
    };
    for target in to {
        let readers = match brokers.get(&target.conn) {
            Some(broker) => readers(broker.as_ref(), &target).await,
            None => Ok(Vec::new()),
        };
        match readers {
            Ok(readers) => plan.targets.push((target, readers)),
            Err(e) if e.kind == ErrorKind::NotFound => plan.blocked = plan.blocked.or(Some(e.to_string())),
            Err(e) => plan.targets.push((target, vec![format!("? ({e})")])),
        }
    }
    Ok(plan)
}

/// A mover of this queue that the ledger has as running.
pub async fn running(from: &Address, ledger: &TriageLedger) -> super::ledger::Result<Option<String>> {
    let last = ledger.marks(from.clone(), MarkKind::Mover).await?.into_iter().rfind(|m| !m.subject.is_empty());
    Ok(last.filter(|m| m.value == RUNNING).map(|m| m.subject))
}

/// Who a reader is; a queue's own consumers have no name but how many they are.
fn words(reader: &Reader, at: &Address) -> String {
    match (reader.kind, reader.members) {
        (ReaderKind::Queue, None) if reader.name == at.name => "its own consumers (how many is not told)".to_owned(),
        (ReaderKind::Queue, Some(n)) if reader.name == at.name => format!("its own consumers ({n} now)"),
        _ => format!("{} ({})", reader.name, reader.kind.word()),
    }
}

async fn readers(broker: &dyn Broker, at: &Address) -> crate::broker::Result<Vec<String>> {
    let (mut names, mut more) = (Vec::new(), 0_u64);
    let mut flow = broker.readers(ReadersRequest::Of(at.clone()));
    while let Some(batch) = flow.next().await {
        for reader in batch? {
            if names.len() < NAMED {
                names.push(words(&reader, at));
            } else {
                more += 1;
            }
        }
    }
    if more > 0 {
        names.push(format!("{more} more"));
    }
    Ok(names)
}
