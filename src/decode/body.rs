//! A message's body as lines: JSON, text or a hexdump, whichever the bytes are.

use bytes::Bytes;

use super::Line;

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

/// A decoded body. Lines are made when they are asked for, so that 1 MB opens as fast as 1 KB.
#[derive(Debug)]
pub struct Decoded {
    pub form: Form,
    bytes: Bytes,
}

/// Decodes a body. Never fails: what is not JSON is text, what is not text is a hexdump.
pub fn body(bytes: &Bytes, hint: Hint) -> Decoded {
    let _ = hint;
    Decoded { form: Form::Text, bytes: bytes.clone() }
}

impl Decoded {
    /// How many lines there are; 0 for an empty body.
    pub fn len(&self) -> usize {
        self.bytes.len().min(1)
    }

    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The line of this index (from 0); its cost depends on the line alone.
    pub fn line(&self, index: usize) -> Option<Line> {
        let _ = index;
        None
    }

    /// The line on which the value of a JSON pointer starts; of a missing value, its nearest container's.
    pub fn line_of(&self, pointer: &str) -> Place {
        let _ = pointer;
        Place { line: 0, exact: false }
    }

    /// The line that shows this byte of the body.
    pub fn line_at(&self, byte: usize) -> usize {
        let _ = byte;
        0
    }

    /// The body's bytes as they came.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }
}
