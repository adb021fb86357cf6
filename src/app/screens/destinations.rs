//! Destinations: every topic and queue with its depth, readers and role.

use super::{Ask, Cx, Page, Screen, describe, keys, messages, moved, steady};
use crate::app::command::{Command, On};
use crate::app::cursor::Cursor;
use crate::app::effect::News;
use crate::app::slots::Place;
use crate::app::text::{Line, Tone};
use crate::app::times::ago;
use crate::decode::{human, safe};
use crate::model::{Address, Destination};

/// What the list is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    #[default]
    Name,
    Depth,
    /// Dead-letter queues first.
    Role,
}

/// Its state.
#[derive(Debug, Default)]
pub struct State {
    pub rows: Vec<Destination>,
    pub cursor: Cursor<Address>,
    /// What the rows were made from.
    stamp: Option<super::Stamp>,
    pub filter: String,
    pub sort: Sort,
    /// The brokers' own bookkeeping too.
    pub internal: bool,
    hidden: usize,
    all: usize,
}

impl State {
    fn height(cx: &Cx) -> usize {
        usize::from(cx.areas().rows).saturating_sub(2)
    }

    /// The chosen row.
    pub fn chosen(&self) -> Option<&Destination> {
        self.rows.get(self.cursor.row())
    }

    fn open(&self, follow: bool) -> Vec<Ask> {
        let Some(d) = self.chosen() else { return Vec::new() };
        let mut page = messages::State::new(d.at.clone());
        page.follow = follow;
        vec![Ask::Push(Box::new(Screen::Messages(Box::new(page))))]
    }
}

impl Page for State {
    fn on(&self) -> On {
        On::Destinations
    }

    fn crumb(&self) -> String {
        "destinations".into()
    }

    fn facts(&self, _cx: &Cx) -> Line {
        let by = match self.sort {
            Sort::Name => "by name",
            Sort::Depth => "by depth",
            Sort::Role => "DLQs first",
        };
        let hidden = if self.hidden > 0 { format!(", {} internal hidden", self.hidden) } else { String::new() };
        format!("{} destinations{hidden}, {by}", human::count_plain(self.all as u64)).into()
    }

    fn status(&self, cx: &Cx) -> Line {
        if !self.filter.is_empty() {
            return format!("/{}  {} of {}", safe(&self.filter), self.rows.len(), self.all).into();
        }
        let broken = cx.facts.brokers.values().find_map(|b| b.list.error.as_ref().or(b.probe.error.as_ref()).map(|(e, _)| (e, b.list.at)));
        if let Some((error, known)) = broken {
            let old = known.map_or(String::new(), |t| format!("; what was seen is {} old", ago(t, cx.now)));
            return Line::new().add(Tone::Bad, "✗ ").plain(format!("{}{old}", safe(&error.to_string())));
        }
        match cx.facts.brokers.values().filter_map(|b| b.list.at).min() {
            Some(at) => Line::new().add(Tone::Muted, format!("listed at {}", cx.times.clock(at))),
            None => Line::new().add(Tone::Muted, "asking the brokers"),
        }
    }

    fn footer(&self, _cx: &Cx) -> Vec<(Command, String)> {
        keys(&[
            (Command::Open, "open"),
            (Command::Messages, ""),
            (Command::Follow, "follow"),
            (Command::Describe, ""),
            (Command::Sort, ""),
            (Command::Options, "internal ones"),
            (Command::Filter, "filter"),
            (Command::Lag, ""),
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
        let all: Vec<&Destination> = cx.facts.destinations().collect();
        self.hidden = if self.internal { 0 } else { all.iter().filter(|d| d.internal).count() };
        self.all = all.len() - self.hidden;
        let mut rows: Vec<Destination> = all
            .into_iter()
            .filter(|d| self.internal || !d.internal)
            .filter(|d| wanted.is_empty() || d.at.to_string().to_lowercase().contains(&wanted))
            .cloned()
            .collect();
        match self.sort {
            Sort::Name => rows.sort_by(|a, b| a.at.name.cmp(&b.at.name).then_with(|| a.at.cmp(&b.at))),
            Sort::Depth => rows.sort_by_key(|d| (std::cmp::Reverse(d.depth.value()), d.at.clone())),
            Sort::Role => rows.sort_by_key(|d| (!d.role.is_dlq(), d.at.name.clone())),
        }
        self.rows = if cx.calm && self.cursor.marks().is_empty() { rows } else { steady(&self.rows, rows, |d| d.at.clone()) };
        let rows = &self.rows;
        self.cursor.sync(rows.len(), |i| rows[i].at.clone());
        self.cursor.fit(Self::height(cx), rows.len());
    }

    fn command(&mut self, command: Command, _arg: &str, cx: &Cx) -> Vec<Ask> {
        let rows = &self.rows;
        if moved(&mut self.cursor, command, rows.len(), Self::height(cx), |i| rows[i].at.clone()) {
            return Vec::new();
        }
        match command {
            Command::Open if self.chosen().is_some_and(|d| d.role.is_dlq()) => {
                return self
                    .chosen()
                    .map(|d| vec![Ask::Push(Box::new(Screen::Causes(super::causes::State::new(d.at.clone()))))])
                    .unwrap_or_default();
            }
            Command::Open | Command::Messages => return self.open(false),
            Command::Follow => return self.open(true),
            Command::Describe => {
                return self
                    .chosen()
                    .map(|d| vec![describe(&d.at), Ask::Push(Box::new(Screen::Describe(super::describe::State::new(d.at.clone()))))])
                    .unwrap_or_default();
            }
            Command::Sort => {
                self.sort = match self.sort {
                    Sort::Name => Sort::Depth,
                    Sort::Depth => Sort::Role,
                    Sort::Role => Sort::Name,
                };
                self.rows.clear();
                self.stamp = None;
                self.sync(cx);
            }
            Command::Options => {
                self.internal = !self.internal;
                self.stamp = None;
                self.sync(cx);
            }
            Command::Mark => {
                self.cursor.toggle();
                let rows = &self.rows;
                self.cursor.step(1, rows.len(), |i| rows[i].at.clone());
            }
            _ => {}
        }
        Vec::new()
    }

    fn news(&mut self, _part: &'static str, _news: News, _cx: &Cx) -> Vec<Ask> {
        Vec::new()
    }

    fn esc(&mut self, cx: &Cx) -> Option<Vec<Ask>> {
        if self.cursor.clear() {
            return Some(Vec::new());
        }
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
            Some(r) if r == self.cursor.row() => self.open(false),
            Some(r) if r < self.rows.len() => {
                let rows = &self.rows;
                self.cursor.go(r, rows.len(), |i| rows[i].at.clone());
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn waits_for(&self, place: &Place) -> bool {
        matches!(place, Place::List(_) | Place::Probe(_)) && self.rows.is_empty()
    }
}
