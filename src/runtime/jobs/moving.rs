//! Jobs of a whole queue's move by its broker's own mover: its plan, and the move itself.

use tokio::sync::{mpsc, watch};

use crate::app::effect::News;
use crate::broker::{BulkPhase, BulkState, Error, ErrorKind, Result};
use crate::decode::safe;
use crate::model::Destination;
use crate::runtime::{Out, Rooms};
use crate::triage::moving::survey;
use crate::triage::plan::{Deed, MoveAsk, MovePlan};
use crate::triage::replay::{Means, move_all};
use crate::triage::report::Wish;

/// What it would do; nothing is written.
pub async fn plan(source: &Destination, per_second: Option<u32>, rooms: &Rooms, out: &Out) -> Result<()> {
    let ask = MoveAsk { from: source.at.clone(), to: None, per_second, by: rooms.permit.actor.clone(), reason: None };
    let found = survey(ask, source, &rooms.brokers, &rooms.hands, &rooms.ledger).await;
    let plan = found.map_err(|e| Error::new(ErrorKind::Unexpected, "read the ledger", e.to_string()).about(&source.at))?;
    out.tell(News::Moving(Box::new(plan))).await;
    Ok(())
}

/// Moves, and tells how far it is; `Wish::Stop` cancels the mover.
pub async fn carry(plan: &MovePlan, rooms: &Rooms, wish: watch::Receiver<Wish>, out: &Out) -> Result<()> {
    let from = &plan.ask.from;
    let allowed = rooms.permit.allows(Deed::Replay, rooms.context.dead_letters.rules_for(&from.name));
    allowed.map_err(|why| Error::new(ErrorKind::Denied, "move all", why).about(from))?;
    let means = Means { brokers: rooms.brokers.clone(), hands: rooms.hands.clone(), ledger: rooms.ledger.clone() };
    // a mover is asked once a second, so what is said of it is never much
    let (said, mut words) = mpsc::unbounded_channel();
    let say = move |s: &BulkState| {
        let _ = said.send(News::Moved { moved: s.moved, of: s.of });
    };
    let work = move_all(plan, &means, &say, wish);
    tokio::pin!(work);
    let state = loop {
        tokio::select! {
            biased;
            Some(news) = words.recv() => out.tell(news).await,
            state = &mut work => break state?,
        }
    };
    let moved = state.moved.value().map_or_else(|| "?".to_owned(), |n| n.to_string());
    let how = match &state.phase {
        BulkPhase::Done | BulkPhase::Running => "moved",
        BulkPhase::Cancelled => "moved, then cancelled",
        BulkPhase::Failed(why) => {
            return Err(Error::new(ErrorKind::Unexpected, "move all", format!("{moved} moved, then: {why}"))
                .about(from)
                .next("look at both queues"));
        }
    };
    out.tell(News::Done(format!("{}: {moved} {how}; what was read before is of then (r)", safe(&from.to_string())))).await;
    Ok(())
}
