//! Decorators that stand before every driver: rights at each write, consent to a look's price, a deadline on every call, tracing.

mod act;
mod look;
mod pace;
mod rights;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tracing::Instrument;

pub use pace::Pace;
pub use rights::Rights;

use super::{Cost, Done, Error, ErrorKind, Link, PeekRequest, Result, Trace};
use crate::model::{Address, ConnId};

/// How long a call may take before it counts as failed, and how fast looks may read.
#[derive(Clone, Debug)]
pub struct Limits {
    /// For a look, and for each step of a flow with an end. A live tail has none: silence is its normal state.
    pub look: Duration,
    /// For a write; longer than the driver's own delivery timeout, which knows more about what happened.
    pub write: Duration,
    /// What is taken in hand to be replayed is not held up by it.
    pub reading: Pace,
}

impl Default for Limits {
    fn default() -> Self {
        Self { look: Duration::from_secs(15), write: Duration::from_secs(45), reading: Pace::default() }
    }
}

/// Puts the guards before both sides of a driver's link. Where writing is never allowed, no hand is left.
pub fn guard(link: Link, rights: &Rights, limits: &Limits) -> Link {
    let conn = link.eyes.id().clone();
    let hand = link.hand.filter(|_| rights.never().is_none());
    Link {
        eyes: Arc::new(look::GuardedBroker { inner: link.eyes, limit: limits.look, pace: limits.reading.clone() }),
        hand: hand.map(|inner| {
            Arc::new(act::GuardedWriter { inner, conn, rights: rights.clone(), limit: limits.write }) as Arc<dyn super::Writer>
        }),
    }
}

/// Whether a look with this cost may be taken by somebody who accepts these traces.
pub fn consent(cost: &Cost, want: &PeekRequest) -> Result<()> {
    let refuse = |why: String| Error::new(ErrorKind::Unsafe, "read", why).about(&want.from);
    if let Some(why) = &cost.refused {
        return Err(refuse(why.clone()));
    }
    if cost.looks_left == Some(0) {
        return Err(refuse("one more look would make the broker drop or move a message".into()).next("describe (d) leaves no trace"));
    }
    let open: Vec<Trace> = cost.leaves.iter().filter(|t| !want.accept.contains(t)).copied().collect();
    if open.is_empty() {
        return Ok(());
    }
    let words: Vec<String> = open.iter().map(|t| t.words()).collect();
    Err(refuse(format!("a look {}", words.join(", and "))).next("agree to that first (y in the dialog, --yes on the command line)"))
}

/// What a call is: its operation, where, and whether it writes.
#[derive(Clone)]
struct Call {
    op: &'static str,
    conn: ConnId,
    at: Option<Address>,
    limit: Duration,
    done: Done,
}

impl Call {
    fn late(&self) -> Error {
        let cause = format!("no answer within {:.1}s", self.limit.as_secs_f32());
        let mut error =
            Error::new(ErrorKind::Timeout, self.op, cause).on(&self.conn).next("see whether the broker is well, then try again");
        error.at = self.at.clone().map(Box::new);
        error.done = self.done;
        if self.done == Done::Perhaps {
            error.retry = false;
            error.next = "see whether it is there before it is sent again".into();
        }
        error
    }

    /// Makes the call, in a span, within its deadline.
    async fn run<T>(&self, call: impl Future<Output = T>) -> Result<T> {
        let name = self.at.as_ref().map_or("", |at| &at.name);
        let span = tracing::debug_span!("broker", op = self.op, conn = %self.conn, at = name.escape_debug().to_string());
        let began = Instant::now();
        let answer = tokio::time::timeout(self.limit, call).instrument(span.clone()).await;
        span.in_scope(|| tracing::debug!(ms = began.elapsed().as_millis() as u64, late = answer.is_err(), "answered"));
        answer.map_err(|_| self.late())
    }
}
