//! A message of AMQP 1.0 as the model has it, and back: every section in a place of its own, so that nothing is lost on the way.
//!
//! Application properties are headers; the annotations that a death wrote (`x-opt-ORIG-*`) stand among them, so that a replay strips
//! them as it strips a framework's. Other annotations, the properties section and the header are properties; what is of this delivery
//! only (`to`, counts, delivery annotations) is never published. The type of an annotation or footer says where it belongs.

use std::borrow::Cow;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use fe2o3_amqp_types::messaging::annotations::{Annotations, OwnedKey};
use fe2o3_amqp_types::messaging::{
    AmqpSequence, AmqpValue, ApplicationProperties, Batch, Body, Data, Footer, Header, Message as Amqp, MessageAnnotations, MessageId,
    Priority, Properties,
};
use fe2o3_amqp_types::primitives::{Binary, Symbol, Timestamp};
use serde_amqp::Value as Native;

use super::value::{amqp, json, simple, typed};
use crate::broker::Outgoing;
use crate::model::{Address, Fields, Message, Seat, Typed, Value, WireType, copy, field, text_field};

/// What a received or sent message is made of.
pub(in crate::drivers::activemq) type Wire = Amqp<Body<Native>>;

/// The property that says which kind of body section it was.
pub(in crate::drivers::activemq) const BODY: &str = "body";
/// The property that keeps a body which is an AMQP value of another type than text or bytes.
pub(in crate::drivers::activemq) const BODY_VALUE: &str = "body-value";
const ANNOTATION: &str = "annotation:";
const FOOTER: &str = "footer:";

fn text(t: impl Into<String>) -> Typed {
    Typed { value: Value::Text(t.into()), wire: WireType(Cow::Borrowed("string")) }
}

fn marked(prefix: &str, value: Native) -> Option<Typed> {
    let mut typed = typed(value)?;
    typed.wire = WireType(Cow::Owned(format!("{prefix}{}", typed.wire.0)));
    Some(typed)
}

fn unmarked(prefix: &str, typed: &Typed) -> Option<Native> {
    let wire = typed.wire.0.strip_prefix(prefix)?.to_owned();
    amqp(&Typed { value: typed.value.clone(), wire: WireType(Cow::Owned(wire)) })
}

fn id(id: MessageId) -> Typed {
    let native = match id {
        MessageId::Ulong(n) => Native::Ulong(n),
        MessageId::Uuid(u) => Native::Uuid(u),
        MessageId::Binary(b) => Native::Binary(b),
        MessageId::String(s) => Native::String(s),
    };
    typed(native).unwrap_or_else(|| text(""))
}

fn native_id(typed: &Typed) -> Option<MessageId> {
    Some(match amqp(typed)? {
        Native::Ulong(n) => MessageId::Ulong(n),
        Native::Uuid(u) => MessageId::Uuid(u),
        Native::Binary(b) => MessageId::Binary(b),
        Native::String(s) => MessageId::String(s),
        _ => return None,
    })
}

/// A name for a message id, as selectors and people write it.
fn id_text(typed: &Typed) -> String {
    match &typed.value {
        Value::Text(t) => t.clone(),
        Value::Int(i) => i.to_string(),
        Value::Bytes(b) => b.iter().map(|b| format!("{b:02x}")).collect(),
        _ => String::new(),
    }
}

/// Where a message is found again: the number it had before it was dead-lettered, which no other one has; else its sender's id; else what it is.
fn seat(headers: &Fields, message_id: Option<&Typed>) -> Option<Seat> {
    let number = ["x-opt-ORIG-MESSAGE-ID", "_AMQ_ORIG_MESSAGE_ID"].iter().find_map(|name| match field(headers, name)?.value {
        Value::Int(n) => Some(n),
        _ => None,
    });
    match (number, message_id.map(id_text).filter(|t| !t.is_empty())) {
        (Some(n), _) => Some(Seat::Id(format!("orig-{n}"))),
        (None, Some(id)) => Some(Seat::Id(id)),
        (None, None) => None,
    }
}

/// A received message. What the model cannot hold makes it a cut view.
pub(in crate::drivers::activemq) fn message(at: &Address, wire: Wire) -> Message {
    let (mut headers, mut properties, mut delivery) = (Fields::new(), Fields::new(), Fields::new());
    let mut whole = true;
    let mut sent = None;
    for (name, value) in wire.application_properties.into_iter().flat_map(|p| p.0.into_iter()) {
        match typed(Native::from(value)) {
            Some(typed) => headers.push((name, typed)),
            None => whole = false,
        }
    }
    let mut message_id = None;
    if let Some(p) = wire.properties {
        message_id = p.message_id.map(id);
        let mut put = |name: &str, value: Option<Typed>| properties.extend(value.map(|v| (name.to_owned(), v)));
        put("message-id", message_id.clone());
        put("user-id", p.user_id.and_then(|b| typed(Native::Binary(b))));
        put("subject", p.subject.map(text));
        put("reply-to", p.reply_to.map(text));
        put("correlation-id", p.correlation_id.map(id));
        put("content-type", p.content_type.and_then(|s| typed(Native::Symbol(s))));
        put("content-encoding", p.content_encoding.and_then(|s| typed(Native::Symbol(s))));
        put("absolute-expiry-time", p.absolute_expiry_time.and_then(|t| typed(Native::Timestamp(t))));
        put("creation-time", p.creation_time.clone().and_then(|t| typed(Native::Timestamp(t))));
        put("group-id", p.group_id.map(text));
        put("group-sequence", p.group_sequence.and_then(|n| typed(Native::Uint(n))));
        put("reply-to-group-id", p.reply_to_group_id.map(text));
        sent = p.creation_time.and_then(|t| UNIX_EPOCH.checked_add(Duration::from_millis(u64::try_from(t.into_inner()).ok()?)));
        delivery.extend(p.to.map(|to| ("to".to_owned(), text(to))));
    }
    if let Some(h) = wire.header {
        let put = |value| typed(value).unwrap_or_else(|| text(""));
        properties.push(("durable".into(), put(Native::Bool(h.durable))));
        properties.push(("priority".into(), put(Native::Ubyte(h.priority.0))));
        properties.extend(h.ttl.map(|ttl| ("ttl".to_owned(), put(Native::Uint(ttl)))));
        delivery.push(("delivery-count".into(), put(Native::Uint(h.delivery_count))));
    }
    let mut annotate = |annotations: Annotations, prefix: &str, delivery_only: bool| {
        for (key, value) in annotations.into_iter() {
            let (OwnedKey::Symbol(name), Some(value)) = (key, marked(prefix, value)) else {
                whole &= delivery_only;
                continue;
            };
            let name = name.0;
            match () {
                () if delivery_only => delivery.push((name, value)),
                () if name.starts_with("x-opt-ORIG-") || name == "x-opt-ACTUAL-EXPIRY" => headers.push((name, value)),
                () => properties.push((name, value)),
            }
        }
    };
    annotate(wire.message_annotations.map(|a| a.0).unwrap_or_default(), ANNOTATION, false);
    annotate(wire.delivery_annotations.map(|a| a.0).unwrap_or_default(), ANNOTATION, true);
    annotate(wire.footer.map(|a| a.0).unwrap_or_default(), FOOTER, false);
    let (kind, bytes, value) = body(wire.body);
    whole &= kind != "other";
    properties.push((BODY.into(), text(kind)));
    properties.extend(value.map(|v| (BODY_VALUE.to_owned(), v)));
    let mut message = Message {
        at: at.clone(),
        seat: Seat::Digest([0; 32]),
        key: None,
        body: Some(bytes),
        headers,
        properties,
        delivery,
        sent: sent.filter(|t| *t <= SystemTime::now() + Duration::from_secs(365 * 86_400)),
        whole,
    };
    message.seat = seat(&message.headers, message_id.as_ref()).unwrap_or_else(|| Seat::Digest(copy::digest(&message)));
    message
}

/// The kind of a body, its bytes to show and edit, and its value where bytes alone do not say it.
fn body(body: Body<Native>) -> (&'static str, Bytes, Option<Typed>) {
    let shown = |typed: &Typed| Bytes::from(json(typed).to_string());
    match body {
        Body::Data(parts) => {
            let mut all = Vec::new();
            parts.into_iter().for_each(|Data(part)| all.extend(part.into_vec()));
            ("data", all.into(), None)
        }
        Body::Value(AmqpValue(Native::String(s))) => ("string", s.into(), None),
        Body::Value(AmqpValue(Native::Binary(b))) => ("binary", b.into_vec().into(), None),
        Body::Value(AmqpValue(value)) => match typed(value) {
            Some(value) => ("value", shown(&value), Some(value)),
            None => ("other", Bytes::new(), None),
        },
        Body::Sequence(parts) => {
            let all = parts.into_iter().map(|AmqpSequence(list)| typed(Native::List(list))).collect::<Option<Vec<_>>>();
            match all.map(|all| Typed { value: Value::List(all), wire: WireType(Cow::Borrowed("list")) }) {
                Some(all) => ("sequence", shown(&all), Some(all)),
                None => ("other", Bytes::new(), None),
            }
        }
        Body::Empty => ("empty", Bytes::new(), None),
    }
}

/// Whether the body of this kind may be another than it was: a value is sent as it was or not at all.
pub(in crate::drivers::activemq) fn body_is_kept(out: &Outgoing) -> bool {
    match field(&out.properties, BODY_VALUE) {
        None => true,
        Some(value) => out.body.as_deref() == Some(json(value).to_string().as_bytes()),
    }
}

fn native_body(out: &Outgoing) -> Body<Native> {
    let bytes = || out.body.as_ref().map(|b| b.to_vec()).unwrap_or_default();
    let kind = text_field(&out.properties, BODY).unwrap_or("");
    match (kind, field(&out.properties, BODY_VALUE)) {
        ("value", Some(value)) => amqp(value).map_or(Body::Empty, |v| Body::Value(AmqpValue(v))),
        ("sequence", Some(Typed { value: Value::List(parts), .. })) => {
            let lists = parts.iter().filter_map(|p| match amqp(p) {
                Some(Native::List(list)) => Some(AmqpSequence(list)),
                _ => None,
            });
            Body::Sequence(Batch::new(lists.collect::<Vec<_>>()))
        }
        ("binary", _) => Body::Value(AmqpValue(Native::Binary(Binary::from(bytes())))),
        ("string", _) => match String::from_utf8(bytes()) {
            Ok(text) => Body::Value(AmqpValue(Native::String(text))),
            Err(not_text) => Body::Data(Batch::new(vec![Data(Binary::from(not_text.into_bytes()))])),
        },
        ("empty", _) if out.body.as_ref().is_none_or(|b| b.is_empty()) => Body::Empty,
        _ => Body::Data(Batch::new(vec![Data(Binary::from(bytes()))])),
    }
}

/// A message to send, made from what a rehearsal said: every field there fits.
pub(in crate::drivers::activemq) fn outgoing(out: &Outgoing) -> Wire {
    let mut annotations = Annotations::new();
    let mut footer = Annotations::new();
    let mut application = ApplicationProperties::default();
    for (name, value) in &out.headers {
        if let Some(native) = unmarked(ANNOTATION, value) {
            annotations.insert(OwnedKey::Symbol(Symbol(name.clone())), native);
        } else if let Some(simple) = simple(value) {
            application.0.insert(name.clone(), simple);
        }
    }
    let mut p = Properties::default();
    let mut header = Header { durable: true, ..Header::default() };
    for (name, value) in &out.properties {
        if let Some(native) = unmarked(ANNOTATION, value) {
            annotations.insert(OwnedKey::Symbol(Symbol(name.clone())), native);
            continue;
        }
        if let Some(native) = unmarked(FOOTER, value) {
            footer.insert(OwnedKey::Symbol(Symbol(name.clone())), native);
            continue;
        }
        let text = || value.as_text().map(str::to_owned);
        let int = || match value.value {
            Value::Int(i) => Some(i),
            _ => None,
        };
        let time = || match value.value {
            Value::Time(t) => Some(Timestamp::from_milliseconds(t)),
            _ => None,
        };
        match name.as_str() {
            "message-id" => p.message_id = native_id(value),
            "user-id" => p.user_id = value.as_bytes().map(|b| Binary::from(b.to_vec())),
            "subject" => p.subject = text(),
            "reply-to" => p.reply_to = text(),
            "correlation-id" => p.correlation_id = native_id(value),
            "content-type" => p.content_type = text().map(Symbol),
            "content-encoding" => p.content_encoding = text().map(Symbol),
            "absolute-expiry-time" => p.absolute_expiry_time = time(),
            "creation-time" => p.creation_time = time(),
            "group-id" => p.group_id = text(),
            "group-sequence" => p.group_sequence = int().and_then(|i| u32::try_from(i).ok()),
            "reply-to-group-id" => p.reply_to_group_id = text(),
            "durable" => header.durable = value.value == Value::Bool(true),
            "priority" => header.priority = Priority(int().and_then(|i| u8::try_from(i).ok()).unwrap_or(4)),
            "ttl" => header.ttl = int().and_then(|i| u32::try_from(i).ok()),
            _ => {}
        }
    }
    p.to = Some(out.to.name.clone());
    Amqp {
        header: Some(header),
        delivery_annotations: None,
        message_annotations: (!annotations.is_empty()).then_some(MessageAnnotations(annotations)),
        properties: Some(p),
        application_properties: (!application.0.is_empty()).then_some(application),
        body: native_body(out),
        footer: (!footer.is_empty()).then_some(Footer(footer)),
    }
}

/// Properties that a message of AMQP can have; others are of another protocol.
pub(in crate::drivers::activemq) fn is_property(name: &str, value: &Typed) -> bool {
    const NAMES: [&str; 17] = [
        "message-id",
        "user-id",
        "subject",
        "reply-to",
        "correlation-id",
        "content-type",
        "content-encoding",
        "absolute-expiry-time",
        "creation-time",
        "group-id",
        "group-sequence",
        "reply-to-group-id",
        "durable",
        "priority",
        "ttl",
        BODY,
        BODY_VALUE,
    ];
    NAMES.contains(&name) || value.wire.0.starts_with(ANNOTATION) || value.wire.0.starts_with(FOOTER)
}

/// A header as an application property (or annotation) can hold it, where it is not one already: bytes of another protocol that are text become text.
pub(in crate::drivers::activemq) fn fitting(value: &Typed) -> Option<Typed> {
    if value.wire.0.starts_with(ANNOTATION) {
        return unmarked(ANNOTATION, value).map(|_| value.clone());
    }
    if value.wire == WireType::BYTES {
        return Some(match value.as_text() {
            Some(t) if !t.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) => text(t),
            _ if value.value == Value::Null => Typed { value: Value::Null, wire: WireType(Cow::Borrowed("null")) },
            _ => Typed { value: value.value.clone(), wire: WireType(Cow::Borrowed("binary")) },
        });
    }
    typed(Native::from(simple(value)?))
}

/// Whether a typed value belongs into the annotations.
pub(in crate::drivers::activemq) fn is_annotation(value: &Typed) -> bool {
    value.wire.0.starts_with(ANNOTATION)
}
