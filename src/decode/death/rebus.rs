//! Rebus (.NET): `rbs2-source-queue` and `rbs2-error-details`, one text of all that was thrown.

use super::fields::{Headers, Thrown, queue_of};
use crate::model::{Death, Message, Told};

/// `rbs2-msg-id` and the others are the message's own and stay.
pub(super) fn owns(name: &str) -> bool {
    matches!(name, "rbs2-error-details" | "rbs2-source-queue" | "rbs2-delivery-count")
}

pub(super) fn read(message: &Message) -> Option<Death> {
    let headers = Headers::new(message, "rbs2-");
    if !headers.has("error-details") && !headers.has("source-queue") {
        return None;
    }
    let (origin, failed_by) = queue_of(headers.text("source-queue"), headers.name("source-queue"));
    let details = headers.text("error-details").unwrap_or_default();
    let error = Thrown { message: headline(&details), stack: last_thrown(&details), ..Thrown::default() };
    let attempts = headers.integer("delivery-count").and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0);
    Some(Death {
        family: "Rebus",
        origin,
        failed_by,
        error: error.told(headers.name("error-details")),
        attempts: match (attempts, thrown_count(&details)) {
            (Some(count), _) => Told::header(count, headers.name("delivery-count")),
            (None, Some(count)) => Told::header(count, headers.name("error-details")),
            (None, None) => Told::nothing("Rebus did not write the count"),
        },
        first: Told::nothing(""),
        last: Told::nothing("Rebus writes no time of its own"),
        sent: headers.moment("senttime", ""),
        ..Death::default()
    })
}

/// The first line that says something.
fn headline(details: &str) -> Option<String> {
    details.lines().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned)
}

/// `5 unhandled exceptions: ...` (InMemErrorTracker).
fn thrown_count(details: &str) -> Option<u32> {
    let (count, rest) = details.trim_start().split_once(' ')?;
    rest.starts_with("unhandled exception").then(|| count.parse().ok()).flatten()
}

/// The text from the last exception's class on, with its trace: each is written behind a time, `<time>: System.X: message`.
fn last_thrown(details: &str) -> Option<String> {
    let mut found = None;
    let mut at = 0;
    for line in details.split_inclusive('\n') {
        let inner = line.trim_start().starts_with("at ") || line.trim_start().starts_with("--->");
        if !inner && let Some(class) = class_in(line) {
            found = Some(at + class);
        }
        at += line.len();
    }
    found.and_then(|from| details.get(from..)).map(|text| text.trim_end().to_owned())
}

/// Where on a line a class name stands: `Name.Space.SomethingException:`.
fn class_in(line: &str) -> Option<usize> {
    let mut at = 0;
    for word in line.split(' ') {
        let class = word.trim_end();
        if let Some(class) = class.strip_suffix(':')
            && class.starts_with(char::is_alphabetic)
            && (class.ends_with("Exception") || class.ends_with("Error") || class.contains('.'))
            && class.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '+' | '`'))
        {
            return Some(at);
        }
        at += word.len() + 1;
    }
    None
}
