//! One cause in the making: what is counted of its messages, and the two that are kept of them.

use std::collections::BTreeMap;
use std::time::SystemTime;

use crate::decode::{digest, safe_bytes, safe_cut};
use crate::model::{Address, PastKind, Seat};
use crate::schema::{Seen, Verdict};
use crate::triage::group::cause::{Arrivals, Cause, CauseId, NO_METADATA, PastCount, Sample, Share};
use crate::triage::group::fingerprint::{Basis, Fingerprint};
use crate::triage::group::{Members, Standing};
use crate::triage::rules::{Hand, Rules, Symptom};

/// Names kept in a tally.
const NAMES: usize = 16;

/// Characters of a key, an error and a preview in a sample.
const CUT: usize = 200;

#[derive(Debug, Clone)]
pub(super) struct Bin {
    pub print: Fingerprint,
    shown: u64,
    pub unresolved: u64,
    past: PastCount,
    dated: u64,
    first: Option<SystemTime>,
    last: Option<SystemTime>,
    arrivals: Arrivals,
    origins: Tally,
    families: Tally,
    events: Tally,
    no_origin: u64,
    attempts: Option<(u32, u32)>,
    invalid: u64,
    valid: u64,
    unchecked: u64,
    newest: Option<Kept>,
    oldest: Option<Kept>,
    members: Members,
}

/// A sample and what else the rules want to know of it.
#[derive(Debug, Clone)]
struct Kept {
    order: (Option<SystemTime>, Seat),
    sample: Sample,
    message: Option<String>,
    wrapper: Vec<String>,
    stage: Option<String>,
    origin: Option<String>,
}

#[derive(Debug, Clone, Default)]
struct Tally(BTreeMap<String, u64>);

impl Tally {
    fn add(&mut self, name: &str) {
        if let Some(n) = self.0.get_mut(name) {
            *n += 1;
        } else {
            // far more than are shown, so that the most frequent are surely among them in any honest queue
            let name = if self.0.len() < NAMES * 64 { name } else { "other" };
            *self.0.entry(name.to_owned()).or_default() += 1;
        }
    }

    fn shares(&self) -> Vec<Share> {
        let mut out: Vec<Share> = self.0.iter().map(|(name, count)| Share { name: safe_cut(name, CUT), count: *count }).collect();
        out.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
        if out.len() > NAMES {
            let rest = out.split_off(NAMES - 1).iter().map(|s| s.count).sum();
            out.push(Share { name: "other".to_owned(), count: rest });
        }
        out
    }
}

impl Bin {
    pub fn new(print: Fingerprint) -> Self {
        Self {
            print,
            shown: 0,
            unresolved: 0,
            past: PastCount::default(),
            dated: 0,
            first: None,
            last: None,
            arrivals: Arrivals::default(),
            origins: Tally::default(),
            families: Tally::default(),
            events: Tally::default(),
            no_origin: 0,
            attempts: None,
            invalid: 0,
            valid: 0,
            unchecked: 0,
            newest: None,
            oldest: None,
            members: Members::default(),
        }
    }

    pub fn note(&mut self, standing: &Standing) {
        match standing {
            Standing::Open { came_back } => {
                self.unresolved += 1;
                if let Some(back) = came_back {
                    self.past.came_back += 1;
                    let newer = |(actor, when): &&(String, SystemTime)| self.past.by.as_ref().is_none_or(|(a, w)| (w, a) < (when, actor));
                    if let Some(by) = back.by.as_ref().filter(newer) {
                        self.past.by = Some(by.clone());
                    }
                }
            }
            Standing::InDoubt => {
                self.unresolved += 1;
                self.past.in_doubt += 1;
            }
            Standing::Settled(PastKind::Parked) => self.past.parked += 1,
            Standing::Settled(PastKind::Discarded) => self.past.discarded += 1,
            Standing::Settled(_) => self.past.replayed += 1,
        }
    }

    pub fn take(&mut self, seen: &Seen) {
        let death = &seen.death;
        self.shown += 1;
        let died = death.last.value;
        if let Some(died) = died {
            self.dated += 1;
            self.first = Some(self.first.map_or(died, |f| f.min(died)));
            self.last = Some(self.last.map_or(died, |l| l.max(died)));
        }
        let when = died.or(seen.message.sent);
        if let Some(when) = when {
            self.arrivals.add(when);
        }
        match &death.origin.value {
            Some(origin) => self.origins.add(&origin.name),
            None => self.no_origin += 1,
        }
        if !death.family.is_empty() {
            self.families.add(death.family);
        }
        if let Some(event) = &seen.event {
            self.events.add(event);
        }
        if let Some(n) = death.attempts.value {
            self.attempts = Some(self.attempts.map_or((n, n), |(a, b)| (a.min(n), b.max(n))));
        }
        match seen.verdict {
            Verdict::Valid { .. } => self.valid += 1,
            Verdict::Invalid { .. } => self.invalid += 1,
            Verdict::Unchecked { .. } => self.unchecked += 1,
        }
        let order = (when, seen.message.seat.clone());
        if self.newest.as_ref().is_none_or(|k| k.order < order) {
            self.newest = Some(Kept::of(seen, order.clone()));
        }
        // a message without a time is no oldest as long as another has one
        let early = |o: &(Option<SystemTime>, Seat)| (o.0.is_none(), o.0, o.1.clone());
        if self.oldest.as_ref().is_none_or(|k| early(&order) < early(&k.order)) {
            self.oldest = Some(Kept::of(seen, order));
        }
        self.members.push(&seen.message.seat);
    }

    pub fn cause(&self, dlq: &Address, id: CauseId, rules: &Rules, hands: &BTreeMap<String, Hand>) -> Option<Cause> {
        let (newest, oldest) = (self.newest.as_ref()?, self.oldest.as_ref()?);
        let symptom = Symptom {
            class: self.print.class.as_deref(),
            chain: &newest.wrapper,
            message: newest.message.as_deref(),
            stage: newest.stage.as_deref(),
            origin: newest.origin.as_deref(),
            dlq: &dlq.name,
        };
        Some(Cause {
            id,
            title: if self.print.basis == Basis::Nothing { NO_METADATA.to_owned() } else { self.print.title.clone() },
            fingerprint: self.print.clone(),
            count: self.shown,
            unresolved: self.unresolved,
            past: self.past.clone(),
            first: self.first,
            last: self.last,
            undated: self.shown - self.dated,
            arrivals: self.arrivals.clone(),
            partitions: self.members.partitions(),
            origins: self.origins.shares(),
            no_origin: self.no_origin,
            failed_by: self.print.failed_by.clone(),
            families: self.families.shares(),
            events: self.events.shares(),
            attempts: self.attempts,
            invalid: self.invalid,
            valid: self.valid,
            unchecked: self.unchecked,
            newest: newest.sample.clone(),
            oldest: oldest.sample.clone(),
            category: rules.decide(symptom, hands.get(&self.print.hex())),
            members: self.members.clone(),
        })
    }
}

impl Kept {
    fn of(seen: &Seen, order: (Option<SystemTime>, Seat)) -> Self {
        let message = &seen.message;
        let error = seen.death.error.value.as_ref();
        let text = error.and_then(|e| e.message.as_deref());
        let sample = Sample {
            at: message.at.clone(),
            seat: message.seat.clone(),
            id: seen.id.clone(),
            key: message.key.as_deref().map(|k| safe_cut(&safe_bytes(k.get(..CUT).unwrap_or(k)), CUT)),
            when: order.0,
            error: text.map(|t| safe_cut(t.lines().next().unwrap_or(""), CUT)),
            event: seen.event.clone(),
            preview: seen.preview.clone(),
            digest: digest(message).iter().take(8).map(|b| format!("{b:02x}")).collect(),
        };
        Self {
            order,
            sample,
            message: text.map(|t| t.chars().take(4 * CUT).collect()),
            wrapper: error.and_then(|e| e.wrapper.clone()).into_iter().collect(),
            stage: error.and_then(|e| e.stage.clone()),
            origin: seen.death.origin.value.as_ref().map(|o| o.name.clone()),
        }
    }
}
