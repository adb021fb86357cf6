//! What a screen's body is made of: lines, a table whose rows are asked for by index, lines below a rule.

use std::borrow::Cow;

use crate::app::text::{Line, Tone};

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub struct Column<'a> {
    pub title: &'a str,
    /// Columns of the terminal at its smallest.
    pub width: u16,
    /// Share of the room that is left.
    pub grow: u16,
    pub side: Side,
    /// Shown from this width of the terminal on.
    pub from: u16,
}

/// How a cell stands and is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Numbers: at the right.
    Right,
    /// Names: at the left, cut in the middle.
    Name,
    /// Messages: at the left, cut at the end.
    Text,
}

/// A column at its smallest in any terminal.
pub const fn column(title: &str, width: u16, grow: u16, side: Side) -> Column<'_> {
    Column { title, width, grow, side, from: 0 }
}

/// The same, shown only from a width on.
pub const fn wide(title: &str, width: u16, grow: u16, side: Side, from: u16) -> Column<'_> {
    Column { title, width, grow, side, from }
}

/// A row of a table.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// `!`, `✗`, or nothing, before the row.
    pub sign: Option<(&'static str, Tone)>,
    pub marked: bool,
    pub cells: Vec<(Tone, String)>,
}

/// A table; only the rows in view are made.
pub struct Table<'a> {
    pub columns: Cow<'a, [Column<'a>]>,
    pub len: usize,
    pub top: usize,
    pub chosen: usize,
    pub row: Box<dyn Fn(usize) -> Row + 'a>,
}

/// A body.
#[derive(Default)]
pub struct Sheet<'a> {
    pub above: Vec<Line>,
    /// A rule below the lines above.
    pub ruled: bool,
    pub table: Option<Table<'a>>,
    /// Titles of columns that look otherwise: picked, sorted by.
    pub heads: Vec<(&'a str, Tone)>,
    /// In the table's place while it has no rows.
    pub empty: Vec<Line>,
    /// Below a rule under the table.
    pub below: Vec<Line>,
    /// Rows that the table keeps at least when there is much below.
    pub least: u16,
    /// Line of `below` at which it starts.
    pub skip: usize,
    /// Columns by which lines above are scrolled to the right.
    pub left: usize,
}
