//! A message's body as lines: JSON, text or a hexdump, whichever the bytes are.

use bytes::Bytes;

use super::hex;
use super::json::rows::Rows;
use super::json::{self, Json};
use super::line::Line;
use super::text::Text;

/// What a body was shown as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    Json,
    Text,
    /// Why it is no text, in words (`byte 17 is not UTF-8`); empty if a hexdump was asked for.
    Hex(String),
}

impl Form {
    /// The word in the viewer's footer.
    pub fn word(&self) -> &'static str {
        match self {
            Form::Json => "json",
            Form::Text => "text",
            Form::Hex(_) => "hex",
        }
    }
}

/// What to show a body as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hint {
    /// By the bytes: JSON, else text, else hex.
    #[default]
    Auto,
    /// Text, even if it is JSON: the bytes' own lines.
    Text,
    /// A hexdump, whatever it is.
    Hex,
}

/// A line, and whether it is the very one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Index of the line, from 0.
    pub line: usize,
    /// False: what was looked for is missing, this is the nearest block that should hold it.
    pub exact: bool,
}

/// A decoded body. Lines are made when they are asked for, so that scrolling through 1 MB costs what is on the screen.
#[derive(Debug)]
pub struct Decoded {
    pub form: Form,
    /// More for the footer: why a body is not JSON, or which syntax a text seems to have. Safe; may be empty.
    pub note: String,
    bytes: Bytes,
    lines: Lines,
}

#[derive(Debug)]
enum Lines {
    Json(Rows),
    Text(Text),
    Hex,
}

/// Decodes a body. Never fails: what is not JSON is text, what is not text is a hexdump.
pub fn body(bytes: &Bytes, hint: Hint) -> Decoded {
    let made = |form, note: String, lines| Decoded { form, note, bytes: bytes.clone(), lines };
    if hint == Hint::Hex {
        return made(Form::Hex(String::new()), String::new(), Lines::Hex);
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return made(Form::Hex(format!("byte {} is not UTF-8", error.valid_up_to())), String::new(), Lines::Hex),
    };
    let mut note = String::new();
    if hint == Hint::Auto {
        match json::parse(bytes) {
            Ok(json) => return made(Form::Json, note, Lines::Json(Rows::new(json))),
            Err(fault) if text.trim_start().starts_with(['{', '[', '"']) => {
                note = format!("not JSON: {} at byte {}", fault.what, fault.at);
            }
            Err(_) => {}
        }
        if let Some(why) = hex::binary(text) {
            return made(Form::Hex(why), String::new(), Lines::Hex);
        }
    }
    let lines = Text::new(bytes);
    if note.is_empty() {
        note = lines.syntax().unwrap_or_default().to_owned();
    }
    made(Form::Text, note, Lines::Text(lines))
}

impl Decoded {
    /// How many lines there are; 0 for an empty body.
    pub fn len(&self) -> usize {
        match &self.lines {
            Lines::Json(rows) => rows.len(),
            Lines::Text(text) => text.len(),
            Lines::Hex => hex::len(self.bytes.len()),
        }
    }

    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The line of this index (from 0). Its cost depends on the line, not on the body.
    pub fn line(&self, index: usize) -> Option<Line> {
        match &self.lines {
            Lines::Json(rows) => rows.line(index),
            Lines::Text(text) => text.line(index),
            Lines::Hex => hex::line(&self.bytes, index),
        }
    }

    /// The line on which the value of a JSON pointer starts; of a missing value, its nearest container's.
    pub fn line_of(&self, pointer: &str) -> Place {
        match &self.lines {
            Lines::Json(rows) => {
                let (node, exact) = rows.json().find(pointer);
                Place { line: rows.row_of(node), exact }
            }
            _ => Place { line: 0, exact: pointer.is_empty() },
        }
    }

    /// The line that shows this byte of the body.
    pub fn line_at(&self, byte: usize) -> usize {
        match &self.lines {
            Lines::Json(rows) => rows.row_at(byte),
            Lines::Text(text) => text.row_at(byte),
            Lines::Hex => hex::row_at(byte.min(self.bytes.len().saturating_sub(1))),
        }
    }

    /// The document, where the body was shown as JSON.
    pub fn json(&self) -> Option<&Json> {
        match &self.lines {
            Lines::Json(rows) => Some(rows.json()),
            _ => None,
        }
    }

    /// The body's bytes as they came.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::decode::is_unsafe;

    fn of(bytes: &'static [u8]) -> Decoded {
        body(&Bytes::from_static(bytes), Hint::Auto)
    }

    #[test]
    fn what_a_body_is() {
        assert_eq!(of(b"{\"a\":1}").form, Form::Json);
        assert_eq!(of(b"7").form, Form::Json);
        assert_eq!(of(b"hello\r\nyou").form, Form::Text);
        assert_eq!(of(b"ab\xffc").form, Form::Hex("byte 2 is not UTF-8".into()));
        assert_eq!(of(b"\x00\x00\x01*").form, Form::Hex("byte 0 is NUL".into()));
        assert_eq!(of(b"{\"a\":}").note, "not JSON: a value is expected at byte 5");
        assert_eq!(of(b"").len(), 0);
        assert_eq!(body(&Bytes::from_static(b"{}"), Hint::Hex).form, Form::Hex(String::new()));
        assert_eq!(body(&Bytes::from_static(b"{}"), Hint::Text).form, Form::Text);
    }

    #[test]
    fn text_lines_and_hexdump() {
        let text = of(b"one\r\n\x1b[2Jtwo\tx\n");
        assert_eq!(text.len(), 2);
        let second = text.line(1).unwrap();
        assert_eq!((second.text().as_str(), second.number, second.escaped), ("\\u001b[2Jtwo    x", 2, true));
        assert_eq!(text.line_at(6), 1);
        let dump = of(b"abcdefgh\xff\x1bxyz0123456789");
        assert_eq!(dump.len(), 2);
        assert_eq!(dump.line(0).unwrap().text(), "00000000  61 62 63 64 65 66 67 68  ff 1b 78 79 7a 30 31 32  abcdefgh..xyz012");
        assert_eq!(dump.line_at(17), 1);
    }

    #[test]
    fn violations_find_their_lines() {
        let decoded = of(b"{\"payload\":{\"a\":1}}");
        assert_eq!(decoded.line_of("/payload/a"), Place { line: 2, exact: true });
        assert_eq!(decoded.line_of("/payload/gone"), Place { line: 1, exact: false });
    }

    #[test]
    fn a_megabyte_opens_at_once() {
        let big = Bytes::from(format!("[{}]", "{\"k\":\"value\",\"n\":12345},".repeat(45_000).trim_end_matches(',')));
        let decoded = body(&big, Hint::Auto);
        assert_eq!(decoded.len(), 45_000 * 4 + 2);
        assert_eq!(decoded.line(decoded.len() - 3).unwrap().pointer, "/44999/n");
        let one = Bytes::from("x".repeat(1_000_000));
        let text = body(&one, Hint::Auto);
        assert!(text.line(0).unwrap().text().len() <= 4096);
    }

    proptest! {
        #[test]
        fn any_bytes_give_safe_lines(bytes in any::<Vec<u8>>(), text in "[\\PC\n\t\u{1b}\u{202e}{}\\[\\]\":, ]{0,80}", byte in 0usize..100) {
            for input in [Bytes::from(bytes), Bytes::from(text)] {
                for hint in [Hint::Auto, Hint::Text, Hint::Hex] {
                    let decoded = body(&input, hint);
                    let _ = decoded.line_at(byte);
                    for index in 0..decoded.len() {
                        let line = decoded.line(index);
                        prop_assert!(line.is_some_and(|l| !l.text().chars().any(is_unsafe)));
                    }
                }
            }
        }
    }
}
