//! Messages of a destination: what was read of it, its order, filter, marks, and how to read on.

use std::collections::BTreeSet;
use std::sync::Arc;

use regex::bytes::{Regex, RegexBuilder};

use super::{Ask, Cx, Page, Screen, describe, keys, marked, message, moved, plan, price};
use crate::app::command::{Command, On};
use crate::app::cursor::Cursor;
use crate::app::effect::{Chosen, Effect, Job, News};
use crate::app::overlay::Overlay;
use crate::app::ring::{Order, Ring};
use crate::app::text::{Line, Tone};
use crate::broker::{Cursor as Token, Error, ErrorKind, PeekRequest, Start, Stop, Why, parse_position};
use crate::decode::{human, safe};
use crate::model::{Address, Count, Kind, Seat};
use crate::schema::Seen;
use crate::triage::plan::{Deed, Scope};

/// Messages of one read.
const PAGE: usize = 500;
/// Messages of a look that is to cost little.
const FIRST: usize = 10;

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
    /// The price of the look that was refused has been shown.
    priced: bool,
    /// These were read before, elsewhere.
    kept: bool,
}

impl State {
    /// The newest messages of a destination; of a queue those at its head, in its order.
    pub fn new(at: Address) -> Self {
        let (start, order) = if at.kind == Kind::Queue { (Start::Oldest, Order::AsRead) } else { (Start::Newest, Order::NewestFirst) };
        Self {
            at,
            start,
            follow: false,
            ring: Ring::new(order),
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
            priced: false,
            kept: false,
        }
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
        self.read = Read::Done { why: Why::Complete, read: rows.len() as u64, notes: Vec::new() };
        self.kept = true;
        self.ring.take(rows);
        (self.fresh, self.start) = (false, Start::Oldest);
    }

    /// Why a queue has no such way to be read, in words.
    fn cannot(&self, command: Command, cx: &Cx) -> Option<String> {
        let able = cx.facts.capabilities(&self.at.conn);
        match command {
            Command::Goto if self.at.kind == Kind::Queue => {
                Some("a queue is read from its head: it has no offsets and no times to go to".into())
            }
            Command::Goto if able.is_some_and(|c| !c.seek) => Some("this broker cannot be read from a place of one's choice".into()),
            Command::Follow if self.at.kind == Kind::Queue => {
                Some("a queue cannot be followed: to see what arrives is to take it from its consumers (r looks again)".into())
            }
            Command::Follow if able.is_some_and(|c| !c.tail) => Some("this broker does not show what arrives".into()),
            _ => None,
        }
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
        let now = self.consent.then(|| cx.facts.price(&self.at)).flatten().map(|c| c.leaves.clone());
        let accept = now.unwrap_or_else(|| cx.facts.accepted(&self.at, cx.now));
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
        let order = match start {
            _ if self.at.kind == Kind::Queue => Order::AsRead,
            Start::Newest => Order::NewestFirst,
            _ => Order::OldestFirst,
        };
        (self.start, self.follow, self.ring, self.kept) = (start, false, Ring::new(order), false);
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
        let wanted = plan::Wanted { deed, from: self.at.clone(), scope: Scope::Marked, chosen, partly: None };
        vec![Ask::Push(Box::new(Screen::Plan(Box::new(plan::State::new(wanted)))))]
    }

    /// The marked messages, else all that are shown, as JSON lines in a new file here.
    fn save(&self, cx: &Cx) -> Vec<Ask> {
        let marked = self.cursor.marks();
        let rows = (0..self.shown.len()).filter_map(|i| self.row(i)).filter(|s| marked.is_empty() || marked.contains(&s.message.seat));
        let mut text = String::new();
        for seen in rows {
            text.push_str(&message::json(seen, &cx.facts.context.name).to_string());
            text.push('\n');
        }
        if text.is_empty() {
            return vec![Ask::Toast(Tone::Muted, "there is nothing to save".into())];
        }
        let when = human::utc(Some(cx.now));
        let name = message::file_name(&format!("redrive-{}-{when}.jsonl", self.at.name));
        vec![Ask::Do(Effect::Write(name.into(), text.into()))]
    }

    /// The look leaves a trace: its price, before anything is read.
    fn price(&self, cx: &Cx) -> Vec<Ask> {
        let cli = format!("redrive peek {} --accept-traces", safe(&self.at.to_string()));
        vec![price::ask(&self.at, cli, cx).unwrap_or_else(|| describe(&self.at))]
    }
}

/// Whether a message holds the text anywhere: place, key, body, headers, error.
fn found(wanted: &Regex, seen: &Seen) -> bool {
    let m = &seen.message;
    let error = seen.death.error.value.as_ref();
    let of_error = |part: fn(&crate::model::Failure) -> Option<&String>| error.and_then(part).map(String::as_str);
    let texts = [of_error(|e| e.class.as_ref()), of_error(|e| e.message.as_ref()), of_error(|e| e.stage.as_ref()), seen.event.as_deref()];
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
        let order = match self.ring.order() {
            Order::NewestFirst => "newest first",
            Order::OldestFirst => "oldest first",
            Order::AsRead => "as in the queue",
        };
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
                    Why::Window => format!("the first of {}, the broker shows no more", human::count(depth)),
                };
                let why = if self.kept { "as they were read for the causes; r looks again".to_owned() } else { why };
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
        row.push((Command::Filter, "filter"));
        if self.at.kind != Kind::Queue {
            row.extend([(Command::Goto, "go to"), (Command::Follow, "follow")]);
        } else {
            row.extend([(Command::Describe, ""), (Command::Retry, "look again")]);
        }
        keys(&row)
    }

    fn enter(&mut self, cx: &Cx) -> Vec<Ask> {
        let fresh = std::mem::take(&mut self.fresh);
        let known = cx.facts.details.contains_key(&self.at);
        let mut asks = if fresh || self.follow { self.load(cx) } else { Vec::new() };
        if let (Start::Seat(seat), true) = (&self.start, fresh) {
            self.ring = Ring::new(Order::OldestFirst);
            self.cursor.put(seat.clone());
        } else if self.start != Start::Newest && fresh && self.at.kind != Kind::Queue {
            self.ring = Ring::new(Order::OldestFirst);
        }
        if !known {
            asks.push(describe(&self.at));
        }
        asks
    }

    /// A price that was not known when the look was refused.
    fn pulse(&mut self, cx: &Cx) -> Vec<Ask> {
        let refused = matches!(&self.read, Read::Failed(e) if e.kind == ErrorKind::Unsafe);
        if self.priced || !refused || cx.facts.price(&self.at).is_none() {
            return Vec::new();
        }
        self.priced = true;
        self.price(cx)
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
        if let Some(why) = self.cannot(command, cx) {
            self.cursor = cursor;
            return vec![Ask::Toast(Tone::Watch, why)];
        }
        let done = moved(&mut cursor, command, len, Self::height(cx), self.seats())
            || marked(&mut cursor, command, len, Self::height(cx), self.seats());
        if done {
            let at_end = was + 1 == len && matches!(command, Command::Down | Command::PageDown | Command::HalfDown);
            self.cursor = cursor;
            return if at_end && self.filter.is_empty() && self.only.is_none() { self.load_more(cx) } else { Vec::new() };
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
                Ok(start) => {
                    self.limit = PAGE;
                    return self.seek(start, cx);
                }
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
                let which = arg.strip_prefix(price::LOOK);
                if which.is_none() && cx.facts.price(&self.at).is_some() {
                    return self.price(cx);
                }
                self.consent |= which.is_some();
                if self.follow {
                    return self.load(cx);
                }
                let (start, mut asks) = (self.start.clone(), Vec::new());
                self.limit = if which == Some("first") { FIRST } else { PAGE };
                if which.is_some() {
                    asks.push(Ask::Agree(self.at.clone()));
                }
                asks.extend(self.seek(start, cx));
                return asks;
            }
            Command::Sort if self.at.kind == Kind::Queue => {
                return vec![Ask::Toast(Tone::Watch, "a queue is shown in its own order, which is the order of its delivery".into())];
            }
            Command::Sort => {
                self.ring.turn();
                self.sync(cx);
            }
            Command::Save => return self.save(cx),
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
                self.priced = cx.facts.price(&self.at).is_some();
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
