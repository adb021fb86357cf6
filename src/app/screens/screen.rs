//! All screens, each by its page.

use super::{
    Page, causes, compare, describe, destinations, doubts, group, job, jobs, lag, ledger, message, messages, overview, plan, warnings,
};

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
