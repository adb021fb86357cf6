//! Incidents, and the outbox of notices about them: kept until sent, tried again, never twice at once.

use std::time::{Duration, SystemTime};

use rusqlite::{OptionalExtension, Row, TransactionBehavior, params};

use super::desk::Trouble;
use super::entries::append;
use super::rows::{ms, now, place, place_no, time};
use super::{Result, TriageLedger};
use crate::model::Address;
use crate::triage::report::EntryKind;

/// One incident: of one cause or alert, known by its dedup key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    pub dedup: String,
    pub place: Address,
    /// The cause's fingerprint, or the alert's name.
    pub subject: String,
    pub title: String,
    pub severity: String,
    /// `open`, `acknowledged`, `resolved`.
    pub state: String,
    pub opened: SystemTime,
    pub changed: SystemTime,
    pub actor: String,
    pub reason: Option<String>,
}

/// Where a notice stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoticeState {
    Waiting,
    Sent,
    /// Given up.
    Failed,
    /// A later notice took its place.
    Dropped,
}

impl NoticeState {
    /// The word shown to the user and stored.
    pub fn word(self) -> &'static str {
        match self {
            NoticeState::Waiting => "waiting",
            NoticeState::Sent => "sent",
            NoticeState::Failed => "failed",
            NoticeState::Dropped => "dropped",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [Self::Waiting, Self::Sent, Self::Failed, Self::Dropped].into_iter().find(|s| s.word() == word)
    }
}

/// One notice to one target. The payload never holds a secret: targets' keys are added when it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// 0 when it is not stored yet.
    pub seq: i64,
    pub dedup: String,
    /// The target's name in the config.
    pub target: String,
    /// `open`, `update`, `resolve`, `repeat`.
    pub kind: String,
    /// JSON.
    pub payload: String,
    pub tries: u32,
    pub next_at: SystemTime,
    pub state: NoticeState,
    /// Why the last try failed.
    pub why: String,
    pub made: SystemTime,
}

const COLUMNS: &str = "seq, dedup, target, kind, payload, tries, next_at, state, why, made";

impl TriageLedger {
    /// Opens or changes an incident and puts its notices into the outbox: one transaction. `opened` of a known incident stays.
    pub async fn incident(&self, incident: Incident, notices: Vec<Notice>) -> Result<()> {
        self.writes
            .ask("write an incident", move |c| {
                let work = c.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let place = place_no(&work, &incident.place)?;
                let i = &incident;
                work.execute(
                    "INSERT INTO incidents (dedup, place, subject, title, severity, state, opened, changed, actor, reason) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
                     ON CONFLICT (dedup) DO UPDATE SET title = excluded.title, severity = excluded.severity, state = excluded.state,
                     opened = CASE WHEN incidents.state = 'resolved' THEN excluded.opened ELSE incidents.opened END, changed = excluded.changed, actor = excluded.actor, reason = excluded.reason",
                    params![i.dedup, place, i.subject, i.title, i.severity, i.state, ms(i.opened), ms(i.changed), i.actor, i.reason],
                )?;
                append(&work, EntryKind::Incident, &i.state, (&i.place, None), &i.actor, i.reason.as_deref(), &format!("{} ({})", i.title, i.dedup))?;
                for notice in &notices {
                    // the newest word is enough: older ones that were never sent would only say what is no longer so
                    work.execute("UPDATE outbox SET state = 'dropped' WHERE dedup = ?1 AND target = ?2 AND state = 'waiting'", params![notice.dedup, notice.target])?;
                    push(&work, notice)?;
                }
                work.commit()?;
                Ok(())
            })
            .await
    }

    /// The incident of this key.
    pub async fn incident_of(&self, dedup: String) -> Result<Option<Incident>> {
        let found = self.incidents_where("dedup = ?1", dedup).await?;
        Ok(found.into_iter().next())
    }

    /// Incidents that are not resolved, oldest first.
    pub async fn open_incidents(&self) -> Result<Vec<Incident>> {
        self.incidents_where("state <> ?1", "resolved".into()).await
    }

    async fn incidents_where(&self, clause: &'static str, value: String) -> Result<Vec<Incident>> {
        self.reads
            .ask("read incidents", move |c| {
                let sql = format!("SELECT dedup, place, subject, title, severity, state, opened, changed, actor, reason FROM incidents WHERE {clause} ORDER BY opened");
                let mut find = c.prepare_cached(&sql)?;
                let mut rows = find.query([value])?;
                let mut all = Vec::new();
                while let Some(r) = rows.next()? {
                    all.push(Incident {
                        dedup: r.get(0)?,
                        place: place(c, r.get(1)?)?,
                        subject: r.get(2)?,
                        title: r.get(3)?,
                        severity: r.get(4)?,
                        state: r.get(5)?,
                        opened: time(r.get(6)?),
                        changed: time(r.get(7)?),
                        actor: r.get(8)?,
                        reason: r.get(9)?,
                    });
                }
                Ok(all)
            })
            .await
    }

    /// Puts a notice into the outbox. Gives its number.
    pub async fn post(&self, notice: Notice) -> Result<i64> {
        self.writes.ask("write a notice", move |c| push(c, &notice)).await
    }

    /// Takes notices that are due, oldest first, and keeps others from taking them for `hold`; end each with [`TriageLedger::notice_done`].
    pub async fn due(&self, limit: usize, hold: Duration) -> Result<Vec<Notice>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.writes
            .ask("read the outbox", move |c| {
                let work = c.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let at = now();
                let sql = format!(
                    "SELECT {COLUMNS} FROM outbox WHERE state = 'waiting' AND next_at <= ?1 AND taken <= ?1 ORDER BY next_at, seq LIMIT ?2"
                );
                let found =
                    work.prepare(&sql)?.query_and_then(params![at, limit], read)?.collect::<std::result::Result<Vec<_>, Trouble>>()?;
                let until = at.saturating_add(i64::try_from(hold.as_millis()).unwrap_or(i64::MAX));
                for notice in &found {
                    work.execute("UPDATE outbox SET taken = ?2 WHERE seq = ?1", params![notice.seq, until])?;
                }
                work.commit()?;
                Ok(found)
            })
            .await
    }

    /// Says what came of a try: its state now, when to try again if it waits, and why it failed.
    pub async fn notice_done(&self, seq: i64, state: NoticeState, next_at: SystemTime, why: String) -> Result<()> {
        self.writes
            .ask("write what came of a notice", move |c| {
                c.execute(
                    "UPDATE outbox SET tries = tries + 1, state = CASE WHEN state = 'dropped' THEN state ELSE ?2 END, next_at = ?3, why = ?4, taken = 0 WHERE seq = ?1",
                    params![seq, state.word(), ms(next_at), why],
                )?;
                Ok(())
            })
            .await
    }

    /// Notices of one incident, or the latest of all; newest first.
    pub async fn notices(&self, dedup: Option<String>, limit: usize) -> Result<Vec<Notice>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.reads
            .ask("read the outbox", move |c| {
                let sql = format!("SELECT {COLUMNS} FROM outbox WHERE ?1 IS NULL OR dedup = ?1 ORDER BY seq DESC LIMIT ?2");
                c.prepare_cached(&sql)?.query_and_then(params![dedup, limit], read)?.collect()
            })
            .await
    }

    /// When the next notice is due; `None`: nothing waits.
    pub async fn next_due(&self) -> Result<Option<SystemTime>> {
        self.reads
            .ask("read the outbox", |c| {
                let at: Option<Option<i64>> =
                    c.query_row("SELECT min(max(next_at, taken)) FROM outbox WHERE state = 'waiting'", [], |r| r.get(0)).optional()?;
                Ok(at.flatten().map(time))
            })
            .await
    }
}

fn push(c: &rusqlite::Connection, n: &Notice) -> std::result::Result<i64, Trouble> {
    c.execute(
        "INSERT INTO outbox (dedup, target, kind, payload, tries, next_at, state, why, made) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![n.dedup, n.target, n.kind, n.payload, n.tries, ms(n.next_at), n.state.word(), n.why, ms(n.made)],
    )?;
    Ok(c.last_insert_rowid())
}

fn read(r: &Row<'_>) -> std::result::Result<Notice, Trouble> {
    let state = r.get::<_, String>(7)?;
    Ok(Notice {
        seq: r.get(0)?,
        dedup: r.get(1)?,
        target: r.get(2)?,
        kind: r.get(3)?,
        payload: r.get(4)?,
        tries: r.get(5)?,
        next_at: time(r.get(6)?),
        state: NoticeState::from_word(&state).ok_or_else(|| Trouble::damaged(format!("unknown state of a notice {state:?}")))?,
        why: r.get(8)?,
        made: time(r.get(9)?),
    })
}
