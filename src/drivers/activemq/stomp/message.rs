//! A MESSAGE frame as the model has it, under the names that JMS has for its fields; properties are all text by STOMP.

use std::borrow::Cow;
use std::time::{Duration, UNIX_EPOCH};

use super::Frame;
use crate::model::{Address, Fields, Message, Seat, Typed, Value, WireType};

/// The type of every value that STOMP tells.
pub(in crate::drivers::activemq) const STOMP: WireType = WireType(Cow::Borrowed("string"));
/// The property that says which kind of JMS message it is.
pub(in crate::drivers::activemq) const BODY: &str = "body";

fn text(value: impl Into<String>) -> Typed {
    Typed { value: Value::Text(value.into()), wire: STOMP }
}

/// A browsed or received message. An empty body without a length may be an empty text, or a map, object or stream message, which STOMP does not
/// show: that is a cut view.
pub(in crate::drivers::activemq) fn message(at: &Address, frame: Frame) -> Message {
    let bytes = frame.get("content-length").is_some();
    let (mut headers, mut properties, mut delivery) = (Fields::new(), Fields::new(), Fields::new());
    let (mut seat, mut sent) = (String::new(), None);
    // without the header it was sent as not persistent, which the broker does not say
    let mut mode = "NON-PERSISTENT";
    for (name, value) in frame.headers {
        match name.as_str() {
            "message-id" => seat = value,
            "timestamp" => sent = value.parse().ok().and_then(|ms| UNIX_EPOCH.checked_add(Duration::from_millis(ms))),
            "correlation-id" => properties.push(("JMSCorrelationID".into(), text(value))),
            "reply-to" => properties.push(("JMSReplyTo".into(), text(value))),
            "type" => properties.push(("JMSType".into(), text(value))),
            "priority" => properties.push(("JMSPriority".into(), text(value))),
            "expires" if value != "0" => properties.push(("JMSExpiration".into(), text(value))),
            "persistent" => mode = if value == "true" { "PERSISTENT" } else { mode },
            "JMSXGroupID" | "JMSXGroupSeq" | "JMSXUserID" => properties.push((name, text(value))),
            "expires" | "content-length" | "subscription" | "browser" | "ack" => {}
            "original-destination" | "destination" | "redelivered" => delivery.push((name, text(value))),
            _ => headers.push((name, text(value))),
        }
    }
    properties.push(("JMSDeliveryMode".into(), text(mode)));
    properties.push(("JMSMessageID".into(), text(seat.clone())));
    properties.push((BODY.into(), text(if bytes { "bytes" } else { "text" })));
    headers.sort_by(|a, b| a.0.cmp(&b.0));
    properties.sort_by(|a, b| a.0.cmp(&b.0));
    let whole = bytes || !frame.body.is_empty();
    Message { at: at.clone(), seat: Seat::Id(seat), key: None, body: Some(frame.body), headers, properties, delivery, sent, whole }
}
