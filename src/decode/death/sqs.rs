//! SQS' own redrive: the system attribute `DeadLetterQueueSourceArn` says from which queue; why is never told.

use super::fields::Headers;
use crate::model::{Death, Failure, Kind, Message, Origin, Told};

const SOURCE: &str = "DeadLetterQueueSourceArn";

pub(super) fn owns(name: &str) -> bool {
    name == SOURCE
}

/// Source: SQS API reference, ReceiveMessage.
pub(super) fn read(message: &Message) -> Option<Death> {
    let headers = Headers::new(message, "");
    let queue = headers.text(SOURCE).and_then(|arn| arn.rsplit(':').next().map(str::to_owned)).filter(|q| !q.is_empty())?;
    let failure = Failure { stage: Some("received too often".into()), ..Failure::default() };
    Some(Death {
        family: "SQS redrive",
        origin: Told::header(Origin { name: queue.clone(), kind: Some(Kind::Queue), ..Origin::default() }, SOURCE),
        failed_by: Told::header(queue, SOURCE),
        // the redrive policy's maxReceiveCount is the only thing that moves a message there
        error: Told::header(failure, SOURCE),
        attempts: Told::nothing("ApproximateReceiveCount counts every look too"),
        first: Told::nothing(""),
        last: Told::nothing("SQS does not say when it was moved"),
        sent: headers.moment("SentTimestamp", "no SentTimestamp"),
        ..Death::default()
    })
}
