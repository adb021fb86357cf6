//! Whether a plan may be carried out now: the role allows it, it is not blocked, writes are on, and somebody said yes.

use std::time::SystemTime;

use crate::cli::args::Consent;
use crate::cli::exit::Exit;
use crate::cli::{Desk, asked, complain};
use crate::decode::safe;
use crate::triage::plan::{Deed, MovePlan, ReplayPlan};

/// Turns writes on for this command where the context is read-only; the error has been said.
pub fn agree(desk: &Desk, plan: &ReplayPlan, consent: &Consent) -> Result<(), Exit> {
    let at = plan.ask.from.at();
    if let Err(why) = desk.permit.allows(plan.ask.deed, desk.context.dead_letters.rules_for(&at.name)) {
        return Err(complain(&why, Exit::Nothing));
    }
    if let Some(why) = plan.blocked() {
        return Err(complain(&format!("plan {} cannot be started: {why}", plan.id), Exit::Nothing));
    }
    let reason = consent.reason.as_ref().or(plan.ask.reason.as_ref());
    let what = format!("{} {} messages", plan.ask.deed.word(), plan.todo());
    let Some(subscribers) = plan.subscribers() else {
        let else_do = format!("--yes carries out plan {}", plan.id);
        return said_yes(desk, consent, reason.is_some(), &plan.todo().to_string(), &what, &else_do);
    };
    let agreed = match consent.subscribers {
        Some(said) if said != subscribers => {
            let why = format!("nothing was written: {subscribers} subscribers would get each message, not {said}");
            return Err(complain(&why, Exit::Nothing));
        }
        said => Consent { yes: consent.yes && said.is_some(), ..consent.clone() },
    };
    let what = format!("{what}, each to {subscribers} subscribers");
    let else_do = format!("--yes --subscribers {subscribers} carries out plan {}", plan.id);
    said_yes(desk, &agreed, reason.is_some(), &subscribers.to_string(), &what, &else_do)
}

/// The same for a move by the broker's own mover: what is typed is the queue's name, because its depth may be an estimate.
pub fn agree_to_move(desk: &Desk, plan: &MovePlan, consent: &Consent) -> Result<(), Exit> {
    let from = &plan.ask.from;
    if let Err(why) = desk.permit.allows(Deed::Replay, desk.context.dead_letters.rules_for(&from.name)) {
        return Err(complain(&why, Exit::Nothing));
    }
    if let Some(why) = &plan.blocked {
        return Err(complain(&format!("{} cannot be moved: {}", safe(&from.to_string()), safe(why)), Exit::Nothing));
    }
    let what = format!("move all of {}", safe(&from.to_string()));
    said_yes(desk, consent, consent.reason.is_some(), plan.word(), &what, "--yes starts the move")
}

/// Writes are on, or are turned on with a reason, and somebody said yes or typed the word.
fn said_yes(desk: &Desk, consent: &Consent, reason: bool, word: &str, what: &str, else_do: &str) -> Result<(), Exit> {
    if desk.context.read_only && !reason {
        let why = format!("context {} is read-only; --reason TEXT (and --yes) turns writes on for this command", safe(&desk.context.name));
        return Err(complain(&why, Exit::Nothing));
    }
    if !consent.yes && !asked(word, what) {
        return Err(complain(&format!("nothing was written; {else_do}"), Exit::Nothing));
    }
    if desk.context.read_only && !desk.rights.switch_on(SystemTime::now() + desk.context.writes_for) {
        return Err(complain(desk.rights.never().unwrap_or("writes are off"), Exit::Nothing));
    }
    Ok(())
}
