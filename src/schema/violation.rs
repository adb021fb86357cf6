//! Findings of a check: each with its pointer, its place in the body and how bad it is.

use crate::decode::json::{Json, NodeId};

/// Findings kept of one message.
const MOST: usize = 1000;

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
    /// JSON pointer of the value, present or missing; empty for the whole body. May hold control characters: show it escaped.
    pub pointer: String,
    /// What is wrong, without the pointer (`not a uuid`); safe for a terminal.
    pub what: String,
    pub severity: Severity,
    /// The first byte of the offending value (or key) in the body, where it is there: exact even among duplicate keys.
    pub at: Option<usize>,
}

/// Findings while they are gathered.
#[derive(Default)]
pub(super) struct Findings {
    found: Vec<Violation>,
}

impl Findings {
    /// A violation of a value that is there.
    pub(super) fn at(&mut self, json: &Json, id: NodeId, what: impl Into<String>) {
        self.add(json.pointer(id), Some(json.range(id).start), what.into(), Severity::Error);
    }

    /// A violation where nothing is, or of the whole.
    pub(super) fn missing(&mut self, pointer: impl Into<String>, what: impl Into<String>) {
        self.add(pointer.into(), None, what.into(), Severity::Error);
    }

    /// A finding that makes nothing invalid.
    pub(super) fn warn(&mut self, pointer: impl Into<String>, at: Option<usize>, what: impl Into<String>) {
        self.add(pointer.into(), at, what.into(), Severity::Warning);
    }

    /// Of two rules that find one thing wrong, the first speaks.
    fn add(&mut self, pointer: String, at: Option<usize>, what: String, severity: Severity) {
        let known = |v: &&Violation| v.pointer == pointer && v.what == what && v.at == at;
        if self.found.len() < MOST && self.found.iter().rev().take(64).find(known).is_none() {
            self.found.push(Violation { pointer, what, severity, at });
        }
    }

    pub(super) fn any_error(&self) -> bool {
        self.found.iter().any(|v| v.severity == Severity::Error)
    }

    /// In the body's order; what is missing stands with its container.
    pub(super) fn in_order(mut self, json: Option<&Json>) -> Vec<Violation> {
        if let Some(json) = json {
            self.found.sort_by_cached_key(|v| v.at.unwrap_or_else(|| json.range(json.find(&v.pointer).0).start));
        }
        self.found
    }
}
