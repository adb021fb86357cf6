//! What goes to Classic by STOMP: all properties become text, a body is text or bytes.

use super::Frame;
use super::message::{BODY, STOMP};
use crate::broker::{Carriage, Outgoing, Rehearsal};
use crate::model::{Fields, Typed, Value, text_field};

/// Headers that STOMP or its bridge to JMS read themselves; a property of such a name would be taken for them.
const OWN: [&str; 20] = [
    "destination",
    "receipt",
    "transaction",
    "content-length",
    "correlation-id",
    "reply-to",
    "expires",
    "priority",
    "type",
    "persistent",
    "selector",
    "id",
    "ack",
    "subscription",
    "message-id",
    "timestamp",
    "redelivered",
    "transformation",
    "browser",
    "amq-msg-type",
];

fn text(value: String) -> Typed {
    Typed { value: Value::Text(value), wire: STOMP }
}

/// A value as text, as STOMP has it.
fn said(value: &Typed) -> Option<String> {
    match &value.value {
        Value::Null => None,
        Value::Bool(b) => Some(b.to_string()),
        Value::Int(i) => Some(i.to_string()),
        Value::Float(f) => Some(f.to_string()),
        Value::Time(ms) => Some(ms.to_string()),
        // a header ends at a NUL, for which STOMP has no escape
        Value::Text(_) | Value::Bytes(_) => value.as_text().filter(|t| !t.contains('\0')).map(str::to_owned),
        Value::List(_) | Value::Table(_) => None,
    }
}

/// `told`: whether the existence of the target can be asked.
pub(in crate::drivers::activemq) fn rehearse(out: &Outgoing, told: bool) -> Rehearsal {
    let mut wire = out.clone();
    let mut losses = Vec::new();
    if wire.key.take().is_some() {
        losses.push("the key: a queue's messages have none".to_owned());
    }
    let mut headers = Fields::new();
    for (name, value) in &out.headers {
        let lost = match () {
            () if OWN.contains(&name.as_str()) => Some("STOMP has that name for itself"),
            () if name.starts_with("AMQ_SCHEDULED_") || name == "scheduledJobId" => Some("it would be delayed again"),
            () => None,
        };
        match (lost, said(value)) {
            (Some(why), _) => losses.push(format!("header {name}: {why}")),
            (None, None) => losses.push(format!("header {name}: STOMP cannot carry this value ({})", value.wire.0)),
            (None, Some(said)) => {
                if value.wire != STOMP && !name.starts_with("x-redrive-") {
                    losses.push(format!("header {name}: its type ({}) becomes text", value.wire.0));
                }
                headers.push((name.clone(), text(said)));
            }
        }
    }
    let before: Vec<String> = headers.iter().map(|(n, _)| n.clone()).collect();
    headers.sort_by(|a, b| a.0.cmp(&b.0));
    let repeats = headers.len();
    headers.dedup_by(|later, first| later.0 == first.0);
    if repeats > headers.len() {
        losses.push("headers that are there twice: the first value counts".to_owned());
    } else if headers.iter().map(|(n, _)| n).ne(before.iter()) {
        losses.push("the order of headers: JMS properties have none".to_owned());
    }
    wire.headers = headers;
    wire.properties.retain_mut(|(name, value)| {
        let why = match name.as_str() {
            "JMSCorrelationID" | "JMSDeliveryMode" | "JMSReplyTo" | "JMSType" | "JMSPriority" | "JMSXGroupID" | "JMSXGroupSeq" | BODY => {
                if let (Some(said), false) = (said(value), value.wire == STOMP) {
                    losses.push(format!("property {name}: its type ({}) is not told to STOMP", value.wire.0));
                    *value = text(said);
                }
                return true;
            }
            "JMSMessageID" => "the broker gives it a new one",
            "JMSExpiration" => "it would be overdue again",
            "JMSXUserID" => "it is the broker's to set",
            _ => "STOMP has no such property",
        };
        losses.push(format!("property {name}: {why}"));
        false
    });
    let refused = refusal(&wire);
    if refused.is_none() && !told {
        losses.push(format!("the certainty that {} exists: that cannot be asked here, and if it does not it is made", wire.to.name));
        // a change of the wire message there is none; the sentence belongs to the losses all the same
        wire.place = crate::broker::Place::Any;
    }
    Rehearsal { wire, losses, refused, way: Carriage::Publish }
}

fn refusal(wire: &Outgoing) -> Option<String> {
    let Some(body) = &wire.body else { return Some("a message without a body (a tombstone) cannot be put into a queue".to_owned()) };
    match text_field(&wire.properties, BODY) {
        Some("map") => {
            Some("it is a map message, and STOMP would empty it; it can only go back unedited, by the broker's own retry".to_owned())
        }
        Some(kind @ ("object" | "stream" | "other")) => {
            let kind = if kind == "other" { "object or stream" } else { kind };
            Some(format!(
                "it is a message of the kind {kind}, and STOMP would empty it; it can only go back unedited, by the broker's own retry"
            ))
        }
        Some("message") => {
            Some("it has no body, and STOMP would give it an empty text; it can only go back by the broker's own retry".to_owned())
        }
        Some("text") if body.contains(&0) => Some("its text has a NUL in it, at which STOMP would cut it".to_owned()),
        Some("text") if std::str::from_utf8(body).is_err() => Some("its text would not be UTF-8".to_owned()),
        _ => None,
    }
}

/// The SEND frame of a message that a rehearsal has passed.
pub(in crate::drivers::activemq) fn frame(wire: &Outgoing) -> Frame {
    let mut frame = Frame::new("SEND").with("destination", format!("/queue/{}", wire.to.name));
    let body = wire.body.clone().unwrap_or_default();
    let mut persistent = true;
    for (name, value) in &wire.properties {
        let Some(said) = said(value) else { continue };
        let stomp = match name.as_str() {
            "JMSCorrelationID" => "correlation-id",
            "JMSType" => "type",
            "JMSPriority" => "priority",
            "JMSXGroupID" | "JMSXGroupSeq" => name,
            "JMSReplyTo" => {
                frame = frame.with("reply-to", slashed(&said));
                continue;
            }
            "JMSDeliveryMode" => {
                persistent = said != "NON-PERSISTENT";
                continue;
            }
            _ => continue,
        };
        frame = frame.with(stomp, said);
    }
    frame = frame.with("persistent", persistent.to_string());
    // a length makes it a message of bytes
    if text_field(&wire.properties, BODY) != Some("text") {
        frame = frame.with("content-length", body.len().to_string());
    }
    for (name, value) in &wire.headers {
        if let Some(said) = said(value) {
            frame = frame.with(name, said);
        }
    }
    frame.body = body;
    frame
}

/// `queue://x` as STOMP writes it.
fn slashed(destination: &str) -> String {
    for (jms, stomp) in [("queue://", "/queue/"), ("topic://", "/topic/"), ("temp-queue://", "/remote-temp-queue/")] {
        if let Some(name) = destination.strip_prefix(jms) {
            return format!("{stomp}{name}");
        }
    }
    destination.to_owned()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::model::{Address, ConnId, Kind, WireType};

    fn out(kind: &str, body: &'static [u8]) -> Outgoing {
        Outgoing {
            to: Address::new(ConnId::new("amq"), Kind::Queue, "o"),
            place: crate::broker::Place::Any,
            key: None,
            body: Some(Bytes::from_static(body)),
            headers: vec![("count".into(), Typed { value: Value::Int(3), wire: WireType("int".into()) })],
            properties: vec![(BODY.into(), text(kind.into())), ("JMSReplyTo".into(), text("queue://back".into()))],
        }
    }

    #[test]
    fn types_become_text_and_that_is_said() {
        let done = rehearse(&out("text", b"hello"), true);
        assert_eq!(done.losses, ["header count: its type (int) becomes text"]);
        let sent = frame(&done.wire);
        assert_eq!((sent.get("count"), sent.get("reply-to"), sent.get("content-length")), (Some("3"), Some("/queue/back"), None));
        assert_eq!(frame(&rehearse(&out("bytes", b"\0"), true).wire).get("content-length"), Some("1"));
    }

    #[test]
    fn what_would_lose_its_body_is_refused() {
        for (kind, body) in [
            ("map", &b"{a=1}"[..]),
            ("other", b""),
            ("object", b"\xac"),
            ("stream", b"[]"),
            ("message", b""),
            ("text", b"a\0b"),
            ("text", b"\xff"),
        ] {
            assert!(rehearse(&out(kind, body), true).refused.is_some(), "{kind}");
        }
        assert_eq!(rehearse(&out("text", b""), true).refused, None);
    }
}
