//! Where one is in a list: the chosen thing by its identity, marks, and the rows in view.

use std::collections::BTreeSet;

/// A list's cursor over things with identity `K`. Rows may be sorted anew or go; the cursor stays on its thing.
#[derive(Clone, Debug)]
pub struct Cursor<K> {
    /// The thing under the cursor, once there was one.
    thing: Option<K>,
    /// Its row.
    row: usize,
    /// First row in view.
    top: usize,
    marks: BTreeSet<K>,
    /// Where a marked range starts.
    anchor: Option<K>,
}

impl<K> Default for Cursor<K> {
    fn default() -> Self {
        Self { thing: None, row: 0, top: 0, marks: BTreeSet::new(), anchor: None }
    }
}

impl<K: Ord + Clone> Cursor<K> {
    /// Row under the cursor.
    pub fn row(&self) -> usize {
        self.row
    }

    /// First row in view.
    pub fn top(&self) -> usize {
        self.top
    }

    /// The thing under the cursor.
    pub fn thing(&self) -> Option<&K> {
        self.thing.as_ref()
    }

    /// Puts the cursor on a thing that may not have a row yet.
    pub fn put(&mut self, thing: K) {
        self.thing = Some(thing);
    }

    /// Marked things.
    pub fn marks(&self) -> &BTreeSet<K> {
        &self.marks
    }

    /// Takes over the rows as they are now: finds the thing again (or stays at its row), drops marks of what is gone.
    pub fn sync(&mut self, len: usize, key: impl Fn(usize) -> K) {
        if len == 0 {
            (self.row, self.top, self.thing) = (0, 0, None);
            self.marks.clear();
            return;
        }
        let same = self.thing.as_ref().filter(|t| self.row < len && key(self.row) == **t).map(|_| self.row);
        // rows that came pushed it down, rows that went pulled it up: it is near where it was
        let near = (self.row.min(len)..len).chain((0..self.row.min(len)).rev());
        let found = same.or_else(|| self.thing.as_ref().and_then(|t| near.into_iter().find(|i| key(*i) == *t)));
        self.row = found.unwrap_or(self.row.min(len - 1));
        self.thing = Some(key(self.row));
        if !self.marks.is_empty() {
            let there: BTreeSet<K> = (0..len).map(&key).collect();
            self.marks.retain(|m| there.contains(m));
        }
    }

    /// Moves to a row.
    pub fn go(&mut self, row: usize, len: usize, key: impl Fn(usize) -> K) {
        if len > 0 {
            self.row = row.min(len - 1);
            self.thing = Some(key(self.row));
        }
    }

    /// Moves by rows, stopping at the ends.
    pub fn step(&mut self, by: isize, len: usize, key: impl Fn(usize) -> K) {
        self.go(self.row.saturating_add_signed(by), len, key);
    }

    /// Scrolls so that the cursor is among `height` rows in view, of `len`.
    pub fn fit(&mut self, height: usize, len: usize) {
        let height = height.max(1);
        self.top = self.top.min(len.saturating_sub(height)).clamp((self.row + 1).saturating_sub(height), self.row);
    }

    /// Marks or unmarks the thing under the cursor.
    pub fn toggle(&mut self) {
        if let Some(thing) = self.thing.clone()
            && !self.marks.remove(&thing)
        {
            self.marks.insert(thing);
        }
    }

    /// Starts a range, whose first row is marked at once so that it shows, or ends it and marks all from its start to the cursor; true
    /// when it ended.
    pub fn range(&mut self, len: usize, key: impl Fn(usize) -> K) -> bool {
        let Some(start) = self.anchor.take() else {
            self.anchor = self.thing.clone();
            self.marks.extend(self.thing.clone());
            return false;
        };
        if let Some(from) = (0..len).find(|i| key(*i) == start) {
            self.marks.extend((from.min(self.row)..=from.max(self.row)).map(key));
        }
        true
    }

    /// Marks these.
    pub fn mark_all(&mut self, things: impl IntoIterator<Item = K>) {
        self.marks.extend(things);
    }

    /// Takes off all marks and an open range; false if there were none.
    pub fn clear(&mut self) -> bool {
        let had = !self.marks.is_empty() || self.anchor.is_some();
        self.marks.clear();
        self.anchor = None;
        had
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_stays_on_its_thing() {
        let mut c = Cursor::default();
        let rows = ["a", "b", "c"];
        c.sync(3, |i| rows[i]);
        c.step(1, 3, |i| rows[i]);
        c.toggle();
        let rows = ["b", "x", "a", "c"];
        c.sync(4, |i| rows[i]);
        assert_eq!((c.row(), c.thing(), c.marks().len()), (0, Some(&"b"), 1));
        let rows = ["x", "a"];
        c.sync(2, |i| rows[i]);
        assert_eq!((c.row(), c.thing(), c.marks().len()), (0, Some(&"x"), 0));
        c.sync(0, |_| "never");
        assert_eq!(c.thing(), None);
    }

    #[test]
    fn the_view_follows_the_cursor_and_never_leaves_a_gap() {
        let mut c = Cursor::default();
        c.go(50, 100, |i| i);
        c.fit(10, 100);
        assert_eq!(c.top(), 41);
        c.go(45, 100, |i| i);
        c.fit(10, 100);
        assert_eq!(c.top(), 41);
        c.sync(20, |i| i);
        c.fit(10, 20);
        assert_eq!((c.row(), c.top()), (19, 10));
    }

    #[test]
    fn a_range_marks_from_its_start_to_the_cursor() {
        let mut c = Cursor::default();
        c.go(4, 9, |i| i);
        assert!(!c.range(9, |i| i) && c.marks().contains(&4));
        c.go(2, 9, |i| i);
        assert!(c.range(9, |i| i));
        assert_eq!(c.marks().iter().copied().collect::<Vec<_>>(), [2, 3, 4]);
        assert!(c.clear() && !c.clear());
    }
}
