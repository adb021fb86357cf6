//! A JSON document as lines, laid out once as positions and written out one line at a time.

use std::ops::Range;

use super::tree::{Json, NodeId, NodeKind};
use crate::decode::line::{Line, Token, TokenKind};
use crate::decode::safe::safe;

/// Bytes of one value on one line; what is longer goes on in further lines of the same number.
const WIDEST: usize = 4096;

/// What a line shows of its node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Open,
    Close,
    /// A value, or its first part.
    Leaf,
    /// A further part of a long value.
    Part,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    node: NodeId,
    what: What,
    /// Bytes of the value shown.
    from: u32,
    to: u32,
    number: u32,
    /// The closing row of an opening one.
    fold: u32,
}

/// The lines of a document.
#[derive(Debug)]
pub(in crate::decode) struct Rows {
    json: Json,
    rows: Vec<Row>,
}

impl Rows {
    pub(in crate::decode) fn new(json: Json) -> Self {
        let mut rows: Vec<Row> = Vec::with_capacity(json.len());
        let mut open: Vec<(NodeId, usize)> = Vec::new();
        let mut number = 0;
        let close = |rows: &mut Vec<Row>, number: &mut u32, (node, opened): (NodeId, usize)| {
            *number += 1;
            let end = json.range(node).end as u32;
            rows[opened].fold = rows.len() as u32;
            rows.push(Row { node, what: What::Close, from: end - 1, to: end, number: *number, fold: 0 });
        };
        for id in json.ids() {
            while let Some(block) = open.pop_if(|(block, _)| json.node(*block).after <= id) {
                close(&mut rows, &mut number, block);
            }
            number += 1;
            let node = json.node(id);
            let Range { start, end } = json.range(id);
            if matches!(node.kind, NodeKind::Object | NodeKind::Array) && node.after > id + 1 {
                open.push((id, rows.len()));
                rows.push(Row { node: id, what: What::Open, from: start as u32, to: start as u32 + 1, number, fold: 0 });
                continue;
            }
            let mut from = start;
            while from < end || from == start {
                let to = cut(&json, from, end);
                let what = if from == start { What::Leaf } else { What::Part };
                rows.push(Row { node: id, what, from: from as u32, to: to as u32, number, fold: 0 });
                from = to;
            }
        }
        while let Some(block) = open.pop() {
            close(&mut rows, &mut number, block);
        }
        Self { json, rows }
    }

    pub(in crate::decode) fn json(&self) -> &Json {
        &self.json
    }

    pub(in crate::decode) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(in crate::decode) fn line(&self, index: usize) -> Option<Line> {
        let row = self.rows.get(index)?;
        let node = self.json.node(row.node);
        let mut out = Tokens::default();
        let mut begin = row.from as usize;
        if matches!(row.what, What::Open | What::Leaf)
            && let Some(key) = self.json.key_range(row.node)
        {
            begin = key.start;
            out.push(TokenKind::Key, self.json.text(key));
            out.push(TokenKind::Punctuation, ":");
            out.push(TokenKind::Space, " ");
        }
        let range = row.from as usize..row.to as usize;
        let empty = matches!(node.kind, NodeKind::Object | NodeKind::Array) && row.what == What::Leaf;
        let text = match (empty, node.kind) {
            (true, NodeKind::Object) => "{}", // blanks inside are no token
            (true, _) => "[]",
            _ => self.json.text(range),
        };
        out.push(meaning(node.kind), text);
        let ends = row.what != What::Open && row.to as usize == self.json.range(row.node).end;
        if ends && self.followed(row.node) {
            out.push(TokenKind::Punctuation, ",");
        }
        Some(Line {
            number: row.number as usize,
            continued: row.what == What::Part,
            indent: usize::from(node.depth),
            tokens: out.tokens,
            pointer: self.json.pointer(row.node),
            fold: (row.what == What::Open).then_some(row.fold as usize),
            bytes: begin..row.to as usize,
            escaped: out.escaped,
        })
    }

    /// Whether another child of the same parent comes behind.
    fn followed(&self, id: NodeId) -> bool {
        id != Json::ROOT && self.json.node(id).after < self.json.node(self.json.node(id).parent).after
    }

    /// The row that shows a byte.
    pub(in crate::decode) fn row_at(&self, byte: usize) -> usize {
        let begins = |row: &Row| match row.what {
            What::Open | What::Leaf => self.json.key_range(row.node).map_or(row.from as usize, |key| key.start),
            What::Close | What::Part => row.from as usize,
        };
        self.rows.partition_point(|row| begins(row) <= byte).saturating_sub(1)
    }

    /// The row where a node's value starts.
    pub(in crate::decode) fn row_of(&self, id: NodeId) -> usize {
        self.row_at(self.json.range(id).start)
    }
}

/// Where a line of a value that starts at `from` ends: within [`WIDEST`], between characters and not behind a lone backslash.
fn cut(json: &Json, from: usize, end: usize) -> usize {
    if end - from <= WIDEST {
        return end;
    }
    let mut to = from + WIDEST;
    while !json.text(from..end).is_char_boundary(to - from) {
        to -= 1;
    }
    let slashes = json.bytes[from..to].iter().rev().take_while(|b| **b == b'\\').count();
    to - slashes % 2
}

fn meaning(kind: NodeKind) -> TokenKind {
    match kind {
        NodeKind::Object | NodeKind::Array => TokenKind::Punctuation,
        NodeKind::String => TokenKind::String,
        NodeKind::Number => TokenKind::Number,
        NodeKind::True | NodeKind::False | NodeKind::Null => TokenKind::Literal,
    }
}

#[derive(Default)]
struct Tokens {
    tokens: Vec<Token>,
    escaped: bool,
}

impl Tokens {
    fn push(&mut self, kind: TokenKind, text: &str) {
        let text = safe(text);
        self.escaped |= matches!(text, std::borrow::Cow::Owned(_));
        self.tokens.push(Token { kind, text: text.into_owned() });
    }
}
