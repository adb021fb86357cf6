//! What publishing would do to a message in each shape: the wire message, what is lost, why it is refused.

use super::shape::Shape;
use crate::broker::{Carriage, Outgoing, Rehearsal};
use crate::model::{Fields, Typed, Value, WireType};

/// Brings a message into what the shape can carry; `limit` is the destination's largest message in bytes, where known.
pub(super) fn rehearse(shape: &Shape, out: &Outgoing, limit: Option<u64>) -> Rehearsal {
    let mut wire = out.clone();
    let mut losses = Vec::new();
    let mut refused = None;
    if !shape.keys && wire.key.take().is_some() {
        losses.push("the key: a queue's messages have none".to_owned());
    }
    if !shape.tombstones && wire.body.is_none() {
        refused = Some("a message without a body (a tombstone) cannot be put into a queue".to_owned());
    }
    if shape.bytes_only {
        for (name, value) in &mut wire.headers {
            if let Some(flat) = flatten(value) {
                losses.push(format!("the type of header {name} ({})", value.wire.0));
                *value = flat;
            }
        }
        if !wire.properties.is_empty() {
            losses.push(format!("the properties {}: a record has none", names(&wire.properties)));
            wire.properties.clear();
        }
    }
    if !shape.repeats {
        let mut kept: Fields = Vec::new();
        for (name, value) in wire.headers {
            if let Some(old) = kept.iter_mut().find(|(n, _)| *n == name) {
                losses.push(format!("the earlier value of header {name}: a name can be there once"));
                old.1 = value;
            } else {
                kept.push((name, value));
            }
        }
        wire.headers = kept;
    }
    let limit = limit.unwrap_or(shape.max_message_bytes);
    let size = size(&wire);
    if size > limit {
        refused = Some(format!("{size} bytes are more than the {limit} allowed"));
    }
    Rehearsal { wire, losses, refused, way: Carriage::Publish }
}

fn names(fields: &Fields) -> String {
    fields.iter().map(|(n, _)| n.as_str()).collect::<Vec<_>>().join(", ")
}

/// A typed value as the bytes a Kafka header holds; `None` where it already is bytes or null.
fn flatten(value: &Typed) -> Option<Typed> {
    let text = match &value.value {
        Value::Bytes(_) | Value::Null if value.wire == WireType::BYTES => return None,
        Value::Bytes(b) => return Some(Typed::bytes(Some(b.clone()))),
        Value::Null => return Some(Typed::bytes(None)),
        Value::Text(t) => t.clone(),
        Value::Bool(b) => b.to_string(),
        Value::Int(i) => i.to_string(),
        Value::Float(f) => f.to_string(),
        Value::Time(ms) => ms.to_string(),
        other => format!("{other:?}"),
    };
    Some(Typed::bytes(Some(text.into())))
}

fn size(out: &Outgoing) -> u64 {
    let fields = out.headers.iter().chain(&out.properties);
    let headers: usize = fields.map(|(n, v)| n.len() + v.as_bytes().map_or(0, <[u8]>::len)).sum();
    (headers + out.key.as_ref().map_or(0, |k| k.len()) + out.body.as_ref().map_or(0, |b| b.len())) as u64
}
