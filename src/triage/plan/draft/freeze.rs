//! From a draft and what is known to a frozen plan: what is left out, where each goes, in which order, with which warnings.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use super::{Draft, Refusal, Row};
use crate::broker::{Doubt, REPLAY_ID};
use crate::model::{PastKind, Seat};
use crate::triage::plan::wire::as_they_are;
use crate::triage::plan::{
    Deed, ORIGINAL_ID, OrderKey, PlanId, Planned, Preflight, REPLAY_GEN, ReplayPlan, Route, Source, Target, Warning, Way, Where,
    is_trace_header, stored,
};
use crate::triage::report::Skip;

/// A cause whose newest death is younger than this is still dying.
const STILL_DYING: Duration = Duration::from_secs(300);
/// A message that retention takes within this time is worth a warning.
const LOST_SOON: Duration = Duration::from_secs(24 * 3600);

impl Draft {
    /// Freezes the draft. `now` decides what is recent or soon.
    pub fn freeze(self, known: Preflight, now: SystemTime) -> Result<ReplayPlan, Refusal> {
        if self.rows.is_empty() {
            return Err(Refusal::Empty);
        }
        if self.overflow {
            return Err(Refusal::TooMany);
        }
        if self.ask.deed == Deed::Replay && matches!(self.ask.route, Route::Nowhere) {
            return Err(Refusal::Unfit("a replay needs a target; choose the origin or name one".into()));
        }
        if self.ask.deed == Deed::Discard && !matches!(self.ask.route, Route::Nowhere) {
            return Err(Refusal::Unfit("a discard goes nowhere; leave the target out".into()));
        }
        if (self.ask.deed == Deed::Restore) != matches!(self.ask.from, Source::Ledger(_)) {
            return Err(Refusal::Unfit("only a restore takes from the ledger, and from nowhere else".into()));
        }
        let mut tally = Tally::default();
        let mut targets: Vec<Target> = self
            .targets
            .iter()
            .map(|at| known.targets.iter().find(|t| &t.at == at).cloned().unwrap_or_else(|| Target::unknown(at.clone())))
            .collect();
        let order = order_of(&self.rows);
        let mut items = Vec::with_capacity(self.rows.len());
        for (n, row) in order.into_iter().filter_map(|i| self.rows.get(i)).enumerate() {
            let item = self.planned(row, n, &known, &targets, &mut tally);
            if let (Some(target), Way::Publish) = (item.to.and_then(|t| targets.get_mut(usize::from(t))), &item.way) {
                target.messages += 1;
            }
            items.push(item);
        }
        let mut changes = self.changes.clone();
        if items.iter().any(|i| i.way == Way::Publish) {
            changes.added = self.ask.edit.add.iter().map(|(n, _)| n.clone()).collect();
            let own: &[&str] = if as_they_are(&self.ask) { &[REPLAY_ID] } else { &[REPLAY_ID, ORIGINAL_ID, REPLAY_GEN] };
            changes.added.extend(own.iter().map(|n| (*n).to_owned()));
        }
        let largest = items.iter().filter(|i| !matches!(i.way, Way::LeftOut(_))).map(|i| i.size).max().unwrap_or(0);
        let warnings = self.warnings(&items, &targets, &known, &tally, now);
        let mut plan = ReplayPlan {
            id: PlanId(String::new()),
            frozen: now,
            targets,
            owned: self.owned,
            changes,
            warnings,
            removes: known.removes,
            largest,
            items,
            ask: self.ask,
        };
        plan.id = name(&plan, &known.seed);
        Ok(plan)
    }

    fn planned(&self, row: &Row, n: usize, known: &Preflight, targets: &[Target], tally: &mut Tally) -> Planned {
        let past = known.past.get(&row.id);
        let replays = past.map_or(0, |p| p.iter().filter(|p| p.kind == PastKind::Replayed).count());
        let before = u32::try_from(replays).unwrap_or(u32::MAX).max(row.generation);
        let target = row.to.and_then(|t| targets.get(usize::from(t)));
        let way = match self.skip(row, before, known, target, tally) {
            Some(skip) => Way::LeftOut(skip),
            None => match (self.ask.deed, &self.ask.route) {
                (Deed::Restore, _) if !row.removed => Way::Mark,
                (_, Route::Nowhere) if self.ask.deed == Deed::Discard && known.removes => Way::Remove,
                (_, Route::Nowhere) => Way::Mark,
                _ => Way::Publish,
            },
        };
        let place = match (row.partition, target) {
            (_, Some(t)) if t.partitions == 0 => Where::Any,
            (Some(p), Some(t)) if u32::try_from(p).is_ok_and(|p| p < t.partitions) => Where::Partition(p),
            (Some(_), Some(t)) if way == Way::Publish => {
                *tally.moved.entry(t.at.clone()).or_insert(0) += 1;
                Where::ByKey
            }
            (None, Some(_)) if way == Way::Publish && matches!(self.ask.route, Route::Origin) => {
                tally.partition_unknown += 1;
                Where::ByKey
            }
            (_, Some(_)) => Where::ByKey,
            (_, None) => Where::Any,
        };
        if !matches!(way, Way::LeftOut(_)) {
            tally.died = tally.died.max(row.died);
            if let Some(written) = row.written {
                tally.oldest = Some(tally.oldest.map_or(written, |o| o.min(written)));
            }
            if before > 0 && self.ask.deed == Deed::Replay {
                tally.before.0 += 1;
                tally.before.1 = tally.before.1.max(before);
            }
            tally.tombstones += u64::from(row.tombstone && way == Way::Publish);
            tally.home += u64::from(row.by_home && way == Way::Publish);
            tally.anew += u64::from(row.removed);
            if let Some(plan) = known.open.get(&row.seat) {
                tally.open.0 += 1;
                tally.open.1.clone_from(plan);
            }
        }
        let order = match (way == Way::Publish && self.ask.pace.ordered, row.key, row.to) {
            (true, Some(key), Some(to)) => Some(order_key(key, to)),
            _ => None,
        };
        if let (Some(order), true) = (order, way == Way::Publish) {
            *tally.keys.entry(order).or_insert(0) += 1;
        }
        let n = u32::try_from(n + 1).unwrap_or(u32::MAX);
        Planned {
            n,
            id: row.id.clone(),
            seat: row.seat.clone(),
            digest: row.digest,
            order,
            to: row.to,
            place,
            owned: row.owned,
            before,
            size: row.size,
            way,
        }
    }

    fn skip(&self, row: &Row, before: u32, known: &Preflight, target: Option<&Target>, tally: &mut Tally) -> Option<Skip> {
        let publishes = !matches!(self.ask.route, Route::Nowhere) && (self.ask.deed != Deed::Restore || row.removed);
        if self.ask.deed != Deed::Restore && !self.ask.even_resolved {
            // a parked message may still be replayed or discarded: that is what it waits for
            let how = known.resolved.how(&row.seat).filter(|how| *how != PastKind::Parked || self.ask.deed == Deed::Park);
            if let Some(how) = how {
                tally.resolved += 1;
                let plan = known.past.get(&row.id).and_then(|p| p.iter().rev().find(|p| p.kind == how)).map(|p| p.plan.clone());
                return Some(Skip::Resolved { how: how.word().into(), plan: plan.unwrap_or_else(|| "?".into()) });
            }
        }
        if !row.whole {
            tally.cut += 1;
            return Some(Skip::NotWhole);
        }
        if !publishes {
            return None;
        }
        if row.pointer && !as_they_are(&self.ask) {
            tally.pointers += 1;
            return Some(Skip::Pointer);
        }
        let Some(target) = target else {
            tally.no_origin += 1;
            return Some(Skip::NoOrigin);
        };
        if let Some(limit) = self.ask.max_redelivery.filter(|limit| self.ask.deed == Deed::Replay && before >= *limit) {
            tally.poison.0 += 1;
            tally.poison.1 = limit;
            if !self.ask.even_poison {
                return Some(Skip::Poison { times: before, limit });
            }
        }
        if let Some(limit) = target.max_bytes.filter(|limit| row.size > *limit) {
            tally.large.0 += 1;
            tally.large.1 = tally.large.1.max(row.size);
            tally.large.2 = limit;
            return Some(Skip::TooLarge { bytes: row.size, limit });
        }
        None
    }

    fn warnings(&self, items: &[Planned], targets: &[Target], known: &Preflight, tally: &Tally, now: SystemTime) -> Vec<Warning> {
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
            if target.compacted {
                all.push(Warning::TargetCompacted { target: at() });
            }
            if matches!(target.doubt, Doubt::Ask) && target.exists == Some(true) {
                all.push(Warning::DoubtAsks { target: at() });
            }
            if target.at == *self.ask.from.at() && self.ask.deed != Deed::Restore {
                all.push(Warning::SamePlace);
            }
        }
        for (target, messages) in &tally.moved {
            let now = targets.iter().find(|t| t.at == *target).map_or(0, |t| t.partitions);
            all.push(Warning::PartitionsChanged { target: target.clone(), now, messages: *messages });
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
        some(u64::from(!known.removes && self.ask.deed != Deed::Restore), Warning::StaysInSource);
        some(u64::from(self.ask.shared_asked), Warning::LedgerOnly);
        for name in self.ask.edit.strip.iter().filter(|n| is_trace_header(n, &self.ask.trace)) {
            all.push(Warning::TraceKept { name: name.clone() });
        }
        all.sort_by_key(|w| std::cmp::Reverse(w.level()));
        all
    }
}

/// What was counted on the way.
#[derive(Default)]
struct Tally {
    moved: std::collections::BTreeMap<crate::model::Address, u64>,
    partition_unknown: u64,
    /// Messages and most times.
    before: (u64, u32),
    poison: (u64, u32),
    resolved: u64,
    open: (u64, String),
    pointers: u64,
    tombstones: u64,
    no_origin: u64,
    home: u64,
    cut: u64,
    /// Messages, largest, limit.
    large: (u64, u64, u64),
    anew: u64,
    died: Option<SystemTime>,
    oldest: Option<SystemTime>,
    keys: HashMap<OrderKey, u64>,
}

/// Rows in the order to carry them out: by seat, and within one key in the order they had at their origin, where all tell it.
fn order_of(rows: &[Row]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by(|a, b| match (rows.get(*a).map(|r| &r.seat), rows.get(*b).map(|r| &r.seat)) {
        (Some(Seat::Offset { partition: p, offset: o }), Some(Seat::Offset { partition: q, offset: r })) => (p, o).cmp(&(q, r)),
        // ids and digests have no order of their own: as they were read
        _ => a.cmp(b),
    });
    let mut by_key: HashMap<(Option<u16>, [u8; 8]), Vec<usize>> = HashMap::new();
    for (place, row) in order.iter().enumerate().filter_map(|(place, i)| rows.get(*i).map(|r| (place, r))) {
        if let Some(key) = row.key {
            by_key.entry((row.to, key)).or_default().push(place);
        }
    }
    for places in by_key.into_values().filter(|p| p.len() > 1) {
        let here: Vec<usize> = places.iter().filter_map(|p| order.get(*p).copied()).collect();
        let origins: Option<Vec<(i32, i64)>> = here.iter().map(|i| rows.get(*i).and_then(|r| r.origin)).collect();
        let Some(origins) = origins else { continue };
        if origins.iter().any(|(p, _)| Some(*p) != origins.first().map(|(p, _)| *p)) {
            continue;
        }
        let mut sorted: Vec<(i64, usize)> = origins.iter().map(|(_, o)| *o).zip(here).collect();
        // stable: the same origin twice (it died twice) stays in the order of its deaths
        sorted.sort_by_key(|(o, _)| *o);
        for (place, (_, row)) in places.into_iter().zip(sorted) {
            if let Some(slot) = order.get_mut(place) {
                *slot = row;
            }
        }
    }
    order
}

fn order_key(key: [u8; 8], to: u16) -> OrderKey {
    let mut mixed = key;
    for (slot, byte) in mixed.iter_mut().zip(to.to_le_bytes()) {
        *slot ^= byte;
    }
    OrderKey(mixed)
}

/// Eight hex digits of a hash over all that the plan is: `7f3a-19c2`.
fn name(plan: &ReplayPlan, seed: &[u8; 16]) -> PlanId {
    let mut hash = blake3::Hasher::new();
    hash.update(seed);
    hash.update(&serde_json::to_vec(plan).unwrap_or_default());
    for item in &plan.items {
        hash.update(item.id.0.as_bytes());
        hash.update(stored::seat_text(&item.seat).as_bytes());
    }
    let hex = stored::hex(hash.finalize().as_bytes().get(..4).unwrap_or_default());
    let (a, b) = hex.split_at(hex.len() / 2);
    PlanId(format!("{a}-{b}"))
}
