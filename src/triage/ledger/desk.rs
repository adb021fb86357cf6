//! The thread that SQLite works on: one connection, asked through a bounded channel.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use tokio::sync::{mpsc, oneshot};

use super::error::{LedgerError, Result};

/// Waits for another process's transaction at most.
const BUSY: Duration = Duration::from_secs(10);
/// Questions waiting at most; then the asker waits.
const WAITING: usize = 64;

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// One connection with its thread. The thread ends when the last desk of it is dropped, after what was asked is done.
#[derive(Clone)]
pub(super) struct Desk {
    jobs: mpsc::Sender<Job>,
    path: Arc<PathBuf>,
}

impl Desk {
    /// Opens the file and starts the thread. A reading desk cannot write.
    pub(super) fn open(path: &Path, context: &str, reads: bool) -> Result<Self> {
        let fail = |e: &rusqlite::Error| LedgerError::sqlite(path, "open it", e);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(path, flags).map_err(|e| fail(&e))?;
        prepare(&mut connection, context, reads).map_err(|e| fail(&e))?;
        let (jobs, mut waiting) = mpsc::channel::<Job>(WAITING);
        std::thread::Builder::new()
            .name(if reads { "ledger-read".into() } else { "ledger".into() })
            .spawn(move || {
                while let Some(job) = waiting.blocking_recv() {
                    job(&mut connection);
                }
            })
            .map_err(|e| LedgerError::new(path, "open it", e.to_string(), "free some threads or memory"))?;
        Ok(Self { jobs, path: Arc::new(path.to_owned()) })
    }

    /// Runs `job` on the connection and hands back its answer. A caller that goes away does not stop a job that was taken.
    pub(super) async fn ask<T, F>(&self, op: &'static str, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> std::result::Result<T, Trouble> + Send + 'static,
    {
        let (answer, heard) = oneshot::channel();
        let path = Arc::clone(&self.path);
        let job: Job = Box::new(move |connection| {
            let _ = answer.send(job(connection).map_err(|t| t.at(&path, op)));
        });
        let gone = || LedgerError::new(&self.path, op, "its thread has ended", "start redrive again");
        self.jobs.send(job).await.map_err(|_| gone())?;
        heard.await.map_err(|_| gone())?
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

fn prepare(connection: &mut Connection, context: &str, reads: bool) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY)?;
    // plans of other contexts: a connection of the same name may be another broker there
    connection.execute_batch(
        "CREATE TEMP TABLE here (context TEXT NOT NULL);
         CREATE TEMP VIEW elsewhere AS SELECT plans.id, plans.context FROM main.plans, temp.here
           WHERE here.context <> '' AND plans.context <> '' AND plans.context <> here.context;",
    )?;
    connection.execute("INSERT INTO temp.here VALUES (?1)", [context])?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // FULL: in WAL mode each commit is synced to disk before it is reported
    connection.pragma_update(None, "synchronous", "FULL")?;
    // fewer checkpoints while a replay writes copies: 16 MiB of log instead of 4
    connection.pragma_update(None, "wal_autocheckpoint", 4_000)?;
    connection.pragma_update(None, "query_only", reads)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

/// What went wrong in a job.
#[derive(Debug)]
pub(super) enum Trouble {
    Sqlite(rusqlite::Error),
    /// Cause and next step.
    Other(String, String),
    /// Another runner holds the lease.
    LeaseLost(String),
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        Trouble::Sqlite(error)
    }
}

impl Trouble {
    /// What is stored cannot be read.
    pub(super) fn damaged(what: impl std::fmt::Display) -> Self {
        Trouble::Other(what.to_string(), "keep a copy of the file and report it".into())
    }

    pub(super) fn at(self, path: &Path, op: &'static str) -> LedgerError {
        match self {
            Trouble::Sqlite(error) => LedgerError::sqlite(path, op, &error),
            Trouble::Other(cause, next) => LedgerError::new(path, op, cause, next),
            Trouble::LeaseLost(by) => {
                let cause = format!("another runner has taken the plan over ({by})");
                LedgerError { lease_lost: true, ..LedgerError::new(path, op, cause, "watch it there; this one ends") }
            }
        }
    }
}
