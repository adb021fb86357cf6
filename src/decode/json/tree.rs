//! A JSON document as nodes over its bytes, in the document's order.

use std::borrow::Cow;
use std::ops::Range;

use bytes::Bytes;

use super::string::unescape;

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    Object,
    Array,
    String,
    Number,
    True,
    False,
    Null,
}

impl NodeKind {
    /// The word with its article: `an object`, `a string`, `null`.
    pub fn word(self) -> &'static str {
        match self {
            NodeKind::Object => "an object",
            NodeKind::Array => "an array",
            NodeKind::String => "a string",
            NodeKind::Number => "a number",
            NodeKind::True | NodeKind::False => "a boolean",
            NodeKind::Null => "null",
        }
    }
}

/// A node's place in its document.
pub type NodeId = u32;

/// One value: where its bytes are, and how it hangs together. 32 bytes, so that 1 MB of JSON stays small.
#[derive(Clone, Copy, Debug)]
pub struct Node {
    pub kind: NodeKind,
    /// Levels above it.
    pub depth: u16,
    pub(super) start: u32,
    pub(super) end: u32,
    /// The key's token with its quotes; empty where there is none.
    pub(super) key_start: u32,
    pub(super) key_end: u32,
    pub(super) parent: NodeId,
    /// The node behind this one's descendants.
    pub(super) after: NodeId,
    /// Which child of its parent it is, from 0.
    pub(super) ordinal: u32,
}

/// A parsed document; the root is node 0.
#[derive(Clone, Debug)]
pub struct Json {
    pub(super) bytes: Bytes,
    pub(super) nodes: Vec<Node>,
}

impl Json {
    /// The root value.
    pub const ROOT: NodeId = 0;

    /// A node; ids come from this document.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id as usize]
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Never: a document has at least its root.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Every node, in the document's order.
    pub fn ids(&self) -> Range<NodeId> {
        0..self.nodes.len() as NodeId
    }

    /// The bytes of a value.
    pub fn range(&self, id: NodeId) -> Range<usize> {
        let node = self.node(id);
        node.start as usize..node.end as usize
    }

    /// The bytes of a member's key with its quotes; `None` for elements and the root.
    pub fn key_range(&self, id: NodeId) -> Option<Range<usize>> {
        let node = self.node(id);
        (node.key_end > 0).then_some(node.key_start as usize..node.key_end as usize)
    }

    /// A value's own text: of a string with quotes and escapes, of a number with all its digits.
    pub fn raw(&self, id: NodeId) -> &str {
        self.text(self.range(id))
    }

    /// A member's key as it stands there, with quotes and escapes; empty for elements and the root.
    pub fn key_token(&self, id: NodeId) -> &str {
        self.key_range(id).map_or("", |range| self.text(range))
    }

    /// Text of a range that lies on token bounds.
    pub(super) fn text(&self, range: Range<usize>) -> &str {
        // the parser only took valid UTF-8 and cuts at ASCII
        std::str::from_utf8(&self.bytes[range]).unwrap_or_default()
    }

    /// A string's text without escapes; `None` for other kinds.
    pub fn string(&self, id: NodeId) -> Option<Cow<'_, str>> {
        (self.node(id).kind == NodeKind::String).then(|| unescape(self.raw(id)))
    }

    /// A member's name without escapes; `None` for elements and the root.
    pub fn key(&self, id: NodeId) -> Option<Cow<'_, str>> {
        self.key_range(id).map(|range| unescape(self.text(range)))
    }

    /// Members or elements of a value, in order, duplicates too.
    pub fn children(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let end = self.node(id).after;
        let mut next = id + 1;
        std::iter::from_fn(move || {
            let child = (next < end).then_some(next)?;
            next = self.node(child).after;
            Some(child)
        })
    }

    /// A member by name; of duplicates the last, as most readers do.
    pub fn member(&self, id: NodeId, name: &str) -> Option<NodeId> {
        if self.node(id).kind != NodeKind::Object {
            return None;
        }
        self.children(id).filter(|child| self.key(*child).is_some_and(|key| key == name)).last()
    }

    /// The JSON pointer (RFC 6901) of a node.
    pub fn pointer(&self, id: NodeId) -> String {
        let mut steps = Vec::new();
        let mut at = id;
        while at != Self::ROOT {
            steps.push(at);
            at = self.node(at).parent;
        }
        let mut out = String::new();
        for step in steps.into_iter().rev() {
            out.push('/');
            match self.key(step) {
                Some(key) => out.push_str(&escape_step(&key)),
                None => out.push_str(&self.node(step).ordinal.to_string()),
            }
        }
        out
    }

    /// The node of a JSON pointer, and whether the whole pointer led there; else the deepest that it reached.
    pub fn find(&self, pointer: &str) -> (NodeId, bool) {
        let mut at = Self::ROOT;
        for step in pointer.split('/').skip(1) {
            let next = match self.node(at).kind {
                NodeKind::Object => self.member(at, &step.replace("~1", "/").replace("~0", "~")),
                NodeKind::Array => step.parse().ok().and_then(|n: usize| self.children(at).nth(n)),
                _ => None,
            };
            match next {
                Some(next) => at = next,
                None => return (at, false),
            }
        }
        (at, pointer.is_empty() || pointer.starts_with('/'))
    }

    /// The node whose value or key holds this byte, or the nearest container.
    pub fn node_at(&self, byte: usize) -> NodeId {
        let begins = |node: &Node| if node.key_end > 0 { node.key_start } else { node.start } as usize;
        let behind = self.nodes.partition_point(|node| begins(node) <= byte);
        let mut at = behind.saturating_sub(1) as NodeId;
        while at != Self::ROOT && self.node(at).end as usize <= byte {
            at = self.node(at).parent;
        }
        at
    }
}

/// A name as a step of a JSON pointer.
pub fn escape_step(name: &str) -> Cow<'_, str> {
    if name.contains(['~', '/']) { Cow::Owned(name.replace('~', "~0").replace('/', "~1")) } else { Cow::Borrowed(name) }
}
