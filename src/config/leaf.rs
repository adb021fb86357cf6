//! What `redrive check` lists: every leaf of every file, with its place and its use.

use super::secret::Place;
use super::source::Span;
use super::tree::{Node, Value};

/// One leaf of a config file.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Leaf {
    /// Where it stands: `messaging.kafka.producer.acks`.
    pub path: String,
    /// Its value for showing; of a secret only where it is kept.
    pub value: String,
    /// File, line and column.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub col: usize,
    /// What redrive does with it, in one sentence.
    pub used_for: String,
    /// `used`, `used, safety wins`, `used, waits for …`, `listed, not used: …` or `unknown`.
    pub status: String,
    /// Where another file or a context says otherwise, and wins.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub overridden: Vec<String>,
    /// The row of the table of settings; empty if it is unknown.
    #[serde(skip)]
    pub setting: &'static str,
    /// Its value's place in bytes.
    #[serde(skip)]
    pub span: Span,
}

impl Leaf {
    /// Its place.
    pub fn place(&self) -> Place {
        Place { file: self.file.clone(), line: self.line, col: self.col }
    }
}

/// A key for a path: in quotes unless it is a plain word.
pub fn key(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !name.is_empty() && name.chars().all(plain) { name.to_owned() } else { quoted(name) }
}

/// A path with one more key.
pub fn join(path: &str, name: &str) -> String {
    if path.is_empty() { key(name) } else { format!("{path}.{}", key(name)) }
}

/// A text as TOML writes it.
pub fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A value as TOML writes it; of a secret only where it is kept.
pub fn literal(value: &Value) -> String {
    match value {
        Value::Str(text) => quoted(text),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => {
            let text = number.to_string();
            if text.contains(['.', 'e', 'n', 'i']) { text } else { format!("{text}.0") }
        }
        Value::Bool(flag) => flag.to_string(),
        Value::Env(name) => format!("env.{name}"),
        Value::Secret(origin) => origin.name(),
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(|item| literal(&item.value)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Map(entries) => {
            let entries: Vec<String> =
                entries.iter().map(|entry| format!("{} = {}", key(&entry.key), literal(&entry.node.value))).collect();
            format!("{{ {} }}", entries.join(", "))
        }
    }
}

/// All leaves below a node with their paths; a list of blocks is entered, other lists are leaves.
pub fn leaves_below<'a>(path: &str, node: &'a Node, found: &mut Vec<(String, &'a Node)>) {
    match &node.value {
        Value::Map(entries) => {
            for entry in entries {
                leaves_below(&join(path, &entry.key), &entry.node, found);
            }
        }
        Value::List(items) if items.iter().any(|i| matches!(i.value, Value::Map(_))) => {
            for (at, item) in items.iter().enumerate() {
                leaves_below(&format!("{path}[{at}]"), item, found);
            }
        }
        _ => found.push((path.to_owned(), node)),
    }
}
