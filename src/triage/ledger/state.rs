//! Where plans stand: outcomes so far, what is open, and whose copies are there.

use std::collections::BTreeMap;
use std::time::SystemTime;

use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::desk::Trouble;
use super::lease::holder;
use super::rows::time;
use super::{Result, TriageLedger};
use crate::model::{Address, MessageId, Seat, copy};
use crate::triage::plan::{PlanId, stored};
use crate::triage::report::{Copy, Outcome};

/// The ends of targets as a visit noted them, before it published anything there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ends(pub Vec<TargetEnds>);

/// The end offsets of one target, by partition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TargetEnds {
    #[serde(with = "stored::address")]
    pub at: Address,
    /// The broker's own id of it, where it has one.
    #[serde(default)]
    pub id: Option<String>,
    pub ends: BTreeMap<i32, i64>,
}

impl Ends {
    /// What was noted of a target.
    pub fn of(&self, at: &Address) -> Option<&TargetEnds> {
        self.0.iter().find(|t| &t.at == at)
    }
}

/// A message with an intent and without a certain outcome.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenIntent {
    pub plan: PlanId,
    /// Its number in the plan.
    pub n: u32,
    pub id: MessageId,
    pub seat: Seat,
    /// When the intent was written.
    pub at: SystemTime,
    /// What the visit noted of the targets; `None` where nothing was to be published.
    pub ends: Option<Ends>,
    /// The run has already said that it is in doubt, and why; else it was cut off.
    pub why: Option<String>,
    /// A live runner has it in hand: not a case for anybody else.
    pub running: bool,
}

impl TriageLedger {
    /// Everything that is open or in doubt, of one plan or of all of this context.
    pub async fn open_intents(&self, of: Option<PlanId>) -> Result<Vec<OpenIntent>> {
        self.reads
            .ask("read what is open", move |c| {
                let sql = "SELECT i.plan, i.n, i.id, i.seat, t.at, v.ends, i.outcome, i.state FROM items i
                           LEFT JOIN intents t ON t.no = i.intent LEFT JOIN visits v ON v.no = t.visit
                           WHERE i.state IN ('open', 'in doubt') AND (?1 IS NULL OR i.plan = ?1)
                             AND i.plan NOT IN (SELECT id FROM elsewhere) ORDER BY i.plan, i.n";
                let mut find = c.prepare_cached(sql)?;
                let mut rows = find.query([of.as_ref().map(|p| p.0.as_str())])?;
                let mut all: Vec<OpenIntent> = Vec::new();
                while let Some(r) = rows.next()? {
                    let plan = PlanId(r.get(0)?);
                    let running = match all.last() {
                        Some(last) if last.plan == plan => last.running,
                        _ => holder(c, &lease_name(&plan))?.is_some(),
                    };
                    let ends = r.get::<_, Option<String>>(5)?.map(|e| serde_json::from_str(&e)).transpose().map_err(Trouble::damaged)?;
                    let outcome = r.get::<_, Option<String>>(6)?.filter(|_| r.get_ref(7).is_ok_and(|s| s.as_str() == Ok("in doubt")));
                    let why = match outcome.map(|o| serde_json::from_str(&o)).transpose().map_err(Trouble::damaged)? {
                        Some(Outcome::InDoubt { why }) => Some(why),
                        _ => None,
                    };
                    let at = time(r.get::<_, Option<i64>>(4)?.unwrap_or(0));
                    all.push(OpenIntent {
                        plan,
                        n: r.get(1)?,
                        id: MessageId(r.get(2)?),
                        seat: seat(&r.get::<_, String>(3)?)?,
                        at,
                        ends,
                        why,
                        running,
                    });
                }
                Ok(all)
            })
            .await
    }

    /// What came of each message of a plan so far; those not begun are left out. What was cut off is `InDoubt`.
    pub async fn outcomes(&self, plan: PlanId) -> Result<BTreeMap<u32, Outcome>> {
        // asked of the writing side: a run must see its own last step
        self.writes
            .ask("read outcomes", move |c| {
                let mut find =
                    c.prepare_cached("SELECT n, state, outcome FROM items WHERE plan = ?1 AND state NOT IN ('untouched', 'left out')")?;
                let mut rows = find.query([&plan.0])?;
                let mut all = BTreeMap::new();
                while let Some(r) = rows.next()? {
                    let outcome = match (r.get::<_, String>(1)?.as_str(), r.get::<_, Option<String>>(2)?) {
                        ("open", _) | (_, None) => Outcome::InDoubt { why: "begun, and cut off before its outcome was written".into() },
                        (_, Some(json)) => serde_json::from_str(&json).map_err(Trouble::damaged)?,
                    };
                    all.insert(r.get(0)?, outcome);
                }
                Ok(all)
            })
            .await
    }

    /// The copy of a message that a plan made.
    pub async fn copy(&self, plan: PlanId, n: u32) -> Result<Option<Copy>> {
        self.reads
            .ask("read a copy", move |c| {
                let sql = "SELECT c.at, c.message, i.id FROM copies c JOIN items i ON i.plan = c.plan AND i.n = c.n WHERE c.plan = ?1 AND c.n = ?2";
                let row = c.prepare_cached(sql)?.query_row(params![plan.0, n], |r| Ok((r.get::<_, i64>(0)?, r.get::<_, Vec<u8>>(1)?, r.get::<_, String>(2)?))).optional()?;
                let Some((at, bytes, id)) = row else { return Ok(None) };
                let message = copy::decode(bytes.into()).map_err(Trouble::damaged)?;
                Ok(Some(Copy { plan, item: n, id: MessageId(id), at: time(at), message }))
            })
            .await
    }
}

impl TriageLedger {
    /// The copy that a parked or discarded message can be restored from.
    pub async fn copy_aside(&self, source: Address, id: MessageId, at: Seat) -> Result<Option<Copy>> {
        let found: Option<(PlanId, u32)> = self
            .reads
            .ask("read a copy", move |c| {
                let Some(no) = super::rows::find_place(c, &source)? else { return Ok(None) };
                let mut find = c.prepare_cached("SELECT plan, n FROM aside WHERE source = ?1 AND seat = ?2 AND id = ?3")?;
                Ok(find.query_row(params![no, stored::seat_text(&at), id.0], |r| Ok((PlanId(r.get(0)?), r.get(1)?))).optional()?)
            })
            .await?;
        match found {
            Some((plan, n)) => self.copy(plan, n).await,
            None => Ok(None),
        }
    }
}

/// The lease of a plan.
pub(super) fn lease_name(plan: &PlanId) -> String {
    format!("plan:{plan}")
}

/// A stored seat.
pub(super) fn seat(text: &str) -> std::result::Result<Seat, Trouble> {
    stored::read_seat(text).ok_or_else(|| Trouble::damaged(format!("unreadable seat {text:?}")))
}
