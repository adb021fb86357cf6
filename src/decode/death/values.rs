//! Single values of death headers: numbers by length or as text, times in every form, queues in addresses.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::model::{Fields, Typed, Value};

/// A number in a header: decimal text, or big-endian and signed by its length (1 to 8 bytes: Java's int, long, BigInteger).
///
/// Digits are tried first: read as binary, four of them would be a partition above 800 million, eight an offset above 3e18.
pub fn integer(bytes: &[u8]) -> Option<i64> {
    if let Ok(text) = std::str::from_utf8(bytes)
        && text.strip_prefix('-').unwrap_or(text).bytes().all(|b| b.is_ascii_digit())
        && let Ok(number) = text.parse()
    {
        return Some(number);
    }
    if bytes.is_empty() || bytes.len() > 8 {
        return None;
    }
    let negative = bytes[0] & 0x80 != 0;
    Some(bytes.iter().fold(if negative { -1 } else { 0 }, |n: i64, b| (n << 8) | i64::from(*b)))
}

/// A time in milliseconds since the epoch; `None` before it, as Kafka's -1 means no time.
pub fn timestamp(millis: i64) -> Option<SystemTime> {
    UNIX_EPOCH.checked_add(Duration::from_millis(u64::try_from(millis).ok()?))
}

/// A value as text; of bytes that are no UTF-8 with losses.
pub(super) fn text(typed: &Typed) -> Option<String> {
    match &typed.value {
        Value::Text(text) => Some(text.clone()),
        Value::Bytes(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        Value::Int(number) => Some(number.to_string()),
        Value::Bool(bool) => Some(bool.to_string()),
        _ => None,
    }
}

/// A list of texts, or one text.
pub(super) fn texts(typed: &Typed) -> Vec<String> {
    match &typed.value {
        Value::List(items) => items.iter().filter_map(text).collect(),
        _ => text(typed).into_iter().collect(),
    }
}

/// The tables of a list; of anything else none.
pub(super) fn tables(typed: &Typed) -> impl Iterator<Item = &Fields> {
    let items = if let Value::List(items) = &typed.value { items.as_slice() } else { &[] };
    items.iter().filter_map(|item| if let Value::Table(table) = &item.value { Some(table) } else { None })
}

/// A value as a number.
pub(super) fn number(typed: &Typed) -> Option<i64> {
    match &typed.value {
        Value::Int(i) => i64::try_from(*i).ok(),
        Value::Time(t) => Some(*t),
        _ => typed.as_bytes().and_then(integer),
    }
}

/// Below this a number of a time is in seconds: the year 5138 in seconds, 1973 in milliseconds.
const SECONDS: i64 = 100_000_000_000;

/// A time: a timestamp, seconds or milliseconds since the epoch, ISO 8601, or NServiceBus' `2026-11-23 03:11:58:402000 Z`.
pub(super) fn moment(typed: &Typed) -> Option<SystemTime> {
    match typed.value {
        Value::Time(millis) => timestamp(millis),
        _ => moment_in(&text(typed)?),
    }
}

/// The same, of a text.
pub(super) fn moment_in(text: &str) -> Option<SystemTime> {
    let text = text.trim();
    if let Ok(number) = text.parse::<i64>() {
        return timestamp(if number < SECONDS { number.checked_mul(1_000)? } else { number });
    }
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Some(time.into());
    }
    let (clock, micros) = text.strip_suffix('Z')?.trim_end().rsplit_once(':')?;
    format!("{clock}.{micros}Z").parse::<jiff::Timestamp>().ok().map(SystemTime::from)
}

/// The queue of an address such as `rabbitmq://host/vhost/orders?durable=true`, `queue:orders`, `queue://orders` or `/queue/orders`.
pub(super) fn queue_in(address: &str) -> Option<String> {
    let path = address.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    let name = path.rsplit(['/', ':']).next().filter(|n| !n.is_empty())?;
    Some(percent(name))
}

/// `%2F` and its like as the bytes they stand for; what is no UTF-8 then stays as it was.
fn percent(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        let hex = if byte == b'%' { behind.get(..2).and_then(|h| u8::from_str_radix(std::str::from_utf8(h).ok()?, 16).ok()) } else { None };
        out.push(hex.unwrap_or(byte));
        rest = if hex.is_some() { behind.get(2..).unwrap_or_default() } else { behind };
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}
