//! `redrive replay QUEUE --bulk`: all of a queue by its broker's own mover, with its plan, its progress and its end.

use std::io::{self, IsTerminal, Write as _};

use serde_json::{Value, json};
use tokio::sync::watch;

use super::consent;
use crate::broker::{BulkPhase, BulkState, Error, ErrorKind};
use crate::cli::args::ReplayArgs;
use crate::cli::exit::Exit;
use crate::cli::output::document;
use crate::cli::{Desk, complain, find, say, stopped};
use crate::decode::{human, safe};
use crate::triage::moving::survey;
use crate::triage::plan::{Deed, MoveAsk, MovePlan};
use crate::triage::replay::move_all;
use crate::triage::report::Wish;

/// Plans, agrees, starts or follows, and says what came of it. ctrl-c cancels the mover.
pub async fn bulk_command(desk: &Desk, args: &ReplayArgs) -> io::Result<Exit> {
    let plan = match planned(desk, args).await {
        Ok(plan) => plan,
        Err(exit) => return Ok(exit),
    };
    let text = plan.lines().iter().map(|l| safe(l).into_owned()).collect::<Vec<_>>().join("\n");
    if args.dry_run {
        document(desk.format, "move", &format!("{text}\n"), object(&plan, None))?;
        say(&format!("nothing was written; {} --yes carries it out", plan.command()));
        return Ok(Exit::All);
    }
    say(&text);
    if plan.running.is_none()
        && let Err(exit) = consent::agree_to_move(desk, &plan, &args.consent)
    {
        return Ok(exit);
    }
    let (tell, wish) = watch::channel(Wish::Run { per_second: None });
    let quiet = !io::stderr().is_terminal();
    let bar = |s: &BulkState| progress(s, quiet);
    let work = move_all(&plan, &desk.means, &bar, wish);
    tokio::pin!(work);
    let ended = tokio::select! {
        ended = &mut work => ended,
        () = stopped() => {
            say("cancelling the mover; what it has moved stays moved");
            let _ = tell.send(Wish::Stop);
            work.await
        }
    };
    match ended {
        Ok(state) => said(desk, &plan, &state),
        Err(e) => Ok(complain(&e.to_string(), if e.done == crate::broker::Done::Perhaps { Exit::Doubt } else { Exit::Nothing })),
    }
}

async fn planned(desk: &Desk, args: &ReplayArgs) -> Result<MovePlan, Exit> {
    let failed = |e: Error| complain(&e.to_string(), Exit::Nothing);
    let Some(name) = &args.which.destination else {
        return Err(complain("say which queue: redrive replay DESTINATION --bulk", Exit::Usage));
    };
    let source = find::destination(&desk.means.brokers, &desk.context.name, name).await.map_err(failed)?;
    let to = match &args.to {
        Some(to) => Some(find::destination(&desk.means.brokers, &desk.context.name, to).await.map_err(failed)?.at),
        None => None,
    };
    desk.permit
        .allows(Deed::Replay, desk.context.dead_letters.rules_for(&source.at.name))
        .map_err(|why| failed(Error::new(ErrorKind::Denied, "replay", why).about(&source.at)))?;
    let ask = MoveAsk {
        from: source.at.clone(),
        to,
        per_second: args.rate.filter(|r| *r > 0),
        by: desk.permit.actor.clone(),
        reason: args.consent.reason.clone(),
    };
    let found = survey(ask, &source, &desk.means.brokers, &desk.means.hands, &desk.means.ledger).await;
    found.map_err(|e| complain(&e.to_string(), Exit::Nothing))
}

fn progress(state: &BulkState, quiet: bool) {
    if quiet {
        return;
    }
    let mut err = io::stderr().lock();
    let _ = write!(err, "\r\x1b[K{} of {} moved", human::count(state.moved), human::count(state.of));
    let _ = err.flush();
}

fn said(desk: &Desk, plan: &MovePlan, state: &BulkState) -> io::Result<Exit> {
    if io::stderr().is_terminal() {
        say("");
    }
    let (word, exit) = match &state.phase {
        BulkPhase::Done => ("moved".to_owned(), Exit::All),
        BulkPhase::Running => ("moved so far".to_owned(), Exit::Partly),
        BulkPhase::Cancelled => ("moved, then cancelled".to_owned(), Exit::Partly),
        BulkPhase::Failed(why) => (format!("moved, then it failed: {}", safe(why)), Exit::Partly),
    };
    let text = format!("{}: {} of {} {word}\n", safe(&plan.ask.from.to_string()), human::count(state.moved), human::count(state.of));
    document(desk.format, "move", &text, object(plan, Some(state)))?;
    Ok(exit)
}

/// The plan, and how far it is; numbers are the broker's, estimates among them.
fn object(plan: &MovePlan, state: Option<&BulkState>) -> Value {
    let phase = state.map(|s| match &s.phase {
        BulkPhase::Running => "running".to_owned(),
        BulkPhase::Done => "done".to_owned(),
        BulkPhase::Cancelled => "cancelled".to_owned(),
        BulkPhase::Failed(why) => format!("failed: {why}"),
    });
    json!({
        "from": plan.ask.from.to_string(),
        "to": plan.targets.iter().map(|(to, readers)| json!({ "destination": to.to_string(), "readers": readers })).collect::<Vec<_>>(),
        "holds": plan.holds.value(),
        "per_second": plan.ask.per_second,
        "copies": false,
        "running": plan.running,
        "blocked": plan.blocked,
        "phase": phase,
        "moved": state.and_then(|s| s.moved.value()),
        "of": state.and_then(|s| s.of.value()),
    })
}
