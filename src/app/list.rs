//! A list on a screen: rows that hold still, the cursor on its thing, marks, the filter, and the column it is sorted by.

use std::cmp::Ordering;

use super::command::Command;
use super::cursor::Cursor;
use super::screens::{marked, moved, steady};
use super::text::{Line, Tone};
use crate::decode::{human, safe};

/// Rows with identity `K`.
#[derive(Debug)]
pub struct List<T, K> {
    pub rows: Vec<T>,
    pub cursor: Cursor<K>,
    pub filter: String,
    pub sort: Sort,
    key: fn(&T) -> K,
}

/// By which of a list's columns it is sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sort {
    /// The column that `←→` have picked.
    pub picked: Option<usize>,
    /// The column it is sorted by, and whether in reverse; `None`: the list's own order.
    pub by: Option<(usize, bool)>,
}

/// What a click hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hit {
    /// The row under the cursor: it is to be opened.
    Chosen,
    /// Another row, which the cursor is on now, or nothing.
    Else,
}

impl<T, K: Ord + Clone> List<T, K> {
    /// Without rows.
    pub fn new(key: fn(&T) -> K) -> Self {
        Self { rows: Vec::new(), cursor: Cursor::default(), filter: String::new(), sort: Sort::default(), key }
    }

    /// The row under the cursor.
    pub fn chosen(&self) -> Option<&T> {
        self.rows.get(self.cursor.row())
    }

    /// The marked rows, else the one under the cursor.
    pub fn taken(&self) -> Vec<&T> {
        if self.cursor.marks().is_empty() {
            return self.chosen().into_iter().collect();
        }
        self.rows.iter().filter(|row| self.is_marked(row)).collect()
    }

    /// Whether a row is marked.
    pub fn is_marked(&self, row: &T) -> bool {
        self.cursor.marks().contains(&(self.key)(row))
    }

    /// Whether a row with this text passes the filter.
    pub fn fits(&self, text: &str) -> bool {
        self.filter.is_empty() || text.to_lowercase().contains(&self.filter.to_lowercase())
    }

    /// What the filter left of all rows, where there is a filter.
    pub fn narrowed(&self, all: usize) -> Option<Line> {
        let count = |n: usize| human::count_plain(n as u64);
        (!self.filter.is_empty()).then(|| format!("/{}  {} of {}", safe(&self.filter), count(self.rows.len()), count(all)).into())
    }

    /// Takes the rows as they are now, in the list's own order. They move only while nobody presses keys and nothing is marked.
    pub fn take(&mut self, mut rows: Vec<T>, calm: bool, height: usize, order: impl Fn(usize, &T, &T) -> Ordering) {
        if let Some((column, reversed)) = self.sort.by {
            rows.sort_by(|a, b| order(column, a, b));
            if reversed {
                rows.reverse();
            }
        }
        self.put(rows, calm, height);
    }

    /// The same with rows that are in their order already.
    pub fn put(&mut self, rows: Vec<T>, calm: bool, height: usize) {
        let key = self.key;
        self.rows = if calm && self.cursor.marks().is_empty() { rows } else { steady(&self.rows, rows, key) };
        let rows = &self.rows;
        self.cursor.sync(rows.len(), |i| key(&rows[i]));
        self.fit(height);
    }

    /// Keeps the cursor in view.
    pub fn fit(&mut self, height: usize) {
        self.cursor.fit(height, self.rows.len());
    }

    /// Moves or marks, if the command is about that.
    pub fn command(&mut self, command: Command, height: usize) -> bool {
        let (rows, key) = (&self.rows, self.key);
        let at = |i: usize| key(&rows[i]);
        moved(&mut self.cursor, command, rows.len(), height, at) || marked(&mut self.cursor, command, rows.len(), height, at)
    }

    /// Picks a column or sorts by it, if the command is about that. After a new order the rows are to be taken anew.
    pub fn sorts(&mut self, command: Command, columns: usize) -> bool {
        if command == Command::Sort {
            // nothing holds the old order
            self.rows.clear();
        }
        self.sort.command(command, columns)
    }

    /// A click on a row of the body, of which the first `above` are none of the list's.
    pub fn click(&mut self, at: u16, above: usize) -> Hit {
        let Some(row) = usize::from(at).checked_sub(above).map(|r| r + self.cursor.top()).filter(|r| *r < self.rows.len()) else {
            return Hit::Else;
        };
        if row == self.cursor.row() {
            return Hit::Chosen;
        }
        let (rows, key) = (&self.rows, self.key);
        self.cursor.go(row, rows.len(), |i| key(&rows[i]));
        Hit::Else
    }
}

/// A list, whatever its rows are, to the keys that are alike on every screen: `/`, `esc`, marks.
pub trait Narrow {
    /// The filter's text; empty: there is none.
    fn filter(&self) -> &str;
    /// Takes this text for the filter. The rows are to be taken anew then.
    fn narrow(&mut self, text: &str);
    /// Takes off the filter, else the marks; false if there was neither.
    fn esc(&mut self) -> bool;
    /// How many are marked, of how many rows.
    fn marks(&self) -> (usize, usize);
}

impl<T, K: Ord + Clone> Narrow for List<T, K> {
    fn filter(&self) -> &str {
        &self.filter
    }

    fn narrow(&mut self, text: &str) {
        text.clone_into(&mut self.filter);
    }

    fn esc(&mut self) -> bool {
        !std::mem::take(&mut self.filter).is_empty() || self.cursor.clear()
    }

    fn marks(&self) -> (usize, usize) {
        (self.cursor.marks().len(), self.rows.len())
    }
}

impl Sort {
    /// Picks a column or sorts by the picked one, if the command is about that: first as it is, then reversed, then in the list's own
    /// order again.
    pub fn command(&mut self, command: Command, columns: usize) -> bool {
        let last = columns.saturating_sub(1);
        self.picked = match (command, self.picked) {
            (Command::Right, picked) => Some(picked.map_or(0, |p| (p + 1).min(last))),
            (Command::Left, picked) => Some(picked.map_or(last, |p| p.saturating_sub(1))),
            (Command::Sort, picked) => Some(picked.unwrap_or(0)),
            _ => return false,
        };
        if let (Command::Sort, Some(picked)) = (command, self.picked) {
            self.by = match self.by {
                Some((column, true)) if column == picked => None,
                Some((column, false)) if column == picked => Some((picked, true)),
                _ => Some((picked, false)),
            };
        }
        true
    }

    /// What it is sorted by, in words; `own`: how, where nobody chose.
    pub fn words(&self, columns: &[&str], own: &str) -> String {
        let name = |i: usize| columns.get(i).map_or(String::new(), |c| c.to_lowercase());
        let by = match self.by {
            None => own.to_owned(),
            Some((column, false)) => format!("by {}", name(column)),
            Some((column, true)) => format!("by {}, reversed", name(column)),
        };
        match self.picked.filter(|p| self.by.is_none_or(|(column, _)| column != *p)) {
            Some(picked) => format!("{by}; s: by {}", name(picked)),
            None => by,
        }
    }

    /// How the titles of the columns look: the sorted and the picked one stand out.
    pub fn heads<'a>(&self, columns: &[&'a str]) -> Vec<(&'a str, Tone)> {
        let one = |i: Option<usize>, tone| i.and_then(|i| columns.get(i)).map(|c| (*c, tone));
        one(self.picked, Tone::Accent).into_iter().chain(one(self.by.map(|(c, _)| c), Tone::Strong)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list() -> List<(u32, &'static str), u32> {
        let mut list = List::new(|row: &(u32, &str)| row.0);
        list.take(vec![(3, "c"), (1, "a"), (2, "b")], true, 9, order);
        list
    }

    fn order(column: usize, a: &(u32, &str), b: &(u32, &str)) -> Ordering {
        if column == 0 { a.0.cmp(&b.0) } else { b.1.cmp(a.1) }
    }

    #[test]
    fn a_column_is_picked_sorted_by_and_reversed_and_the_cursor_stays_on_its_thing() {
        let mut list = list();
        let rows = list.rows.clone();
        let numbers = |list: &List<(u32, &str), u32>| list.rows.iter().map(|r| r.0).collect::<Vec<_>>();
        assert_eq!((numbers(&list), list.chosen().map(|r| r.0)), (vec![3, 1, 2], Some(3)));
        assert!(list.sorts(Command::Sort, 2));
        list.take(rows.clone(), false, 9, order);
        assert_eq!((numbers(&list), list.chosen().map(|r| r.0)), (vec![1, 2, 3], Some(3)));
        assert!(list.sorts(Command::Sort, 2));
        list.take(rows.clone(), true, 9, order);
        assert_eq!((numbers(&list), list.sort.words(&["N", "NAME"], "")), (vec![3, 2, 1], "by n, reversed".into()));
        assert!(list.sorts(Command::Right, 2) && list.sorts(Command::Right, 2));
        assert_eq!(list.sort.words(&["N", "NAME"], ""), "by n, reversed; s: by name");
        assert!(!list.sorts(Command::Open, 2));
        assert!(list.sorts(Command::Left, 2) && list.sorts(Command::Sort, 2));
        list.take(rows, true, 9, order);
        assert_eq!((numbers(&list), list.sort.words(&["N", "NAME"], "as they came")), (vec![3, 1, 2], "as they came; s: by n".into()));
    }

    #[test]
    fn esc_takes_off_the_filter_then_the_marks() {
        let mut list = list();
        list.filter = "x".into();
        assert!(list.command(Command::Mark, 9));
        assert_eq!((list.taken().len(), list.cursor.row()), (1, 1));
        assert!(list.esc() && list.filter.is_empty() && !list.cursor.marks().is_empty());
        assert!(list.esc() && list.cursor.marks().is_empty() && !list.esc());
    }

    #[test]
    fn rows_hold_still_while_something_is_marked() {
        let mut list = list();
        list.command(Command::Mark, 9);
        list.take(vec![(1, "a"), (2, "b"), (3, "c"), (4, "d")], true, 9, order);
        assert_eq!(list.rows.iter().map(|r| r.0).collect::<Vec<_>>(), [3, 1, 2, 4]);
    }
}
