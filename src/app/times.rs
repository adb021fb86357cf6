//! Times as the screens show them: UTC, local or relative, `t` switches; a range or a day is never left to be guessed.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::decode::human;

/// How times are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    #[default]
    Utc,
    Local,
    Relative,
}

/// The style and the zone that `local` means.
#[derive(Clone, Debug)]
pub struct Times {
    pub style: Style,
    pub local: TimeZone,
}

impl Default for Times {
    fn default() -> Self {
        Self { style: Style::Utc, local: TimeZone::UTC }
    }
}

impl Times {
    /// The next style: UTC, local, relative, and round again.
    pub fn turn(&mut self) {
        self.style = match self.style {
            Style::Utc => Style::Local,
            Style::Local => Style::Relative,
            Style::Relative => Style::Utc,
        };
    }

    fn zone(&self) -> TimeZone {
        if self.style == Style::Local { self.local.clone() } else { TimeZone::UTC }
    }

    /// The word behind a clock: `UTC`, or the zone's short name.
    pub fn word(&self, at: SystemTime) -> String {
        match Timestamp::try_from(at) {
            Ok(t) if self.style == Style::Local => t.to_zoned(self.zone()).strftime("%Z").to_string(),
            _ => "UTC".into(),
        }
    }

    fn format(&self, at: SystemTime, format: &str) -> String {
        Timestamp::try_from(at).map_or_else(|_| "?".into(), |t| t.to_zoned(self.zone()).strftime(format).to_string())
    }

    /// `03:12`, for line 1.
    pub fn minute(&self, at: SystemTime) -> String {
        self.format(at, "%H:%M")
    }

    /// `03:12:07` of the clock, never relative.
    pub fn clock(&self, at: SystemTime) -> String {
        self.format(at, "%H:%M:%S")
    }

    /// A column's time: `03:12:07`, on another day than now `23 Nov 03:12`, or `4m` where relative.
    pub fn column(&self, at: Option<SystemTime>, now: SystemTime) -> String {
        let Some(at) = at else { return "?".into() };
        if self.style == Style::Relative {
            return ago(at, now);
        }
        let day = "%F";
        if self.format(at, day) == self.format(now, day) { self.clock(at) } else { self.format(at, "%d %b %H:%M") }
    }

    /// In full, for details: `2026-11-23 03:11:58.402 UTC, 4s ago`.
    pub fn full(&self, at: Option<SystemTime>, now: SystemTime) -> String {
        let Some(at) = at else { return "?".into() };
        format!("{} {}, {} ago", self.format(at, "%F %H:%M:%S%.3f"), self.word(at), ago(at, now))
    }
}

/// How long ago, in two units at most.
pub fn ago(at: SystemTime, now: SystemTime) -> String {
    human::age(now.duration_since(at).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_say_their_day_when_it_is_another() {
        let now: SystemTime = "2026-11-23T03:12:07Z".parse::<Timestamp>().expect("fixed").into();
        let mut times = Times { local: TimeZone::fixed(jiff::tz::offset(1)), ..Times::default() };
        let earlier = now - Duration::from_secs(240);
        assert_eq!(times.column(Some(earlier), now), "03:08:07");
        assert_eq!(times.column(Some(now - Duration::from_secs(86_400)), now), "22 Nov 03:12");
        assert_eq!(times.full(Some(earlier), now), "2026-11-23 03:08:07.000 UTC, 4m ago");
        times.turn();
        assert_eq!((times.minute(now).as_str(), times.word(now).as_str()), ("04:12", "+01"));
        times.turn();
        assert_eq!(times.column(Some(earlier), now), "4m");
        assert_eq!(times.column(None, now), "?");
    }
}
