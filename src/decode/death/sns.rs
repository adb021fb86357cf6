//! SNS' dead-letter queue of a subscription: the notification that could not be delivered, as its envelope.

use bytes::Bytes;

use super::fields::Headers;
use super::lambda;
use crate::decode::json::{self, NodeKind};
use crate::model::{Death, Kind, Message, Told, named_role};

pub(super) fn owns(name: &str) -> bool {
    lambda::owns(name)
}

/// The same envelope lies in every subscribed queue, so an error or the queue's name must say that this one is dead.
/// Which subscription failed is in no field: the queue's redrive relation tells.
pub(super) fn read(message: &Message) -> Option<Death> {
    if message.at.kind != Kind::Queue {
        return None;
    }
    let headers = Headers::new(message, "");
    let told = headers.has("ErrorCode") || headers.has("ErrorMessage");
    if !told && (headers.has("DeadLetterQueueSourceArn") || !named_role(&message.at.name).is_dlq()) {
        return None;
    }
    let (topic, sent) = envelope(message.body.as_ref()?)?;
    Some(Death {
        family: "SNS",
        origin: Told::nothing(format!("the subscription that failed is not in the message; its topic is {topic}")),
        failed_by: Told::nothing("SNS does not write the subscription"),
        error: if told { lambda::error(&headers) } else { Told::nothing("SNS wrote no error") },
        attempts: Told::nothing("SNS does not say"),
        first: Told::nothing(""),
        last: headers.moment("SentTimestamp", ""),
        sent: sent
            .and_then(|text| super::values::moment_in(&text))
            .map_or_else(|| Told::nothing(""), |t| Told::header(t, "Timestamp of the envelope")),
        ..Death::default()
    })
}

/// Topic and time of a notification.
fn envelope(body: &Bytes) -> Option<(String, Option<String>)> {
    const MARK: &[u8] = b"\"TopicArn\"";
    if !body.trim_ascii_start().starts_with(b"{") || !body.windows(MARK.len()).any(|w| w == MARK) {
        return None;
    }
    let json = json::parse(body).ok()?;
    let text = |pointer: &str| {
        let (node, true) = json.find(pointer) else { return None };
        (json.node(node).kind == NodeKind::String).then(|| json.string(node).map(|t| t.into_owned())).flatten()
    };
    (text("/Type").as_deref() == Some("Notification")).then_some(())?;
    Some((text("/TopicArn")?.rsplit(':').next()?.to_owned(), text("/Timestamp")))
}
