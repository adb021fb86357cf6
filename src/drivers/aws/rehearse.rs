//! What publishing to SQS or SNS does to a message: text only, ten attributes with types, one value a name, a group on FIFO.

use super::message::{GROUP, TRACE};
use super::queue::is_fifo;
use super::redrive::name_of;
use crate::broker::{Carriage, Outgoing, REPLAY_ID, Rehearsal};
use crate::model::{Fields, Kind, Typed, Value, WireType, text_field};

/// Attributes of one message at most; raw SNS delivery drops a message that has more.
const MOST: usize = 10;
/// Body and attributes of one message at most, unless its queue says less.
const LIMIT: u64 = 1 << 20;
/// What all of our own marks begin with.
const MARKS: &str = "x-redrive-";

/// Brings a message into what SQS and SNS carry; `limit` is the queue's largest message in bytes, where known.
pub fn rehearse(whole: bool, out: &Outgoing, limit: Option<u64>) -> Rehearsal {
    let mut wire = out.clone();
    let mut losses = Vec::new();
    let mut refused = None;
    wire.headers = headers(&out.headers, &mut losses);
    if wire.headers.len() > MOST {
        // the mark by which doubt and verdicts find it is what matters most
        let marks = wire.headers.len();
        wire.headers.retain(|(n, _)| !n.starts_with(MARKS) || n == REPLAY_ID);
        if wire.headers.len() > MOST {
            refused = Some(format!(
                "{} attributes with our mark are more than the {MOST} that SQS takes: strip one (--strip NAME), or move all by --bulk",
                wire.headers.len()
            ));
        } else if wire.headers.len() < marks {
            losses.push(format!("our notes of its id and of earlier replays: {MOST} attributes are the most; its replay id stays"));
        }
    }
    group(&mut wire, &mut losses, &mut refused);
    if let Some(topic) = wire.body.as_deref().filter(|_| out.to.kind == Kind::Topic).and_then(enveloped) {
        let topic = topic.escape_debug();
        losses.push(format!(
            "what subscribers can read: it lies in the envelope of SNS (topic {topic}) and would get another around it; edit it out"
        ));
    }
    match &wire.body {
        None => refused = Some("a message without a body (a tombstone) cannot be sent to SQS".into()),
        Some(b) if b.is_empty() => refused = Some("SQS takes no empty body".into()),
        Some(b) if !is_text(b) => refused = Some("SQS takes text only: this body is not UTF-8, or holds control characters".into()),
        Some(_) => {}
    }
    let limit = limit.unwrap_or(LIMIT);
    let size = size(&wire);
    if size > limit {
        refused = Some(format!("{size} bytes with attributes are more than the {limit} allowed"));
    }
    if !whole {
        refused = Some("only a part of the message could be read".into());
    }
    Rehearsal { wire, losses, refused, way: Carriage::Publish }
}

/// The topic of a notification that lies here as SNS delivers it where delivery is not raw.
fn enveloped(body: &[u8]) -> Option<String> {
    let it: serde_json::Value = serde_json::from_slice(body).ok()?;
    (it.get("Type")?.as_str()? == "Notification" && it.get("Message").is_some()).then_some(())?;
    Some(name_of(it.get("TopicArn")?.as_str()?).to_owned())
}

/// Headers as attributes: valid names, one value each, a type that SQS has. In the order of their names, since SQS keeps none.
fn headers(given: &Fields, losses: &mut Vec<String>) -> Fields {
    let mut kept: Fields = Vec::new();
    for (name, value) in given {
        if !is_name(name) {
            losses.push(format!("header {}: SQS takes no such name", name.escape_debug()));
            continue;
        }
        let Some(converted) = attribute(value) else {
            losses.push(format!("header {name}: SQS takes no {}", if is_empty(value) { "empty value" } else { "value of this kind" }));
            continue;
        };
        if converted.wire != value.wire && !name.starts_with(MARKS) {
            losses.push(format!("the type of header {name} ({} becomes {})", value.wire.0, converted.wire.0));
        }
        if let Some(earlier) = kept.iter_mut().find(|(n, _)| n == name) {
            losses.push(format!("the earlier value of header {name}: a name can be there once"));
            earlier.1 = converted;
        } else {
            kept.push((name.clone(), converted));
        }
    }
    kept.sort_by(|a, b| a.0.cmp(&b.0));
    kept
}

/// The group of a FIFO target is the key; a standard one has no key, and properties of other protocols have no place.
fn group(wire: &mut Outgoing, losses: &mut Vec<String>, refused: &mut Option<String>) {
    let fifo = is_fifo(&wire.to.name);
    if fifo {
        match wire.key.as_deref() {
            Some(key) if is_group(key) => {}
            Some(_) => *refused = Some("its key is no message group: 1 to 128 letters, digits and punctuation".into()),
            None => {
                let own = text_field(&wire.headers, REPLAY_ID).filter(|id| is_group(id.as_bytes())).unwrap_or("redrive").to_owned();
                losses.push(format!("it has no message group to keep, and gets {own}"));
                wire.key = Some(own.into());
            }
        }
    } else if wire.key.take().is_some() {
        losses.push("the key: only FIFO queues have one, the message group".into());
    }
    let takes = |name: &str| name == TRACE && wire.to.kind == Kind::Queue || name == GROUP && !fifo;
    let (mine, others): (Fields, Fields) = std::mem::take(&mut wire.properties).into_iter().partition(|(n, _)| takes(n));
    wire.properties = mine;
    if !others.is_empty() {
        let names: Vec<_> = others.iter().map(|(n, _)| n.escape_debug().to_string()).collect();
        losses.push(format!("the properties {}: this target has none of them", names.join(", ")));
    }
}

/// A value as SQS types it; one that already has such a type stays as it is.
fn attribute(value: &Typed) -> Option<Typed> {
    let is = |base: &str| value.wire.0 == base || value.wire.0.starts_with(&format!("{base}."));
    let text = |t: &str, wire: &'static str| {
        (!t.is_empty() && is_text(t.as_bytes())).then(|| Typed { value: Value::Text(t.to_owned()), wire: WireType(wire.into()) })
    };
    let own = is("String") || is("Number") || is("Binary");
    match &value.value {
        Value::Text(t) if own => (!t.is_empty() && is_text(t.as_bytes())).then(|| value.clone()),
        Value::Bytes(b) if own => (!b.is_empty()).then(|| value.clone()),
        Value::Text(t) => text(t, "String"),
        Value::Bytes(b) if b.is_empty() => None,
        Value::Bytes(b) => std::str::from_utf8(b)
            .ok()
            .and_then(|t| text(t, "String"))
            .or_else(|| Some(Typed { value: Value::Bytes(b.clone()), wire: WireType("Binary".into()) })),
        Value::Bool(b) => text(&b.to_string(), "String"),
        Value::Int(i) => text(&i.to_string(), "Number"),
        Value::Float(f) if f.is_finite() => text(&f.to_string(), "Number"),
        Value::Time(ms) => text(&ms.to_string(), "Number"),
        Value::Float(_) | Value::Null | Value::List(_) | Value::Table(_) => None,
    }
}

fn is_empty(value: &Typed) -> bool {
    matches!(value.value, Value::Null) || value.as_bytes().is_some_and(<[u8]>::is_empty)
}

/// Attribute names: letters, digits, `_`, `-`, `.`; not AWS's own.
fn is_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    (1..=256).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
        && !(name.starts_with('.') || name.ends_with('.') || name.contains(".."))
        && !(lower.starts_with("aws.") || lower.starts_with("amazon."))
}

fn is_group(key: &[u8]) -> bool {
    (1..=128).contains(&key.len()) && key.iter().all(u8::is_ascii_graphic)
}

/// Text that SQS accepts: the characters of XML 1.0.
fn is_text(bytes: &[u8]) -> bool {
    let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    std::str::from_utf8(bytes).is_ok_and(|t| t.chars().all(allowed))
}

/// Bytes that count for the limit: the body, and each attribute's name, type and value.
pub fn size(out: &Outgoing) -> u64 {
    let headers: usize = out.headers.iter().map(|(n, v)| n.len() + v.wire.0.len() + v.as_bytes().map_or(0, <[u8]>::len)).sum();
    (headers + out.body.as_ref().map_or(0, |b| b.len())) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::broker::Place;
    use crate::model::{Address, ConnId};

    fn out(queue: &str, attributes: usize) -> Outgoing {
        let wire = WireType("String".into());
        let mut headers: Fields =
            (0..attributes).map(|i| (format!("a{i}"), Typed { value: Value::Text("v".into()), wire: wire.clone() })).collect();
        for mark in [REPLAY_ID, "x-redrive-original-id", "x-redrive-replay-gen"] {
            headers.push((mark.into(), Typed::bytes(Some("7f3a/1".into()))));
        }
        let to = Address::new(ConnId::new("aws"), Kind::Queue, queue);
        Outgoing { to, place: Place::Any, key: None, body: Some("b".into()), headers, properties: Vec::new() }
    }

    #[test]
    fn our_marks_count_among_the_ten() {
        let all = rehearse(true, &out("q", 7), None);
        assert_eq!((all.refused, all.losses, all.wire.headers.len()), (None, vec![], 10));
        let fewer = rehearse(true, &out("q", 9), None);
        assert_eq!((fewer.refused, fewer.losses.len(), fewer.wire.headers.len()), (None, 1, 10));
        assert!(text_field(&fewer.wire.headers, REPLAY_ID).is_some());
        assert!(rehearse(true, &out("q", 10), None).refused.is_some_and(|r| r.contains("--strip")));
    }

    #[test]
    fn an_envelope_of_sns_is_said_where_it_would_get_another() {
        let body = r#"{"Type": "Notification", "TopicArn": "arn:aws:sns:eu-west-1:123456789012:prices", "Message": "{}"}"#;
        let losses = |kind: Kind, body: &'static str| {
            let to = Address::new(ConnId::new("aws"), kind, "prices");
            rehearse(true, &Outgoing { to, body: Some(body.into()), ..out("q", 0) }, None).losses
        };
        let said = losses(Kind::Topic, body);
        assert!(said.len() == 1 && said[0].contains("(topic prices)"), "{said:?}");
        assert!(losses(Kind::Queue, body).is_empty(), "the queue is to get what SNS would have delivered");
        assert!(losses(Kind::Topic, r#"{"Type": "order"}"#).is_empty());
    }

    #[test]
    fn what_sqs_cannot_carry_is_refused_or_said() {
        for (body, ok) in [(&b"a\tb"[..], true), (b"", false), (b"\xff", false), (b"\x1b[2J", false), ("ü😀".as_bytes(), true)] {
            let sent = Outgoing { body: Some(bytes::Bytes::from_static(body)), ..out("q", 0) };
            assert_eq!(rehearse(true, &sent, None).refused.is_none(), ok, "{body:?}");
        }
        assert!(rehearse(true, &Outgoing { body: None, ..out("q", 0) }, None).refused.is_some());
        let fifo = rehearse(true, &out("q.fifo", 0), None);
        assert_eq!((fifo.wire.key.as_deref(), fifo.losses.len()), (Some(&b"7f3a/1"[..]), 1));
        let keyed = rehearse(true, &Outgoing { key: Some("k".into()), ..out("q", 0) }, None);
        assert_eq!((keyed.wire.key, keyed.losses.len()), (None, 1));
        let limit = rehearse(true, &Outgoing { body: Some("x".repeat(300).into()), ..out("q", 0) }, Some(256));
        assert!(limit.refused.is_some());
        let mut odd = out("q", 0);
        odd.headers = vec![("ü".into(), Typed::bytes(Some("x".into()))), ("b".into(), Typed::bytes(Some(vec![0u8, 255].into())))];
        let odd = rehearse(true, &odd, None);
        assert_eq!((odd.losses.len(), odd.wire.headers.len(), odd.wire.headers[0].1.wire.0.as_ref()), (2, 1, "Binary"));
    }
}
