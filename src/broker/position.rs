//! Positions as people type them: `oldest`, `newest`, `2h`, `02:00`, `2026-11-23T02:00Z`, `p3/132665`.

use std::time::{Duration, SystemTime};

use jiff::{Timestamp, civil, tz::TimeZone};

use super::Start;
use crate::model::Seat;

/// Where a peek shall start. The error says what would have been understood.
pub fn parse_position(text: &str, now: SystemTime) -> Result<Start, String> {
    let text = text.trim().trim_start_matches('@');
    match text {
        "oldest" | "first" | "beginning" => return Ok(Start::Oldest),
        "newest" | "last" | "end" | "latest" => return Ok(Start::Newest),
        _ => {}
    }
    if let seat @ Seat::Offset { .. } = Seat::parse(text) {
        return Ok(Start::Seat(seat));
    }
    parse_time(text, now)
        .map(Start::Time)
        .map_err(|_| format!("'{text}' is no position; write oldest, newest, 2h (ago), 02:00, 2026-11-23T02:00Z or p3/132665"))
}

/// A time: a span ago (`2h`, `90m`, `1d 2h`, also with `ago`), a time of the last 24 hours in UTC (`02:00`), a date or a full
/// timestamp (UTC unless it names an offset), or milliseconds since the Unix epoch.
pub fn parse_time(text: &str, now: SystemTime) -> Result<SystemTime, String> {
    let bad = || format!("'{text}' is no time; write 2h (ago), 02:00, 2026-11-23 or 2026-11-23T02:00Z");
    let text = text.trim();
    let text = text.strip_suffix("ago").unwrap_or(text).trim();
    if let Some(ago) = span(text) {
        return now.checked_sub(ago).ok_or_else(bad);
    }
    if let Ok(ms) = text.parse::<i64>()
        && text.len() >= 12
    {
        return Timestamp::from_millisecond(ms).map(SystemTime::from).map_err(|_| bad());
    }
    if let Ok(t) = text.parse::<Timestamp>() {
        return Ok(t.into());
    }
    let short = text.strip_suffix('Z').unwrap_or(text);
    if let Ok(at) = short.parse::<civil::DateTime>() {
        return at.to_zoned(TimeZone::UTC).map(|z| z.timestamp().into()).map_err(|_| bad());
    }
    if let (Ok(clock), Ok(now)) = (short.parse::<civil::Time>(), Timestamp::try_from(now)) {
        let now = now.to_zoned(TimeZone::UTC);
        let today = now.date().to_datetime(clock);
        let day = if today > now.datetime() { now.date().yesterday().map_err(|_| bad())? } else { now.date() };
        return day.to_datetime(clock).to_zoned(TimeZone::UTC).map(|z| z.timestamp().into()).map_err(|_| bad());
    }
    Err(bad())
}

/// `90s`, `42m`, `2h`, `5d`, `1d 2h`; `None` for anything else.
fn span(text: &str) -> Option<Duration> {
    let mut total = Duration::ZERO;
    let mut digits = String::new();
    for c in text.chars().filter(|c| *c != ' ') {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        let n: u64 = digits.parse().ok()?;
        digits.clear();
        let unit = match c {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            'w' => 604_800,
            _ => return None,
        };
        total = total.checked_add(Duration::from_secs(n.checked_mul(unit)?))?;
    }
    (digits.is_empty() && !total.is_zero()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> SystemTime {
        "2026-11-23T03:12:00Z".parse::<Timestamp>().expect("a fixed time").into()
    }

    fn at(text: &str) -> String {
        match parse_position(text, now()) {
            Ok(Start::Time(t)) => Timestamp::try_from(t).expect("in range").to_string(),
            Ok(other) => format!("{other:?}"),
            Err(e) => e,
        }
    }

    #[test]
    fn every_form_of_the_help_is_understood() {
        assert_eq!(at("oldest"), "Oldest");
        assert_eq!(at("@newest"), "Newest");
        assert_eq!(at("p3/132,665"), "Seat(Offset { partition: 3, offset: 132665 })");
        assert_eq!(at("2h"), "2026-11-23T01:12:00Z");
        assert_eq!(at("1d 2h ago"), "2026-11-22T01:12:00Z");
        assert_eq!(at("02:00"), "2026-11-23T02:00:00Z");
        assert_eq!(at("04:00"), "2026-11-22T04:00:00Z");
        assert_eq!(at("2026-11-23T02:00Z"), "2026-11-23T02:00:00Z");
        assert_eq!(at("2026-11-23T02:00+01:00"), "2026-11-23T01:00:00Z");
        assert_eq!(at("2026-11-20"), "2026-11-20T00:00:00Z");
        assert_eq!(at("1700000000000"), "2023-11-14T22:13:20Z");
    }

    #[test]
    fn what_is_not_understood_says_what_would_be() {
        assert!(at("soon").contains("write oldest, newest, 2h"));
        assert!(at("").contains("no position"));
    }
}
