//! The message as it will be published: framework headers off, trace headers on, our marks added, all else as it was.

use bytes::Bytes;

use super::{Deed, Planned, ReplayPlan, ReplayRequest, Where};
use crate::broker::{Outgoing, Place, REPLAY_ID};
use crate::decode::identity::original_id;
use crate::model::{Fields, Kind, Message, Typed, text_field};

pub use crate::model::ORIGINAL_ID;
/// The header that counts our replays of a message.
pub const REPLAY_GEN: &str = "x-redrive-replay-gen";

/// Trace headers that everybody knows; the config adds its own. Names are compared without regard to case.
const TRACE: [&str; 7] = ["x-trace-id", "x-span-id", "x-correlation-id", "traceparent", "tracestate", "baggage", "AWSTraceHeader"];

/// Whether a header is a trace header: no rule strips it.
pub fn is_trace_header(name: &str, more: &[String]) -> bool {
    TRACE.iter().any(|t| t.eq_ignore_ascii_case(name)) || more.iter().any(|t| t.eq_ignore_ascii_case(name))
}

/// Times that redrive replayed this message, by its own header; 0 without one.
pub fn generation(headers: &Fields) -> u32 {
    headers.iter().filter(|(n, _)| n == REPLAY_GEN).filter_map(|(_, v)| v.as_text()?.trim().parse().ok()).max().unwrap_or(0)
}

/// `<plan>/<number>`: who a replayed message is on the wire.
pub fn replay_id(plan: &ReplayPlan, item: &Planned) -> String {
    format!("{}/{}", plan.id, item.n)
}

/// What publishing changes in one message.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// Headers, then properties, taken off, in order.
    pub stripped: Fields,
    /// Names of headers that stay although a rule would take them: trace headers, and those kept by wish.
    pub kept: Vec<String>,
    /// Headers added at the end, in order.
    pub added: Fields,
    /// The body was edited, and by whom.
    pub edited: Option<String>,
}

fn matches(patterns: &[String], name: &str) -> bool {
    patterns.iter().any(|p| p.strip_suffix('*').map_or(p == name, |start| name.starts_with(start)))
}

fn is_own(name: &str) -> bool {
    [REPLAY_ID, ORIGINAL_ID, REPLAY_GEN].contains(&name)
}

/// What becomes of one header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Stripped,
    /// A rule would take it, but it is a trace header or kept by wish.
    Kept,
    /// No rule is about it.
    Untouched,
}

impl Fate {
    /// By the plan's rules; trace headers first, because nothing may take them.
    pub(super) fn of(name: &str, owned: &[String], ask: &ReplayRequest) -> Self {
        if is_own(name) {
            Fate::Stripped
        } else if is_trace_header(name, &ask.trace) {
            Fate::Kept
        } else if !matches(&ask.edit.strip, name) && !owned.iter().any(|o| o == name) {
            Fate::Untouched
        } else if matches(&ask.edit.keep, name) {
            Fate::Kept
        } else {
            Fate::Stripped
        }
    }
}

/// Whether this plan puts messages down as they are, with all that they say of their death: parked elsewhere, restored, re-seated.
pub(super) fn as_they_are(ask: &ReplayRequest) -> bool {
    matches!(ask.deed, Deed::Restore | Deed::Park | Deed::Reseat)
}

impl Changes {
    /// What this plan changes in this message. Parking and restoring change nothing but our mark.
    pub fn of(message: &Message, item: &Planned, plan: &ReplayPlan) -> Self {
        let mut changes = Self::default();
        if as_they_are(&plan.ask) {
            // its death must still be readable there; only the mark by which doubt finds it is new
            changes.stripped = message.headers.iter().filter(|(n, _)| n == REPLAY_ID).cloned().collect();
            changes.added = vec![mark(REPLAY_ID, replay_id(plan, item))];
            return changes;
        }
        let owned = plan.owned.get(usize::from(item.owned)).map_or(&[][..], Vec::as_slice);
        for (name, value) in message.headers.iter().chain(&message.properties) {
            match Fate::of(name, owned, &plan.ask) {
                Fate::Stripped => changes.stripped.push((name.clone(), value.clone())),
                Fate::Kept => changes.kept.push(name.clone()),
                Fate::Untouched => {}
            }
        }
        changes.added = plan.ask.edit.add.iter().filter(|(n, _)| !is_own(n)).map(|(n, v)| mark(n, v.clone())).collect();
        let original = text_field(&message.headers, ORIGINAL_ID).map_or_else(|| original_id(&item.id).to_owned(), str::to_owned);
        changes.edited = plan.ask.edit.body(&item.seat).map(|e| e.by.clone());
        changes.added.push(mark(REPLAY_ID, replay_id(plan, item)));
        changes.added.push(mark(ORIGINAL_ID, original));
        changes.added.push(mark(REPLAY_GEN, item.before.max(generation(&message.headers)).saturating_add(1).to_string()));
        changes
    }
}

fn mark(name: &str, value: String) -> (String, Typed) {
    (name.to_owned(), Typed::bytes(Some(value.into())))
}

/// The message as it is published, and what that changes. `None` where this plan publishes nothing of it.
/// Key, a body that nobody edited, and the headers and properties that are neither stripped nor added are the same bytes in the same order.
pub fn wire(message: &Message, item: &Planned, plan: &ReplayPlan) -> Option<(Outgoing, Changes)> {
    let to = plan.to(item)?.clone();
    let changes = Changes::of(message, item, plan);
    let mut gone = changes.stripped.iter().peekable();
    // `stripped` is in the message's order, headers before properties, so one pass tells which of several alike went
    let mut left = |fields: &Fields| -> Fields { fields.iter().filter(|field| gone.next_if(|g| g == field).is_none()).cloned().collect() };
    let mut headers = left(&message.headers);
    let properties = left(&message.properties);
    headers.extend(changes.added.iter().cloned());
    let place = match item.place {
        Where::Partition(p) => Place::Partition(p),
        Where::ByKey => Place::ByKey,
        Where::Any => Place::Any,
    };
    let edited = plan.ask.edit.body(&item.seat).filter(|_| changes.edited.is_some());
    let body = edited.map_or_else(|| message.body.clone(), |e| Some(Bytes::from(e.body.clone())));
    let by = plan.ask.routing_key.as_ref().filter(|_| to.kind == Kind::Exchange).map(|key| Bytes::from(key.clone()));
    let key = by.or_else(|| message.key.clone());
    let out = Outgoing { to, place, key, body, headers, properties };
    Some((out, changes))
}

#[cfg(test)]
mod tests;
