//! What the app asks of the shell around it, and the news that comes back.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;

use super::slots::JobId;
use crate::broker::{Cost, Cursor, Detail, Error, PeekRequest, Probe, ReadersRequest, Why};
use crate::decode::{Decoded, Hint};
use crate::model::{Address, ConnId, Count, Destination, Reader};
use crate::schema::Seen;

/// One call of a room below, carried out by the runtime.
#[derive(Clone, Debug)]
pub enum Job {
    Probe(ConnId),
    List(ConnId),
    Readers(ConnId, ReadersRequest),
    Describe(Address),
    Peek(PeekRequest),
    /// Decodes a body for the viewer.
    Show(Arc<Seen>, Hint),
}

impl Job {
    /// Whether it goes on until it is stopped; settling does not wait for it.
    pub fn endless(&self) -> bool {
        matches!(self, Job::Peek(want) if want.stop == crate::broker::Stop::Never)
    }

    /// Whether its news is many rows, so that its last word goes the same way, behind them.
    pub fn bulky(&self) -> bool {
        matches!(self, Job::Peek(_))
    }
}

/// What a job tells. The last one is [`News::Ended`] or [`News::Failed`].
#[derive(Debug)]
pub enum News {
    Probe(Box<Probe>),
    Destinations(Vec<Destination>),
    Readers(Vec<Reader>),
    Detail(Box<Detail>, Box<Cost>),
    Rows(Vec<Arc<Seen>>),
    Body(Box<Decoded>),
    /// How far a read is.
    Reading { read: u64, of: Count },
    /// So many were dropped because they came faster than they can be shown.
    Missed(u64),
    /// A read came to its end: why, how much was read, how to go on, and what else is to be said.
    Read { why: Why, read: u64, more: Option<Cursor>, notes: Vec<String> },
    /// It failed: its last news.
    Failed(Box<Error>),
    /// It is done: its last news.
    Ended,
}

/// What the shell must do.
#[derive(Debug)]
pub enum Effect {
    Start(JobId, Box<Job>),
    Stop(JobId),
    /// Put a text on the clipboard.
    Copy(String),
    /// Write a new file; it must not be there yet.
    Write(PathBuf, Bytes),
    /// Open a copy of this in `$EDITOR`; the name's ending tells the editor what it is.
    Edit(String, Bytes),
    /// Writes on until then, or off: asked at each write, below the UI.
    Writes(Option<SystemTime>),
    Suspend,
    Quit,
}
