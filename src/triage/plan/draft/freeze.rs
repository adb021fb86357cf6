//! From a draft and what is known to a frozen plan: what is left out, where each goes, in which order, with which warnings.

use std::collections::BTreeSet;
use std::time::SystemTime;

use super::order::{order_key, order_of};
use super::tally::Tally;
use super::{AS_IT_IS, Body, Draft, Edited, Refusal, Row};
use crate::broker::{Carriage, REPLAY_ID};
use crate::model::PastKind;
use crate::triage::plan::wire::as_they_are;
use crate::triage::plan::{
    Deed, ORIGINAL_ID, PlanId, Planned, Preflight, REPLAY_GEN, ReplayPlan, Route, Source, Target, Way, Where, stored,
};
use crate::triage::report::Skip;

impl Draft {
    /// Freezes the draft. `now` decides what is recent or soon.
    pub fn freeze(mut self, known: Preflight, now: SystemTime) -> Result<ReplayPlan, Refusal> {
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
        if !self.ask.edit.bodies.is_empty() {
            let here: BTreeSet<String> = self.rows.iter().filter(|r| r.edit.is_some()).map(|r| stored::seat_text(&r.seat)).collect();
            self.ask.edit.bodies.retain(|seat, _| here.contains(seat));
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
        changes.as_they_are = tally.as_they_are;
        let published = items.iter().filter(|i| i.way == Way::Publish).count() as u64;
        if published > tally.as_they_are {
            changes.added = self.ask.edit.add.iter().map(|(n, _)| n.clone()).collect();
            let own: &[&str] = if as_they_are(&self.ask) { &[REPLAY_ID] } else { &[REPLAY_ID, ORIGINAL_ID, REPLAY_GEN] };
            changes.added.extend(own.iter().map(|n| (*n).to_owned()));
        }
        changes.edited = items.iter().filter(|i| i.way == Way::Publish && self.ask.edit.body(&i.seat).is_some()).count() as u64;
        let largest = items.iter().filter(|i| !matches!(i.way, Way::LeftOut(_))).map(|i| i.size).max().unwrap_or(0);
        let warnings = self.warnings(&items, &targets, &known, &tally, now);
        let mut plan = ReplayPlan {
            id: PlanId(String::new()),
            frozen: now,
            source_id: known.source_id,
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
            if let (Body::At(origin), Way::Publish, false) = (&row.body, &way, as_they_are(&self.ask)) {
                *tally.originals.entry(origin.clone()).or_insert(0) += 1;
            }
            tally.tombstones += u64::from(row.tombstone && way == Way::Publish);
            tally.home += u64::from(row.by_home && way == Way::Publish);
            tally.anew += u64::from(row.removed);
            if way == Way::Publish {
                tally.carried += u64::from(row.way == Carriage::Carry { marked: true });
                tally.as_they_are += u64::from(row.way == AS_IT_IS);
                tally.no_copy += u64::from(!row.whole);
            }
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
        if row.edit == Some(Edited::OfAnother) {
            return Some(Skip::Changed);
        }
        // what the broker moves as it is needs no copy to go; that there is none is said
        let moved = publishes && row.way == AS_IT_IS;
        if !row.whole && !moved {
            tally.cut += 1;
            return Some(Skip::NotWhole);
        }
        if !publishes {
            return None;
        }
        if matches!(row.body, Body::Nowhere) && !as_they_are(&self.ask) {
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
}

/// Eight hex digits of a hash over all that the plan is: `7f3a-19c2`.
pub(in crate::triage::plan) fn name(plan: &ReplayPlan, seed: &[u8; 16]) -> PlanId {
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
