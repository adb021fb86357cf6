//! What publishing to RabbitMQ would do: the message on the wire, what is taken off it and why, what is refused. No I/O.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::{message, values};
use crate::broker::{Carriage, Outgoing, Rehearsal};
use crate::model::{Fields, Kind, Message, Typed, Value, WireType, field, text_field};

/// Bytes that no RabbitMQ takes in one message (the most that `max_message_size` can be set to).
const MOST: u64 = 512 << 20;
/// Headers that would send it elsewhere too.
const FAN_OUT: [&str; 2] = ["CC", "BCC"];
/// Headers that a broker counts deliveries in.
const COUNTS: [&str; 2] = ["x-delivery-count", "x-acquired-count"];

/// What is known without asking.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Our own user: the only one that a message may say it is from.
    pub user: String,
    /// Bytes at most in one message, once the broker has refused more.
    pub most: Option<u64>,
}

/// The message as it will be sent. Publishing uses this very function.
pub fn rehearse(was: &Message, out: &Outgoing, facts: &Facts) -> Rehearsal {
    let (mut wire, mut losses) = prepare(out, facts);
    // a message that comes from elsewhere knows nothing of delivery modes, and none would mean: gone when the broker restarts
    if was.at.conn != out.to.conn && field(&wire.properties, "delivery_mode").is_none() {
        wire.properties.push(("delivery_mode".into(), values::octet(2)));
    }
    if out.to.kind == Kind::Exchange {
        let key = out.key.clone().unwrap_or_else(|| Bytes::from(routing_key(was).to_owned()));
        wire.key = Some(key);
        losses.retain(|l| !l.starts_with("key:"));
    }
    let refused = if was.whole { refusal(&wire, facts) } else { Some("only a part of the message could be read".to_owned()) };
    Rehearsal { wire, losses, refused, way: Carriage::Publish }
}

/// The routing key by which it first came: what its first death says, else that of this delivery.
fn routing_key(was: &Message) -> &str {
    let deaths = field(&was.headers, "x-death").map(|d| &d.value);
    let first = match deaths {
        Some(Value::List(deaths)) => deaths.last(),
        _ => None,
    };
    let keys = first.and_then(|d| match &d.value {
        Value::Table(fields) => field(fields, "routing-keys"),
        _ => None,
    });
    let key = keys.and_then(|k| match &k.value {
        Value::List(keys) => keys.first().and_then(Typed::as_text),
        _ => None,
    });
    key.or_else(|| text_field(&was.delivery, "routing-key")).unwrap_or_default()
}

/// The wire message without what only the original tells.
pub fn prepare(out: &Outgoing, facts: &Facts) -> (Outgoing, Vec<String>) {
    let mut losses = Vec::new();
    let mut wire = out.clone();
    if out.to.kind != Kind::Exchange && wire.key.take().is_some() {
        losses.push("key: a queue has none".to_owned());
    }
    wire.properties = properties(&out.properties, facts, &mut losses);
    wire.headers = headers(&out.headers, &mut losses);
    (wire, losses)
}

fn properties(of: &Fields, facts: &Facts, losses: &mut Vec<String>) -> Fields {
    let mut kept = Fields::new();
    for (name, value) in of {
        let one: Fields = vec![(name.clone(), value.clone())];
        match name.as_str() {
            "expiration" => losses.push("property expiration: it would expire again".to_owned()),
            "user_id" if value.as_text() != Some(facts.user.as_str()) => {
                losses.push(format!("property user_id: the broker takes it from nobody but {}", facts.user));
            }
            _ if !message::properties(&one, &Fields::new()).1.is_empty() => {
                losses.push(format!("property {name}: AMQP 0-9-1 has none of that name, or not with this value"));
            }
            _ => kept.extend(one),
        }
    }
    kept
}

/// Headers as the table that is sent: by name, each once.
fn headers(of: &Fields, losses: &mut Vec<String>) -> Fields {
    let mut table: BTreeMap<&str, Typed> = BTreeMap::new();
    for (name, value) in of {
        if FAN_OUT.contains(&name.as_str()) {
            losses.push(format!("header {name}: it would send the message to other queues too"));
        } else if COUNTS.contains(&name.as_str()) {
            losses.push(format!("header {name}: it counts deliveries of the past"));
        } else if table.contains_key(name.as_str()) {
            losses.push(format!("header {name}: it is there more than once, and AMQP 0-9-1 has tables: only the first is sent"));
        } else if let Some(sent) = values::write(value).filter(|_| name.len() <= 255) {
            let sent = values::read(&sent);
            // untyped bytes have no type to lose
            if sent.wire != value.wire && value.wire != WireType::BYTES {
                losses.push(format!("header {name}: its type ({}) becomes {}", value.wire.0, sent.wire.0));
            }
            table.insert(name, sent);
        } else {
            losses.push(format!("header {name}: AMQP 0-9-1 cannot carry it"));
        }
    }
    table.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Why it is not published at all.
pub fn refusal(wire: &Outgoing, facts: &Facts) -> Option<String> {
    let Some(body) = &wire.body else {
        return Some("it has no body at all (a tombstone), and RabbitMQ cannot tell that from an empty one".to_owned());
    };
    let most = facts.most.unwrap_or(MOST);
    (body.len() as u64 > most).then(|| format!("{} bytes, but this broker takes at most {most} (max_message_size)", body.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::broker::Place;
    use crate::model::{Address, ConnId, Seat};

    fn out(headers: Fields, properties: Fields) -> Outgoing {
        let to = Address::new(ConnId::new("r"), Kind::Queue, "orders");
        Outgoing { to, place: Place::Any, key: None, body: Some("b".into()), headers, properties }
    }

    fn was(conn: &str) -> Message {
        Message {
            at: Address::new(ConnId::new(conn), Kind::Queue, "orders.dlq"),
            seat: Seat::Id(String::new()),
            key: None,
            body: Some("b".into()),
            headers: Vec::new(),
            properties: Vec::new(),
            delivery: vec![("routing-key".into(), values::short(&"orders.dlq".into()))],
            sent: None,
            whole: true,
        }
    }

    fn facts() -> Facts {
        Facts { user: "app".into(), most: None }
    }

    fn long(text: &'static str) -> Typed {
        values::read(&lapin::types::AMQPValue::LongString(text.into()))
    }

    #[test]
    fn what_would_go_wrong_again_is_taken_off_and_said() {
        let headers = vec![("CC".into(), long("x")), ("x-delivery-count".into(), values::whole(3)), ("tenant".into(), long("acme"))];
        let short = |t: &str| values::short(&t.into());
        let properties = vec![("expiration".into(), short("100")), ("user_id".into(), short("other")), ("message_id".into(), short("m-1"))];
        let r = rehearse(&was("r"), &out(headers, properties), &facts());
        assert_eq!(r.wire.headers.iter().map(|(n, _)| n.as_str()).collect::<Vec<_>>(), ["tenant"]);
        assert_eq!(r.wire.properties.iter().map(|(n, _)| n.as_str()).collect::<Vec<_>>(), ["message_id"]);
        assert_eq!(r.losses.len(), 4, "{:?}", r.losses);
        assert_eq!(r.refused, None);
    }

    #[test]
    fn our_own_marks_are_no_loss_and_what_fits_stays_as_it_is() {
        let r = rehearse(&was("r"), &out(vec![("x-redrive-replay-id".into(), Typed::bytes(Some("7f3a/1".into())))], Vec::new()), &facts());
        assert!(r.losses.is_empty(), "{:?}", r.losses);
        assert_eq!(text_field(&r.wire.headers, "x-redrive-replay-id"), Some("7f3a/1"));
    }

    #[test]
    fn what_comes_from_elsewhere_is_persistent() {
        let r = rehearse(&was("kafka"), &out(Vec::new(), Vec::new()), &facts());
        assert_eq!(field(&r.wire.properties, "delivery_mode"), Some(&values::octet(2)));
        assert!(rehearse(&was("r"), &out(Vec::new(), Vec::new()), &facts()).wire.properties.is_empty());
    }

    #[test]
    fn tombstones_and_what_is_too_large_are_refused() {
        let mut none = out(Vec::new(), Vec::new());
        none.body = None;
        assert!(rehearse(&was("r"), &none, &facts()).refused.unwrap().contains("tombstone"));
        let small = Facts { most: Some(0), ..facts() };
        assert!(rehearse(&was("r"), &out(Vec::new(), Vec::new()), &small).refused.unwrap().contains("max_message_size"));
    }

    #[test]
    fn to_an_exchange_it_goes_by_the_key_it_first_had() {
        let mut message = was("r");
        let key = |k: &'static str| Typed { value: Value::List(vec![long(k)]), wire: WireType("array".into()) };
        let death = |k| Typed { value: Value::Table(vec![("routing-keys".into(), key(k))]), wire: WireType("table".into()) };
        message.headers =
            vec![("x-death".into(), Typed { value: Value::List(vec![death("retry"), death("bill.eu")]), wire: WireType("array".into()) })];
        let mut to = out(Vec::new(), Vec::new());
        to.to.kind = Kind::Exchange;
        assert_eq!(rehearse(&message, &to, &facts()).wire.key.as_deref(), Some(&b"bill.eu"[..]));
        assert_eq!(rehearse(&was("r"), &to, &facts()).wire.key.as_deref(), Some(&b"orders.dlq"[..]));
    }
}
