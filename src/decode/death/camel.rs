//! Camel: nothing is on the wire by default; what leaks of an exchange is read, and its redelivery counters are taken off.

use super::activemq::of_thrown;
use super::fields::Headers;
use crate::model::{Death, Message, Told};

pub(super) fn owns(name: &str) -> bool {
    name.starts_with("CamelRedeliver") || name.starts_with("CamelFailure") || name == "CamelExceptionCaught"
}

/// Source: camel, dead-letter-channel.adoc.
pub(super) fn read(message: &Message) -> Option<Death> {
    let headers = Headers::new(message, "Camel");
    if !["FailureRouteId", "FailureEndpoint", "ExceptionCaught"].iter().any(|h| headers.has(h)) {
        return None;
    }
    let error = headers.text("ExceptionCaught").map(|text| of_thrown(&text, None)).unwrap_or_default();
    Some(Death {
        family: "Camel",
        origin: Told::nothing("Camel does not write it"),
        failed_by: headers.told("FailureRouteId", "Camel did not write the route"),
        error: error.told(headers.name("ExceptionCaught")),
        attempts: headers.retries("RedeliveryCounter", "no CamelRedeliveryCounter"),
        ..Death::default()
    })
}
