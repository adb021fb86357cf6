//! Bytes as a hexdump.

use std::fmt::Write;

use super::line::{Line, Token, TokenKind};

/// Bytes on one line of a hexdump; 77 columns with offset and text.
const WIDTH: usize = 16;

/// How many lines a dump of so many bytes has.
pub(super) fn len(bytes: usize) -> usize {
    bytes.div_ceil(WIDTH)
}

/// The line that shows a byte.
pub(super) fn row_at(byte: usize) -> usize {
    byte / WIDTH
}

/// One line: offset, hex, and what of it is printable ASCII.
pub(super) fn line(bytes: &[u8], index: usize) -> Option<Line> {
    let from = index.checked_mul(WIDTH)?;
    let to = bytes.len().min(from.saturating_add(WIDTH));
    let part = bytes.get(from..to).filter(|p| !p.is_empty())?;
    let mut hex = String::with_capacity(3 * WIDTH + 1);
    for at in 0..WIDTH {
        let gap = if at == WIDTH / 2 { " " } else { "" };
        let _ = match part.get(at) {
            Some(byte) => write!(hex, "{gap}{byte:02x} "),
            None => write!(hex, "{gap}   "),
        };
    }
    let ascii: String = part.iter().map(|b| if (0x20..0x7f).contains(b) { char::from(*b) } else { '.' }).collect();
    Some(Line {
        number: index + 1,
        continued: false,
        indent: 0,
        tokens: vec![
            Token::new(TokenKind::Offset, format!("{from:08x}")),
            Token::new(TokenKind::Space, "  "),
            Token::new(TokenKind::Hex, hex),
            Token::new(TokenKind::Space, " "),
            Token::new(TokenKind::Text, ascii),
        ],
        pointer: String::new(),
        fold: None,
        bytes: from..to,
        escaped: false,
    })
}

/// Bytes in a row (`00 00 00 01 2a …`), at most `max` of them.
pub(super) fn inline(bytes: &[u8], max: usize) -> String {
    let mut out = String::new();
    for (n, byte) in bytes.iter().take(max).enumerate() {
        let _ = write!(out, "{}{byte:02x}", if n > 0 { " " } else { "" });
    }
    if bytes.len() > max {
        out.push_str(" …");
    }
    out
}

/// Why bytes that may be UTF-8 are no text for a reader: a NUL near the beginning, or mostly control characters.
pub(super) fn binary(text: &str) -> Option<String> {
    let head = &text.as_bytes()[..text.len().min(4096)];
    if let Some(at) = head.iter().position(|b| *b == 0) {
        return Some(format!("byte {at} is NUL"));
    }
    let head = &head[..head.len().min(512)];
    let control = head.iter().filter(|b| b.is_ascii_control() && !matches!(b, b'\t' | b'\n' | b'\r')).count();
    (control * 10 > head.len() * 3).then(|| "mostly control characters".to_owned())
}
