//! Messages: what was read of a destination, or is followed of several in one list, with its columns, order, filter and marks.
//!
//! The table is virtual over a ring that rows fall out of while thousands a second come, so its rows are numbers into the ring and not
//! those of a [`List`](crate::app::list::List); cursor, marks, sorting and filter are the same ones.

mod acts;
mod columns;
mod command;
mod feed;
mod filter;
mod rows;

pub use columns::{Columns, Field, error};
pub use feed::{Feed, MOST, Read, not_followed};

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Ask, Cx, Page, describe, keys};
use crate::app::command::{Command, On};
use crate::app::cursor::Cursor;
use crate::app::effect::{Job, News};
use crate::app::list::Sort;
use crate::app::ring::{Order, Ring, Spot};
use crate::app::text::{Line, Tone};
use crate::broker::{ErrorKind, Start, Why};
use crate::decode::{human, safe};
use crate::model::{Address, Kind, Seat};
use crate::schema::Seen;

/// Messages of one read.
const PAGE: usize = 500;
/// Messages of a look that is to cost little.
const FIRST: usize = 10;

/// Its state.
#[derive(Debug)]
pub struct State {
    /// What is read: one destination, or several that are followed; never empty.
    pub feeds: Vec<Feed>,
    /// What was marked to be followed and is not, and why, in words.
    pub left_out: Vec<String>,
    pub start: Start,
    pub follow: bool,
    pub ring: Ring,
    /// Numbers of the rows that pass the filter, as they are shown.
    pub shown: Vec<usize>,
    pub cursor: Cursor<Spot>,
    pub filter: String,
    pub sort: Sort,
    /// The columns that are shown now.
    pub fields: Vec<Field>,
    /// Only these, and what they are called: the messages of a cause.
    pub only: Option<(BTreeSet<Seat>, String)>,
    columns: Columns,
    /// The columns that fit what is read.
    fit: Vec<Field>,
    /// Whether only what is committed is read, where that was chosen here.
    isolation: Option<bool>,
    limit: usize,
    consent: bool,
    fresh: bool,
    /// The price of the look that was refused has been shown.
    priced: bool,
    /// These were read before, elsewhere.
    kept: bool,
    /// What the ledger has of the rows was read when it had been changed so often.
    touches: u64,
    /// The rows are in their order for good: nothing was being read when they were arranged.
    settled: bool,
}

impl State {
    /// The newest messages of a destination; of a queue those at its head, in its order.
    pub fn new(at: Address) -> Self {
        let (start, order) = if at.kind == Kind::Queue { (Start::Oldest, Order::AsRead) } else { (Start::Newest, Order::NewestFirst) };
        Self {
            feeds: vec![Feed::new(at)],
            left_out: Vec::new(),
            start,
            follow: false,
            ring: Ring::new(order),
            shown: Vec::new(),
            cursor: Cursor::default(),
            filter: String::new(),
            sort: Sort::default(),
            fields: Vec::new(),
            only: None,
            columns: Columns::default(),
            fit: Vec::new(),
            isolation: None,
            limit: PAGE,
            consent: false,
            fresh: true,
            priced: false,
            kept: false,
            touches: 0,
            settled: false,
        }
    }

    /// What is written to these from now on, in one list; the first is given apart, for there is one. [`MOST`] are taken at most.
    pub fn following(first: Address, others: Vec<Address>, left_out: Vec<String>) -> Self {
        let mut page = Self { follow: true, left_out, start: Start::Newest, ring: Ring::new(Order::NewestFirst), ..Self::new(first) };
        page.feeds.extend(others.into_iter().map(Feed::new));
        page.feeds.truncate(MOST);
        page
    }

    /// Only the messages at these seats: those of a cause. The queue is read for them.
    pub fn only(&mut self, seats: Vec<Seat>, name: String) {
        self.only = Some((seats.into_iter().collect(), name));
        self.limit = crate::app::ring::ROWS;
    }

    /// Shows what was read before, without reading again; nothing where there is nothing.
    pub fn loaded(&mut self, rows: Vec<Arc<Seen>>) {
        if rows.is_empty() {
            return;
        }
        self.feeds[0].read = Read::Done { why: Why::Complete, read: rows.len() as u64, notes: Vec::new() };
        self.kept = true;
        self.ring.take(0, rows);
        (self.fresh, self.start) = (false, Start::Oldest);
    }

    /// The destination, of several the first.
    pub fn at(&self) -> &Address {
        &self.feeds[0].at
    }

    /// Whether several destinations are followed.
    pub fn several(&self) -> bool {
        self.feeds.len() > 1
    }

    /// The table's rows in view: the body without filter line, rule and header.
    pub fn height(cx: &Cx) -> usize {
        usize::from(cx.areas().rows).saturating_sub(3)
    }
}

impl Page for State {
    fn on(&self) -> On {
        On::Messages
    }

    fn crumb(&self) -> String {
        match &self.only {
            Some((_, name)) => format!("{} › messages", safe(name)),
            None if self.several() => format!("{} destinations › messages", self.feeds.len()),
            None => format!("{} › {} › messages", safe(self.at().conn.as_str()), safe(&self.at().name)),
        }
    }

    fn facts(&self, _cx: &Cx) -> Line {
        let n = human::count_plain(self.shown.len() as u64);
        let marked = self.cursor.marks().len();
        let marked = if marked > 0 { format!(", {marked} marked") } else { String::new() };
        let what = if self.filter.is_empty() { "loaded" } else { "match" };
        let order = match self.ring.order() {
            Order::NewestFirst => "newest first",
            Order::OldestFirst => "oldest first",
            Order::AsRead => "as in the queue",
        };
        let bad = self.ring.invalid();
        let line = Line::from(format!("{n} {what}{marked}"));
        let line = if bad > 0 { line.add(Tone::Bad, format!(", {} invalid", human::count_plain(bad as u64))) } else { line };
        line.plain(format!(", {}", self.sort.words(&self.titles(), order)))
    }

    fn status(&self, cx: &Cx) -> Line {
        self.receipt(cx)
    }

    fn footer(&self, _cx: &Cx) -> Vec<(Command, String)> {
        let marked = self.cursor.marks().len();
        let all = format!("mark all {}", self.shown.len());
        let mut row = vec![(Command::Open, "open"), (Command::Mark, "mark")];
        if !self.filter.is_empty() || marked > 1 {
            row.push((Command::MarkAll, &all));
        }
        let replay = format!("replay {}", marked.max(1));
        if self.ring.any_dead() {
            row.push((Command::Replay, &replay));
        }
        if marked == 2 {
            row.push((Command::Compare, "compare"));
        }
        row.push((Command::Filter, "filter"));
        if self.several() {
            row.extend([(Command::Follow, if self.follow { "stop" } else { "follow" }), (Command::Pause, "pause")]);
        } else if self.at().kind != Kind::Queue {
            row.extend([(Command::Goto, "go to"), (Command::Follow, "follow")]);
        } else {
            row.extend([(Command::Describe, ""), (Command::Retry, "look again")]);
        }
        row.push((Command::Options, "columns"));
        keys(&row)
    }

    fn enter(&mut self, cx: &Cx) -> Vec<Ask> {
        if let Some(columns) = cx.facts.columns.get(self.at()).filter(|_| !self.several()) {
            self.columns.clone_from(columns);
        }
        let fresh = std::mem::take(&mut self.fresh);
        let mut asks = if fresh { self.load(cx) } else { Vec::new() };
        if let (Start::Seat(seat), true) = (&self.start, fresh) {
            self.ring = Ring::new(Order::OldestFirst);
            self.cursor.put((0, seat.clone()));
        } else if self.start != Start::Newest && fresh && self.at().kind != Kind::Queue {
            self.ring = Ring::new(Order::OldestFirst);
        }
        let unknown = self.feeds.iter().filter(|f| !cx.facts.details.contains_key(&f.at));
        asks.extend(unknown.map(|f| describe(&f.at)));
        asks
    }

    fn left(&mut self) {
        self.stop();
    }

    /// What the ledger has by now, and a price that was not known when the look was refused.
    fn pulse(&mut self, cx: &Cx) -> Vec<Ask> {
        let before = std::mem::replace(&mut self.touches, cx.facts.touches);
        if before != self.touches && !self.ring.is_empty() {
            return vec![Ask::Start("past", Job::Past(self.ring.rows().cloned().collect()))];
        }
        let refused = matches!(&self.feeds[0].read, Read::Failed(e) if e.kind == ErrorKind::Unsafe);
        if self.priced || !refused || self.several() || cx.facts.price(self.at()).is_none() {
            return Vec::new();
        }
        self.priced = true;
        self.price(cx)
    }

    fn sync(&mut self, cx: &Cx) {
        let at_top = self.cursor.row() == 0 && self.cursor.top() == 0 && self.cursor.marks().is_empty();
        let arranged = self.ring.arrange();
        self.sync_fields(cx);
        if arranged || (!self.settled && !self.reading()) {
            self.narrow();
        }
        let mut cursor = std::mem::take(&mut self.cursor);
        // The newest stays in view while following, until the cursor is moved off it.
        if self.follow && at_top && self.ring.order() == Order::NewestFirst {
            cursor.go(0, self.shown.len(), self.spots());
        }
        cursor.sync(self.shown.len(), self.spots());
        cursor.fit(Self::height(cx), self.shown.len());
        self.cursor = cursor;
    }

    fn command(&mut self, command: Command, arg: &str, cx: &Cx) -> Vec<Ask> {
        self.act(command, arg, cx)
    }

    fn news(&mut self, part: &'static str, news: News, cx: &Cx) -> Vec<Ask> {
        match (part, news) {
            ("past", News::Rows(rows)) => self.ring.renew(rows),
            (_, news) => return self.hear(part, news, cx),
        }
        Vec::new()
    }

    fn esc(&mut self, cx: &Cx) -> Option<Vec<Ask>> {
        if self.reading() && !self.follow {
            return Some(self.stop());
        }
        if !self.filter.is_empty() {
            self.filter("", cx);
            return Some(Vec::new());
        }
        self.cursor.clear().then(Vec::new)
    }

    fn follows(&self) -> bool {
        self.follow && self.hears()
    }

    fn filter(&mut self, text: &str, cx: &Cx) {
        text.clone_into(&mut self.filter);
        self.ring.ask_again();
        self.narrow();
        self.sync(cx);
    }

    fn filtered(&self) -> &str {
        &self.filter
    }

    fn marks(&self) -> (usize, usize) {
        (self.cursor.marks().len(), self.shown.len())
    }

    fn click(&mut self, at: u16, _cx: &Cx) -> Vec<Ask> {
        let row = usize::from(at).checked_sub(3).map(|r| r + self.cursor.top());
        match row {
            Some(r) if r == self.cursor.row() => return self.open(),
            Some(r) if r < self.shown.len() => {
                let mut cursor = std::mem::take(&mut self.cursor);
                cursor.go(r, self.shown.len(), self.spots());
                self.cursor = cursor;
            }
            _ => {}
        }
        Vec::new()
    }
}
