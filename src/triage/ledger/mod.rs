//! The ledger: the local, append-only record of plans, copies, intents and outcomes. SQLite, on threads of its own.
//!
//! Two processes may have it open at once. Every call is one transaction, synced to disk before it answers.

mod book;
mod desk;
mod entries;
mod error;
mod held;
mod lease;
mod marks;
mod outbox;
mod plans;
mod prune;
mod replayed;
mod rows;
mod schema;
mod state;
mod step;

pub use error::{LedgerError, Result};
pub use lease::{LEASE, Lease};
pub use outbox::{Incident, Notice, NoticeState};
pub use prune::Pruned;
pub use replayed::Sent;
pub use state::{Ends, OpenIntent, TargetEnds};
pub use step::{Intent, Run, Verdict};

use std::path::{Path, PathBuf};

use desk::Desk;

/// The open ledger; cheap to clone. Its threads end when the last clone is dropped.
#[derive(Clone)]
pub struct TriageLedger {
    writes: Desk,
    /// Its own connection: long lists do not hold up a replay's syncs.
    reads: Desk,
}

impl TriageLedger {
    /// As [`TriageLedger::open_in`], for no context: plans of all are its own.
    pub fn open(path: &Path) -> Result<Self> {
        Self::open_in(path, "")
    }

    /// Opens the file, makes it (mode 0600) and its directory where they are missing, and brings its tables up to date. Blocks for some
    /// milliseconds. Plans are kept as this context's; those of others are not listed, cleared up, restored from or carried out, because a
    /// connection of the same name may be another broker there.
    pub fn open_in(path: &Path, context: &str) -> Result<Self> {
        create(path)
            .map_err(|e| LedgerError::new(path, "open it", e.to_string(), "check that you may write there, or set [ledger] path"))?;
        let mut connection = rusqlite::Connection::open(path).map_err(|e| LedgerError::sqlite(path, "open it", &e))?;
        connection.busy_timeout(std::time::Duration::from_secs(10)).map_err(|e| LedgerError::sqlite(path, "open it", &e))?;
        schema::migrate(&mut connection).map_err(|t| t.at(path, "open it"))?;
        drop(connection);
        Ok(Self { writes: Desk::open(path, context, false)?, reads: Desk::open(path, context, true)? })
    }

    /// The file.
    pub fn path(&self) -> PathBuf {
        self.writes.path().to_owned()
    }
}

fn create(path: &Path) -> std::io::Result<()> {
    if let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        std::fs::create_dir_all(parent)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    // copies hold whole messages: nobody else may read them; SQLite gives its -wal and -shm the same mode
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

#[cfg(test)]
mod tests;
