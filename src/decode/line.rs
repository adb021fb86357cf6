//! A body as a viewer shows it: lines of tokens that say what they mean, never in which colour.

use std::ops::Range;

/// What a token means; themes give it a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenKind {
    Key,
    String,
    Number,
    /// `true`, `false`, `null` and their like.
    Literal,
    Punctuation,
    Comment,
    Keyword,
    /// A type, tag or class name.
    Name,
    Text,
    /// Blank between tokens; not in the message's bytes where the viewer indents.
    Space,
    /// An offset of a hexdump.
    Offset,
    /// The bytes of a hexdump.
    Hex,
}

/// A piece of a line. `text` is safe for a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub kind: TokenKind,
    pub text: String,
}

impl Token {
    /// A token of this meaning; `text` must be safe already.
    pub fn new(kind: TokenKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into() }
    }
}

/// One line of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Counted from 1; the parts of a long line have one number.
    pub number: usize,
    /// A further part of a line too long for one; shown without a number.
    pub continued: bool,
    /// Levels of nesting, 0 at the top; the viewer makes columns of it.
    pub indent: usize,
    pub tokens: Vec<Token>,
    /// JSON pointer (RFC 6901) of the value that starts, goes on or ends here; empty for the whole and where there is no JSON.
    pub pointer: String,
    /// The index of the line that closes the block opened here.
    pub fold: Option<usize>,
    /// Bytes of the body that this line shows (of a block's first line: its key and bracket).
    pub bytes: Range<usize>,
    /// Characters of this line were written out, a terminal could not take them.
    pub escaped: bool,
}

impl Line {
    /// The line's text without its indent.
    pub fn text(&self) -> String {
        self.tokens.iter().map(|t| t.text.as_str()).collect()
    }
}
