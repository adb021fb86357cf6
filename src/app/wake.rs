//! When the app must hear of the time again although nothing happens: something is due, ages, counts down or spins.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{App, Writes};

const SPIN: Duration = Duration::from_millis(120);

/// The spinner's shape at a time.
pub fn spinner(now: SystemTime) -> char {
    const SHAPES: [char; 8] = ['⠋', '⠙', '⠸', '⠴', '⠦', '⠇', '⠏', '⠹'];
    let turn = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() / SPIN.as_millis();
    SHAPES[(turn % SHAPES.len() as u128) as usize]
}

impl App {
    /// The next time at which the clock matters; there always is one: the minute in line 1.
    pub fn wake(&self) -> SystemTime {
        let mut next = next_multiple(self.cx.now, Duration::from_secs(60));
        let mut sooner = |t: SystemTime| next = next.min(t.max(self.cx.now));
        if let Some(toast) = &self.toast {
            sooner(toast.until);
        }
        if let Some(since) = self.waiting() {
            let spins = since + Duration::from_millis(300);
            sooner(if spins > self.cx.now { spins } else { next_multiple(self.cx.now, SPIN) });
        }
        if self.top().screen.page().ages() {
            sooner(next_multiple(self.cx.now, Duration::from_secs(1)));
        }
        if let Writes::Until(end) = self.cx.writes {
            let left = end.duration_since(self.cx.now).unwrap_or_default();
            sooner(if left < Duration::from_secs(60) { next_multiple(self.cx.now, Duration::from_secs(1)) } else { end });
        }
        if let Some(due) = self.next_due {
            sooner(due);
        }
        next
    }
}

/// The next whole multiple of `step` since the epoch, after `now`.
fn next_multiple(now: SystemTime, step: Duration) -> SystemTime {
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let step = step.as_millis().max(1);
    let next = (since / step + 1) * step;
    UNIX_EPOCH + Duration::from_millis(u64::try_from(next).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_tick_is_on_the_clocks_own_beat() {
        let at = |ms| UNIX_EPOCH + Duration::from_millis(ms);
        assert_eq!(next_multiple(at(61_500), Duration::from_secs(60)), at(120_000));
        assert_eq!(next_multiple(at(120_000), Duration::from_secs(60)), at(180_000));
        assert_ne!(spinner(at(0)), spinner(at(120)));
    }
}
