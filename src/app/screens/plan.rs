//! A plan before anything is written: what, how many, where to, what changes, who else is hit, and the word that starts it.

mod asked;
mod dry;
mod lines;
mod options;

use std::sync::Arc;

use super::{Ask, Cx, Page, Screen, job, keys, scrolled};
use crate::app::Writes;
use crate::app::command::{Command, On};
use crate::app::effect::{Chosen, Job, News, Rehearsed};
use crate::app::input::Input;
use crate::app::overlay::{Asking, Overlay};
use crate::app::slots::Place;
use crate::app::text::{Line, Tone};
use crate::decode::{human, safe, safe_cut};
use crate::model::Address;
use crate::triage::plan::{Deed, ReplayPlan, ReplayRequest, Scope, Way};

/// What was asked for.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub deed: Deed,
    pub from: Address,
    pub scope: Scope,
    pub chosen: Chosen,
    /// The receipt of the reading that they were chosen from, if that did not come to its end.
    pub partly: Option<String>,
}

/// Its state.
#[derive(Debug)]
pub struct State {
    pub wanted: Wanted,
    pub plan: Option<Arc<ReplayPlan>>,
    pub error: Option<String>,
    pub top: usize,
    /// The dry run: one message as it will be, instead of the plan.
    pub dry: Option<(usize, Option<Box<Rehearsed>>)>,
    /// What was chosen by hand; without it the config's.
    chosen: Option<ReplayRequest>,
    /// The plan before the one that is being frozen now.
    before: Option<Arc<ReplayPlan>>,
    /// The reason that it was last to be frozen with: once each, whether that could be done or not.
    reason: Option<String>,
}

impl State {
    /// Of a wish.
    pub fn new(wanted: Wanted) -> Self {
        Self { wanted, plan: None, error: None, top: 0, dry: None, chosen: None, before: None, reason: None }
    }

    /// What is to be typed to start it.
    pub fn word(&self, cx: &Cx) -> String {
        let Some(plan) = &self.plan else { return String::new() };
        if let Some(subscribers) = plan.subscribers() {
            return subscribers.to_string();
        }
        if !cx.facts.context.read_only {
            return "yes".into();
        }
        if plan.todo() < 10 || self.wanted.deed == Deed::Discard { self.wanted.from.name.clone() } else { plan.todo().to_string() }
    }

    /// The plan as lines.
    pub fn lines(&self, cx: &Cx) -> Vec<Line> {
        if let Some(error) = &self.error {
            let mut out = vec![Line::new(), Line::new().add(Tone::Bad, " ✗ there is no plan")];
            let room = usize::from(cx.size.width).saturating_sub(4);
            out.extend(crate::app::width::wrap(&safe(error), room).into_iter().map(|l| Line::from(format!("   {l}"))));
            return out;
        }
        let Some(plan) = &self.plan else {
            return vec![
                Line::new(),
                Line::new().add(Tone::Muted, "   looking at the messages, the target and who reads it; nothing is written"),
            ];
        };
        match &self.dry {
            None => lines::of(plan, cx),
            Some((index, None)) => vec![Line::new().add(Tone::Muted, format!("   reading message {} of the plan", index + 1))],
            Some((_, Some(dry))) => dry::lines(dry, plan, cx),
        }
    }

    fn show_dry(&mut self, index: usize, cx: &Cx) -> Vec<Ask> {
        let Some(plan) = &self.plan else { return Vec::new() };
        self.dry = Some((index, None));
        self.top = 0;
        let seat = &plan.items[index].seat;
        let known = match &self.wanted.chosen {
            Chosen::Seen(rows) => rows.iter().find(|seen| seen.message.seat == *seat).cloned(),
            _ => None,
        };
        vec![Ask::Start("dry", Job::Rehearse(plan.clone(), index, known, cx.facts.accepted(&self.wanted.from, cx.now)))]
    }

    /// The message next to one of which something is published, in the plan's order.
    fn published(&self, beside: Option<usize>, command: Command) -> Option<usize> {
        let items = &self.plan.as_ref()?.items;
        let goes = |i: &usize| items[*i].way == Way::Publish;
        match (command, beside) {
            (Command::PrevMessage, Some(i)) => (0..i).rev().find(goes),
            (_, beside) => (beside.map_or(0, |i| i + 1)..items.len()).find(goes),
        }
    }

    fn start(&mut self, word: &str, cx: &Cx) -> Vec<Ask> {
        let Some(plan) = &self.plan else { return Vec::new() };
        let wanted = self.word(cx);
        if word.trim().replace(',', "") != wanted.replace(',', "") {
            // the field stays: what is typed next is no key of the screen
            return vec![Ask::Toast(Tone::Bad, format!("that is not {}: nothing done", safe(&wanted))), field(wanted)];
        }
        let id = plan.id.clone();
        // what the plan has of edits is in the ledger with it
        let edited = plan.items.iter().filter(|i| plan.ask.edit.body(&i.seat).is_some());
        let mut asks: Vec<Ask> = edited.map(|i| Ask::Keep(self.wanted.from.clone(), i.seat.clone(), None)).collect();
        asks.push(Ask::Deed(id.0.clone(), Job::Carry(id.clone())));
        asks.push(Ask::Swap(Box::new(Screen::Job(job::State::new(id)))));
        asks
    }

    /// Why it cannot be started, in words.
    pub fn blocked(&self, cx: &Cx) -> Option<String> {
        let plan = self.plan.as_ref()?;
        if cx.writes == Writes::Never {
            return cx.writes.off(cx.now).map(str::to_owned);
        }
        if let Some(why) = plan.blocked() {
            return Some(safe(&why).into_owned());
        }
        let rules = cx.facts.context.dead_letters.rules_for(&self.wanted.from.name);
        if let Err(why) = cx.facts.permit.allows(self.wanted.deed, rules) {
            return Some(safe(&why).into_owned());
        }
        if plan.todo() == 0 {
            return Some("nothing is left to do in it".into());
        }
        cx.writes.off(cx.now).map(str::to_owned)
    }
}

/// The field that the starting word is typed into.
fn field(word: String) -> Ask {
    Ask::Overlay(Box::new(Overlay::Line { asking: Asking::Word(word), input: Input::default() }))
}

fn say(text: &str) -> Vec<Ask> {
    vec![Ask::Toast(Tone::Muted, text.to_owned())]
}

impl Page for State {
    fn on(&self) -> On {
        On::Plan
    }

    fn crumb(&self) -> String {
        let word = self.wanted.deed.word();
        match &self.wanted.scope {
            Scope::Cause { title, .. } => format!("{} › {word}", safe_cut(title, 40)),
            _ => format!("{} › {word}", safe(&self.wanted.from.name)),
        }
    }

    fn facts(&self, cx: &Cx) -> Line {
        // what is agreed to is not only what the first screenful shows
        let below = self.lines(cx).len().saturating_sub(self.top + usize::from(cx.areas().rows));
        let below = if below > 0 { format!(", {} below", human::things(below as u64, "line")) } else { String::new() };
        match (&self.plan, &self.dry) {
            (Some(plan), Some((i, _))) => format!("message {} of {}, dry run{below}", i + 1, plan.items.len()).into(),
            (Some(plan), None) => format!("plan {}, frozen {}{below}", plan.id, cx.times.minute(plan.frozen)).into(),
            _ => Line::new(),
        }
    }

    fn status(&self, cx: &Cx) -> Line {
        if self.plan.is_none() {
            return if self.error.is_some() { Line::new() } else { Line::new().add(Tone::Muted, "nothing is written by planning") };
        }
        if self.dry.is_some() {
            return Line::new().add(Tone::Muted, "this is what would be on the wire; nothing has been written");
        }
        match self.blocked(cx) {
            Some(why) => Line::new().add(Tone::Watch, format!("! {why}")),
            None => Line::new().add(Tone::Ok, "nothing has been written yet"),
        }
    }

    fn footer(&self, cx: &Cx) -> Vec<(Command, String)> {
        if self.dry.is_some() {
            return keys(&[(Command::NextMessage, "next message"), (Command::PrevMessage, "previous"), (Command::Back, "the plan")]);
        }
        if self.plan.is_none() {
            return keys(&[(Command::Back, "back")]);
        }
        let start = format!("then type {} to start", safe(&self.word(cx)));
        let mut row = Vec::new();
        if self.blocked(cx).is_none() {
            row.push((Command::Open, start.as_str()));
        } else if self.blocked(cx).as_deref() == Writes::ReadOnly.off(cx.now) {
            row.push((Command::Writes, "writes on"));
        }
        if self.published(None, Command::NextMessage).is_some() {
            row.push((Command::Messages, "each message as it will be"));
        }
        if self.wanted.deed == Deed::Replay {
            row.push((Command::Options, "options"));
        }
        row.push((Command::Back, "leaves it"));
        keys(&row)
    }

    fn enter(&mut self, cx: &Cx) -> Vec<Ask> {
        if self.plan.is_some() || self.error.is_some() {
            return Vec::new();
        }
        let accept = cx.facts.accepted(&self.wanted.from, cx.now);
        vec![Ask::Start("draft", Job::Draft(Box::new(self.request(cx)), self.wanted.chosen.clone(), accept))]
    }

    fn sync(&mut self, cx: &Cx) {
        self.top = self.top.min(self.lines(cx).len().saturating_sub(usize::from(cx.areas().rows)));
    }

    fn command(&mut self, command: Command, arg: &str, cx: &Cx) -> Vec<Ask> {
        let len = self.lines(cx).len();
        if scrolled(&mut self.top, command, len, usize::from(cx.areas().rows)) {
            return Vec::new();
        }
        let dry = self.dry.as_ref().map(|(i, _)| *i);
        match (command, dry) {
            (Command::Messages, None) | (Command::NextMessage | Command::PrevMessage, Some(_)) => match (self.published(dry, command), dry)
            {
                (Some(i), _) => self.show_dry(i, cx),
                (None, Some(_)) if command == Command::NextMessage => say("the last that is published"),
                (None, Some(_)) => say("the first that is published"),
                (None, None) if self.plan.is_some() => say("nothing of this plan is published, so there is nothing to show beforehand"),
                (None, None) => Vec::new(),
            },
            (Command::Open, None) => match (self.blocked(cx), arg.strip_prefix('=')) {
                (Some(why), _) => vec![Ask::Toast(Tone::Bad, why)],
                (None, Some(word)) => self.start(word, cx),
                (None, None) if self.plan.is_some() => vec![field(self.word(cx))],
                (None, None) if self.error.is_none() => say("the plan is still being made: it can be started once it is shown"),
                _ => Vec::new(),
            },
            (Command::Options, None) => self.option(arg, cx),
            (Command::Retry, None) => {
                let ask = self.request(cx);
                self.freeze_anew(ask, cx)
            }
            (Command::NextMessage | Command::PrevMessage, None) => say("m shows each message as it will be; there > and < go on"),
            (_, Some(_)) => say("this is a dry run: esc goes back to the plan, which is started and changed there"),
            _ => Vec::new(),
        }
    }

    fn pulse(&mut self, cx: &Cx) -> Vec<Ask> {
        // the reason for turning writes on is the plan's too
        match &self.plan {
            Some(plan) if self.dry.is_none() && ![&plan.ask.reason, &self.reason, &None].contains(&&cx.facts.reason) => {
                self.reason.clone_from(&cx.facts.reason);
                let ask = self.request(cx);
                self.freeze_anew(ask, cx)
            }
            _ => Vec::new(),
        }
    }

    fn news(&mut self, part: &'static str, news: News, _cx: &Cx) -> Vec<Ask> {
        match news {
            News::Plan(plan) => self.plan = Some(plan),
            News::Failed(error) if part == "draft" && self.before.is_some() => {
                self.plan = self.before.take();
                self.chosen = self.plan.as_ref().map(|p| p.ask.clone());
                return vec![Ask::Toast(Tone::Bad, format!("the plan stays as it was: {}", safe(&error.to_string())))];
            }
            News::Rehearsed(dry) if self.dry.as_ref().is_some_and(|(i, _)| *i == dry.index) => self.dry = Some((dry.index, Some(dry))),
            News::Failed(error) if self.plan.is_none() => self.error = Some(error.to_string()),
            News::Failed(error) => {
                self.dry = None;
                return vec![Ask::Toast(Tone::Bad, safe(&error.to_string()).into_owned())];
            }
            _ => {}
        }
        Vec::new()
    }

    fn esc(&mut self, _cx: &Cx) -> Option<Vec<Ask>> {
        self.dry.take().map(|_| Vec::new())
    }

    fn waits_for(&self, _place: &Place) -> bool {
        false
    }
}
