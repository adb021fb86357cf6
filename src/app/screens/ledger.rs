//! Ledger: who did what, when, why, to which message; restore.

use super::plan::Wanted;
use super::{Ask, Cx, Page, Screen, job, keys, moved, plan};
use crate::app::command::{Command, On};
use crate::app::cursor::Cursor;
use crate::app::effect::{Chosen, Job, News};
use crate::app::layout::split;
use crate::app::slots::Place;
use crate::app::text::{Line, Tone};
use crate::decode::{human, safe};
use crate::triage::plan::{Deed, Scope};
use crate::triage::report::{Entry, EntryQuery};

/// Entries read at once.
const PAGE: usize = 500;
/// Entries kept at most.
const MOST: usize = 5_000;

/// Its state.
#[derive(Debug, Default)]
pub struct State {
    pub all: Vec<Entry>,
    /// Indices of those that pass the filter.
    pub shown: Vec<usize>,
    pub cursor: Cursor<i64>,
    pub filter: String,
    pub error: Option<String>,
    more: bool,
    read: bool,
}

impl State {
    fn height(&self, cx: &Cx) -> usize {
        usize::from(split(cx.areas().rows, 1, self.shown.len(), self.detail(cx).len() as u16, 4).rows)
    }

    /// The entry of a row.
    pub fn row(&self, index: usize) -> Option<&Entry> {
        self.shown.get(index).and_then(|i| self.all.get(*i))
    }

    /// All of the chosen entry.
    pub fn detail(&self, cx: &Cx) -> Vec<Line> {
        let Some(e) = self.row(self.cursor.row()) else { return Vec::new() };
        let mut out = vec![Line::fact("when", format!("{}, entry {}", cx.times.full(Some(e.at), cx.now), e.seq))];
        out.push(Line::fact(
            "who",
            format!("{}{}", safe(&e.actor), e.reason.as_deref().map_or(String::new(), |r| format!(": {}", safe(r)))),
        ));
        if let Some(id) = &e.id {
            out.push(Line::fact("message", safe(&id.0)));
        }
        if let Some(from) = &e.from {
            let seat = e.seat.as_ref().map_or(String::new(), |s| format!(" {s}"));
            out.push(Line::fact("was at", format!("{}{seat}", safe(&from.to_string()))));
        }
        if !e.detail.is_empty() {
            out.push(Line::fact("detail", safe(&e.detail)));
        }
        out
    }

    fn ask(&self, before: Option<i64>) -> Ask {
        Ask::Start("entries", Job::Entries(Box::new(EntryQuery { limit: PAGE, before, ..EntryQuery::default() })))
    }

    fn narrow(&mut self) {
        let wanted = self.filter.to_lowercase();
        let text = |e: &Entry| {
            let id = e.id.as_ref().map_or("", |i| i.0.as_str());
            let plan = e.plan.as_ref().map_or("", |p| p.0.as_str());
            let from = e.from.as_ref().map_or(String::new(), ToString::to_string);
            format!("{} {} {id} {plan} {from} {} {} {}", e.kind.word(), e.what, e.actor, e.detail, e.reason.as_deref().unwrap_or(""))
                .to_lowercase()
        };
        self.shown = self.all.iter().enumerate().filter(|(_, e)| wanted.is_empty() || text(e).contains(&wanted)).map(|(i, _)| i).collect();
    }

    fn seq(&self, index: usize) -> i64 {
        self.row(index).map_or(0, |e| e.seq)
    }
}

impl Page for State {
    fn on(&self) -> On {
        On::Ledger
    }

    fn crumb(&self) -> String {
        "ledger".into()
    }

    fn facts(&self, _cx: &Cx) -> Line {
        let more = if self.more { ", older ones below" } else { "" };
        format!("{} entries, newest first{more}", human::count_plain(self.shown.len() as u64)).into()
    }

    fn status(&self, _cx: &Cx) -> Line {
        match &self.error {
            Some(error) => Line::new().add(Tone::Bad, "✗ ").plain(safe(error)),
            None if !self.filter.is_empty() => format!("/{}  {} of {} loaded", safe(&self.filter), self.shown.len(), self.all.len()).into(),
            None => Line::new().add(Tone::Muted, "what redrive did from this machine; append-only"),
        }
    }

    fn footer(&self, _cx: &Cx) -> Vec<(Command, String)> {
        keys(&[
            (Command::Open, "its plan"),
            (Command::Restore, "restore"),
            (Command::Filter, "filter"),
            (Command::Jobs, ""),
            (Command::Retry, "again"),
        ])
    }

    fn enter(&mut self, _cx: &Cx) -> Vec<Ask> {
        vec![self.ask(None)]
    }

    fn sync(&mut self, cx: &Cx) {
        let mut cursor = std::mem::take(&mut self.cursor);
        cursor.sync(self.shown.len(), |i| self.seq(i));
        self.cursor = cursor;
        let height = self.height(cx);
        self.cursor.fit(height, self.shown.len());
    }

    fn command(&mut self, command: Command, _arg: &str, cx: &Cx) -> Vec<Ask> {
        let (height, len) = (self.height(cx), self.shown.len());
        let mut cursor = std::mem::take(&mut self.cursor);
        let was = cursor.row();
        let done = moved(&mut cursor, command, len, height, |i| self.seq(i));
        self.cursor = cursor;
        if done {
            let at_end = was + 1 == len && command == Command::Down && self.more && self.all.len() < MOST;
            return if at_end { vec![self.ask(self.all.last().map(|e| e.seq))] } else { Vec::new() };
        }
        let Some(entry) = self.row(self.cursor.row()) else {
            return if command == Command::Retry { vec![self.ask(None)] } else { Vec::new() };
        };
        match command {
            Command::Open => match &entry.plan {
                Some(plan) => vec![Ask::Push(Box::new(Screen::Job(job::State::new(plan.clone()))))],
                None => vec![Ask::Toast(Tone::Muted, "this entry belongs to no plan".into())],
            },
            Command::Restore => match (&entry.from, &entry.id) {
                (Some(from), Some(id)) => {
                    let chosen = Chosen::Restorable(vec![id.clone()]);
                    let wanted = Wanted { deed: Deed::Restore, from: from.clone(), scope: Scope::Marked, chosen, partly: None };
                    vec![Ask::Push(Box::new(Screen::Plan(Box::new(plan::State::new(wanted)))))]
                }
                _ => vec![Ask::Toast(Tone::Muted, "restore takes an entry of a message that was parked or discarded".into())],
            },
            Command::Retry => {
                self.all.clear();
                vec![self.ask(None)]
            }
            _ => Vec::new(),
        }
    }

    fn news(&mut self, _part: &'static str, news: News, cx: &Cx) -> Vec<Ask> {
        match news {
            News::Entries(rows) => {
                self.read = true;
                self.more = rows.len() >= PAGE;
                let last = self.all.last().map_or(i64::MAX, |e| e.seq);
                if rows.first().is_some_and(|r| r.seq >= last) || self.all.is_empty() {
                    self.all = rows;
                } else {
                    self.all.extend(rows);
                }
                self.narrow();
                self.sync(cx);
            }
            News::Failed(error) => self.error = Some(error.to_string()),
            _ => {}
        }
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
        self.narrow();
        self.sync(cx);
    }

    fn filtered(&self) -> &str {
        &self.filter
    }

    fn click(&mut self, at: u16, _cx: &Cx) -> Vec<Ask> {
        let row = usize::from(at).checked_sub(2).map(|r| r + self.cursor.top());
        if let Some(r) = row.filter(|r| *r < self.shown.len()) {
            let mut cursor = std::mem::take(&mut self.cursor);
            cursor.go(r, self.shown.len(), |i| self.seq(i));
            self.cursor = cursor;
        }
        Vec::new()
    }

    fn waits_for(&self, _place: &Place) -> bool {
        false
    }
}

impl State {
    /// Whether the ledger has answered.
    pub fn read(&self) -> bool {
        self.read
    }
}
