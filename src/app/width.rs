//! Text in terminal columns: its width, cut in the middle for names and at the end for messages, padded; wide characters stay whole.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns that a text takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// The longest start of at most `columns` columns, with what follows it on no column of its own (combining marks).
fn head(text: &str, columns: usize) -> &str {
    let mut used = 0;
    for (i, c) in text.char_indices() {
        used += c.width().unwrap_or(0);
        if used > columns {
            return &text[..i];
        }
    }
    text
}

/// The longest end of at most `columns` columns.
fn tail(text: &str, columns: usize) -> &str {
    let mut used = 0;
    let mut from = text.len();
    for (i, c) in text.char_indices().rev() {
        let w = c.width().unwrap_or(0);
        if used + w > columns {
            break;
        }
        used += w;
        if w > 0 {
            from = i;
        }
    }
    &text[from..]
}

/// Cut at the end, for messages: `PaymentTimeo…`.
pub fn cut_end(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    if columns == 0 {
        return String::new();
    }
    format!("{}…", head(text, columns - 1))
}

/// Cut in the middle, for names, which differ at their ends: `orders.…ated.dlt`.
pub fn cut_middle(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    if columns < 3 {
        return cut_end(text, columns);
    }
    let back = columns / 2;
    format!("{}…{}", head(text, columns - 1 - back), tail(text, back))
}

/// Filled with spaces on the right; never cut.
pub fn pad_right(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// Filled with spaces on the left; never cut.
pub fn pad_left(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(width(text))))
}

/// Breaks a text into lines of at most `columns`, at spaces where there are any.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(2);
    let mut lines = Vec::new();
    for part in text.split('\n') {
        let mut rest = part;
        while width(rest) > columns {
            let fits = head(rest, columns);
            let cut = fits.rfind(' ').filter(|i| *i > 0).map_or(fits.len().max(rest.chars().next().map_or(1, char::len_utf8)), |i| i + 1);
            lines.push(rest[..cut].trim_end().to_owned());
            rest = &rest[cut..];
        }
        lines.push(rest.to_owned());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_in_the_middle_and_messages_at_the_end() {
        assert_eq!(cut_middle("orders.order.created.dlt", 16), "orders.…ated.dlt");
        assert_eq!(cut_middle("orders", 6), "orders");
        assert_eq!(cut_end("PaymentTimeout at Gateway", 10), "PaymentTi…");
        assert_eq!(cut_middle("orders", 2), "o…");
        assert_eq!(cut_end("x", 0), "");
    }

    #[test]
    fn wide_and_combining_characters_stay_whole() {
        assert_eq!(cut_end("日本語", 4), "日…");
        assert_eq!(width(&cut_middle("日本語日本語日本語", 8)), 7);
        assert_eq!(cut_end("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
        assert_eq!(pad_left("日", 4), "  日");
        assert_eq!(pad_right("é", 3), "é  ");
    }

    #[test]
    fn long_text_wraps_at_spaces_and_words_that_are_longer_still() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("aaaaaaaaaa", 4), ["aaaa", "aaaa", "aa"]);
        assert_eq!(wrap("a\n\nb", 10), ["a", "", "b"]);
        assert_eq!(wrap("日本語", 1), ["日", "本", "語"]);
    }

    proptest::proptest! {
        #[test]
        fn no_cut_is_wider_than_asked_for(text in "\\PC{0,40}", columns in 0usize..30) {
            proptest::prop_assert!(width(&cut_end(&text, columns)) <= columns);
            proptest::prop_assert!(width(&cut_middle(&text, columns)) <= columns);
        }
    }
}
