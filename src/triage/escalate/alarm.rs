//! What is told of one cause: numbers, times, hashes and a command, never a body.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::decode::human;

/// What a notice says has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    Open,
    Update,
    Resolve,
}

impl Event {
    /// The word of the payload and of the ledger.
    pub fn word(self) -> &'static str {
        match self {
            Event::Open => "open",
            Event::Update => "update",
            Event::Resolve => "resolve",
        }
    }
}

/// A message to look at, named without its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SampleRef {
    /// `p3/132665`.
    pub seat: String,
    /// First 16 hex digits of its digest.
    pub digest: String,
}

/// The payload of a notice, version 1. The generic webhook gets it as it is; Alertmanager gets an alert made from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alarm {
    /// Of this format: 1.
    pub version: u32,
    pub event: Event,
    /// The incident's key: the same for every word about it.
    pub dedup_key: String,
    pub context: String,
    /// `critical`, `error`, `warning`, `info`.
    pub severity: String,
    /// The severity when it was opened: a label must not change while an alert lives.
    pub label_severity: String,
    pub category: String,
    pub action: Option<String>,
    /// `PaymentTimeout at Gateway.charge`.
    pub title: String,
    pub connection: String,
    /// The dead-letter queue's name.
    pub queue: String,
    /// The cause's short id.
    pub cause: String,
    /// `v1:` and 32 hex digits.
    pub fingerprint: String,
    /// Messages that wait now.
    pub count: u64,
    /// Of them, those that were replayed before.
    pub came_back: u64,
    /// Of them, those that break their schema.
    pub invalid: u64,
    /// RFC 3339; absent where the messages do not tell.
    pub first_seen: Option<String>,
    pub last_seen: Option<String>,
    /// Since when the incident is open.
    pub opened: String,
    pub failed_by: Option<String>,
    pub origins: Vec<String>,
    pub sample: Option<SampleRef>,
    /// Opens the cause on the command line.
    pub command: String,
    /// Who escalated or resolved it, and why.
    pub by: String,
    pub reason: Option<String>,
    /// All of it for people.
    pub text: String,
}

impl Alarm {
    /// The text as people get it, from the other fields.
    pub(super) fn compose(&self) -> String {
        let mut text = match self.event {
            Event::Resolve => format!("resolved: {}\n", self.title),
            _ => format!("{}: {}\n", self.severity, self.title),
        };
        let mut line =
            format!("{} dead letters wait in {}/{} ({})", human::count_plain(self.count), self.connection, self.queue, self.context);
        for (name, time) in [("first", &self.first_seen), ("last", &self.last_seen)] {
            if let Some(time) = time {
                line.push_str(&format!(", {name} {time}"));
            }
        }
        if let Some(group) = &self.failed_by {
            line.push_str(&format!("; failed by {group}"));
        }
        if !self.origins.is_empty() {
            line.push_str(&format!("; from {}", self.origins.join(", ")));
        }
        if self.came_back > 0 {
            line.push_str(&format!("; {} of them were replayed before", human::count_plain(self.came_back)));
        }
        if self.invalid > 0 {
            line.push_str(&format!("; {} break their schema", human::count_plain(self.invalid)));
        }
        text.push_str(&line);
        text.push_str(&format!("\ncategory {}", self.category));
        if let Some(action) = &self.action {
            text.push_str(&format!(", {action}"));
        }
        text.push_str(&format!("\nby {}", self.by));
        if let Some(reason) = &self.reason {
            text.push_str(&format!(": {reason}"));
        }
        if let Some(sample) = &self.sample {
            text.push_str(&format!("\nsample {}, digest {}", sample.seat, sample.digest));
        }
        text.push_str(&format!("\n{}", self.command));
        text
    }
}

/// RFC 3339, UTC.
pub(super) fn stamp(t: SystemTime) -> String {
    human::utc(Some(t))
}
