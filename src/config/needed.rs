//! What a block cannot do without: settings that must be there once the block is.

use std::collections::BTreeMap;

use super::diagnostic::Findings;
use super::leaf::join;
use super::profile::BrokerKind;
use super::settings::{BLOCKS, Trie, trie};
use super::source::{Sources, Span};
use super::tree::{Node, Value};

/// Looks through the nine blocks of one context.
pub fn blocks(node: &Node, kinds: &BTreeMap<String, BrokerKind>, sources: &Sources, findings: &mut Findings) {
    for entry in node.entries() {
        let Some(child) = trie().get(&entry.key) else { continue };
        if entry.key != "messaging" {
            look(&entry.node, child, entry.key_span, &entry.key, sources, findings);
            continue;
        }
        for connection in entry.node.entries() {
            let kind = kinds.get(&connection.key).map(|kind| kind.word());
            if let Some(child) = kind.and_then(|kind| child.children.get(kind)) {
                let path = join(&entry.key, &connection.key);
                look(&connection.node, child, connection.key_span, &path, sources, findings);
            }
        }
    }
}

/// Looks through redrive's own sections.
pub fn own(root: &Node, sources: &Sources, findings: &mut Findings) {
    for entry in root.entries().iter().filter(|entry| !BLOCKS.contains(&entry.key.as_str())) {
        if let Some(child) = trie().get(&entry.key).filter(|_| entry.key != "contexts") {
            look(&entry.node, child, entry.key_span, &entry.key, sources, findings);
        }
    }
}

fn look(node: &Node, at: &Trie, key: Span, path: &str, sources: &Sources, findings: &mut Findings) {
    match &node.value {
        Value::Map(entries) => {
            for (name, child) in &at.children {
                let needed = child.setting.is_some_and(|setting| setting.needed);
                if needed && *name != "*" && node.entry(name).is_none() {
                    findings.error(sources, key, format!("{path} needs {name}"), "");
                }
            }
            for entry in entries {
                if let Some(child) = at.get(&entry.key) {
                    let path = join(path, &entry.key);
                    look(&entry.node, child, entry.key_span, &path, sources, findings);
                }
            }
        }
        Value::List(items) => {
            let item = at.item().or(path.ends_with("dlq_config").then_some(at));
            for (index, node) in items.iter().enumerate() {
                if let (Some(item), Value::Map(_)) = (item, &node.value) {
                    let path = format!("{path}[{index}]");
                    look(node, item, node.span, &path, sources, findings);
                }
            }
        }
        _ => {}
    }
}
