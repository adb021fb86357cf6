//! RabbitMQ's dead-letter exchanges: what both protocols' records of deaths mean, and how far they can be believed.

use std::time::SystemTime;

use super::fields::Headers;
use super::values::{moment, number, tables, text, texts};
use crate::model::{BY_RABBITMQ, Death, Failure, Fields, Kind, Message, Origin, Sure, Told, Typed, field};

/// Reasons for which RabbitMQ dead-letters (rabbitmq-website, docs/dlx.md).
const REASONS: [&str; 4] = ["rejected", "expired", "maxlen", "delivery_limit"];

/// Deaths in one queue for one reason, as one entry of the record has them.
struct Deaths {
    queue: String,
    reason: String,
    /// The exchange it was published to before it came into that queue; empty: the default exchange.
    exchange: Option<String>,
    routing_keys: Vec<String>,
    count: Option<u32>,
    first: Option<SystemTime>,
    /// Only AMQP 1.0 tells it.
    last: Option<SystemTime>,
}

/// The record of all deaths, the newest first.
pub(super) struct Record {
    /// `x-death` or `x-opt-deaths`.
    name: &'static str,
    deaths: Vec<Deaths>,
    /// The record's word for the time of the first death.
    first_time: &'static str,
}

/// Names by which both protocols tell the first and the last death.
pub(super) fn is_summary(name: &str) -> bool {
    name.starts_with("x-first-death-") || name.starts_with("x-last-death-")
}

impl Deaths {
    /// rabbitmq-server, deps/rabbit/src/mc.erl; `first_time` is `time` over AMQP 0-9-1.
    fn of(table: &Fields, first_time: &str) -> Self {
        let time = |name: &str| field(table, name).and_then(moment);
        Self {
            queue: field(table, "queue").and_then(text).unwrap_or_default(),
            reason: field(table, "reason").and_then(text).unwrap_or_default(),
            exchange: field(table, "exchange").and_then(text),
            routing_keys: field(table, "routing-keys").map(texts).unwrap_or_default(),
            count: field(table, "count").and_then(number).and_then(|n| u32::try_from(n).ok()),
            first: time(first_time),
            last: time("last-time"),
        }
    }
}

impl Record {
    /// The record as a field of this name has it; what is no array of tables was not written by RabbitMQ and is empty.
    pub(super) fn new(name: &'static str, record: Option<&Typed>, first_time: &'static str) -> Self {
        let deaths = record.into_iter().flat_map(tables).map(|table| Deaths::of(table, first_time));
        Self { name, deaths: deaths.collect(), first_time }
    }

    /// The death as the record and the message's summary of it tell.
    pub(super) fn death(self, message: &Message) -> Option<Death> {
        let summary = Headers::new(message, "x-");
        let first = summary.text("first-death-queue").filter(|q| !q.is_empty());
        if self.deaths.is_empty() && first.is_none() {
            return None;
        }
        let sure = if self.agrees(&summary) { Sure::Header } else { Sure::Guess };
        let told = |value: Option<String>, source: String| value.map_or_else(|| Told::nothing(""), |v| Told::from(v, source, sure));
        let at = self.origin_entry(first.as_deref(), &summary.text("first-death-reason").unwrap_or_default());
        let entry = at.and_then(|at| self.deaths.get(at));
        let by_summary = entry.is_none_or(|e| first.as_ref() == Some(&e.queue));
        let (queue, source) = match (entry, by_summary) {
            (_, true) => (first, "x-first-death-queue".to_owned()),
            (Some(entry), false) => (Some(entry.queue.clone()), self.field(at, "queue")),
            (None, false) => (None, String::new()),
        };
        let doubt = if sure == Sure::Guess { " (the death headers contradict each other)" } else { "" };
        let source = format!("{source}{doubt}");
        let (reason, reason_source) = match entry {
            Some(entry) => (Some(entry.reason.clone()), self.field(at, "reason")),
            None => (summary.text("first-death-reason"), "x-first-death-reason".to_owned()),
        };
        let origin = queue.clone().map(|name| Origin {
            name,
            kind: Some(Kind::Queue),
            exchange: entry.and_then(|e| e.exchange.clone()).or_else(|| summary.text("first-death-exchange")),
            routing_keys: entry.map(|e| e.routing_keys.clone()).unwrap_or_default(),
            ..Origin::default()
        });
        let failure = reason.filter(|r| !r.is_empty()).map(|reason| Failure { stage: Some(reason), ..Failure::default() });
        Some(Death {
            family: BY_RABBITMQ,
            origin: origin.map_or_else(|| Told::nothing(""), |o| Told::from(o, source.clone(), sure)),
            failed_by: told(queue, source),
            error: failure.map_or_else(|| Told::nothing("RabbitMQ wrote no reason"), |f| Told::from(f, reason_source, sure)),
            attempts: self.attempts(at, sure),
            first: self.first(sure),
            last: self.last(sure),
            sent: sent(message),
            ..Death::default()
        })
    }

    /// Where a consumer failed it first: the oldest entry whose reason is not `expired`, because a message expires in the
    /// waiting queues of delays and retries too; else the first death told; else the oldest.
    fn origin_entry(&self, first: Option<&str>, first_reason: &str) -> Option<usize> {
        let of_first = || self.deaths.iter().rposition(|d| Some(d.queue.as_str()) == first && d.reason == first_reason);
        let failed = || self.deaths.iter().rposition(|d| d.reason != "expired");
        let wanted = if first_reason == "expired" || first.is_none() { failed().or_else(of_first) } else { of_first().or_else(failed) };
        wanted.or(self.deaths.len().checked_sub(1))
    }

    /// Whether what is told agrees with itself. RabbitMQ 3 counts on in a record that a client sent, RabbitMQ 4 shows one until a
    /// real death replaces it: both leave marks only where the forger was careless, so agreement proves nothing.
    fn agrees(&self, summary: &Headers<'_>) -> bool {
        let whole =
            |d: &Deaths| !d.queue.is_empty() && REASONS.contains(&d.reason.as_str()) && d.count.is_some_and(|n| n > 0) && d.first.is_some();
        let names = |which: &str, d: &Deaths| {
            let is = |what: &str, value: &str| summary.text(&format!("{which}-death-{what}")).is_none_or(|told| told == value);
            is("queue", &d.queue) && is("reason", &d.reason)
        };
        !self.deaths.is_empty()
            && self.deaths.iter().all(whole)
            && self.deaths.iter().any(|d| names("first", d))
            && self.deaths.first().is_some_and(|d| names("last", d))
    }

    fn field(&self, at: Option<usize>, field: &str) -> String {
        format!("{}[{}].{field}", self.name, at.unwrap_or(0))
    }

    fn attempts(&self, at: Option<usize>, sure: Sure) -> Told<u32> {
        let Some(entry) = at.and_then(|at| self.deaths.get(at)) else { return Told::nothing("") };
        match (entry.reason.as_str(), entry.count) {
            ("rejected", Some(count)) => Told::from(count, format!("{}: deaths, not deliveries", self.field(at, "count")), sure),
            ("delivery_limit", _) => Told::nothing("as many as the queue's delivery limit allows"),
            ("rejected", None) => Told::nothing("no count was written"),
            _ => Told::nothing("no consumer rejected it"),
        }
    }

    fn first(&self, sure: Sure) -> Told<SystemTime> {
        let at = (0..self.deaths.len()).filter(|i| self.deaths[*i].first.is_some()).min_by_key(|i| self.deaths[*i].first);
        match at.and_then(|at| self.deaths[at].first) {
            Some(time) => Told::from(time, self.field(at, self.first_time), sure),
            None => Told::nothing("no time was written"),
        }
    }

    /// AMQP 0-9-1 tells of each queue and reason only when it first happened; that is the last time where it happened once.
    fn last(&self, sure: Sure) -> Told<SystemTime> {
        let Some(newest) = self.deaths.first() else { return Told::nothing("no time was written") };
        match (newest.last, newest.first, newest.count.unwrap_or(1)) {
            (Some(time), ..) => Told::from(time, self.field(None, "last-time"), sure),
            (None, Some(time), 0 | 1) => Told::from(time, self.field(None, self.first_time), sure),
            (None, Some(time), count) => {
                let source = format!("{}: of the first of {count} deaths there", self.field(None, self.first_time));
                Told::from(time, source, Sure::Guess)
            }
            _ => Told::nothing("no time was written"),
        }
    }
}

/// RabbitMQ keeps the sender's `timestamp`, if it set one.
fn sent(message: &Message) -> Told<SystemTime> {
    match message.sent {
        Some(time) => Told::from(time, "timestamp of the sender", Sure::Header),
        None => Told::nothing("the sender set no timestamp"),
    }
}
