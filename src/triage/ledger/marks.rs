//! Marks: what people said of destinations, causes and messages; append-only, the last word counts.

use rusqlite::{TransactionBehavior, params};

use super::entries::append;
use super::rows::{find_place, now, place_no, time};
use super::{Result, TriageLedger};
use crate::model::Address;
use crate::triage::report::{EntryKind, Mark, MarkKind};

impl TriageLedger {
    /// Writes a mark; `seq` and `at` of it are set here. Gives its number.
    pub async fn mark(&self, mark: Mark) -> Result<i64> {
        self.writes
            .ask("write a mark", move |c| {
                let work = c.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let place = place_no(&work, &mark.place)?;
                work.execute(
                    "INSERT INTO marks (kind, place, subject, value, actor, reason, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    params![mark.kind.word(), place, mark.subject, mark.value, mark.actor, mark.reason, now()],
                )?;
                let seq = work.last_insert_rowid();
                // a message's id has a bar, a fingerprint has none
                let id = Some(mark.subject.as_str()).filter(|subject| mark.kind == MarkKind::Note && subject.contains('|'));
                let detail = match (mark.subject.as_str(), id) {
                    ("", _) | (_, Some(_)) => mark.value.clone(),
                    (subject, None) => format!("{subject}: {}", mark.value),
                };
                append(&work, EntryKind::Mark, mark.kind.word(), (&mark.place, id), &mark.actor, mark.reason.as_deref(), &detail)?;
                work.commit()?;
                Ok(seq)
            })
            .await
    }

    /// All marks of a kind at a destination, oldest first: notes add up, of the others the last one on a subject counts.
    pub async fn marks(&self, place: Address, kind: MarkKind) -> Result<Vec<Mark>> {
        self.reads
            .ask("read marks", move |c| {
                let Some(no) = find_place(c, &place)? else { return Ok(Vec::new()) };
                let mut find = c.prepare_cached(
                    "SELECT seq, subject, value, actor, reason, at FROM marks WHERE place = ?1 AND kind = ?2 ORDER BY seq",
                )?;
                let mut rows = find.query(params![no, kind.word()])?;
                let mut all = Vec::new();
                while let Some(r) = rows.next()? {
                    all.push(Mark {
                        seq: r.get(0)?,
                        kind,
                        place: place.clone(),
                        subject: r.get(1)?,
                        value: r.get(2)?,
                        actor: r.get(3)?,
                        reason: r.get(4)?,
                        at: time(r.get(5)?),
                    });
                }
                Ok(all)
            })
            .await
    }

    /// Categories set by hand at a destination: fingerprint to the last word on it; taken-back ones are left out.
    pub async fn categories(&self, place: Address) -> Result<std::collections::HashMap<String, Mark>> {
        let marks = self.marks(place, MarkKind::Category).await?;
        let mut last = std::collections::HashMap::new();
        for mark in marks {
            last.insert(mark.subject.clone(), mark);
        }
        last.retain(|_, mark: &mut Mark| !mark.value.is_empty());
        Ok(last)
    }
}
