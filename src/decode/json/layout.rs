//! JSON laid out for an editor and put back on one line: only blanks between tokens change, every token stays as it is.

/// One value a line. What is not JSON comes out with other blanks, so ask [`super::parse`] first.
pub fn laid_out(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut depth = 0_usize;
    let mut tokens = Tokens(text).peekable();
    while let Some(token) = tokens.next() {
        match token {
            "{" | "[" => {
                out.push_str(token);
                let closes = if token == "{" { "}" } else { "]" };
                if let Some(close) = tokens.next_if_eq(&closes) {
                    out.push_str(close);
                } else {
                    depth += 1;
                    new_line(&mut out, depth);
                }
            }
            "}" | "]" => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push_str(token);
            }
            "," => {
                out.push_str(token);
                new_line(&mut out, depth);
            }
            ":" => out.push_str(": "),
            _ => out.push_str(token),
        }
    }
    out
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    (0..depth).for_each(|_| out.push_str("  "));
}

/// Without blanks between tokens.
pub fn on_one_line(text: &str) -> String {
    Tokens(text).collect()
}

/// Strings, signs, and runs of anything else but blanks.
struct Tokens<'a>(&'a str);

impl<'a> Iterator for Tokens<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let text = self.0.trim_start_matches([' ', '\t', '\n', '\r']);
        let end = match text.chars().next()? {
            '"' => string_end(text),
            '{' | '}' | '[' | ']' | ',' | ':' => 1,
            _ => text.find([' ', '\t', '\n', '\r', '"', '{', '}', '[', ']', ',', ':']).unwrap_or(text.len()),
        };
        let (token, rest) = text.split_at(end);
        self.0 = rest;
        Some(token)
    }
}

fn string_end(text: &str) -> usize {
    let mut escaped = false;
    for (i, c) in text.char_indices().skip(1) {
        match (escaped, c) {
            (false, '"') => return i + 1,
            (false, '\\') => escaped = true,
            _ => escaped = false,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn laid_out_and_back_every_token_is_as_it_was() {
        let line = r#"{"a":18446744073709551616,"a":1.0,"b":[],"c":{},"d":[1,{"e":"x, \"y\": {"}],"f":null}"#;
        let shown = laid_out(line);
        assert_eq!(
            shown,
            "{\n  \"a\": 18446744073709551616,\n  \"a\": 1.0,\n  \"b\": [],\n  \"c\": {},\n  \"d\": [\n    1,\n    {\n      \"e\": \"x, \\\"y\\\": {\"\n    }\n  ],\n  \"f\": null\n}"
        );
        assert_eq!(on_one_line(&shown), line);
    }
}
