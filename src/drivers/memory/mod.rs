//! A broker inside the process: any broker's capabilities, costs and faults, for the demo and for most tests.
//!
//! A [`Memory`] is the broker itself, as the world outside sees it: it creates destinations, sends, commits, lets retention
//! pass. [`Memory::connect`] gives what redrive sees of it. It has no tasks of its own.

mod clock;
mod eyes;
mod faults;
mod hand;
mod peek;
mod put;
mod rehearse;
mod shape;
mod store;
pub mod story;
#[cfg(test)]
mod tests;
mod visit;
mod world;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use tokio::sync::watch;

pub use clock::Clock;
pub use faults::{Fault, Faults, Step, What};
pub use put::{Hidden, Put, Spec};
pub use shape::{Seats, Shape};
pub use world::Snapshot;

use crate::broker::{Error, ErrorKind, Link, Result};
use crate::model::{Address, ConnId};
use store::Store;

/// A broker in memory. Clones are the same broker.
#[derive(Clone)]
pub struct Memory(Arc<Inner>);

struct Inner {
    id: ConnId,
    shape: Shape,
    clock: Clock,
    faults: Faults,
    store: Mutex<Store>,
    started: Mutex<SystemTime>,
    /// Counts changes: what a tail waits for.
    changes: watch::Sender<u64>,
}

/// Who connects, and what the broker lets them do.
#[derive(Clone, Debug)]
pub struct Login {
    pub user: String,
    /// False: the password is wrong.
    pub accepted: bool,
    /// False: destinations and groups are hidden, without an error.
    pub list: bool,
    pub read: bool,
    pub write: bool,
}

impl Login {
    /// May do everything.
    pub fn admin() -> Self {
        Self { user: "admin".into(), accepted: true, list: true, read: true, write: true }
    }

    /// May look, not write.
    pub fn viewer() -> Self {
        Self { user: "viewer".into(), write: false, ..Self::admin() }
    }

    /// Is known and may do nothing.
    pub fn nobody() -> Self {
        Self { user: "nobody".into(), list: false, read: false, write: false, accepted: true }
    }

    /// Has the wrong password.
    pub fn wrong() -> Self {
        Self { accepted: false, ..Self::admin() }
    }
}

impl Memory {
    /// A broker without destinations, by the machine's clock.
    pub fn new(id: ConnId, shape: Shape) -> Self {
        Self::with_clock(id, shape, Clock::real())
    }

    /// The same, by a clock of one's own.
    pub fn with_clock(id: ConnId, shape: Shape, clock: Clock) -> Self {
        let (changes, _) = watch::channel(0);
        Self(Arc::new(Inner {
            id,
            shape,
            started: Mutex::new(clock.now()),
            clock,
            faults: Faults::default(),
            store: Mutex::default(),
            changes,
        }))
    }

    /// A connection of redrive's: any number of them share the one broker.
    pub fn connect(&self, login: Login) -> Link {
        Link { eyes: Arc::new(eyes::Eyes::new(self.clone(), login.clone())), hand: Some(Arc::new(hand::Hand::new(self.clone(), login))) }
    }

    /// The connection's name.
    pub fn id(&self) -> &ConnId {
        &self.0.id
    }

    /// Which broker it plays.
    pub fn shape(&self) -> &Shape {
        &self.0.shape
    }

    /// Its clock.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Where faults are injected.
    pub fn faults(&self) -> &Faults {
        &self.0.faults
    }

    /// Takes the broker down: every call and every running read fails as unreachable, holds are lost.
    pub fn down(&self) {
        self.0.faults.set_down(Some("connection refused (broker is down)".into()));
        self.change(|_| {});
    }

    /// Brings it back, as one that was started anew.
    pub fn up(&self) {
        self.0.faults.set_down(None);
        *self.0.started.lock().unwrap_or_else(PoisonError::into_inner) = self.clock().now();
        self.change(|_| {});
    }

    /// The address of a destination here.
    pub fn at(&self, name: impl Into<String>) -> Address {
        Address::new(self.0.id.clone(), self.0.shape.kind, name)
    }

    fn started(&self) -> Option<SystemTime> {
        Some(*self.0.started.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn look<T>(&self, read: impl FnOnce(&Store) -> T) -> T {
        read(&self.0.store.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn change<T>(&self, write: impl FnOnce(&mut Store) -> T) -> T {
        let out = write(&mut self.0.store.lock().unwrap_or_else(PoisonError::into_inner));
        self.0.changes.send_modify(|n| *n += 1);
        out
    }

    /// Lets a call through if the broker is up, no fault hits it, and the login is accepted.
    async fn pass(&self, login: &Login, step: Step, at: Option<&Address>, lost: &mut bool) -> Result<()> {
        self.0.faults.pass(step, &self.0.id, at, lost).await?;
        if login.accepted {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Login, step.op(), format!("invalid credentials for {}", login.user))
            .on(&self.0.id)
            .next("check user name and password in the config"))
    }

    /// A missing right.
    fn denied(&self, login: &Login, op: &'static str, at: &Address) -> Error {
        Error::new(ErrorKind::Denied, op, format!("{} may not {op} here", login.user))
            .about(at)
            .next("ask for the right, or use another login")
    }

    /// A destination that is not there.
    fn not_found(&self, op: &'static str, at: &Address) -> Error {
        Error::new(ErrorKind::NotFound, op, format!("no {} of this name", self.0.shape.kind.word())).about(at).next("check the name")
    }
}
