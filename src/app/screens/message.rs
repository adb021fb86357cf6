//! One message: body with its violations, headers, death, history, raw bytes.

mod body;
mod command;
mod copying;
mod editing;
mod headers;
mod history;
mod status;

pub use body::Row;
pub use copying::{copy_menu, file_name, json};
pub use headers::{headers, value};

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Ask, Cx, Page, Screen, keys};
use crate::app::command::{Command, On};
use crate::app::effect::{Job, News};
use crate::app::text::{Line, Tone};
use crate::app::times::ago;
use crate::broker::Error;
use crate::decode::{Decoded, Hint, human, safe, safe_bytes, safe_cut};
use crate::schema::Seen;
use crate::triage::plan::Editable;

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
    /// Its history was read when the ledger had been changed so often; `None`: with the message.
    touches: Option<u64>,
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
            touches: None,
        }
    }

    /// The message.
    pub fn seen(&self) -> &Arc<Seen> {
        // The list is never empty: it is made from the row that was opened.
        &self.list[self.index.min(self.list.len() - 1)]
    }

    /// The message as its body is shown: as it was edited here, else as it is.
    pub fn shown<'a>(&'a self, cx: &'a Cx) -> &'a Arc<Seen> {
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
            Tab::History => self.history(cx).len(),
        }
    }

    fn ask(&self, cx: &Cx) -> Vec<Ask> {
        self.show(self.shown(cx))
    }

    fn show(&self, seen: &Arc<Seen>) -> Vec<Ask> {
        vec![Ask::Start("body", Job::Show(seen.clone(), self.hint)), Ask::Start("raw", Job::Show(seen.clone(), Hint::Hex))]
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

    /// What was done or noted meanwhile is in its history.
    fn pulse(&mut self, cx: &Cx) -> Vec<Ask> {
        let before = self.touches.replace(cx.facts.touches);
        if before.is_none_or(|before| before == cx.facts.touches) {
            return Vec::new();
        }
        vec![Ask::Start("past", Job::Past(vec![self.seen().clone()]))]
    }

    fn sync(&mut self, cx: &Cx) {
        self.top = self.top.min(self.len(cx).saturating_sub(Self::height(cx)));
    }

    fn command(&mut self, command: Command, arg: &str, cx: &Cx) -> Vec<Ask> {
        self.act(command, arg, cx)
    }

    fn news(&mut self, part: &'static str, news: News, cx: &Cx) -> Vec<Ask> {
        match (part, news) {
            ("past", News::Rows(rows)) => {
                for seen in rows {
                    let same = |known: &&mut Arc<Seen>| known.id == seen.id && known.message.seat == seen.message.seat;
                    if let Some(known) = self.list.iter_mut().find(same) {
                        *known = seen;
                    }
                }
            }
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
