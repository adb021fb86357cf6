//! The screens: each keeps its own state and answers commands and news; it sees the facts, never the app.

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
pub mod warnings;

pub use movement::{marked, moved, scrolled, steady};

use std::time::SystemTime;

use super::Writes;
use super::command::{Command, Keys, On};
use super::effect::{Effect, Job, News};
use super::facts::{Edited, Facts};
use super::layout::{Areas, Size, areas};
use super::list::Narrow;
use super::overlay::Overlay;
use super::slots::Place;
use super::text::{Line, Tone};
use super::times::Times;
use crate::model::{Address, ConnId, Seat};
use crate::triage::report::Wish;

/// What a screen sees of the rest.
#[derive(Clone, Copy)]
pub struct Cx<'a> {
    pub facts: &'a Facts,
    pub now: SystemTime,
    pub size: Size,
    pub keys: &'a Keys,
    pub times: &'a Times,
    /// Lists show whole names and all columns.
    pub wide: bool,
    pub writes: Writes,
    /// No key was pressed for a moment: rows may be sorted anew.
    pub calm: bool,
}

impl Cx<'_> {
    /// What rows made from facts depend on: as long as it is the same, they are.
    pub fn stamp(&self) -> Stamp {
        let second = self.now.duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_secs();
        (self.facts.version, second, self.calm)
    }

    /// The frame's rows.
    pub fn areas(&self) -> Areas {
        areas(self.size)
    }
}

/// Version of the facts, second, and whether rows may move.
pub type Stamp = (u64, u64, bool);

/// What a screen wants.
pub enum Ask {
    /// Opens a screen on top of this one.
    Push(Box<Screen>),
    /// Puts another in its place (the next message).
    Swap(Box<Screen>),
    /// Goes back one screen.
    Pop,
    /// Starts a job for a part of this screen.
    Start(&'static str, Job),
    StopPart(&'static str),
    /// Starts a job for a fact that all screens see, unless it runs.
    Fact(Place, Job),
    /// Starts a small job that finishes wherever one goes.
    Small(Job),
    /// Starts a replay, by its plan: it outlives every screen.
    Deed(String, Job),
    /// Tells a running replay.
    Wish(String, Wish),
    /// Keeps a body as it was edited, or drops what was kept.
    Keep(Address, Seat, Option<Box<Edited>>),
    /// Runs a command on what is shown by now: the screen that was opened just before.
    Run(Command),
    /// Keeps the columns chosen for a destination's messages.
    Columns(Address, messages::Columns),
    /// The price of a look there is agreed to.
    Agree(Address),
    Toast(Tone, String),
    Overlay(Box<Overlay>),
    Do(Effect),
}

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

/// All screens.
#[derive(Debug)]
pub enum Screen {
    Overview(overview::State),
    Destinations(destinations::State),
    Messages(Box<messages::State>),
    Message(Box<message::State>),
    Lag(lag::State),
    Group(Box<group::State>),
    Describe(describe::State),
    Causes(causes::State),
    Compare(Box<compare::State>),
    Plan(Box<plan::State>),
    Jobs(jobs::State),
    Job(job::State),
    Ledger(ledger::State),
    Warnings(warnings::State),
    Doubts(doubts::State),
}

impl Screen {
    /// Its page.
    pub fn page(&self) -> &dyn Page {
        match self {
            Screen::Overview(s) => s,
            Screen::Destinations(s) => s,
            Screen::Messages(s) => s.as_ref(),
            Screen::Message(s) => s.as_ref(),
            Screen::Lag(s) => s,
            Screen::Group(s) => s.as_ref(),
            Screen::Describe(s) => s,
            Screen::Causes(s) => s,
            Screen::Compare(s) => s.as_ref(),
            Screen::Plan(s) => s.as_ref(),
            Screen::Jobs(s) => s,
            Screen::Job(s) => s,
            Screen::Ledger(s) => s,
            Screen::Warnings(s) => s,
            Screen::Doubts(s) => s,
        }
    }

    /// Its page, to change it.
    pub fn page_mut(&mut self) -> &mut dyn Page {
        match self {
            Screen::Overview(s) => s,
            Screen::Destinations(s) => s,
            Screen::Messages(s) => s.as_mut(),
            Screen::Message(s) => s.as_mut(),
            Screen::Lag(s) => s,
            Screen::Group(s) => s.as_mut(),
            Screen::Describe(s) => s,
            Screen::Causes(s) => s,
            Screen::Compare(s) => s.as_mut(),
            Screen::Plan(s) => s.as_mut(),
            Screen::Jobs(s) => s,
            Screen::Job(s) => s,
            Screen::Ledger(s) => s,
            Screen::Warnings(s) => s,
            Screen::Doubts(s) => s,
        }
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

/// A footer of commands with the table's own titles, or others.
pub fn keys(commands: &[(Command, &str)]) -> Vec<(Command, String)> {
    commands.iter().map(|(c, label)| (*c, if label.is_empty() { c.entry().title.to_owned() } else { (*label).to_owned() })).collect()
}
