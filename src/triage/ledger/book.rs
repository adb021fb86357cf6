//! Writing about a plan's messages within one transaction: the tables of what is done with stay in step with what is appended.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::desk::Trouble;
use super::rows::{now, place_no};
use super::step::Intent;
use crate::model::PastKind;
use crate::triage::plan::stored::seat_text;
use crate::triage::plan::{Deed, PlanId, Planned, ReplayPlan};
use crate::triage::report::{Outcome, Skip};

/// Writing within one transaction: keeps the drawn tables in step with what is appended.
pub(super) struct Book<'a> {
    c: &'a Connection,
    plan: &'a ReplayPlan,
    source: i64,
    targets: HashMap<u16, i64>,
    /// Whether anything is set aside at the source, and whether another plan has anything open: most of the time neither, and then nobody has to look.
    any_aside: bool,
    any_elsewhere: bool,
    pub(super) deltas: HashMap<String, i64>,
    at: i64,
}

impl<'a> Book<'a> {
    pub(super) fn new(c: &'a Connection, plan: &'a ReplayPlan) -> std::result::Result<Self, Trouble> {
        let source = place_no(c, plan.ask.from.at())?;
        let targets = (0..).zip(&plan.targets).map(|(i, t)| Ok((i, place_no(c, &t.at)?))).collect::<std::result::Result<_, Trouble>>()?;
        let any_aside = c.prepare_cached("SELECT EXISTS (SELECT 1 FROM aside WHERE source = ?1)")?.query_row([source], |r| r.get(0))?;
        let elsewhere = "SELECT EXISTS (SELECT 1 FROM items WHERE state IN ('open', 'in doubt') AND plan < ?1)
                         OR EXISTS (SELECT 1 FROM items WHERE state IN ('open', 'in doubt') AND plan > ?1)";
        let any_elsewhere = c.prepare_cached(elsewhere)?.query_row([&plan.id.0], |r| r.get(0))?;
        Ok(Self { c, plan, source, targets, any_aside, any_elsewhere, deltas: HashMap::new(), at: now() })
    }

    pub(super) fn state(&self, n: u32) -> std::result::Result<String, Trouble> {
        let mut find = self.c.prepare_cached("SELECT state FROM items WHERE plan = ?1 AND n = ?2")?;
        let state = find.query_row(params![self.plan.id.0, n], |r| r.get(0)).optional()?;
        state.ok_or_else(|| Trouble::damaged(format!("plan {} has no message {n}", self.plan.id)))
    }

    /// When the last intent of a message was written.
    fn begun(&self, n: u32) -> std::result::Result<Option<i64>, Trouble> {
        let mut find =
            self.c.prepare_cached("SELECT t.at FROM items i JOIN intents t ON t.no = i.intent WHERE i.plan = ?1 AND i.n = ?2")?;
        Ok(find.query_row(params![self.plan.id.0, n], |r| r.get(0)).optional()?)
    }

    fn item(&self, n: u32) -> std::result::Result<&'a Planned, Trouble> {
        self.plan.item(n).ok_or_else(|| Trouble::damaged(format!("plan {} has no message {n}", self.plan.id)))
    }

    fn moves(&mut self, from: String, to: &str) {
        *self.deltas.entry(from).or_insert(0) -= 1;
        *self.deltas.entry(to.to_owned()).or_insert(0) += 1;
    }

    /// Whether another plan has this message under way, in doubt, or is done with it since the plan was frozen.
    pub(super) fn conflict(&self, n: u32) -> std::result::Result<Option<Skip>, Trouble> {
        let item = self.item(n)?;
        let sql = "SELECT i.plan FROM items i JOIN plans p ON p.id = i.plan
                   WHERE i.seat = ?1 AND i.state IN ('open', 'in doubt') AND i.plan <> ?2 AND p.source = ?3 LIMIT 1";
        let mut other: Option<String> = None;
        if self.any_elsewhere {
            other = self
                .c
                .prepare_cached(sql)?
                .query_row(params![seat_text(&item.seat), self.plan.id.0, self.source], |r| r.get(0))
                .optional()?;
        }
        if let Some(plan) = other {
            return Ok(Some(Skip::OpenElsewhere { plan: PlanId(plan) }));
        }
        if self.plan.ask.deed == Deed::Restore || self.plan.ask.even_resolved {
            return Ok(None);
        }
        let (part, off, seat) = seat_columns(item);
        let mut find = self.c.prepare_cached(
            "SELECT how, plan FROM resolved WHERE source = ?1 AND part = ?2 AND off = ?3 AND seat = ?4
             AND (source_id = ?5 OR source_id = '' OR ?5 = '')",
        )?;
        let row = |r: &rusqlite::Row<'_>| Ok((r.get::<_, String>(0)?, r.get::<_, String>(1)?));
        let found = find.query_row(params![self.source, part, off, seat, self.source_id()], row).optional()?;
        // what is parked waits to be replayed or discarded; only parking it again makes no sense
        let found = found.filter(|(how, _)| how != PastKind::Parked.word() || self.plan.ask.deed == Deed::Park);
        Ok(found.map(|(how, plan)| Skip::Resolved { how, plan }))
    }

    pub(super) fn intent(&mut self, intent: &Intent) -> std::result::Result<(), Trouble> {
        let plan = &self.plan.id.0;
        let before = self.state(intent.n)?;
        // one that is sent again in doubt may have arrived the first time: how long its target knows it again counts from then
        let at = if matches!(before.as_str(), "open" | "in doubt") { self.begun(intent.n)?.unwrap_or(self.at) } else { self.at };
        let mut add = self.c.prepare_cached("INSERT INTO intents (plan, n, visit, at) VALUES (?1, ?2, ?3, ?4)")?;
        add.execute(params![plan, intent.n, intent.visit, at])?;
        let no = self.c.last_insert_rowid();
        if let Some(copy) = &intent.copy {
            // a second try finds the same bytes: the digest was compared, and the first copy stays
            let mut add = self.c.prepare_cached("INSERT OR IGNORE INTO copies (plan, n, at, message) VALUES (?1, ?2, ?3, ?4)")?;
            add.execute(params![plan, intent.n, self.at, copy.as_ref()])?;
        }
        self.c
            .prepare_cached("UPDATE items SET state = 'open', intent = ?3 WHERE plan = ?1 AND n = ?2")?
            .execute(params![plan, intent.n, no])?;
        self.moves(before, "open");
        Ok(())
    }

    pub(super) fn outcome(&mut self, n: u32, outcome: &Outcome, by: Option<&(String, Option<String>)>) -> std::result::Result<(), Trouble> {
        let item = self.item(n)?;
        let before = self.state(n)?;
        let json = serde_json::to_string(outcome).map_err(Trouble::damaged)?;
        let mut set = self.c.prepare_cached("UPDATE items SET state = ?3, outcome = ?4 WHERE plan = ?1 AND n = ?2")?;
        set.execute(params![self.plan.id.0, n, outcome.word(), json])?;
        self.moves(before, outcome.word());
        let what = if outcome.is_done() { self.plan.ask.deed.past() } else { outcome.word() };
        self.entry("outcome", what, Some(item), &outcome.detail(), by)?;
        self.place(item, outcome)
    }

    /// What is known now of one that is in doubt as before.
    pub(super) fn why(&self, n: u32, outcome: &Outcome) -> std::result::Result<(), Trouble> {
        let json = serde_json::to_string(outcome).map_err(Trouble::damaged)?;
        let mut set = self.c.prepare_cached("UPDATE items SET outcome = ?3 WHERE plan = ?1 AND n = ?2")?;
        set.execute(params![self.plan.id.0, n, json])?;
        Ok(())
    }

    /// What the outcome means for the lists of what is done with, and of what can be restored.
    fn place(&self, item: &Planned, outcome: &Outcome) -> std::result::Result<(), Trouble> {
        let removes = self.plan.removes;
        match (self.plan.ask.deed, outcome) {
            (Deed::Replay, Outcome::Replayed { .. }) => {
                self.forget_aside(item)?;
                if removes { self.unresolve(item) } else { self.resolve(item, "replayed") }
            }
            (Deed::Replay, Outcome::Unsettled { .. }) => self.resolve(item, "replayed"),
            (deed @ (Deed::Park | Deed::Discard), Outcome::Replayed { .. }) => {
                if removes {
                    self.unresolve(item)?
                } else {
                    self.resolve(item, deed.past())?
                }
                self.aside(item, deed, removes)
            }
            (deed @ (Deed::Park | Deed::Discard), Outcome::Marked { removed }) => {
                if *removed {
                    self.unresolve(item)?
                } else {
                    self.resolve(item, deed.past())?
                }
                self.aside(item, deed, *removed)
            }
            (deed @ (Deed::Park | Deed::Discard), Outcome::Unsettled { .. }) => self.resolve(item, deed.past()),
            (Deed::Restore, done) if done.is_done() => {
                self.unresolve(item)?;
                self.forget_aside(item)
            }
            _ => Ok(()),
        }
    }

    /// Which making of the source the plan is about; empty: its broker does not tell.
    fn source_id(&self) -> &str {
        self.plan.source_id.as_deref().unwrap_or_default()
    }

    fn resolve(&self, item: &Planned, how: &str) -> std::result::Result<(), Trouble> {
        // one row a seat: a mark from before its id was known gives way
        self.unresolve(item)?;
        let (part, off, seat) = seat_columns(item);
        let mut set = self
            .c
            .prepare_cached("INSERT INTO resolved (source, part, off, seat, source_id, how, plan) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
        set.execute(params![self.source, part, off, seat, self.source_id(), how, self.plan.id.0])?;
        Ok(())
    }

    fn unresolve(&self, item: &Planned) -> std::result::Result<(), Trouble> {
        let (part, off, seat) = seat_columns(item);
        let mut set = self.c.prepare_cached(
            "DELETE FROM resolved WHERE source = ?1 AND part = ?2 AND off = ?3 AND seat = ?4 AND (source_id = ?5 OR source_id = '' OR ?5 = '')",
        )?;
        set.execute(params![self.source, part, off, seat, self.source_id()])?;
        Ok(())
    }

    fn aside(&self, item: &Planned, deed: Deed, removed: bool) -> std::result::Result<(), Trouble> {
        let mut set = self.c.prepare_cached(
            "INSERT OR REPLACE INTO aside (source, seat, id, how, at, plan, n, removed, size, source_id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?;
        let size = i64::try_from(item.size).unwrap_or(i64::MAX);
        let (seat, id, plan) = (seat_text(&item.seat), &item.id.0, &self.plan.id.0);
        set.execute(params![self.source, seat, id, deed.past(), self.at, plan, item.n, removed, size, self.source_id()])?;
        Ok(())
    }

    fn forget_aside(&self, item: &Planned) -> std::result::Result<(), Trouble> {
        if !self.any_aside {
            return Ok(());
        }
        let mut set = self.c.prepare_cached("DELETE FROM aside WHERE source = ?1 AND seat = ?2 AND id = ?3")?;
        set.execute(params![self.source, seat_text(&item.seat), item.id.0])?;
        Ok(())
    }

    /// Appends an entry, in the name of the plan's maker unless a person is named.
    pub(super) fn entry(
        &self,
        kind: &str,
        what: &str,
        item: Option<&Planned>,
        detail: &str,
        by: Option<&(String, Option<String>)>,
    ) -> std::result::Result<(), Trouble> {
        let target = item.and_then(|i| i.to).and_then(|to| self.targets.get(&to));
        let (actor, reason) = by.map_or((&self.plan.ask.by.name, &self.plan.ask.reason), |(a, r)| (a, r));
        let mut add = self.c.prepare_cached(
            "INSERT INTO entries (at, kind, what, plan, n, id, source, seat, target, actor, reason, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?;
        let seat = item.map(|i| seat_text(&i.seat));
        add.execute(params![
            self.at,
            kind,
            what,
            self.plan.id.0,
            item.map(|i| i.n),
            item.map(|i| &i.id.0),
            self.source,
            seat,
            target,
            actor,
            reason,
            detail
        ])?;
        Ok(())
    }

    /// Brings the plan's counts up to date.
    pub(super) fn close(self) -> std::result::Result<(), Trouble> {
        add_tally(self.c, &self.plan.id, &self.deltas)
    }
}

/// Adds to a plan's counts by state.
pub(super) fn add_tally(c: &Connection, plan: &PlanId, deltas: &HashMap<String, i64>) -> std::result::Result<(), Trouble> {
    let mut add = c.prepare_cached(
        "INSERT INTO tally (plan, state, n) VALUES (?1, ?2, ?3) ON CONFLICT (plan, state) DO UPDATE SET n = n + excluded.n",
    )?;
    for (state, n) in deltas.iter().filter(|(_, n)| **n != 0) {
        add.execute(params![plan.0, state, n])?;
    }
    Ok(())
}

fn seat_columns(item: &Planned) -> (i32, i64, String) {
    match &item.seat {
        crate::model::Seat::Offset { partition, offset } => (*partition, *offset, String::new()),
        other => (-1, -1, seat_text(other)),
    }
}
