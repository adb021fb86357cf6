//! The TUI's mind: pure and synchronous. Actions in, state and effects out; no clock, no files, no network, no widgets.

pub mod action;
pub mod command;
pub mod cursor;
mod dialogs;
pub mod effect;
pub mod facts;
mod feed;
mod hands;
pub mod input;
pub mod key;
pub mod layout;
pub mod list;
pub mod needs;
pub mod overlay;
pub mod ring;
pub mod screens;
pub mod slots;
pub mod spark;
mod stack;
mod start;
pub mod text;
pub mod times;
mod update;
mod wake;
pub mod width;

use std::sync::Arc;
use std::time::SystemTime;

use crate::config::{Context, Diagnostic};
use crate::model::ConnId;
use crate::triage::permit::Permit;

use command::{Command, Keys};
use facts::Facts;
use layout::Size;
use overlay::Overlay;
use screens::{Cx, Screen};
use slots::{ScreenId, Slots};
use text::{Line, Tone};
use times::Times;

pub use start::start;
pub use update::update;

/// Whether this context may be written to now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writes {
    /// The context is not marked read-only.
    On,
    /// Off until `W`.
    ReadOnly,
    /// On until then, by `W`.
    Until(SystemTime),
    /// The connections have no writing side: the role or the build does not allow it.
    Never,
}

impl Writes {
    /// Whether a write may start now.
    pub fn allowed(self, now: SystemTime) -> bool {
        match self {
            Writes::On => true,
            Writes::Until(end) => now < end,
            Writes::ReadOnly | Writes::Never => false,
        }
    }
}

/// A screen on the stack.
#[derive(Debug)]
pub struct Open {
    pub id: ScreenId,
    pub screen: Screen,
}

/// A short word in line 23.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    pub line: Line,
    /// When it goes; errors stay longer.
    pub until: SystemTime,
}

/// What the app is told at its start.
pub struct Start {
    pub context: Arc<Context>,
    /// The other contexts' names, for `0` and `:ctx`.
    pub contexts: Vec<String>,
    pub conns: Vec<ConnId>,
    /// Who this is, for line 1 and the ledger, and what their role allows.
    pub permit: Permit,
    pub writes: Writes,
    pub keys: Keys,
    pub times: Times,
    pub size: Size,
    pub now: SystemTime,
    /// Warnings of the config, refused keys among them.
    pub warnings: Vec<Diagnostic>,
    /// Pace and canary steps of replays, by the config.
    pub replay: crate::config::model::ReplaySettings,
    /// The program to start again with another context's name, where it can: `:ctx`.
    pub can_switch: bool,
}

/// The whole state.
pub struct App {
    pub facts: Facts,
    pub contexts: Vec<String>,
    pub writes: Writes,
    pub screens: Vec<Open>,
    pub overlay: Option<Overlay>,
    pub slots: Slots,
    pub toast: Option<Toast>,
    pub keys: Keys,
    pub times: Times,
    /// Lists show whole names and all columns (`w`), as far as there is room for them.
    pub wide: bool,
    pub size: Size,
    pub now: SystemTime,
    /// Stacks that were left by a jump: `-`, `[`, `]`.
    before: Vec<Vec<Open>>,
    after: Vec<Vec<Open>>,
    last_key: Option<SystemTime>,
    /// When the next fact is to be asked for again.
    next_due: Option<SystemTime>,
    /// `ctrl-c` was pressed on nothing: the next one quits.
    leaving: bool,
    can_switch: bool,
    /// Set by `:ctx NAME`: quit, and start again there.
    pub switch_to: Option<String>,
}

impl App {
    /// The screen that is shown.
    pub fn top(&self) -> &Open {
        // The stack is never empty: `start` fills it and `back` keeps the last.
        &self.screens[self.screens.len() - 1]
    }

    /// What screens see.
    pub fn cx(&self) -> Cx<'_> {
        let calm = self.last_key.and_then(|t| self.now.duration_since(t).ok()).is_none_or(|d| d.as_millis() > 1_500);
        Cx {
            facts: &self.facts,
            now: self.now,
            size: self.size,
            keys: &self.keys,
            times: &self.times,
            wide: self.wide,
            writes: self.writes,
            calm,
        }
    }

    /// Breadcrumb, the outermost first.
    pub fn crumbs(&self) -> Vec<String> {
        self.screens.iter().map(|o| o.screen.page().crumb()).collect()
    }

    /// The commands of line 24 with their keys.
    pub fn footer(&self) -> Vec<(String, String)> {
        let cx = self.cx();
        let mut keys: Vec<(String, String)> =
            self.top().screen.page().footer(&cx).into_iter().map(|(c, label)| (self.keys.shown(c), label)).collect();
        keys.push((self.keys.shown(Command::Help), "all".into()));
        keys.retain(|(k, _)| !k.is_empty());
        keys
    }

    /// What line 23 says: a toast, else what the screen has to say.
    pub fn status(&self) -> Line {
        let cx = self.cx();
        let waits = self.waiting().map(|since| (since, self.now.duration_since(since).unwrap_or_default()));
        match (&self.toast, waits) {
            (Some(toast), _) => toast.line.clone(),
            (None, Some((_, long))) if long.as_millis() > 300 => {
                let line = self.top().screen.page().status(&cx);
                Line(
                    std::iter::once(text::Span { tone: Tone::Accent, text: format!("{} ", wake::spinner(self.now)) })
                        .chain(line.0)
                        .collect(),
                )
            }
            _ => self.top().screen.page().status(&cx),
        }
    }

    /// Since when the shown screen has been waiting for a job.
    fn waiting(&self) -> Option<SystemTime> {
        let top = self.top();
        self.slots.since(|p| match p {
            slots::Place::Part(s, _) => *s == top.id && !top.screen.page().follows(),
            other => top.screen.page().waits_for(other),
        })
    }
}
