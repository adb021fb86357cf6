//! An SQS message as the contract's, and its attributes both ways with their types kept.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use aws_sdk_sqs::primitives::Blob;
use aws_sdk_sqs::types::{Message as Received, MessageAttributeValue, MessageSystemAttributeName as System};

use super::queue::is_fifo;
use crate::model::{Address, Fields, Message, Seat, Typed, Value, WireType};

/// Property of a message of a standard queue that was sent with a group (a fair queue); on FIFO queues the group is the key.
pub const GROUP: &str = "MessageGroupId";
/// Property with the X-Ray trace, the one system attribute that a sender sets.
pub const TRACE: &str = "AWSTraceHeader";

/// A received message. System attributes are delivery fields under their AWS names, for the times SQS writes milliseconds.
pub fn read(at: &Address, received: Received) -> Message {
    let system = received.attributes.unwrap_or_default();
    let mut headers: Fields =
        received.message_attributes.unwrap_or_default().into_iter().map(|(name, value)| (name, typed(value))).collect();
    // a map has no order: by name, so that a message looks the same each time
    headers.sort_by(|a, b| a.0.cmp(&b.0));
    let text = |value: &str| Typed { value: Value::Text(value.to_owned()), wire: WireType("String".into()) };
    let group = system.get(&System::MessageGroupId).filter(|g| !g.is_empty());
    let mut properties = Fields::new();
    if let Some(group) = group.filter(|_| !is_fifo(&at.name)) {
        properties.push((GROUP.to_owned(), text(group)));
    }
    if let Some(trace) = system.get(&System::AwsTraceHeader) {
        properties.push((TRACE.to_owned(), text(trace)));
    }
    let mut delivery: Fields = system
        .iter()
        .filter(|(name, _)| **name != System::AwsTraceHeader)
        .map(|(name, value)| {
            let number = matches!(name, System::ApproximateReceiveCount | System::SentTimestamp | System::ApproximateFirstReceiveTimestamp);
            let value = match value.parse::<i128>().ok().filter(|_| number) {
                Some(n) if *name == System::ApproximateReceiveCount => Value::Int(n),
                Some(n) => i64::try_from(n).map_or_else(|_| Value::Text(value.clone()), Value::Time),
                None => Value::Text(value.clone()),
            };
            (name.as_str().to_owned(), Typed { value, wire: WireType("String".into()) })
        })
        .collect();
    delivery.sort_by(|a, b| a.0.cmp(&b.0));
    let sent =
        system.get(&System::SentTimestamp).and_then(|ms| ms.parse().ok()).map(|ms| SystemTime::UNIX_EPOCH + Duration::from_millis(ms));
    Message {
        at: at.clone(),
        seat: Seat::Id(received.message_id.unwrap_or_default()),
        key: group.filter(|_| is_fifo(&at.name)).map(|g| g.clone().into()),
        body: Some(received.body.unwrap_or_default().into()),
        headers,
        properties,
        delivery,
        sent,
        whole: true,
    }
}

/// An attribute with its type's full name (`Number.int`); numbers stay the digits they are.
fn typed(value: MessageAttributeValue) -> Typed {
    let found = match (value.binary_value, value.string_value) {
        (Some(blob), _) => Value::Bytes(blob.into_inner().into()),
        (None, text) => Value::Text(text.unwrap_or_default()),
    };
    Typed { value: found, wire: WireType(value.data_type.into()) }
}

/// The attribute of a header that [`super::rehearse`] let through; `None` for one that it would not have.
pub fn attribute(value: &Typed) -> Option<MessageAttributeValue> {
    let built = MessageAttributeValue::builder().data_type(value.wire.0.as_ref());
    match &value.value {
        Value::Bytes(b) => built.binary_value(Blob::new(b.to_vec())),
        Value::Text(t) => built.string_value(t),
        _ => return None,
    }
    .build()
    .ok()
}

/// All headers as attributes.
pub fn attributes(headers: &Fields) -> Option<HashMap<String, MessageAttributeValue>> {
    let all: HashMap<_, _> = headers.iter().filter_map(|(n, v)| Some((n.clone(), attribute(v)?))).collect();
    Some(all).filter(|a| !a.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ConnId, Kind, field};

    #[test]
    fn types_and_system_attributes_are_kept() {
        let attribute = |kind: &str| MessageAttributeValue::builder().data_type(kind);
        let received = Received::builder()
            .message_id("m1")
            .body("b")
            .attributes(System::ApproximateReceiveCount, "3")
            .attributes(System::SentTimestamp, "1700000000000")
            .attributes(System::MessageGroupId, "g")
            .attributes(System::AwsTraceHeader, "Root=1")
            .message_attributes("n", attribute("Number.int").string_value("007").build().unwrap())
            .message_attributes("b", attribute("Binary.png").binary_value(Blob::new([0, 255])).build().unwrap())
            .build();
        let queue = |name: &str| Address::new(ConnId::new("aws"), Kind::Queue, name);
        let m = read(&queue("q.fifo"), received.clone());
        assert_eq!((m.seat, m.key.as_deref()), (Seat::Id("m1".into()), Some(&b"g"[..])));
        assert_eq!(m.headers[1], ("n".into(), Typed { value: Value::Text("007".into()), wire: WireType("Number.int".into()) }));
        assert_eq!(field(&m.delivery, "ApproximateReceiveCount").map(|v| &v.value), Some(&Value::Int(3)));
        assert_eq!(field(&m.delivery, "SentTimestamp").map(|v| &v.value), Some(&Value::Time(1_700_000_000_000)));
        assert!(field(&m.delivery, TRACE).is_none() && field(&m.properties, TRACE).is_some());
        let again = attributes(&m.headers).unwrap();
        assert_eq!(again["n"].data_type, "Number.int");
        assert_eq!(again["b"].binary_value.as_ref().map(|b| b.as_ref().to_vec()), Some(vec![0, 255]));
        let fair = read(&queue("q"), received);
        assert_eq!((fair.key, field(&fair.properties, GROUP).and_then(Typed::as_text)), (None, Some("g")));
    }
}
