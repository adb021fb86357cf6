//! NServiceBus on any transport: `NServiceBus.FailedQ`, `.ExceptionInfo.*`, `.TimeOfFailure`; ServiceControl's marks beside them.

use super::fields::{Headers, Thrown, queue_of};
use crate::model::{Death, Message, Told};

const PREFIX: &str = "NServiceBus.";

pub(super) fn owns(name: &str) -> bool {
    let own = |rest: &str| {
        rest.starts_with("ExceptionInfo.")
            || matches!(rest, "FailedQ" | "TimeOfFailure" | "FLRetries" | "DelayedRetries")
            || rest.starts_with("Retries")
    };
    name.strip_prefix(PREFIX).is_some_and(own)
        || name.starts_with("ServiceControl.Retry.")
        || matches!(name, "ServiceControl.TargetEndpointAddress" | "ServiceControl.EditOf" | "ServiceControl.RetryTo")
}

/// Sources: FaultMetadataExtractor.cs; docs nservicebus/messaging/headers.md.
pub(super) fn read(message: &Message) -> Option<Death> {
    let headers = Headers::new(message, PREFIX);
    if !headers.has("FailedQ") && !headers.has("ExceptionInfo.ExceptionType") {
        return None;
    }
    // MSMQ writes queue@machine
    let queue = headers.text("FailedQ").map(|q| q.split('@').next().unwrap_or_default().to_owned()).filter(|q| !q.is_empty());
    let (origin, failed_by) = queue_of(queue, headers.name("FailedQ"));
    let stack = headers.text("ExceptionInfo.StackTrace");
    let source = if stack.is_some() { "ExceptionInfo.StackTrace" } else { "ExceptionInfo.ExceptionType" };
    let error = Thrown {
        class: headers.text("ExceptionInfo.ExceptionType"),
        // the next one in only, so the trace knows better where there is one
        cause: if stack.is_none() { headers.text("ExceptionInfo.InnerExceptionType") } else { None },
        message: headers.text("ExceptionInfo.Message"),
        stack,
        ..Thrown::default()
    };
    Some(Death {
        family: "NServiceBus",
        origin,
        failed_by,
        error: error.told(headers.name(source)),
        attempts: Told::nothing("NServiceBus takes its retry count off before the error queue"),
        first: Told::nothing(""),
        last: headers.moment("TimeOfFailure", "no NServiceBus.TimeOfFailure"),
        sent: headers.moment("TimeSent", ""),
        ..Death::default()
    })
}
