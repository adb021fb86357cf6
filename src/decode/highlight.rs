//! Highlighting of texts by syntect: what a piece means, never its colour; only for the lines that are asked for.
//!
//! JSON does not come here: its tokenizer knows every token already and needs no line before it. What does is everything
//! that is text, JSON that is broken or cut among it.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::{LazyLock, Mutex, PoisonError};

use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxReference, SyntaxSet};

use super::line::TokenKind;

/// Lines parsed at most to reach one that was jumped to; the state before them is guessed to be the beginning's.
const RUN_UP: usize = 200;
/// Lines kept; then the cache starts anew.
const KEPT: usize = 2000;

static SYNTAXES: LazyLock<SyntaxSet> = LazyLock::new(SyntaxSet::load_defaults_newlines);

/// Scopes by meaning; the first that fits the innermost scope wins.
static MEANINGS: LazyLock<Vec<(Scope, TokenKind)>> = LazyLock::new(|| {
    let table = [
        ("comment", TokenKind::Comment),
        ("punctuation.definition.comment", TokenKind::Comment),
        ("punctuation.definition.string", TokenKind::String),
        ("entity.name.tag.yaml", TokenKind::Key),
        ("entity.other.attribute-name", TokenKind::Key),
        ("support.type.property-name", TokenKind::Key),
        ("meta.mapping.key", TokenKind::Key),
        ("constant.numeric", TokenKind::Number),
        ("constant.character", TokenKind::String),
        ("constant", TokenKind::Literal),
        ("string", TokenKind::String),
        ("keyword", TokenKind::Keyword),
        ("storage", TokenKind::Keyword),
        ("entity", TokenKind::Name),
        ("support", TokenKind::Name),
        ("punctuation", TokenKind::Punctuation),
    ];
    table.into_iter().filter_map(|(name, kind)| Some((Scope::new(name).ok()?, kind))).collect()
});

/// Pieces of a line with their meanings, in order and without gaps.
pub(super) type Pieces = Vec<(TokenKind, Range<usize>)>;

/// A text's highlighting.
pub(super) struct Highlighter {
    syntax: &'static SyntaxReference,
    done: Mutex<BTreeMap<usize, Done>>,
}

/// A line that was parsed, and the parser's state behind it.
#[derive(Clone)]
struct Done {
    pieces: Pieces,
    parser: ParseState,
    scopes: ScopeStack,
}

impl fmt::Debug for Highlighter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Highlighter({})", self.syntax.name)
    }
}

impl Highlighter {
    /// For a text whose beginning looks like something that syntect knows.
    pub(super) fn guess(text: &str) -> Option<Self> {
        let syntax = SYNTAXES.find_syntax_by_name(guess(text)?)?;
        Some(Self { syntax, done: Mutex::default() })
    }

    pub(super) fn name(&self) -> &str {
        &self.syntax.name
    }

    /// The pieces of a line; `text` gives lines by index, without their ends.
    pub(super) fn line<'a>(&self, index: usize, text: &dyn Fn(usize) -> Option<&'a str>) -> Pieces {
        let mut cache = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(done) = cache.get(&index) {
            return done.pieces.clone();
        }
        if cache.len() >= KEPT {
            cache.clear();
        }
        let first = index.saturating_sub(RUN_UP);
        let before = cache.range(first..index).next_back().map(|(at, done)| (*at + 1, done.parser.clone(), done.scopes.clone()));
        let (from, mut parser, mut scopes) = before.unwrap_or_else(|| (first, ParseState::new(self.syntax), ScopeStack::new()));
        let mut pieces = Pieces::new();
        for at in from..=index {
            let Some(line) = text(at) else { break };
            pieces = parse(line, &mut parser, &mut scopes);
            cache.insert(at, Done { pieces: pieces.clone(), parser: parser.clone(), scopes: scopes.clone() });
        }
        pieces
    }
}

/// Parses one line; where the parser fails, the rest of the line is plain text.
fn parse(line: &str, parser: &mut ParseState, scopes: &mut ScopeStack) -> Pieces {
    let mut pieces = Pieces::new();
    let mut push = |kind: TokenKind, range: Range<usize>| match pieces.last_mut() {
        _ if range.is_empty() => {}
        Some((last, before)) if *last == kind => before.end = range.end,
        _ => pieces.push((kind, range)),
    };
    let mut from = 0;
    for (at, op) in parser.parse_line(&format!("{line}\n"), &SYNTAXES).unwrap_or_default() {
        let at = at.min(line.len());
        push(meaning(scopes), from..at);
        from = from.max(at);
        if scopes.apply(&op).is_err() {
            break;
        }
    }
    push(meaning(scopes), from..line.len());
    pieces
}

/// What a piece below these scopes means.
fn meaning(scopes: &ScopeStack) -> TokenKind {
    let known = |scope: &Scope| MEANINGS.iter().find(|(known, _)| known.is_prefix_of(*scope)).map(|(_, kind)| *kind);
    scopes.as_slice().iter().rev().find_map(known).unwrap_or(TokenKind::Text)
}

/// The name of the syntax that a text's beginning suggests.
fn guess(text: &str) -> Option<&'static str> {
    let mut end = text.len().min(2048);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let head = text[..end].trim_start();
    let lower = head.to_ascii_lowercase();
    let starts = |words: &[&str]| words.iter().any(|word| lower.starts_with(word));
    if starts(&["<!doctype html", "<html"]) {
        return Some("HTML");
    }
    if lower.starts_with('<') {
        return Some("XML");
    }
    if lower.starts_with(['{', '[']) {
        return Some("JSON");
    }
    if starts(&["select ", "insert ", "update ", "delete from ", "create table", "with "]) {
        return Some("SQL");
    }
    if head.contains("Traceback (most recent call last)") {
        return Some("Python");
    }
    let frames = head.lines().filter(|line| line.trim_start().starts_with("at ") && line.contains('(')).count();
    if frames > 1 {
        return Some("Java");
    }
    let pairs = head.lines().take(8).filter(|line| line.split_once(": ").is_some_and(|(key, _)| is_key(key)) || line.ends_with(':'));
    if lower.starts_with("---") || pairs.count() > 1 {
        return Some("YAML");
    }
    None
}

/// Whether the text before a colon can be a YAML key.
fn is_key(word: &str) -> bool {
    let word = word.trim_start_matches([' ', '-']);
    !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(TokenKind, String)> {
        let highlighter = Highlighter::guess(text).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let all = (0..lines.len()).flat_map(|n| {
            let pieces = highlighter.line(n, &|at| lines.get(at).copied());
            pieces.into_iter().map(|(kind, range)| (kind, lines[n][range].to_owned())).collect::<Vec<_>>()
        });
        all.collect()
    }

    #[test]
    fn xml_and_yaml_have_meanings() {
        let xml = kinds("<order id=\"7\">\n  <!-- x -->\n  <sum>3</sum>\n</order>");
        assert!(xml.contains(&(TokenKind::Name, "order".into())), "{xml:?}");
        assert!(xml.contains(&(TokenKind::Key, "id".into())), "{xml:?}");
        assert!(xml.contains(&(TokenKind::String, "\"7\"".into())), "{xml:?}");
        assert!(xml.iter().any(|(kind, text)| *kind == TokenKind::Comment && text.contains('x')));
        let yaml = kinds("order: 7\nname: \"x\" # why\n");
        assert!(yaml.contains(&(TokenKind::Key, "order".into())), "{yaml:?}");
        assert!(yaml.contains(&(TokenKind::Number, "7".into())), "{yaml:?}");
        assert!(yaml.iter().any(|(kind, _)| *kind == TokenKind::Comment));
    }

    #[test]
    fn broken_json_is_still_coloured_and_nothing_is_lost() {
        let text = "{\"a\": 1,\n \"b\": tru";
        let pieces = kinds(text);
        assert!(pieces.contains(&(TokenKind::Number, "1".into())), "{pieces:?}");
        assert_eq!(pieces.into_iter().map(|(_, t)| t).collect::<String>(), text.replace('\n', ""));
    }

    #[test]
    fn a_jump_costs_a_bounded_run_up() {
        let highlighter = Highlighter::guess("<a>\n").unwrap();
        let asked = std::cell::Cell::new(0);
        let pieces = highlighter.line(1_000_000, &|_| {
            asked.set(asked.get() + 1);
            Some("<b>x</b>")
        });
        assert!(!pieces.is_empty());
        assert!(asked.get() <= RUN_UP + 1);
    }

    #[test]
    fn prose_is_left_alone() {
        assert!(Highlighter::guess("just a sentence").is_none());
        assert!(Highlighter::guess("").is_none());
    }
}
