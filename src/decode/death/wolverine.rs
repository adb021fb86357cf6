//! Wolverine (.NET): `exception-type`, `exception-message`, `exception-stack`, `failed-at`, and from 2026 on `original-destination`.

use super::fields::{Headers, Thrown};
use super::values::queue_in;
use crate::model::{Death, Message, Origin, Told};

/// `attempts` would have it dead-lettered again at its first failure.
const OWN: [&str; 8] = [
    "exception-type",
    "exception-message",
    "exception-stack",
    "failed-at",
    "original-destination",
    "original-partition",
    "original-offset",
    "attempts",
];

pub(super) fn owns(name: &str) -> bool {
    OWN.contains(&name)
}

/// Source: DeadLetterQueueConstants.cs, StampFailureMetadata.
pub(super) fn read(message: &Message) -> Option<Death> {
    let headers = Headers::new(message, "");
    if !headers.has("exception-type") || !(headers.has("failed-at") || headers.has("exception-stack")) {
        return None;
    }
    let integer = |name: &str| headers.integer(name).filter(|n| *n >= 0);
    let queue = headers.text("original-destination").and_then(|address| queue_in(&address));
    let origin = queue.map(|name| Origin {
        name,
        partition: integer("original-partition").and_then(|p| i32::try_from(p).ok()),
        offset: integer("original-offset"),
        ..Origin::default()
    });
    let error = Thrown {
        class: headers.text("exception-type"),
        message: headers.text("exception-message"),
        stack: headers.text("exception-stack"),
        ..Thrown::default()
    };
    let attempts = integer("attempts").and_then(|n| u32::try_from(n).ok());
    Some(Death {
        family: "Wolverine",
        failed_by: match &origin {
            Some(origin) => Told::header(origin.name.clone(), "original-destination"),
            None => Told::nothing("no original-destination"),
        },
        origin: origin.map_or_else(|| Told::nothing("no original-destination"), |o| Told::header(o, "original-destination")),
        error: error.told("exception-type".into()),
        attempts: attempts.map_or_else(|| Told::nothing("no attempts"), |n| Told::header(n, "attempts")),
        first: Told::nothing(""),
        last: headers.moment("failed-at", "no failed-at"),
        sent: Told::nothing(""),
        ..Death::default()
    })
}
