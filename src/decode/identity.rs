//! Who a message is across moves, and a digest that notices any change of it.

use super::json::{self, NodeKind};
use crate::model::{Death, Fields, Message, MessageId, ORIGINAL_ID, Seat, Value, field as field_of, text_field};

/// By what a message is known again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KnownBy<'a> {
    /// The sender's id, wherever its protocol puts it (`message_id`, `ce_id`, AMQP `message-id`).
    #[default]
    SendersId,
    /// A header of this name.
    Header(&'a str),
    /// A field of the JSON body, by pointer.
    Field(&'a str),
}

/// A message's identity and where it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub id: MessageId,
    /// The header's name, `origin position`, or `its place here`.
    pub source: String,
    /// True: no id was sent, it is derived from a position.
    pub derived: bool,
}

/// The identity of a message by the sender's id; see [`identify`].
pub fn identity(message: &Message, death: &Death) -> MessageId {
    identify(message, death, KnownBy::SendersId).id
}

/// Who a message is: our own header, the sender's id, its origin position, or else its place here; prefixed by who failed
/// it, because one event failed by two groups is two items.
pub fn identify(message: &Message, death: &Death, by: KnownBy<'_>) -> Identity {
    let (who, source, derived) = who(message, death, by);
    let failed_by = death.failed_by.value.as_deref().unwrap_or("");
    let failed_by = failed_by.replace('%', "%25").replace('|', "%7C"); // so the first bar is ours
    Identity { id: MessageId(format!("{failed_by}|{who}")), source, derived }
}

/// The part of an id that travels in the header [`ORIGINAL_ID`]: without who failed it, which the next death tells anew.
pub fn original_id(id: &MessageId) -> &str {
    id.0.split_once('|').map_or(&id.0, |(_, who)| who)
}

/// Headers and properties by which senders name a message, the surest first: frameworks' own ids stay where a transport gives new ones.
const SENDERS: [&str; 7] = ["message_id", "ce_id", "NServiceBus.MessageId", "rbs2-msg-id", "message-id", "messageId", "JMSMessageID"];
/// The id that a broker gave and keeps over its own moves, told with each delivery (SQS).
const BROKERS: [&str; 1] = ["MessageId"];

fn who(message: &Message, death: &Death, by: KnownBy<'_>) -> (String, String, bool) {
    if let Some(own) = text_field(&message.headers, ORIGINAL_ID).or_else(|| text_field(&message.properties, ORIGINAL_ID)) {
        return (own.to_owned(), ORIGINAL_ID.to_owned(), false);
    }
    let sent = match by {
        KnownBy::SendersId => SENDERS.iter().find_map(|name| named(message, name)).or_else(|| task(message)).or_else(|| given(message)),
        KnownBy::Header(name) => named(message, name),
        KnownBy::Field(pointer) => field(message, pointer),
    };
    if let Some((value, name)) = sent {
        return (format!("id:{value}"), name, false);
    }
    let conn = &message.at.conn;
    if let Some(origin) = &death.origin.value
        && let (Some(partition), Some(offset)) = (origin.partition, origin.offset)
    {
        return (format!("at:{conn}/{}/{partition}/{offset}", origin.name), "origin position".to_owned(), true);
    }
    let seat = match &message.seat {
        Seat::Offset { partition, offset } => format!("{partition}/{offset}"),
        other => other.to_string(),
    };
    (format!("seat:{conn}/{}/{seat}", message.at.name), "its place here".to_owned(), true)
}

/// A text or number of the JSON body.
fn field(message: &Message, pointer: &str) -> Option<(String, String)> {
    let json = json::parse(message.body.as_ref()?).ok()?;
    let (node, true) = json.find(pointer) else { return None };
    let text = match json.node(node).kind {
        NodeKind::String => json.string(node)?.into_owned(),
        NodeKind::Number => json.raw(node).to_owned(),
        _ => return None,
    };
    (!text.trim().is_empty()).then(|| (text, format!("body {pointer}")))
}

/// A header's or property's value, if it is there and not empty.
fn named(message: &Message, name: &str) -> Option<(String, String)> {
    text(&message.headers, name).or_else(|| text(&message.properties, name)).map(|text| (text, name.to_owned()))
}

/// Celery's task id; only beside a task's name is `id` an id of the message.
fn task(message: &Message) -> Option<(String, String)> {
    text(&message.headers, "task").and_then(|_| text(&message.headers, "id")).map(|id| (id, "id".to_owned()))
}

/// The broker's own id.
fn given(message: &Message) -> Option<(String, String)> {
    BROKERS.iter().find_map(|name| text(&message.delivery, name).map(|text| (text, (*name).to_owned())))
}

/// A text, a number, or bytes in hex (AMQP 1.0 message ids are any of these, or a UUID).
fn text(fields: &Fields, name: &str) -> Option<String> {
    let typed = field_of(fields, name)?;
    let text = match (&typed.value, typed.as_text()) {
        (_, Some(text)) => text.to_owned(),
        (Value::Bytes(bytes), None) => bytes.iter().map(|b| format!("{b:02x}")).collect(),
        (Value::Int(number), None) => number.to_string(),
        _ => return None,
    };
    (!text.trim().is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::model::copy::digest;
    use crate::model::{Address, ConnId, Origin, Told, Typed};

    fn message() -> Message {
        Message {
            at: Address::topic(&ConnId::new("kafka"), "orders.dlt"),
            seat: Seat::Offset { partition: 3, offset: 9 },
            key: None,
            body: Some(Bytes::from_static(b"{\"id\":7,\"n\":{\"x\":\"u-1\"}}")),
            headers: Vec::new(),
            properties: Vec::new(),
            delivery: Vec::new(),
            sent: None,
            whole: true,
        }
    }

    fn text(value: &'static str) -> Typed {
        Typed::bytes(Some(Bytes::from_static(value.as_bytes())))
    }

    fn failed_by(group: &str) -> Death {
        Death { failed_by: Told::header(group.to_owned(), "h"), ..Death::default() }
    }

    #[test]
    fn the_surest_source_first() {
        let mut message = message();
        let mut death = failed_by("billing");
        assert_eq!(identity(&message, &death).0, "billing|seat:kafka/orders.dlt/3/9");
        death.origin = Told::header(Origin { name: "orders".into(), partition: Some(1), offset: Some(5), ..Origin::default() }, "h");
        let at_origin = identify(&message, &death, KnownBy::SendersId);
        assert_eq!((at_origin.id.0.as_str(), at_origin.derived), ("billing|at:kafka/orders/1/5", true));
        message.headers.push(("ce_id".into(), text("e-1")));
        assert_eq!(identity(&message, &death).0, "billing|id:e-1");
        message.headers.push((ORIGINAL_ID.into(), text("at:kafka/orders/0/1")));
        assert_eq!(identity(&message, &death).0, "billing|at:kafka/orders/0/1");
    }

    #[test]
    fn it_stays_over_a_replay_and_differs_by_who_failed_it() {
        let mut message = message();
        let before = identity(&message, &failed_by("a|b"));
        assert_eq!(original_id(&before), "seat:kafka/orders.dlt/3/9");
        message.headers.push((ORIGINAL_ID.into(), Typed::bytes(Some(Bytes::from(original_id(&before).to_owned())))));
        message.seat = Seat::Offset { partition: 3, offset: 10 };
        assert_eq!(identity(&message, &failed_by("a|b")), before);
        assert_ne!(identity(&message, &failed_by("other")), before);
    }

    #[test]
    fn by_a_header_or_a_field_of_the_config() {
        let mut message = message();
        message.headers.push(("x-id".into(), text("h")));
        let by = |by| identify(&message, &Death::default(), by).id.0;
        assert_eq!(by(KnownBy::Header("x-id")), "|id:h");
        assert_eq!(by(KnownBy::Field("/n/x")), "|id:u-1");
        assert_eq!(by(KnownBy::Field("/id")), "|id:7");
        assert_eq!(by(KnownBy::Field("/n")), "|seat:kafka/orders.dlt/3/9");
    }

    #[test]
    fn queue_messages_are_known_by_their_protocol_s_id_and_it_outlives_the_broker_s() {
        let mut message = message();
        message.delivery.push(("MessageId".into(), text("sqs-1")));
        let of = |message: &Message| identify(message, &Death::default(), KnownBy::SendersId);
        assert_eq!((of(&message).id.0.as_str(), of(&message).derived), ("|id:sqs-1", false));
        message.headers.extend([("id".into(), text("c-1")), ("task".into(), text("shop.charge"))]);
        assert_eq!(of(&message).id.0, "|id:c-1");
        message.properties.push(("message-id".into(), Typed { value: Value::Int(7), wire: crate::model::WireType("ulong".into()) }));
        assert_eq!((of(&message).id.0.as_str(), of(&message).source.as_str()), ("|id:7", "message-id"));
        message.headers.push(("NServiceBus.MessageId".into(), text("n-1")));
        assert_eq!(of(&message).id.0, "|id:n-1");
    }

    #[test]
    fn a_digest_notices_any_change() {
        let base = message();
        let mut all = vec![digest(&base)];
        let mut add = |change: &dyn Fn(&mut Message)| {
            let mut message = base.clone();
            change(&mut message);
            all.push(digest(&message));
        };
        add(&|m| m.key = Some(Bytes::new()));
        add(&|m| m.body = None);
        add(&|m| m.body = Some(Bytes::new()));
        add(&|m| m.headers.push(("a".into(), Typed::bytes(None))));
        add(&|m| m.headers.push(("a".into(), text(""))));
        add(&|m| m.properties.push(("a".into(), text(""))));
        add(&|m| m.headers = vec![("a".into(), text("1")), ("b".into(), text("2"))]);
        add(&|m| m.headers = vec![("b".into(), text("2")), ("a".into(), text("1"))]);
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
        let mut moved = base.clone();
        moved.seat = Seat::Id("x".into());
        assert_eq!(digest(&moved), digest(&base), "its place is not the message");
    }
}
