//! What a JSON string token means.

use std::borrow::Cow;

/// The text of a string token, with or without its quotes; a lone surrogate becomes U+FFFD.
pub fn unescape(token: &str) -> Cow<'_, str> {
    let inner = token.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(token);
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let escape = &rest[at + 1..];
        let (c, taken) = match escape.as_bytes().first() {
            Some(b'u') => unicode(&escape[1..]),
            Some(b'n') => ('\n', 1),
            Some(b't') => ('\t', 1),
            Some(b'r') => ('\r', 1),
            Some(b'b') => ('\u{8}', 1),
            Some(b'f') => ('\u{c}', 1),
            _ => match escape.chars().next() {
                Some(c) => (c, c.len_utf8()),
                None => ('\\', 0),
            },
        };
        out.push(c);
        rest = &escape[taken..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The character of `XXXX` or of a surrogate pair behind `\u`, and how many bytes it took, the `u` counted.
fn unicode(behind: &str) -> (char, usize) {
    let unit = |text: &str| text.get(..4).and_then(|hex| u32::from_str_radix(hex, 16).ok());
    let Some(high) = unit(behind) else {
        return (char::REPLACEMENT_CHARACTER, 1);
    };
    if (0xd800..0xdc00).contains(&high)
        && let Some(low) = behind.get(4..).and_then(|t| t.strip_prefix("\\u")).and_then(unit)
        && (0xdc00..0xe000).contains(&low)
    {
        let point = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
        return (char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER), 11);
    }
    (char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER), 5)
}
