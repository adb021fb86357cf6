//! What goes wrong below the contract, and how it becomes the contract's error: broker, operation, cause, next step.

use crate::broker::{Done, Error, ErrorKind};
use crate::model::{Address, ConnId};

/// A failure before it is known for what operation and which destination it happened.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub kind: ErrorKind,
    pub cause: String,
    pub next: Option<String>,
    pub done: Done,
}

/// What a call below the contract gives.
pub(super) type Outcome<T> = Result<T, Fault>;

impl Fault {
    pub fn new(kind: ErrorKind, cause: impl Into<String>) -> Self {
        Self { kind, cause: cause.into(), next: None, done: Done::No }
    }

    /// No answer in time.
    pub fn late(what: &str, limit: std::time::Duration) -> Self {
        Self::new(ErrorKind::Timeout, format!("{what}: no answer within {:.1}s", limit.as_secs_f32()))
    }

    pub fn next(mut self, next: impl Into<String>) -> Self {
        self.next = Some(next.into());
        self
    }

    /// It may have been done all the same.
    pub fn perhaps(mut self) -> Self {
        self.done = Done::Perhaps;
        self
    }

    /// The contract's error.
    pub fn error(self, op: &'static str, conn: &ConnId, at: Option<&Address>) -> Error {
        let next = self.next.unwrap_or_else(|| otherwise(self.kind, self.done).to_owned());
        let mut error = Error::new(self.kind, op, self.cause).on(conn).next(next);
        error.at = at.cloned().map(Box::new);
        error.done = self.done;
        error.retry &= self.done == Done::No;
        error
    }
}

fn otherwise(kind: ErrorKind, done: Done) -> &'static str {
    if done == Done::Perhaps {
        return "see whether it is there before it is sent again";
    }
    match kind {
        ErrorKind::Unreachable => "start the broker, or check broker_url, jolokia_url, amqp_url and stomp_url of this connection",
        ErrorKind::Login => "check username and password of this connection",
        ErrorKind::Denied => "ask the broker's administrator for the right, or use another login",
        ErrorKind::NotFound => "check the name",
        ErrorKind::Timeout => "see whether the broker is well, then try again",
        ErrorKind::Invalid => "check this connection's settings with redrive check",
        _ => "see the broker's log, then try again",
    }
}
