//! After a canary step: did one of them come back to the source? Only where looking is free.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use futures::StreamExt;

use crate::broker::{Broker, Brokers, PeekRequest, Peeked, REPLAY_ID, Why};
use crate::decode::{death, identity};
use crate::model::{Address, Message, MessageId, Seat, text_field};
use crate::triage::doubt;
use crate::triage::plan::{Deed, ReplayPlan};

/// Messages of a queue looked through at most, before and after each step.
const MOST: usize = 20_000;

/// What the source showed before the step; an error says why that is not known.
pub(super) type Before = Result<Shown, String>;

pub(super) enum Shown {
    /// Where a log's partitions ended: what comes back is behind that.
    Ends(BTreeMap<i32, i64>),
    /// Where a queue's messages sat.
    Seats(HashSet<Seat>),
}

/// Notes what the source shows.
pub(super) async fn before(plan: &ReplayPlan, brokers: &Brokers) -> Before {
    let at = plan.ask.from.at();
    let broker = brokers.get(&at.conn).ok_or_else(|| format!("no connection {}", at.conn))?;
    let cost = broker.cost(at).await.map_err(|e| e.to_string())?;
    if let Some(why) = cost.refused {
        return Err(why);
    }
    if !cost.leaves.is_empty() {
        return Err("looking there leaves traces".into());
    }
    let detail = broker.describe(at).await.map_err(|e| e.to_string())?;
    if !detail.partitions.is_empty() {
        return Ok(Shown::Ends(detail.partitions.iter().map(|p| (p.id, p.end)).collect()));
    }
    let mut seats = HashSet::new();
    through(broker.as_ref(), at, |message| seats.extend([message.seat])).await?;
    Ok(Shown::Seats(seats))
}

/// Numbers of this plan's messages, of those that `left` the source, that are there again.
pub(super) async fn came_back(plan: &ReplayPlan, brokers: &Brokers, before: Before, left: &BTreeSet<u32>) -> Result<BTreeSet<u32>, String> {
    let before = before?;
    // one that goes to where it came from is found there because it was put there
    if plan.ask.deed != Deed::Replay || plan.targets.iter().any(|t| t.messages > 0 && &t.at == plan.ask.from.at()) {
        return Ok(BTreeSet::new());
    }
    let at = plan.ask.from.at();
    let broker = brokers.get(&at.conn).ok_or_else(|| format!("no connection {}", at.conn))?;
    let mut back = BTreeSet::new();
    match before {
        Shown::Ends(ends) => {
            let now = broker.describe(at).await.map_err(|e| e.to_string())?;
            for partition in &now.partitions {
                let from = ends.get(&partition.id).copied().unwrap_or(partition.start).max(partition.start);
                if from < partition.end {
                    doubt::read(broker.as_ref(), at, partition.id, from, false, &mut |m| back.extend(marked(plan, m))).await?;
                }
            }
        }
        Shown::Seats(seats) => {
            let items = || left.iter().filter_map(|n| plan.item(*n));
            let by_seat: HashMap<&Seat, u32> = items().map(|i| (&i.seat, i.n)).collect();
            let by_id: HashMap<&MessageId, u32> = items().map(|i| (&i.id, i.n)).collect();
            through(broker.as_ref(), at, |m| {
                let again = matches!(m.seat, Seat::Id(_)).then(|| by_seat.get(&m.seat)).flatten();
                let anew = || by_id.get(&identity(&m, &death(&m))).filter(|_| !seats.contains(&m.seat));
                back.extend(marked(plan, &m).or_else(|| again.or_else(anew).copied()));
            })
            .await?;
        }
    }
    Ok(back)
}

/// A message's number in this plan, by our mark.
fn marked(plan: &ReplayPlan, message: &Message) -> Option<u32> {
    text_field(&message.headers, REPLAY_ID)?.strip_prefix(&plan.id.0)?.strip_prefix('/')?.parse().ok()
}

/// Looks through a queue, which costs nothing there; an error if it does not show all of itself.
async fn through(broker: &dyn Broker, at: &Address, mut each: impl FnMut(Message) + Send) -> Result<(), String> {
    let mut flow = broker.peek(PeekRequest::new(at.clone(), MOST));
    while let Some(step) = flow.next().await {
        match step.map_err(|e| e.to_string())? {
            Peeked::Batch(messages) => messages.into_iter().for_each(&mut each),
            Peeked::Progress { .. } | Peeked::Doomed(_) => {}
            Peeked::End { why: Why::Complete, .. } => return Ok(()),
            Peeked::End { read, .. } => return Err(format!("only the first {read} of the queue could be looked through")),
        }
    }
    Err("the look broke off".into())
}
