//! Lambda's dead-letter queue for asynchronous calls: the event unchanged, `RequestID`, `ErrorCode` and `ErrorMessage` as attributes.

use super::fields::{Headers, Thrown};
use super::values::number;
use crate::model::{Death, Message, Told};

pub(super) fn owns(name: &str) -> bool {
    matches!(name, "RequestID" | "ErrorCode" | "ErrorMessage")
}

/// The error's text is its first KiB (AWS Lambda Developer Guide, asynchronous invocation).
pub(super) fn error(headers: &Headers<'_>) -> Told<crate::model::Failure> {
    let code = headers.value("ErrorCode").and_then(number).map(|code| format!("status {code}"));
    let text = headers.text("ErrorMessage");
    let source = if text.is_some() { "ErrorMessage" } else { "ErrorCode" };
    Thrown { message: text, stage: code, ..Thrown::default() }.told(source.to_owned())
}

pub(super) fn read(message: &Message) -> Option<Death> {
    let headers = Headers::new(message, "");
    if !headers.has("RequestID") || !(headers.has("ErrorCode") || headers.has("ErrorMessage")) {
        return None;
    }
    Some(Death {
        family: "Lambda",
        origin: Told::nothing("the function that failed is not in the message"),
        failed_by: Told::nothing("Lambda does not write the function"),
        error: error(&headers),
        attempts: Told::nothing("Lambda does not say"),
        first: Told::nothing(""),
        last: headers.moment("SentTimestamp", ""),
        sent: Told::nothing("the event was no message before"),
        ..Death::default()
    })
}
