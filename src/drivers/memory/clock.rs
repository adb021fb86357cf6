//! The broker's clock: the machine's, or one that a test moves by hand.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// A clock shared by everything that writes to one memory broker.
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<Mutex<SystemTime>>>);

impl Clock {
    /// The machine's clock.
    pub fn real() -> Self {
        Self(None)
    }

    /// A clock that stands at `now` until it is moved.
    pub fn at(now: SystemTime) -> Self {
        Self(Some(Arc::new(Mutex::new(now))))
    }

    /// What time it is.
    pub fn now(&self) -> SystemTime {
        match &self.0 {
            None => SystemTime::now(),
            Some(at) => *at.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Moves a clock made by [`Clock::at`]; the machine's clock stays as it is.
    pub fn set(&self, now: SystemTime) {
        if let Some(at) = &self.0 {
            *at.lock().unwrap_or_else(PoisonError::into_inner) = now;
        }
    }

    /// Moves a clock made by [`Clock::at`] forward.
    pub fn advance(&self, by: Duration) {
        self.set(self.now() + by);
    }
}
