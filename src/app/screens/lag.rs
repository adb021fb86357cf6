//! Lag: every group, worst first; `enter` shows its topics and partitions.

use std::cmp::Ordering;

use super::{Ask, Cx, Page, Screen, group, keys};
use crate::app::command::{Command, On};
use crate::app::list::{Hit, List, Narrow};
use crate::app::needs::stall;
use crate::app::slots::Place;
use crate::app::text::{Line, Tone};
use crate::decode::{human, safe};
use crate::model::{Backlog, ConnId, ReaderKind};
use crate::monitor::{Known, Lag, Motion, Spark, TimeBehind};

/// One group of the list.
#[derive(Clone, Debug)]
pub struct Row {
    pub conn: ConnId,
    pub name: String,
    pub kind: &'static str,
    pub state: String,
    pub members: Option<u32>,
    pub topics: usize,
    pub behind: Option<u64>,
    /// Of a queue.
    pub backlog: Option<Backlog>,
    pub rates: (Option<f64>, Option<f64>),
    pub time: TimeBehind,
    pub spark: Spark,
    pub motion: Motion,
    pub note: String,
}

/// What it can be sorted by: titles of its columns.
pub const SORTS: [&str; 4] = ["GROUP", "WHERE", "BEHIND", "STATE"];

/// Its state.
#[derive(Debug)]
pub struct State {
    pub list: List<Row, (ConnId, String)>,
    /// What the rows were made from.
    stamp: Option<super::Stamp>,
    all: usize,
    /// How many of all are queues.
    queues: usize,
}

impl Default for State {
    fn default() -> Self {
        Self { list: List::new(key), stamp: None, all: 0, queues: 0 }
    }
}

/// The order by a column; who is farthest behind comes first.
fn order(column: usize, a: &Row, b: &Row) -> Ordering {
    let by = match SORTS.get(column) {
        Some(&"WHERE") => a.conn.cmp(&b.conn),
        Some(&"BEHIND") => b.behind.cmp(&a.behind),
        Some(&"STATE") => a.state.cmp(&b.state),
        _ => Ordering::Equal,
    };
    by.then_with(|| a.name.cmp(&b.name))
}

impl State {
    fn height(cx: &Cx) -> usize {
        usize::from(cx.areas().rows).saturating_sub(2)
    }

    fn open(&self) -> Vec<Ask> {
        let Some(row) = self.list.chosen() else { return Vec::new() };
        vec![Ask::Push(Box::new(Screen::Group(Box::new(group::State::new(row.conn.clone(), row.name.clone())))))]
    }
}

fn key(row: &Row) -> (ConnId, String) {
    (row.conn.clone(), row.name.clone())
}

impl Page for State {
    fn on(&self) -> On {
        On::Lag
    }

    fn crumb(&self) -> String {
        "lag".into()
    }

    fn facts(&self, _cx: &Cx) -> Line {
        let stalled = self.list.rows.iter().filter(|r| matches!(r.motion, Motion::Stalled { .. })).count();
        let by = self.list.sort.words(&SORTS, "worst first");
        let groups = human::things(self.all.saturating_sub(self.queues) as u64, "group");
        let line = Line::from(match self.queues {
            0 => format!("{groups}, {by}"),
            queues => format!("{groups}, {}, {by}", human::things(queues as u64, "queue")),
        });
        if stalled > 0 { line.add(Tone::Bad, format!(", {stalled} stalled")) } else { line }
    }

    fn status(&self, cx: &Cx) -> Line {
        if let Some(line) = self.list.narrowed(self.all) {
            return line;
        }
        if let Some(row) = self.list.chosen().filter(|r| !r.note.is_empty()) {
            return Line::new().add(Tone::Watch, "! ").plain(format!("{}: {}", safe(&row.name), safe(&row.note)));
        }
        match cx.facts.brokers.values().filter_map(|b| b.readers.at).min() {
            Some(at) => {
                let rest = cx.facts.still_asked(|b| b.readers.value.is_some());
                let words = "rates need two readings; next every 10s (p pauses)";
                Line::new().add(Tone::Muted, format!("read at {}{rest}; {words}", cx.times.clock(at)))
            }
            None => Line::new().add(Tone::Muted, "asking the brokers"),
        }
    }

    fn footer(&self, _cx: &Cx) -> Vec<(Command, String)> {
        keys(&[
            (Command::Open, "one group or queue"),
            (Command::Sort, "sort"),
            (Command::Filter, "filter"),
            (Command::Retry, "again"),
            (Command::Pause, "pause"),
        ])
    }

    fn enter(&mut self, _cx: &Cx) -> Vec<Ask> {
        Vec::new()
    }

    fn sync(&mut self, cx: &Cx) {
        if self.stamp.replace(cx.stamp()) == Some(cx.stamp()) {
            return self.list.fit(Self::height(cx));
        }
        self.all = cx.facts.groups().count();
        self.queues = cx.facts.groups().filter(|(_, r)| r.kind == ReaderKind::Queue).count();
        let mut rows: Vec<Row> = cx
            .facts
            .groups()
            .filter(|(c, r)| self.list.fits(&format!("{c} {}", r.name)))
            .map(|(conn, r)| {
                let known = Known { stall: stall(&cx.facts, &r.name), ..Known::default() };
                let lag = Lag::of(r, &cx.facts.shelf, &known, cx.now);
                let worst = lag.topics.iter().map(|(t, _)| t).max_by_key(|t| (matches!(t.motion, Motion::Stalled { .. }), t.behind));
                Row {
                    conn: conn.clone(),
                    name: r.name.clone(),
                    kind: r.kind.word(),
                    state: r.state.clone(),
                    members: r.members,
                    topics: lag.topics.len(),
                    behind: lag.behind(),
                    backlog: worst.and_then(|t| t.backlog.clone()),
                    rates: worst.map_or((None, None), |t| (t.rate_in, t.rate_out)),
                    time: worst.map_or(TimeBehind::Unknown, |t| t.time),
                    spark: worst.map(|t| t.spark.clone()).unwrap_or_default(),
                    motion: worst.map_or(Motion::Unknown, |t| t.motion),
                    note: r.note.clone(),
                }
            })
            .collect();
        rows.sort_by_key(|r| (!matches!(r.motion, Motion::Stalled { .. }), std::cmp::Reverse(r.behind), r.name.clone()));
        self.list.take(rows, cx.calm(), Self::height(cx), order);
    }

    fn command(&mut self, command: Command, _arg: &str, cx: &Cx) -> Vec<Ask> {
        if self.list.command(command, Self::height(cx)) {
            return Vec::new();
        }
        if self.list.sorts(command, SORTS.len()) {
            self.renew(cx);
            return Vec::new();
        }
        match command {
            Command::Open | Command::Describe => self.open(),
            _ => Vec::new(),
        }
    }

    fn list(&self) -> Option<&dyn Narrow> {
        Some(&self.list)
    }

    fn list_mut(&mut self) -> Option<&mut dyn Narrow> {
        Some(&mut self.list)
    }

    fn renew(&mut self, cx: &Cx) {
        self.stamp = None;
        self.sync(cx);
    }

    fn click(&mut self, at: u16, _cx: &Cx) -> Vec<Ask> {
        if self.list.click(at, 2) == Hit::Chosen { self.open() } else { Vec::new() }
    }

    fn waits_for(&self, place: &Place) -> bool {
        matches!(place, Place::Readers(_) | Place::Probe(_)) && self.list.rows.is_empty()
    }
}
