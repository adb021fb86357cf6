//! Small shared pieces of reading and writing rows: times, places, words.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, OptionalExtension, params};

use super::desk::Trouble;
use crate::model::{Address, ConnId, Kind, PastKind};

/// Milliseconds since the epoch.
pub(super) fn ms(at: SystemTime) -> i64 {
    at.duration_since(UNIX_EPOCH).map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
}

pub(super) fn now() -> i64 {
    ms(SystemTime::now())
}

pub(super) fn time(ms: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(u64::try_from(ms).unwrap_or(0))
}

/// The number of a place, made where it is new.
pub(super) fn place_no(c: &Connection, at: &Address) -> Result<i64, Trouble> {
    if let Some(no) = find_place(c, at)? {
        return Ok(no);
    }
    c.prepare_cached("INSERT INTO places (conn, kind, name) VALUES (?1, ?2, ?3)")?.execute(params![
        at.conn.as_str(),
        at.kind.word(),
        at.name
    ])?;
    Ok(c.last_insert_rowid())
}

/// The number of a place that was ever written of.
pub(super) fn find_place(c: &Connection, at: &Address) -> Result<Option<i64>, Trouble> {
    let mut find = c.prepare_cached("SELECT no FROM places WHERE conn = ?1 AND kind = ?2 AND name = ?3")?;
    Ok(find.query_row(params![at.conn.as_str(), at.kind.word(), at.name], |r| r.get(0)).optional()?)
}

/// The place of a number.
pub(super) fn place(c: &Connection, no: i64) -> Result<Address, Trouble> {
    let mut find = c.prepare_cached("SELECT conn, kind, name FROM places WHERE no = ?1")?;
    let (conn, kind, name) = find.query_row([no], |r| Ok((r.get::<_, String>(0)?, r.get::<_, String>(1)?, r.get::<_, String>(2)?)))?;
    let kind = Kind::from_word(&kind).ok_or_else(|| Trouble::damaged(format!("unknown kind of destination {kind:?}")))?;
    Ok(Address::new(ConnId::new(conn), kind, name))
}

/// The past that a stored word stands for.
pub(super) fn past_kind(word: &str) -> Option<PastKind> {
    [PastKind::Replayed, PastKind::Parked, PastKind::Discarded, PastKind::Restored, PastKind::Failed, PastKind::InDoubt, PastKind::Noted]
        .into_iter()
        .find(|k| k.word() == word)
}
