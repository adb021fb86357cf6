//! Readings of one partition, queue or group over time, and what they say: rates, direction, time to drain.

use std::collections::VecDeque;
use std::time::{Duration, SystemTime};

/// Readings kept at most: an hour at one every 5 s.
const KEPT: usize = 720;
/// Rates go by the readings of this long.
const WINDOW: Duration = Duration::from_secs(120);

/// Buckets of a sparkline, oldest first; `None` where nothing was sampled.
pub type Spark = Vec<Option<u64>>;

/// One look at one place. Counts, not messages: it is taken from a listing or from a group's positions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// When it was taken.
    pub at: SystemTime,
    /// Messages ever written (the end offset), where the broker tells.
    pub written: Option<i64>,
    /// Messages ever read (the committed offset), where there is a reader that commits.
    pub read: Option<i64>,
    /// The height that the sparkline shows: messages behind, or held.
    pub level: Option<u64>,
}

/// Which way it goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Motion {
    /// Nothing behind, or nothing held.
    Quiet,
    /// As it was.
    Steady,
    Draining,
    Growing,
    /// Messages wait and not one was read since.
    Stalled {
        since: SystemTime,
    },
    /// Too few readings to say.
    Unknown,
}

impl Motion {
    /// The sign of the TREND column: rising, falling, or nothing.
    pub fn sign(self) -> &'static str {
        match self {
            Motion::Growing | Motion::Stalled { .. } => "▲",
            Motion::Draining => "▼",
            _ => "",
        }
    }

    /// In one word, for people and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Motion::Quiet => "quiet",
            Motion::Steady => "steady",
            Motion::Draining => "draining",
            Motion::Growing => "growing",
            Motion::Stalled { .. } => "stalled",
            Motion::Unknown => "?",
        }
    }
}

/// When nothing will be behind any more, if all goes on as now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Clear {
    /// Nothing is behind; shown as `-`.
    Done,
    In(Duration),
    /// It does not get less.
    Never,
    Unknown,
}

/// Readings in the order they were taken, at most 720 of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    readings: VecDeque<Reading>,
}

impl Series {
    /// Takes one more. Readings from before the last one (a clock set back) are left out; a topic made anew starts from nothing.
    pub fn push(&mut self, reading: Reading) {
        if let Some(last) = self.readings.back() {
            if reading.at <= last.at {
                return;
            }
            if matches!((last.written, reading.written), (Some(was), Some(is)) if is < was) {
                self.readings.clear();
            }
        }
        if self.readings.len() == KEPT {
            self.readings.pop_front();
        }
        self.readings.push_back(reading);
    }

    /// The newest reading.
    pub fn last(&self) -> Option<&Reading> {
        self.readings.back()
    }

    /// The oldest reading kept.
    pub fn first(&self) -> Option<&Reading> {
        self.readings.front()
    }

    /// Heights over the last `span`, in `buckets` equal parts; each shows its last reading.
    pub fn spark(&self, now: SystemTime, span: Duration, buckets: usize) -> Spark {
        let mut out = vec![None; buckets];
        let Some(from) = now.checked_sub(span) else { return out };
        for reading in &self.readings {
            let Ok(since) = reading.at.duration_since(from) else { continue };
            let index = (since.as_secs_f64() / span.as_secs_f64().max(f64::EPSILON) * buckets as f64) as usize;
            if let (Some(slot), Some(level)) = (out.get_mut(index.min(buckets.saturating_sub(1))), reading.level) {
                *slot = Some(level);
            }
        }
        out
    }

    /// Messages a second that come in, over the last two minutes of readings; `None` until two readings tell.
    pub fn rate_in(&self) -> Option<f64> {
        self.rate(|r| r.written)
    }

    /// Messages a second that are read.
    pub fn rate_out(&self) -> Option<f64> {
        self.rate(|r| r.read).map(|rate| rate.max(0.0))
    }

    fn rate(&self, of: impl Fn(&Reading) -> Option<i64>) -> Option<f64> {
        let (then, now) = self.window()?;
        let took = now.at.duration_since(then.at).ok()?.as_secs_f64();
        Some((of(now)?.saturating_sub(of(then)?)) as f64 / took).filter(|_| took > 0.0)
    }

    /// First and last reading of the window that rates go by.
    fn window(&self) -> Option<(&Reading, &Reading)> {
        let now = self.readings.back()?;
        let from = now.at.checked_sub(WINDOW)?;
        let then = self.readings.iter().find(|r| r.at >= from)?;
        // the window's only reading is the last: with slow sampling, go back to the one before
        let then = if then.at == now.at { self.readings.iter().rev().nth(1)? } else { then };
        Some((then, now))
    }

    /// Which way it goes. `stall` is how long a reader may stand still while messages wait (`max_poll_interval`).
    pub fn motion(&self, stall: Duration) -> Motion {
        let Some(now) = self.readings.back() else { return Motion::Unknown };
        let Some(level) = now.level else { return Motion::Unknown };
        if level == 0 {
            return Motion::Quiet;
        }
        if let Some(since) = self.stands_since()
            && now.at.duration_since(since).is_ok_and(|d| d >= stall)
        {
            return Motion::Stalled { since };
        }
        let Some((then, now)) = self.window() else { return Motion::Unknown };
        let (Some(was), Some(is)) = (then.level, now.level) else { return Motion::Unknown };
        // a hundredth to and fro is noise of two reads that are never at the same instant
        let noise = (was.max(is) / 100).max(1);
        if is > was.saturating_add(noise) {
            Motion::Growing
        } else if was > is.saturating_add(noise) {
            Motion::Draining
        } else {
            Motion::Steady
        }
    }

    /// Since when the reader has not moved although messages wait; `None` if it moves, or nobody commits.
    pub fn stands_since(&self) -> Option<SystemTime> {
        let read = self.readings.back()?.read?;
        let mut since = None;
        for r in self.readings.iter().rev() {
            if r.read != Some(read) || r.level == Some(0) {
                break;
            }
            since = Some(r.at);
        }
        since
    }

    /// When it is empty if all goes on as now.
    pub fn clear(&self) -> Clear {
        let Some(level) = self.readings.back().and_then(|r| r.level) else { return Clear::Unknown };
        if level == 0 {
            return Clear::Done;
        }
        let (Some(came), Some(went)) = (self.rate_in(), self.rate_out()) else { return Clear::Unknown };
        let net = went - came;
        if net <= 0.001 {
            return Clear::Never;
        }
        Duration::try_from_secs_f64(level as f64 / net).map_or(Clear::Never, Clear::In)
    }

    /// How much higher it is than `span` ago (or than at the first reading), and over how long that is.
    pub fn growth(&self, now: SystemTime, span: Duration) -> Option<(i64, Duration)> {
        let last = self.readings.back()?;
        let from = now.checked_sub(span)?;
        let first = self.readings.iter().find(|r| r.at >= from && r.level.is_some())?;
        let over = last.at.duration_since(first.at).ok().filter(|d| !d.is_zero())?;
        let (was, is) = (i64::try_from(first.level?).ok()?, i64::try_from(last.level?).ok()?);
        Some((is - was, over))
    }

    /// About when the message at this offset was written: between the two readings whose ends enclose it.
    /// `None` when it was there before the first reading.
    pub fn written_about(&self, offset: i64) -> Option<SystemTime> {
        let after = self.readings.iter().position(|r| r.written.is_some_and(|w| w > offset))?;
        let before = after.checked_sub(1).and_then(|i| self.readings.get(i))?;
        let then = self.readings.get(after)?;
        let (low, high) = (before.written?, then.written?);
        let share = (offset.saturating_sub(low)) as f64 / (high - low).max(1) as f64;
        let span = then.at.duration_since(before.at).ok()?;
        Some(before.at + span.mul_f64(share.clamp(0.0, 1.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn t(s: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000 + s)
    }

    fn series(rows: &[(u64, i64, i64)]) -> Series {
        let mut series = Series::default();
        for &(s, written, read) in rows {
            series.push(Reading { at: t(s), written: Some(written), read: Some(read), level: u64::try_from(written - read).ok() });
        }
        series
    }

    const STALL: Duration = Duration::from_secs(300);

    #[test]
    fn rates_and_time_to_drain() {
        let s = series(&[(0, 1000, 0), (10, 1100, 300), (20, 1200, 600)]);
        assert_eq!(s.rate_in(), Some(10.0));
        assert_eq!(s.rate_out(), Some(30.0));
        assert_eq!(s.motion(STALL), Motion::Draining);
        assert_eq!(s.clear(), Clear::In(Duration::from_secs(30)));
    }

    #[test]
    fn a_reader_that_stands_while_messages_come_is_stalled_after_the_limit_only() {
        let s = series(&[(0, 100, 90), (100, 200, 90), (200, 300, 90)]);
        assert_eq!(s.motion(STALL), Motion::Growing);
        assert_eq!(s.clear(), Clear::Never);
        let s = series(&[(0, 100, 90), (100, 200, 90), (400, 300, 90)]);
        assert_eq!(s.motion(STALL), Motion::Stalled { since: t(0) });
    }

    #[test]
    fn nothing_behind_is_quiet_and_done() {
        let s = series(&[(0, 100, 100), (400, 100, 100)]);
        assert_eq!(s.motion(STALL), Motion::Quiet);
        assert_eq!(s.clear(), Clear::Done);
    }

    #[test]
    fn one_reading_says_nothing_of_direction() {
        let s = series(&[(0, 100, 90)]);
        assert_eq!(s.motion(STALL), Motion::Unknown);
        assert_eq!(s.clear(), Clear::Unknown);
        assert_eq!(s.rate_in(), None);
    }

    #[test]
    fn a_topic_made_anew_starts_from_nothing() {
        let s = series(&[(0, 1000, 900), (10, 5, 0)]);
        assert_eq!(s.rate_in(), None);
        assert_eq!(s.last().and_then(|r| r.level), Some(5));
    }

    #[test]
    fn sparks_leave_gaps_where_nothing_was_sampled() {
        let s = series(&[(0, 10, 0), (59, 20, 0)]);
        assert_eq!(s.spark(t(60), Duration::from_secs(60), 6), vec![Some(10), None, None, None, None, Some(20)]);
    }

    #[test]
    fn the_time_of_an_offset_lies_between_the_readings_around_it() {
        let s = series(&[(0, 100, 0), (100, 200, 0)]);
        assert_eq!(s.written_about(150), Some(t(50)));
        assert_eq!(s.written_about(50), None);
        assert_eq!(s.written_about(300), None);
    }

    #[test]
    fn memory_is_bounded() {
        let mut s = Series::default();
        for i in 0..2_000u64 {
            s.push(Reading { at: t(i), written: Some(i as i64), read: None, level: Some(i) });
        }
        assert_eq!(s.readings.len(), KEPT);
    }
}
