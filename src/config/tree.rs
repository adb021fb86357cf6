//! One tree of values with places, the same for both kinds of file.

use std::path::PathBuf;
use std::time::Duration;

use super::secret::{Origin, Secret};
use super::source::{Sources, Span};

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Where it stands; a block from its opening to its closing.
    pub span: Span,
}

/// A value of a config file.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A block or table, in file order, no key twice.
    Map(Vec<Entry>),
    /// A list.
    List(Vec<Node>),
    /// A text.
    Str(String),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// `true` or `false`.
    Bool(bool),
    /// `env.X`: unresolved. After the check it is left only where the variable is not set.
    Env(String),
    /// A secret, made from any of the above by the check, so that no dump shows it.
    Secret(Origin),
}

impl Value {
    /// What it is, for messages.
    pub fn noun(&self) -> &'static str {
        match self {
            Value::Map(_) => "a block",
            Value::List(_) => "a list",
            Value::Str(_) => "a text",
            Value::Int(_) | Value::Float(_) => "a number",
            Value::Bool(_) => "true or false",
            Value::Env(_) => "an environment variable",
            Value::Secret(_) => "a secret",
        }
    }
}

/// One key of a map.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key, letter for letter.
    pub key: String,
    /// Where the key stands.
    pub key_span: Span,
    /// Its value.
    pub node: Node,
}

impl Node {
    /// An empty block.
    pub fn empty(span: Span) -> Self {
        Self { value: Value::Map(Vec::new()), span }
    }

    /// The entries of a block; of anything else none.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The entry of a key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }
}

/// A look at a place in a checked tree; absent, unset and mistaken values are all `None`.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The node, if there is one.
    pub node: Option<&'a Node>,
    /// The key that led here.
    pub key: Option<(&'a str, Span)>,
}

impl<'a> View<'a> {
    /// A view of a whole tree.
    pub fn of(node: &'a Node) -> Self {
        Self { node: Some(node), key: None }
    }

    /// The value of one key.
    pub fn get(self, key: &str) -> View<'a> {
        let entry = self.node.and_then(|node| node.entry(key));
        View { node: entry.map(|entry| &entry.node), key: entry.map(|entry| (entry.key.as_str(), entry.key_span)) }
    }

    /// The value below several keys, written with dots: for names that are ours, not the user's.
    pub fn at(self, path: &str) -> View<'a> {
        path.split('.').fold(self, View::get)
    }

    /// Whether there is anything.
    pub fn is_some(self) -> bool {
        self.node.is_some()
    }

    /// Where the value stands, else the key, else nowhere.
    pub fn span(self) -> Span {
        self.node.map(|node| node.span).unwrap_or_default()
    }

    /// Where the key stands, else the value.
    pub fn key_span(self) -> Span {
        self.key.map_or_else(|| self.span(), |(_, span)| span)
    }

    /// The key that led here.
    pub fn name(self) -> &'a str {
        self.key.map_or("", |(key, _)| key)
    }

    /// The children of a block, each with its key.
    pub fn children(self) -> impl Iterator<Item = View<'a>> {
        self.node
            .map_or(&[][..], Node::entries)
            .iter()
            .map(|entry| View { node: Some(&entry.node), key: Some((entry.key.as_str(), entry.key_span)) })
    }

    /// The items of a list; one block alone counts as a list of one.
    pub fn items(self) -> Vec<View<'a>> {
        match self.node.map(|node| &node.value) {
            Some(Value::List(items)) => items.iter().map(View::of).collect(),
            Some(Value::Map(_)) => vec![self],
            _ => Vec::new(),
        }
    }

    /// A text.
    pub fn text(self) -> Option<&'a str> {
        match self.node.map(|node| &node.value) {
            Some(Value::Str(text)) => Some(text),
            _ => None,
        }
    }

    /// A text of one's own.
    pub fn string(self) -> Option<String> {
        self.text().map(str::to_owned)
    }

    /// A whole number that fits.
    pub fn int<T: TryFrom<i64>>(self) -> Option<T> {
        match self.node.map(|node| &node.value) {
            Some(Value::Int(number)) => T::try_from(*number).ok(),
            _ => None,
        }
    }

    /// Any number.
    pub fn float(self) -> Option<f64> {
        match self.node.map(|node| &node.value) {
            Some(Value::Int(number)) => Some(*number as f64),
            Some(Value::Float(number)) => Some(*number),
            _ => None,
        }
    }

    /// `true` or `false`.
    pub fn bool(self) -> Option<bool> {
        match self.node.map(|node| &node.value) {
            Some(Value::Bool(flag)) => Some(*flag),
            _ => None,
        }
    }

    /// A duration that the field counts in milliseconds.
    pub fn ms(self) -> Option<Duration> {
        self.int().map(Duration::from_millis)
    }

    /// A duration that the field counts in seconds.
    pub fn secs(self) -> Option<Duration> {
        self.int().map(Duration::from_secs)
    }

    /// A list of texts.
    pub fn texts(self) -> Option<Vec<String>> {
        match self.node.map(|node| &node.value) {
            Some(Value::List(items)) => Some(items.iter().filter_map(|item| View::of(item).string()).collect()),
            _ => None,
        }
    }

    /// A list of whole numbers.
    pub fn ints<T: TryFrom<i64>>(self) -> Option<Vec<T>> {
        match self.node.map(|node| &node.value) {
            Some(Value::List(items)) => Some(items.iter().filter_map(|item| View::of(item).int()).collect()),
            _ => None,
        }
    }

    /// A path, from the folder of the file it stands in.
    pub fn path(self, sources: &Sources) -> Option<PathBuf> {
        let text = self.text()?;
        Some(sources.folder(self.span().file).join(text))
    }

    /// A secret, unresolved; `need` says who needs it.
    pub fn secret(self, sources: &Sources, need: &str) -> Option<Secret> {
        let node = self.node?;
        match &node.value {
            Value::Secret(origin) => Some(Secret { origin: origin.clone(), place: sources.place(node.span), need: need.to_owned() }),
            _ => None,
        }
    }
}
