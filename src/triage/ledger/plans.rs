//! Plans: kept when frozen, read back whole, listed with where they stand.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::book::{Book, add_tally};
use super::desk::Trouble;
use super::lease::holder;
use super::rows::{ms, place, place_no, time};
use super::state::{lease_name, seat};
use super::{Result, TriageLedger};
use crate::decode::human;
use crate::model::MessageId;
use crate::triage::plan::stored::seat_text;
use crate::triage::plan::{OrderKey, PlanId, Planned, ReplayPlan, Source, Way, Where};
use crate::triage::report::{Counts, PlanRow, Status};

impl TriageLedger {
    /// Keeps a frozen plan; once is enough, twice does nothing.
    pub async fn save(&self, plan: &ReplayPlan) -> Result<()> {
        let plan = plan.clone();
        self.writes
            .ask("keep a plan", move |c| {
                let work = c.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let head = serde_json::to_string(&plan).map_err(Trouble::damaged)?;
                let known: Option<String> =
                    work.query_row("SELECT head FROM plans WHERE id = ?1", [&plan.id.0], |r| r.get(0)).optional()?;
                if let Some(known) = known {
                    let other = || Trouble::Other(format!("there is another plan {}", plan.id), "freeze it again".into());
                    return if known == head { Ok(()) } else { Err(other()) };
                }
                insert(&work, &plan, &head)?;
                work.commit()?;
                Ok(())
            })
            .await
    }

    /// A plan with all its messages. One of another context is an error: it is carried out there.
    pub async fn plan(&self, id: PlanId) -> Result<Option<ReplayPlan>> {
        self.reads.ask("read a plan", move |c| load(c, &id)).await
    }

    /// The latest plans of this context, newest first; where there are more than `limit`, those that were never started are left out before any other.
    pub async fn plans(&self, limit: usize) -> Result<Vec<PlanRow>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.reads
            .ask("list plans", move |c| {
                let ids: Vec<String> = c
                    .prepare_cached("SELECT id FROM (SELECT id, made FROM plans WHERE id NOT IN (SELECT id FROM elsewhere) ORDER BY started IS NULL, made DESC, id LIMIT ?1) ORDER BY made DESC, id")?
                    .query_map([limit], |r| r.get(0))?
                    .collect::<rusqlite::Result<_>>()?;
                ids.into_iter().filter_map(|id| row(c, &PlanId(id)).transpose()).collect()
            })
            .await
    }

    /// One plan's row; counts as of now.
    pub async fn plan_row(&self, id: PlanId) -> Result<Option<PlanRow>> {
        self.reads.ask("read a plan", move |c| row(c, &id)).await
    }

    /// Plans that were begun and have something left to do or in doubt, and that nobody runs: newest first, 1,000 at most.
    pub async fn unfinished(&self) -> Result<Vec<PlanRow>> {
        let all = self.plans(1_000).await?;
        Ok(all.into_iter().filter(|p| matches!(p.status, Status::Unfinished | Status::InDoubt)).collect())
    }
}

pub(super) fn insert(c: &Connection, plan: &ReplayPlan, head: &str) -> std::result::Result<(), Trouble> {
    let source = place_no(c, plan.ask.from.at())?;
    c.execute(
        "INSERT INTO plans (id, deed, source, head, actor, reason, made, removes, context)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, (SELECT context FROM temp.here))",
        params![plan.id.0, plan.ask.deed.word(), source, head, plan.ask.by.name, plan.ask.reason, ms(plan.frozen), plan.removes],
    )?;
    insert_items(c, plan, &plan.items)?;
    let book = Book::new(c, plan)?;
    book.entry("planned", plan.ask.deed.word(), None, &human::things(plan.todo() as u64, "message"), None)
}

/// Messages of a plan that is there.
pub(super) fn insert_items(c: &Connection, plan: &ReplayPlan, items: &[Planned]) -> std::result::Result<(), Trouble> {
    let mut add = c.prepare_cached(
        "INSERT INTO items (plan, n, id, seat, digest, ord, target, place, owned, before, size, way, state) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    )?;
    let mut tally: HashMap<String, i64> = HashMap::new();
    for item in items {
        let place = match item.place {
            Where::Partition(p) => p,
            Where::ByKey => -1,
            Where::Any => -2,
        };
        let way = serde_json::to_string(&item.way).map_err(Trouble::damaged)?;
        let state = if matches!(item.way, Way::LeftOut(_)) { "left out" } else { "untouched" };
        *tally.entry(state.to_owned()).or_insert(0) += 1;
        let size = i64::try_from(item.size).unwrap_or(i64::MAX);
        let order = item.order.map(|o| o.0.to_vec());
        let digest = item.digest.map(|d| d.to_vec());
        add.execute(params![
            plan.id.0,
            item.n,
            item.id.0,
            seat_text(&item.seat),
            digest,
            order,
            item.to,
            place,
            item.owned,
            item.before,
            size,
            way,
            state
        ])?;
    }
    add_tally(c, &plan.id, &tally)
}

fn load(c: &Connection, id: &PlanId) -> std::result::Result<Option<ReplayPlan>, Trouble> {
    let head: Option<String> = c.query_row("SELECT head FROM plans WHERE id = ?1", [&id.0], |r| r.get(0)).optional()?;
    let Some(head) = head else { return Ok(None) };
    let elsewhere: Option<String> = c.query_row("SELECT context FROM elsewhere WHERE id = ?1", [&id.0], |r| r.get(0)).optional()?;
    if let Some(context) = elsewhere {
        return Err(Trouble::Other(format!("plan {id} is of the context {context}"), format!("go on with it there: --context {context}")));
    }
    let mut plan: ReplayPlan = serde_json::from_str(&head).map_err(Trouble::damaged)?;
    let mut find =
        c.prepare_cached("SELECT n, id, seat, digest, ord, target, place, owned, before, size, way FROM items WHERE plan = ?1 ORDER BY n")?;
    let mut rows = find.query([&id.0])?;
    while let Some(r) = rows.next()? {
        let way = serde_json::from_str(&r.get::<_, String>(10)?).map_err(Trouble::damaged)?;
        let place = match r.get::<_, i32>(6)? {
            -2 => Where::Any,
            -1 => Where::ByKey,
            p => Where::Partition(p),
        };
        plan.items.push(Planned {
            n: r.get(0)?,
            id: MessageId(r.get(1)?),
            seat: seat(&r.get::<_, String>(2)?)?,
            digest: r.get::<_, Option<Vec<u8>>>(3)?.and_then(|d| d.try_into().ok()),
            order: r.get::<_, Option<Vec<u8>>>(4)?.and_then(|o| o.try_into().ok()).map(OrderKey),
            to: r.get(5)?,
            place,
            owned: r.get(7)?,
            before: r.get(8)?,
            size: u64::try_from(r.get::<_, i64>(9)?).unwrap_or(0),
            way,
        });
    }
    Ok(Some(plan))
}

fn row(c: &Connection, id: &PlanId) -> std::result::Result<Option<PlanRow>, Trouble> {
    let mut find = c.prepare_cached("SELECT head, source, started, ended FROM plans WHERE id = ?1")?;
    let found = find
        .query_row([&id.0], |r| Ok((r.get::<_, String>(0)?, r.get::<_, i64>(1)?, r.get::<_, Option<i64>>(2)?, r.get::<_, Option<i64>>(3)?)))
        .optional()?;
    let Some((head, source, started, ended)) = found else { return Ok(None) };
    let plan: ReplayPlan = serde_json::from_str(&head).map_err(Trouble::damaged)?;
    let runner = holder(c, &lease_name(id))?;
    let counts = counts(c, id, runner.is_some())?;
    let status = match (&runner, started) {
        (Some(_), _) => Status::Running,
        _ if counts.in_doubt > 0 => Status::InDoubt,
        (_, None) => Status::Frozen,
        _ if counts.untouched + counts.unsettled == 0 => Status::Finished,
        _ => Status::Unfinished,
    };
    Ok(Some(PlanRow {
        id: id.clone(),
        deed: plan.ask.deed,
        from: matches!(plan.ask.from, Source::Queue(_)).then(|| place(c, source)).transpose()?,
        to: plan.targets.into_iter().map(|t| t.at).collect(),
        scope: plan.ask.scope,
        actor: plan.ask.by.name,
        reason: plan.ask.reason,
        made: plan.frozen,
        started: started.map(time),
        ended: ended.map(time),
        status,
        counts,
        runner,
    }))
}

fn counts(c: &Connection, id: &PlanId, running: bool) -> std::result::Result<Counts, Trouble> {
    let mut all = Counts::default();
    let mut find = c.prepare_cached("SELECT state, n FROM tally WHERE plan = ?1")?;
    let mut rows = find.query([&id.0])?;
    while let Some(r) = rows.next()? {
        let n = u64::try_from(r.get::<_, i64>(1)?).unwrap_or(0);
        match r.get::<_, String>(0)?.as_str() {
            "replayed" => all.replayed += n,
            "marked" => all.marked += n,
            "unsettled" => all.unsettled += n,
            "skipped" => all.skipped += n,
            "failed" => all.failed += n,
            "in doubt" => all.in_doubt += n,
            "untouched" => all.untouched += n,
            // in the hands of a live runner it is under way, else nobody knows
            "open" if running => all.untouched += n,
            "open" => all.in_doubt += n,
            "left out" => all.left_out += n,
            "verified" => all.verified += n,
            "came back" => all.came_back += n,
            _ => {}
        }
    }
    Ok(all)
}
