//! Whether writing is allowed now: never, always, or while the read-only switch is off.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

/// The right to write in one context, shared by all its connections. Clones are the same switch.
#[derive(Clone, Debug)]
pub struct Rights(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    never: Option<String>,
    /// Milliseconds since the epoch; 0: off, the largest number: without an end.
    until: AtomicU64,
}

impl Rights {
    fn with(never: Option<String>, until: u64) -> Self {
        Self(Arc::new(Inner { never, until: AtomicU64::new(until) }))
    }

    /// Writes are on without an end.
    pub fn writing() -> Self {
        Self::with(None, u64::MAX)
    }

    /// Writes are off until they are switched on.
    pub fn read_only() -> Self {
        Self::with(None, 0)
    }

    /// Writes can never be switched on; `why` names the role or the setting.
    pub fn looking(why: impl Into<String>) -> Self {
        Self::with(Some(why.into()), 0)
    }

    /// Why writing can never be switched on here, if so.
    pub fn never(&self) -> Option<&str> {
        self.0.never.as_deref()
    }

    /// Switches writes on until then; false where that is never allowed.
    pub fn switch_on(&self, until: SystemTime) -> bool {
        if self.0.never.is_none() {
            let ms = until.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis();
            self.0.until.store(u64::try_from(ms).unwrap_or(u64::MAX), Ordering::SeqCst);
        }
        self.0.never.is_none()
    }

    /// Switches writes off at once; what is under way is not taken back.
    pub fn switch_off(&self) {
        self.0.until.store(0, Ordering::SeqCst);
    }

    /// Until when writes are on, as of `now`: `None` if they are off, `Some(None)` if there is no end.
    pub fn on(&self, now: SystemTime) -> Option<Option<SystemTime>> {
        match self.0.until.load(Ordering::SeqCst) {
            u64::MAX => Some(None),
            ms => Some(SystemTime::UNIX_EPOCH + Duration::from_millis(ms)).filter(|until| *until > now).map(Some),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_switch_has_an_end() {
        let t = |s| SystemTime::UNIX_EPOCH + Duration::from_secs(s);
        let rights = Rights::read_only();
        assert_eq!(rights.on(t(10)), None);
        assert!(rights.clone().switch_on(t(100)));
        assert_eq!(rights.on(t(99)), Some(Some(t(100))));
        assert_eq!(rights.on(t(100)), None);
        rights.switch_on(t(200));
        rights.switch_off();
        assert_eq!(rights.on(t(99)), None);
        assert_eq!(Rights::writing().on(t(1)), Some(None));
        let never = Rights::looking("role viewer");
        assert!(!never.switch_on(t(100)) && never.on(t(1)).is_none());
    }
}
