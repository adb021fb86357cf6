//! A message to send by AMQP 1.0, made of the model's: each field goes into the section that its name and type say.

use std::borrow::Cow;

use fe2o3_amqp_types::messaging::annotations::{Annotations, OwnedKey};
use fe2o3_amqp_types::messaging::{
    AmqpSequence, AmqpValue, ApplicationProperties, Batch, Body, Data, Footer, Header, Message as Amqp, MessageAnnotations, MessageId,
    Priority, Properties,
};
use fe2o3_amqp_types::primitives::{Binary, Symbol, Timestamp};
use serde_amqp::Value as Native;

use super::message::{ANNOTATION, BODY, BODY_VALUE, FOOTER, Wire, text};
use super::value::{amqp, json, simple, typed};
use crate::broker::Outgoing;
use crate::model::{Typed, Value, WireType, field, text_field};

fn unmarked(prefix: &str, typed: &Typed) -> Option<Native> {
    let wire = typed.wire.0.strip_prefix(prefix)?.to_owned();
    amqp(&Typed { value: typed.value.clone(), wire: WireType(Cow::Owned(wire)) })
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
