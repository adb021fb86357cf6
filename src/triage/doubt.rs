//! In doubt: published or not? Settled by evidence where the target can give it, by a person where not; never guessed.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures::StreamExt;

use super::ledger::{Lease, LedgerError, OpenIntent, TriageLedger};
use super::plan::{Actor, PlanId, Planned, ReplayPlan, Way, Where};
use super::report::{Outcome, Skip};
use crate::broker::{Broker, Brokers, Doubt, PeekRequest, Peeked, REPLAY_ID, Receipt, Start, Stop, Why};
use crate::model::{Address, Message, MessageId, Seat, text_field};

/// After this long nothing that was handed to a broker by a run that ended can still be on its way there.
/// Unit tests run on the memory broker, where nothing is ever on its way.
pub const QUIET: Duration = Duration::from_millis(if cfg!(test) { 10 } else { 5_000 });
/// A run that wrote its last intent this long ago has long given up on it, too: longer than a write's deadline.
const LONG_AGO: Duration = Duration::from_secs(60);
/// Messages of a target read in one go.
const READ: usize = 100_000;
/// Bytes in one batch of such a read.
const READ_BYTES: usize = 4 << 20;

/// What was found about one message in doubt.
#[derive(Clone, Debug, PartialEq)]
pub enum Finding {
    /// It is there.
    Arrived(Receipt),
    /// All of the target from the noted ends on was read, and it is not there.
    NotThere,
    /// Nothing proves it: a person has to say. Why, in words.
    Ask(String),
}

/// One message in doubt, with what was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Doubtful {
    pub plan: PlanId,
    /// Its number in the plan.
    pub n: u32,
    pub id: MessageId,
    pub seat: Seat,
    /// Where it was to go.
    pub to: Option<Address>,
    /// What it would carry there, to look for it by hand.
    pub replay_id: String,
    /// When it was about to be published.
    pub at: SystemTime,
    pub finding: Finding,
}

/// What a person says after having looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Arrived,
    /// It may be sent again by a resume.
    NotArrived,
}

/// Why doubt could not be looked into.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Unclear {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error("plan {plan} is being carried out by {by}; watch it there")]
    Busy { plan: PlanId, by: String },
    #[error("there is no plan {0} in the ledger")]
    NoPlan(PlanId),
    #[error("message {n} of plan {plan} is not in doubt")]
    NotInDoubt { plan: PlanId, n: u32 },
}

/// Clears up all that nobody has in hand: at the start of a face. Gives what is left to ask about.
pub async fn clear_all(brokers: &Brokers, ledger: &TriageLedger) -> Result<Vec<Doubtful>, Unclear> {
    let open = ledger.open_intents(None).await?;
    let plans: BTreeSet<PlanId> = open.into_iter().filter(|i| !i.running).map(|i| i.plan).collect();
    let mut left = Vec::new();
    for id in plans {
        match clear(&id, brokers, ledger).await {
            Ok(found) => left.extend(found),
            // somebody took it in hand meanwhile: it is theirs
            Err(Unclear::Busy { .. }) => {}
            Err(e) => return Err(e),
        }
    }
    Ok(left)
}

/// Clears up one plan, unless somebody carries it out. Waits until nothing can be on its way any more. Gives what is left to ask about.
pub async fn clear(id: &PlanId, brokers: &Brokers, ledger: &TriageLedger) -> Result<Vec<Doubtful>, Unclear> {
    let plan = ledger.plan(id.clone()).await?.ok_or_else(|| Unclear::NoPlan(id.clone()))?;
    let plan = Arc::new(plan);
    let lease = take(&plan, "clears up what is in doubt", ledger).await?;
    let left = clear_held(&plan, &lease, brokers, ledger).await;
    give_back(lease, ledger).await;
    Ok(left?)
}

/// The same, for the holder of the plan's lease.
pub(super) async fn clear_held(
    plan: &Arc<ReplayPlan>,
    lease: &Lease,
    brokers: &Brokers,
    ledger: &TriageLedger,
) -> super::ledger::Result<Vec<Doubtful>> {
    let open = ledger.open_intents(Some(plan.id.clone())).await?;
    if open.is_empty() {
        return Ok(Vec::new());
    }
    let newest = open.iter().map(|i| i.at).max().unwrap_or(SystemTime::UNIX_EPOCH);
    wait_until_quiet(newest, lease, ledger).await?;
    let found = look(plan, &open, brokers).await;
    let certain = found.iter().filter_map(|d| Some((d.n, outcome(plan, d)?))).collect::<Vec<_>>();
    // one cut off by a crash that stays unknown is said to be in doubt from now on
    let unknown = found.iter().filter_map(|d| match &d.finding {
        Finding::Ask(why) => Some((d.n, Outcome::InDoubt { why: why.clone() })),
        _ => None,
    });
    ledger.clear_up(Arc::clone(plan), lease.clone(), certain.into_iter().chain(unknown).collect(), None).await?;
    Ok(found.into_iter().filter(|d| matches!(d.finding, Finding::Ask(_))).collect())
}

/// What is open or in doubt now and what a look at the targets says of it; changes nothing.
pub async fn examine(id: &PlanId, brokers: &Brokers, ledger: &TriageLedger) -> Result<Vec<Doubtful>, Unclear> {
    let plan = ledger.plan(id.clone()).await?.ok_or_else(|| Unclear::NoPlan(id.clone()))?;
    let open = ledger.open_intents(Some(id.clone())).await?;
    Ok(look(&plan, &open, brokers).await)
}

/// A person's word on one message in doubt, which goes into the ledger with name and reason.
pub async fn settle_by_hand(
    id: &PlanId,
    n: u32,
    answer: Answer,
    by: &Actor,
    reason: Option<String>,
    ledger: &TriageLedger,
) -> Result<(), Unclear> {
    let plan = Arc::new(ledger.plan(id.clone()).await?.ok_or_else(|| Unclear::NoPlan(id.clone()))?);
    let item = plan.item(n).ok_or_else(|| Unclear::NotInDoubt { plan: id.clone(), n })?;
    let lease = take(&plan, "settles what is in doubt", ledger).await?;
    let outcome = match answer {
        Answer::Arrived => arrived(&plan, item, None),
        Answer::NotArrived => Outcome::Untouched,
    };
    let changed = ledger.clear_up(Arc::clone(&plan), lease.clone(), vec![(n, outcome)], Some((by.name.clone(), reason))).await;
    give_back(lease, ledger).await;
    if changed? == 0 { Err(Unclear::NotInDoubt { plan: id.clone(), n }) } else { Ok(()) }
}

/// A person decides that one in doubt is not to be sent again and counts as passed over.
pub async fn leave_by_hand(id: &PlanId, n: u32, by: &Actor, reason: Option<String>, ledger: &TriageLedger) -> Result<(), Unclear> {
    let plan = Arc::new(ledger.plan(id.clone()).await?.ok_or_else(|| Unclear::NoPlan(id.clone()))?);
    let lease = take(&plan, "settles what is in doubt", ledger).await?;
    let changed = ledger.clear_up(plan, lease.clone(), vec![(n, Outcome::Skipped(Skip::ByPerson))], Some((by.name.clone(), reason))).await;
    give_back(lease, ledger).await;
    if changed? == 0 { Err(Unclear::NotInDoubt { plan: id.clone(), n }) } else { Ok(()) }
}

async fn take(plan: &ReplayPlan, what: &str, ledger: &TriageLedger) -> Result<Lease, Unclear> {
    let who = format!("{what} ({})", std::process::id());
    match ledger.lease_plan(&plan.id, who).await? {
        Ok(lease) => Ok(lease),
        Err((by, _)) => Err(Unclear::Busy { plan: plan.id.clone(), by }),
    }
}

/// A lease that cannot be given back runs out by itself.
async fn give_back(lease: Lease, ledger: &TriageLedger) {
    let _ = ledger.release(lease).await;
}

/// Waits until nothing can be on its way any more: not long after a run there may be something, long after it there cannot.
async fn wait_until_quiet(newest: SystemTime, lease: &Lease, ledger: &TriageLedger) -> super::ledger::Result<()> {
    let last = lease.cut_off.map_or(newest, |cut| cut.max(newest));
    // a clock that went back looks like just now
    let age = SystemTime::now().duration_since(last).unwrap_or_default();
    if age < LONG_AGO {
        // the client of a run that was only broken off in a living process tries on for up to 30 s; its lease has run out after 20
        tokio::time::sleep(if lease.may_live { QUIET * 3 } else { QUIET }).await;
    }
    ledger.keep(lease).await
}

fn outcome(plan: &ReplayPlan, doubtful: &Doubtful) -> Option<Outcome> {
    match &doubtful.finding {
        Finding::Arrived(receipt) => plan.item(doubtful.n).map(|item| arrived(plan, item, Some(receipt.clone()))),
        Finding::NotThere => Some(Outcome::Untouched),
        Finding::Ask(_) => None,
    }
}

fn arrived(plan: &ReplayPlan, item: &Planned, receipt: Option<Receipt>) -> Outcome {
    if item.way == Way::Remove {
        return Outcome::Marked { removed: true };
    }
    let to = plan.to(item).cloned().unwrap_or_else(|| plan.ask.from.at().clone());
    let receipt = receipt.unwrap_or(Receipt { to, seat: None });
    // it was published, whether it was also taken out is another matter: a resume does that where it is still there
    if plan.removes { Outcome::Unsettled { receipt } } else { Outcome::Replayed { receipt } }
}

/// Looks for each where its target can show it.
async fn look(plan: &ReplayPlan, open: &[OpenIntent], brokers: &Brokers) -> Vec<Doubtful> {
    let mut found: Vec<Doubtful> = Vec::new();
    let mut scans: BTreeMap<Address, Vec<usize>> = BTreeMap::new();
    for intent in open {
        let item = plan.item(intent.n);
        let to = item.and_then(|i| plan.to(i)).cloned();
        let replay_id = format!("{}/{}", plan.id, intent.n);
        let way = to.as_ref().and_then(|to| plan.targets.iter().find(|t| &t.at == to)).map_or(Doubt::Ask, |t| t.doubt);
        let finding = match (item.map(|i| &i.way), way) {
            // a mark touches no broker: making it again changes nothing
            (Some(Way::Mark), _) => Finding::NotThere,
            (Some(Way::Remove), _) => {
                Finding::Ask("whether it was taken out of its source shows only there; its copy is in the ledger".into())
            }
            (_, Doubt::ScanTarget) => Finding::Ask("not looked for yet".into()),
            (_, Doubt::Ask) => Finding::Ask("the target cannot show what arrived".into()),
            (_, Doubt::LookAtSource | Doubt::SendAgain(_)) => Finding::Ask("this version cannot clear this up by itself".into()),
        };
        if let (Some(to), Some(Way::Publish), Doubt::ScanTarget) = (&to, item.map(|i| &i.way), way) {
            scans.entry(to.clone()).or_default().push(found.len());
        }
        found.push(Doubtful {
            plan: plan.id.clone(),
            n: intent.n,
            id: intent.id.clone(),
            seat: intent.seat.clone(),
            to,
            replay_id,
            at: intent.at,
            finding,
        });
    }
    for (target, which) in scans {
        let wanted: Vec<(usize, &OpenIntent)> = which.iter().filter_map(|i| Some((*i, open.get(*i)?))).collect();
        let findings = match brokers.get(&target.conn) {
            None => wanted.iter().map(|(i, _)| (*i, Finding::Ask(format!("no connection {} in this context", target.conn)))).collect(),
            Some(broker) => scan(plan, &target, &wanted, broker.as_ref()).await,
        };
        for (i, finding) in findings {
            if let Some(doubtful) = found.get_mut(i) {
                doubtful.finding = finding;
            }
        }
    }
    found
}

/// Reads the target from the noted ends on and looks for the replay ids.
async fn scan(plan: &ReplayPlan, target: &Address, wanted: &[(usize, &OpenIntent)], broker: &dyn Broker) -> Vec<(usize, Finding)> {
    let detail = match broker.describe(target).await {
        Ok(detail) => detail,
        Err(e) => return wanted.iter().map(|(i, _)| (*i, Finding::Ask(format!("the target could not be asked: {e}")))).collect(),
    };
    // partitions to read, each from the earliest end that was noted for it
    let mut from: BTreeMap<i32, i64> = BTreeMap::new();
    let mut sought: HashMap<String, usize> = HashMap::new();
    for (i, intent) in wanted {
        sought.insert(format!("{}/{}", plan.id, intent.n), *i);
        for (partition, end) in aims(plan, target, intent) {
            from.entry(partition).and_modify(|e| *e = (*e).min(end)).or_insert(end);
        }
    }
    let mut there: HashMap<usize, Receipt> = HashMap::new();
    // found, but perhaps in a transaction that never was committed: nobody else would see it
    let mut open: HashMap<usize, Receipt> = HashMap::new();
    // partition → why its silence proves nothing
    let mut blind: BTreeMap<i32, String> = BTreeMap::new();
    for (partition, start) in from {
        let Some(now) = detail.partitions.iter().find(|p| p.id == partition) else {
            blind.insert(partition, format!("partition {partition} is no longer there"));
            continue;
        };
        if now.end < start {
            blind.insert(partition, format!("partition {partition} ends at {} and once ended at {start}: it was made anew", now.end));
            continue;
        }
        if detail.compacted {
            blind.insert(partition, "the target is compacted: a newer value may have taken its place".into());
        } else if now.start > start {
            blind.insert(
                partition,
                format!("partition {partition} begins at {} now, after the {start} to look from: retention took part of it", now.start),
            );
        }
        let begin = start.max(now.start);
        if begin >= now.end {
            continue;
        }
        let mut found: HashMap<usize, Receipt> = HashMap::new();
        let mut committed: BTreeSet<usize> = BTreeSet::new();
        let sought_in = |message: &Message| text_field(&message.headers, REPLAY_ID).and_then(|id| sought.get(id)).copied();
        let mut see = |message: &Message| {
            if let Some(i) = sought_in(message) {
                found.entry(i).or_insert_with(|| Receipt { to: target.clone(), seat: Some(message.seat.clone()) });
            }
        };
        if let Err(why) = read(broker, target, partition, begin, false, &mut see).await {
            blind.insert(partition, why);
        }
        if found.is_empty() {
            continue;
        }
        // an end that cannot be read leaves what was found before it certain all the same
        let _ = read(broker, target, partition, begin, true, &mut |message| committed.extend(sought_in(message))).await;
        for (i, receipt) in found {
            if committed.contains(&i) {
                there.insert(i, receipt)
            } else {
                open.insert(i, receipt)
            };
        }
    }
    let verdict = |(i, intent): &(usize, &OpenIntent)| {
        if let Some(receipt) = there.get(i) {
            return (*i, Finding::Arrived(receipt.clone()));
        }
        if let Some(seat) = open.get(i).and_then(|r| r.seat.as_ref()) {
            return (
                *i,
                Finding::Ask(format!(
                    "it is at {seat}, in or behind a transaction that is open or was given up: whether readers ever see it is not certain"
                )),
            );
        }
        let aims = aims(plan, target, intent);
        if aims.is_empty() {
            return (*i, Finding::Ask("the ends of the target were not noted".into()));
        }
        match aims.keys().find_map(|p| blind.get(p)) {
            Some(why) => (*i, Finding::Ask(why.clone())),
            None => (*i, Finding::NotThere),
        }
    };
    wanted.iter().map(verdict).collect()
}

/// Partitions that a message may have gone to, with the noted end of each.
fn aims(plan: &ReplayPlan, target: &Address, intent: &OpenIntent) -> BTreeMap<i32, i64> {
    let Some(ends) = intent.ends.as_ref().and_then(|e| e.of(target)) else { return BTreeMap::new() };
    match plan.item(intent.n).map(|i| i.place) {
        Some(Where::Partition(p)) => ends.get(&p).map(|end| (p, *end)).into_iter().collect(),
        _ => ends.clone(),
    }
}

/// Reads one partition from an offset to its present end; unless `committed_only`, open and aborted transactions too. The error says why it is not
/// all that there is.
pub(super) async fn read(
    broker: &dyn Broker,
    target: &Address,
    partition: i32,
    offset: i64,
    committed_only: bool,
    see: &mut (dyn FnMut(&Message) + Send),
) -> Result<(), String> {
    let mut start = Start::Seat(Seat::Offset { partition, offset });
    loop {
        let want = PeekRequest { start, stop: Stop::Now, max_bytes: READ_BYTES, committed_only, ..PeekRequest::new(target.clone(), READ) };
        let mut flow = broker.peek(want);
        let mut more = None;
        let mut why = None;
        while let Some(step) = flow.next().await {
            match step.map_err(|e| format!("the target could not be read to its end: {e}"))? {
                Peeked::Batch(messages) => messages.iter().for_each(&mut *see),
                Peeked::Progress { .. } => {}
                Peeked::End { why: end, more: next, .. } => {
                    why = Some(end);
                    more = next;
                    break;
                }
            }
        }
        match (why, more) {
            (Some(Why::Complete), _) => return Ok(()),
            (Some(Why::Limit), Some(cursor)) => start = Start::From(cursor),
            _ => return Err("the target could not be read to its end".into()),
        }
    }
}

#[cfg(test)]
mod tests;
