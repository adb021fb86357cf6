//! A message as Classic's management shows it: properties with their types, a body whole or cut, and made whole by its content.

use std::borrow::Cow;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use serde_json::{Value as Json, json};

use super::content::Content;
use super::{number, text};
use crate::drivers::activemq::amqp::value::json as shown;
use crate::drivers::activemq::openwire;
use crate::drivers::activemq::stomp::message::BODY;
use crate::model::{Address, Fields, Message, Seat, Typed, Value, WireType};

/// The property that keeps the content of a map or stream, whose body is shown as JSON.
const CONTENT: &str = "content";

fn typed(value: Value, wire: &'static str) -> Typed {
    Typed { value, wire: WireType(Cow::Borrowed(wire)) }
}

/// A browsed message. What kind it is shows by the fields it has; a map is there as text only, of objects and streams nothing is: cut views,
/// which [`complete`] makes whole.
pub(in crate::drivers::activemq) fn message(at: &Address, of: &Json) -> Message {
    let headers = properties(of);
    let mut properties = Fields::new();
    let mut put = |name: &str, wire, nothing: &[Json]| {
        if let Some(value) = of.get(name).filter(|v| !v.is_null() && !nothing.contains(v)) {
            properties.push((name.to_owned(), typed(scalar(value, wire), wire)));
        }
    };
    for name in ["JMSCorrelationID", "JMSDeliveryMode", "JMSMessageID", "JMSReplyTo", "JMSType", "JMSXGroupID", "JMSXUserID"] {
        put(name, "string", &[]);
    }
    put("JMSExpiration", "long", &[json!(0)]);
    put("JMSPriority", "int", &[]);
    put("JMSXGroupSeq", "int", &[json!(0)]);
    let (kind, body, whole) = body(of);
    properties.push((BODY.to_owned(), typed(Value::Text(kind.to_owned()), "string")));
    properties.sort_by(|a, b| a.0.cmp(&b.0));
    let mut delivery = Fields::new();
    for name in ["OriginalDestination", "JMSDestination"] {
        delivery.extend(text(of, name).map(|t| (name.to_owned(), typed(Value::Text(t.to_owned()), "string"))));
    }
    if let Some(again) = of.get("JMSRedelivered").and_then(Json::as_bool) {
        delivery.push(("redelivered".into(), typed(Value::Bool(again), "boolean")));
    }
    let id = text(of, "JMSMessageID").unwrap_or_default().to_owned();
    Message {
        at: at.clone(),
        seat: Seat::Id(id),
        key: None,
        body,
        headers,
        properties,
        delivery,
        sent: time(of.get("JMSTimestamp")),
        whole,
    }
}

/// Properties by their names, with their types.
pub(super) fn properties(of: &Json) -> Fields {
    let mut headers = Fields::new();
    for (map, wire) in [
        ("BooleanProperties", "boolean"),
        ("ByteProperties", "byte"),
        ("ShortProperties", "short"),
        ("IntProperties", "int"),
        ("LongProperties", "long"),
        ("FloatProperties", "float"),
        ("DoubleProperties", "double"),
        ("StringProperties", "string"),
    ] {
        for (name, value) in of.get(map).and_then(Json::as_object).into_iter().flatten() {
            headers.push((name.clone(), typed(scalar(value, wire), wire)));
        }
    }
    headers.sort_by(|a, b| a.0.cmp(&b.0));
    headers
}

fn scalar(value: &Json, wire: &str) -> Value {
    match value {
        Json::Bool(b) => Value::Bool(*b),
        Json::Number(n) if matches!(wire, "float" | "double") => Value::Float(n.as_f64().unwrap_or(f64::NAN)),
        Json::Number(n) => Value::Int(n.as_i64().map_or_else(|| n.as_u64().map_or(0, i128::from), i128::from)),
        Json::String(s) => match wire {
            // JSON has no NaN and infinities: Jolokia writes them as text
            "float" | "double" => s.parse().map_or_else(|_| Value::Text(s.clone()), Value::Float),
            _ => Value::Text(s.clone()),
        },
        Json::Null => Value::Null,
        other => Value::Text(other.to_string()),
    }
}

fn body(of: &Json) -> (&'static str, Option<Bytes>, bool) {
    if let Some(said) = of.get("Text") {
        return ("text", Some(said.as_str().unwrap_or_default().to_owned().into()), true);
    }
    if let Some(map) = text(of, "ContentMap") {
        return ("map", Some(without_addresses(map).into()), false);
    }
    if let Some(length) = number(of, "BodyLength") {
        let preview: Vec<u8> = match of.get("BodyPreview") {
            // Java's bytes are signed
            Some(Json::Array(bytes)) => bytes.iter().filter_map(Json::as_i64).map(|b| b.to_le_bytes()[0]).collect(),
            _ => Vec::new(),
        };
        let whole = preview.len() as u64 == length;
        return ("bytes", Some(preview.into()), whole);
    }
    ("other", Some(Bytes::new()), false)
}

/// Java says of an array only where it was in memory, which is another place each time: `[B@1b3b3844`.
fn without_addresses(map: &str) -> String {
    let mut parts = map.split("=[B@");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str("=[bytes]");
        out.push_str(part.trim_start_matches(|c: char| c.is_ascii_hexdigit()));
    }
    out
}

/// Makes a cut view whole: bytes and objects as they are, maps and streams as JSON with their content kept beside it.
pub(in crate::drivers::activemq) fn complete(message: &mut Message, content: Content) {
    let values = match content.kind {
        "map" if !content.bytes.is_empty() => openwire::map(&content.bytes),
        "stream" => openwire::stream(&content.bytes),
        _ => None,
    };
    message.properties.retain(|(name, _)| name != BODY);
    message.properties.push((BODY.to_owned(), typed(Value::Text(content.kind.to_owned()), "string")));
    message.body = Some(match values {
        Some(values) => {
            message.properties.push((CONTENT.to_owned(), typed(Value::Bytes(content.bytes), "bytes")));
            shown(&values).to_string().into()
        }
        None => content.bytes,
    });
    message.properties.sort_by(|a, b| a.0.cmp(&b.0));
    message.whole = true;
}

/// A time as Jolokia writes it: ISO 8601, or milliseconds.
fn time(value: Option<&Json>) -> Option<SystemTime> {
    let ms = match value? {
        Json::Number(n) => n.as_u64()?,
        Json::String(s) => u64::try_from(s.parse::<jiff::Timestamp>().ok()?.as_millisecond()).ok()?,
        _ => return None,
    };
    UNIX_EPOCH.checked_add(Duration::from_millis(ms))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ConnId, field, text_field};

    fn at() -> Address {
        Address::new(ConnId::new("amq"), crate::model::Kind::Queue, "DLQ.o")
    }

    #[test]
    fn properties_keep_their_types_and_the_origin_is_there() {
        let of = json!({"JMSMessageID": "ID:1", "JMSPriority": 7, "JMSExpiration": 0, "JMSTimestamp": "2026-11-27T15:23:15.243Z", "Text": "hello",
            "OriginalDestination": "queue://o", "IntProperties": {"count": 3}, "StringProperties": {"a": "x"}, "JMSType": null});
        let m = message(&at(), &of);
        assert_eq!(field(&m.headers, "count"), Some(&typed(Value::Int(3), "int")));
        assert_eq!(m.headers.iter().map(|h| h.0.as_str()).collect::<Vec<_>>(), ["a", "count"]);
        assert_eq!((text_field(&m.properties, "body"), field(&m.properties, "JMSExpiration")), (Some("text"), None));
        assert_eq!(text_field(&m.delivery, "OriginalDestination"), Some("queue://o"));
        assert_eq!((m.body.as_deref(), m.whole), (Some(&b"hello"[..]), true));
        assert_eq!(m.sent, UNIX_EPOCH.checked_add(Duration::from_millis(1_795_792_995_243)));
    }

    #[test]
    fn a_preview_is_a_cut_view() {
        let m = |of| message(&at(), &of);
        assert!(!m(json!({"BodyLength": 300, "BodyPreview": [0, 1, -1]})).whole);
        let small = m(json!({"BodyLength": 3, "BodyPreview": [0, 1, -1]}));
        assert_eq!((small.body.as_deref(), small.whole), (Some(&b"\x00\x01\xff"[..]), true));
        assert!(!m(json!({"JMSMessageID": "ID:object"})).whole, "of an object nothing is shown");
        let map = |at: &str| m(json!({"ContentMap": format!("{{a=1, bytes=[B@{at}, z=2}}")}));
        assert_eq!((map("1b3b3844").body.as_deref(), map("0").whole), (Some(&b"{a=1, bytes=[bytes], z=2}"[..]), false));
    }

    #[test]
    fn a_content_makes_a_cut_view_whole() {
        let whole = |kind, bytes: &'static [u8]| {
            let mut m = message(&at(), &json!({"JMSMessageID": "ID:1"}));
            complete(&mut m, Content { kind, bytes: Bytes::from_static(bytes) });
            assert!(m.whole && text_field(&m.properties, "body") == Some(kind));
            m
        };
        let map = whole("map", &[0, 0, 0, 1, 0, 1, b'a', 5, 0, 0, 0, 3]);
        assert_eq!(map.body.as_deref(), Some(&br#"{"a":3}"#[..]));
        assert!(field(&map.properties, CONTENT).is_some_and(|kept| kept.as_bytes().is_some_and(|b| b.len() == 12)));
        assert_eq!(whole("stream", &[1, 1, 0]).body.as_deref(), Some(&b"[true,null]"[..]));
        assert_eq!(whole("object", &[0xac, 0xed]).body.as_deref(), Some(&[0xac, 0xed][..]));
        assert_eq!(whole("message", &[]).body.as_deref(), Some(&[][..]), "a body it has not");
    }
}
