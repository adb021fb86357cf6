//! Classic by Jolokia: its queues and topics, browsing with typed properties, retry, move and removal.

use std::borrow::Cow;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use serde_json::{Value as Json, json};

use super::super::error::Outcome;
use super::super::place::Place;
use super::{Jolokia, number, text};
use crate::model::{Address, Fields, Message, Seat, Typed, Value, WireType};

const ATTRIBUTES: [&str; 15] = [
    "Name",
    "QueueSize",
    "ConsumerCount",
    "InFlightCount",
    "EnqueueCount",
    "DequeueCount",
    "ExpiredCount",
    "DLQ",
    "StoreMessageSize",
    "MaxBrowsePageSize",
    "Paused",
    "MemoryPercentUsage",
    "ProducerCount",
    "DispatchCount",
    "MaxEnqueueTime",
];

/// A name as an ObjectName's value has it; patterns and separators in it are quoted away.
fn object_name(name: &str) -> String {
    // ActiveMQ itself replaces what JMX cannot have in an unquoted value
    name.replace([':', '?', '*', '"', ',', '='], "_")
}

fn pattern(kind: &str, name: &str) -> String {
    format!("org.apache.activemq:type=Broker,brokerName=*,destinationType={kind},destinationName={name}")
}

/// Every queue and topic.
pub(in crate::drivers::activemq) async fn places(jolokia: &Jolokia) -> Outcome<Vec<Place>> {
    let ask = |kind| json!({"type": "read", "mbean": pattern(kind, "*"), "attribute": ATTRIBUTES});
    let mut all = Vec::new();
    for (answer, topic) in jolokia.bulk(vec![ask("Queue"), ask("Topic")]).await?.into_iter().zip([false, true]) {
        match answer {
            Ok(found) => all.extend(rows(&found, topic)),
            // no destination of this kind matches
            Err(f) if f.kind == crate::broker::ErrorKind::NotFound => {}
            Err(f) => return Err(f),
        }
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(all)
}

/// One of them, if it is there.
pub(in crate::drivers::activemq) async fn place(jolokia: &Jolokia, name: &str, topic: bool) -> Outcome<Option<Place>> {
    let kind = if topic { "Topic" } else { "Queue" };
    match jolokia.read(&pattern(kind, &object_name(name)), &ATTRIBUTES).await {
        Ok(found) => Ok(rows(&found, topic).into_iter().find(|p| p.name == name)),
        Err(f) if f.kind == crate::broker::ErrorKind::NotFound => Ok(None),
        Err(f) => Err(f),
    }
}

fn rows(found: &Json, topic: bool) -> Vec<Place> {
    let row = |(mbean, of): (&String, &Json)| {
        let name = text(of, "Name")?.to_owned();
        let count = |attribute| number(of, attribute).unwrap_or(0);
        Some(Place {
            topic,
            mbean: mbean.clone(),
            messages: count("QueueSize"),
            in_flight: count("InFlightCount"),
            consumers: u32::try_from(count("ConsumerCount")).unwrap_or(u32::MAX),
            added: count("EnqueueCount"),
            removed: count("DequeueCount"),
            expired: count("ExpiredCount"),
            bytes: number(of, "StoreMessageSize").filter(|b| *b > 0),
            window: number(of, "MaxBrowsePageSize"),
            dlq: of.get("DLQ").and_then(Json::as_bool).unwrap_or(false),
            internal: name.starts_with("ActiveMQ.Advisory."),
            paused: of.get("Paused").and_then(Json::as_bool).unwrap_or(false),
            name,
            ..Place::default()
        })
    };
    found.as_object().into_iter().flatten().filter_map(row).collect()
}

/// Durable subscriptions: (client and name, topic, pending, connected).
pub(in crate::drivers::activemq) async fn subscriptions(jolokia: &Jolokia) -> Outcome<Vec<(String, String, u64, bool)>> {
    let pattern =
        "org.apache.activemq:type=Broker,brokerName=*,destinationType=Topic,destinationName=*,endpoint=Consumer,clientId=*,consumerId=*";
    let attributes = ["SubscriptionName", "ClientId", "DestinationName", "PendingQueueSize", "Active", "DurableSubscription"];
    let found = match jolokia.read(pattern, &attributes).await {
        Err(f) if f.kind == crate::broker::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let row = |of: &Json| {
        let name = text(of, "SubscriptionName").filter(|n| !n.is_empty())?;
        let client = text(of, "ClientId").unwrap_or("?");
        let active = of.get("Active").and_then(Json::as_bool).unwrap_or(false);
        Some((format!("{client}:{name}"), text(of, "DestinationName")?.to_owned(), number(of, "PendingQueueSize").unwrap_or(0), active))
    };
    Ok(found.as_object().into_iter().flatten().filter_map(|(_, of)| row(of)).collect())
}

/// The first messages of a queue, in its order. Bodies of bytes are cut after 255.
pub(in crate::drivers::activemq) async fn browse(jolokia: &Jolokia, place: &Place, at: &Address) -> Outcome<Vec<Message>> {
    let found = jolokia.ask(json!({"type": "exec", "mbean": place.mbean, "operation": "browse()"})).await?;
    Ok(found.as_array().into_iter().flatten().map(|of| message(at, of)).collect())
}

/// Ids of messages that are still there, among these.
pub(in crate::drivers::activemq) async fn still_there(jolokia: &Jolokia, place: &Place, ids: &[String]) -> Outcome<Vec<String>> {
    let selector = super::super::selector::one_of("JMSMessageID", ids);
    let ask = json!({"type": "exec", "mbean": place.mbean, "operation": "browse(java.lang.String)", "arguments": [selector]});
    let found = jolokia.ask(ask).await?;
    Ok(found.as_array().into_iter().flatten().filter_map(|of| text(of, "JMSMessageID").map(str::to_owned)).collect())
}

/// An operation on each of these ids, in one POST; one answer each. Names are bare: what the admin allows is compared letter for letter.
pub(in crate::drivers::activemq) async fn each(
    jolokia: &Jolokia,
    place: &Place,
    operation: &str,
    arguments: Vec<Vec<Json>>,
) -> Outcome<Vec<Outcome<Json>>> {
    let request = |arguments| json!({"type": "exec", "mbean": place.mbean, "operation": operation, "arguments": arguments});
    jolokia.bulk(arguments.into_iter().map(request).collect()).await
}

fn typed(value: Value, wire: &'static str) -> Typed {
    Typed { value, wire: WireType(Cow::Borrowed(wire)) }
}

/// A browsed message. What kind it is shows by the fields it has; a map is there as text only, of objects and streams nothing is.
pub(in crate::drivers::activemq) fn message(at: &Address, of: &Json) -> Message {
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
    properties.push((super::super::stomp::message::BODY.to_owned(), typed(Value::Text(kind.to_owned()), "string")));
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
        return ("map", Some(map.to_owned().into()), true);
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
    ("other", None, false)
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
    }
}
