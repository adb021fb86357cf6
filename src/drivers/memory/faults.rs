//! Faults that tests and the demo inject: at which step, at which call, and what goes wrong there.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::broker::{Error, ErrorKind, Result};
use crate::model::{Address, ConnId};

/// A moment at which something can go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    Probe,
    List,
    Describe,
    Readers,
    /// Before each batch of a peek.
    Peek,
    /// Before a message is stored: it certainly was not published.
    BeforePublish,
    /// After a message was stored and before its confirmation came: in doubt.
    AfterPublish,
    Hold,
    /// Before messages are handed out by a hold.
    Next,
    /// Before a message is taken out: it certainly is still there.
    BeforeSettle,
    /// After a message was taken out and before that was confirmed.
    AfterSettle,
    /// When a hold is closed: a failure leaves its messages held.
    Close,
}

impl Step {
    /// The operation as errors name it.
    pub fn op(self) -> &'static str {
        match self {
            Step::Probe => "connect",
            Step::List => "list",
            Step::Describe => "describe",
            Step::Readers => "read groups",
            Step::Peek => "read",
            Step::BeforePublish | Step::AfterPublish => "publish",
            Step::Hold | Step::Next => "take in hand",
            Step::BeforeSettle | Step::AfterSettle => "settle",
            Step::Close => "give back",
        }
    }
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The call fails with this kind and cause.
    Fail(ErrorKind, String),
    /// The connection is lost: the call fails as unreachable, and a hold gives back all it has.
    Lost,
    /// The answer takes this long, and is then as it would have been.
    Slow(Duration),
    /// No answer ever.
    Never,
}

/// One fault: a step, perhaps a destination, which calls, and what happens.
#[derive(Clone, Debug)]
pub struct Fault {
    step: Step,
    at: Option<String>,
    skip: u64,
    times: u64,
    what: What,
}

impl Fault {
    /// At every call of this step.
    pub fn at(step: Step, what: What) -> Self {
        Self { step, at: None, skip: 0, times: u64::MAX, what }
    }

    /// Fails every call of this step with this kind.
    pub fn fail(step: Step, kind: ErrorKind) -> Self {
        Self::at(step, What::Fail(kind, "injected fault".into()))
    }

    /// Only for the destination of this name.
    pub fn on(mut self, name: impl Into<String>) -> Self {
        self.at = Some(name.into());
        self
    }

    /// Only at the `n`th call from now on (the first is 1) and those after it, as [`Fault::times`] allows.
    pub fn from_nth(mut self, n: u64) -> Self {
        self.skip = n.saturating_sub(1);
        self
    }

    /// At most so often.
    pub fn times(mut self, n: u64) -> Self {
        self.times = n;
        self
    }

    /// Once.
    pub fn once(self) -> Self {
        self.times(1)
    }
}

/// All faults of one memory broker.
#[derive(Debug, Default)]
pub struct Faults(Mutex<Plan>);

#[derive(Debug, Default)]
struct Plan {
    down: Option<String>,
    faults: Vec<Fault>,
}

impl Faults {
    fn plan<T>(&self, change: impl FnOnce(&mut Plan) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Adds a fault.
    pub fn add(&self, fault: Fault) {
        self.plan(|p| p.faults.push(fault));
    }

    /// Takes all faults away; what is down stays down.
    pub fn clear(&self) {
        self.plan(|p| p.faults.clear());
    }

    pub(super) fn set_down(&self, cause: Option<String>) {
        self.plan(|p| p.down = cause);
    }

    /// Faults that still can happen.
    pub fn pending(&self) -> usize {
        self.plan(|p| p.faults.iter().filter(|f| f.times > 0).count())
    }

    fn take(&self, step: Step, name: &str) -> Option<What> {
        self.plan(|p| {
            for fault in &mut p.faults {
                if fault.step != step || fault.times == 0 || fault.at.as_deref().is_some_and(|at| at != name) {
                    continue;
                }
                if fault.skip > 0 {
                    fault.skip -= 1;
                    continue;
                }
                fault.times -= 1;
                return Some(fault.what.clone());
            }
            None
        })
    }

    /// Lets a call pass this step, late or never, or fails it. `lost` is set where the connection is gone with it.
    pub(super) async fn pass(&self, step: Step, conn: &ConnId, at: Option<&Address>, lost: &mut bool) -> Result<()> {
        let name = |error: Error| match at {
            Some(at) => error.about(at),
            None => error.on(conn),
        };
        if let Some(cause) = self.plan(|p| p.down.clone()) {
            *lost = true;
            return Err(name(Error::new(ErrorKind::Unreachable, step.op(), cause).next("start the broker; redrive tries again by itself")));
        }
        match self.take(step, at.map_or("", |at| &at.name)) {
            None => Ok(()),
            Some(What::Slow(time)) => {
                tokio::time::sleep(time).await;
                Ok(())
            }
            Some(What::Never) => std::future::pending().await,
            Some(What::Fail(kind, cause)) => Err(name(Error::new(kind, step.op(), cause).next("see the broker's log, then try again"))),
            Some(What::Lost) => {
                *lost = true;
                Err(name(Error::new(ErrorKind::Unreachable, step.op(), "connection lost").next("redrive connects anew at the next call")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nth_and_times() {
        let faults = Faults::default();
        faults.add(Fault::at(Step::Peek, What::Lost).on("orders").from_nth(3).times(2));
        let hits: Vec<_> = (0..6).map(|_| faults.take(Step::Peek, "orders").is_some()).collect();
        assert_eq!(hits, [false, false, true, true, false, false]);
        assert_eq!(faults.take(Step::Peek, "other"), None);
        assert_eq!(faults.pending(), 0);
    }
}
