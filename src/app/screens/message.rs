//! One message: body with its violations, headers, death, history, raw bytes.

mod body;
mod copying;
mod editing;
mod headers;
mod status;

pub use body::Row;
pub use copying::{copy_menu, file_name, json};
pub use headers::{headers, value};

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Ask, Cx, Page, Screen, keys, notes, plan, scrolled};
use crate::app::command::{Command, On};
use crate::app::effect::{Chosen, Effect, Job, News};
use crate::app::overlay::Overlay;
use crate::app::text::{Line, Tone};
use crate::app::times::ago;
use crate::broker::Error;
use crate::decode::{Decoded, Hint, human, safe, safe_bytes, safe_cut};
use crate::schema::Seen;
use crate::triage::plan::{Deed, Editable, Scope};

/// A tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    Body,
    Headers,
    Death,
    History,
    Raw,
}

/// The tabs in order.
pub const TABS: [Tab; 5] = [Tab::Body, Tab::Headers, Tab::Death, Tab::History, Tab::Raw];

/// Its state.
#[derive(Debug)]
pub struct State {
    /// The list it was opened from, and its place there: `<` and `>`.
    pub list: Vec<Arc<Seen>>,
    pub index: usize,
    pub tab: Tab,
    pub top: usize,
    /// Columns scrolled to the right.
    pub left: usize,
    pub wrap: bool,
    pub body: Option<Decoded>,
    pub raw: Option<Decoded>,
    pub rows: Vec<Row>,
    /// Folded blocks, by their first line.
    pub folded: BTreeSet<usize>,
    /// The finding or match jumped to last.
    pub at: Option<usize>,
    pub filter: String,
    /// What the open editor was given.
    given: Option<Editable>,
    hint: Hint,
    unfolded_stack: bool,
}

impl State {
    /// A message of a list; a dead letter opens on its death.
    pub fn new(list: Vec<Arc<Seen>>, index: usize, death: bool, filter: String) -> Self {
        Self {
            list,
            index,
            tab: if death { Tab::Death } else { Tab::Body },
            top: 0,
            left: 0,
            wrap: false,
            body: None,
            raw: None,
            rows: Vec::new(),
            folded: BTreeSet::new(),
            at: None,
            filter,
            given: None,
            hint: Hint::Auto,
            unfolded_stack: false,
        }
    }

    /// The message.
    pub fn seen(&self) -> &Arc<Seen> {
        // The list is never empty: it is made from the row that was opened.
        &self.list[self.index.min(self.list.len() - 1)]
    }

    /// The message as its body is shown: as it was edited here, else as it is.
    pub fn shown<'a>(&'a self, cx: &Cx<'a>) -> &'a Arc<Seen> {
        self.edit(cx).map_or_else(|| self.seen(), |e| &e.seen)
    }

    /// Whether the whole stack is shown.
    pub fn unfolded(&self) -> bool {
        self.unfolded_stack
    }

    /// The tab's rows in view: the body without tabs and rule.
    pub fn height(cx: &Cx) -> usize {
        usize::from(cx.areas().rows).saturating_sub(2)
    }

    /// How many rows a tab has.
    pub fn len(&self, cx: &Cx) -> usize {
        match self.tab {
            Tab::Body => self.rows.len(),
            Tab::Raw => self.raw.as_ref().map_or(0, Decoded::len),
            Tab::Headers => headers(self.seen()).len(),
            Tab::Death => super::death::lines(self.seen(), self.unfolded_stack, cx).len(),
            Tab::History => self.seen().past.len().max(1),
        }
    }

    fn ask(&self, cx: &Cx) -> Vec<Ask> {
        self.show(self.shown(cx))
    }

    fn show(&self, seen: &Arc<Seen>) -> Vec<Ask> {
        vec![Ask::Start("body", Job::Show(seen.clone(), self.hint)), Ask::Start("raw", Job::Show(seen.clone(), Hint::Hex))]
    }

    fn turn(&mut self, index: usize, cx: &Cx) -> Vec<Ask> {
        if index >= self.list.len() {
            return vec![Ask::Toast(Tone::Muted, "the last of the list".into())];
        }
        self.index = index;
        (self.top, self.left, self.body, self.raw, self.at) = (0, 0, None, None, None);
        self.folded.clear();
        self.rows.clear();
        self.ask(cx)
    }
}

impl Page for State {
    fn on(&self) -> On {
        On::Message
    }

    fn crumb(&self) -> String {
        self.seen().message.seat.to_string().replace('/', " / ")
    }

    fn facts(&self, cx: &Cx) -> Line {
        let m = &self.seen().message;
        let key = m.key.as_deref().map_or("no key".into(), |k| format!("key {}", safe_cut(&safe_bytes(k), 24)));
        let age = m.sent.map_or(String::new(), |t| format!("   {} ago", ago(t, cx.now)));
        format!("{key}   {}{age}", human::bytes(m.size() as u64)).into()
    }

    fn status(&self, cx: &Cx) -> Line {
        self.state(cx)
    }

    fn footer(&self, cx: &Cx) -> Vec<(Command, String)> {
        let mut row = vec![(Command::NextTab, "next tab")];
        if self.tab == Tab::Body {
            row.extend([(Command::DecodeAs, "decode"), (Command::Wrap, "wrap"), (Command::Fold, "fold")]);
        }
        if self.tab == Tab::Death {
            row.push((Command::Fold, "stack"));
        }
        let seen = self.seen();
        if seen.death.error.value.is_some() || seen.death.origin.value.is_some() {
            row.push((Command::Replay, if self.edit(cx).is_some() { "replay 1 as edited" } else { "replay 1" }));
            row.push((Command::Edit, "edit"));
        }
        row.extend([(Command::NextMessage, "next"), (Command::Copy, "copy")]);
        keys(&row)
    }

    fn enter(&mut self, cx: &Cx) -> Vec<Ask> {
        if self.body.is_none() { self.ask(cx) } else { Vec::new() }
    }

    fn sync(&mut self, cx: &Cx) {
        self.top = self.top.min(self.len(cx).saturating_sub(Self::height(cx)));
    }

    fn command(&mut self, command: Command, arg: &str, cx: &Cx) -> Vec<Ask> {
        let len = self.len(cx);
        if scrolled(&mut self.top, command, len, Self::height(cx)) {
            return Vec::new();
        }
        let tab = TABS.iter().position(|t| *t == self.tab).unwrap_or(0);
        match command {
            Command::NextTab | Command::Open => (self.tab, self.top, self.left) = (TABS[(tab + 1) % TABS.len()], 0, 0),
            Command::PrevTab => (self.tab, self.top, self.left) = (TABS[(tab + TABS.len() - 1) % TABS.len()], 0, 0),
            Command::Left => self.left = self.left.saturating_sub(8),
            Command::Right => self.left = (self.left + 8).min(4_000),
            Command::Wrap => {
                self.wrap = !self.wrap;
                return vec![Ask::Toast(
                    Tone::Muted,
                    if self.wrap { "long lines of the body are wrapped" } else { "long lines run on; ←→ scroll" }.into(),
                )];
            }
            Command::Fold => self.fold(cx),
            Command::Next => return self.jump(true, cx),
            Command::Prev => return self.jump(false, cx),
            Command::NextMessage => return self.turn(self.index + 1, cx),
            Command::PrevMessage => {
                return match self.index.checked_sub(1) {
                    Some(i) => self.turn(i, cx),
                    None => vec![Ask::Toast(Tone::Muted, "the first of the list".into())],
                };
            }
            Command::DecodeAs => {
                self.hint = match self.hint {
                    Hint::Auto => Hint::Text,
                    Hint::Text => Hint::Hex,
                    Hint::Hex => Hint::Auto,
                };
                (self.tab, self.body) = (Tab::Body, None);
                return vec![Ask::Start("body", Job::Show(self.shown(cx).clone(), self.hint))];
            }
            Command::Replay | Command::Park | Command::Discard | Command::Restore => {
                let (deed, chosen) = match command {
                    Command::Replay => (Deed::Replay, Chosen::Seen(vec![self.seen().clone()])),
                    Command::Park => (Deed::Park, Chosen::Seen(vec![self.seen().clone()])),
                    Command::Discard => (Deed::Discard, Chosen::Seen(vec![self.seen().clone()])),
                    _ => (Deed::Restore, Chosen::Restorable(vec![self.seen().id.clone()])),
                };
                let wanted = plan::Wanted { deed, from: self.seen().message.at.clone(), scope: Scope::Marked, chosen, partly: None };
                return vec![Ask::Push(Box::new(Screen::Plan(Box::new(plan::State::new(wanted)))))];
            }
            Command::Note if arg.is_empty() => return vec![notes::ask("this message")],
            Command::Note => {
                let seen = self.seen();
                return vec![notes::keep(std::iter::once((seen.message.at.clone(), seen.id.0.clone())), arg, cx)];
            }
            Command::Edit => return self.begin_edit(cx),
            Command::Save => {
                let m = &self.seen().message;
                let name = file_name(&format!("redrive-{}-{}.body", m.at.name, m.seat));
                return vec![Ask::Do(Effect::Write(name.into(), m.body.clone().unwrap_or_default()))];
            }
            Command::Copy => return vec![Ask::Overlay(Box::new(Overlay::Menu(copy_menu(self.seen(), &cx.facts.context.name))))],
            _ => {}
        }
        self.sync(cx);
        Vec::new()
    }

    fn news(&mut self, part: &'static str, news: News, cx: &Cx) -> Vec<Ask> {
        match (part, news) {
            ("raw", News::Body(body)) => self.raw = Some(*body),
            (_, News::Body(body)) => {
                self.body = Some(*body);
                self.arrange(cx);
                self.sync(cx);
            }
            (_, News::Failed(error)) => return vec![Ask::Toast(Tone::Bad, failed(&error))],
            _ => {}
        }
        Vec::new()
    }

    fn edited(&mut self, back: Result<Vec<u8>, String>, cx: &Cx) -> Vec<Ask> {
        self.end_edit(back, cx)
    }

    fn click(&mut self, row: u16, _cx: &Cx) -> Vec<Ask> {
        if row == 0 {
            let tab = TABS.iter().position(|t| *t == self.tab).unwrap_or(0);
            (self.tab, self.top) = (TABS[(tab + 1) % TABS.len()], 0);
        }
        Vec::new()
    }
}

fn failed(error: &Error) -> String {
    safe(&error.to_string()).into_owned()
}

/// Opens a message alone.
pub fn alone(seen: Arc<Seen>) -> Screen {
    let dead = seen.death.error.value.is_some();
    Screen::Message(Box::new(State::new(vec![seen], 0, dead, String::new())))
}
