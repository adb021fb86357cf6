//! What a look has in hand and may not give back: on record, with its copy, before anything else happens to it.

use bytes::Bytes;
use rusqlite::{OptionalExtension, TransactionBehavior, params};

use super::book::Book;
use super::desk::Trouble;
use super::lease::beat;
use super::plans::{insert, insert_items};
use super::rows::now;
use super::step::{Intent, Run};
use super::{Result, TriageLedger};
use crate::triage::report::Outcome;

impl TriageLedger {
    /// Adds the last messages of a growing plan, as many as there are copies, as about to be published; writes what came of earlier ones with
    /// them: one transaction, one sync. The plan itself is kept with its first messages. Fails, and writes nothing, without the lease.
    pub async fn held(&self, run: &Run, done: Vec<(u32, Outcome)>, copies: Vec<Bytes>) -> Result<()> {
        let run = run.clone();
        self.writes
            .ask("copy what is in hand", move |c| {
                let work = c.transaction_with_behavior(TransactionBehavior::Immediate)?;
                beat(&work, &run.lease)?;
                let plan = run.plan.as_ref();
                let known: Option<i64> = work.query_row("SELECT 1 FROM plans WHERE id = ?1", [&plan.id.0], |r| r.get(0)).optional()?;
                let fresh = plan.items.len().checked_sub(copies.len()).and_then(|old| plan.items.get(old..));
                let fresh = fresh.ok_or_else(|| Trouble::damaged("more copies than messages"))?;
                match known {
                    Some(_) => insert_items(&work, plan, fresh)?,
                    None => {
                        let head = serde_json::to_string(plan).map_err(Trouble::damaged)?;
                        insert(&work, plan, &head)?;
                        work.execute("UPDATE plans SET started = ?2 WHERE id = ?1", params![plan.id.0, now()])?;
                    }
                }
                let mut book = Book::new(&work, plan)?;
                for (n, outcome) in &done {
                    book.outcome(*n, outcome, None)?;
                }
                for (item, copy) in fresh.iter().zip(copies) {
                    book.intent(&Intent { n: item.n, visit: None, copy: Some(copy) })?;
                }
                book.close()?;
                work.commit()?;
                Ok(())
            })
            .await
    }
}
