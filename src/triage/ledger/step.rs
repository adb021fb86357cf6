//! One sync per batch: what came of the last one, copies and intents of the next.

use std::sync::Arc;

use bytes::Bytes;
use rusqlite::{OptionalExtension, TransactionBehavior, params};

use super::book::Book;
use super::desk::Trouble;
use super::lease::{Lease, beat};
use super::rows::now;
use super::state::Ends;
use super::{Result, TriageLedger};
use crate::triage::plan::ReplayPlan;
use crate::triage::report::{Outcome, Skip};

/// A plan being carried out by the holder of its lease.
#[derive(Clone, Debug)]
pub struct Run {
    pub plan: Arc<ReplayPlan>,
    pub lease: Lease,
}

/// About to publish or remove one message.
#[derive(Clone, Debug)]
pub struct Intent {
    /// Its number in the plan.
    pub n: u32,
    /// The visit that noted the target's ends; none where nothing is published.
    pub visit: Option<i64>,
    /// The message as `model::copy` encodes it; none where the ledger has its copy already (restore).
    pub copy: Option<Bytes>,
}

/// What evidence says of a replayed message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Verified,
    CameBack,
}

impl Verdict {
    /// The word shown to the user and stored.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Verified => "verified",
            Verdict::CameBack => "came back",
        }
    }
}

impl TriageLedger {
    /// Writes what came of messages, and copies and intents of the next ones: one transaction, one sync.
    /// Fails, and writes nothing, once another runner has the lease; so nobody publishes without it.
    /// Gives those of `next` that must not be begun, because another plan has them under way or is done with them: no intent was written for them.
    pub async fn step(&self, run: &Run, done: Vec<(u32, Outcome)>, next: Vec<Intent>) -> Result<Vec<(u32, Skip)>> {
        let run = run.clone();
        self.writes
            .ask("write a step", move |c| {
                let work = c.transaction_with_behavior(TransactionBehavior::Immediate)?;
                beat(&work, &run.lease)?;
                let mut book = Book::new(&work, &run.plan)?;
                for (n, outcome) in &done {
                    book.outcome(*n, outcome, None)?;
                }
                let mut refused = Vec::new();
                for intent in &next {
                    match book.conflict(intent.n)? {
                        Some(skip) => refused.push((intent.n, skip)),
                        None => book.intent(intent)?,
                    }
                }
                book.close()?;
                work.commit()?;
                Ok(refused)
            })
            .await
    }

    /// Notes the ends of the plan's targets before a visit publishes there: where doubt starts to look. Gives the visit's number.
    pub async fn visit(&self, run: &Run, ends: Ends) -> Result<i64> {
        let run = run.clone();
        self.writes
            .ask("note a visit", move |c| {
                let work = c.transaction_with_behavior(TransactionBehavior::Immediate)?;
                beat(&work, &run.lease)?;
                let ends = serde_json::to_string(&ends).map_err(Trouble::damaged)?;
                work.execute("INSERT INTO visits (plan, at, ends) VALUES (?1, ?2, ?3)", params![run.plan.id.0, now(), ends])?;
                let no = work.last_insert_rowid();
                work.commit()?;
                Ok(no)
            })
            .await
    }

    /// Writes how doubt was cleared up: by evidence, or by a person, whose name and reason go with it. Only what is still open or in doubt is changed;
    /// gives the number changed. Fails while another runner carries the plan out.
    pub async fn clear_up(
        &self,
        plan: Arc<ReplayPlan>,
        lease: Lease,
        found: Vec<(u32, Outcome)>,
        by: Option<(String, Option<String>)>,
    ) -> Result<usize> {
        self.writes
            .ask("clear up doubt", move |c| {
                let work = c.transaction_with_behavior(TransactionBehavior::Immediate)?;
                beat(&work, &lease)?;
                let mut book = Book::new(&work, &plan)?;
                let mut changed = 0;
                for (n, outcome) in &found {
                    match (book.state(*n)?.as_str(), outcome) {
                        // looked at once more, and nothing happened to it
                        ("in doubt", Outcome::InDoubt { .. }) => book.why(*n, outcome)?,
                        ("open" | "in doubt", _) => {
                            book.outcome(*n, outcome, by.as_ref())?;
                            changed += 1;
                        }
                        _ => {}
                    }
                }
                book.close()?;
                work.commit()?;
                Ok(changed)
            })
            .await
    }

    /// Notes that a run began or ended; `how` in words.
    pub async fn run_mark(&self, run: &Run, began: bool, how: String) -> Result<()> {
        let run = run.clone();
        self.writes
            .ask("note a run", move |c| {
                let work = c.transaction_with_behavior(TransactionBehavior::Immediate)?;
                beat(&work, &run.lease)?;
                let at = now();
                let sql = if began {
                    "UPDATE plans SET started = ?2, ended = NULL WHERE id = ?1"
                } else {
                    "UPDATE plans SET ended = ?2 WHERE id = ?1"
                };
                work.execute(sql, params![run.plan.id.0, at])?;
                let book = Book::new(&work, &run.plan)?;
                book.entry("run", if began { "started" } else { "ended" }, None, &how, None)?;
                work.commit()?;
                Ok(())
            })
            .await
    }

    /// Notes verdicts on replayed messages; a later one takes the place of an earlier one.
    pub async fn verdicts(&self, plan: Arc<ReplayPlan>, found: Vec<(u32, Verdict)>) -> Result<()> {
        self.writes
            .ask("note verdicts", move |c| {
                let work = c.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let mut book = Book::new(&work, &plan)?;
                for (n, verdict) in found {
                    let mut find = work.prepare_cached("SELECT verdict FROM items WHERE plan = ?1 AND n = ?2")?;
                    let before: Option<Option<String>> = find.query_row(params![plan.id.0, n], |r| r.get(0)).optional()?;
                    let Some(before) = before.filter(|b| b.as_deref() != Some(verdict.word())) else { continue };
                    work.prepare_cached("UPDATE items SET verdict = ?3 WHERE plan = ?1 AND n = ?2")?.execute(params![
                        plan.id.0,
                        n,
                        verdict.word()
                    ])?;
                    if let Some(before) = before {
                        *book.deltas.entry(before).or_insert(0) -= 1;
                    }
                    *book.deltas.entry(verdict.word().to_owned()).or_insert(0) += 1;
                    book.entry("outcome", verdict.word(), plan.item(n), "", None)?;
                }
                book.close()?;
                work.commit()?;
                Ok(())
            })
            .await
    }
}
