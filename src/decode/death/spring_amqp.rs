//! Spring AMQP's RepublishMessageRecoverer: `x-original-exchange`, `x-original-routingKey`, `x-exception-*`; no class, no times.

use super::fields::{Headers, Thrown};
use super::names::origin_by_name;
use crate::model::{Death, Kind, Message, Origin, Told};

/// The trace is cut to the frame (RepublishMessageRecoverer.java), the message may be the cause's.
const OWN: [&str; 4] = ["x-original-exchange", "x-original-routingKey", "x-exception-message", "x-exception-stacktrace"];

pub(super) fn owns(name: &str) -> bool {
    OWN.contains(&name)
}

pub(super) fn read(message: &Message) -> Option<Death> {
    let headers = Headers::new(message, "x-");
    let routed = headers.has("original-routingKey") || headers.has("original-exchange");
    // with these it is Spring Cloud Stream's for Kafka
    if headers.has("original-topic") || headers.has("exception-fqcn") || !(routed || headers.has("exception-stacktrace")) {
        return None;
    }
    let stack = headers.text("exception-stacktrace");
    let source = if stack.is_some() { "exception-stacktrace" } else { "exception-message" };
    let error = Thrown { message: headers.text("exception-message"), stack, ..Thrown::default() };
    Some(Death {
        family: "Spring AMQP",
        origin: origin(message, &headers),
        failed_by: Told::nothing("Spring's recoverer does not write the listener"),
        error: error.told(headers.name(source)),
        attempts: Told::nothing("Spring's recoverer does not say"),
        first: Told::nothing(""),
        last: Told::nothing("Spring's recoverer writes no time"),
        sent: message.sent.map_or_else(|| Told::nothing("the sender set no timestamp"), |t| Told::header(t, "timestamp of the sender")),
        ..Death::default()
    })
}

/// The default exchange's routing key is the queue; else only this queue's name may tell it.
fn origin(message: &Message, headers: &Headers<'_>) -> Told<Origin> {
    let exchange = headers.text("original-exchange");
    let key = headers.text("original-routingKey");
    if let (Some(""), Some(key)) = (exchange.as_deref(), key.as_ref().filter(|k| !k.is_empty())) {
        let origin = Origin { name: key.clone(), kind: Some(Kind::Queue), exchange, routing_keys: vec![key.clone()], ..Origin::default() };
        return Told::header(origin, "x-original-routingKey (default exchange)");
    }
    let mut named = origin_by_name(&message.at.name);
    match &mut named.value {
        Some(origin) => {
            origin.kind = Some(Kind::Queue);
            origin.routing_keys = key.into_iter().collect();
            origin.exchange = exchange;
        }
        None => {
            let way = |what: Option<String>| what.filter(|w| !w.is_empty()).unwrap_or_else(|| "?".into());
            named.source = format!("the queue is not told; exchange {}, routing key {}", way(exchange), way(key));
        }
    }
    named
}
