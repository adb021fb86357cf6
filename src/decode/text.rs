//! Text as lines, cut where one would be too long to draw, with control characters written out.

use bytes::Bytes;

use super::highlight::Highlighter;
use super::line::{Line, Token, TokenKind};
use super::safe::{is_unsafe, safe};

/// Bytes on one line; what is longer goes on in further lines of the same number.
const WIDEST: usize = 4096;

#[derive(Clone, Copy, Debug)]
struct Row {
    start: usize,
    /// Without the line's end.
    end: usize,
    number: usize,
    continued: bool,
}

/// The lines of a text.
#[derive(Debug)]
pub(super) struct Text {
    bytes: Bytes,
    rows: Vec<Row>,
    highlighter: Option<Highlighter>,
}

impl Text {
    /// `bytes` are UTF-8; where they are not after all, lines come out empty.
    pub(super) fn new(bytes: &Bytes) -> Self {
        let mut rows = Vec::new();
        let text = std::str::from_utf8(bytes).unwrap_or_default();
        let mut start = 0;
        for (n, line) in text.split_inclusive('\n').enumerate() {
            let shown = line.strip_suffix('\n').map_or(line, |l| l.strip_suffix('\r').unwrap_or(l));
            let (mut from, end) = (start, start + shown.len());
            loop {
                let mut to = end.min(from + WIDEST);
                while !text.is_char_boundary(to) {
                    to -= 1;
                }
                rows.push(Row { start: from, end: to, number: n + 1, continued: from > start });
                from = to;
                if from >= end {
                    break;
                }
            }
            start += line.len();
        }
        Self { bytes: bytes.clone(), rows, highlighter: Highlighter::guess(text) }
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The line that shows a byte.
    pub(super) fn row_at(&self, byte: usize) -> usize {
        self.rows.partition_point(|row| row.start <= byte).saturating_sub(1)
    }

    fn raw(&self, row: &Row) -> &str {
        std::str::from_utf8(&self.bytes[row.start..row.end]).unwrap_or_default()
    }

    pub(super) fn line(&self, index: usize) -> Option<Line> {
        let row = self.rows.get(index)?;
        let raw = self.raw(row);
        let pieces = match &self.highlighter {
            Some(highlighter) => highlighter.line(index, &|n| self.rows.get(n).map(|row| self.raw(row))),
            None => vec![(TokenKind::Text, 0..raw.len())],
        };
        let tokens =
            pieces.into_iter().filter_map(|(kind, range)| raw.get(range).map(|text| Token { kind, text: visible(text) })).collect();
        Some(Line {
            number: row.number,
            continued: row.continued,
            indent: 0,
            tokens,
            pointer: String::new(),
            fold: None,
            bytes: row.start..row.end,
            escaped: raw.chars().any(|c| c != '\t' && is_unsafe(c)),
        })
    }

    /// What the text seems to be (`XML`), for the footer.
    pub(super) fn syntax(&self) -> Option<&str> {
        self.highlighter.as_ref().map(Highlighter::name)
    }
}

/// Safe text; a tab is a blank of four, not a danger.
fn visible(text: &str) -> String {
    if text.contains('\t') { safe(&text.replace('\t', "    ")).into_owned() } else { safe(text).into_owned() }
}
