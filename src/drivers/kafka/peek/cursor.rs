//! Printable tokens to go on where a look stopped: `next:0/123,1/456` towards newer, `prev:…` towards older messages.

use std::collections::BTreeMap;

use super::Ranges;
use crate::broker::Cursor;

/// What a cursor says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// The next offset to read, by partition.
    Newer(BTreeMap<i32, i64>),
    /// The offset below which to read on, by partition.
    Older(BTreeMap<i32, i64>),
}

/// To go on towards newer messages.
pub fn newer(ranges: &Ranges) -> Cursor {
    print("next", ranges.iter().map(|(p, r)| (*p, r.next)))
}

/// To go on towards older messages.
pub fn older(ranges: &Ranges) -> Cursor {
    print("prev", ranges.iter().map(|(p, r)| (*p, r.to)))
}

fn print(word: &str, at: impl Iterator<Item = (i32, i64)>) -> Cursor {
    let places: Vec<_> = at.map(|(p, o)| format!("{p}/{o}")).collect();
    Cursor(format!("{word}:{}", places.join(",")))
}

/// Reads a token; `None` if it is not one of ours.
pub fn read(cursor: &Cursor) -> Option<Token> {
    let (word, rest) = cursor.0.split_once(':')?;
    let places = rest.split(',').filter(|p| !p.is_empty()).map(|place| {
        let (p, o) = place.split_once('/')?;
        Some((p.parse().ok()?, o.parse().ok()?))
    });
    let places = places.collect::<Option<BTreeMap<i32, i64>>>()?;
    match word {
        "next" => Some(Token::Newer(places)),
        "prev" => Some(Token::Older(places)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Range;
    use super::*;

    #[test]
    fn a_printed_cursor_reads_back() {
        let ranges: Ranges = [(0, Range { next: 5, to: 9 }), (11, Range { next: 132_665, to: 200_000 })].into();
        assert_eq!(newer(&ranges).0, "next:0/5,11/132665");
        assert_eq!(read(&newer(&ranges)), Some(Token::Newer([(0, 5), (11, 132_665)].into())));
        assert_eq!(read(&older(&ranges)), Some(Token::Older([(0, 9), (11, 200_000)].into())));
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        for text in ["", "next", "next:a/1", "other:0/1", "next:0"] {
            assert_eq!(read(&Cursor(text.into())), None, "{text}");
        }
    }
}
