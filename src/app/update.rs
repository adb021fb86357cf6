//! `update`: one action in, effects out. Drops stale news, routes the rest to facts or to a screen.

use std::time::Duration;

use super::action::Action;
use super::command::{Command, Entry, On};
use super::effect::{Effect, Job, News};
use super::facts::Run;
use super::input::Input;
use super::key::Key;
use super::layout::Size;
use super::overlay::{Asking, Overlay};
use super::screens::{Ask, Cx, Page, Screen, destinations, jobs, lag, ledger, refresh_broker, warnings};
use super::slots::{JobId, Place};
use super::text::{Line, Tone};
use super::{App, Toast, Writes};
use crate::triage::plan::PlanId;
use crate::triage::report::Wish;

/// Takes one action.
pub fn update(app: &mut App, action: Action) -> Vec<Effect> {
    let asks = match &action {
        Action::News(_, news) => matches!(news, News::Ended | News::Failed(_) | News::Probe(_) | News::Detail(..)),
        Action::Do(..) | Action::Clock => true,
        // Typing never waits for it, unless it asked for just that: pause, go on, try again.
        Action::Type(key) => app.overlay.is_none() && matches!(app.cx.keys.command(*key), Some(Command::Pause | Command::Retry)),
        _ => false,
    };
    let mut effects = match action {
        Action::Type(key) => app.typed(key),
        Action::Paste(text) => app.paste(&text),
        Action::Point(mouse) => app.mouse(mouse),
        Action::Do(command, arg) => app.run(command, &arg),
        Action::News(job, news) => app.news(job, news),
        Action::Resize(width, height) => {
            app.cx.size = Size { width, height };
            Vec::new()
        }
        Action::Clock => Vec::new(),
        Action::Edited(back) => app.with_top(|page, cx| page.edited(back, cx)),
    };
    app.expire();
    effects.extend(app.with_top(|page, cx| page.pulse(cx)));
    app.open_later();
    if asks {
        effects.extend(app.ask_due());
    }
    effects
}

impl App {
    /// Brings the shown screen up to the facts; called once for a handful of actions, before drawing.
    pub fn sync(&mut self) {
        self.sync_top();
        let lines = u16::try_from(self.said().len()).unwrap_or(1);
        if lines != self.cx.said {
            // the body has other rows by that
            self.cx.said = lines;
            self.sync_top();
        }
    }

    fn sync_top(&mut self) {
        self.with_top(|page, cx| {
            page.sync(cx);
            Vec::new()
        });
    }

    /// Lets the shown screen do something, and does what it asks for.
    pub(super) fn with_top(&mut self, act: impl FnOnce(&mut dyn Page, &Cx) -> Vec<Ask>) -> Vec<Effect> {
        let asks = self.with(self.screens.len() - 1, act);
        self.answer(asks)
    }

    /// Lets a screen of the stack do something; what it asks for.
    fn with(&mut self, index: usize, act: impl FnOnce(&mut dyn Page, &Cx) -> Vec<Ask>) -> Vec<Ask> {
        act(self.screens[index].screen.page_mut(), &self.cx)
    }

    pub(super) fn answer(&mut self, asks: Vec<Ask>) -> Vec<Effect> {
        asks.into_iter().flat_map(|ask| self.answer_one(ask)).collect()
    }

    fn answer_one(&mut self, ask: Ask) -> Vec<Effect> {
        let (now, top) = (self.cx.now, self.top().id);
        match ask {
            Ask::Push(screen) => self.push(*screen),
            Ask::Swap(screen) => {
                let mut effects = self.slots.leave(top);
                self.screens.pop();
                effects.extend(self.push(*screen));
                effects
            }
            Ask::Pop => self.back(),
            Ask::Start(part, job) => self.slots.start(Place::Part(top, part), job, now),
            Ask::StopPart(part) => self.slots.stop(&Place::Part(top, part)),
            Ask::Fact(place, _) if self.slots.running(&place).is_some() => Vec::new(),
            Ask::Fact(place, job) => self.slots.start(place, job, now),
            Ask::Small(job) => {
                let place = Place::Small(self.slots.number());
                self.slots.start(place, job, now)
            }
            Ask::Deed(plan, job) => {
                self.cx.facts.runs.insert(plan.clone(), Run::default());
                self.slots.start(Place::Deed(plan), job, now)
            }
            Ask::Wish(plan, wish) => {
                let Some((job, _)) = self.slots.running(&Place::Deed(plan.clone())) else { return Vec::new() };
                if let Some(run) = self.cx.facts.runs.get_mut(&plan) {
                    run.paused = wish == Wish::Pause;
                }
                vec![Effect::Tell(job, wish)]
            }
            Ask::Keep(at, seat, edited) => {
                self.cx.facts.version += 1;
                match edited {
                    Some(edited) => drop(self.cx.facts.edits.insert((at, seat), *edited)),
                    None => drop(self.cx.facts.edits.remove(&(at, seat))),
                }
                Vec::new()
            }
            Ask::Run(command) => self.run(command, ""),
            Ask::Columns(at, columns) => {
                self.cx.facts.columns.insert(at, columns);
                Vec::new()
            }
            Ask::Agree(at) => {
                let traces = self.cx.facts.price(&at).map(|cost| cost.leaves.clone()).unwrap_or_default();
                self.cx.facts.agreed.insert(at, (now, traces));
                Vec::new()
            }
            Ask::Toast(tone, text) => {
                self.say(tone, text);
                Vec::new()
            }
            // a broker's answer opens nothing under the fingers of somebody who is typing: a letter of his would agree to it
            Ask::Overlay(overlay) if self.overlay.is_some() => {
                self.later = Some((top, *overlay));
                Vec::new()
            }
            Ask::Overlay(overlay) => {
                self.overlay = Some(*overlay);
                Vec::new()
            }
            Ask::Do(effect) => vec![effect],
        }
    }

    /// Says something in line 23 for a while; what is bad stays longer.
    pub fn say(&mut self, tone: Tone, text: impl Into<String>) {
        let stay = Duration::from_secs(if matches!(tone, Tone::Bad | Tone::Watch) { 10 } else { 4 });
        self.toast = Some(Toast { line: Line::new().add(tone, text), until: self.cx.now + stay, answers: false });
    }

    /// A key, after which no screen shows what an earlier key was answered on another one.
    fn typed(&mut self, key: Key) -> Vec<Effect> {
        let (was, shown) = (self.toast.clone(), self.top().id);
        let effects = self.key(key);
        let same = self.toast == was;
        match &mut self.toast {
            Some(toast) if !same => toast.answers = true,
            Some(toast) if toast.answers && self.screens.last().is_none_or(|top| top.id != shown) => self.toast = None,
            _ => {}
        }
        effects
    }

    /// Opens what had to wait, if its screen is shown still.
    fn open_later(&mut self) {
        if self.overlay.is_none() {
            let top = self.top().id;
            self.overlay = self.later.take().filter(|(screen, _)| *screen == top).map(|(_, overlay)| overlay);
        }
    }

    fn expire(&mut self) {
        if self.toast.as_ref().is_some_and(|t| t.until <= self.cx.now) {
            self.toast = None;
        }
        if matches!(self.cx.writes, Writes::Until(end) if end <= self.cx.now) {
            self.cx.writes = Writes::ReadOnly;
            self.say(Tone::Watch, "writes are off again: their time is up (W)");
        }
    }

    fn news(&mut self, job: JobId, news: News) -> Vec<Effect> {
        let Some(place) = self.slots.place(job).cloned() else { return Vec::new() };
        let last = matches!(news, News::Ended | News::Failed(_));
        if last || matches!(news, News::Probe(_) | News::Detail(..)) {
            self.slots.ended(job);
        }
        match place {
            Place::Part(screen, part) => {
                // A part's screen is always on the stack: leaving it stops its jobs. One below the top reads on, and asks nobody.
                let Some(index) = self.screens.iter().position(|open| open.id == screen) else { return Vec::new() };
                let asks = self.with(index, |page, cx| page.news(part, news, cx));
                if index + 1 == self.screens.len() { self.answer(asks) } else { Vec::new() }
            }
            fact => {
                let follows = match (&fact, &news) {
                    (Place::Deed(plan), News::Report(report)) if report.counts.no_word_yet() > 0 => Some(plan.clone()),
                    _ => None,
                };
                self.learn(&fact, news);
                let now = self.cx.now;
                follows.map_or_else(Vec::new, |plan| {
                    let job = Job::Verdict(PlanId(plan.clone()));
                    self.slots.start(Place::Verdict(plan), job, now)
                })
            }
        }
    }

    /// Runs a command: the app's own, or the shown screen's where it has a use.
    pub fn run(&mut self, command: Command, arg: &str) -> Vec<Effect> {
        let leaving = std::mem::take(&mut self.leaving);
        let entry: &Entry = command.entry();
        let on = self.top().screen.page().on();
        match command {
            Command::Help => self.overlay = Some(Overlay::Help { top: 0 }),
            Command::Palette => self.overlay = Some(Overlay::Palette { input: Input::default(), chosen: 0 }),
            Command::Quit => return self.quit(),
            Command::Leave if self.screens.len() == 1 && on == On::Overview => return self.quit(),
            Command::Back | Command::Leave => return self.esc(),
            Command::Interrupt if leaving => return self.quit(),
            Command::Interrupt => return self.interrupt(),
            Command::Suspend if self.deeds() > 0 => self.say(Tone::Watch, "a replay runs: it would stand still while suspended"),
            Command::Suspend => return vec![Effect::Suspend],
            Command::Overview => return self.jump(None),
            Command::Destinations => return self.jump(Some(Screen::Destinations(destinations::State::default()))),
            Command::Lag => return self.jump(Some(Screen::Lag(lag::State::default()))),
            Command::Jobs => return self.jump(Some(Screen::Jobs(jobs::State::default()))),
            Command::Ledger => return self.jump(Some(Screen::Ledger(ledger::State::default()))),
            Command::Warnings if on == On::Warnings => {}
            Command::Warnings => return self.push(Screen::Warnings(warnings::State::default())),
            Command::HistoryBack => return self.history(true),
            Command::Last => return self.last(),
            Command::HistoryForward => return self.history(false),
            Command::Contexts => return self.contexts(arg),
            Command::Times => {
                self.cx.times.turn();
                let word = match self.cx.times.style {
                    super::times::Style::Utc => "times in UTC",
                    super::times::Style::Local => "times in local time",
                    super::times::Style::Relative => "times as ages",
                };
                self.say(Tone::Muted, word);
            }
            Command::Wrap if on != On::Message && entry.works_on(on) => {
                self.cx.wide = !self.cx.wide;
                let word =
                    if self.cx.wide { "whole names and all columns: ←→ go through them (w: as fits)" } else { "columns as they fit" };
                self.say(Tone::Muted, word);
            }
            Command::Mark | Command::MarkRange | Command::MarkAll | Command::ClearMarks if entry.works_on(on) => {
                match (self.top().screen.page().marks(), command) {
                    ((_, 0), _) => self.say(Tone::Muted, "there is nothing to mark"),
                    ((0, _), Command::ClearMarks) => self.say(Tone::Muted, "nothing is marked"),
                    _ => return self.with_top(|page, cx| page.command(command, arg, cx)),
                }
            }
            Command::Writes => self.writes_dialog(),
            Command::Filter if entry.works_on(on) => {
                let input = Input::with(self.top().screen.page().filtered());
                self.overlay = Some(Overlay::Line { asking: Asking::Filter, input });
            }
            Command::Pause if !matches!(on, On::Messages | On::Jobs | On::Job) => {
                self.cx.facts.paused = !self.cx.facts.paused;
                let word = if self.cx.facts.paused { "paused: nothing is asked by itself (p goes on, r asks once)" } else { "goes on" };
                self.say(Tone::Muted, word);
            }
            Command::Retry if matches!(on, On::Overview | On::Destinations | On::Lag | On::Group) => {
                let effects = self.ask_all();
                let conns: Vec<_> = self.cx.facts.brokers.keys().cloned().collect();
                let asks = conns.iter().flat_map(refresh_broker).collect();
                self.say(Tone::Muted, "asking again");
                return effects.into_iter().chain(self.answer(asks)).collect();
            }
            Command::Retry if entry.works_on(on) && !matches!(on, On::Messages | On::Causes | On::Plan) => {
                self.say(Tone::Muted, "asking again");
                return self.with_top(|page, cx| page.command(command, arg, cx));
            }
            // a destination that is named is opened wherever one is, never what the cursor happens to be on
            Command::Open | Command::Messages if !arg.is_empty() => {
                let asks = destinations::named(arg, command, &self.cx);
                return self.answer(asks);
            }
            _ if !entry.works_on(on) => self.say(Tone::Muted, entry.elsewhere()),
            _ => return self.with_top(|page, cx| page.command(command, arg, cx)),
        }
        Vec::new()
    }

    /// How many replays run here.
    pub fn deeds(&self) -> usize {
        self.slots.count(|p| matches!(p, Place::Deed(_)))
    }
}
