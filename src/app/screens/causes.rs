//! Causes of a dead-letter queue: why its messages died, how many, since when, and what can be done.

mod acts;
mod detail;
mod marks;
mod whole;

use std::cmp::Ordering;
use std::sync::Arc;

use super::plan::Wanted;
use super::{Ask, Cx, Page, Screen, describe, keys, message, messages, plan, price};
use crate::app::command::{Command, On};
use crate::app::effect::{CausesRead, Chosen, Job, News};
use crate::app::layout::split;
use crate::app::list::{Hit, List, Narrow};
use crate::app::overlay::{Confirm, Dialog, Overlay, Then};
use crate::app::slots::Place;
use crate::app::text::{Line, Tone};
use crate::app::times::ago;
use crate::decode::{human, safe};
use crate::model::Address;
use crate::triage::group::Cause;
use crate::triage::plan::{Deed, MovePlan, Scope};
use whole::move_of;

/// The part that reads a cause's sample message to be edited.
const SAMPLE: &str = "sample";

/// Its state.
#[derive(Debug)]
pub struct State {
    pub at: Address,
    pub read: Option<Arc<CausesRead>>,
    pub list: List<Cause, String>,
    /// How far a running read is, in words.
    pub progress: String,
    pub error: Option<String>,
    /// The price of a look was shown, once, unasked.
    priced: bool,
    /// A move of the whole queue that was planned and not agreed to yet.
    moving: Option<Box<MovePlan>>,
    /// The cause whose incident is looked up, to be asked about.
    escalating: Option<Box<Cause>>,
}

fn none() -> Vec<Ask> {
    vec![Ask::Toast(Tone::Muted, "no cause is chosen".into())]
}

/// What was asked about has gone meanwhile.
fn gone() -> Vec<Ask> {
    vec![Ask::Toast(Tone::Watch, "nothing of that cause is left by now: nothing done".into())]
}

fn key(cause: &Cause) -> String {
    cause.fingerprint.hex()
}

/// What it can be sorted by: titles of its columns.
pub const SORTS: [&str; 5] = ["CAUSE", "COUNT", "FIRST", "LAST", "CATEGORY"];

/// The order by a column; the most and the newest come first.
fn order(column: usize, a: &Cause, b: &Cause) -> Ordering {
    match SORTS.get(column) {
        Some(&"COUNT") => b.count.cmp(&a.count),
        Some(&"FIRST") => b.first.cmp(&a.first),
        Some(&"LAST") => b.last.cmp(&a.last),
        Some(&"CATEGORY") => a.category.name.cmp(&b.category.name),
        _ => a.title.cmp(&b.title),
    }
}

impl State {
    /// Of a queue.
    pub fn new(at: Address) -> Self {
        Self { at, read: None, list: List::new(key), progress: String::new(), error: None, priced: false, moving: None, escalating: None }
    }

    /// The chosen cause.
    pub fn chosen(&self) -> Option<&Cause> {
        self.list.chosen()
    }

    /// The cause that a question was about, wherever the cursor is by now.
    fn cause(&self, wanted: &str) -> Option<&Cause> {
        self.read.as_ref()?.causes.iter().find(|c| key(c) == wanted)
    }

    fn height(&self, cx: &Cx) -> usize {
        usize::from(split(cx.areas().rows, 0, self.list.rows.len(), self.detail(cx).len() as u16, 4).rows)
    }

    fn ask_price(&self, cx: &Cx) -> Option<Ask> {
        price::ask(&self.at, format!("redrive causes {} --accept-traces", safe(&self.at.to_string())), cx)
    }
}

impl Page for State {
    fn on(&self) -> On {
        On::Causes
    }

    fn crumb(&self) -> String {
        format!("{} › {} › causes", safe(self.at.conn.as_str()), safe(&self.at.name))
    }

    fn facts(&self, _cx: &Cx) -> Line {
        let Some(read) = &self.read else { return Line::new() };
        let n = human::count_plain;
        let settled = if read.settled > 0 { format!(", {} done with", n(read.settled)) } else { String::new() };
        let all = if read.complete { ", all read" } else { ", NOT all read" };
        let causes = read.causes.len();
        let by = self.list.sort.words(&SORTS, "");
        let by = if by.is_empty() { String::new() } else { format!(", {}", by.trim_start_matches("; ")) };
        Line::new()
            .add(Tone::Strong, format!("{} dead", n(read.shown)))
            .plain(format!(", {causes} cause{}{settled}{all}{by}", if causes == 1 { "" } else { "s" }))
    }

    fn status(&self, cx: &Cx) -> Line {
        if !self.list.filter.is_empty() {
            return format!(
                "/{}  {} of {}",
                safe(&self.list.filter),
                self.list.rows.len(),
                self.read.as_ref().map_or(0, |r| r.causes.len())
            )
            .into();
        }
        if let Some(run) = cx.facts.runs.get(&move_of(&self.at)).filter(|r| !r.moving.is_empty()) {
            return Line::new().add(Tone::Watch, format!("the broker moves all: {}   (:bulk cancels)", run.moving));
        }
        if self.read.is_none() && cx.facts.price(&self.at).is_some() && cx.facts.accepted(&self.at, cx.now).is_empty() {
            return Line::new().add(Tone::Watch, "not looked at: a look leaves a trace   (r shows its price)");
        }
        if let Some(error) = &self.error {
            return Line::new().add(Tone::Bad, "✗ ").plain(safe(error)).add(Tone::Muted, "  (r)");
        }
        match &self.read {
            Some(read) => {
                let age = cx.facts.causes.get(&self.at).and_then(|f| f.at).map_or(String::new(), |t| format!(", {} ago", ago(t, cx.now)));
                Line::new().add(Tone::Muted, format!("{}{age}", safe(&read.receipt)))
            }
            None => Line::new().add(Tone::Muted, format!("reading {}", self.progress)),
        }
    }

    fn footer(&self, _cx: &Cx) -> Vec<(Command, String)> {
        let n: u64 = self.list.taken().iter().map(|c| c.count).sum();
        if n == 0 {
            return keys(&[(Command::Retry, "look again"), (Command::Describe, ""), (Command::Back, "")]);
        }
        let replay = format!("replay {}", human::count_plain(n));
        keys(&[
            (Command::Open, "messages"),
            (Command::Replay, &replay),
            (Command::Escalate, ""),
            (Command::Park, ""),
            (Command::Discard, ""),
            (Command::Category, ""),
            (Command::Claim, "claim"),
        ])
    }

    fn enter(&mut self, cx: &Cx) -> Vec<Ask> {
        let mut asks = vec![describe(&self.at)];
        // not before its price is known: it comes with the details
        if cx.facts.causes.get(&self.at).and_then(|f| f.value.as_ref()).is_none()
            && cx.facts.details.get(&self.at).is_some_and(|f| f.value.is_some())
            && cx.facts.price(&self.at).is_none()
        {
            asks.push(Ask::Fact(Place::Causes(self.at.clone()), Job::Causes(self.at.clone(), Vec::new(), None)));
        }
        asks
    }

    /// Once the details are there: reads where that is free, else says what a look costs.
    fn pulse(&mut self, cx: &Cx) -> Vec<Ask> {
        let known = cx.facts.details.get(&self.at).is_some_and(|f| f.value.is_some() || f.error.is_some());
        if !known || self.priced || cx.facts.causes.contains_key(&self.at) {
            return Vec::new();
        }
        self.priced = true;
        match self.ask_price(cx) {
            Some(dialog) => vec![dialog],
            None => vec![Ask::Fact(Place::Causes(self.at.clone()), Job::Causes(self.at.clone(), Vec::new(), None))],
        }
    }

    fn sync(&mut self, cx: &Cx) {
        if let Some(fact) = cx.facts.causes.get(&self.at) {
            self.error = fact.error.as_ref().map(|(e, _)| e.to_string());
            self.read.clone_from(&fact.value);
        }
        let fits = |c: &&Cause| self.list.fits(&format!("{} {} {}", c.id, c.title, c.category.name));
        let rows: Vec<Cause> = self.read.iter().flat_map(|r| r.causes.iter()).filter(fits).cloned().collect();
        // what is known of the chosen one takes room, and which one that is shows only then
        self.list.take(rows, cx.calm(), usize::MAX, order);
        self.list.fit(self.height(cx));
    }

    fn command(&mut self, command: Command, arg: &str, cx: &Cx) -> Vec<Ask> {
        if self.list.command(command, self.height(cx)) {
            return Vec::new();
        }
        if self.list.sorts(command, SORTS.len()) {
            self.sync(cx);
            return Vec::new();
        }
        match command {
            Command::Open => return self.open(),
            Command::Messages => return vec![Ask::Push(Box::new(Screen::Messages(Box::new(messages::State::new(self.at.clone())))))],
            Command::Describe => return vec![Ask::Push(Box::new(Screen::Describe(super::describe::State::new(self.at.clone()))))],
            Command::Replay => return self.plan(Deed::Replay),
            Command::Park => return self.plan(Deed::Park),
            Command::Discard => return self.plan(Deed::Discard),
            Command::Restore => {
                let wanted = Wanted {
                    deed: Deed::Restore,
                    from: self.at.clone(),
                    scope: Scope::All,
                    chosen: Chosen::Restorable(Vec::new()),
                    partly: None,
                };
                return vec![Ask::Push(Box::new(Screen::Plan(Box::new(plan::State::new(wanted)))))];
            }
            Command::Category => return self.category(arg, cx),
            Command::Claim => return self.claim(arg, cx),
            Command::Bulk => return self.whole_queue(arg, cx),
            Command::Escalate => {
                if let Some(key) = arg.strip_prefix("yes=") {
                    let Some(c) = self.cause(key) else { return gone() };
                    return vec![Ask::Small(Job::Escalate(self.at.clone(), Box::new(c.clone())))];
                }
                let Some(c) = self.chosen().cloned().map(Box::new) else { return none() };
                self.escalating = Some(c.clone());
                return vec![Ask::Start("incident", Job::Incident(self.at.clone(), c))];
            }
            Command::Edit => return self.edit(cx),
            Command::Note => return self.note(arg, cx),
            Command::Retry => {
                let place = Place::Causes(self.at.clone());
                let read = |accept, limit| Ask::Fact(place.clone(), Job::Causes(self.at.clone(), accept, limit));
                return match (arg.strip_prefix(price::LOOK), cx.facts.price(&self.at)) {
                    (Some(which), Some(cost)) => {
                        vec![Ask::Agree(self.at.clone()), read(cost.leaves.clone(), (which == "first").then_some(10))]
                    }
                    (None, Some(_)) => self.ask_price(cx).into_iter().collect(),
                    _ => vec![read(Vec::new(), None)],
                };
            }
            Command::Copy => return self.copy(cx),
            _ => {}
        }
        Vec::new()
    }

    fn news(&mut self, part: &'static str, news: News, cx: &Cx) -> Vec<Ask> {
        match news {
            News::Rows(rows) if part == SAMPLE => match rows.into_iter().next() {
                Some(sample) => vec![Ask::Push(Box::new(message::alone(sample))), Ask::Run(Command::Edit)],
                None => Vec::new(),
            },
            News::Incident(lines) => {
                // the cursor may be on another by now
                let Some(c) = self.escalating.take() else { return Vec::new() };
                let lines = lines.into_iter().map(|(name, value)| Line::fact(&name, safe(&value))).collect();
                let yes = Then::Tell(Command::Escalate, format!("yes={}", key(&c)));
                let mut dialog = Dialog::new("escalate?", lines, Confirm::Yes, yes);
                dialog.cli = format!("redrive escalate {} --cause {}", safe(&self.at.name), c.id);
                vec![Ask::Overlay(Box::new(Overlay::Dialog(Box::new(dialog))))]
            }
            News::Moving(plan) => self.move_dialog(plan, cx),
            News::Failed(error) => vec![Ask::Toast(Tone::Bad, safe(&error.to_string()).into_owned())],
            _ => Vec::new(),
        }
    }

    fn list(&self) -> Option<&dyn Narrow> {
        Some(&self.list)
    }

    fn list_mut(&mut self) -> Option<&mut dyn Narrow> {
        Some(&mut self.list)
    }

    fn click(&mut self, at: u16, _cx: &Cx) -> Vec<Ask> {
        if self.list.click(at, 1) == Hit::Chosen { self.open() } else { Vec::new() }
    }

    fn waits_for(&self, place: &Place) -> bool {
        *place == Place::Causes(self.at.clone())
    }
}
