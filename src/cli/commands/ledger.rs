//! `redrive ledger`: who did what, when, why, to which message; plans and how far they are; what is in doubt.

use std::io;

use serde_json::json;

use crate::cli::args::LedgerArgs;
use crate::cli::exit::Exit;
use crate::cli::output::Out;
use crate::cli::{Desk, complain, find, say};
use crate::decode::{human, safe, safe_cut};
use crate::model::MessageId;
use crate::triage::doubt::{self, Answer, Finding};
use crate::triage::plan::PlanId;
use crate::triage::report::{EntryQuery, PlanRow};

/// Prints entries, plans or doubts; or settles one by a person's word.
pub async fn run(desk: &Desk, args: LedgerArgs) -> io::Result<Exit> {
    match (&args.arrived, &args.missing) {
        (Some(which), _) => return settle(desk, which, Answer::Arrived, &args).await,
        (_, Some(which)) => return settle(desk, which, Answer::NotArrived, &args).await,
        _ => {}
    }
    if args.doubt {
        return doubts(desk).await;
    }
    if args.plans { plans(desk, &args).await } else { entries(desk, &args).await }
}

async fn entries(desk: &Desk, args: &LedgerArgs) -> io::Result<Exit> {
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

async fn plans(desk: &Desk, args: &LedgerArgs) -> io::Result<Exit> {
    let rows = match desk.means.ledger.plans(args.limit).await {
        Ok(rows) => rows,
        Err(e) => return Ok(complain(&e.to_string(), Exit::Nothing)),
    };
    let columns = ["plan", "made", "who", "deed", "from", "to", ">done", ">of", ">in doubt", "status"];
    let mut out = Out::new(desk.format, "plans", &columns);
    for row in &rows {
        let to: Vec<String> = row.to.iter().map(|a| a.name.clone()).collect();
        let cells = vec![
            row.id.to_string(),
            human::utc(Some(row.made)),
            safe(&row.actor).into_owned(),
            row.deed.word().into(),
            row.from.as_ref().map_or("ledger".into(), |a| safe(&a.to_string()).into_owned()),
            if to.is_empty() { "-".into() } else { safe(&to.join(",")).into_owned() },
            human::count_plain(row.counts.done()),
            human::count_plain(row.counts.total()),
            human::count_plain(row.counts.in_doubt),
            row.status.word().into(),
        ];
        out.row(cells, plan_object(row))?;
    }
    out.end(json!({ "plans": rows.len() }))?;
    Ok(Exit::All)
}

fn plan_object(row: &PlanRow) -> serde_json::Value {
    json!({
        "plan": row.id.0, "deed": row.deed.word(), "from": row.from.as_ref().map(ToString::to_string),
        "to": row.to.iter().map(ToString::to_string).collect::<Vec<_>>(), "actor": row.actor, "reason": row.reason,
        "made": human::utc(Some(row.made)), "status": row.status.word(), "counts": row.counts,
    })
}

async fn doubts(desk: &Desk) -> io::Result<Exit> {
    let left = match doubt::clear_all(&desk.means.brokers, &desk.means.ledger).await {
        Ok(left) => left,
        Err(e) => return Ok(complain(&e.to_string(), Exit::Nothing)),
    };
    let mut out = Out::new(desk.format, "doubts", &["message", "from", "to", "replay id", "what was found"]);
    for d in &left {
        let found = match &d.finding {
            Finding::Arrived(_) => "it arrived".to_owned(),
            Finding::NotThere => "it is not there".to_owned(),
            Finding::Ask(why) => why.clone(),
        };
        let name = format!("{}/{}", d.plan, d.n);
        let to = d.to.as_ref().map_or("-".into(), ToString::to_string);
        let cells = vec![
            name.clone(),
            safe(&d.seat.to_string()).into_owned(),
            safe(&to).into_owned(),
            d.replay_id.clone(),
            safe(&found).into_owned(),
        ];
        out.row(
            cells,
            json!({ "message": name, "seat": d.seat.to_string(), "to": to, "replay_id": d.replay_id, "id": d.id.0, "found": found }),
        )?;
    }
    out.end(json!({ "in_doubt": left.len() }))?;
    if left.is_empty() {
        say("nothing is in doubt");
        return Ok(Exit::All);
    }
    say(&format!("{} in doubt; --arrived or --missing PLAN/ITEM settles one by your word", left.len()));
    Ok(Exit::Doubt)
}

async fn settle(desk: &Desk, which: &str, answer: Answer, args: &LedgerArgs) -> io::Result<Exit> {
    let parsed = which.rsplit_once('/').and_then(|(plan, n)| Some((PlanId(plan.to_owned()), n.parse().ok()?)));
    let Some((plan, n)) = parsed else {
        return Ok(complain(&format!("'{}' is no PLAN/ITEM; `redrive ledger --doubt` lists them", safe(which)), Exit::Usage));
    };
    if !args.consent.yes {
        return Ok(complain("nothing was changed; --yes keeps your word in the ledger", Exit::Nothing));
    }
    match doubt::settle_by_hand(&plan, n, answer, &desk.permit.actor, args.consent.reason.clone(), &desk.means.ledger).await {
        Ok(()) => {
            let word = if answer == Answer::Arrived { "it arrived" } else { "it did not arrive, and may be sent again" };
            say(&format!("{which}: {word}, by {}", safe(&desk.permit.actor.name)));
            Ok(Exit::All)
        }
        Err(e) => Ok(complain(&e.to_string(), Exit::Nothing)),
    }
}
