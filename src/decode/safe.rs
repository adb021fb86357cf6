//! Makes hostile text harmless: what reaches a terminal holds no control character, no bidi override and nothing invisible.

use std::borrow::Cow;
use std::fmt::Write;

/// Text that a terminal can take: every control character (C0, DEL, C1), bidi mark, zero-width or invisible character is
/// written out (`\u001b`, `\u202e`; `\n`, `\r`, `\t` by their short names). Never longer than 10 times the input.
pub fn safe(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|b| (0x20..0x7f).contains(&b)) || !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    text.chars().for_each(|c| push_safe(&mut out, c));
    Cow::Owned(out)
}

/// Bytes as text that a terminal can take: as [`safe`], and bytes that are no UTF-8 as `\xNN`.
pub fn safe_bytes(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.push_str(&safe(chunk.valid()));
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}"); // writing to a String cannot fail
        }
    }
    out
}

/// Safe text of at most `max` characters of the input, with `…` behind if it was cut. Looks at no more than it shows.
pub fn safe_cut(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        Some((end, _)) => format!("{}…", safe(&text[..end])),
        None => safe(text).into_owned(),
    }
}

/// Whether a character is written out by [`safe`].
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0e}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Appends one character, written out if it must be.
fn push_safe(out: &mut String, c: char) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if is_unsafe(c) && (c as u32) < 0x1_0000 => {
            let _ = write!(out, "\\u{:04x}", c as u32);
        }
        c if is_unsafe(c) => {
            let _ = write!(out, "\\u{{{:x}}}", c as u32);
        }
        c => out.push(c),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_written_out() {
        assert_eq!(safe("a\u{1b}[2Jb"), "a\\u001b[2Jb");
        assert_eq!(safe("x\u{202e}y\u{9b}z\u{e0041}"), "x\\u202ey\\u009bz\\u{e0041}");
        assert_eq!(safe("über\n\t"), "über\\n\\t");
        assert_eq!(safe_bytes(b"a\xff\x1b\xc3\xa4"), "a\\xff\\u001bä");
        assert_eq!(safe_cut("aäb\u{7}c", 3), "aäb…");
        assert_eq!(safe_cut("abc", 3), "abc");
        assert!(matches!(safe("plain ä"), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn nothing_unsafe_comes_out(text in any::<String>(), bytes in any::<Vec<u8>>(), n in 0usize..20) {
            for out in [safe(&text).into_owned(), safe_bytes(&bytes), safe_cut(&text, n)] {
                prop_assert!(!out.chars().any(is_unsafe));
            }
        }
    }
}
