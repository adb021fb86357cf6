//! Questions to the ledger: entries, what happened to messages before, what is done with at a source, what can be restored.

use std::collections::HashMap;

use rusqlite::types::Value as Sql;
use rusqlite::{Connection, params, params_from_iter};

use super::desk::Trouble;
use super::rows::{find_place, ms, past_kind, place, time};
use super::state::seat;
use super::{Result, TriageLedger};
use crate::model::{Address, MessageId, Past, Seat};
use crate::triage::plan::PlanId;
use crate::triage::report::{Entry, EntryKind, EntryQuery, Resolved, Restorable};

/// Rows that are about the making of the source that is there now.
const OF: &str = "(source_id = ?2 OR source_id = '' OR ?2 = '')";

impl TriageLedger {
    /// What was done with these messages before, and noted on them, oldest first each; messages without a past are left out.
    pub async fn past(&self, ids: Vec<MessageId>) -> Result<HashMap<MessageId, Vec<Past>>> {
        self.reads
            .ask("read the past", move |c| {
                let sql = "SELECT what, coalesce(plan, ''), actor, at, detail FROM entries WHERE id = ?1 AND (kind = 'outcome' OR what = 'note') ORDER BY seq";
                let mut find = c.prepare_cached(sql)?;
                let mut all: HashMap<MessageId, Vec<Past>> = HashMap::new();
                for id in ids {
                    let mut rows = find.query([&id.0])?;
                    let mut past = Vec::new();
                    while let Some(r) = rows.next()? {
                        let Some(kind) = past_kind(&r.get::<_, String>(0)?) else { continue };
                        past.push(Past {
                            id: id.clone(),
                            kind,
                            plan: r.get(1)?,
                            actor: r.get(2)?,
                            when: time(r.get(3)?),
                            detail: r.get(4)?,
                        });
                    }
                    if !past.is_empty() {
                        all.insert(id, past);
                    }
                }
                Ok(all)
            })
            .await
    }

    /// What is done with at a source. `id`: the broker's id of it as it is now ([`crate::broker::Detail::id`]); marks on one that was deleted and
    /// made anew under its name count no more. Unknown on either side, they count.
    pub async fn resolved(&self, source: Address, id: Option<String>) -> Result<Resolved> {
        self.reads
            .ask("read what is resolved", move |c| {
                let Some(no) = find_place(c, &source)? else { return Ok(Resolved::default()) };
                let mut find =
                    c.prepare_cached(&format!("SELECT part, off, seat, how FROM resolved WHERE source = ?1 AND {OF} ORDER BY part, off"))?;
                let mut rows = find.query(params![no, id.unwrap_or_default()])?;
                let mut all = Vec::new();
                while let Some(r) = rows.next()? {
                    let Some(how) = r.get_ref(3)?.as_str().ok().and_then(past_kind) else { continue };
                    let text = r.get_ref(2)?.as_str().unwrap_or_default();
                    let seat = if text.is_empty() { Seat::Offset { partition: r.get(0)?, offset: r.get(1)? } } else { seat(text)? };
                    all.push((seat, how));
                }
                Ok(Resolved::from_rows(all))
            })
            .await
    }

    /// How many at a source are done with and still lie there: of a log those within these (partition, first offset, end), of a queue all
    /// that have not left it. Counted by the index alone, so that a list may ask at each refresh.
    /// `id` as in [`TriageLedger::resolved`].
    pub async fn resolved_within(&self, source: Address, id: Option<String>, spans: Vec<(i32, i64, i64)>) -> Result<u64> {
        self.reads
            .ask("count what is resolved", move |c| {
                let Some(no) = find_place(c, &source)? else { return Ok(0) };
                let id = id.unwrap_or_default();
                let mut count = c.prepare_cached(&format!(
                    "SELECT count(*) FROM resolved WHERE source = ?1 AND {OF} AND part = ?3 AND off >= ?4 AND off < ?5"
                ))?;
                // seats that are no offsets are kept under -1 (see `seat_columns`)
                let all = if spans.is_empty() { vec![(-1, -1, 0)] } else { spans };
                let mut n = 0u64;
                for (partition, start, end) in all {
                    let here: i64 = count.query_row(params![no, id, partition, start, end], |r| r.get(0))?;
                    n += u64::try_from(here).unwrap_or(0);
                }
                Ok(n)
            })
            .await
    }

    /// What was parked or discarded at a source and can be brought back, oldest first. `id` as in [`TriageLedger::resolved`].
    pub async fn restorable(&self, source: Address, id: Option<String>) -> Result<Vec<Restorable>> {
        self.reads
            .ask("read what can be restored", move |c| {
                let Some(no) = find_place(c, &source)? else { return Ok(Vec::new()) };
                let mut find = c.prepare_cached(&format!(
                    "SELECT id, seat, how, at, plan, n, removed, size FROM aside WHERE source = ?1 AND {OF} AND plan NOT IN (SELECT id FROM elsewhere)
                     ORDER BY at, plan, n"
                ))?;
                let mut rows = find.query(params![no, id.unwrap_or_default()])?;
                let mut all = Vec::new();
                while let Some(r) = rows.next()? {
                    let Some(how) = r.get_ref(2)?.as_str().ok().and_then(past_kind) else { continue };
                    let size = u64::try_from(r.get::<_, i64>(7)?).unwrap_or(0);
                    all.push(Restorable {
                        id: MessageId(r.get(0)?),
                        seat: seat(&r.get::<_, String>(1)?)?,
                        how,
                        when: time(r.get(3)?),
                        plan: PlanId(r.get(4)?),
                        item: r.get(5)?,
                        removed: r.get(6)?,
                        size,
                    });
                }
                Ok(all)
            })
            .await
    }

    /// Entries, newest first.
    pub async fn entries(&self, want: EntryQuery) -> Result<Vec<Entry>> {
        self.reads
            .ask("read entries", move |c| {
                let Some((sql, values)) = query(c, &want)? else { return Ok(Vec::new()) };
                let mut find = c.prepare_cached(&sql)?;
                let mut rows = find.query(params_from_iter(values))?;
                let mut all = Vec::new();
                while let Some(r) = rows.next()? {
                    let kind = r.get::<_, String>(2)?;
                    all.push(Entry {
                        seq: r.get(0)?,
                        at: time(r.get(1)?),
                        kind: EntryKind::from_word(&kind).ok_or_else(|| Trouble::damaged(format!("unknown kind of entry {kind:?}")))?,
                        what: r.get(3)?,
                        plan: r.get::<_, Option<String>>(4)?.map(PlanId),
                        item: r.get(5)?,
                        id: r.get::<_, Option<String>>(6)?.map(MessageId),
                        from: r.get::<_, Option<i64>>(7)?.map(|no| place(c, no)).transpose()?,
                        seat: r.get::<_, Option<String>>(8)?.map(|s| seat(&s)).transpose()?,
                        actor: r.get(9)?,
                        reason: r.get(10)?,
                        detail: r.get(11)?,
                    });
                }
                Ok(all)
            })
            .await
    }

    /// Appends an entry that belongs to no plan: an incident, an override.
    pub async fn note(
        &self,
        kind: EntryKind,
        what: String,
        place: Address,
        actor: String,
        reason: Option<String>,
        detail: String,
    ) -> Result<()> {
        self.writes
            .ask("write an entry", move |c| {
                let work = c.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
                append(&work, kind, &what, (&place, None), &actor, reason.as_deref(), &detail)?;
                work.commit()?;
                Ok(())
            })
            .await
    }
}

/// Appends an entry that belongs to no plan: about a destination, or a message there by its id.
pub(super) fn append(
    c: &Connection,
    kind: EntryKind,
    what: &str,
    (at, id): (&Address, Option<&str>),
    actor: &str,
    reason: Option<&str>,
    detail: &str,
) -> std::result::Result<(), Trouble> {
    let source = super::rows::place_no(c, at)?;
    let mut add = c.prepare_cached(
        "INSERT INTO entries (at, kind, what, source, actor, reason, detail, id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    add.execute(params![super::rows::now(), kind.word(), what, source, actor, reason, detail, id])?;
    Ok(())
}

/// The question as SQL; `None` where nothing can match.
fn query(c: &Connection, want: &EntryQuery) -> std::result::Result<Option<(String, Vec<Sql>)>, Trouble> {
    let mut sql = "SELECT seq, at, kind, what, plan, n, id, source, seat, actor, reason, detail FROM entries WHERE 1".to_owned();
    let mut values: Vec<Sql> = Vec::new();
    let mut only = |clause: &str, value: Sql| {
        values.push(value);
        sql.push_str(" AND ");
        sql.push_str(&clause.replace('?', &format!("?{}", values.len())));
    };
    if let Some(at) = &want.place {
        let Some(no) = find_place(c, at)? else { return Ok(None) };
        only("(source = ? OR target = ?)", Sql::Integer(no));
    }
    if let Some(id) = &want.id {
        only("id = ?", Sql::Text(id.0.clone()));
    }
    if let Some(plan) = &want.plan {
        only("plan = ?", Sql::Text(plan.0.clone()));
    }
    if let Some(actor) = &want.actor {
        only("actor = ?", Sql::Text(actor.clone()));
    }
    if !want.kinds.is_empty() {
        let words = want.kinds.iter().map(|k| k.word()).collect::<Vec<_>>().join(",");
        only("instr(',' || ? || ',', ',' || kind || ',') > 0", Sql::Text(words));
    }
    if let Some(since) = want.since {
        only("at >= ?", Sql::Integer(ms(since)));
    }
    if let Some(until) = want.until {
        only("at <= ?", Sql::Integer(ms(until)));
    }
    if let Some(text) = want.text.as_ref().filter(|t| !t.is_empty()) {
        only(
            "instr(lower(coalesce(id, '') || ' ' || detail || ' ' || coalesce(reason, '') || ' ' || what || ' ' || coalesce(plan, '')), ?) > 0",
            Sql::Text(text.to_lowercase()),
        );
    }
    if let Some(before) = want.before {
        only("seq < ?", Sql::Integer(before));
    }
    let limit = if want.limit == 0 { 1_000 } else { want.limit };
    sql.push_str(&format!(" ORDER BY seq DESC LIMIT {limit}"));
    Ok(Some((sql, values)))
}
