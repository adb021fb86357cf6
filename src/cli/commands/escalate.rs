//! `redrive escalate`: one incident per cause, told to people through the ledger's outbox; or resolved; or what is due is sent.

use std::io;
use std::time::SystemTime;

use serde_json::{Value, json};

use crate::broker::{Error, ErrorKind};
use crate::cli::args::EscalateArgs;
use crate::cli::exit::Exit;
use crate::cli::output::document;
use crate::cli::{Desk, complain, find, say};
use crate::decode::{human, safe};
use crate::model::Address;
use crate::triage::escalate::{Ask, Delivered, Outbox, Told, dedup_key, draft, escalate, open_of, resolve};
use crate::triage::group::{CauseId, NO_METADATA};
use crate::triage::ledger::{Incident, LedgerError};

/// Shows what will be told and to whom; with `--yes` tells it.
pub async fn run(desk: &Desk, args: EscalateArgs) -> io::Result<Exit> {
    if args.flush {
        return match flush(desk).await {
            Ok(sent) => delivered(desk, "sent what was due", &sent, json!({})),
            Err(e) => Ok(complain(&e.to_string(), Exit::Nothing)),
        };
    }
    let (Some(name), Some(id)) = (&args.destination, &args.cause) else {
        return Ok(complain(
            "say which cause: redrive escalate DESTINATION --cause ID; `redrive causes DESTINATION` lists them",
            Exit::Usage,
        ));
    };
    match one(desk, name, id, &args).await {
        Ok(exit) => exit,
        Err(e) => Ok(complain(&e.to_string(), Exit::Nothing)),
    }
}

async fn one(desk: &Desk, name: &str, id: &str, args: &EscalateArgs) -> Result<io::Result<Exit>, Error> {
    let at = find::destination(&desk.means.brokers, &desk.context.name, name).await?.at;
    let kept = |e: LedgerError| Error::new(ErrorKind::Unexpected, "escalate", e.to_string()).about(&at);
    if args.resolve {
        return Ok(resolved(desk, &at, id, args).await.unwrap_or_else(|e| Ok(complain(&kept(e).to_string(), Exit::Nothing))));
    }
    let Some((causes, reading)) = super::causes::read_at(desk, at.clone(), false).await? else {
        return Ok(Ok(complain("stopped, nobody was told", Exit::Nothing)));
    };
    say(&reading.receipt.to_string());
    let Some(cause) = causes.iter().find(|c| c.id.is_meant(id, &c.fingerprint)) else {
        return Ok(Ok(super::causes::unknown(id, &causes)));
    };
    let ledger = &desk.means.ledger;
    let key = dedup_key(&desk.context.name, &at, &cause.fingerprint.hex());
    let known = ledger.incident_of(key.clone()).await.map_err(kept)?;
    let (actor, reason) = (desk.permit.actor.name.as_str(), args.consent.reason.as_deref());
    let now = SystemTime::now();
    let ask = Ask { config: &desk.config, context: &desk.context, dlq: &at, cause, actor, reason, now };
    if args.dry_run || !args.consent.yes {
        let told = draft(ask, known.as_ref());
        let shown = document(desk.format, "incident", &text(&told), object(&told));
        say("nobody was told; --yes tells them");
        return Ok(shown.map(|()| if args.dry_run { Exit::All } else { Exit::Nothing }));
    }
    let told = escalate(ledger, ask).await.map_err(kept)?;
    let sent = flush(desk).await.map_err(kept)?;
    let exit = delivered(desk, text(&told).trim_end(), &sent, object(&told));
    if told.receivers.is_empty() {
        // asked to tell people, and nobody was
        return Ok(exit.map(|_| complain("nobody was told: the config names no [escalation.targets] for this severity", Exit::Nothing)));
    }
    Ok(exit)
}

/// Resolves the incident of a cause. The queue is not read: all messages of the cause may have left it, and a look may leave a trace.
async fn resolved(desk: &Desk, at: &Address, id: &str, args: &EscalateArgs) -> Result<io::Result<Exit>, LedgerError> {
    let ledger = &desk.means.ledger;
    let open = open_of(ledger, &desk.context, at).await?;
    let typed = id.trim().trim_start_matches("v1:").to_ascii_lowercase();
    let is_meant = |i: &&Incident| match typed.as_str() {
        CauseId::NONE => i.title == NO_METADATA,
        part => part.len() >= 4 && i.subject.starts_with(part),
    };
    let Some(incident) = open.iter().find(is_meant) else {
        return Ok(Ok(complain(&format!("no incident of cause {} is open", safe(id)), Exit::Nothing)));
    };
    let key = &incident.dedup;
    if !args.consent.yes || args.dry_run {
        let word = format!("nothing was told; --yes resolves {}", safe(key));
        return Ok(Ok(complain(&word, if args.dry_run { Exit::All } else { Exit::Nothing })));
    }
    resolve(ledger, key, &desk.permit.actor.name, args.consent.reason.as_deref(), SystemTime::now()).await?;
    let sent = flush(desk).await?;
    Ok(delivered(desk, &format!("resolved {}", safe(key)), &sent, json!({ "resolved": key })))
}

/// Sends what is due, and tells Alertmanager again of what is open.
pub(super) async fn flush(desk: &Desk) -> Result<Delivered, LedgerError> {
    let outbox = Outbox::new(desk.means.ledger.clone(), &desk.config);
    let mut sent = outbox.deliver().await?;
    let again = outbox.repeat().await?;
    sent.waiting.extend(again.waiting);
    Ok(sent)
}

/// Says who was told; who was not is an error that the outbox goes on with.
fn delivered(desk: &Desk, words: &str, sent: &Delivered, object: Value) -> io::Result<Exit> {
    let targets = |lines: &[(String, String, String)]| lines.iter().map(|(_, target, _)| target.clone()).collect::<Vec<_>>();
    let told = targets(&sent.sent);
    let line = if told.is_empty() { "told       nobody".to_owned() } else { format!("told       {}", safe(&told.join(", "))) };
    let object = json!({ "incident": object, "told": told, "waiting": targets(&sent.waiting), "failed": targets(&sent.failed) });
    document(desk.format, "escalation", &format!("{words}\n{line}\n"), object)?;
    for (_, target, why) in sent.waiting.iter().chain(&sent.failed) {
        say(&format!("redrive: {} was not told: {}", safe(target), safe(why)));
    }
    if !sent.waiting.is_empty() {
        say("it is kept in the ledger; `redrive escalate --flush` tries again, an open TUI does so by itself");
    }
    Ok(match (sent.is_trouble(), sent.sent.is_empty()) {
        (false, _) => Exit::All,
        (true, false) => Exit::Partly,
        (true, true) => Exit::Nothing,
    })
}

fn text(told: &Told) -> String {
    let mut out = String::new();
    let mut line = |l: &str, r: &str| out.push_str(&format!("{l:<11}{}\n", safe(r)));
    line("incident", &told.alarm.dedup_key);
    line("severity", &told.alarm.severity);
    line("open", told.open.as_ref().map_or("nothing: this opens one incident", |_| "already: this updates it, still one incident"));
    for r in &told.receivers {
        let after = if r.after.is_zero() { "at once".to_owned() } else { format!("after {} unacknowledged", human::age(r.after)) };
        let trouble = r.trouble.as_ref().map_or(String::new(), |t| format!(": cannot be told, {t}"));
        line("receiver", &format!("{} ({}) {after}{trouble}", r.target, r.kind));
    }
    if told.receivers.is_empty() {
        line("receiver", "none: the config names no target for this severity; it is kept in the ledger only");
    }
    told.alarm.text.lines().for_each(|l| line("text", l));
    out
}

fn object(told: &Told) -> Value {
    let receivers: Vec<Value> = told
        .receivers
        .iter()
        .map(|r| json!({ "target": r.target, "kind": r.kind, "after_seconds": r.after.as_secs(), "trouble": r.trouble }))
        .collect();
    json!({ "alarm": told.alarm, "receivers": receivers, "was_open": told.open.is_some() })
}
