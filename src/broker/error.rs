//! One error for all brokers: what failed, where, whether it may have happened all the same, and what to do next.

use std::fmt;

use crate::model::{Address, ConnId};

/// Result of any call on a broker.
pub type Result<T> = std::result::Result<T, Error>;

/// What kind of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// No connection: host, port, network, TLS.
    Unreachable,
    /// The broker does not accept who we say we are.
    Login,
    /// We are known but may not do this.
    Denied,
    NotFound,
    /// It was there and is no more (retention, purge).
    Gone,
    Unsupported,
    /// Writes are switched off here.
    ReadOnly,
    /// Refused because it could lose or disturb messages.
    Unsafe,
    /// It is there, in somebody else's hand; with `retry`, asking the same hold again may have it.
    Busy,
    Throttled,
    Invalid,
    Timeout,
    Unexpected,
}

impl ErrorKind {
    /// In two or three words, for people.
    pub fn words(self) -> &'static str {
        match self {
            ErrorKind::Unreachable => "not reachable",
            ErrorKind::Login => "cannot sign in",
            ErrorKind::Denied => "not allowed",
            ErrorKind::NotFound => "not found",
            ErrorKind::Gone => "no longer there",
            ErrorKind::Unsupported => "not supported",
            ErrorKind::ReadOnly => "read-only",
            ErrorKind::Unsafe => "refused as unsafe",
            ErrorKind::Busy => "in other hands",
            ErrorKind::Throttled => "throttled",
            ErrorKind::Invalid => "invalid",
            ErrorKind::Timeout => "no answer in time",
            ErrorKind::Unexpected => "unexpected",
        }
    }
}

/// Of a write that failed: certainly not done, or perhaps done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Done {
    No,
    /// In doubt. A deadline on a write is always this.
    Perhaps,
}

/// A failed call on a broker. Its text never holds a secret.
#[derive(Clone, Debug)]
pub struct Error {
    pub kind: ErrorKind,
    /// The connection it failed on, if any was involved.
    pub conn: Option<ConnId>,
    /// The destination, if it was about one. In a box: every `Result` of the contract carries this error about.
    pub at: Option<Box<Address>>,
    /// The operation, as a verb phrase: `list topics`, `read`, `publish`.
    pub op: &'static str,
    /// The cause in the broker's or library's words.
    pub cause: String,
    pub done: Done,
    /// Whether trying again can help without a change by a person.
    pub retry: bool,
    /// What the user can do next; one sentence.
    pub next: String,
}

impl Error {
    /// An error that is certainly not done and is not worth retrying; adjust the public fields for others.
    pub fn new(kind: ErrorKind, op: &'static str, cause: impl Into<String>) -> Self {
        let retry = matches!(kind, ErrorKind::Unreachable | ErrorKind::Throttled | ErrorKind::Timeout);
        Self { kind, conn: None, at: None, op, cause: cause.into(), done: Done::No, retry, next: String::new() }
    }

    /// Names the connection.
    pub fn on(mut self, conn: &ConnId) -> Self {
        self.conn = Some(conn.clone());
        self
    }

    /// Names the destination (and its connection).
    pub fn about(mut self, at: &Address) -> Self {
        self.conn = Some(at.conn.clone());
        self.at = Some(Box::new(at.clone()));
        self
    }

    /// Says what to do next.
    pub fn next(mut self, next: impl Into<String>) -> Self {
        self.next = next.into();
        self
    }

    /// Marks a write as perhaps done.
    pub fn perhaps(mut self) -> Self {
        self.done = Done::Perhaps;
        self
    }
}

impl fmt::Display for Error {
    /// `kafka-main: cannot sign in (list topics): Authentication failed; check KAFKA_PASSWORD`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.at, &self.conn) {
            (Some(at), _) => write!(f, "{at}: ")?,
            (None, Some(conn)) => write!(f, "{conn}: ")?,
            _ => {}
        }
        write!(f, "{} ({})", self.kind.words(), self.op)?;
        if !self.cause.is_empty() {
            write!(f, ": {}", self.cause)?;
        }
        if self.done == Done::Perhaps {
            f.write_str("; it may have been done all the same")?;
        }
        if !self.next.is_empty() {
            write!(f, "; {}", self.next)?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
