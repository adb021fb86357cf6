//! ActiveMQ Classic: the broker's field for the original destination, and `dlqDeliveryFailureCause`, a Throwable's text.

use super::fields::{Headers, Thrown};
use super::values::timestamp;
use crate::model::{Death, Kind, Message, Origin, Sure, Told};

/// Jolokia's, JMS', and STOMP's name of the field (FrameTranslator.java); AMQP has none.
const ORIGIN: [&str; 3] = ["OriginalDestination", "originalDestination", "original-destination"];
const CAUSE: &str = "dlqDeliveryFailureCause";

/// `AMQ_SCHEDULED_*` would delay it once more.
pub(super) fn owns(name: &str) -> bool {
    distinct(name) || ORIGIN.contains(&name) || name.starts_with("AMQ_SCHEDULED_") || name == "scheduledJobId"
}

pub(super) fn distinct(name: &str) -> bool {
    matches!(name, CAUSE | "originalExpiration" | "originalDeliveryMode")
}

/// Source: RegionBroker.java, sendToDeadLetterQueue.
pub(super) fn read(message: &Message) -> Option<Death> {
    let headers = Headers::new(message, "");
    let cause = headers.text(CAUSE);
    // after a retry by the broker the field names the dead-letter queue itself
    let origin =
        ORIGIN.iter().find_map(|name| Some((destination(&headers.text(name)?)?, *name))).filter(|(at, _)| at.name != message.at.name);
    if cause.is_none() && origin.is_none() {
        return None;
    }
    let failed_by = origin.as_ref().map(|(at, name)| (at.name.clone(), *name));
    let told = cause.as_deref().map(read_cause).unwrap_or_default();
    Some(Death {
        family: "ActiveMQ",
        origin: origin.map_or_else(
            || Told::nothing("this way of looking does not show the original destination"),
            |(at, name)| Told::header(at, name),
        ),
        failed_by: failed_by.map_or_else(|| Told::nothing(""), |(at, name)| Told::header(at, name)),
        error: told.error.told(CAUSE.into()),
        attempts: told.attempts.map_or_else(|| Told::nothing("the broker resets its counter"), |n| Told::header(n, CAUSE)),
        first: Told::nothing(""),
        last: match told.expired.and_then(timestamp) {
            Some(time) => Told::from(time, "its expiration: it died then or later", Sure::Guess),
            None => Told::nothing("ActiveMQ does not write when"),
        },
        sent: message.sent.map_or_else(|| Told::nothing(""), |time| Told::header(time, "JMSTimestamp")),
        ..Death::default()
    })
}

/// `queue://orders`, `topic://orders`, `/queue/orders`, `/topic/orders`.
fn destination(text: &str) -> Option<Origin> {
    let (kind, name) = [("queue", Kind::Queue), ("topic", Kind::Topic)].into_iter().find_map(|(word, kind)| {
        let rest = text.strip_prefix(word).and_then(|r| r.strip_prefix("://"));
        Some((kind, rest.or_else(|| text.strip_prefix('/')?.strip_prefix(word)?.strip_prefix('/'))?))
    })?;
    let name = name.split('?').next().filter(|n| !n.is_empty())?;
    Some(Origin { name: name.to_owned(), kind: Some(kind), ..Origin::default() })
}

/// What the text of a cause tells.
#[derive(Default)]
pub(super) struct Cause {
    pub(super) error: Thrown,
    pub(super) attempts: Option<u32>,
    /// Milliseconds since the epoch.
    expired: Option<i64>,
}

/// The broker's `Throwable.toString()`; behind the redelivery policy stands what the client rolled back for.
pub(super) fn read_cause(text: &str) -> Cause {
    let plain = text.strip_prefix("java.lang.Throwable: ").unwrap_or(text).trim();
    if let Some(at) = plain.strip_prefix("Message Expired. Expiration:") {
        let stage = Some("expired".to_owned());
        return Cause { error: Thrown { stage, ..Thrown::default() }, expired: at.trim().parse().ok(), ..Cause::default() };
    }
    if plain.starts_with("duplicate ") {
        return Cause {
            error: Thrown { stage: Some("duplicate".into()), message: Some(plain.to_owned()), ..Thrown::default() },
            ..Cause::default()
        };
    }
    let attempts = plain.strip_prefix("Delivery[").and_then(|rest| rest.split_once(']')?.0.parse().ok());
    let stage = (attempts.is_some() || plain.contains("redelivery policy limit")).then(|| "redelivery limit".to_owned());
    let thrown = plain.rsplit_once(", cause:").map(|(_, thrown)| thrown.trim()).filter(|t| !t.is_empty() && *t != "null");
    let error = match (thrown, &stage) {
        (Some(thrown), _) => of_thrown(thrown, stage.clone()),
        // the policy's text tells nothing of the error
        (None, Some(_)) => Thrown { stage, ..Thrown::default() },
        (None, None) => of_thrown(plain, None),
    };
    Cause { error, attempts, expired: None }
}

/// `com.acme.PaymentTimeout: HTTP 504`.
pub(super) fn of_thrown(text: &str, stage: Option<String>) -> Thrown {
    let (class, message) = text.split_once(": ").map_or((text, None), |(class, message)| (class, Some(message.to_owned())));
    let is_class = class.contains('.') && !class.contains(char::is_whitespace);
    match is_class {
        true => Thrown { class: Some(class.to_owned()), message, stage, ..Thrown::default() },
        false => Thrown { message: Some(text.to_owned()), stage, ..Thrown::default() },
    }
}
