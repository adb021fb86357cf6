//! The rows as they are shown: their columns, the column they are sorted by, and where the cursor goes among them.

use std::sync::Arc;

use super::columns::fitting;
use super::{Field, State};
use crate::app::command::Command;
use crate::app::ring::Spot;
use crate::app::screens::{Ask, Cx, Page};
use crate::app::text::Tone;
use crate::model::{Kind, Seat};
use crate::schema::Seen;

impl State {
    /// The row of an index among those shown.
    pub fn row(&self, index: usize) -> Option<&Arc<Seen>> {
        self.shown.get(index).and_then(|i| self.ring.row(*i))
    }

    /// Whether the row of an index is marked.
    pub fn is_marked(&self, index: usize) -> bool {
        !self.cursor.marks().is_empty() && self.cursor.marks().contains(&self.spots()(index))
    }

    pub(super) fn spots(&self) -> impl Fn(usize) -> Spot {
        |i| self.shown.get(i).and_then(|i| self.ring.spot(*i)).unwrap_or((0, Seat::Id(String::new())))
    }

    /// The titles of the columns, in order.
    pub fn titles(&self) -> Vec<&str> {
        self.fields.iter().map(|f| f.title(self.at().kind == Kind::Queue)).collect()
    }

    /// The columns as they are to be now; the picked and the sorted one stay what they are.
    pub(super) fn sync_fields(&mut self, cx: &Cx) {
        let first = || self.ring.rows().take(200);
        let dead = first().any(|r| r.death.error.value.is_some());
        let keyless = self.at().kind == Kind::Queue && first().all(|r| r.message.key.is_none());
        self.fit = fitting(dead, keyless, self.several(), (!cx.wide).then_some(cx.size.width));
        let fields = self.columns.fields(self.fit.clone());
        if fields != self.fields {
            let was = std::mem::replace(&mut self.fields, fields);
            let now = |i: usize| was.get(i).and_then(|f| self.fields.iter().position(|g| g == f));
            self.sort.picked = self.sort.picked.and_then(now);
            self.sort.by = self.sort.by.and_then(|(i, reversed)| Some((now(i)?, reversed)));
        }
    }

    /// To the next or previous one that breaks its schema.
    pub(super) fn jump(&mut self, forward: bool, cx: &Cx) -> Vec<Ask> {
        let (len, row) = (self.shown.len(), self.cursor.row());
        let wanted = |i: &usize| self.row(*i).is_some_and(|seen| seen.verdict.is_invalid());
        let (before, after) = (0..row.min(len), (row + 1).min(len)..len);
        // round the end, so that none is missed
        let found = if forward { after.chain(before).find(wanted) } else { before.rev().chain(after.rev()).find(wanted) };
        let Some(to) = found else {
            return vec![Ask::Toast(Tone::Muted, "no other of these breaks its schema".into())];
        };
        let mut cursor = std::mem::take(&mut self.cursor);
        cursor.go(to, len, self.spots());
        cursor.fit(Self::height(cx), len);
        self.cursor = cursor;
        Vec::new()
    }

    /// Sorts by the picked column: by time the list itself is turned round, which also holds while it is followed.
    pub(super) fn sort(&mut self, cx: &Cx) -> Vec<Ask> {
        let picked = self.sort.picked.and_then(|i| self.fields.get(i)).unwrap_or(&Field::Time);
        let time = *picked == Field::Time && self.at().kind != Kind::Queue;
        if self.follow && self.reading() && !time {
            let word = "what is followed comes newest first; once that has ended (f), s sorts by any column";
            return vec![Ask::Toast(Tone::Muted, word.into())];
        }
        if time {
            self.sort.by = None;
            self.ring.turn();
        } else {
            self.sort.command(Command::Sort, self.fields.len());
        }
        self.narrow();
        self.sync(cx);
        Vec::new()
    }
}
