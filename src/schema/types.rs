//! Whether a JSON value is what a type word of the config asks for.

use crate::config::model::TypeWord;
use crate::decode::json::{Json, NodeId, NodeKind};

/// What is wrong with a value that ought to be of this type; `None` if nothing is. Null is wrong for every type.
pub(super) fn wrong(json: &Json, id: NodeId, word: TypeWord) -> Option<String> {
    let kind = json.node(id).kind;
    if kind == NodeKind::Null {
        return Some("null".to_owned());
    }
    let want = match word {
        TypeWord::Uuid | TypeWord::String => kind == NodeKind::String,
        TypeWord::Integer | TypeWord::Number => kind == NodeKind::Number,
        TypeWord::Boolean => matches!(kind, NodeKind::True | NodeKind::False),
        TypeWord::Object => kind == NodeKind::Object,
        TypeWord::Array => kind == NodeKind::Array,
        TypeWord::Timestamp => matches!(kind, NodeKind::String | NodeKind::Number),
    };
    if !want {
        return Some(format!("{}, not {}", kind.word(), article(word)));
    }
    match word {
        TypeWord::Uuid => (!json.string(id).is_some_and(|text| is_uuid(&text))).then(|| "not a uuid".to_owned()),
        TypeWord::Integer => not_integer(json.raw(id)).map(|what| format!("{what}, not an integer")),
        TypeWord::Timestamp if kind == NodeKind::Number => not_integer(json.raw(id)).map(|what| format!("{what}, not a timestamp")),
        TypeWord::Timestamp => json.string(id).and_then(|text| not_timestamp(&text)),
        _ => None,
    }
}

/// The type with its article.
pub(super) fn article(word: TypeWord) -> String {
    match word {
        TypeWord::Integer | TypeWord::Object | TypeWord::Array => format!("an {}", word.word()),
        _ => format!("a {}", word.word()),
    }
}

/// 8-4-4-4-12 hex digits.
fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, b)| if matches!(at, 8 | 13 | 18 | 23) { b == b'-' } else { b.is_ascii_hexdigit() })
}

/// Why a number's token is no integer: of any size, but without a fraction; `1.0` has one.
fn not_integer(raw: &str) -> Option<&'static str> {
    let (digits, exponent) = raw.split_once(['e', 'E']).map_or((raw, ""), |(digits, exponent)| (digits, exponent));
    (digits.contains('.') || exponent.starts_with('-')).then_some("a number with a fraction")
}

/// Why a text is no RFC 3339 timestamp.
fn not_timestamp(text: &str) -> Option<String> {
    let Some(rest) = date(text) else {
        return Some("not a timestamp".to_owned());
    };
    if rest.is_empty() {
        return Some("a date, not a timestamp".to_owned());
    }
    let clock = rest.strip_prefix(['T', 't', ' ']).and_then(clock);
    match clock {
        None => Some("not a timestamp".to_owned()),
        Some("") => Some("a time without zone, not a timestamp".to_owned()),
        Some(zone) => (!is_zone(zone)).then(|| "not a timestamp".to_owned()),
    }
}

/// A number of exactly so many digits, and what follows.
fn digits(text: &str, count: usize) -> Option<(u32, &str)> {
    let (head, rest) = text.split_at_checked(count)?;
    (head.bytes().all(|b| b.is_ascii_digit())).then(|| head.parse().ok()).flatten().map(|number| (number, rest))
}

/// What follows a valid `YYYY-MM-DD`.
fn date(text: &str) -> Option<&str> {
    let (year, rest) = digits(text, 4)?;
    let (month, rest) = digits(rest.strip_prefix('-')?, 2)?;
    let (day, rest) = digits(rest.strip_prefix('-')?, 2)?;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    (1..=days).contains(&day).then_some(rest)
}

/// What follows a valid `HH:MM:SS[.fraction]`; a leap second is one.
fn clock(text: &str) -> Option<&str> {
    let (hour, rest) = digits(text, 2)?;
    let (minute, rest) = digits(rest.strip_prefix(':')?, 2)?;
    let (second, rest) = digits(rest.strip_prefix(':')?, 2)?;
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    match rest.strip_prefix('.') {
        Some(fraction) => {
            let end = fraction.find(|c: char| !c.is_ascii_digit()).unwrap_or(fraction.len());
            (end > 0).then(|| &fraction[end..])
        }
        None => Some(rest),
    }
}

/// `Z`, or an offset `+HH:MM`.
fn is_zone(text: &str) -> bool {
    if text.eq_ignore_ascii_case("z") {
        return true;
    }
    let offset = text.strip_prefix(['+', '-']).and_then(|t| digits(t, 2));
    offset.is_some_and(|(hour, rest)| {
        let minute = rest.strip_prefix(':').and_then(|t| digits(t, 2));
        hour < 24 && minute.is_some_and(|(minute, rest)| minute < 60 && rest.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::decode::json::parse;

    fn of(value: &'static str, word: TypeWord) -> Option<String> {
        wrong(&parse(&Bytes::from_static(value.as_bytes())).unwrap(), Json::ROOT, word)
    }

    #[test]
    fn uuids() {
        assert_eq!(of("\"6ba7b810-9dad-11d1-80B4-00c04fd430c8\"", TypeWord::Uuid), None);
        assert_eq!(of("\"\\u0036ba7b810-9dad-11d1-80b4-00c04fd430c8\"", TypeWord::Uuid), None, "an escape is no other letter");
        for bad in ["\"6ba7b8109dad11d180b400c04fd430c8\"", "\"{6ba7b810-9dad-11d1-80b4-00c04fd430c8}\"", "\"7731\"", "\"\""] {
            assert_eq!(of(bad, TypeWord::Uuid).as_deref(), Some("not a uuid"));
        }
        assert_eq!(of("7", TypeWord::Uuid).as_deref(), Some("a number, not a uuid"));
    }

    #[test]
    fn integers_of_any_size_but_no_fraction() {
        for good in ["0", "-7", "18446744073709551616", "123456789012345678901234567890", "1e400"] {
            assert_eq!(of(good, TypeWord::Integer), None, "{good}");
        }
        for bad in ["1.0", "1.5e3", "1e-3"] {
            assert_eq!(of(bad, TypeWord::Integer).as_deref(), Some("a number with a fraction, not an integer"), "{bad}");
        }
        assert_eq!(of("\"1\"", TypeWord::Integer).as_deref(), Some("a string, not an integer"));
        assert_eq!(of("1.5", TypeWord::Number), None);
    }

    #[test]
    fn timestamps() {
        for good in [
            "\"2026-11-23T03:11:58Z\"",
            "\"2026-11-23T03:11:58.402+01:00\"",
            "\"2024-02-29t00:00:00z\"",
            "\"2016-12-31T23:59:60Z\"",
            "1763867480118",
            "0",
        ] {
            assert_eq!(of(good, TypeWord::Timestamp), None, "{good}");
        }
        for (bad, what) in [
            ("\"2026-11-23\"", "a date, not a timestamp"),
            ("\"2026-11-23T03:11:58\"", "a time without zone, not a timestamp"),
            ("\"2026-11-23T03:11:58.1\"", "a time without zone, not a timestamp"),
            ("\"2026-02-29T00:00:00Z\"", "not a timestamp"),
            ("\"2026-11-23T24:00:00Z\"", "not a timestamp"),
            ("\"2026-11-23T03:11:58+0100\"", "not a timestamp"),
            ("\"2026-11-23T03:11:58.Z\"", "not a timestamp"),
            ("\"yesterday\"", "not a timestamp"),
            ("\"1763867480118\"", "not a timestamp"),
            ("1763867480.5", "a number with a fraction, not a timestamp"),
            ("{}", "an object, not a timestamp"),
            ("null", "null"),
        ] {
            assert_eq!(of(bad, TypeWord::Timestamp).as_deref(), Some(what), "{bad}");
        }
    }

    #[test]
    fn the_plain_kinds() {
        assert_eq!(of("true", TypeWord::Boolean), None);
        assert_eq!(of("{}", TypeWord::Object), None);
        assert_eq!(of("[]", TypeWord::Array), None);
        assert_eq!(of("[]", TypeWord::Object).as_deref(), Some("an array, not an object"));
        assert_eq!(of("\"true\"", TypeWord::Boolean).as_deref(), Some("a string, not a boolean"));
    }
}
