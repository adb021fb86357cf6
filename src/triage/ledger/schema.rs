//! The ledger's tables, by version. What happened is append-only (`plans`, `visits`, `intents`, `copies`, `entries`);
//! the rest is drawn from it in the same transactions, so that lists are quick.

use rusqlite::{Connection, TransactionBehavior};

use super::desk::Trouble;

/// Each brings the file from the version before to its own; never edited once released.
const STEPS: [&str; 3] = ["
CREATE TABLE places (
  no INTEGER PRIMARY KEY, conn TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (conn, kind, name));
CREATE TABLE plans (
  id TEXT PRIMARY KEY, deed TEXT NOT NULL, source INTEGER NOT NULL REFERENCES places, head TEXT NOT NULL,
  actor TEXT NOT NULL, reason TEXT, made INTEGER NOT NULL, removes INTEGER NOT NULL, started INTEGER, ended INTEGER);
CREATE TABLE items (
  plan TEXT NOT NULL REFERENCES plans, n INTEGER NOT NULL, id TEXT NOT NULL, seat TEXT NOT NULL, digest BLOB, ord BLOB,
  target INTEGER, place INTEGER NOT NULL, owned INTEGER NOT NULL, before INTEGER NOT NULL, size INTEGER NOT NULL, way TEXT NOT NULL,
  state TEXT NOT NULL, outcome TEXT, intent INTEGER, verdict TEXT,
  PRIMARY KEY (plan, n)) WITHOUT ROWID;
CREATE INDEX items_open ON items (plan, n) WHERE state IN ('open', 'in doubt');
CREATE INDEX items_open_seat ON items (seat) WHERE state IN ('open', 'in doubt');
CREATE TABLE tally (plan TEXT NOT NULL, state TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (plan, state)) WITHOUT ROWID;
CREATE TABLE visits (no INTEGER PRIMARY KEY, plan TEXT NOT NULL, at INTEGER NOT NULL, ends TEXT NOT NULL);
CREATE TABLE intents (no INTEGER PRIMARY KEY, plan TEXT NOT NULL, n INTEGER NOT NULL, visit INTEGER, at INTEGER NOT NULL);
CREATE TABLE copies (plan TEXT NOT NULL, n INTEGER NOT NULL, at INTEGER NOT NULL, message BLOB NOT NULL, PRIMARY KEY (plan, n));
CREATE TABLE entries (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, kind TEXT NOT NULL, what TEXT NOT NULL, plan TEXT, n INTEGER,
  id TEXT, source INTEGER, seat TEXT, target INTEGER, actor TEXT NOT NULL, reason TEXT, detail TEXT NOT NULL);
CREATE INDEX entries_id ON entries (id, seq) WHERE id IS NOT NULL;
CREATE INDEX entries_plan ON entries (plan, seq) WHERE plan IS NOT NULL;
CREATE TABLE resolved (
  source INTEGER NOT NULL, part INTEGER NOT NULL, off INTEGER NOT NULL, seat TEXT NOT NULL, how TEXT NOT NULL, plan TEXT NOT NULL,
  PRIMARY KEY (source, part, off, seat)) WITHOUT ROWID;
CREATE TABLE aside (
  source INTEGER NOT NULL, seat TEXT NOT NULL, id TEXT NOT NULL, how TEXT NOT NULL, at INTEGER NOT NULL, plan TEXT NOT NULL, n INTEGER NOT NULL,
  removed INTEGER NOT NULL, size INTEGER NOT NULL, PRIMARY KEY (source, seat, id)) WITHOUT ROWID;
CREATE TABLE marks (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, place INTEGER NOT NULL, subject TEXT NOT NULL, value TEXT NOT NULL,
  actor TEXT NOT NULL, reason TEXT, at INTEGER NOT NULL);
CREATE INDEX marks_place ON marks (place, kind, subject, seq);
CREATE TABLE leases (name TEXT PRIMARY KEY, holder TEXT NOT NULL, who TEXT NOT NULL, process TEXT NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE incidents (
  dedup TEXT PRIMARY KEY, place INTEGER NOT NULL, subject TEXT NOT NULL, title TEXT NOT NULL, severity TEXT NOT NULL, state TEXT NOT NULL,
  opened INTEGER NOT NULL, changed INTEGER NOT NULL, actor TEXT NOT NULL, reason TEXT) WITHOUT ROWID;
CREATE INDEX incidents_place ON incidents (place, subject);
CREATE TABLE outbox (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, dedup TEXT NOT NULL, target TEXT NOT NULL, kind TEXT NOT NULL, payload TEXT NOT NULL,
  tries INTEGER NOT NULL, next_at INTEGER NOT NULL, state TEXT NOT NULL, why TEXT NOT NULL, made INTEGER NOT NULL, taken INTEGER NOT NULL DEFAULT 0);
CREATE INDEX outbox_due ON outbox (next_at) WHERE state = 'waiting';
", "
ALTER TABLE resolved RENAME TO resolved_1;
CREATE TABLE resolved (
  source INTEGER NOT NULL, part INTEGER NOT NULL, off INTEGER NOT NULL, seat TEXT NOT NULL, source_id TEXT NOT NULL, how TEXT NOT NULL,
  plan TEXT NOT NULL, PRIMARY KEY (source, part, off, seat, source_id)) WITHOUT ROWID;
INSERT INTO resolved SELECT source, part, off, seat, '', how, plan FROM resolved_1;
DROP TABLE resolved_1;
ALTER TABLE aside ADD COLUMN source_id TEXT NOT NULL DEFAULT '';
", "
ALTER TABLE plans ADD COLUMN context TEXT NOT NULL DEFAULT '';
"];

/// Brings the file up to date. A file of a newer redrive is refused and left as it is.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), Trouble> {
    let wal: String = connection.query_row("PRAGMA journal_mode = WAL", [], |r| r.get(0))?;
    if !wal.eq_ignore_ascii_case("wal") {
        return Err(Trouble::Other(
            format!("its disk does not allow write-ahead logging ({wal})"),
            "set [ledger] path to a local disk".into(),
        ));
    }
    let newest = i64::try_from(STEPS.len()).unwrap_or(i64::MAX);
    let version = |c: &Connection| c.query_row("PRAGMA user_version", [], |r| r.get::<_, i64>(0));
    if version(connection)? == newest {
        return Ok(());
    }
    // two processes may start at once: the version is asked again under the write lock
    let work = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let now = version(&work)?;
    if now > newest {
        return Err(Trouble::Other(
            format!("it is of a newer redrive (version {now}, this one knows {newest})"),
            "update redrive, or set another [ledger] path".into(),
        ));
    }
    for step in STEPS.iter().skip(usize::try_from(now).unwrap_or(0)) {
        work.execute_batch(step)?;
    }
    work.pragma_update(None, "user_version", newest)?;
    work.commit()?;
    Ok(())
}
