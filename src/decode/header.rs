//! Keys, header and property values as one line of text: what they hold, by name where a framework is known to write numbers.

use super::death::{integer, timestamp};
use super::hex;
use super::safe::{safe, safe_cut};
use crate::model::{Typed, Value};

/// What a short value is shown as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShownAs {
    Text,
    Number,
    Hex,
    /// Present without a value.
    Null,
    /// A value of no bytes.
    Empty,
}

/// A short value on one line, safe for a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub text: String,
    pub kind: ShownAs,
}

impl Shown {
    fn new(kind: ShownAs, text: impl Into<String>) -> Self {
        Self { text: text.into(), kind }
    }
}

/// Names whose values the Spring families write in binary; the word behind the last dash decides.
const BINARY: [&str; 4] = ["kafka_dlt-original-", "kafka_original-", "x-original-", "retry_topic-"];

/// A header's or property's value, at most `max` characters of it.
pub fn header(name: &str, typed: &Typed, max: usize) -> Shown {
    match &typed.value {
        Value::Null => Shown::new(ShownAs::Null, "null"),
        Value::Bool(b) => Shown::new(ShownAs::Number, b.to_string()),
        Value::Int(i) => Shown::new(ShownAs::Number, i.to_string()),
        Value::Float(f) => Shown::new(ShownAs::Number, f.to_string()),
        Value::Time(t) => Shown::new(ShownAs::Number, with_time(*t)),
        Value::Text(t) if t.is_empty() => Shown::new(ShownAs::Empty, ""),
        Value::Text(t) => Shown::new(ShownAs::Text, safe_cut(t, max)),
        Value::Bytes(b) => known(name, b).unwrap_or_else(|| bytes(b, max)),
        Value::List(_) | Value::Table(_) => Shown::new(ShownAs::Text, safe_cut(&nested(typed, 0), max)),
    }
}

/// A record key or any other short bytes: text, or hex with the number that 4 or 8 bytes would be.
pub fn bytes(bytes: &[u8], max: usize) -> Shown {
    if bytes.is_empty() {
        return Shown::new(ShownAs::Empty, "");
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && hex::binary(text).is_none()
    {
        return Shown::new(ShownAs::Text, safe_cut(text, max));
    }
    let dump = hex::inline(bytes, max / 3);
    let number = matches!(bytes.len(), 4 | 8).then(|| integer(bytes)).flatten();
    Shown::new(ShownAs::Hex, number.map_or(dump.clone(), |n| format!("{dump} (as a number {n})")))
}

/// The body on one line for a table: text with its blanks drawn together, or hex; empty for a tombstone or an empty body.
pub fn preview(body: &[u8], max: usize) -> String {
    let head = &body[..body.len().min(max.saturating_mul(8).max(4096))];
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // only the cut's own wound may be bad
        Err(error) if head.len() < body.len() && error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return hex::inline(body, max / 3),
    };
    if hex::binary(text).is_some() {
        return hex::inline(body, max / 3);
    }
    let mut out = String::new();
    let mut chars = 0;
    for word in text.split([' ', '\t', '\n', '\r']).filter(|word| !word.is_empty()) {
        if chars > max {
            break;
        }
        if chars > 0 {
            out.push(' ');
        }
        out.push_str(word);
        chars += word.chars().count() + 1;
    }
    let mut out = safe_cut(&out, max);
    if head.len() < body.len() && !out.ends_with('…') {
        out.push('…');
    }
    out
}

/// A number where the name says there is one.
fn known(name: &str, bytes: &[u8]) -> Option<Shown> {
    let rest = BINARY.iter().find_map(|prefix| name.strip_prefix(prefix))?;
    let word = rest.rsplit('-').next().unwrap_or(rest);
    let number = || integer(bytes).map(|n| (n, word == "timestamp"));
    match word {
        "partition" | "offset" | "attempts" | "timestamp" => {
            number().map(|(n, time)| Shown::new(ShownAs::Number, if time { with_time(n) } else { n.to_string() }))
        }
        _ => None,
    }
}

/// Milliseconds, and the time they are.
fn with_time(millis: i64) -> String {
    match timestamp(millis).and_then(|t| jiff::Timestamp::try_from(t).ok()) {
        Some(time) => format!("{millis} ({time:.3})"),
        None => millis.to_string(),
    }
}

/// Lists and tables of typed values on one line; deeper than 8 levels only an ellipsis.
fn nested(typed: &Typed, depth: usize) -> String {
    if depth > 8 {
        return "…".to_owned();
    }
    match &typed.value {
        Value::List(items) => format!("[{}]", items.iter().map(|i| nested(i, depth + 1)).collect::<Vec<_>>().join(", ")),
        Value::Table(fields) => {
            let field = |(name, value): &(String, Typed)| format!("{}: {}", safe(name), nested(value, depth + 1));
            format!("{{{}}}", fields.iter().map(field).collect::<Vec<_>>().join(", "))
        }
        _ => header("", typed, 256).text,
    }
}

#[cfg(test)]
mod tests {
    use ::bytes::Bytes;

    use super::*;

    fn of(name: &str, value: &[u8]) -> String {
        header(name, &Typed::bytes(Some(Bytes::copy_from_slice(value))), 80).text
    }

    #[test]
    fn numbers_where_the_framework_writes_them() {
        assert_eq!(of("kafka_dlt-original-partition", &[0, 0, 0, 3]), "3");
        assert_eq!(of("kafka_dlt-original-timestamp", &1_763_867_480_118i64.to_be_bytes()), "1763867480118 (2025-11-23T03:11:20.118Z)");
        assert_eq!(of("kafka_dlt-original-timestamp-type", b"CreateTime"), "CreateTime");
        assert_eq!(of("x-count", &[0, 0, 0, 3]), "00 00 00 03 (as a number 3)");
    }

    #[test]
    fn text_null_and_hostile_values() {
        assert_eq!(of("a", b"x\x1b[2J"), "x\\u001b[2J");
        assert_eq!(of("a", b"\xff\xfe"), "ff fe");
        assert_eq!(header("a", &Typed::bytes(None), 9), Shown::new(ShownAs::Null, "null"));
        assert_eq!(header("a", &Typed::bytes(Some(Bytes::new())), 9).kind, ShownAs::Empty);
    }

    #[test]
    fn previews_are_one_bounded_line() {
        assert_eq!(preview(b"{\n  \"a\":\t1\n}", 200), "{ \"a\": 1 }");
        assert_eq!(preview(b"\x00\x00\x01*\x0eor", 200), "00 00 01 2a 0e 6f 72");
        assert!(preview("ä".repeat(100_000).as_bytes(), 200).chars().count() <= 202);
        assert_eq!(preview(b"", 200), "");
    }
}
