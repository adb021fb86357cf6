//! Celery: the task's headers say which task died; why and where is only in the broker's own record.

use super::fields::Headers;
use super::{x_death, x_opt_deaths};
use crate::model::{Death, Message, Told};

/// Nothing of a task is about its death: all its headers stay.
pub(super) fn owns(_: &str) -> bool {
    false
}

/// Source: celery, docs/internals/protocol.rst. A task that did not die has the same headers, so the broker's record must be there.
pub(super) fn read(message: &Message) -> Option<Death> {
    let headers = Headers::new(message, "");
    let task = headers.text("task").filter(|_| headers.has("id") && (headers.has("root_id") || headers.has("argsrepr")))?;
    x_death::read(message).or_else(|| x_opt_deaths::read(message))?;
    Some(Death {
        family: "Celery",
        failed_by: Told::header(task, "task"),
        error: Told::nothing("Celery keeps the error in its result backend, not in the message"),
        attempts: headers.retries("retries", "no retries header"),
        ..Death::default()
    })
}
