//! What is odd about a JSON body whatever was declared: duplicate keys, and characters that must be shown escaped.

use std::collections::HashSet;

use super::violation::Findings;
use crate::decode::is_unsafe;
use crate::decode::json::{Json, NodeId, NodeKind, unescape};

/// Warns of duplicate keys and of control or invisible characters.
pub(super) fn look(json: &Json, findings: &mut Findings) {
    for id in json.ids() {
        let node = json.node(id);
        if node.kind == NodeKind::Object {
            duplicates(json, id, findings);
        }
        if let Some(range) = json.key_range(id)
            && let Some(what) = odd(json.key_token(id))
        {
            findings.warn(json.pointer(id), Some(range.start), format!("{what} in the key, shown escaped"));
        }
        if node.kind == NodeKind::String
            && let Some(what) = odd(json.raw(id))
        {
            findings.warn(json.pointer(id), Some(json.range(id).start), format!("{what}, shown escaped"));
        }
    }
}

fn duplicates(json: &Json, object: NodeId, findings: &mut Findings) {
    let mut seen = HashSet::new();
    for member in json.children(object) {
        if let Some(key) = json.key(member)
            && !seen.insert(key)
        {
            let at = json.key_range(member).map(|range| range.start);
            findings.warn(json.pointer(member), at, "a duplicate key: readers differ in which one they take");
        }
    }
}

/// What kind of odd characters a string has, as raw bytes or by its escapes; an escaped line end or tab is not odd.
fn odd(token: &str) -> Option<&'static str> {
    let word = |c: char| if c.is_control() { "control characters" } else { "invisible characters" };
    if let Some(c) = token.chars().find(|c| is_unsafe(*c)) {
        return Some(word(c));
    }
    if !token.contains("\\u") && !token.contains("\\b") && !token.contains("\\f") {
        return None;
    }
    unescape(token).chars().find(|c| is_unsafe(*c) && !matches!(c, '\n' | '\r' | '\t')).map(word)
}
