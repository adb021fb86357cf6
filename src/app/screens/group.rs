//! One group's lag: its topics, then their partitions; `enter` opens the record a partition is stuck on.

mod detail;

use std::cmp::Ordering;
use std::time::{Duration, SystemTime};

use super::{Ask, Cx, Page, Screen, describe, keys, messages};
use crate::app::command::{Command, On};
use crate::app::effect::{Job, News};
use crate::app::layout::split;
use crate::app::list::{Hit, List, Narrow};
use crate::app::needs::stall;
use crate::app::slots::Place;
use crate::app::text::{Line, Tone};
use crate::app::times::ago;
use crate::broker::{PeekRequest, Start};
use crate::decode::{safe, safe_bytes};
use crate::model::{Address, Backlog, ConnId, ReaderKind, Seat};
use crate::monitor::{Known, Lag, LagRow, TimeBehind};

/// A row's identity: a topic, or one of its partitions.
pub type Row = (Address, Option<i32>, bool);

/// Its state.
#[derive(Debug)]
pub struct State {
    pub conn: ConnId,
    pub name: String,
    /// Topic sums and partitions, flattened: (is a topic's sum, row).
    pub list: List<(bool, LagRow), Row>,
    /// The record the group is stuck on, once read: its seat, key as text, and time.
    pub stuck: Option<(Seat, String, Option<SystemTime>)>,
    asked: Option<(Address, Seat)>,
    known: Known,
    lag: Option<Lag>,
}

fn key(row: &(bool, LagRow)) -> Row {
    (row.1.of.clone(), row.1.partition, row.0)
}

/// What topics, and within each its partitions, can be sorted by: titles of the columns.
pub const SORTS: [&str; 6] = ["TOPIC / PARTITION", "BEHIND", "IN TIME", "IN/s", "OUT/s", "OWNER"];

/// The order by a column; who is farthest behind and fastest comes first.
fn order(column: usize, a: &LagRow, b: &LagRow) -> Ordering {
    let time = |r: &LagRow| match r.time {
        TimeBehind::Unknown => None,
        TimeBehind::None => Some(Duration::ZERO),
        TimeBehind::Exactly(d) | TimeBehind::About(d) | TimeBehind::MoreThan(d) => Some(d),
    };
    let rate = |a: Option<f64>, b: Option<f64>| b.unwrap_or(-1.0).total_cmp(&a.unwrap_or(-1.0));
    match SORTS.get(column) {
        Some(&"BEHIND") => b.behind.cmp(&a.behind),
        Some(&"IN TIME") => time(b).cmp(&time(a)),
        Some(&"IN/s") => rate(a.rate_in, b.rate_in),
        Some(&"OUT/s") => rate(a.rate_out, b.rate_out),
        Some(&"OWNER") => a.owner.cmp(&b.owner),
        _ => a.of.cmp(&b.of).then(a.partition.cmp(&b.partition)),
    }
}

impl State {
    /// Of a group.
    pub fn new(conn: ConnId, name: String) -> Self {
        Self { conn, name, list: List::new(key), stuck: None, asked: None, known: Known::default(), lag: None }
    }

    /// The table's rows in view.
    pub fn height(&self, cx: &Cx) -> usize {
        usize::from(split(cx.areas().rows, 0, self.list.rows.len(), self.detail(cx).len() as u16, 5).rows)
    }

    fn seat(row: &LagRow) -> Option<Seat> {
        Some(Seat::Offset { partition: row.partition?, offset: row.committed? })
    }

    /// The queue that this reader is, if it is one.
    fn queue(&self) -> Option<(&Address, &Backlog)> {
        let (of, _) = self.lag.as_ref()?.topics.first()?;
        of.backlog.as_ref().map(|backlog| (&of.of, backlog))
    }

    fn open(&self) -> Vec<Ask> {
        if let Some((at, _)) = self.queue() {
            return vec![Ask::Push(Box::new(Screen::Messages(Box::new(messages::State::new(at.clone())))))];
        }
        let Some((sum, row)) = self.list.chosen() else { return vec![Ask::Toast(Tone::Muted, "nothing is chosen".into())] };
        let target = if *sum { self.lag.as_ref().and_then(Lag::stuck).filter(|s| s.of == row.of).or(Some(row)) } else { Some(row) };
        let Some(target) = target else { return Vec::new() };
        let Some(seat) = Self::seat(target) else {
            return vec![Ask::Toast(Tone::Watch, "it has no commit there, so nothing it is stuck on".into())];
        };
        if target.behind == Some(0) {
            return vec![Ask::Toast(Tone::Muted, "nothing is behind there: the next record is not written yet".into())];
        }
        let mut page = messages::State::new(target.of.clone());
        page.start = Start::Seat(seat);
        vec![Ask::Push(Box::new(Screen::Messages(Box::new(page))))]
    }

    /// Reads the record that it is stuck on, and asks for the topics' retention; each once.
    fn look(&mut self, cx: &Cx) -> Vec<Ask> {
        let mut asks: Vec<Ask> = Vec::new();
        for (sum, row) in &self.list.rows {
            if *sum && !cx.facts.details.contains_key(&row.of) {
                asks.push(describe(&row.of));
            }
        }
        if let Some(stuck) = self.lag.as_ref().and_then(Lag::stuck)
            && let Some(seat) = Self::seat(stuck)
            && self.asked.as_ref() != Some(&(stuck.of.clone(), seat.clone()))
        {
            self.asked = Some((stuck.of.clone(), seat.clone()));
            let want = PeekRequest { start: Start::Seat(seat), ..PeekRequest::new(stuck.of.clone(), 1) };
            asks.push(Ask::Start("stuck", Job::Peek(want)));
        }
        asks
    }
}

impl Page for State {
    fn on(&self) -> On {
        On::Group
    }

    fn crumb(&self) -> String {
        format!("lag › {}", safe(&self.name))
    }

    fn facts(&self, cx: &Cx) -> Line {
        let Some(r) = cx.facts.group(&self.conn, &self.name) else {
            let told = cx.facts.brokers.get(&self.conn).is_some_and(|b| b.readers.value.is_some());
            return if told { Line::new().add(Tone::Watch, "absent") } else { Line::new().add(Tone::Muted, "not told yet") };
        };
        let one = if r.kind == ReaderKind::Queue { "consumer" } else { "member" };
        let members = r.members.map_or(format!("{one}s ?"), |m| format!("{m} {one}{}", if m == 1 { "" } else { "s" }));
        format!("{}: {}, {members}, {}", safe(self.conn.as_str()), safe(&r.state), r.kind.word()).into()
    }

    fn status(&self, cx: &Cx) -> Line {
        if !self.list.filter.is_empty() {
            return format!("/{}  {} match", safe(&self.list.filter), self.list.rows.len()).into();
        }
        let Some(b) = cx.facts.brokers.get(&self.conn) else { return Line::new() };
        if let Some((error, _)) = &b.readers.error {
            let old = b.readers.at.map_or(String::new(), |t| format!("; what is seen is {} old", ago(t, cx.now)));
            return Line::new().add(Tone::Bad, "✗ ").plain(format!("{}{old}", safe(&error.to_string())));
        }
        let partitions = self.list.rows.iter().filter(|(sum, _)| !sum).count();
        match b.readers.at {
            Some(at) if self.queue().is_some() => {
                Line::new().add(Tone::Muted, format!("told at {}; rates need two readings; again every 10s (p pauses)", cx.times.clock(at)))
            }
            Some(at) => {
                Line::new().add(Tone::Muted, format!("read {partitions} partitions at {}; again every 10s (p pauses)", cx.times.clock(at)))
            }
            None => Line::new().add(Tone::Muted, "asking the broker"),
        }
    }

    fn footer(&self, _cx: &Cx) -> Vec<(Command, String)> {
        keys(&[
            (Command::Open, if self.queue().is_some() { "its messages, from the head" } else { "the record it is stuck on" }),
            (Command::Describe, if self.queue().is_some() { "queue" } else { "topic" }),
            (Command::Sort, "sort"),
            (Command::Retry, "again"),
            (Command::Pause, "pause"),
        ])
    }

    fn enter(&mut self, cx: &Cx) -> Vec<Ask> {
        self.look(cx)
    }

    fn pulse(&mut self, cx: &Cx) -> Vec<Ask> {
        self.look(cx)
    }

    fn sync(&mut self, cx: &Cx) {
        let Some(reader) = cx.facts.group(&self.conn, &self.name) else { return };
        self.known.stall = stall(&cx.facts, &self.name);
        for p in &reader.at {
            let told = cx.facts.detail(&p.of).and_then(|d| d.retention).map(|r| (r, false));
            if let Some(keep) = told {
                self.known.retention.insert(p.of.clone(), keep);
            }
        }
        let lag = Lag::of(reader, &cx.facts.shelf, &self.known, cx.now);
        let mut topics = lag.topics.clone();
        if let Some((column, reversed)) = self.list.sort.by {
            let by = |a: &LagRow, b: &LagRow| if reversed { order(column, b, a) } else { order(column, a, b) };
            topics.sort_by(|a, b| by(&a.0, &b.0));
            topics.iter_mut().for_each(|(_, parts)| parts.sort_by(&by));
        }
        // a queue has no parts
        let fits = |row: &LagRow| self.list.fits(&format!("{} {}", row.of.name, row.owner.as_deref().unwrap_or("")));
        let rows = topics.into_iter().flat_map(|(topic, parts)| {
            let parts = parts.into_iter().filter(|p| p.backlog.is_none()).map(|p| (false, p));
            std::iter::once((true, topic)).chain(parts)
        });
        let rows = rows.filter(|(_, row)| fits(row)).collect();
        self.lag = Some(lag);
        self.list.put(rows, cx.calm(), usize::MAX);
        self.list.fit(self.height(cx));
    }

    fn command(&mut self, command: Command, _arg: &str, cx: &Cx) -> Vec<Ask> {
        if self.list.command(command, self.height(cx)) {
            return Vec::new();
        }
        if self.list.sorts(command, SORTS.len()) {
            self.sync(cx);
            return Vec::new();
        }
        match command {
            Command::Open => self.open(),
            Command::Describe => match self.list.chosen() {
                Some((_, row)) => vec![Ask::Push(Box::new(Screen::Describe(super::describe::State::new(row.of.clone()))))],
                None => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    fn news(&mut self, part: &'static str, news: News, cx: &Cx) -> Vec<Ask> {
        if let ("stuck", News::Rows(rows)) = (part, news)
            && let Some(seen) = rows.first()
        {
            let m = &seen.message;
            let key = m.key.as_deref().map_or("-".into(), safe_bytes);
            self.stuck = Some((m.seat.clone(), key, m.sent));
            if let (Seat::Offset { partition, .. }, Some(sent)) = (&m.seat, m.sent) {
                self.known.next_written.insert((m.at.clone(), Some(*partition)), sent);
            }
            self.sync(cx);
        }
        Vec::new()
    }

    fn list(&self) -> Option<&dyn Narrow> {
        Some(&self.list)
    }

    fn list_mut(&mut self) -> Option<&mut dyn Narrow> {
        Some(&mut self.list)
    }

    fn click(&mut self, at: u16, _cx: &Cx) -> Vec<Ask> {
        if self.list.click(at, 1) == Hit::Chosen { self.open() } else { Vec::new() }
    }

    fn waits_for(&self, place: &Place) -> bool {
        *place == Place::Readers(self.conn.clone()) && self.list.rows.is_empty()
    }
}
