//! A text as tokens: never fails, says what it could not read and goes on.

use std::ops::Range;

use super::Mistake;

/// A token and its bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    pub kind: Kind,
    pub at: Range<usize>,
}

/// The tokens of the block language.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    OpenBlock,
    CloseBlock,
    OpenList,
    CloseList,
    Colon,
    /// A comma or the end of a line: both end an entry.
    End,
    /// A quoted text, unescaped.
    Text(String),
    /// Anything bare: a key, a number, `true`, `env.X`.
    Bare(String),
    /// The end of the file.
    Eof,
}

/// All tokens of a text, the last one `Eof`; mistakes are added to `mistakes`.
pub fn tokens(text: &str, mistakes: &mut Vec<Mistake>) -> Vec<Token> {
    let mut lexer = Lexer { text, at: 0, mistakes };
    let mut tokens = Vec::new();
    while let Some(token) = lexer.next() {
        tokens.push(token);
    }
    let end = text.len();
    tokens.push(Token { kind: Kind::Eof, at: end..end });
    tokens
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    mistakes: &'a mut Vec<Mistake>,
}

/// Whether a character may stand in a bare word.
fn bare(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '+' | '*')
}

impl Lexer<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn mistake(&mut self, at: Range<usize>, message: String) {
        self.mistakes.push(Mistake { at, message, note: String::new() });
    }

    fn next(&mut self) -> Option<Token> {
        loop {
            let start = self.at;
            let c = self.bump()?;
            let kind = match c {
                '\n' | ',' => Kind::End,
                c if c.is_whitespace() || c == '\u{feff}' => continue,
                '{' => Kind::OpenBlock,
                '}' => Kind::CloseBlock,
                '[' => Kind::OpenList,
                ']' => Kind::CloseList,
                ':' => Kind::Colon,
                '/' if self.peek() == Some('/') => {
                    self.comment();
                    continue;
                }
                '"' => self.quoted(start),
                '=' => {
                    let message = "a block file writes `name: value`, not `=`".to_owned();
                    self.mistake(start..self.at, message);
                    Kind::Colon
                }
                c if bare(c) => {
                    while self.peek().is_some_and(bare) {
                        self.bump();
                    }
                    Kind::Bare(self.text[start..self.at].to_owned())
                }
                c => {
                    let shown = c.escape_default();
                    self.mistake(start..self.at, format!("`{shown}` has no meaning here"));
                    continue;
                }
            };
            return Some(Token { kind, at: start..self.at });
        }
    }

    fn comment(&mut self) {
        while self.peek().is_some_and(|c| c != '\n') {
            self.bump();
        }
    }

    fn quoted(&mut self, start: usize) -> Kind {
        let mut text = String::new();
        loop {
            match self.peek() {
                None | Some('\n') => {
                    let message = "this text is not closed: `\"` is missing".to_owned();
                    self.mistake(start..start + 1, message);
                    return Kind::Text(text);
                }
                Some('"') => {
                    self.bump();
                    return Kind::Text(text);
                }
                Some('\\') => self.escape(&mut text),
                Some(c) => {
                    self.bump();
                    text.push(c);
                }
            }
        }
    }

    fn escape(&mut self, text: &mut String) {
        let start = self.at;
        self.bump();
        let Some(c) = self.peek().filter(|c| *c != '\n') else {
            return;
        };
        self.bump();
        match c {
            '"' | '\\' | '/' => text.push(c),
            'n' => text.push('\n'),
            't' => text.push('\t'),
            'r' => text.push('\r'),
            'u' => match self.unicode() {
                Some(c) => text.push(c),
                None => {
                    let message = "`\\u` takes four hex digits of a character".to_owned();
                    self.mistake(start..self.at, message);
                }
            },
            c => {
                let shown = c.escape_default();
                let message = format!("`\\{shown}` is no escape; `\\\\` is a backslash");
                self.mistake(start..self.at, message);
            }
        }
    }

    fn unicode(&mut self) -> Option<char> {
        let digits = self.text.get(self.at..self.at + 4)?;
        let number = u32::from_str_radix(digits, 16).ok()?;
        self.at += 4;
        char::from_u32(number)
    }
}
