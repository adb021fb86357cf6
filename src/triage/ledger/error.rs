//! Why the ledger could not do something: which file, what, why, and what to do next.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// Result of any call on the ledger.
pub type Result<T> = std::result::Result<T, LedgerError>;

/// A failed call on the ledger. Nothing of it was done: each call is one transaction.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("ledger {}: cannot {op}: {cause}; {next}", path.display())]
pub struct LedgerError {
    pub path: PathBuf,
    /// A verb phrase: `open it`, `write a step`.
    pub op: &'static str,
    pub cause: String,
    /// What the user can do; one clause.
    pub next: String,
    /// Another runner has taken over the plan: this one must end.
    pub lease_lost: bool,
}

impl LedgerError {
    /// An error with its next step.
    pub fn new(path: &Path, op: &'static str, cause: impl Into<String>, next: impl Into<String>) -> Self {
        Self { path: path.to_owned(), op, cause: cause.into(), next: next.into(), lease_lost: false }
    }

    /// From SQLite's word.
    pub(super) fn sqlite(path: &Path, op: &'static str, error: &rusqlite::Error) -> Self {
        let code = error.sqlite_error_code();
        let next = match code {
            Some(ErrorCode::DiskFull) => "make room on its disk; nothing more was touched on the brokers",
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
                "check that you may write the file and its directory, or set [ledger] path"
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => "another redrive is writing to it for long; try again",
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                "keep a copy of the file for repair, then set another [ledger] path"
            }
            Some(ErrorCode::SystemIoFailure) => "check its disk; nothing more was touched on the brokers",
            _ => "try again; if it stays, report it with the log",
        };
        Self::new(path, op, error.to_string(), next)
    }
}
