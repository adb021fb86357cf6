//! Tokens as a tree: recursive descent that reports a mistake and goes on with the next entry.

use super::Mistake;
use super::lexer::{Kind, Token, tokens};
use crate::config::source::Span;
use crate::config::tree::{Entry, Node, Value};

/// Deepest nesting; the seed has 6.
const DEPTH: usize = 64;
/// After so many mistakes the rest of the file says nothing new.
const MISTAKES: usize = 50;

/// Reads a text. Always gives a tree, of what could be read, and all mistakes.
pub fn parse(file: u32, text: &str) -> (Node, Vec<Mistake>) {
    let mut mistakes = Vec::new();
    let tokens = tokens(text, &mut mistakes);
    let mut parser = Parser { file, tokens, at: 0, mistakes };
    let entries = parser.entries(None, 0);
    let root = Node { value: Value::Map(entries), span: Span::new(file, 0..text.len()) };
    let mut mistakes = parser.mistakes;
    mistakes.sort_by_key(|mistake| mistake.at.start);
    mistakes.truncate(MISTAKES);
    (root, mistakes)
}

struct Parser {
    file: u32,
    tokens: Vec<Token>,
    at: usize,
    mistakes: Vec<Mistake>,
}

impl Parser {
    fn peek(&self) -> &Kind {
        // the last token is Eof and is never passed
        self.tokens.get(self.at).map_or(&Kind::Eof, |token| &token.kind)
    }

    fn range(&self) -> std::ops::Range<usize> {
        self.tokens.get(self.at).map_or(0..0, |token| token.at.clone())
    }

    fn bump(&mut self) {
        if self.at + 1 < self.tokens.len() {
            self.at += 1;
        }
    }

    fn mistake(&mut self, at: std::ops::Range<usize>, message: impl Into<String>, note: &str) {
        self.mistakes.push(Mistake { at, message: message.into(), note: note.to_owned() });
    }

    fn span(&self, at: std::ops::Range<usize>) -> Span {
        Span::new(self.file, at)
    }

    /// Entries up to the closing brace of the block opened at `open`, or to the file's end.
    fn entries(&mut self, open: Option<std::ops::Range<usize>>, depth: usize) -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut index = std::collections::HashMap::new();
        loop {
            match self.peek().clone() {
                Kind::End => self.bump(),
                Kind::Eof => {
                    if let Some(open) = open {
                        self.mistake(open, "this block is not closed: `}` is missing", "");
                    }
                    return entries;
                }
                Kind::CloseBlock if open.is_some() => {
                    self.bump();
                    return entries;
                }
                Kind::CloseBlock => {
                    let at = self.range();
                    self.mistake(at, "`}` closes nothing: one too many", "");
                    self.bump();
                }
                Kind::Bare(key) | Kind::Text(key) => {
                    let Some(entry) = self.entry(key, depth) else {
                        continue;
                    };
                    match index.get(&entry.key) {
                        None => {
                            index.insert(entry.key.clone(), entries.len());
                            entries.push(entry);
                        }
                        Some(&first) => {
                            if let Some(first) = entries.get_mut(first) {
                                self.again(first, entry);
                            }
                        }
                    }
                }
                other => {
                    let at = self.range();
                    self.mistake(at, format!("expected a name, found {}", noun(&other)), "");
                    self.skip();
                }
            }
        }
    }

    /// A key that stood here before: blocks are joined, a leaf is an error.
    fn again(&mut self, first: &mut Entry, second: Entry) {
        let (Value::Map(into), Value::Map(from)) = (&mut first.node.value, &second.node.value) else {
            let at = second.key_span.range();
            let message = format!("{} stands here twice", second.key);
            self.mistake(at, message, "the first one is above; a leaf has one value");
            return;
        };
        for entry in from.clone() {
            match into.iter_mut().find(|old| old.key == entry.key) {
                Some(old) => self.again(old, entry),
                None => into.push(entry),
            }
        }
    }

    fn entry(&mut self, key: String, depth: usize) -> Option<Entry> {
        let key_span = self.span(self.range());
        self.bump();
        match self.peek() {
            Kind::Colon => {
                self.bump();
                // the value may stand on the next line, as a long one does
                while *self.peek() == Kind::End {
                    self.bump();
                }
            }
            Kind::OpenBlock => {}
            other => {
                let found = noun(other);
                let at = self.range();
                // names are not repeated in messages: what is out of place may be a secret
                let message = format!("expected `:` or `{{` after a name, found {found}");
                self.mistake(at, message, "");
                self.skip();
                return None;
            }
        }
        let node = self.value(depth)?;
        if !matches!(self.peek(), Kind::End | Kind::CloseBlock | Kind::Eof) {
            let at = self.range();
            let found = noun(self.peek());
            self.mistake(at, format!("expected a comma or a new line, found {found}"), "");
            if !matches!(self.peek(), Kind::Bare(_) | Kind::Text(_)) {
                self.skip();
            }
        }
        Some(Entry { key, key_span, node })
    }

    fn value(&mut self, depth: usize) -> Option<Node> {
        let at = self.range();
        let start = at.start;
        let kind = self.peek().clone();
        let value = match kind {
            Kind::Text(text) => {
                self.bump();
                Value::Str(text)
            }
            Kind::Bare(word) => {
                self.bump();
                self.scalar(&word, at.clone())?
            }
            Kind::OpenBlock | Kind::OpenList if depth >= DEPTH => {
                self.mistake(at, format!("nested deeper than {DEPTH} blocks"), "");
                self.skip_balanced();
                return None;
            }
            Kind::OpenBlock => {
                self.bump();
                Value::Map(self.entries(Some(at), depth + 1))
            }
            Kind::OpenList => {
                self.bump();
                Value::List(self.list(at, depth + 1))
            }
            other => {
                self.mistake(at, format!("expected a value, found {}", noun(&other)), "");
                return None;
            }
        };
        let end = self.at.checked_sub(1).and_then(|last| self.tokens.get(last));
        let end = end.map_or(start, |token| token.at.end);
        Some(Node { value, span: self.span(start..end.max(start)) })
    }

    fn list(&mut self, open: std::ops::Range<usize>, depth: usize) -> Vec<Node> {
        let mut items = Vec::new();
        loop {
            match self.peek() {
                Kind::End => self.bump(),
                Kind::CloseList => {
                    self.bump();
                    return items;
                }
                Kind::Eof | Kind::CloseBlock => {
                    self.mistake(open, "this list is not closed: `]` is missing", "");
                    return items;
                }
                Kind::Colon => {
                    let at = self.range();
                    self.mistake(at, "`:` has no meaning in a list of values", "");
                    self.bump();
                }
                _ => items.extend(self.value(depth)),
            }
        }
    }

    fn scalar(&mut self, word: &str, at: std::ops::Range<usize>) -> Option<Value> {
        if let Some(name) = word.strip_prefix("env.") {
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if !name.is_empty() && name.chars().all(plain) {
                return Some(Value::Env(name.to_owned()));
            }
            self.mistake(at, "env. is followed by a variable's name, as in env.KAFKA_PASSWORD", "");
            return None;
        }
        match word {
            "true" => return Some(Value::Bool(true)),
            "false" => return Some(Value::Bool(false)),
            _ => {}
        }
        let digits = word.replace('_', "");
        if word.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '+' || c == '.') {
            if let Ok(number) = digits.parse::<i64>() {
                return Some(Value::Int(number));
            }
            match digits.parse::<f64>() {
                Ok(number) if number.is_finite() => return Some(Value::Float(number)),
                _ => {}
            }
        }
        self.mistake(at, "expected a number, true, false or env.X; a text needs quotes", "");
        None
    }

    /// Skips to the end of this entry, past whole blocks and lists.
    fn skip(&mut self) {
        loop {
            match self.peek() {
                Kind::End | Kind::CloseBlock | Kind::Eof => return,
                Kind::OpenBlock | Kind::OpenList => self.skip_balanced(),
                _ => self.bump(),
            }
        }
    }

    /// Skips one block or list with all that is in it; without recursion, it may be deep.
    fn skip_balanced(&mut self) {
        let mut open = 0usize;
        loop {
            match self.peek() {
                Kind::Eof => return,
                Kind::OpenBlock | Kind::OpenList => open += 1,
                Kind::CloseBlock | Kind::CloseList => open = open.saturating_sub(1),
                _ => {}
            }
            self.bump();
            if open == 0 {
                return;
            }
        }
    }
}

fn noun(kind: &Kind) -> &'static str {
    match kind {
        Kind::OpenBlock => "`{`",
        Kind::CloseBlock => "`}`",
        Kind::OpenList => "`[`",
        Kind::CloseList => "`]`",
        Kind::Colon => "`:`",
        Kind::End => "the end of the entry",
        Kind::Text(_) => "a text",
        Kind::Bare(_) => "a word",
        Kind::Eof => "the end of the file",
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
