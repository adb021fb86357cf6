//! What was replayed, where it went and when, and what evidence has said of it so far.

use std::time::SystemTime;

use super::desk::Trouble;
use super::rows::time;
use super::step::Verdict;
use super::{Result, TriageLedger};
use crate::broker::Receipt;
use crate::triage::plan::PlanId;
use crate::triage::report::Outcome;

/// One replayed message of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Sent {
    /// Its number in the plan.
    pub n: u32,
    pub receipt: Receipt,
    /// When its intent was written: it was published no earlier.
    pub at: SystemTime,
    pub verdict: Option<Verdict>,
}

impl TriageLedger {
    /// The messages that a plan has replayed, in its order.
    pub async fn replayed(&self, plan: PlanId) -> Result<Vec<Sent>> {
        self.reads
            .ask("read what was replayed", move |c| {
                let sql = "SELECT i.n, i.outcome, COALESCE(t.at, p.started, 0), i.verdict FROM items i JOIN plans p ON p.id = i.plan
                           LEFT JOIN intents t ON t.no = i.intent WHERE i.plan = ?1 AND i.state = 'replayed' ORDER BY i.n";
                let mut find = c.prepare_cached(sql)?;
                let mut rows = find.query([&plan.0])?;
                let mut all = Vec::new();
                while let Some(r) = rows.next()? {
                    let outcome = serde_json::from_str(&r.get::<_, String>(1)?).map_err(Trouble::damaged)?;
                    let Outcome::Replayed { receipt } = outcome else { continue };
                    let verdict = match r.get::<_, Option<String>>(3)?.as_deref() {
                        Some("verified") => Some(Verdict::Verified),
                        Some("came back") => Some(Verdict::CameBack),
                        _ => None,
                    };
                    all.push(Sent { n: r.get(0)?, receipt, at: time(r.get(2)?), verdict });
                }
                Ok(all)
            })
            .await
    }
}
