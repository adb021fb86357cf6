//! What was counted while a draft was frozen, and the warnings that follow from it.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, SystemTime};

use super::Draft;
use crate::broker::Doubt;
use crate::model::Address;
use crate::triage::plan::{Deed, OrderKey, Planned, Preflight, Target, Warning, Way, is_trace_header};

/// A cause whose newest death is younger than this is still dying.
const STILL_DYING: Duration = Duration::from_secs(300);

/// A message that retention takes within this time is worth a warning.
const LOST_SOON: Duration = Duration::from_secs(24 * 3600);

/// What was counted on the way.
#[derive(Default)]
pub(super) struct Tally {
    pub moved: BTreeMap<Address, u64>,
    pub partition_unknown: u64,
    /// Messages and most times.
    pub before: (u64, u32),
    pub poison: (u64, u32),
    pub resolved: u64,
    pub open: (u64, String),
    /// Pointers that do not say to what.
    pub pointers: u64,
    /// Pointers by where their originals are.
    pub originals: BTreeMap<Address, u64>,
    pub tombstones: u64,
    pub no_origin: u64,
    pub home: u64,
    pub cut: u64,
    /// Published and taken out as one act.
    pub carried: u64,
    pub as_they_are: u64,
    /// Of those, what the broker shows no whole view of.
    pub no_copy: u64,
    /// Messages, largest, limit.
    pub large: (u64, u64, u64),
    pub anew: u64,
    pub died: Option<SystemTime>,
    pub oldest: Option<SystemTime>,
    pub keys: HashMap<OrderKey, u64>,
}

impl Draft {
    pub(super) fn warnings(
        &self,
        items: &[Planned],
        targets: &[Target],
        known: &Preflight,
        tally: &Tally,
        now: SystemTime,
    ) -> Vec<Warning> {
        let mut all = Vec::new();
        let used = targets.iter().filter(|t| t.messages > 0);
        for target in used.clone() {
            let at = || target.at.clone();
            match (target.exists, &target.trouble) {
                (Some(false), _) => all.push(Warning::TargetMissing { target: at() }),
                (None, why) => {
                    all.push(Warning::TargetUnknown { target: at(), why: why.clone().unwrap_or_else(|| "it was not asked".into()) })
                }
                _ => {}
            }
            match target.may_write {
                Some(false) => all.push(Warning::MayNotWrite { target: at() }),
                None if target.exists == Some(true) => all.push(Warning::MayWriteUnknown { target: at() }),
                _ => {}
            }
            if !target.hand {
                all.push(Warning::NoHand { conn: target.at.conn.to_string() });
            }
            all.extend(target.subscribers.map(|subscribers| Warning::FansOut { target: at(), subscribers }));
            if target.compacted {
                all.push(Warning::TargetCompacted { target: at() });
            }
            if matches!(target.doubt, Doubt::Ask) && target.exists == Some(true) {
                all.push(Warning::DoubtAsks { target: at() });
            }
            let from = self.ask.from.at();
            if let Some(to) = target.dead_letters.clone().filter(|to| self.sent_here_by.contains(&target.at) && !to.contains(&from.name)) {
                all.push(Warning::DiesElsewhere { target: at(), to });
            }
            if target.at == *self.ask.from.at() && self.ask.deed != Deed::Restore {
                all.push(Warning::SamePlace);
            }
        }
        all.extend(self.ask.partly.clone().map(|read| Warning::Partly { read }));
        for (target, messages) in &tally.moved {
            let now = targets.iter().find(|t| t.at == *target).map_or(0, |t| t.partitions);
            all.push(Warning::PartitionsChanged { target: target.clone(), now, messages: *messages });
        }
        for (from, messages) in &tally.originals {
            all.push(Warning::Originals { messages: *messages, from: from.clone() });
        }
        if let Some(ago) =
            tally.died.and_then(|d| now.duration_since(d).ok()).filter(|ago| *ago < STILL_DYING && self.ask.deed == Deed::Replay)
        {
            all.push(Warning::StillDying { ago });
        }
        if let (Some(keeps), Some(oldest)) = (known.retention, tally.oldest) {
            let age = now.duration_since(oldest).unwrap_or_default();
            if let Some(left) = keeps.checked_sub(age).filter(|left| *left < LOST_SOON) {
                all.push(Warning::RetentionSoon { left });
            }
        }
        let mut some = |n: u64, warning: Warning| {
            if n > 0 {
                all.push(warning);
            }
        };
        some(tally.before.0, Warning::ReplayedBefore { messages: tally.before.0, most: tally.before.1 });
        let (messages, limit) = tally.poison;
        some(messages, if self.ask.even_poison { Warning::PoisonTakenIn { messages, limit } } else { Warning::Poison { messages, limit } });
        some(tally.resolved, Warning::Resolved { messages: tally.resolved });
        some(tally.open.0, Warning::OpenElsewhere { messages: tally.open.0, plan: tally.open.1.clone() });
        some(tally.pointers, Warning::Pointers { messages: tally.pointers });
        some(tally.no_origin, Warning::NoOrigin { messages: tally.no_origin });
        some(tally.cut, Warning::NotWhole { messages: tally.cut });
        some(tally.large.0, Warning::TooLarge { messages: tally.large.0, largest: tally.large.1, limit: tally.large.2 });
        some(tally.partition_unknown, Warning::PartitionUnknown { messages: tally.partition_unknown });
        some(tally.tombstones, Warning::Tombstones { messages: tally.tombstones });
        some(tally.home, Warning::HomeByConfig { home: self.ask.home.clone().unwrap_or_default(), messages: tally.home });
        some(tally.anew, Warning::NewSeat { messages: tally.anew });
        let most = tally.keys.values().copied().max().unwrap_or(0);
        let todo = items.iter().filter(|i| i.way == Way::Publish).count() as u64;
        some(u64::from(most > 256 && most * 2 > todo), Warning::OneKey { messages: most });
        let publishes = items.iter().any(|i| i.way == Way::Publish);
        some(u64::from(publishes && !self.ask.pace.ordered), Warning::NotOrdered);
        let trouble = known.trouble.clone();
        some(u64::from(!known.removes && trouble.is_none() && self.ask.deed != Deed::Restore), Warning::StaysInSource);
        some(u64::from(trouble.is_some()), Warning::SourceUnknown { why: trouble.unwrap_or_default() });
        some(u64::from(self.ask.shared_asked), Warning::LedgerOnly);
        some(tally.carried, Warning::Carried { messages: tally.carried });
        some(tally.as_they_are, Warning::MovedAsTheyAre { messages: tally.as_they_are });
        some(tally.no_copy, Warning::NoCopy { messages: tally.no_copy });
        let edits: Vec<_> =
            items.iter().filter(|i| i.way == Way::Publish).filter_map(|i| Some((i, self.ask.edit.body(&i.seat)?))).collect();
        if let Some((_, first)) = edits.first() {
            all.push(Warning::Edited { messages: edits.len() as u64, by: first.by.clone() });
        }
        for (item, edit) in &edits {
            all.extend(edit.breaks.iter().map(|what| Warning::EditBreaks { message: item.seat.to_string(), what: what.clone() }));
        }
        all.extend(self.parked_at.iter().map(|(at, n)| Warning::StillParked { at: at.clone(), messages: *n }));
        all.extend(self.ways.losses.iter().map(|(what, n)| Warning::Loses { what: what.clone(), messages: *n }));
        all.extend(self.ways.refused.iter().map(|(why, n)| Warning::WillBeRefused { why: why.clone(), messages: *n }));
        let stuck = self.ways.stuck.iter().filter(|_| known.removes);
        all.extend(stuck.map(|(why, n)| Warning::NoWayBack { why: why.clone(), messages: *n }));
        for name in self.ask.edit.strip.iter().filter(|n| is_trace_header(n, &self.ask.trace)) {
            all.push(Warning::TraceKept { name: name.clone() });
        }
        all.sort_by_key(|w| std::cmp::Reverse(w.level()));
        all
    }
}
