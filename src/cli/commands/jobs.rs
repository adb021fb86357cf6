//! `redrive jobs`: plans and how far each is; going on with one, what is in doubt, a person's word on it, and what became of the replayed.

use std::io;

use serde_json::json;

use super::{deeds, verdict};
use crate::cli::args::{JobsArgs, JobsCommand, Said};
use crate::cli::exit::Exit;
use crate::cli::output::Out;
use crate::cli::{Desk, complain, say};
use crate::decode::{human, safe};
use crate::triage::doubt::{self, Finding};
use crate::triage::plan::PlanId;
use crate::triage::report::{Answer, PlanRow, Status};

/// Lists plans, or does what was asked for with one.
pub async fn run(desk: &Desk, args: JobsArgs) -> io::Result<Exit> {
    match args.command {
        None => match desk.means.ledger.plans(args.limit).await {
            Ok(rows) => list(desk, &rows).map(|()| Exit::All),
            Err(e) => Ok(complain(&e.to_string(), Exit::Nothing)),
        },
        Some(JobsCommand::Resume { plan, rate, follow, consent }) => deeds::resume_command(desk, &plan, rate, follow, consent).await,
        Some(JobsCommand::Doubt) => doubts(desk).await,
        Some(JobsCommand::Settle { messages, said, consent }) => {
            if !consent.yes {
                return Ok(complain("nothing was changed; --yes keeps your word in the ledger", Exit::Nothing));
            }
            settle(desk, &messages, answer(&said), consent.reason).await
        }
        Some(JobsCommand::Verdict { plan, follow }) => verdicts(desk, PlanId(plan), follow).await,
    }
}

/// Prints plans with their counts.
fn list(desk: &Desk, rows: &[PlanRow]) -> io::Result<()> {
    let columns = ["plan", "made", "who", "deed", "from", "to", ">done", ">of", ">verified", ">came back", ">in doubt", "status"];
    let mut out = Out::new(desk.format, "plans", &columns);
    for row in rows {
        let to: Vec<String> = row.to.iter().map(|a| a.name.clone()).collect();
        let c = &row.counts;
        let cells = vec![
            row.id.to_string(),
            human::utc(Some(row.made)),
            safe(&row.actor).into_owned(),
            row.deed.word().into(),
            row.from.as_ref().map_or("ledger".into(), |a| safe(&a.to_string()).into_owned()),
            if to.is_empty() { "-".into() } else { safe(&to.join(",")).into_owned() },
            human::count_plain(c.done()),
            human::count_plain(c.total()),
            human::count_plain(c.verified),
            human::count_plain(c.came_back),
            human::count_plain(c.in_doubt),
            row.status.word().into(),
        ];
        out.row(cells, object(row))?;
    }
    out.end(json!({ "plans": rows.len() }))
}

fn object(row: &PlanRow) -> serde_json::Value {
    json!({
        "plan": row.id.0, "deed": row.deed.word(), "from": row.from.as_ref().map(ToString::to_string),
        "to": row.to.iter().map(ToString::to_string).collect::<Vec<_>>(), "actor": row.actor, "reason": row.reason,
        "made": human::utc(Some(row.made)), "status": row.status.word(), "counts": row.counts,
    })
}

/// Looks once or until all is known at what became of the replayed, and prints the plan as it stands then.
async fn verdicts(desk: &Desk, plan: PlanId, follow: bool) -> io::Result<Exit> {
    let looked = if follow { verdict::follow(desk, &plan).await } else { verdict::look(desk, &plan).await };
    let row = match looked {
        Ok(_) => desk.means.ledger.plan_row(plan.clone()).await,
        Err(e) => Err(e),
    };
    match row {
        Ok(Some(row)) => {
            list(desk, std::slice::from_ref(&row))?;
            Ok(if row.counts.came_back > 0 { Exit::Partly } else { Exit::All })
        }
        Ok(None) => Ok(complain(&format!("no plan '{}'; `redrive jobs` lists them", safe(&plan.0)), Exit::Nothing)),
        Err(e) => Ok(complain(&e.to_string(), Exit::Nothing)),
    }
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
            Finding::Left(_) => "it left its source, so it arrived".to_owned(),
            Finding::NotThere => "it is not there".to_owned(),
            Finding::Again(_) => "it may be sent again now: go on with the plan".to_owned(),
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
    match desk.means.ledger.unfinished().await {
        Ok(rows) => rows.iter().filter(|row| row.status == Status::Unfinished).for_each(to_go),
        Err(e) => say(&safe(&e.to_string())),
    }
    if left.is_empty() {
        say("nothing is in doubt");
        return Ok(Exit::All);
    }
    say(&format!(
        "{} in doubt; `redrive jobs settle PLAN/ITEM…` with --arrived, --missing or --leave settles them by your word",
        left.len()
    ));
    Ok(Exit::Doubt)
}

/// What was found not to have arrived, or to be still at its source, waits for somebody to go on.
fn to_go(row: &PlanRow) {
    let c = &row.counts;
    let (untouched, unsettled) = (human::count_plain(c.untouched), human::count_plain(c.unsettled));
    say(&format!("plan {0}: {untouched} untouched, {unsettled} published but not taken out; `redrive jobs resume {0}` goes on", row.id));
}

fn answer(said: &Said) -> Answer {
    match (said.arrived, said.missing) {
        (true, _) => Answer::Arrived,
        (_, true) => Answer::NotArrived,
        _ => Answer::Leave,
    }
}

/// One word on all of these; each has its own entry in the ledger.
async fn settle(desk: &Desk, which: &[String], answer: Answer, reason: Option<String>) -> io::Result<Exit> {
    let mut parsed = Vec::with_capacity(which.len());
    for name in which {
        match name.rsplit_once('/').and_then(|(plan, n)| Some((PlanId(plan.to_owned()), n.parse().ok()?))) {
            Some((plan, n)) => parsed.push((name, plan, n)),
            None => {
                return Ok(complain(&format!("'{}' is no PLAN/ITEM; `redrive jobs doubt` lists them", safe(name)), Exit::Usage));
            }
        }
    }
    let (mut settled, mut failed) = (0, 0);
    for (name, plan, n) in parsed {
        match doubt::settle_by_hand(&plan, n, answer, &desk.permit.actor, reason.clone(), &desk.means.ledger).await {
            Ok(()) => {
                settled += 1;
                say(&format!("{}: {}, by {}: {}", safe(name), answer.word(), safe(&desk.permit.actor.name), answer.means()));
            }
            Err(e) => {
                failed += 1;
                complain(&format!("{}: {e}", safe(name)), Exit::Nothing);
            }
        }
    }
    Ok(match (settled, failed) {
        (_, 0) => Exit::All,
        (0, _) => Exit::Nothing,
        _ => Exit::Partly,
    })
}
