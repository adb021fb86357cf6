//! A message of AMQP 1.0 as the model has it ([`super::outgoing`] is the way back): every section in a place of its own, so that nothing is lost.
//!
//! Application properties are headers; the annotations that a death wrote (`x-opt-ORIG-*`) stand among them, so that a replay strips
//! them as it strips a framework's. Other annotations, the properties section and the header are properties; what is of this delivery
//! only (`to`, counts, delivery annotations) is never published. The type of an annotation or footer says where it belongs.

use std::borrow::Cow;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use fe2o3_amqp_types::messaging::annotations::{Annotations, OwnedKey};
use fe2o3_amqp_types::messaging::{AmqpSequence, AmqpValue, Body, Data, Message as Amqp, MessageId};
use serde_amqp::Value as Native;

use super::value::{json, typed};
use crate::model::{Address, Fields, Message, Seat, Typed, Value, WireType, copy, field};

/// What a received or sent message is made of.
pub(in crate::drivers::activemq) type Wire = Amqp<Body<Native>>;

/// The property that says which kind of body section it was.
pub(in crate::drivers::activemq) const BODY: &str = "body";
/// The property that keeps a body which is an AMQP value of another type than text or bytes.
pub(in crate::drivers::activemq) const BODY_VALUE: &str = "body-value";
pub(super) const ANNOTATION: &str = "annotation:";
pub(super) const FOOTER: &str = "footer:";

pub(super) fn text(t: impl Into<String>) -> Typed {
    Typed { value: Value::Text(t.into()), wire: WireType(Cow::Borrowed("string")) }
}

fn marked(prefix: &str, value: Native) -> Option<Typed> {
    let mut typed = typed(value)?;
    typed.wire = WireType(Cow::Owned(format!("{prefix}{}", typed.wire.0)));
    Some(typed)
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
