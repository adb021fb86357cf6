//! `redrive ledger`: who did what, when, why, to which message.

use std::io;

use serde_json::json;

use crate::cli::args::LedgerArgs;
use crate::cli::exit::Exit;
use crate::cli::output::Out;
use crate::cli::{Desk, complain, find, say};
use crate::decode::{human, safe, safe_cut};
use crate::model::MessageId;
use crate::triage::plan::PlanId;
use crate::triage::report::EntryQuery;

/// Prints entries, newest first.
pub async fn run(desk: &Desk, args: LedgerArgs) -> io::Result<Exit> {
    let mut want = EntryQuery { limit: args.limit, ..EntryQuery::default() };
    if let Some(about) = &args.about {
        about_what(desk, about, &mut want).await;
    }
    let found = match desk.means.ledger.entries(want).await {
        Ok(found) => found,
        Err(e) => return Ok(complain(&e.to_string(), Exit::Nothing)),
    };
    let mut out = Out::new(desk.format, "entries", &["when", "who", "what", "plan", "message", "detail"]);
    for e in &found {
        let seat = e.seat.as_ref().map(ToString::to_string);
        let place = match (&e.from, &seat) {
            (Some(at), Some(seat)) => format!("{at}/{seat}"),
            (Some(at), None) => at.to_string(),
            (None, _) => "-".into(),
        };
        let detail =
            [Some(e.detail.as_str()), e.reason.as_deref()].into_iter().flatten().filter(|d| !d.is_empty()).collect::<Vec<_>>().join("; ");
        let cells = vec![
            human::utc(Some(e.at)),
            safe(&e.actor).into_owned(),
            format!("{} {}", e.kind.word(), safe(&e.what)),
            e.plan.as_ref().map_or("-".into(), |p| p.to_string()),
            safe(&place).into_owned(),
            safe_cut(&detail, 100),
        ];
        let object = json!({
            "seq": e.seq, "at": human::utc(Some(e.at)), "kind": e.kind.word(), "what": e.what, "plan": e.plan.as_ref().map(|p| &p.0), "item": e.item,
            "id": e.id.as_ref().map(|i| &i.0), "from": e.from.as_ref().map(ToString::to_string), "seat": seat, "actor": e.actor,
            "reason": e.reason, "detail": e.detail,
        });
        out.row(cells, object)?;
    }
    out.end(json!({ "entries": found.len(), "ledger": desk.means.ledger.path().display().to_string() }))?;
    let of = match &args.about {
        Some(about) => format!("about {} ", safe(about)),
        None => String::new(),
    };
    match found.len() {
        0 => say(&format!("nothing {of}in the ledger ({})", desk.means.ledger.path().display())),
        n if n == args.limit => say(&format!("the newest {n} entries {of}of {}; --limit takes more", desk.means.ledger.path().display())),
        n => say(&format!("{n} entries {of}of {}, newest first", desk.means.ledger.path().display())),
    }
    Ok(Exit::All)
}

/// A plan's id, a destination, a message's id, or text found anywhere.
async fn about_what(desk: &Desk, about: &str, want: &mut EntryQuery) {
    if desk.means.ledger.plan_row(PlanId(about.to_owned())).await.is_ok_and(|row| row.is_some()) {
        want.plan = Some(PlanId(about.to_owned()));
    } else if let Ok(found) = find::destination(&desk.means.brokers, &desk.context.name, about).await {
        want.place = Some(found.at);
    } else if about.contains('|') {
        want.id = Some(MessageId(about.to_owned()));
    } else {
        want.text = Some(about.to_owned());
    }
}
