//! The walk along a file's tree and the table of settings: every leaf is checked and listed.

mod resolve;
mod shown;

pub use resolve::variable_of;

use std::collections::BTreeMap;

use super::diagnostic::Findings;
use super::leaf::{Leaf, join, leaves_below};
use super::profile::BrokerKind;
use super::secret::Environment;
use super::settings::{BLOCKS, Setting, Trie, trie};
use super::source::{Sources, Span, sounds_secret};
use super::spelling::nearest;
use super::tree::{Entry, Node, Value};

/// Where the walk is.
#[derive(Clone, Copy)]
struct At<'a> {
    /// What may stand here.
    trie: &'static Trie,
    /// The path so far, as written.
    path: &'a str,
    /// In redrive's own sections every unknown key is an error.
    own: bool,
}

/// What a load collects while it walks.
pub struct Checker<'e> {
    /// The files.
    pub sources: Sources,
    /// The environment.
    pub env: &'e dyn Environment,
    /// Errors and warnings.
    pub findings: Findings,
    /// Every leaf of every file.
    pub leaves: Vec<Leaf>,
    /// What each connection speaks, from all files.
    pub kinds: BTreeMap<String, BrokerKind>,
    /// Variables that are not set, the first place that asks for each, and how many more do.
    pub unset: BTreeMap<String, (Span, usize)>,
}

impl Checker<'_> {
    /// Walks one file, or the block of one context (`context`), and makes its values what the
    /// reader expects. Mistaken values are taken out.
    pub fn file(&mut self, root: &mut Node, context: Option<&str>) {
        let (trie, path) = match context {
            None => (trie(), String::new()),
            Some(name) => (context_trie(), join("contexts", name)),
        };
        let at = At { trie, path: &path, own: context.is_some() };
        self.block(root, at);
    }

    /// Says once for each variable that it is not set.
    pub fn say_unset(&mut self) {
        for (name, (span, more)) in std::mem::take(&mut self.unset) {
            let others = match more {
                0 => String::new(),
                1 => " (one more place asks for it)".to_owned(),
                more => format!(" ({more} more places ask for it)"),
            };
            let message = format!("{name} is not set; not needed yet{others}");
            self.findings.warn(&self.sources, span, message, "");
        }
    }

    fn block(&mut self, node: &mut Node, at: At<'_>) {
        let Value::Map(entries) = &mut node.value else {
            return;
        };
        entries.retain_mut(|entry| self.entry(entry, at));
    }

    /// Whether the entry stays.
    fn entry(&mut self, entry: &mut Entry, at: At<'_>) -> bool {
        let path = join(at.path, &entry.key);
        if entry.key == "inherit" && matches!(entry.node.value, Value::Bool(_)) {
            self.list(&path, &entry.node, "false starts this table from nothing", "used", "");
            return true;
        }
        let Some(child) = self.child(entry, at) else {
            return self.unknown(entry, at, &path);
        };
        let own = at.own_below(&entry.key);
        let below = At { trie: child, path: &path, own };
        let blocks = !child.children.is_empty();
        match &mut entry.node.value {
            Value::Map(_) if blocks => {
                self.block(&mut entry.node, below);
                true
            }
            Value::List(items) if blocks && items.iter().all(|i| matches!(i.value, Value::Map(_))) => {
                // `dlq_config` may be one block or a list of them; the others say which they are
                let item = child.item().or_else(|| (entry.key == "dlq_config").then_some(child));
                let Some(item) = item else {
                    let message = format!("{} is a block, found a list", entry.key);
                    self.findings.error(&self.sources, entry.node.span, message, "");
                    return false;
                };
                for (index, node) in items.iter_mut().enumerate() {
                    let path = format!("{path}[{index}]");
                    let at = At { trie: item, path: &path, own };
                    self.block(node, at);
                }
                true
            }
            _ => match child.setting {
                Some(setting) => self.leaf(setting, entry, &path),
                None => {
                    let wants = if child.item().is_some() { "a list of blocks" } else { "a block" };
                    let message = format!("{} is {wants}, found {}", entry.key, entry.node.value.noun());
                    self.findings.error(&self.sources, entry.node.span, message, "");
                    false
                }
            },
        }
    }

    fn child(&mut self, entry: &Entry, at: At<'_>) -> Option<&'static Trie> {
        let root = trie();
        let messaging = root.get("messaging");
        if messaging.is_some_and(|messaging| std::ptr::eq(messaging, at.trie)) {
            // a connection: its kind decides what may stand below it
            return match self.kinds.get(&entry.key) {
                Some(kind) => at.trie.children.get(kind.word()),
                None => None,
            };
        }
        if std::ptr::eq(at.trie, context_trie()) && BLOCKS.contains(&entry.key.as_str()) {
            return root.get(&entry.key);
        }
        at.trie.get(&entry.key)
    }

    fn unknown(&mut self, entry: &Entry, at: At<'_>, path: &str) -> bool {
        let key = &entry.key;
        let connection = trie().get("messaging").is_some_and(|m| std::ptr::eq(m, at.trie));
        let known: Vec<&str> =
            if std::ptr::eq(at.trie, context_trie()) { at.trie.names().chain(BLOCKS).collect() } else { at.trie.names().collect() };
        let near = nearest(key, known.iter().copied());
        let meant = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        if connection {
            let message = format!("connection {key:?} needs kind, its name says none{meant}");
            let note = "kind = \"kafka\", \"rabbitmq\", \"activemq\" or \"aws_messaging\"";
            self.findings.error(&self.sources, entry.key_span, message, note);
            return false;
        }
        if near.is_some_and(sounds_secret) {
            self.sources.hide(entry.node.span);
        }
        if at.own {
            let message = format!("[{}] has no {key}{meant}", at.path);
            self.findings.error(&self.sources, entry.key_span, message, "");
        } else if near.is_some() {
            let message = format!("{key} is not known here{meant}");
            self.findings.error(&self.sources, entry.key_span, message, "");
        } else {
            let message = format!("{key} is not known here; nothing uses it");
            self.findings.warn(&self.sources, entry.key_span, message, "");
        }
        let mut below = Vec::new();
        leaves_below(path, &entry.node, &mut below);
        for (path, node) in below {
            if sounds_secret(&path) {
                self.sources.hide(node.span);
            }
            self.list(&path, node, "", "unknown", "");
        }
        false
    }

    fn leaf(&mut self, setting: &'static Setting, entry: &mut Entry, path: &str) -> bool {
        let span = entry.node.span;
        let status = setting.status().to_string();
        self.list(path, &entry.node, setting.what, &status, setting.path);
        entry.node.value = match self.value(setting, &entry.key, &entry.node) {
            Ok(value) => value,
            Err(wrong) => {
                self.findings.error(&self.sources, span, wrong.message, &wrong.note);
                // it is there, so its block does not lack it, and it holds nothing
                Value::Env(String::new())
            }
        };
        true
    }

    fn list(&mut self, path: &str, node: &Node, used_for: &str, status: &str, setting: &'static str) {
        let place = self.sources.place(node.span);
        self.leaves.push(Leaf {
            path: path.to_owned(),
            value: shown::value(path, node, setting, self.env),
            file: place.file,
            line: place.line,
            col: place.col,
            used_for: used_for.to_owned(),
            status: status.to_owned(),
            overridden: Vec::new(),
            setting,
            span: node.span,
        });
    }
}

impl At<'_> {
    /// Whether what stands below a key belongs to redrive's own sections.
    fn own_below(self, key: &str) -> bool {
        if self.path.is_empty() || std::ptr::eq(self.trie, context_trie()) {
            return !BLOCKS.contains(&key);
        }
        self.own
    }
}

/// What may stand below `[contexts.NAME]`.
fn context_trie() -> &'static Trie {
    static EMPTY: std::sync::OnceLock<Trie> = std::sync::OnceLock::new();
    trie().get("contexts").and_then(|contexts| contexts.get("*")).unwrap_or_else(|| EMPTY.get_or_init(Trie::default))
}
