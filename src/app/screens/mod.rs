//! The screens: each keeps its own state and answers commands and news; it sees the facts, never the app.

mod ask;
pub mod causes;
pub mod compare;
pub mod death;
pub mod describe;
pub mod destinations;
pub mod doubts;
pub mod group;
pub mod job;
pub mod jobs;
pub mod lag;
pub mod ledger;
pub mod message;
pub mod messages;
mod movement;
pub mod notes;
pub mod overview;
pub mod plan;
pub mod price;
mod screen;
pub mod warnings;

pub use ask::Ask;
pub use movement::{marked, moved, scrolled, steady};
pub use screen::Screen;

use std::time::SystemTime;

use super::Writes;
use super::command::{Command, Keys, On};
use super::effect::{Job, News};
use super::facts::Facts;
use super::layout::{Areas, Size, areas};
use super::list::Narrow;
use super::slots::Place;
use super::text::{Line, Tone};
use super::times::Times;
use crate::model::{Address, ConnId};

/// What a screen sees of the rest.
pub struct Cx {
    pub facts: Facts,
    pub now: SystemTime,
    pub size: Size,
    pub keys: Keys,
    pub times: Times,
    /// Lists show whole names and all columns (`w`), as far as there is room for them.
    pub wide: bool,
    pub writes: Writes,
    /// Rows that line 23 takes.
    pub(super) said: u16,
    pub(super) last_key: Option<SystemTime>,
}

impl Cx {
    /// No key was pressed for a moment: rows may be sorted anew.
    pub fn calm(&self) -> bool {
        self.last_key.and_then(|t| self.now.duration_since(t).ok()).is_none_or(|d| d.as_millis() > 1_500)
    }

    /// What rows made from facts depend on: as long as it is the same, they are.
    pub fn stamp(&self) -> Stamp {
        let second = self.now.duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_secs();
        (self.facts.version, second, self.calm())
    }

    /// The frame's rows.
    pub fn areas(&self) -> Areas {
        areas(self.size, self.said)
    }
}

/// Version of the facts, second, and whether rows may move.
pub type Stamp = (u64, u64, bool);

/// A screen.
pub trait Page {
    /// Its kind, for the command table.
    fn on(&self) -> On;
    /// Its part of the breadcrumb; safe to show.
    fn crumb(&self) -> String;
    /// The subject's facts at the right of line 2.
    fn facts(&self, cx: &Cx) -> Line;
    /// What it has to say in line 23 when nothing else has.
    fn status(&self, cx: &Cx) -> Line;
    /// The keys of line 24, most used first, with their labels.
    fn footer(&self, cx: &Cx) -> Vec<(Command, String)>;
    /// It is shown, or shown again: what it must ask for.
    fn enter(&mut self, cx: &Cx) -> Vec<Ask>;
    /// Facts, size or time changed.
    fn sync(&mut self, cx: &Cx);
    /// What it needs by now, after facts came in.
    fn pulse(&mut self, _cx: &Cx) -> Vec<Ask> {
        Vec::new()
    }
    /// A command that has a use here; `arg` is what followed a `:name`.
    fn command(&mut self, command: Command, arg: &str, cx: &Cx) -> Vec<Ask>;
    /// News for one of its parts.
    fn news(&mut self, _part: &'static str, _news: News, _cx: &Cx) -> Vec<Ask> {
        Vec::new()
    }
    /// Its jobs were stopped though it stays open: the user stopped them, or went elsewhere and may come back.
    fn left(&mut self) {}
    /// The editor that it asked for was left; what its copy holds now, or why there is none.
    fn edited(&mut self, _back: Result<Vec<u8>, String>, _cx: &Cx) -> Vec<Ask> {
        Vec::new()
    }
    /// Its list, if that is what it is: `/`, `esc` and marks are then the list's.
    fn list(&self) -> Option<&dyn Narrow> {
        None
    }
    /// The same, to be changed.
    fn list_mut(&mut self) -> Option<&mut dyn Narrow> {
        None
    }
    /// Its list's filter or order changed: the rows are to be made anew.
    fn renew(&mut self, cx: &Cx) {
        self.sync(cx);
    }
    /// `esc` takes off one of its layers (a read, a filter, marks); nothing if there was none.
    fn esc(&mut self, cx: &Cx) -> Option<Vec<Ask>> {
        let took = self.list_mut().is_some_and(|list| list.esc());
        took.then(|| {
            self.renew(cx);
            Vec::new()
        })
    }
    /// The filter's text as it is being typed; empty takes it off.
    fn filter(&mut self, text: &str, cx: &Cx) {
        if let Some(list) = self.list_mut() {
            list.narrow(text);
            self.renew(cx);
        }
    }
    /// The filter that holds now.
    fn filtered(&self) -> &str {
        self.list().map_or("", |list| list.filter())
    }
    /// How many of its rows are marked, of how many.
    fn marks(&self) -> (usize, usize) {
        self.list().map_or((0, 0), |list| list.marks())
    }
    /// A click on a row of the body, counted from its first.
    fn click(&mut self, _row: u16, _cx: &Cx) -> Vec<Ask> {
        Vec::new()
    }
    /// Whether a job is one that this screen waits for: the spinner.
    fn waits_for(&self, _place: &Place) -> bool {
        false
    }
    /// Whether what it reads goes on for ever: silence is its normal state, nothing spins.
    fn follows(&self) -> bool {
        false
    }
    /// Whether times on it grow by the second.
    fn ages(&self) -> bool {
        false
    }
}

/// The jobs that make a broker's facts new.
pub fn refresh_broker(conn: &ConnId) -> Vec<Ask> {
    vec![
        Ask::Fact(Place::Probe(conn.clone()), Job::Probe(conn.clone())),
        Ask::Fact(Place::List(conn.clone()), Job::List(conn.clone())),
        Ask::Fact(Place::Readers(conn.clone()), Job::Readers(conn.clone(), crate::broker::ReadersRequest::All)),
    ]
}

/// The job that makes a destination's details new.
pub fn describe(at: &Address) -> Ask {
    Ask::Fact(Place::Detail(at.clone()), Job::Describe(at.clone()))
}

/// Facts about what is chosen, as wide as the terminal: a long value goes on below itself, in so many lines at most.
pub fn whole(facts: Vec<Line>, most: usize, cx: &Cx) -> Vec<Line> {
    let columns = usize::from(cx.size.width).saturating_sub(1);
    let one = |fact: Line| {
        let mut lines = fact.wrapped(columns);
        if lines.len() > most {
            lines.truncate(most);
            if let Some(last) = lines.last_mut() {
                last.push(Tone::Muted, " …");
            }
        }
        lines
    };
    facts.into_iter().flat_map(one).collect()
}

/// A footer of commands with the table's own titles, or others.
pub fn keys(commands: &[(Command, &str)]) -> Vec<(Command, String)> {
    commands.iter().map(|(c, label)| (*c, if label.is_empty() { c.entry().title.to_owned() } else { (*label).to_owned() })).collect()
}
