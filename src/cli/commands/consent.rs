//! Whether a plan may be carried out now: the role allows it, it is not blocked, writes are on, and somebody said yes.

use std::time::SystemTime;

use crate::cli::args::Consent;
use crate::cli::exit::Exit;
use crate::cli::{Desk, asked, complain};
use crate::decode::safe;
use crate::triage::plan::ReplayPlan;

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
    if desk.context.read_only && reason.is_none() {
        let why = format!("context {} is read-only; --reason TEXT (and --yes) turns writes on for this command", safe(&desk.context.name));
        return Err(complain(&why, Exit::Nothing));
    }
    if !consent.yes && !asked(&plan.todo().to_string(), &format!("{} {} messages", plan.ask.deed.word(), plan.todo())) {
        return Err(complain(&format!("nothing was written; --yes carries out plan {}", plan.id), Exit::Nothing));
    }
    if desk.context.read_only && !desk.rights.switch_on(SystemTime::now() + desk.context.writes_for) {
        return Err(complain(desk.rights.never().unwrap_or("writes are off"), Exit::Nothing));
    }
    Ok(())
}
