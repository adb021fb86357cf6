//! One line of typed text with a cursor: filter, position, command, confirm field.

use super::key::{Code, Key};

/// What is being typed. The cursor counts characters, not bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Input {
    text: String,
    at: usize,
}

/// Longest text taken, in characters; what is pasted beyond it is dropped.
const LONGEST: usize = 1_000;

impl Input {
    /// Starts with a text, the cursor behind it.
    pub fn with(text: &str) -> Self {
        let mut input = Self::default();
        input.paste(text);
        input
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text before and from the cursor on.
    pub fn split(&self) -> (&str, &str) {
        self.text.split_at(self.byte(self.at))
    }

    fn byte(&self, at: usize) -> usize {
        self.text.char_indices().nth(at).map_or(self.text.len(), |(i, _)| i)
    }

    fn len(&self) -> usize {
        self.text.chars().count()
    }

    /// Inserts a text; line breaks become spaces, other control characters are dropped.
    pub fn paste(&mut self, text: &str) {
        for c in text.chars() {
            let c = if c == '\n' || c == '\t' { ' ' } else { c };
            if !c.is_control() && self.len() < LONGEST {
                let at = self.byte(self.at);
                self.text.insert(at, c);
                self.at += 1;
            }
        }
    }

    /// Edits by a key; false when the key means nothing to a line of text.
    pub fn key(&mut self, key: Key) -> bool {
        match (key.code, key.ctrl || key.alt) {
            (Code::Char(c), false) => self.paste(c.encode_utf8(&mut [0; 4])),
            (Code::Char('u'), true) => *self = Self::with(self.split().1).home(),
            (Code::Char('w'), true) => self.cut_word(),
            (Code::Char('a'), true) | (Code::Home, _) => self.at = 0,
            (Code::Char('e'), true) | (Code::End, _) => self.at = self.len(),
            (Code::Backspace, _) if self.at > 0 => {
                self.at -= 1;
                self.cut_here();
            }
            (Code::Delete, _) => self.cut_here(),
            (Code::Left, _) => self.at = self.at.saturating_sub(1),
            (Code::Right, _) => self.at = (self.at + 1).min(self.len()),
            (Code::Backspace, _) => {}
            _ => return false,
        }
        true
    }

    fn home(mut self) -> Self {
        self.at = 0;
        self
    }

    fn cut_here(&mut self) {
        let at = self.byte(self.at);
        if at < self.text.len() {
            self.text.remove(at);
        }
    }

    fn cut_word(&mut self) {
        let (before, after) = self.split();
        let kept = before.trim_end().rfind(' ').map_or("", |i| &before[..=i]);
        (self.text, self.at) = (format!("{kept}{after}"), kept.chars().count());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_edited_as_everywhere() {
        let mut line = Input::with("straße 12");
        line.key(Key { code: Code::Char('w'), ctrl: true, alt: false });
        assert_eq!(line.text(), "straße ");
        line.key(Key::plain(Code::Home));
        line.key(Key::char('X'));
        line.key(Key::plain(Code::Delete));
        assert_eq!(line.split(), ("X", "traße "));
        line.paste("a\nb\u{1b}[2J");
        assert_eq!(line.text(), "Xa b[2Jtraße ");
        assert!(!line.key(Key::plain(Code::Enter)));
    }
}
