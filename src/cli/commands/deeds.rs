//! `redrive replay`, `park`, `discard`, `restore`: choose, plan, agree, carry out, and say what came of it.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal};
use std::sync::Arc;

use tokio::sync::watch;

use super::sample::samples;
use super::wish::{Wish, edited, request};
use super::{closing, consent, outcome, plan_text, verdict};
use crate::broker::{Error, ErrorKind};
use crate::cli::args::{Consent, MarkArgs, ReplayArgs, Which};
use crate::cli::exit::Exit;
use crate::cli::output::document;
use crate::cli::{Desk, complain, even_unread, find, say, stopped};
use crate::decode::safe;
use crate::model::{Address, Message, Seat};
use crate::schema::Seen;
use crate::triage::causes::Reading;
use crate::triage::plan::{Deed, Draft, PlanId, Refusal, ReplayPlan, ReplayRequest, Scope};
use crate::triage::preflight::{self, Unfrozen};
use crate::triage::prepare::{prepare, prepare_restore, prepare_seen};
use crate::triage::replay::{replay, resume};
use crate::triage::report::{Progress, Status, Wish as Pace};
use crate::triage::survey;

/// Wire messages that a dry run shows.
const SHOWN: usize = 3;

/// What is wanted beside the messages themselves.
struct Want {
    deed: Deed,
    which: Which,
    plan: Option<String>,
    dry_run: bool,
    /// Waits for verdicts afterwards.
    follow: bool,
    consent: Consent,
    wish: Wish,
}

/// `redrive replay`.
pub async fn replay_command(desk: &Desk, args: ReplayArgs) -> io::Result<Exit> {
    if args.bulk {
        return super::bulk::bulk_command(desk, &args).await;
    }
    let ReplayArgs { which, plan, to, routing_key, dry_run, rate, canary, strip, keep, add, edit, again, follow, bulk: _, consent } = args;
    let wish = Wish { to, routing_key, rate, canary, strip, keep, add, edit, again };
    run(desk, Want { deed: Deed::Replay, which, plan, dry_run, follow, consent, wish }).await
}

/// `redrive park`, `discard`, `restore`.
pub async fn mark_command(desk: &Desk, deed: Deed, args: MarkArgs) -> io::Result<Exit> {
    let MarkArgs { which, plan, dry_run, consent } = args;
    run(desk, Want { deed, which, plan, dry_run, follow: false, consent, wish: Wish::default() }).await
}

/// `redrive jobs resume`: any plan of the ledger.
pub async fn resume_command(desk: &Desk, id: &str, rate: Option<u32>, follow: bool, consent: Consent) -> io::Result<Exit> {
    let deed = match desk.means.ledger.plan_row(PlanId(id.to_owned())).await {
        Ok(row) => row.map_or(Deed::Replay, |row| row.deed),
        Err(e) => return Ok(complain(&e.to_string(), Exit::Nothing)),
    };
    let wish = Wish { rate, ..Wish::default() };
    run(desk, Want { deed, which: Which::default(), plan: Some(id.to_owned()), dry_run: false, follow, consent, wish }).await
}

async fn run(desk: &Desk, want: Want) -> io::Result<Exit> {
    let (plan, fresh, seen) = match &want.plan {
        Some(id) => match kept(desk, id, want.deed).await {
            Ok(plan) => (plan, false, None),
            Err(exit) => return Ok(exit),
        },
        None => match make(desk, &want).await {
            Ok((plan, shown, seen)) => {
                let samples = if want.dry_run { samples(&plan, &shown, &desk.means.brokers) } else { Vec::new() };
                let text = plan_text::plan(&plan, &desk.context.name, &samples);
                // the plan of what is done at once is said beside the result, not instead of it
                match (want.dry_run, desk.format) {
                    (false, _) => say(text.trim_end()),
                    (true, format) => even_unread(document(format, "plan", &text, plan_text::object(&plan, &samples)))?,
                }
                (plan, true, seen)
            }
            Err(exit) => return Ok(exit),
        },
    };
    if want.dry_run {
        if !fresh {
            document(desk.format, "plan", &plan_text::plan(&plan, &desk.context.name, &[]), plan_text::object(&plan, &[]))?;
        }
        say(&format!("nothing was written; {} carries out this very plan", plan.command()));
        return Ok(Exit::All);
    }
    let begun = match desk.means.ledger.plan_row(plan.id.clone()).await {
        Ok(row) => row.is_some_and(|r| r.status != Status::Frozen),
        Err(e) => return Ok(complain(&e.to_string(), Exit::Nothing)),
    };
    if let (Some(read), false) = (&plan.ask.partly, want.which.partial || begun) {
        let why = format!("nothing was written: not all was read ({}); {} --partial carries out what was", safe(read), plan.command());
        return Ok(complain(&why, Exit::Nothing));
    }
    if let Err(exit) = consent::agree(desk, &plan, &want.consent) {
        return Ok(exit);
    }
    let exit = carry(desk, &plan, &want, begun, fresh).await;
    if want.deed != Deed::Restore {
        closing::close_incidents(desk, plan.ask.from.at(), seen.as_ref().map(|r| (r, plan.frozen))).await;
    }
    exit
}

/// A plan of the ledger, by its id.
async fn kept(desk: &Desk, id: &str, deed: Deed) -> Result<ReplayPlan, Exit> {
    match desk.means.ledger.plan(PlanId(id.to_owned())).await {
        Ok(Some(plan)) if plan.ask.deed == deed => Ok(plan),
        Ok(Some(plan)) => {
            Err(complain(&format!("plan {id} is a {0}; `redrive {0} --plan {id}` carries it out", plan.ask.deed.word()), Exit::Usage))
        }
        Ok(None) => Err(complain(&format!("no plan '{}'; `redrive jobs` lists them", safe(id)), Exit::Nothing)),
        Err(e) => Err(complain(&e.to_string(), Exit::Nothing)),
    }
}

/// Messages for showing.
type Shown = Vec<Arc<Message>>;

pub(super) fn failed(e: Error) -> Exit {
    complain(&e.to_string(), Exit::Nothing)
}

/// Chooses, reads, looks ahead, freezes; why there is no plan has been said.
async fn make(desk: &Desk, want: &Want) -> Result<(ReplayPlan, Shown, Option<Reading>), Exit> {
    let deed = want.deed.word();
    let Some(name) = &want.which.destination else {
        return Err(complain(&format!("say which queue: redrive {deed} DESTINATION --cause ID (or --message, --all)"), Exit::Usage));
    };
    if want.which.messages.is_empty() && want.which.cause.is_none() && !want.which.all {
        return Err(complain("say which messages: --cause ID, --message pPARTITION/OFFSET (repeatable), or --all", Exit::Usage));
    }
    let found = find::destination(&desk.means.brokers, &desk.context.name, name).await.map_err(failed)?;
    let at = found.at;
    desk.permit
        .allows(want.deed, desk.context.dead_letters.rules_for(&at.name))
        .map_err(|why| failed(Error::new(ErrorKind::Denied, deed, why).about(&at)))?;
    if want.wish.edit.is_some() && want.which.messages.len() != 1 {
        return Err(complain("--edit is for one message: name it with --message", Exit::Usage));
    }
    let mut picked = choose(desk, &at, want).await?;
    let reading = picked.reading.take();
    let mut ask = request(desk, &at, want.deed, &want.wish).await?.homed(&found.role);
    ask.scope = picked.scope.clone();
    ask.partly.clone_from(&picked.partly);
    ask.reason.clone_from(&want.consent.reason);
    if let (Some(file), Some([seat])) = (&want.wish.edit, picked.seats.as_deref()) {
        edited(desk, &at, seat, file, &mut ask).await?;
    }
    let (draft, shown) = drafted(desk, &at, want, ask, picked).await.map_err(failed)?;
    let plan = preflight::freeze(draft, &desk.means.brokers, &desk.means.hands, &desk.means.ledger).await;
    let plan = plan.map_err(|e| match e {
        Unfrozen::Refused(Refusal::Empty) if want.deed == Deed::Restore => complain(
            &format!("nothing to restore: the ledger has no parked or discarded message of {}", safe(&at.to_string())),
            Exit::Nothing,
        ),
        Unfrozen::Refused(Refusal::Empty) => {
            complain(&format!("nothing to {deed}; `redrive causes {}` shows what is unresolved", safe(name)), Exit::Nothing)
        }
        other => failed(Error::new(ErrorKind::Invalid, "plan", other.to_string()).about(&at)),
    })?;
    Ok((plan, shown, reading))
}

/// What was chosen, read for a plan.
async fn drafted(desk: &Desk, at: &Address, want: &Want, ask: ReplayRequest, picked: Picked) -> Result<(Draft, Shown), Error> {
    if want.deed == Deed::Restore {
        let chosen: Option<BTreeSet<Seat>> = picked.seats.map(|s| s.into_iter().collect());
        let broker = desk.broker(&at.conn)?;
        let id = survey::id(broker.as_ref(), at).await;
        let rows = desk.means.ledger.restorable(at.clone(), id).await;
        let mut rows = rows.map_err(|e| Error::new(ErrorKind::Unexpected, "read the ledger", e.to_string()))?;
        rows.retain(|r| chosen.as_ref().is_none_or(|c| c.contains(&r.seat)));
        return Ok(prepare_restore(broker.as_ref(), &desk.means.ledger, ask, &rows, SHOWN).await);
    }
    if !picked.kept.is_empty() {
        return Ok(prepare_seen(desk.broker(&at.conn)?.as_ref(), ask, &picked.kept, SHOWN));
    }
    let accept = desk.accepted(at).await?;
    let found = prepare(desk.broker(&at.conn)?.as_ref(), ask, picked.seats.unwrap_or_default(), &desk.declared, accept, SHOWN).await?;
    if !found.missing.is_empty() {
        let first: Vec<String> = found.missing.iter().take(5).map(ToString::to_string).collect();
        say(&format!("{} chosen but no longer there: {}", found.missing.len(), safe(&first.join(", "))));
    }
    Ok((found.draft, found.samples))
}

/// What was meant.
struct Picked {
    scope: Scope,
    /// `None`: all that the ledger can restore.
    seats: Option<Vec<Seat>>,
    /// The messages themselves, where the look for them left a trace: there is no second one.
    kept: Vec<Arc<Seen>>,
    /// The receipt of a reading that did not come to its end.
    partly: Option<String>,
    /// The reading that it was found by.
    reading: Option<Reading>,
}

/// Finds out what was meant; where that takes a reading of the queue, its receipt is said.
async fn choose(desk: &Desk, at: &Address, want: &Want) -> Result<Picked, Exit> {
    let known = |scope, seats| Picked { scope, seats, kept: Vec::new(), partly: None, reading: None };
    if !want.which.messages.is_empty() {
        let seats = want.which.messages.iter().map(|m| seat(m)).collect();
        return Ok(known(Scope::Marked, Some(seats)));
    }
    if want.which.all && want.deed == Deed::Restore {
        return Ok(known(Scope::All, None));
    }
    // what is undone, or wished once more, is settled: the ledger hides it otherwise
    let with_settled = want.wish.again || want.deed == Deed::Restore;
    let read = super::causes::read_at(desk, at.clone(), with_settled).await.map_err(failed)?;
    let (causes, reading) = read.ok_or_else(|| complain("stopped, nothing was written", Exit::Nothing))?;
    let receipt = reading.receipt.to_string();
    say(&receipt);
    let (scope, seats) = match &want.which.cause {
        None => (Scope::All, causes.iter().flat_map(|c| c.members.seats()).collect::<Vec<_>>()),
        Some(id) => {
            let meant = causes.iter().find(|c| c.id.is_meant(id, &c.fingerprint));
            let cause = meant.ok_or_else(|| super::causes::unknown(id, &causes))?;
            (Scope::Cause { id: cause.id.0.clone(), title: cause.title.clone() }, cause.members.seats())
        }
    };
    let chosen: BTreeSet<&Seat> = seats.iter().collect();
    let kept = reading.kept.iter().filter(|seen| chosen.contains(&seen.message.seat)).cloned().collect();
    let partly = (!reading.receipt.is_complete()).then_some(receipt);
    Ok(Picked { scope, seats: Some(seats), kept, partly, reading: Some(reading) })
}

/// `p3/132665`, or the whole address that `peek` printed.
fn seat(text: &str) -> Seat {
    match Seat::parse(text) {
        Seat::Id(_) => find::message(text).map_or_else(|_| Seat::Id(text.to_owned()), |(_, seat)| seat),
        seat => seat,
    }
}

/// Carries the plan out; ctrl-c ends it after the batch in flight.
async fn carry(desk: &Desk, plan: &ReplayPlan, want: &Want, begun: bool, fresh: bool) -> io::Result<Exit> {
    let rate = want.wish.rate.filter(|_| !fresh).map(f64::from).filter(|r| *r > 0.0);
    let (tell, wish) = watch::channel(Pace::Run { per_second: rate });
    let quiet = !io::stderr().is_terminal();
    let bar = |p: Progress| outcome::progress(&p, quiet);
    let work = async { if begun { resume(&plan.id, &desk.means, &bar, wish).await } else { replay(plan, &desk.means, &bar, wish).await } };
    tokio::pin!(work);
    let mut report = tokio::select! {
        report = &mut work => report,
        () = stopped() => {
            say("stopping after the batch in flight; the rest can be resumed");
            let _ = tell.send(Pace::Stop);
            work.await
        }
    };
    if want.follow && report.counts.no_word_yet() > 0 {
        match verdict::follow(desk, &plan.id).await {
            Ok(look) => {
                report.counts = look.counts;
                report.lines.extend(look.lines);
            }
            Err(e) => say(&format!("redrive: {e}")),
        }
    }
    outcome::said(desk, plan, &report, want.follow)
}
