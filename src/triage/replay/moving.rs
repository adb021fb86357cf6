//! Starting the broker's own mover, following it, and stopping it; what was asked, its id and its end go into the ledger.

use std::time::Duration;

use tokio::sync::watch;

use super::Means;
use crate::broker::{BulkAsk, BulkPhase, BulkState, Done, Error, ErrorKind, Result, Writer};
use crate::model::Address;
use crate::triage::moving::RUNNING;
use crate::triage::plan::MovePlan;
use crate::triage::report::{Mark, MarkKind, Wish};

/// How often a mover is asked how far it is.
const ASK: Duration = Duration::from_secs(1);
/// Questions in a row that may fail before nothing more is said of it; it goes on by itself.
const DEAF: u32 = 30;

/// Starts the move, or follows the one that the ledger has as running, to its end; `Wish::Stop` cancels it. Dropping the future leaves it to the
/// broker, and the next call follows it.
pub async fn move_all(
    plan: &MovePlan,
    means: &Means,
    say: &(dyn Fn(&BulkState) + Sync),
    mut wish: watch::Receiver<Wish>,
) -> Result<BulkState> {
    let from = &plan.ask.from;
    if let Some(why) = plan.blocked.as_ref().filter(|_| plan.running.is_none()) {
        return Err(Error::new(ErrorKind::Unsupported, "move all", why.clone()).about(from));
    }
    let hand = means.hands.0.get(&from.conn);
    let hand = hand.ok_or_else(|| Error::new(ErrorKind::ReadOnly, "move all", "this connection may not write").about(from))?;
    let mut state = match &plan.running {
        Some(id) => match hand.bulk(BulkAsk::State { from: from.clone(), id: id.clone() }).await {
            Err(e) if e.kind == ErrorKind::Gone => {
                // nobody knows it any more: it is not followed a second time
                note(plan, means, id, "forgotten by the broker").await?;
                return Err(e);
            }
            other => other?,
        },
        None => begin(plan, means, hand.as_ref()).await?,
    };
    let id = state.id.clone();
    let mut failed = 0;
    while state.phase == BulkPhase::Running {
        say(&state);
        let stop = tokio::select! {
            () = tokio::time::sleep(ASK) => false,
            changed = wish.changed() => {
                if changed.is_err() {
                    // nobody can wish any more; only the clock counts
                    tokio::time::sleep(ASK).await;
                }
                matches!(*wish.borrow(), Wish::Stop)
            }
        };
        let ask = if stop {
            BulkAsk::Cancel { from: from.clone(), id: id.clone() }
        } else {
            BulkAsk::State { from: from.clone(), id: id.clone() }
        };
        match hand.bulk(ask).await {
            Ok(now) => (state, failed) = (now, 0),
            Err(e) if stop || failed >= DEAF || !e.retry => return Err(e),
            Err(_) => failed += 1,
        }
    }
    say(&state);
    note(plan, means, &id, &ended(&state)).await?;
    Ok(state)
}

/// What was asked is on record before it is asked for, and its id as soon as there is one.
async fn begin(plan: &MovePlan, means: &Means, hand: &dyn Writer) -> Result<BulkState> {
    let ask = &plan.ask;
    let to = ask.to.as_ref().map_or_else(|| "where each came from".to_owned(), Address::to_string);
    note(plan, means, "", &format!("asked for, to {to}")).await?;
    let start = BulkAsk::Start { from: ask.from.clone(), to: ask.to.clone(), per_second: ask.per_second };
    match hand.bulk(start).await {
        Ok(state) => match note(plan, means, &state.id, RUNNING).await {
            Ok(()) => Ok(state),
            Err(e) => Err(e.next(format!("the broker moves them all the same, as {}: follow it in the broker's console", state.id))),
        },
        Err(e) => {
            let how = if e.done == Done::No { "not started" } else { "perhaps started" };
            note(plan, means, "", &format!("{how}: {e}")).await?;
            Err(e)
        }
    }
}

fn ended(state: &BulkState) -> String {
    let moved = state.moved.value().map_or_else(|| "?".to_owned(), |n| n.to_string());
    match &state.phase {
        BulkPhase::Running => RUNNING.into(),
        BulkPhase::Done => format!("done, {moved} moved"),
        BulkPhase::Cancelled => format!("cancelled, {moved} moved"),
        BulkPhase::Failed(why) => format!("failed, {moved} moved: {why}"),
    }
}

async fn note(plan: &MovePlan, means: &Means, id: &str, value: &str) -> Result<()> {
    let mark = Mark {
        seq: 0,
        kind: MarkKind::Mover,
        place: plan.ask.from.clone(),
        subject: id.to_owned(),
        value: value.to_owned(),
        actor: plan.ask.by.name.clone(),
        reason: plan.ask.reason.clone(),
        at: std::time::SystemTime::now(),
    };
    let written = means.ledger.mark(mark).await;
    written.map(|_| ()).map_err(|e| Error::new(ErrorKind::Unexpected, "write the ledger", e.to_string()).about(&plan.ask.from))
}
