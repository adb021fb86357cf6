//! `redrive replay`, `park`, `discard`, `restore`: choose, plan, agree, carry out, and say what came of it.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal, Write as _};
use std::time::{Duration, SystemTime};

use serde_json::json;
use tokio::sync::watch;

use super::plan_text;
use crate::broker::{Error, ErrorKind};
use crate::cli::args::{Consent, MarkArgs, ReplayArgs, Which};
use crate::cli::exit::Exit;
use crate::cli::output::document;
use crate::cli::{Desk, complain, find, say, stopped};
use crate::decode::{human, safe};
use crate::model::{Address, Seat};
use crate::triage::plan::{Deed, PlanId, ReplayPlan, ReplayRequest, Route, Scope, Source};
use crate::triage::preflight;
use crate::triage::prepare::{prepare, prepare_restore};
use crate::triage::replay::{replay, resume};
use crate::triage::report::{Ended, Progress, ReplayReport, Status, Wish};

/// Wire messages that a dry run shows.
const SHOWN: usize = 3;

/// What is wanted beside the messages themselves.
struct Want {
    deed: Deed,
    which: Which,
    plan: Option<String>,
    to: Option<String>,
    dry_run: bool,
    rate: Option<u32>,
    again: bool,
    consent: Consent,
}

/// `redrive replay`.
pub async fn replay_command(desk: &Desk, args: ReplayArgs) -> io::Result<Exit> {
    let ReplayArgs { which, plan, to, dry_run, rate, again, consent } = args;
    run(desk, Want { deed: Deed::Replay, which, plan, to, dry_run, rate, again, consent }).await
}

/// `redrive park`, `discard`, `restore`.
pub async fn mark_command(desk: &Desk, deed: Deed, args: MarkArgs) -> io::Result<Exit> {
    let MarkArgs { which, plan, dry_run, consent } = args;
    run(desk, Want { deed, which, plan, to: None, dry_run, rate: None, again: false, consent }).await
}

async fn run(desk: &Desk, want: Want) -> io::Result<Exit> {
    let (plan, fresh) = match &want.plan {
        Some(id) => match kept(desk, id, want.deed).await {
            Ok(plan) => (plan, false),
            Err(exit) => return Ok(exit),
        },
        None => match make(desk, &want).await {
            Ok(Some((plan, samples))) => {
                let samples = if want.dry_run { samples } else { Vec::new() };
                let text = plan_text::plan(&plan, &desk.context.name, &samples);
                // the plan of what is done at once is said beside the result, not instead of it
                match (want.dry_run, desk.format) {
                    (false, _) => say(text.trim_end()),
                    (true, format) => document(format, "plan", &text, plan_text::object(&plan, &samples))?,
                }
                (plan, true)
            }
            Ok(None) => return Ok(Exit::Nothing),
            Err(e) => return Ok(complain(&e.to_string(), Exit::Nothing)),
        },
    };
    if want.dry_run {
        if !fresh {
            document(desk.format, "plan", &plan_text::plan(&plan, &desk.context.name, &[]), plan_text::object(&plan, &[]))?;
        }
        say(&format!("nothing was written; {} carries out this very plan", plan.command()));
        return Ok(Exit::All);
    }
    if let Err(exit) = agree(desk, &plan, &want.consent) {
        return Ok(exit);
    }
    carry(desk, &plan, &want, fresh).await
}

/// A plan of the ledger, by its id.
async fn kept(desk: &Desk, id: &str, deed: Deed) -> Result<ReplayPlan, Exit> {
    match desk.means.ledger.plan(PlanId(id.to_owned())).await {
        Ok(Some(plan)) if plan.ask.deed == deed => Ok(plan),
        Ok(Some(plan)) => Err(complain(&format!("plan {id} is a {0}; `redrive {0} --plan {id}` carries it out", plan.ask.deed.word()), Exit::Usage)),
        Ok(None) => Err(complain(&format!("no plan '{}'; `redrive ledger --plans` lists them", safe(id)), Exit::Nothing)),
        Err(e) => Err(complain(&e.to_string(), Exit::Nothing)),
    }
}

type Samples = Vec<std::sync::Arc<crate::model::Message>>;

/// Chooses, reads, looks ahead, freezes; `None`: there was nothing, and that has been said.
async fn make(desk: &Desk, want: &Want) -> Result<Option<(ReplayPlan, Samples)>, Error> {
    let Some(name) = &want.which.destination else {
        complain(&format!("say which queue: redrive {} DESTINATION --cause ID (or --message, --all)", want.deed.word()), Exit::Usage);
        return Ok(None);
    };
    let at = find::destination(&desk.means.brokers, &desk.context.name, name).await?.at;
    desk.permit
        .allows(want.deed, desk.context.dead_letters.rules_for(&at.name))
        .map_err(|why| Error::new(ErrorKind::Denied, want.deed.word(), why).about(&at))?;
    let Some((scope, seats)) = choose(desk, &at, want).await? else { return Ok(None) };
    let ask = request(desk, &at, want, scope).await?;
    let (draft, samples) = if want.deed == Deed::Restore {
        let chosen: Option<BTreeSet<Seat>> = seats.map(|s| s.into_iter().collect());
        let rows = desk.means.ledger.restorable(at.clone()).await.map_err(|e| Error::new(ErrorKind::Unexpected, "read the ledger", e.to_string()))?;
        (prepare_restore(ask, &rows, |r| chosen.as_ref().is_none_or(|c| c.contains(&r.seat))), Vec::new())
    } else {
        let accept = desk.accepted(&at).await?;
        let found = prepare(desk.broker(&at.conn)?.as_ref(), ask, seats.unwrap_or_default(), &desk.declared, accept, SHOWN).await?;
        if !found.missing.is_empty() {
            let first: Vec<String> = found.missing.iter().take(5).map(ToString::to_string).collect();
            say(&format!("{} chosen but no longer there: {}", found.missing.len(), safe(&first.join(", "))));
        }
        (found.draft, found.samples)
    };
    let plan = preflight::freeze(draft, &desk.means.brokers, &desk.means.hands, &desk.means.ledger)
        .await
        .map_err(|e| Error::new(ErrorKind::Invalid, "plan", e.to_string()).about(&at))?;
    Ok(Some((plan, samples)))
}

/// What was meant, and the seats of it (`None`: all that the ledger can restore).
async fn choose(desk: &Desk, at: &Address, want: &Want) -> Result<Option<(Scope, Option<Vec<Seat>>)>, Error> {
    if !want.which.messages.is_empty() {
        let seats = want.which.messages.iter().map(|m| seat(m)).collect();
        return Ok(Some((Scope::Marked, Some(seats))));
    }
    if want.which.all && want.deed == Deed::Restore {
        return Ok(Some((Scope::All, None)));
    }
    if !want.which.all && want.which.cause.is_none() {
        complain("say which messages: --cause ID, --message pPARTITION/OFFSET (repeatable), or --all", Exit::Usage);
        return Ok(None);
    }
    // what is undone, or wished once more, is settled: the ledger hides it otherwise
    let with_settled = want.again || want.deed == Deed::Restore;
    let Some((causes, reading)) = super::causes::read_at(desk, at.clone(), with_settled).await? else {
        complain("stopped, nothing was written", Exit::Nothing);
        return Ok(None);
    };
    say(&reading.receipt.to_string());
    let Some(id) = &want.which.cause else {
        return Ok(Some((Scope::All, Some(causes.iter().flat_map(|c| c.members.seats()).collect()))));
    };
    let Some(cause) = causes.iter().find(|c| c.id.is_meant(id, &c.fingerprint)) else {
        let known: Vec<&str> = causes.iter().map(|c| c.id.0.as_str()).collect();
        complain(&format!("no cause '{}' with unresolved messages; there are {}", safe(id), known.join(", ")), Exit::Nothing);
        return Ok(None);
    };
    let scope = Scope::Cause { id: cause.id.0.clone(), title: cause.title.clone() };
    Ok(Some((scope, Some(cause.members.seats()))))
}

/// `p3/132665`, or the whole address that `peek` printed.
fn seat(text: &str) -> Seat {
    match Seat::parse(text) {
        Seat::Id(_) => find::message(text).map_or_else(|_| Seat::Id(text.to_owned()), |(_, seat)| seat),
        seat => seat,
    }
}

async fn request(desk: &Desk, at: &Address, want: &Want, scope: Scope) -> Result<ReplayRequest, Error> {
    let source = if want.deed == Deed::Restore { Source::Ledger(at.clone()) } else { Source::Queue(at.clone()) };
    let route = match (want.deed, &want.to) {
        (_, Some(to)) => Route::To(find::destination(&desk.means.brokers, &desk.context.name, to).await?.at),
        (Deed::Replay, None) => Route::Origin,
        (Deed::Restore, None) => Route::Same,
        _ => Route::Nowhere,
    };
    let mut ask = ReplayRequest::new(want.deed, source, route, desk.permit.actor.clone()).configured(&desk.context, &desk.config.replay);
    ask.scope = scope;
    ask.reason.clone_from(&want.consent.reason);
    ask.even_resolved = want.again;
    match want.rate {
        Some(0) => ask.pace.per_second = None,
        Some(rate) => ask.pace.per_second = Some(f64::from(rate)),
        None => {}
    }
    Ok(ask)
}

/// Whether the plan may be carried out now: not blocked, writes on, and somebody said yes.
fn agree(desk: &Desk, plan: &ReplayPlan, consent: &Consent) -> Result<(), Exit> {
    let at = plan.ask.from.at();
    if let Err(why) = desk.permit.allows(plan.ask.deed, desk.context.dead_letters.rules_for(&at.name)) {
        return Err(complain(&why, Exit::Nothing));
    }
    if let Some(why) = plan.blocked() {
        return Err(complain(&format!("plan {} cannot be started: {why}", plan.id), Exit::Nothing));
    }
    let reason = consent.reason.as_ref().or(plan.ask.reason.as_ref());
    if desk.context.read_only && reason.is_none() {
        let why = format!("context {} is read-only; --reason TEXT (and --yes) turns writes on for this command", safe(&desk.context.name));
        return Err(complain(&why, Exit::Nothing));
    }
    if !consent.yes && !confirmed(plan) {
        return Err(complain(&format!("nothing was written; --yes carries out plan {}", plan.id), Exit::Nothing));
    }
    if desk.context.read_only && !desk.rights.switch_on(SystemTime::now() + desk.context.writes_for) {
        return Err(complain(desk.rights.never().unwrap_or("writes are off"), Exit::Nothing));
    }
    Ok(())
}

/// Asks at a terminal; without one there is nobody to ask.
fn confirmed(plan: &ReplayPlan) -> bool {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return false;
    }
    let mut err = io::stderr().lock();
    let _ = write!(err, "type {} to {} {} messages: ", plan.todo(), plan.ask.deed.word(), plan.todo());
    let _ = err.flush();
    let mut line = String::new();
    io::stdin().read_line(&mut line).is_ok() && line.trim() == plan.todo().to_string()
}

/// Carries the plan out; ctrl-c ends it after the batch in flight.
async fn carry(desk: &Desk, plan: &ReplayPlan, want: &Want, fresh: bool) -> io::Result<Exit> {
    let rate = want.rate.filter(|_| !fresh).map(f64::from).filter(|r| *r > 0.0);
    let (tell, wish) = watch::channel(Wish::Run { per_second: rate });
    let quiet = !io::stderr().is_terminal();
    let bar = |p: Progress| progress(&p, quiet);
    let begun = match desk.means.ledger.plan_row(plan.id.clone()).await {
        Ok(row) => row.is_some_and(|r| r.status != Status::Frozen),
        Err(e) => return Ok(complain(&e.to_string(), Exit::Nothing)),
    };
    let work = async { if begun { resume(&plan.id, &desk.means, &bar, wish).await } else { replay(plan, &desk.means, &bar, wish).await } };
    tokio::pin!(work);
    let report = tokio::select! {
        report = &mut work => report,
        () = stopped() => {
            say("stopping after the batch in flight; the rest can be resumed");
            let _ = tell.send(Wish::Stop);
            work.await
        }
    };
    said(desk, plan, &report)
}

fn progress(p: &Progress, quiet: bool) {
    for line in &p.lines {
        say(&safe(&line.words));
    }
    if !quiet {
        let done = p.counts.total() - p.counts.untouched;
        let left = p.left.filter(|l| *l > Duration::ZERO).map_or(String::new(), |l| format!(", {} to go", human::age(l)));
        let mut err = io::stderr().lock();
        let _ = write!(err, "\r\x1b[K{} of {}, {:.0}/s{left}", human::count_plain(done), human::count_plain(p.counts.total()), p.rate);
        let _ = err.flush();
    }
}

fn said(desk: &Desk, plan: &ReplayPlan, report: &ReplayReport) -> io::Result<Exit> {
    if io::stderr().is_terminal() {
        say("");
    }
    let c = &report.counts;
    let mut parts = vec![format!("{} {}", human::count_plain(c.done()), plan.ask.deed.past())];
    for (n, word) in [(c.unsettled, "published but not taken out"), (c.skipped, "skipped"), (c.failed, "failed"), (c.in_doubt, "in doubt"), (c.untouched, "untouched"), (c.left_out, "left out of the plan")] {
        if n > 0 {
            parts.push(format!("{} {word}", human::count_plain(n)));
        }
    }
    let text = format!("plan {}: {} in {:.1}s\n", plan.id, parts.join(", "), report.took.as_secs_f64());
    let ended = match &report.ended {
        Ended::Finished => "finished".to_owned(),
        Ended::Stopped => "stopped".to_owned(),
        Ended::Broke(why) | Ended::Failed(why) => safe(why).into_owned(),
    };
    let lines: Vec<&str> = report.lines.iter().map(|l| l.words.as_str()).collect();
    document(desk.format, "report", &text, json!({ "plan": plan.id.0, "ended": ended, "counts": c, "seconds": report.took.as_secs_f64(), "lines": lines }))?;
    match &report.ended {
        Ended::Finished => {}
        Ended::Stopped => say(&format!("stopped; {} goes on", plan.command())),
        Ended::Broke(why) | Ended::Failed(why) => say(&format!("redrive: {}", safe(why))),
    }
    if c.in_doubt > 0 {
        say("in doubt: `redrive ledger --doubt` shows what is known; --arrived or --missing PLAN/ITEM settles it");
    }
    Ok(Exit::from_number(report.exit_code()))
}
