//! A cause as every face shows it.

use std::fmt;
use std::time::{Duration, SystemTime};

use super::{Fingerprint, Members};
use crate::model::{Address, MessageId, Seat};
use crate::triage::rules::Category;

/// The title of the cause of messages that say nothing of their death.
pub const NO_METADATA: &str = "no failure metadata";

/// A cause's short name: the first 4 or more hex digits of its fingerprint, or `-` for [`NO_METADATA`].
/// As many digits as tell the causes of one queue apart, so both faces give the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CauseId(pub String);

impl CauseId {
    /// The id of messages without metadata.
    pub const NONE: &'static str = "-";

    /// Whether what a person typed means this cause: its id, or a longer part of the fingerprint, or `v1:…`.
    pub fn is_meant(&self, typed: &str, fingerprint: &Fingerprint) -> bool {
        let typed = typed.trim().trim_start_matches("v1:").to_ascii_lowercase();
        typed == self.0 || (typed.len() >= 4 && self.0 != Self::NONE && fingerprint.hex().starts_with(&typed))
    }
}

impl fmt::Display for CauseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// When the messages of a cause died, by the minute; only the newest three hours are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrivals {
    pub(super) minutes: std::collections::BTreeMap<u64, u64>,
}

/// Minutes kept.
const MINUTES: usize = 180;

impl Arrivals {
    pub(super) fn add(&mut self, when: SystemTime) {
        let Ok(since) = when.duration_since(SystemTime::UNIX_EPOCH) else { return };
        *self.minutes.entry(since.as_secs() / 60).or_default() += 1;
        if self.minutes.len() > MINUTES {
            self.minutes.pop_first();
        }
    }

    /// How many died in each of `buckets` equal parts of the last `span` (up to three hours), oldest first.
    pub fn spark(&self, now: SystemTime, span: Duration, buckets: usize) -> Vec<u64> {
        let mut out = vec![0; buckets];
        let (Ok(now), true) = (now.duration_since(SystemTime::UNIX_EPOCH), buckets > 0) else { return out };
        let last = now.as_secs() / 60;
        let minutes = (span.as_secs() / 60).max(1);
        let first = (last + 1).saturating_sub(minutes);
        for (&minute, &n) in self.minutes.range(first..=last) {
            let index = usize::try_from((minute - first) * buckets as u64 / minutes).unwrap_or(usize::MAX);
            if let Some(slot) = out.get_mut(index.min(buckets - 1)) {
                *slot += n;
            }
        }
        out
    }
}

/// One message of a cause, to show what it is like.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    pub at: Address,
    pub seat: Seat,
    pub id: MessageId,
    /// The record key, safe for a terminal and cut.
    pub key: Option<String>,
    /// When it died, else when it was written here.
    pub when: Option<SystemTime>,
    /// The error's message on one line, safe and cut.
    pub error: Option<String>,
    /// The event type it names.
    pub event: Option<String>,
    /// The body on one line, safe and cut.
    pub preview: String,
    /// First 16 hex digits of its digest.
    pub digest: String,
}

/// A name and how many messages have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    pub name: String,
    pub count: u64,
}

/// What was done with messages of this cause before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PastCount {
    /// Unresolved ones that were replayed before and are here again.
    pub came_back: u64,
    /// By whom and when the last of these was replayed; `None` if only their marks tell.
    pub by: Option<(String, SystemTime)>,
    /// Replays in doubt.
    pub in_doubt: u64,
    /// Settled: replayed, parked, discarded.
    pub replayed: u64,
    pub parked: u64,
    pub discarded: u64,
}

impl PastCount {
    /// How many are settled.
    pub fn settled(&self) -> u64 {
        self.replayed + self.parked + self.discarded
    }
}

/// Dead letters with one fingerprint.
#[derive(Clone, Debug, PartialEq)]
pub struct Cause {
    pub id: CauseId,
    pub fingerprint: Fingerprint,
    /// `PaymentTimeout at Gateway.charge`; safe for a terminal.
    pub title: String,
    /// Messages shown: unresolved ones, and settled ones if they were asked for.
    pub count: u64,
    /// Of all messages of the cause, shown or not, those that are not settled.
    pub unresolved: u64,
    pub past: PastCount,
    /// First and last time of death, where the messages tell; `None`: shown as `?`.
    pub first: Option<SystemTime>,
    pub last: Option<SystemTime>,
    /// How many of `count` tell no time of death.
    pub undated: u64,
    pub arrivals: Arrivals,
    /// How many partitions they lie in.
    pub partitions: usize,
    /// Where they came from, the most frequent first; at most 16 and the rest as `other`.
    pub origins: Vec<Share>,
    /// How many name no origin.
    pub no_origin: u64,
    pub failed_by: Option<String>,
    /// The framework families that wrote the metadata.
    pub families: Vec<Share>,
    /// Event types, the most frequent first.
    pub events: Vec<Share>,
    /// Least and most attempts, where any tells.
    pub attempts: Option<(u32, u32)>,
    /// Messages that surely break their schema, that keep it, and that could not be checked.
    pub invalid: u64,
    pub valid: u64,
    pub unchecked: u64,
    pub newest: Sample,
    pub oldest: Sample,
    pub category: Category,
    /// The seats of the messages shown: enough to draft a plan.
    pub members: Members,
}

impl Cause {
    /// Why grouped, in words.
    pub fn why_grouped(&self) -> String {
        self.fingerprint.why()
    }

    /// `988 of 988 valid`, `203 of 988 invalid`, `not checked`.
    pub fn schema_words(&self) -> String {
        use crate::decode::human::count_plain as n;
        match (self.valid, self.invalid) {
            (0, 0) => "not checked: no event is declared for them".to_owned(),
            (valid, 0) => format!("{} of {} valid", n(valid), n(self.count)),
            (_, invalid) => format!("{} of {} invalid", n(invalid), n(self.count)),
        }
    }
}
