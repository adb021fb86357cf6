//! ActiveMQ Artemis: `_AMQ_ORIG_*` properties, over AMQP the annotations `x-opt-ORIG-*`; it writes no reason and no time. An OpenWire client that gave
//! a message up has written its cause, which Artemis keeps under a name of its own.

use super::activemq::read_cause;
use super::fields::Headers;
use super::values::timestamp;
use crate::model::{Death, Failure, Message, Origin, Sure, Told};

/// The client's `dlqDeliveryFailureCause` (measured on 2.56: string property of the dead letter, over AMQP and Jolokia).
const CAUSE: &str = "__HDR_dlqDeliveryFailureCause";

pub(super) fn owns(name: &str) -> bool {
    name == CAUSE
        || name.starts_with("_AMQ_ORIG_")
        || name.starts_with("x-opt-ORIG-")
        || matches!(name, "_AMQ_ACTUAL_EXPIRY" | "x-opt-ACTUAL-EXPIRY")
}

/// Sources: copied-message-properties.adoc; AMQPMessageSupport.toAnnotationName. They tell of the last move, whatever moved it.
pub(super) fn read(message: &Message) -> Option<Death> {
    let core = Headers::new(message, "_AMQ_");
    let amqp = Headers::new(message, "x-opt-");
    let text = |one: &str, other: &str| {
        core.text(one)
            .map(|v| (v, core.name(one)))
            .or_else(|| amqp.text(other).map(|v| (v, amqp.name(other))))
            .filter(|(v, _)| !v.is_empty())
    };
    let queue = text("ORIG_QUEUE", "ORIG-QUEUE");
    let address = text("ORIG_ADDRESS", "ORIG-ADDRESS");
    let (name, source) = queue.or_else(|| address.clone())?;
    let expiry = core.integer("ACTUAL_EXPIRY").or_else(|| amqp.integer("ACTUAL-EXPIRY")).filter(|at| *at > 0);
    let expired = Failure { stage: Some("expired".into()), ..Failure::default() };
    let expiry_source = if core.has("ACTUAL_EXPIRY") { core.name("ACTUAL_EXPIRY") } else { amqp.name("ACTUAL-EXPIRY") };
    // a subscription's queue has a name of its own; what it is fed by is the address
    let exchange = address.map(|(address, _)| address).filter(|address| *address != name);
    let cause = Headers::new(message, "").text(CAUSE).map(|text| read_cause(&text)).unwrap_or_default();
    Some(Death {
        family: "Artemis",
        failed_by: Told::header(name.clone(), source.clone()),
        origin: Told::header(Origin { name, exchange, ..Origin::default() }, source),
        error: match expiry {
            Some(_) => Told::header(expired, expiry_source),
            None => cause.error.failure().map_or_else(|| Told::nothing("Artemis writes no reason"), |f| Told::header(f, CAUSE)),
        },
        attempts: cause.attempts.map_or_else(|| Told::nothing("Artemis does not keep its delivery count"), |n| Told::header(n, CAUSE)),
        first: Told::nothing(""),
        last: match expiry.and_then(timestamp) {
            Some(time) => Told::from(time, "its expiration: it died then or later", Sure::Guess),
            None => Told::nothing("Artemis does not write when"),
        },
        sent: message.sent.map_or_else(|| Told::nothing(""), |time| Told::header(time, "timestamp of the sender")),
        ..Death::default()
    })
}
