//! Opening, updating and resolving the one incident of a cause.

use std::collections::BTreeSet;
use std::time::SystemTime;

use regex::Regex;

use super::alarm::{Alarm, Event, SampleRef, stamp};
use super::reach::{Receiver, receivers};
use crate::config::model::Masking;
use crate::config::{Config, Context};
use crate::decode::safe;
use crate::model::Address;
use crate::triage::causes::Reading;
use crate::triage::group::{Cause, CauseId, VERSION};
use crate::triage::ledger::{Incident, Notice, NoticeState, Result, TriageLedger};

/// Notices of one incident that are looked at to know whom it reached.
const LOOKED_AT: usize = 500;

/// What is to be escalated, by whom.
#[derive(Clone, Copy)]
pub struct Ask<'a> {
    pub config: &'a Config,
    pub context: &'a Context,
    pub dlq: &'a Address,
    pub cause: &'a Cause,
    pub actor: &'a str,
    pub reason: Option<&'a str>,
    pub now: SystemTime,
}

/// What will be told, or was: the text, to whom, and what is open already.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    pub alarm: Alarm,
    /// Empty: the incident is only in the ledger, because the config names no target for its severity.
    pub receivers: Vec<Receiver>,
    /// The incident that is open already and would be updated.
    pub open: Option<Incident>,
}

/// The key that makes two escalations of one cause the same incident: `redrive:<context>:<connection>/<queue>:<fingerprint>`.
pub fn dedup_key(context: &str, dlq: &Address, fingerprint_hex: &str) -> String {
    format!("redrive:{context}:{dlq}:v{VERSION}-{fingerprint_hex}")
}

/// What would be told. `known`: the ledger's incident of this key, whatever its state. Pure.
pub fn draft(ask: Ask<'_>, known: Option<&Incident>) -> Told {
    let cause = ask.cause;
    let open = known.filter(|i| i.state != "resolved");
    let receivers = receivers(&ask.config.escalation, cause.category.severity);
    let mask = masker(&ask.config.masking);
    let dedup = dedup_key(&ask.context.name, ask.dlq, &cause.fingerprint.hex());
    let name = format!("{}/{}", ask.dlq.conn, ask.dlq.name);
    let id = if cause.id.0 == CauseId::NONE { String::new() } else { format!(" --cause {}", cause.id) };
    let mut alarm = Alarm {
        version: 1,
        event: if open.is_some() { Event::Update } else { Event::Open },
        dedup_key: dedup,
        context: ask.context.name.clone(),
        severity: cause.category.severity.word().to_owned(),
        label_severity: cause.category.severity.word().to_owned(),
        category: cause.category.name.clone(),
        action: cause.category.action.map(|a| a.word().to_owned()),
        title: mask(&cause.title),
        connection: ask.dlq.conn.to_string(),
        queue: safe(&ask.dlq.name).into_owned(),
        cause: cause.id.0.clone(),
        fingerprint: cause.fingerprint.to_string(),
        count: cause.unresolved,
        came_back: cause.past.came_back,
        invalid: cause.invalid,
        first_seen: cause.first.map(stamp),
        last_seen: cause.last.map(stamp),
        opened: stamp(open.map_or(ask.now, |i| i.opened)),
        failed_by: cause.failed_by.as_deref().map(|g| safe(g).into_owned()),
        origins: cause.origins.iter().map(|o| o.name.clone()).collect(),
        sample: Some(SampleRef { seat: safe(&cause.newest.seat.to_string()).into_owned(), digest: cause.newest.digest.clone() }),
        command: format!("redrive --context {} causes {}{id}", quoted(&ask.context.name), quoted(&name)),
        by: safe(ask.actor).into_owned(),
        reason: ask.reason.map(|r| mask(&safe(r))),
        text: String::new(),
    };
    alarm.text = alarm.compose();
    Told { alarm, receivers, open: open.cloned() }
}

/// Opens the incident of a cause, or updates the one that is open: into the ledger and its outbox, in one step.
/// Nothing is sent here: [`super::Outbox::deliver`] does that, now and after a crash.
pub async fn escalate(ledger: &TriageLedger, ask: Ask<'_>) -> Result<Told> {
    let key = dedup_key(&ask.context.name, ask.dlq, &ask.cause.fingerprint.hex());
    let known = ledger.incident_of(key.clone()).await?;
    let mut told = draft(ask, known.as_ref());
    let mut opened = ask.now;
    if let Some(open) = &told.open {
        opened = open.opened;
        // labels make an alert what it is: they stay as they were told first
        let before = ledger.notices(Some(key), 1).await?;
        if let Some(first) = before.first().and_then(|n| serde_json::from_str::<Alarm>(&n.payload).ok()) {
            told.alarm.label_severity = first.label_severity;
        }
    }
    let incident = Incident {
        dedup: told.alarm.dedup_key.clone(),
        place: ask.dlq.clone(),
        subject: ask.cause.fingerprint.hex(),
        title: told.alarm.title.clone(),
        severity: told.alarm.severity.clone(),
        state: told.open.as_ref().map_or("open", |i| i.state.as_str()).to_owned(),
        opened,
        changed: ask.now,
        actor: ask.actor.to_owned(),
        reason: ask.reason.map(str::to_owned),
    };
    let payload = payload(&told.alarm);
    let notices = told
        .receivers
        .iter()
        .map(|r| {
            let due = opened.checked_add(r.after).unwrap_or(opened).max(ask.now);
            let state = if r.trouble.is_some() { NoticeState::Failed } else { NoticeState::Waiting };
            notice(&told.alarm, &r.target, payload.clone(), due, state, r.trouble.clone().unwrap_or_default(), ask.now)
        })
        .collect();
    ledger.incident(incident, notices).await?;
    Ok(told)
}

/// Resolves an incident by an operator's word. False: there is none that is open.
pub async fn resolve(ledger: &TriageLedger, dedup: &str, actor: &str, reason: Option<&str>, now: SystemTime) -> Result<bool> {
    let Some(mut incident) = ledger.incident_of(dedup.to_owned()).await?.filter(|i| i.state != "resolved") else { return Ok(false) };
    let before = ledger.notices(Some(dedup.to_owned()), LOOKED_AT).await?;
    let last = before.first().and_then(|n| serde_json::from_str::<Alarm>(&n.payload).ok());
    let mut notices = Vec::new();
    if let Some(mut alarm) = last {
        alarm.event = Event::Resolve;
        alarm.count = 0;
        alarm.came_back = 0;
        alarm.invalid = 0;
        alarm.by = safe(actor).into_owned();
        alarm.reason = reason.map(|r| safe(r).into_owned());
        alarm.text = alarm.compose();
        let payload = payload(&alarm);
        // only who may have heard of it; a try that failed may have arrived all the same
        let heard: BTreeSet<&str> =
            before.iter().filter(|n| n.state == NoticeState::Sent || n.tries > 0).map(|n| n.target.as_str()).collect();
        notices = heard.into_iter().map(|t| notice(&alarm, t, payload.clone(), now, NoticeState::Waiting, String::new(), now)).collect();
    }
    incident.state = "resolved".to_owned();
    incident.changed = now;
    incident.actor = actor.to_owned();
    incident.reason = reason.map(str::to_owned);
    ledger.incident(incident, notices).await?;
    Ok(true)
}

/// Resolves the open incidents of a queue whose causes have nothing left to decide. Only a complete reading proves that:
/// after any other nothing is resolved. Gives the keys of what was resolved.
pub async fn resolve_settled(
    ledger: &TriageLedger,
    context: &Context,
    reading: &Reading,
    actor: &str,
    now: SystemTime,
) -> Result<Vec<String>> {
    if !reading.receipt.is_complete() {
        return Ok(Vec::new());
    }
    let reason = format!("all of it is resolved: {}", reading.receipt);
    resolve_others(ledger, context, &reading.receipt.dlq, &reading.grouping.unresolved(), &reason, actor, now).await
}

/// Resolves the open incidents of a queue but for those of causes that still wait, which the caller knows completely, by
/// [`crate::triage::group::Grouping::unresolved`]. Gives the keys of what was resolved.
pub async fn resolve_others(
    ledger: &TriageLedger,
    context: &Context,
    dlq: &Address,
    waiting: &BTreeSet<String>,
    reason: &str,
    actor: &str,
    now: SystemTime,
) -> Result<Vec<String>> {
    let mut done = Vec::new();
    for incident in open_of(ledger, context, dlq).await?.into_iter().filter(|i| !waiting.contains(&i.subject)) {
        if resolve(ledger, &incident.dedup, actor, Some(reason), now).await? {
            done.push(incident.dedup);
        }
    }
    Ok(done)
}

/// The open incidents of a queue's causes.
pub async fn open_of(ledger: &TriageLedger, context: &Context, dlq: &Address) -> Result<Vec<Incident>> {
    let ours = format!("redrive:{}:", context.name);
    let open = ledger.open_incidents().await?.into_iter();
    Ok(open.filter(|i| i.place == *dlq && i.dedup.starts_with(&ours)).collect())
}

fn notice(alarm: &Alarm, target: &str, payload: String, next_at: SystemTime, state: NoticeState, why: String, now: SystemTime) -> Notice {
    Notice {
        seq: 0,
        dedup: alarm.dedup_key.clone(),
        target: target.to_owned(),
        kind: alarm.event.word().to_owned(),
        payload,
        tries: 0,
        next_at,
        state,
        why,
        made: now,
    }
}

fn payload(alarm: &Alarm) -> String {
    serde_json::to_string(alarm).unwrap_or_default()
}

/// What the config never lets out, replaced.
fn masker(masking: &Masking) -> impl Fn(&str) -> String {
    let patterns: Vec<Regex> = masking.patterns.iter().filter_map(|p| Regex::new(p).ok()).collect();
    move |text| patterns.iter().fold(text.to_owned(), |text, p| p.replace_all(&text, "***").into_owned())
}

/// One word of a POSIX shell.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", safe(word).replace('\'', r"'\''"))
}
