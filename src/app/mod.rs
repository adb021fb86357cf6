//! The TUI's mind: pure and synchronous. Actions in, state and effects out; no clock, no files, no network, no widgets.

pub mod action;
pub mod command;
pub mod cursor;
mod dialogs;
mod due;
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

    /// Why nothing may be started now, in words.
    pub fn off(self, now: SystemTime) -> Option<&'static str> {
        match self {
            _ if self.allowed(now) => None,
            Writes::Never => Some("LOOKING ONLY: this role or these connections have no writing side"),
            _ => Some("READ-ONLY: it can be looked at, not started (W turns writes on)"),
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
    /// Whether it answers a key: then it goes with the screen on which that was pressed.
    pub answers: bool,
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
    /// What screens see of it.
    pub cx: Cx,
    pub contexts: Vec<String>,
    pub screens: Vec<Open>,
    pub overlay: Option<Overlay>,
    /// What came to lie over this screen while something else did that keys were for: it follows when that is closed.
    later: Option<(ScreenId, Overlay)>,
    pub slots: Slots,
    pub toast: Option<Toast>,
    /// Stacks that were left by a jump: `-`, `[`, `]`.
    before: Vec<Vec<Open>>,
    after: Vec<Vec<Open>>,
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

    /// Breadcrumb, the outermost first.
    pub fn crumbs(&self) -> Vec<String> {
        self.screens.iter().map(|o| o.screen.page().crumb()).collect()
    }

    /// The commands of line 24 with their keys.
    pub fn footer(&self) -> Vec<(String, String)> {
        let cx = &self.cx;
        let mut keys: Vec<(String, String)> =
            self.top().screen.page().footer(cx).into_iter().map(|(c, label)| (self.cx.keys.shown(c), label)).collect();
        keys.push((self.cx.keys.shown(Command::Help), "all".into()));
        keys.retain(|(k, _)| !k.is_empty());
        keys
    }

    /// What line 23 says: a toast, else what the screen has to say.
    pub fn status(&self) -> Line {
        let cx = &self.cx;
        let waits = self.waiting().map(|since| (since, self.cx.now.duration_since(since).unwrap_or_default()));
        match (&self.toast, waits) {
            (Some(toast), _) => toast.line.clone(),
            (None, Some((_, long))) if long.as_millis() > 300 => {
                let line = self.top().screen.page().status(cx);
                Line(
                    std::iter::once(text::Span { tone: Tone::Accent, text: format!("{} ", wake::spinner(self.cx.now)) })
                        .chain(line.0)
                        .collect(),
                )
            }
            _ => self.top().screen.page().status(cx),
        }
    }

    /// The same in as many lines as it needs, a quarter of the screen at most.
    pub fn said(&self) -> Vec<Line> {
        let columns = usize::from(self.cx.size.width).saturating_sub(2);
        self.status().folded(columns, usize::from(layout::most_said(self.cx.size)))
    }

    /// Since when the shown screen has been waiting for a job.
    fn waiting(&self) -> Option<SystemTime> {
        self.reads_for_itself().into_iter().chain(self.slots.since(|p| self.top().screen.page().waits_for(p))).min()
    }

    /// Since when the shown screen has been reading what only it shows, and has an end.
    fn reads_for_itself(&self) -> Option<SystemTime> {
        let top = self.top();
        self.slots.since(|p| matches!(p, slots::Place::Part(s, _) if *s == top.id && !top.screen.page().follows()))
    }
}
