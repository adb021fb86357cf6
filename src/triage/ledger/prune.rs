//! Retention: what is older than it is taken out, but never anything that is still needed.

use std::time::SystemTime;

use rusqlite::{TransactionBehavior, params};

use super::rows::ms;
use super::{Result, TriageLedger};

/// What was taken out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    pub plans: u64,
    pub copies: u64,
    pub entries: u64,
}

impl TriageLedger {
    /// Takes out plans, copies and entries from before `older_than`. Kept whatever their age: plans with something open, in doubt or not settled,
    /// and what is done with at a source, because an append-only source may hold it longer than the ledger keeps its history.
    pub async fn prune(&self, older_than: SystemTime) -> Result<Pruned> {
        self.writes
            .ask("prune", move |c| {
                let work = c.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let at = ms(older_than);
                work.execute_batch("CREATE TEMP TABLE IF NOT EXISTS old (id TEXT PRIMARY KEY); DELETE FROM old;")?;
                work.execute(
                    "INSERT INTO old SELECT p.id FROM plans p WHERE p.made < ?1 AND coalesce(p.ended, p.started, p.made) < ?1
                     AND NOT EXISTS (SELECT 1 FROM tally t WHERE t.plan = p.id AND t.state IN ('open', 'in doubt', 'unsettled') AND t.n > 0)",
                    params![at],
                )?;
                let mut gone = Pruned::default();
                let count = |n: usize| n as u64;
                // what can be restored only from its copy ends with the copy
                work.execute("DELETE FROM aside WHERE plan IN (SELECT id FROM old)", [])?;
                gone.copies = count(work.execute("DELETE FROM copies WHERE plan IN (SELECT id FROM old)", [])?);
                for table in ["intents", "visits", "items", "tally"] {
                    work.execute(&format!("DELETE FROM {table} WHERE plan IN (SELECT id FROM old)"), [])?;
                }
                gone.plans = count(work.execute("DELETE FROM plans WHERE id IN (SELECT id FROM old)", [])?);
                gone.entries = count(work.execute("DELETE FROM entries WHERE at < ?1 AND (plan IS NULL OR plan NOT IN (SELECT id FROM plans))", params![at])?);
                work.execute("DELETE FROM outbox WHERE state <> 'waiting' AND made < ?1", params![at])?;
                work.commit()?;
                Ok(gone)
            })
            .await
    }
}
