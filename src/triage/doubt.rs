//! In doubt: published or not? Settled by evidence where the target can give it, by a person where not; never guessed.

mod look;
mod source;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::ledger::{Lease, LedgerError, TriageLedger};
use super::plan::{Actor, PlanId, Planned, ReplayPlan, Source, Way};
use super::report::{Answer, Outcome, Skip};
use crate::broker::{Brokers, Receipt};
use crate::model::{Address, MessageId, Seat};

use look::look;
pub(super) use look::read;
pub(super) use source::quiet;

/// After this long nothing that was handed to a broker by a run that ended can still be on its way there.
/// Unit tests run on the memory broker, where nothing is ever on its way.
pub const QUIET: Duration = Duration::from_millis(if cfg!(test) { 10 } else { 5_000 });
/// A run that wrote its last intent this long ago has long given up on it, too: longer than a write's deadline.
const LONG_AGO: Duration = Duration::from_secs(60);
/// What was found about one message in doubt.
#[derive(Clone, Debug, PartialEq)]
pub enum Finding {
    /// It is there.
    Arrived(Receipt),
    /// It was to be carried, publishing and removal as one act, and it has left its source.
    Left(Receipt),
    /// All of the target from the noted ends on was read, and it is not there; or it was to be carried and is where it was.
    NotThere,
    /// The target knows it again for so long: sent again within that, it is delivered once, whether or not it had arrived. Until then it is in doubt.
    Again(Duration),
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
    let left = clear_held(&plan, &lease, brokers, ledger, false).await;
    give_back(lease, ledger).await;
    Ok(left?)
}

/// The same, for the holder of the plan's lease; `sends`: a run that sends at once what it may send again.
pub(super) async fn clear_held(
    plan: &Arc<ReplayPlan>,
    lease: &Lease,
    brokers: &Brokers,
    ledger: &TriageLedger,
    sends: bool,
) -> super::ledger::Result<Vec<Doubtful>> {
    let open = ledger.open_intents(Some(plan.id.clone())).await?;
    if open.is_empty() {
        return Ok(Vec::new());
    }
    let newest = open.iter().map(|i| i.at).max().unwrap_or(SystemTime::UNIX_EPOCH);
    wait_until_quiet(newest, lease, ledger).await?;
    let found = look(plan, &open, brokers, sends).await;
    let certain = found.iter().filter_map(|d| Some((d.n, outcome(plan, d)?))).collect::<Vec<_>>();
    // one cut off by a crash that stays unknown is said to be in doubt from now on
    let unknown = found.iter().filter_map(|d| match &d.finding {
        Finding::Ask(why) => Some((d.n, Outcome::InDoubt { why: why.clone() })),
        Finding::Again(left) => Some((d.n, Outcome::InDoubt { why: delivered_once(*left) })),
        _ => None,
    });
    ledger.clear_up(Arc::clone(plan), lease.clone(), certain.into_iter().chain(unknown).collect(), None).await?;
    Ok(found.into_iter().filter(|d| matches!(d.finding, Finding::Ask(_) | Finding::Again(_))).collect())
}

/// What is open or in doubt now and what a look at the targets says of it; changes nothing.
pub async fn examine(id: &PlanId, brokers: &Brokers, ledger: &TriageLedger) -> Result<Vec<Doubtful>, Unclear> {
    let plan = ledger.plan(id.clone()).await?.ok_or_else(|| Unclear::NoPlan(id.clone()))?;
    let open = ledger.open_intents(Some(id.clone())).await?;
    Ok(look(&plan, &open, brokers, false).await)
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
        Answer::Leave => Outcome::Skipped(Skip::ByPerson),
    };
    let changed = ledger.clear_up(Arc::clone(&plan), lease.clone(), vec![(n, outcome)], Some((by.name.clone(), reason))).await;
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
        // its source was looked into, and it is not there any more
        Finding::Left(receipt) => Some(Outcome::Replayed { receipt: receipt.clone() }),
        Finding::Arrived(receipt) => plan.item(doubtful.n).map(|item| arrived(plan, item, Some(receipt.clone()))),
        Finding::NotThere => Some(Outcome::Untouched),
        Finding::Again(_) | Finding::Ask(_) => None,
    }
}

/// What is to be done about one that its target knows again for so long.
pub(super) fn delivered_once(left: Duration) -> String {
    format!("sent again within {} s more it is delivered once, whether or not it had arrived: go on with the plan now", left.as_secs())
}

fn arrived(plan: &ReplayPlan, item: &Planned, receipt: Option<Receipt>) -> Outcome {
    match item.way {
        Way::Remove => return Outcome::Marked { removed: true },
        Way::Mark => return Outcome::Marked { removed: false },
        Way::Publish | Way::LeftOut(_) => {}
    }
    let to = plan.to(item).cloned().unwrap_or_else(|| plan.ask.from.at().clone());
    let receipt = receipt.unwrap_or(Receipt { to, seat: None });
    // it was published, whether it was also taken out is another matter: a resume does that where it is still there. A copy lies nowhere
    if plan.removes && matches!(plan.ask.from, Source::Queue(_)) { Outcome::Unsettled { receipt } } else { Outcome::Replayed { receipt } }
}

#[cfg(test)]
mod tests;
