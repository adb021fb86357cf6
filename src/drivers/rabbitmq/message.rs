//! A delivery as a message, and a message as what is published: properties by their AMQP names, headers typed.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use lapin::BasicProperties;
use lapin::message::Delivery;
use lapin::types::{FieldTable, ShortString};

use super::queue::Type;
use super::values;
use crate::model::{Address, Fields, Message, Seat, Typed, Value, copy, field};

/// Headers that a quorum queue adds to a delivery, and their names among the delivery's own fields.
const COUNTS: [(&str, &str); 2] = [("x-delivery-count", "delivery-count"), ("x-acquired-count", "acquired-count")];
/// The header in which a stream tells the offset.
const OFFSET: &str = "x-stream-offset";

/// A delivery from a queue or stream of this type.
pub fn read(at: &Address, of_type: Type, delivery: &Delivery) -> Message {
    let properties = &delivery.properties;
    let mut headers = properties.headers().as_ref().map_or_else(Fields::new, values::table);
    let mut own: Fields = vec![
        ("redelivered".into(), values::boolean(delivery.redelivered)),
        ("exchange".into(), values::short(&delivery.exchange)),
        ("routing-key".into(), values::short(&delivery.routing_key)),
    ];
    // in a classic queue a header of that name is the sender's
    if of_type == Type::Quorum {
        for (header, name) in COUNTS {
            if let Some(i) = headers.iter().position(|(n, _)| n == header) {
                own.push((name.into(), headers.remove(i).1));
            }
        }
        if field(&own, "delivery-count").is_none() {
            own.push(("delivery-count".into(), values::whole(0)));
        }
    }
    let mut offset = None;
    if of_type == Type::Stream
        && let Some(i) = headers.iter().position(|(n, _)| n == OFFSET)
        && let Value::Int(n) = headers.remove(i).1.value
    {
        offset = i64::try_from(n).ok();
    }
    let mut message = Message {
        at: at.clone(),
        seat: Seat::Digest([0; 32]),
        key: None,
        body: Some(Bytes::copy_from_slice(&delivery.data)),
        headers,
        properties: fields(properties),
        delivery: own,
        sent: properties.timestamp().map(|s| SystemTime::UNIX_EPOCH + Duration::from_secs(s.min(1 << 40))),
        whole: true,
    };
    message.seat = offset.map_or_else(|| Seat::Digest(copy::digest(&message)), |offset| Seat::Offset { partition: 0, offset });
    message
}

/// How often this message was given back so far, as the broker counts towards its limit.
pub fn given_back(message: &Message) -> u64 {
    match field(&message.delivery, "delivery-count").map(|v| &v.value) {
        Some(Value::Int(n)) => u64::try_from(*n).unwrap_or(0),
        _ => 0,
    }
}

/// Whether it was handed out before.
pub fn redelivered(message: &Message) -> bool {
    field(&message.delivery, "redelivered").is_some_and(|v| v.value == Value::Bool(true))
}

fn fields(p: &BasicProperties) -> Fields {
    let text = |name: &str, value: &Option<ShortString>| value.as_ref().map(|v| (name.to_owned(), values::short(v)));
    let octet = |name: &str, value: &Option<u8>| value.map(|v| (name.to_owned(), values::octet(v)));
    [
        text("content_type", p.content_type()),
        text("content_encoding", p.content_encoding()),
        octet("delivery_mode", p.delivery_mode()),
        octet("priority", p.priority()),
        text("correlation_id", p.correlation_id()),
        text("reply_to", p.reply_to()),
        text("expiration", p.expiration()),
        text("message_id", p.message_id()),
        p.timestamp().map(|t| ("timestamp".to_owned(), values::timestamp(t))),
        text("type", p.kind()),
        text("user_id", p.user_id()),
        text("app_id", p.app_id()),
        text("cluster_id", p.cluster_id()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Properties and headers as they are published; the names of those that AMQP has no place for, or whose value does not fit.
pub fn properties(fields: &Fields, headers: &Fields) -> (BasicProperties, Vec<String>) {
    let mut p = BasicProperties::default();
    let mut left = Vec::new();
    for (name, value) in fields {
        match set(p.clone(), name, value) {
            Some(with) => p = with,
            None => left.push(name.clone()),
        }
    }
    let mut table = FieldTable::default();
    for (name, value) in headers {
        match values::write(value) {
            Some(value) if name.len() <= 255 => drop(table.insert(ShortString::from(name.as_str()), value)),
            _ => left.push(name.clone()),
        }
    }
    // a message that had no headers at all gets none
    if !table.inner().is_empty() {
        p = p.with_headers(table);
    }
    (p, left)
}

fn set(p: BasicProperties, name: &str, value: &Typed) -> Option<BasicProperties> {
    let text = || value.as_text().filter(|t| t.len() <= 255).map(ShortString::from);
    let octet = || match value.value {
        Value::Int(n) => u8::try_from(n).ok(),
        _ => None,
    };
    Some(match name {
        "content_type" => p.with_content_type(text()?),
        "content_encoding" => p.with_content_encoding(text()?),
        "delivery_mode" => p.with_delivery_mode(octet()?),
        "priority" => p.with_priority(octet()?),
        "correlation_id" => p.with_correlation_id(text()?),
        "reply_to" => p.with_reply_to(text()?),
        "expiration" => p.with_expiration(text()?),
        "message_id" => p.with_message_id(text()?),
        "timestamp" => match values::write(value)? {
            lapin::types::AMQPValue::Timestamp(t) => p.with_timestamp(t),
            _ => return None,
        },
        "type" => p.with_type(text()?),
        "user_id" => p.with_user_id(text()?),
        "app_id" => p.with_app_id(text()?),
        "cluster_id" => p.with_cluster_id(text()?),
        _ => return None,
    })
}
