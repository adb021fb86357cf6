//! The TOML twin: a TOML text as the same tree that a block file gives.

use ::toml::Spanned;
use ::toml::de::{DeTable, DeValue};

use super::hyp::Mistake;
use super::source::Span;
use super::tree::{Entry, Node, Value};

/// Reads a text. Always gives a tree, of what could be read, and all mistakes.
pub fn parse(file: u32, text: &str) -> (Node, Vec<Mistake>) {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mistakes = errors
        .iter()
        .map(|error| Mistake { at: error.span().unwrap_or(0..0), message: error.message().to_owned(), note: String::new() })
        .collect();
    let mut root = map(file, table.get_ref());
    root.span = Span::new(file, 0..text.len());
    (root, mistakes)
}

fn map(file: u32, table: &DeTable<'_>) -> Node {
    let mut entries: Vec<Entry> = table
        .iter()
        .map(|(key, value)| Entry { key: key.get_ref().to_string(), key_span: Span::new(file, key.span()), node: node(file, value) })
        .collect();
    // the parser sorts by name; in some blocks the order of the file decides
    entries.sort_by_key(|entry| entry.key_span);
    Node { value: Value::Map(entries), span: Span::default() }
}

fn node(file: u32, value: &Spanned<DeValue<'_>>) -> Node {
    let span = Span::new(file, value.span());
    let value = match value.get_ref() {
        DeValue::String(text) => Value::Str(text.to_string()),
        DeValue::Integer(number) => {
            match i64::from_str_radix(&number.as_str().replace('_', ""), number.radix()) {
                Ok(number) => Value::Int(number),
                // too large for any setting: as a float it fails its range
                Err(_) => Value::Float(f64::MAX),
            }
        }
        DeValue::Float(number) => Value::Float(number.as_str().replace('_', "").parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(flag) => Value::Bool(*flag),
        DeValue::Datetime(time) => Value::Str(time.to_string()),
        DeValue::Array(items) => Value::List(items.iter().map(|item| node(file, item)).collect()),
        DeValue::Table(table) => map(file, table).value,
    };
    Node { value, span }
}
