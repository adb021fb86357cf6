//! The table of settings as a tree, to walk along with a config.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::{Setting, settings};

/// A block, a setting, or both (`roles.*` is a person's role or a context's table).
#[derive(Debug, Default)]
pub struct Trie {
    /// Children by name; `*` any name, `[]` the entries of a list.
    pub children: BTreeMap<&'static str, Trie>,
    /// The setting that may stand here.
    pub setting: Option<&'static Setting>,
}

/// Blocks that a context may have below it, merged over the shared ones.
pub const BLOCKS: [&str; 9] = [
    "messaging",
    "events",
    "event_producers",
    "event_consumers",
    "request_reply",
    "pub_sub",
    "dead_letter_queue",
    "message_guarantees",
    "message_monitoring",
];

/// The tree of all settings.
pub fn trie() -> &'static Trie {
    static TRIE: OnceLock<Trie> = OnceLock::new();
    TRIE.get_or_init(|| {
        let mut root = Trie::default();
        for setting in settings() {
            root.add(setting.path, setting);
        }
        root
    })
}

impl Trie {
    fn add(&mut self, path: &'static str, setting: &'static Setting) {
        let (first, rest) = match path.split_once('.') {
            Some((first, rest)) => (first, Some(rest)),
            None => (path, None),
        };
        let node = match first.strip_suffix("[]") {
            Some(list) => self.child(list).child("[]"),
            None => self.child(first),
        };
        match rest {
            Some(rest) => node.add(rest, setting),
            None => node.setting = Some(setting),
        }
    }

    fn child(&mut self, name: &'static str) -> &mut Trie {
        self.children.entry(name).or_default()
    }

    /// What a name leads to.
    pub fn get(&self, name: &str) -> Option<&Trie> {
        self.children.get(name).filter(|_| name != "*" && name != "[]").or_else(|| self.children.get("*"))
    }

    /// The entry of a list of blocks.
    pub fn item(&self) -> Option<&Trie> {
        self.children.get("[]")
    }

    /// Whether the user chooses the names here.
    pub fn open(&self) -> bool {
        self.children.contains_key("*")
    }

    /// The names that are known here.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.children.keys().copied().filter(|name| !matches!(*name, "*" | "[]"))
    }
}
