//! Messages of a destination: what was read of it, its order, filter, marks, and how to read on.

use std::collections::BTreeSet;
use std::sync::Arc;

use regex::bytes::{Regex, RegexBuilder};

use super::{Ask, Cx, Page, Screen, describe, keys, message, moved, plan};
use crate::app::command::{Command, On};
use crate::app::cursor::Cursor;
use crate::app::effect::{Chosen, Job, News};
use crate::app::overlay::{Confirm, Dialog, Overlay, Then};
use crate::app::ring::{Order, Ring};
use crate::app::text::{Line, Tone};
use crate::broker::{Cursor as Token, Error, ErrorKind, PeekRequest, Start, Stop, Why, parse_position};
use crate::decode::{human, safe};
use crate::model::{Address, Count, Seat};
use crate::schema::Seen;
use crate::triage::plan::{Deed, Scope};

/// Messages of one read.
const PAGE: usize = 500;

/// Where a read stands.
#[derive(Clone, Debug)]
pub enum Read {
    Running {
        read: u64,
        of: Count,
    },
    Done {
        why: Why,
        read: u64,
        notes: Vec<String>,
    },
    Failed(Error),
    /// Stopped by `esc` or `ctrl-c`, or paused.
    Stopped,
}

/// Its state.
#[derive(Debug)]
pub struct State {
    pub at: Address,
    pub start: Start,
    pub follow: bool,
    pub ring: Ring,
    /// Indices of the rows that pass the filter.
    pub shown: Vec<usize>,
    pub cursor: Cursor<Seat>,
    pub filter: String,
    pub read: Read,
    /// All columns, or as many as fit well.
    pub wide: bool,
    /// Only these, and what they are called: the messages of a cause.
    pub only: Option<(BTreeSet<Seat>, String)>,
    pub missed: u64,
    more: Option<Token>,
    limit: usize,
    consent: bool,
    fresh: bool,
}

impl State {
    /// The newest messages of a destination.
    pub fn new(at: Address) -> Self {
        Self {
            at,
            start: Start::Newest,
            follow: false,
            ring: Ring::new(Order::NewestFirst),
            shown: Vec::new(),
            cursor: Cursor::default(),
            filter: String::new(),
            read: Read::Running { read: 0, of: Count::Unknown },
            wide: false,
            only: None,
            missed: 0,
            more: None,
            limit: PAGE,
            consent: false,
            fresh: true,
        }
    }

    /// Only the messages at these seats: those of a cause. The queue is read for them.
    pub fn only(&mut self, seats: Vec<Seat>, name: String) {
        self.only = Some((seats.into_iter().collect(), name));
        self.limit = crate::app::ring::ROWS;
    }

    /// The table's rows in view: the body without filter line, rule and header.
    pub fn height(cx: &Cx) -> usize {
        usize::from(cx.areas().rows).saturating_sub(3)
    }

    /// The row of an index among those shown.
    pub fn row(&self, index: usize) -> Option<&Arc<Seen>> {
        self.shown.get(index).and_then(|i| self.ring.row(*i))
    }

    /// The marked rows, else the one under the cursor.
    pub fn taken(&self) -> Vec<Arc<Seen>> {
        if self.cursor.marks().is_empty() {
            return self.row(self.cursor.row()).cloned().into_iter().collect();
        }
        self.ring.rows().filter(|s| self.cursor.marks().contains(&s.message.seat)).cloned().collect()
    }

    fn seats(&self) -> impl Fn(usize) -> Seat {
        |i| self.row(i).map_or(Seat::Id(String::new()), |s| s.message.seat.clone())
    }

    fn want(&self, cx: &Cx) -> PeekRequest {
        let accept = if self.consent {
            cx.facts.details.get(&self.at).and_then(|f| f.value.as_ref()).map(|(_, c)| c.leaves.clone()).unwrap_or_default()
        } else {
            Vec::new()
        };
        let committed_only = cx.facts.context.committed_only(self.at.conn.as_str());
        PeekRequest { start: self.start.clone(), committed_only, accept, ..PeekRequest::new(self.at.clone(), self.limit) }
    }

    fn load(&mut self, cx: &Cx) -> Vec<Ask> {
        self.read = Read::Running { read: 0, of: Count::Unknown };
        let mut want = self.want(cx);
        if self.follow {
            want.stop = Stop::Never;
            want.start = Start::Newest;
            want.limit = usize::MAX;
        }
        vec![Ask::Start("rows", Job::Peek(want))]
    }

    /// Starts over at a place.
    fn seek(&mut self, start: Start, cx: &Cx) -> Vec<Ask> {
        let order = if start == Start::Newest { Order::NewestFirst } else { Order::OldestFirst };
        (self.start, self.follow, self.ring, self.limit) = (start, false, Ring::new(order), PAGE);
        (self.cursor, self.more, self.missed) = (Cursor::default(), None, 0);
        self.shown.clear();
        self.load(cx)
    }

    /// Reads on: from the cursor where there is one, else further back by asking for more of the newest.
    fn load_more(&mut self, cx: &Cx) -> Vec<Ask> {
        if self.follow || matches!(self.read, Read::Running { .. }) {
            return Vec::new();
        }
        if self.start == Start::Newest && self.more.is_none() {
            if !matches!(self.read, Read::Done { why: Why::Limit, .. }) && self.ring.len() < self.limit {
                return vec![Ask::Toast(Tone::Muted, "that is all there is".into())];
            }
            if self.limit >= crate::app::ring::ROWS {
                return vec![Ask::Toast(Tone::Watch, "as many as are kept at once; @ goes to an older place".into())];
            }
            self.limit = (self.limit * 2).min(crate::app::ring::ROWS);
            return self.load(cx);
        }
        match self.more.take() {
            Some(token) => {
                let want = PeekRequest { start: Start::From(token), ..self.want(cx) };
                self.read = Read::Running { read: 0, of: Count::Unknown };
                vec![Ask::Start("rows", Job::Peek(want))]
            }
            None => vec![Ask::Toast(Tone::Muted, "that is all there is".into())],
        }
    }

    fn narrow(&mut self) {
        let (inverse, text) = match self.filter.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, self.filter.as_str()),
        };
        let wanted = RegexBuilder::new(&regex::escape(text)).case_insensitive(true).build().ok().filter(|_| !text.is_empty());
        let only = self.only.as_ref().map(|(seats, _)| seats);
        self.shown = self
            .ring
            .passing(|s| only.is_none_or(|o| o.contains(&s.message.seat)) && wanted.as_ref().is_none_or(|w| found(w, s) != inverse));
    }

    fn open(&self) -> Vec<Ask> {
        let index = self.cursor.row();
        let Some(seen) = self.row(index) else { return Vec::new() };
        let dead = seen.death.error.value.is_some() || seen.death.origin.value.is_some();
        let list: Vec<Arc<Seen>> = self.shown.iter().filter_map(|i| self.ring.row(*i)).cloned().collect();
        vec![Ask::Push(Box::new(Screen::Message(Box::new(message::State::new(list, index, dead, self.filter.clone())))))]
    }

    /// A plan with the marked messages, else the one under the cursor.
    fn plan(&self, deed: Deed) -> Vec<Ask> {
        let taken = self.taken();
        if taken.is_empty() {
            return vec![Ask::Toast(Tone::Muted, "no message is chosen".into())];
        }
        let chosen =
            if deed == Deed::Restore { Chosen::Restorable(taken.iter().map(|s| s.id.clone()).collect()) } else { Chosen::Seen(taken) };
        let wanted = plan::Wanted { deed, from: self.at.clone(), scope: Scope::Marked, chosen };
        vec![Ask::Push(Box::new(Screen::Plan(Box::new(plan::State::new(wanted)))))]
    }

    /// The look leaves a trace: its price, before anything is read.
    fn price(&self, cx: &Cx) -> Vec<Ask> {
        let Some((_, cost)) = cx.facts.details.get(&self.at).and_then(|f| f.value.as_ref()) else { return vec![describe(&self.at)] };
        let mut lines: Vec<Line> = cost.leaves.iter().map(|t| Line::fact("the price", t.words())).collect();
        if let Some(left) = cost.looks_left {
            lines.push(Line::fact("the limit", format!("{left} more looks until the broker drops or moves messages")));
        }
        if let Some(n) = cost.sees {
            lines.push(Line::fact("shows", format!("the first {n} at most")));
        }
        lines.push(Line::fact("without it", "d of the destination: depth, config, readers; no trace"));
        let mut dialog =
            Dialog::new(format!("look into {}?", safe(&self.at.name)), lines, Confirm::Yes, Then::Tell(Command::Retry, "consent".into()));
        dialog.right = format!("{}, {}", safe(self.at.conn.as_str()), self.at.kind.word());
        dialog.cli = format!("redrive peek {} --accept-traces", self.at);
        vec![Ask::Overlay(Box::new(Overlay::Dialog(Box::new(dialog))))]
    }
}

/// Whether a message holds the text anywhere: place, key, body, headers, error.
fn found(wanted: &Regex, seen: &Seen) -> bool {
    let m = &seen.message;
    let error = seen.death.error.value.as_ref();
    let texts = [error.and_then(|e| e.class.as_deref()), error.and_then(|e| e.message.as_deref()), seen.event.as_deref()];
    m.key.as_deref().is_some_and(|k| wanted.is_match(k))
        || m.body.as_deref().is_some_and(|b| wanted.is_match(b))
        || texts.into_iter().flatten().any(|t| wanted.is_match(t.as_bytes()))
        || wanted.is_match(m.seat.to_string().as_bytes())
        || m.headers.iter().any(|(n, v)| wanted.is_match(n.as_bytes()) || v.as_bytes().is_some_and(|b| wanted.is_match(b)))
}

impl Page for State {
    fn on(&self) -> On {
        On::Messages
    }

    fn crumb(&self) -> String {
        match &self.only {
            Some((_, name)) => format!("{} › messages", safe(name)),
            None => format!("{} › {} › messages", safe(self.at.conn.as_str()), safe(&self.at.name)),
        }
    }

    fn facts(&self, _cx: &Cx) -> Line {
        let n = human::count_plain(self.shown.len() as u64);
        let marked = self.cursor.marks().len();
        let marked = if marked > 0 { format!(", {marked} marked") } else { String::new() };
        let what = if self.filter.is_empty() { "loaded" } else { "match" };
        let order = if self.ring.order() == Order::NewestFirst { "newest first" } else { "oldest first" };
        let bad = self.ring.invalid();
        let line = Line::from(format!("{n} {what}{marked}"));
        let line = if bad > 0 { line.add(Tone::Bad, format!(", {} invalid", human::count_plain(bad as u64))) } else { line };
        line.plain(format!(", {order}"))
    }

    fn status(&self, cx: &Cx) -> Line {
        let missed =
            if self.missed > 0 { format!("; {} came too fast and were not kept", human::count_plain(self.missed)) } else { String::new() };
        let dropped =
            if self.ring.dropped > 0 { format!("; {} fell out of view", human::count_plain(self.ring.dropped)) } else { String::new() };
        match &self.read {
            Read::Running { .. } if self.follow => {
                Line::new().add(Tone::Ok, "following").plain(format!(": what is written from now on{missed}{dropped}  (p pauses)"))
            }
            Read::Running { read, of } => {
                let of = of.value().map_or(String::new(), |_| format!(" of {}", human::count(*of)));
                format!("reading, {}{of} so far{dropped}  (esc stops)", human::count_plain(*read)).into()
            }
            Read::Failed(error) => Line::new().add(Tone::Bad, "✗ ").plain(safe(&error.to_string())).add(Tone::Muted, "  (r)"),
            Read::Stopped => Line::new().add(
                Tone::Watch,
                format!("stopped after {}{missed}  (r reads again, f follows)", human::count_plain(self.ring.len() as u64)),
            ),
            Read::Done { why, read, notes } => {
                let depth = cx.facts.destination(&self.at).map_or(Count::Unknown, |d| d.depth);
                let why = match why {
                    Why::Complete if self.start == Start::Newest || self.start == Start::Oldest => "all there is".to_owned(),
                    Why::Complete => "to the end".to_owned(),
                    Why::Limit => format!("the rest of {} is not read (down reads on)", human::count(depth)),
                    Why::TimeReached => "to the time asked for".to_owned(),
                    Why::Undecided => "all before a transaction that is still open".to_owned(),
                    Why::Window => "the broker shows no more".to_owned(),
                };
                let notes = if notes.is_empty() { String::new() } else { format!("; {}", safe(&notes.join("; "))) };
                let narrowed = if self.filter.is_empty() { String::new() } else { format!("/ looks only at these {}: ", self.ring.len()) };
                format!("{narrowed}read {}: {why}{notes}{dropped}", human::count_plain(*read)).into()
            }
        }
    }

    fn footer(&self, _cx: &Cx) -> Vec<(Command, String)> {
        let n = self.cursor.marks().len().max(1);
        let all = format!("mark all {}", self.shown.len());
        let dead = self.ring.any_dead();
        let mut row = vec![(Command::Open, "open"), (Command::Mark, "mark")];
        if !self.filter.is_empty() || n > 1 {
            row.push((Command::MarkAll, &all));
        }
        let replay = format!("replay {n}");
        if dead {
            row.push((Command::Replay, &replay));
        }
        row.extend([(Command::Filter, "filter"), (Command::Goto, "go to"), (Command::Follow, "follow")]);
        keys(&row)
    }

    fn enter(&mut self, cx: &Cx) -> Vec<Ask> {
        let fresh = std::mem::take(&mut self.fresh);
        let known = cx.facts.details.contains_key(&self.at);
        let mut asks = if fresh || self.follow { self.load(cx) } else { Vec::new() };
        if let (Start::Seat(seat), true) = (&self.start, fresh) {
            self.ring = Ring::new(Order::OldestFirst);
            self.cursor.put(seat.clone());
        } else if self.start != Start::Newest && fresh {
            self.ring = Ring::new(Order::OldestFirst);
        }
        if !known {
            asks.push(describe(&self.at));
        }
        asks
    }

    fn sync(&mut self, cx: &Cx) {
        let at_top = self.cursor.row() == 0 && self.cursor.top() == 0 && self.cursor.marks().is_empty();
        if self.ring.arrange() {
            self.narrow();
        }
        // The newest stays in view while following, until the cursor is moved off it.
        if self.follow && at_top && self.ring.order() == Order::NewestFirst {
            let mut cursor = std::mem::take(&mut self.cursor);
            cursor.go(0, self.shown.len(), self.seats());
            self.cursor = cursor;
        }
        let mut cursor = std::mem::take(&mut self.cursor);
        cursor.sync(self.shown.len(), self.seats());
        cursor.fit(Self::height(cx), self.shown.len());
        self.cursor = cursor;
    }

    fn command(&mut self, command: Command, arg: &str, cx: &Cx) -> Vec<Ask> {
        let mut cursor = std::mem::take(&mut self.cursor);
        let (len, was) = (self.shown.len(), cursor.row());
        let done = moved(&mut cursor, command, len, Self::height(cx), self.seats());
        if done {
            let at_end = was + 1 == len && matches!(command, Command::Down | Command::PageDown | Command::HalfDown);
            self.cursor = cursor;
            return if at_end && self.filter.is_empty() && self.only.is_none() { self.load_more(cx) } else { Vec::new() };
        }
        match command {
            Command::Mark => {
                cursor.toggle();
                cursor.step(1, len, self.seats());
                cursor.fit(Self::height(cx), len);
            }
            Command::MarkRange => {
                cursor.range(len, self.seats());
            }
            Command::MarkAll => {
                let all: Vec<Seat> = (0..len).map(self.seats()).collect();
                cursor.mark_all(all);
            }
            Command::ClearMarks => {
                cursor.clear();
            }
            _ => {}
        }
        self.cursor = cursor;
        match command {
            Command::Open => return self.open(),
            Command::Replay => return self.plan(Deed::Replay),
            Command::Park => return self.plan(Deed::Park),
            Command::Discard => return self.plan(Deed::Discard),
            Command::Restore => return self.plan(Deed::Restore),
            Command::Describe => return vec![Ask::Push(Box::new(Screen::Describe(super::describe::State::new(self.at.clone()))))],
            Command::Wrap => self.wide = !self.wide,
            Command::Goto => match parse_position(arg, cx.now) {
                Ok(start) => return self.seek(start, cx),
                Err(why) => return vec![Ask::Toast(Tone::Bad, why)],
            },
            Command::Follow if self.follow => {
                (self.follow, self.read) = (false, Read::Stopped);
                return vec![Ask::StopPart("rows")];
            }
            Command::Follow => {
                if self.ring.order() != Order::NewestFirst {
                    self.ring = Ring::new(Order::NewestFirst);
                    self.shown.clear();
                }
                (self.follow, self.start) = (true, Start::Newest);
                return self.load(cx);
            }
            Command::Pause if matches!(self.read, Read::Running { .. }) => {
                self.read = Read::Stopped;
                return vec![Ask::StopPart("rows")];
            }
            Command::Pause if self.follow => return self.load(cx),
            Command::Pause => return vec![Ask::Toast(Tone::Muted, "nothing is being read".into())],
            Command::Retry => {
                self.consent |= arg == "consent";
                return if self.follow {
                    self.load(cx)
                } else {
                    let start = self.start.clone();
                    self.seek(start, cx)
                };
            }
            Command::Sort => {
                self.ring.turn();
                self.sync(cx);
            }
            Command::Copy => {
                if let Some(seen) = self.row(self.cursor.row()) {
                    return vec![Ask::Overlay(Box::new(Overlay::Menu(message::copy_menu(seen, &cx.facts.context.name))))];
                }
            }
            _ => {}
        }
        Vec::new()
    }

    fn news(&mut self, _part: &'static str, news: News, cx: &Cx) -> Vec<Ask> {
        match news {
            News::Rows(rows) => self.ring.take(rows),
            News::Reading { read, of } => self.read = Read::Running { read, of },
            News::Missed(n) => self.missed += n,
            News::Read { why, read, more, notes } => {
                self.more = more;
                self.read = Read::Done { why, read, notes };
            }
            News::Failed(error) if error.kind == ErrorKind::Unsafe && !self.consent => {
                self.read = Read::Failed(*error);
                return self.price(cx);
            }
            News::Failed(error) => self.read = Read::Failed(*error),
            _ => {}
        }
        Vec::new()
    }

    fn esc(&mut self, cx: &Cx) -> Option<Vec<Ask>> {
        if matches!(self.read, Read::Running { .. }) && !self.follow {
            self.read = Read::Stopped;
            return Some(vec![Ask::StopPart("rows")]);
        }
        if !self.filter.is_empty() {
            self.filter("", cx);
            return Some(Vec::new());
        }
        if self.cursor.clear() {
            return Some(Vec::new());
        }
        None
    }

    fn follows(&self) -> bool {
        self.follow
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

    fn click(&mut self, at: u16, _cx: &Cx) -> Vec<Ask> {
        let row = usize::from(at).checked_sub(3).map(|r| r + self.cursor.top());
        match row {
            Some(r) if r == self.cursor.row() => return self.open(),
            Some(r) if r < self.shown.len() => {
                let mut cursor = std::mem::take(&mut self.cursor);
                cursor.go(r, self.shown.len(), self.seats());
                self.cursor = cursor;
            }
            _ => {}
        }
        Vec::new()
    }
}
