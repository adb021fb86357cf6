//! Numbers, sizes, ages and times as people read them, on screen and on the command line alike: `~1,204`, `5d 2h`, UTC.

use std::time::{Duration, SystemTime};

use crate::model::Count;

/// `1,204`, `~1,204` for an estimate, `?` for unknown.
pub fn count(n: Count) -> String {
    match n {
        Count::Exact(n) => count_plain(n),
        Count::About(n) => format!("~{}", count_plain(n)),
        Count::Unknown => "?".into(),
    }
}

/// Thousands separated by commas.
pub fn count_plain(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(c);
    }
    text
}

/// Two units at most: `4s`, `42m`, `5d 2h`.
pub fn age(d: Duration) -> String {
    let s = d.as_secs();
    let two =
        |big: u64, unit: &str, small: u64, sub: &str| if small == 0 { format!("{big}{unit}") } else { format!("{big}{unit} {small}{sub}") };
    match s {
        0..60 => format!("{s}s"),
        60..3600 => two(s / 60, "m", if s < 600 { s % 60 } else { 0 }, "s"),
        3600..86400 => two(s / 3600, "h", s % 3600 / 60, "m"),
        _ => two(s / 86400, "d", s % 86400 / 3600, "h"),
    }
}

/// `2026-11-23T03:11:58.402Z`; `?` where there is no time.
pub fn utc(t: Option<SystemTime>) -> String {
    t.and_then(|t| jiff::Timestamp::try_from(t).ok()).map_or_else(|| "?".into(), |t| format!("{t:.3}"))
}

/// `812 B`, `1.2 KiB`, `3.0 MiB`.
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if n < 1024 {
        return format!("{n} B");
    }
    let mut value = n as f64 / 1024.0;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// A number of things: `1 message`, `1,204 messages`.
pub fn things(n: u64, one: &str) -> String {
    format!("{} {one}{}", count_plain(n), if n == 1 { "" } else { "s" })
}

/// The first names of a list, and how many more there are: `orders, billing and 12 more`. Names are made safe for a terminal.
pub fn some<'a>(names: impl ExactSizeIterator<Item = &'a str>, most: usize) -> String {
    let rest = names.len().saturating_sub(most);
    let first: Vec<_> = names.take(most).map(super::safe).collect();
    if rest > 0 { format!("{} and {rest} more", first.join(", ")) } else { first.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_numbers_with_their_certainty() {
        assert_eq!(count(Count::Exact(48_173)), "48,173");
        assert_eq!(count(Count::About(311)), "~311");
        assert_eq!(count(Count::Unknown), "?");
        assert_eq!(count_plain(1_000_000), "1,000,000");
    }

    #[test]
    fn ages_have_two_units_at_most() {
        for (s, text) in [(4, "4s"), (125, "2m 5s"), (2520, "42m"), (7800, "2h 10m"), (439_200, "5d 2h"), (86_400, "1d")] {
            assert_eq!(age(Duration::from_secs(s)), text);
        }
    }

    #[test]
    fn sizes_and_times() {
        assert_eq!(bytes(812), "812 B");
        assert_eq!(bytes(1229), "1.2 KiB");
        assert_eq!(utc(Some(SystemTime::UNIX_EPOCH + Duration::from_millis(1_500))), "1970-01-01T00:00:01.500Z");
        assert_eq!(utc(None), "?");
    }
}
