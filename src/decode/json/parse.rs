//! The tokenizer: bytes to nodes in one pass, without recursion; strict but for raw control characters inside strings.

use bytes::Bytes;

use super::MOST_LEVELS;
use super::tree::{Json, Node, NodeId, NodeKind};

/// Why bytes are not JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The offending byte's offset.
    pub at: usize,
    pub what: &'static str,
}

/// Parses a whole body; nothing but blanks may stand around the one value. Takes time and memory in proportion to the body.
pub fn parse(bytes: &Bytes) -> Result<Json, Fault> {
    if let Err(error) = std::str::from_utf8(bytes) {
        return Err(Fault { at: error.valid_up_to(), what: "not UTF-8" });
    }
    if u32::try_from(bytes.len()).is_err() {
        return Err(Fault { at: 0, what: "larger than 4 GiB" });
    }
    let mut parser = Parser { bytes, at: 0, nodes: Vec::new() };
    parser.document()?;
    Ok(Json { bytes: bytes.clone(), nodes: parser.nodes })
}

struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
    nodes: Vec<Node>,
}

impl Parser<'_> {
    fn document(&mut self) -> Result<(), Fault> {
        let mut open: Vec<(NodeId, u32)> = Vec::new(); // containers, and how many children they have so far
        loop {
            // one value, with its key where the container is an object
            self.blanks();
            let (parent, ordinal) = match open.last_mut() {
                Some((id, count)) => {
                    *count += 1;
                    (*id, *count - 1)
                }
                None => (0, 0),
            };
            let mut key = (0, 0);
            if open.last().is_some_and(|(id, _)| self.nodes[*id as usize].kind == NodeKind::Object) {
                key.0 = self.at as u32;
                if self.peek() != Some(b'"') {
                    return Err(self.fault("a key is expected"));
                }
                self.string()?;
                key.1 = self.at as u32;
                self.blanks();
                self.take(b':', "a colon is expected")?;
                self.blanks();
            }
            let start = self.at as u32;
            let kind = self.token()?;
            let depth = open.len() as u16;
            let id = self.nodes.len() as NodeId;
            self.nodes.push(Node {
                kind,
                depth,
                start,
                end: self.at as u32,
                key_start: key.0,
                key_end: key.1,
                parent,
                after: id + 1,
                ordinal,
            });
            if let NodeKind::Object | NodeKind::Array = kind {
                self.blanks();
                if self.peek() == Some(close(kind)) {
                    self.at += 1;
                    self.nodes[id as usize].end = self.at as u32;
                } else if depth + 1 >= MOST_LEVELS {
                    return Err(self.fault("nested more than 512 levels deep"));
                } else {
                    open.push((id, 0));
                    continue;
                }
            }
            // what ends here, until a comma or the end
            loop {
                self.blanks();
                let Some((id, _)) = open.last().copied() else {
                    return if self.at == self.bytes.len() { Ok(()) } else { Err(self.fault("something follows the value")) };
                };
                match self.peek() {
                    Some(b',') => {
                        self.at += 1;
                        break;
                    }
                    Some(b) if b == close(self.nodes[id as usize].kind) => {
                        self.at += 1;
                        open.pop();
                        let after = self.nodes.len() as NodeId;
                        self.nodes[id as usize].end = self.at as u32;
                        self.nodes[id as usize].after = after;
                    }
                    _ => return Err(self.fault("a comma or the end of the block is expected")),
                }
            }
        }
    }

    /// One token that is or begins a value.
    fn token(&mut self) -> Result<NodeKind, Fault> {
        match self.peek() {
            Some(b'{') => self.one(NodeKind::Object),
            Some(b'[') => self.one(NodeKind::Array),
            Some(b'"') => self.string().map(|()| NodeKind::String),
            Some(b'-' | b'0'..=b'9') => self.number().map(|()| NodeKind::Number),
            Some(b't') => self.word(b"true", NodeKind::True),
            Some(b'f') => self.word(b"false", NodeKind::False),
            Some(b'n') => self.word(b"null", NodeKind::Null),
            Some(_) => Err(self.fault("a value is expected")),
            None => Err(self.fault("it ends too early")),
        }
    }

    fn one(&mut self, kind: NodeKind) -> Result<NodeKind, Fault> {
        self.at += 1;
        Ok(kind)
    }

    fn word(&mut self, word: &[u8], kind: NodeKind) -> Result<NodeKind, Fault> {
        if !self.bytes[self.at..].starts_with(word) {
            return Err(self.fault("a value is expected"));
        }
        self.at += word.len();
        Ok(kind)
    }

    /// Raw control characters are let through: they are shown escaped and reported, not a reason to show no JSON at all.
    fn string(&mut self) -> Result<(), Fault> {
        self.at += 1;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    let escape = self.bytes.get(self.at + 1).copied();
                    let hex = || self.bytes.get(self.at + 2..self.at + 6).is_some_and(|h| h.iter().all(u8::is_ascii_hexdigit));
                    self.at += match escape {
                        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 2,
                        Some(b'u') if hex() => 6,
                        _ => return Err(self.fault("not an escape of JSON")),
                    };
                }
                Some(_) => self.at += 1,
                None => return Err(self.fault("a string does not end")),
            }
        }
    }

    fn number(&mut self) -> Result<(), Fault> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Fault> {
        let from = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == from { Err(self.fault("a digit is expected")) } else { Ok(()) }
    }

    fn blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8, what: &'static str) -> Result<(), Fault> {
        if self.peek() != Some(byte) {
            return Err(self.fault(what));
        }
        self.at += 1;
        Ok(())
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn fault(&self, what: &'static str) -> Fault {
        Fault { at: self.at, what }
    }
}

/// The byte that ends a container.
fn close(kind: NodeKind) -> u8 {
    if kind == NodeKind::Object { b'}' } else { b']' }
}
