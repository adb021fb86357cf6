//! What kind of body a message has, where its broker has kinds: those of JMS, and the values of AMQP.

use super::preview;
use crate::model::{Message, Value, field, text_field};

/// The kind in a word; `message` is one of JMS that has no body. Bytes that are nothing but bytes to their broker have none.
pub fn kind(message: &Message) -> Option<&'static str> {
    const KINDS: [&str; 8] = ["text", "bytes", "map", "object", "stream", "message", "value", "sequence"];
    // what Artemis shows by AMQP of a message of JMS
    let of_jms = match field(&message.properties, "x-opt-jms-msg-type").map(|typed| &typed.value) {
        Some(Value::Int(n)) => {
            usize::try_from(*n).ok().and_then(|n| ["message", "object", "map", "bytes", "stream", "text"].get(n).copied())
        }
        _ => None,
    };
    of_jms.or_else(|| {
        let said = text_field(&message.properties, "body")?;
        KINDS.into_iter().find(|kind| *kind == said)
    })
}

/// The body on one line, safe for a terminal, at most so many characters and `…`, behind its kind where that is not plain to see.
pub fn preview_of(message: &Message, max: usize) -> String {
    let Some(body) = &message.body else { return String::new() };
    let shown = preview(body, max);
    match (kind(message), body.is_empty()) {
        (None | Some("text"), true) if !message.whole => "not shown".into(),
        (Some(kind), true) if !message.whole => format!("{kind}, not shown"),
        (Some("message"), true) => "no body".into(),
        (Some(kind), true) => format!("empty {kind}"),
        (None | Some("text"), _) => shown,
        (Some(kind), false) => format!("{kind} {shown}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Address, ConnId, Kind, Seat, Typed, WireType};

    fn of(body: &'static [u8], whole: bool, properties: &[(&str, Value)]) -> String {
        let typed = |value: &Value| Typed { value: value.clone(), wire: WireType("string".into()) };
        let message = Message {
            at: Address::new(ConnId::new("amq"), Kind::Queue, "q"),
            seat: Seat::Id("1".into()),
            key: None,
            body: Some(body.into()),
            headers: Vec::new(),
            properties: properties.iter().map(|(name, value)| ((*name).to_owned(), typed(value))).collect(),
            delivery: Vec::new(),
            sent: None,
            whole,
        };
        preview_of(&message, 20)
    }

    #[test]
    fn a_kind_is_said_where_the_body_does_not_show_it() {
        let jms = |kind: &str| [("body", Value::Text(kind.into()))];
        assert_eq!(of(b"{\"a\":1}", true, &jms("map")), "map {\"a\":1}");
        assert_eq!(of(b"hello", true, &jms("text")), "hello");
        assert_eq!((of(b"", true, &jms("text")), of(b"", true, &jms("bytes"))), ("empty text".into(), "empty bytes".into()));
        assert_eq!((of(b"", true, &jms("message")), of(b"", true, &[])), ("no body".into(), String::new()));
        assert_eq!((of(b"", false, &jms("stream")), of(b"", false, &jms("text"))), ("stream, not shown".into(), "not shown".into()));
        // a map of JMS is a value of AMQP, and its bytes are data
        let amqp = |kind: &str, of_jms| [("body", Value::Text(kind.into())), ("x-opt-jms-msg-type", Value::Int(of_jms))];
        assert_eq!((of(b"{}", true, &amqp("value", 2)), of(b"x", true, &amqp("data", 3))), ("map {}".into(), "bytes x".into()));
        assert_eq!((of(b"7", true, &jms("value")), of(b"x", true, &jms("data"))), ("value 7".into(), "x".into()));
    }
}
