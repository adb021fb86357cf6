//! Lag: every group, worst first; `enter` shows its topics and partitions.

use super::{Ask, Cx, Page, Screen, group, keys, moved, steady};
use crate::app::command::{Command, On};
use crate::app::cursor::Cursor;
use crate::app::effect::News;
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

/// Its state.
#[derive(Debug, Default)]
pub struct State {
    pub rows: Vec<Row>,
    pub cursor: Cursor<(ConnId, String)>,
    /// What the rows were made from.
    stamp: Option<super::Stamp>,
    pub filter: String,
    /// By name instead of worst first.
    pub by_name: bool,
    all: usize,
    /// How many of all are queues.
    queues: usize,
}

impl State {
    fn height(cx: &Cx) -> usize {
        usize::from(cx.areas().rows).saturating_sub(2)
    }

    fn open(&self) -> Vec<Ask> {
        let Some(row) = self.rows.get(self.cursor.row()) else { return Vec::new() };
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
        let stalled = self.rows.iter().filter(|r| matches!(r.motion, Motion::Stalled { .. })).count();
        let groups = human::things(self.all.saturating_sub(self.queues) as u64, "group");
        let line = Line::from(match self.queues {
            0 => groups,
            queues => format!("{groups}, {}", human::things(queues as u64, "queue")),
        });
        if stalled > 0 { line.add(Tone::Bad, format!(", {stalled} stalled")) } else { line }
    }

    fn status(&self, cx: &Cx) -> Line {
        if !self.filter.is_empty() {
            return format!("/{}  {} of {}", safe(&self.filter), self.rows.len(), self.all).into();
        }
        if let Some(row) = self.rows.get(self.cursor.row()).filter(|r| !r.note.is_empty()) {
            return Line::new().add(Tone::Watch, "! ").plain(format!("{}: {}", safe(&row.name), safe(&row.note)));
        }
        match cx.facts.brokers.values().filter_map(|b| b.readers.at).min() {
            Some(at) => {
                Line::new().add(Tone::Muted, format!("read at {}; rates need two readings; next every 10s (p pauses)", cx.times.clock(at)))
            }
            None => Line::new().add(Tone::Muted, "asking the brokers"),
        }
    }

    fn footer(&self, _cx: &Cx) -> Vec<(Command, String)> {
        keys(&[
            (Command::Open, "one group or queue"),
            (Command::Sort, ""),
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
            self.cursor.fit(Self::height(cx), self.rows.len());
            return;
        }
        let wanted = self.filter.to_lowercase();
        self.all = cx.facts.groups().count();
        self.queues = cx.facts.groups().filter(|(_, r)| r.kind == ReaderKind::Queue).count();
        let mut rows: Vec<Row> = cx
            .facts
            .groups()
            .filter(|(c, r)| wanted.is_empty() || format!("{c} {}", r.name).to_lowercase().contains(&wanted))
            .map(|(conn, r)| {
                let known = Known { stall: stall(cx.facts, &r.name), ..Known::default() };
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
        if self.by_name {
            rows.sort_by_key(key);
        } else {
            rows.sort_by_key(|r| (!matches!(r.motion, Motion::Stalled { .. }), std::cmp::Reverse(r.behind), r.name.clone()));
        }
        self.rows = if cx.calm { rows } else { steady(&self.rows, rows, key) };
        let rows = &self.rows;
        self.cursor.sync(rows.len(), |i| key(&rows[i]));
        self.cursor.fit(Self::height(cx), rows.len());
    }

    fn command(&mut self, command: Command, _arg: &str, cx: &Cx) -> Vec<Ask> {
        let rows = &self.rows;
        if moved(&mut self.cursor, command, rows.len(), Self::height(cx), |i| key(&rows[i])) {
            return Vec::new();
        }
        match command {
            Command::Open | Command::Describe => return self.open(),
            Command::Sort => {
                self.by_name = !self.by_name;
                self.rows.clear();
                self.stamp = None;
                self.sync(cx);
            }
            _ => {}
        }
        Vec::new()
    }

    fn news(&mut self, _part: &'static str, _news: News, _cx: &Cx) -> Vec<Ask> {
        Vec::new()
    }

    fn esc(&mut self, cx: &Cx) -> Option<Vec<Ask>> {
        if self.filter.is_empty() {
            return None;
        }
        self.filter("", cx);
        Some(Vec::new())
    }

    fn filter(&mut self, text: &str, cx: &Cx) {
        text.clone_into(&mut self.filter);
        self.stamp = None;
        self.sync(cx);
    }

    fn filtered(&self) -> &str {
        &self.filter
    }

    fn click(&mut self, at: u16, _cx: &Cx) -> Vec<Ask> {
        let row = usize::from(at).checked_sub(2).map(|r| r + self.cursor.top());
        match row {
            Some(r) if r == self.cursor.row() => self.open(),
            Some(r) if r < self.rows.len() => {
                let rows = &self.rows;
                self.cursor.go(r, rows.len(), |i| key(&rows[i]));
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn waits_for(&self, place: &Place) -> bool {
        matches!(place, Place::Readers(_) | Place::Probe(_)) && self.rows.is_empty()
    }
}
