//! MassTransit's faults and skipped messages: `MT-Fault-*`, `MT-Reason`; queues `<q>_error` and `<q>_skipped`.

use super::fields::{Headers, Thrown, queue_of};
use super::values::queue_in;
use crate::model::{Death, Message, Origin, Sure, Told};

pub(super) fn owns(name: &str) -> bool {
    name.starts_with("MT-Fault-") || matches!(name, "MT-Reason" | "MT-Redelivery-Count")
}

/// Sources: MassTransit.Abstractions/MessageHeaders.cs, Contexts/SendContextExtensions.cs.
pub(super) fn read(message: &Message) -> Option<Death> {
    let headers = Headers::new(message, "MT-");
    if !headers.has("Fault-ExceptionType") && !headers.has("Reason") {
        return None;
    }
    let (mut origin, mut failed_by) =
        queue_of(headers.text("Fault-InputAddress").and_then(|a| queue_in(&a)), headers.name("Fault-InputAddress"));
    if origin.value.is_none()
        && let Some(name) = ["_error", "_skipped"].iter().find_map(|end| message.at.name.strip_suffix(end)).filter(|n| !n.is_empty())
    {
        origin = Told::from(Origin { name: name.to_owned(), ..Origin::default() }, "name of this queue", Sure::Name);
        failed_by = Told::from(name.to_owned(), "name of this queue", Sure::Name);
    }
    let skipped = headers.text("Reason").as_deref() == Some("dead-letter");
    let error = Thrown {
        class: headers.text("Fault-ExceptionType"),
        message: headers.text("Fault-Message"),
        stack: headers.text("Fault-StackTrace"),
        stage: if skipped { Some("skipped: no consumer for its type".into()) } else { headers.text("Fault-ConsumerType") },
        ..Thrown::default()
    };
    let source = if headers.has("Fault-ExceptionType") { "Fault-ExceptionType" } else { "Reason" };
    Some(Death {
        family: "MassTransit",
        origin,
        failed_by,
        error: error.told(headers.name(source)),
        attempts: headers.retries("Fault-RetryCount", "no MT-Fault-RetryCount: it was not retried"),
        first: Told::nothing(""),
        last: headers.moment("Fault-Timestamp", "no MT-Fault-Timestamp"),
        sent: message.sent.map_or_else(|| Told::nothing(""), |time| Told::header(time, "timestamp of the sender")),
        ..Death::default()
    })
}
