//! `redrive categorise`: a person's word on a cause; it lasts, and starts nothing by itself.

use std::io;
use std::time::SystemTime;

use crate::cli::args::CategoriseArgs;
use crate::cli::exit::Exit;
use crate::cli::{Desk, complain, say};
use crate::decode::safe;
use crate::triage::report::{Mark, MarkKind};
use crate::triage::rules::Rules;

/// Keeps the category in the ledger; `none` goes back to the rules.
pub async fn run(desk: &Desk, args: CategoriseArgs) -> io::Result<Exit> {
    let read = match super::causes::read(desk, &args.destination, true).await {
        Ok(Some(read)) => read,
        Ok(None) => return Ok(complain("stopped, nothing was changed", Exit::Nothing)),
        Err(e) => return Ok(complain(&e.to_string(), Exit::Nothing)),
    };
    let Some(cause) = read.0.iter().find(|c| c.id.is_meant(&args.cause, &c.fingerprint)) else {
        return Ok(complain(&format!("no cause '{}' in {}", safe(&args.cause), safe(&args.destination)), Exit::Nothing));
    };
    let place = read.1.receipt.dlq.clone();
    let rules = Rules::of(&desk.context, &place.name);
    let back = args.category == "none";
    if !back && !rules.names().any(|n| n == args.category) {
        let names: Vec<&str> = rules.names().collect();
        let few = if names.len() > 1 { "" } else { ": the config has no error_categories for this queue" };
        let why = format!("no category '{}'; it can be {} or none{few}", safe(&args.category), names.join(", "));
        return Ok(complain(&why, Exit::Usage));
    }
    let mark = Mark {
        seq: 0,
        kind: MarkKind::Category,
        place,
        subject: cause.fingerprint.hex(),
        value: if back { String::new() } else { args.category.clone() },
        actor: desk.permit.actor.name.clone(),
        reason: args.reason,
        at: SystemTime::now(),
    };
    match desk.means.ledger.mark(mark).await {
        Ok(_) if back => say(&format!("{} {}: by the rules again", cause.id, safe(&cause.title))),
        Ok(_) => say(&format!(
            "{} {}: {} now, by {}; nothing was started",
            cause.id,
            safe(&cause.title),
            args.category,
            safe(&desk.permit.actor.name)
        )),
        Err(e) => return Ok(complain(&e.to_string(), Exit::Nothing)),
    }
    Ok(Exit::All)
}
