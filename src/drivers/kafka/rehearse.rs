//! What publishing to Kafka would put on the wire; publishing uses this very function.

use bytes::Bytes;

use super::Known;
use crate::broker::{Carriage, Outgoing, Place, Rehearsal, partition_for};
use crate::model::{Message, Typed, Value};

/// What a record needs beside its bytes, at most: the batch's head and the record's own lengths.
const OVERHEAD: usize = 100;

/// The wire message, with its partition where the target's partition count is known, what is lost, and why it is refused.
pub fn rehearse(was: &Message, out: &Outgoing, known: Option<Known>) -> Rehearsal {
    let mut r = prepare(out, known);
    if !was.whole {
        r.refused = Some("only a cut view of this message is here; it would be published cut".to_owned());
    }
    r
}

/// As [`rehearse`], for a message of which nothing else is known.
pub fn prepare(out: &Outgoing, known: Option<Known>) -> Rehearsal {
    let mut wire = out.clone();
    let mut losses = Vec::new();
    for (name, value) in &mut wire.headers {
        if let Some(text) = flat(value) {
            losses.push(format!("header {name}: its type ({}) becomes plain bytes", value.wire.0));
            *value = Typed::bytes(Some(text));
        }
    }
    for (name, _) in wire.properties.drain(..) {
        losses.push(format!("property {name}: Kafka has no such property"));
    }
    if let Some(known) = known.filter(|k| k.partitions > 0)
        && let (Place::ByKey, Some(key)) = (wire.place, &wire.key)
    {
        wire.place = Place::Partition(partition_for(key, known.partitions));
    }
    let refused = refusal(&wire, known);
    Rehearsal { wire, losses, refused, way: Carriage::Publish }
}

fn refusal(wire: &Outgoing, known: Option<Known>) -> Option<String> {
    let known = known?;
    if let Place::Partition(p) = wire.place
        && known.partitions > 0
        && u32::try_from(p).map_or(true, |p| p >= known.partitions)
    {
        return Some(format!("{} has {} partitions, there is no p{p}", wire.to.name, known.partitions));
    }
    if known.may_write == Some(false) {
        return Some(format!("this login may not write to {}; ask for an ACL: Write on the topic", wire.to.name));
    }
    let size = size(wire);
    match known.max_message_bytes {
        Some(max) if size as u64 > max => {
            Some(format!("{size} bytes with headers, but {} takes at most {max} (max.message.bytes)", wire.to.name))
        }
        _ => None,
    }
}

/// Bytes of a record on the wire, uncompressed: at most this.
fn size(wire: &Outgoing) -> usize {
    let headers: usize = wire.headers.iter().map(|(n, v)| n.len() + v.as_bytes().map_or(0, <[u8]>::len) + 4).sum();
    wire.key.as_ref().map_or(0, Bytes::len) + wire.body.as_ref().map_or(0, Bytes::len) + headers + OVERHEAD
}

/// A typed value of another broker as bytes; `None` if it is bytes, text or null already.
fn flat(value: &Typed) -> Option<Bytes> {
    match &value.value {
        Value::Null | Value::Bytes(_) | Value::Text(_) => None,
        Value::Bool(b) => Some(b.to_string().into()),
        Value::Int(i) => Some(i.to_string().into()),
        Value::Time(ms) => Some(ms.to_string().into()),
        Value::Float(f) => Some(f.to_string().into()),
        other => Some(format!("{other:?}").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Address, ConnId, WireType};

    fn out(place: Place) -> Outgoing {
        Outgoing {
            to: Address::topic(&ConnId::new("k"), "orders"),
            place,
            key: Some("k1".into()),
            body: Some("b".into()),
            headers: Vec::new(),
            properties: Vec::new(),
        }
    }

    fn known() -> Option<Known> {
        Some(Known { partitions: 12, max_message_bytes: Some(1000), may_write: None })
    }

    #[test]
    fn a_key_finds_its_partition_once_the_count_is_known() {
        assert_eq!(prepare(&out(Place::ByKey), known()).wire.place, Place::Partition(partition_for(b"k1", 12)));
        assert_eq!(prepare(&out(Place::ByKey), None).wire.place, Place::ByKey);
    }

    #[test]
    fn headers_stay_as_they_are_and_foreign_types_are_losses() {
        let mut o = out(Place::Any);
        o.headers = vec![
            ("a".into(), Typed::bytes(None)),
            ("a".into(), Typed::bytes(Some("x".into()))),
            ("n".into(), Typed { value: Value::Int(7), wire: WireType("s16".into()) }),
        ];
        let r = prepare(&o, known());
        assert_eq!(r.wire.headers[..2], o.headers[..2]);
        assert_eq!(r.wire.headers[2].1.as_bytes(), Some(&b"7"[..]));
        assert_eq!(r.losses, ["header n: its type (s16) becomes plain bytes"]);
    }

    #[test]
    fn what_cannot_arrive_is_refused_beforehand() {
        let mut large = out(Place::Any);
        large.body = Some(vec![0; 1000].into());
        assert!(prepare(&large, known()).refused.unwrap().contains("takes at most 1000"));
        assert!(prepare(&out(Place::Partition(12)), known()).refused.unwrap().contains("no p12"));
        let denied = Some(Known { may_write: Some(false), ..Known::default() });
        assert!(prepare(&out(Place::Any), denied).refused.unwrap().contains("Write on the topic"));
        assert_eq!(prepare(&out(Place::Any), known()).refused, None);
    }
}
