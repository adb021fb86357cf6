//! Layers merged: leaf by leaf, lists as a whole, the last one wins.

use std::collections::BTreeMap;

use super::source::Span;
use super::tree::{Entry, Node, Value};

/// Which places lost, and to which place.
pub type Lost = BTreeMap<Span, Vec<Span>>;

/// `over` merged over `base`. `inherit = false` in a table starts it from nothing.
pub fn merge(base: Node, over: Node, lost: &mut Lost) -> Node {
    let span = over.span;
    match (base.value, over.value) {
        (Value::Map(base), Value::Map(over)) => Node { value: Value::Map(maps(base, over, lost)), span },
        (_, over) => Node { value: over, span },
    }
}

fn maps(mut base: Vec<Entry>, over: Vec<Entry>, lost: &mut Lost) -> Vec<Entry> {
    let alone = over.iter().find(|entry| alone(entry)).map(|entry| entry.node.span);
    if let Some(by) = alone {
        let mut spans = Vec::new();
        base.iter().for_each(|entry| node_spans(&entry.node, &mut spans));
        for span in spans {
            lost.entry(span).or_default().push(by);
        }
        base.clear();
    }
    for entry in over {
        if alone.is_some() && self::alone(&entry) {
            continue;
        }
        match base.iter_mut().find(|old| old.key == entry.key) {
            Some(old) => {
                let before = std::mem::replace(&mut old.node, Node::empty(Span::default()));
                let both = matches!((&before.value, &entry.node.value), (Value::Map(_), Value::Map(_)));
                if !both {
                    let mut spans = Vec::new();
                    node_spans(&before, &mut spans);
                    for span in spans {
                        lost.entry(span).or_default().push(entry.node.span);
                    }
                }
                old.node = merge(before, entry.node, lost);
                old.key_span = entry.key_span;
            }
            None => base.push(entry),
        }
    }
    base
}

/// Takes the `inherit` marks out, which have done their work.
pub fn strip(node: &mut Node) {
    if let Value::Map(entries) = &mut node.value {
        entries.retain(|entry| !(entry.key == "inherit" && matches!(entry.node.value, Value::Bool(_))));
        for entry in entries {
            strip(&mut entry.node);
        }
    }
}

fn alone(entry: &Entry) -> bool {
    entry.key == "inherit" && entry.node.value == Value::Bool(false)
}

fn node_spans(node: &Node, spans: &mut Vec<Span>) {
    match &node.value {
        Value::Map(entries) => entries.iter().for_each(|entry| node_spans(&entry.node, spans)),
        Value::List(items) if items.iter().any(|i| matches!(i.value, Value::Map(_))) => {
            items.iter().for_each(|item| node_spans(item, spans));
        }
        _ => spans.push(node.span),
    }
}
