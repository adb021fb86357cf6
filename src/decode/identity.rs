//! Who a message is across moves, and a digest that notices any change of it.

use crate::model::{Death, Message, MessageId, ORIGINAL_ID, Seat, Typed, Value, text_field};

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

/// Headers and properties by which senders name a message, the surest first.
const SENDERS: [&str; 5] = ["message_id", "ce_id", "message-id", "messageId", "JMSMessageID"];

fn who(message: &Message, death: &Death, by: KnownBy<'_>) -> (String, String, bool) {
    if let Some(own) = text_field(&message.headers, ORIGINAL_ID).or_else(|| text_field(&message.properties, ORIGINAL_ID)) {
        return (own.to_owned(), ORIGINAL_ID.to_owned(), false);
    }
    let sent = match by {
        KnownBy::SendersId => SENDERS.iter().find_map(|name| named(message, name)),
        KnownBy::Header(name) => named(message, name),
        KnownBy::Field(_) => None,
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

/// A header's or property's text, if it is there and not empty.
fn named(message: &Message, name: &str) -> Option<(String, String)> {
    let text = text_field(&message.headers, name).or_else(|| text_field(&message.properties, name))?;
    (!text.trim().is_empty()).then(|| (text.to_owned(), name.to_owned()))
}

/// A digest of all that a replay would publish (key, body, headers, properties), order and types counted; not of the place
/// or of the delivery. Blake3, 32 bytes.
pub fn digest(message: &Message) -> [u8; 32] {
    let mut hash = blake3::Hasher::new();
    optional(&mut hash, message.key.as_deref());
    optional(&mut hash, message.body.as_deref());
    for fields in [&message.headers, &message.properties] {
        table(&mut hash, fields);
    }
    *hash.finalize().as_bytes()
}

/// Each piece goes in with its length, so that no two messages make one stream of bytes.
fn piece(hash: &mut blake3::Hasher, bytes: &[u8]) {
    hash.update(&(bytes.len() as u64).to_be_bytes());
    hash.update(bytes);
}

fn optional(hash: &mut blake3::Hasher, bytes: Option<&[u8]>) {
    hash.update(&[u8::from(bytes.is_some())]);
    piece(hash, bytes.unwrap_or_default());
}

fn table(hash: &mut blake3::Hasher, fields: &[(String, Typed)]) {
    hash.update(&(fields.len() as u64).to_be_bytes());
    for (name, typed) in fields {
        piece(hash, name.as_bytes());
        value(hash, typed);
    }
}

fn value(hash: &mut blake3::Hasher, typed: &Typed) {
    piece(hash, typed.wire.0.as_bytes());
    match &typed.value {
        Value::Null => drop(hash.update(b"n")),
        Value::Bool(b) => drop(hash.update(&[b'b', u8::from(*b)])),
        Value::Int(i) => drop(hash.update(b"i").update(&i.to_be_bytes())),
        Value::Float(f) => drop(hash.update(b"f").update(&f.to_bits().to_be_bytes())),
        Value::Time(t) => drop(hash.update(b"t").update(&t.to_be_bytes())),
        Value::Text(t) => {
            hash.update(b"s");
            piece(hash, t.as_bytes());
        }
        Value::Bytes(b) => {
            hash.update(b"y");
            piece(hash, b);
        }
        Value::List(items) => {
            hash.update(b"l").update(&(items.len() as u64).to_be_bytes());
            items.iter().for_each(|item| value(hash, item));
        }
        Value::Table(fields) => {
            hash.update(b"m");
            table(hash, fields);
        }
    }
}
