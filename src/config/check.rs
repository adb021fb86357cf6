//! The walk along a file's tree and the table of settings: every leaf is checked and listed.

use std::collections::BTreeMap;

use super::diagnostic::Findings;
use super::leaf::{Leaf, join, leaves_below, literal};
use super::profile::BrokerKind;
use super::secret::{Environment, Origin, Revealed};
use super::settings::{BLOCKS, Kind, Setting, Trie, trie};
use super::source::{Sources, Span, sounds_secret};
use super::spelling::nearest;
use super::tree::{Entry, Node, Value};
use super::value;

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
        let at = At {
            trie,
            path: &path,
            own: context.is_some(),
        };
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
        let below = At {
            trie: child,
            path: &path,
            own,
        };
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
                    let at = At {
                        trie: item,
                        path: &path,
                        own,
                    };
                    self.block(node, at);
                }
                true
            }
            _ => match child.setting {
                Some(setting) => self.leaf(setting, entry, &path),
                None => {
                    let wants = if child.item().is_some() { "a list of blocks" } else { "a block" };
                    let message =
                        format!("{} is {wants}, found {}", entry.key, entry.node.value.noun());
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
        let known: Vec<&str> = if std::ptr::eq(at.trie, context_trie()) {
            at.trie.names().chain(BLOCKS).collect()
        } else {
            at.trie.names().collect()
        };
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
        let checked = self.value(setting, &entry.key, &entry.node);
        let status = setting.status().to_string();
        match checked {
            Ok(value) => {
                entry.node.value = value;
                self.list(path, &entry.node, setting.what, &status, setting.path);
            }
            Err(wrong) => {
                self.findings.error(&self.sources, span, wrong.message, &wrong.note);
                self.list(path, &entry.node, setting.what, &status, setting.path);
                // it is there, so its block does not lack it, and it holds nothing
                entry.node.value = Value::Env(String::new());
            }
        }
        true
    }

    fn value(
        &mut self,
        setting: &'static Setting,
        name: &str,
        node: &Node,
    ) -> Result<Value, value::Wrong> {
        let hidden = matches!(setting.kind, Kind::Secret | Kind::User | Kind::SecretUrl);
        // whatever stands at a secret's place may be one, unless it surely says where it is kept
        if setting.kind == Kind::Secret && !matches!(node.value, Value::Env(_)) {
            self.sources.hide(node.span);
        }
        let origin = match &node.value {
            Value::Env(name) => Some(Origin::Env(name.clone())),
            Value::Map(entries) => {
                let folder = self.sources.folder(node.span.file);
                Some(reference(name, entries, setting.kind, folder)?)
            }
            _ => None,
        };
        match origin {
            Some(Origin::Env(variable)) => {
                self.sources.unhide(node.span);
                self.variable(setting, name, node, variable, hidden)
            }
            Some(origin @ (Origin::File(_) | Origin::Keyring(_))) => {
                self.sources.unhide(node.span);
                Ok(Value::Secret(origin))
            }
            Some(origin) => Ok(Value::Secret(origin)),
            None if hidden => self.clear(setting, name, node),
            None => self.plain(setting, name, node),
        }
    }

    fn variable(
        &mut self,
        setting: &'static Setting,
        name: &str,
        node: &Node,
        variable: String,
        hidden: bool,
    ) -> Result<Value, value::Wrong> {
        let text = self.env.var(&variable);
        if text.is_none() {
            let first = self.unset.entry(variable.clone()).or_insert((node.span, usize::MAX));
            first.1 = first.1.wrapping_add(1);
        }
        if hidden {
            return Ok(Value::Secret(Origin::Env(variable)));
        }
        let Some(text) = text else {
            return Ok(Value::Env(variable));
        };
        let value = value::from_variable(setting.kind, &text);
        // the variable's text stays out of every message: it may be the wrong variable
        value::check(setting, name, &value).map(|right| right.value).map_err(|_| value::Wrong {
            message: format!("{name}: what env.{variable} holds does not fit"),
            note: setting.what.to_owned(),
        })
    }

    fn clear(
        &mut self,
        setting: &'static Setting,
        name: &str,
        node: &Node,
    ) -> Result<Value, value::Wrong> {
        let Value::Str(text) = &node.value else {
            self.sources.hide(node.span);
            return Err(value::Wrong {
                message: format!("{name} is a text in quotes, found {}", node.value.noun()),
                note: String::new(),
            });
        };
        literal_env(name, text)?;
        let exposed = match setting.kind {
            Kind::Secret => true,
            Kind::SecretUrl => value::password_in(text),
            _ => false,
        };
        if setting.kind == Kind::SecretUrl {
            self.sources.hide(node.span);
        }
        if exposed {
            let message = format!("{name} stands here in clear text");
            let note = "env.NAME in a block file; { env = … }, { file = … } or { command = … } in TOML";
            self.findings.warn(&self.sources, node.span, message, note);
        }
        Ok(Value::Secret(Origin::Clear(Revealed::new(text.clone()))))
    }

    fn plain(
        &mut self,
        setting: &'static Setting,
        name: &str,
        node: &Node,
    ) -> Result<Value, value::Wrong> {
        if let Value::Str(text) = &node.value {
            if self.sources.is_toml(node.span.file) {
                literal_env(name, text)?;
            }
            if setting.kind == Kind::Url && value::password_in(text) {
                self.sources.hide(node.span);
                return Err(value::Wrong {
                    message: format!("{name} holds a password, which would be shown"),
                    note: "a login has settings of its own".to_owned(),
                });
            }
        }
        if let Value::List(items) = &node.value {
            self.known_items(name, items)?;
        }
        let right = value::check(setting, name, &node.value)?;
        if let Some(warning) = right.warning {
            self.findings.warn(&self.sources, node.span, warning.message, &warning.note);
        }
        Ok(right.value)
    }

    /// In a list `env.X` has no meaning: it stands for a whole value.
    fn known_items(&mut self, name: &str, items: &[Node]) -> Result<(), value::Wrong> {
        match items.iter().find(|item| matches!(item.value, Value::Env(_))) {
            None => Ok(()),
            Some(_) => Err(value::Wrong {
                message: format!("{name}: a variable cannot stand in a list"),
                note: String::new(),
            }),
        }
    }

    fn list(
        &mut self,
        path: &str,
        node: &Node,
        used_for: &str,
        status: &str,
        setting: &'static str,
    ) {
        let place = self.sources.place(node.span);
        self.leaves.push(Leaf {
            path: path.to_owned(),
            value: self.shown(path, node, setting),
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

    /// A value for showing. Where anything was hidden in the file, it is hidden here too.
    fn shown(&self, path: &str, node: &Node, setting: &str) -> String {
        let kind = super::settings::settings().find(|s| s.path == setting).map(|s| s.kind);
        match &node.value {
            Value::Secret(Origin::Env(name)) | Value::Env(name) => {
                let set = if self.env.var(name).is_some() { "set" } else { "not set" };
                format!("env.{name}, {set}")
            }
            Value::Secret(Origin::Clear(text)) => match kind {
                Some(Kind::User) => super::leaf::quoted(text.expose()),
                Some(Kind::SecretUrl) => value::shown_url(text.expose()),
                _ => "hidden, in clear text".to_owned(),
            },
            Value::Str(text) if kind == Some(Kind::Url) && value::password_in(text) => {
                value::shown_url(text)
            }
            _ if kind == Some(Kind::Secret) || (kind.is_none() && sounds_secret(path)) => {
                "hidden".to_owned()
            }
            // a value that came from a variable is not shown: only a span that begins with the
            // text itself was written here
            other => {
                let text = self.sources.text(node.span.file);
                let written = text.get(node.span.range()).unwrap_or("");
                match written.strip_prefix("env.") {
                    Some(name) => format!("env.{name}, set"),
                    None => written_ref(written).unwrap_or_else(|| literal(other)),
                }
            }
        }
    }
}

/// `{ env = "X" }` as written, for a value that was resolved already.
fn written_ref(written: &str) -> Option<String> {
    let inner = written.strip_prefix('{')?.trim_start().strip_prefix("env")?;
    let name = inner.split(['"', '\'']).nth(1)?;
    Some(format!("env.{name}, set"))
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
    trie()
        .get("contexts")
        .and_then(|contexts| contexts.get("*"))
        .unwrap_or_else(|| EMPTY.get_or_init(Trie::default))
}

/// `{ env = "X" }` and its siblings.
fn reference(
    name: &str,
    entries: &[Entry],
    kind: Kind,
    folder: &std::path::Path,
) -> Result<Origin, value::Wrong> {
    let wrong = |message: String| {
        Err(value::Wrong {
            message,
            note: String::new(),
        })
    };
    let [entry] = entries else {
        return wrong(format!("{name} is a value, found a block"));
    };
    let hidden = matches!(kind, Kind::Secret | Kind::User | Kind::SecretUrl);
    match (entry.key.as_str(), &entry.node.value) {
        ("env", Value::Str(variable)) if !variable.is_empty() => Ok(Origin::Env(variable.clone())),
        ("file" | "command" | "keyring", _) if !hidden => wrong(format!(
            "{name} is not a secret: only env can stand for it, not {}",
            entry.key
        )),
        ("file", Value::Str(path)) if !path.is_empty() => Ok(Origin::File(folder.join(path))),
        ("keyring", Value::Str(entry)) if entry.contains('/') => Ok(Origin::Keyring(entry.clone())),
        ("keyring", _) => wrong(format!("{name}: keyring is \"service/user\"")),
        ("command", Value::List(items)) if !items.is_empty() => {
            let words: Vec<String> = items
                .iter()
                .filter_map(|item| match &item.value {
                    Value::Str(word) => Some(word.clone()),
                    _ => None,
                })
                .collect();
            if words.len() != items.len() {
                return wrong(format!("{name}: command is a list of texts"));
            }
            Ok(Origin::Command(words))
        }
        ("command", _) => wrong(format!("{name}: command is a list: program, then arguments")),
        _ => wrong(format!("{name} is a value, found a block without env, file or command")),
    }
}

/// A text that reads `env.X` would be taken literally.
fn literal_env(name: &str, text: &str) -> Result<(), value::Wrong> {
    let variable = text.strip_prefix("env.").unwrap_or("");
    let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    if variable.is_empty() || !variable.chars().all(plain) {
        return Ok(());
    }
    Err(value::Wrong {
        message: format!("{name} would be the text \"env.{variable}\" itself"),
        note: format!("write {{ env = \"{variable}\" }} in TOML, env.{variable} without quotes in a block file"),
    })
}
