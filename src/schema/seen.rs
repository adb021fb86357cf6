//! A message as it is seen: with its identity, death, verdict, past and a one-line preview.

use std::sync::Arc;

use super::{Declared, Verdict, Violation, check};
use crate::decode;
use crate::model::{Death, Message, MessageId, Past};

/// A message and all that is known of it; what every face, rule and search shows. Made by jobs, never by the UI thread.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    pub message: Arc<Message>,
    pub id: MessageId,
    /// The id is derived from a position: its sender gave it none.
    pub derived: bool,
    pub death: Death,
    /// The event type the message names, declared or not.
    pub event: Option<String>,
    pub verdict: Verdict,
    pub violations: Vec<Violation>,
    /// What the ledger knows of it, oldest first; [`see`] leaves it empty.
    pub past: Vec<Past>,
    /// The body on one line, safe for a terminal, at most 200 characters and `…`, behind its kind.
    pub preview: String,
}

/// Looks at a message. `past` is left for the ledger to fill.
pub fn see(message: impl Into<Arc<Message>>, declared: &Declared) -> Seen {
    let message = message.into();
    let death = decode::death(&message);
    let who = decode::identify(&message, &death, declared.known_by());
    let checked = check(&message, &death, declared);
    let preview = decode::preview_of(&message, 200);
    Seen {
        id: who.id,
        derived: who.derived,
        death,
        event: checked.event,
        verdict: checked.verdict,
        violations: checked.violations,
        past: Vec::new(),
        preview,
        message,
    }
}
