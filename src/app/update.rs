//! `update`: one action in, effects out. Drops stale news, routes the rest to facts or to a screen.

use std::time::Duration;

use super::action::{Action, Mouse};
use super::command::{Command, Entry, On};
use super::effect::{Effect, Job, News};
use super::facts::{Facts, Run};
use super::input::Input;
use super::key::Key;
use super::layout::{Size, areas};
use super::overlay::{Asking, Confirm, Dialog, Heard, Menu, Overlay, Pick, Then};
use super::screens::{Ask, Screen, destinations, jobs, lag, ledger, overview, refresh_broker, warnings};
use super::slots::{JobId, Place, ScreenId};
use super::text::{Line, Tone};
use super::{App, Open, Start, Toast, Writes};
use crate::triage::plan::PlanId;
use crate::triage::report::Wish;

/// The app at its start, with the Overview open and everything asked for.
pub fn start(start: Start) -> (App, Vec<Effect>) {
    let mut app = App {
        facts: Facts::new(start.context, start.conns),
        contexts: start.contexts,
        writes: start.writes,
        screens: vec![Open { id: ScreenId(0), screen: Screen::Overview(overview::State::default()) }],
        overlay: None,
        slots: super::Slots::default(),
        toast: None,
        keys: start.keys,
        times: start.times,
        size: start.size,
        now: start.now,
        before: Vec::new(),
        after: Vec::new(),
        last_key: None,
        next_due: None,
        leaving: false,
        can_switch: start.can_switch,
        switch_to: None,
    };
    app.facts.permit = start.permit;
    app.facts.replay = start.replay;
    app.facts.warnings = start.warnings;
    let now = app.now;
    for b in app.facts.brokers.values_mut() {
        b.asked = Some(now);
    }
    let effects = app.ask_all();
    app.sync();
    (app, effects)
}

/// Takes one action.
pub fn update(app: &mut App, action: Action) -> Vec<Effect> {
    let asks = match &action {
        Action::News(_, news) => matches!(news, News::Ended | News::Failed(_) | News::Probe(_) | News::Detail(..)),
        Action::Do(..) | Action::Clock => true,
        // Typing never waits for it, unless it asked for just that: pause, go on, try again.
        Action::Type(key) => app.overlay.is_none() && matches!(app.keys.command(*key), Some(Command::Pause | Command::Retry)),
        _ => false,
    };
    let mut effects = match action {
        Action::Type(key) => app.key(key),
        Action::Paste(text) => app.paste(&text),
        Action::Point(mouse) => app.mouse(mouse),
        Action::Do(command, arg) => app.run(command, &arg),
        Action::News(job, news) => app.news(job, news),
        Action::Resize(width, height) => {
            app.size = Size { width, height };
            Vec::new()
        }
        Action::Clock => Vec::new(),
        Action::Edited(back) => app.with_top(|page, cx| page.edited(back, cx)),
    };
    app.expire();
    effects.extend(app.with_top(|page, cx| page.pulse(cx)));
    if asks {
        effects.extend(app.ask_due());
    }
    effects
}

impl App {
    /// Brings the shown screen up to the facts; called once for a handful of actions, before drawing.
    pub fn sync(&mut self) {
        self.with_top(|page, cx| {
            page.sync(cx);
            Vec::new()
        });
    }

    /// Lets the shown screen do something, and does what it asks for.
    fn with_top(&mut self, act: impl FnOnce(&mut dyn super::screens::Page, &super::Cx) -> Vec<Ask>) -> Vec<Effect> {
        let last = self.screens.len() - 1;
        let asks = {
            let calm = self.cx().calm;
            let cx = super::Cx {
                facts: &self.facts,
                now: self.now,
                size: self.size,
                keys: &self.keys,
                times: &self.times,
                writes: self.writes,
                calm,
            };
            act(self.screens[last].screen.page_mut(), &cx)
        };
        self.answer(asks)
    }

    pub(super) fn answer(&mut self, asks: Vec<Ask>) -> Vec<Effect> {
        asks.into_iter().flat_map(|ask| self.answer_one(ask)).collect()
    }

    fn answer_one(&mut self, ask: Ask) -> Vec<Effect> {
        let (now, top) = (self.now, self.top().id);
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
                self.facts.runs.insert(plan.clone(), Run::default());
                self.slots.start(Place::Deed(plan), job, now)
            }
            Ask::Wish(plan, wish) => {
                let Some((job, _)) = self.slots.running(&Place::Deed(plan.clone())) else { return Vec::new() };
                if let Some(run) = self.facts.runs.get_mut(&plan) {
                    run.paused = wish == Wish::Pause;
                }
                vec![Effect::Tell(job, wish)]
            }
            Ask::Keep(at, seat, edited) => {
                self.facts.version += 1;
                match edited {
                    Some(edited) => drop(self.facts.edits.insert((at, seat), *edited)),
                    None => drop(self.facts.edits.remove(&(at, seat))),
                }
                Vec::new()
            }
            Ask::Agree(at) => {
                self.facts.agreed.insert(at, now);
                Vec::new()
            }
            Ask::Toast(tone, text) => {
                self.say(tone, text);
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
        self.toast = Some(Toast { line: Line::new().add(tone, text), until: self.now + stay });
    }

    fn expire(&mut self) {
        if self.toast.as_ref().is_some_and(|t| t.until <= self.now) {
            self.toast = None;
        }
        if matches!(self.writes, Writes::Until(end) if end <= self.now) {
            self.writes = Writes::ReadOnly;
            self.say(Tone::Watch, "writes are off again: their time is up (W)");
        }
    }

    fn push(&mut self, screen: Screen) -> Vec<Effect> {
        let id = ScreenId(self.slots.number());
        self.screens.push(Open { id, screen });
        self.entered()
    }

    /// The shown screen asks for what it needs.
    fn entered(&mut self) -> Vec<Effect> {
        // what was asked for seldom while it was hidden may be due at once
        self.next_due = Some(self.now);
        self.with_top(|page, cx| {
            page.sync(cx);
            page.enter(cx)
        })
    }

    fn back(&mut self) -> Vec<Effect> {
        if self.screens.len() == 1 {
            return Vec::new();
        }
        let id = self.top().id;
        self.screens.pop();
        let mut effects = self.slots.leave(id);
        effects.extend(self.entered());
        effects
    }

    /// Leaves the whole stack for another; what was left can be had back by `-` and `[`.
    fn jump(&mut self, screen: Option<Screen>) -> Vec<Effect> {
        let mut effects: Vec<Effect> =
            self.screens.iter().skip(1).map(|o| o.id).collect::<Vec<_>>().into_iter().flat_map(|id| self.slots.leave(id)).collect();
        let home = Open { id: ScreenId(self.slots.number()), screen: Screen::Overview(overview::State::default()) };
        let old = std::mem::replace(&mut self.screens, vec![home]);
        self.before.push(old);
        if self.before.len() > 20 {
            self.before.remove(0);
        }
        self.after.clear();
        effects.extend(match screen {
            Some(screen) => self.push(screen),
            None => self.entered(),
        });
        effects
    }

    /// To the place that was left last, and from there back again.
    fn last(&mut self) -> Vec<Effect> {
        let was = self.before.len();
        let effects = self.history(true);
        if self.before.len() < was {
            self.before.extend(self.after.pop());
        }
        effects
    }

    fn history(&mut self, back: bool) -> Vec<Effect> {
        let Some(to) = (if back { self.before.pop() } else { self.after.pop() }) else {
            self.say(Tone::Muted, if back { "nothing further back" } else { "nothing further on" });
            return Vec::new();
        };
        let mut effects: Vec<Effect> =
            self.screens.iter().map(|o| o.id).collect::<Vec<_>>().into_iter().flat_map(|id| self.slots.leave(id)).collect();
        let from = std::mem::replace(&mut self.screens, to);
        if back {
            self.after.push(from)
        } else {
            self.before.push(from)
        }
        effects.extend(self.entered());
        effects
    }

    fn key(&mut self, key: Key) -> Vec<Effect> {
        self.last_key = Some(self.now);
        if let Some(mut overlay) = self.overlay.take() {
            let page = usize::from(areas(self.size).rows);
            let heard = overlay.key(key, page);
            return self.heard(overlay, heard);
        }
        match self.keys.command(key) {
            Some(command) => self.run(command, ""),
            None => {
                let said = match key.to_string().as_str() {
                    "u" | "Z" => format!("nothing is undone by {key}; {} undoes a park or a discard", self.keys.shown(Command::Restore)),
                    _ => format!("{key} means nothing here; {} lists the keys", self.keys.shown(Command::Help)),
                };
                self.say(Tone::Muted, said);
                Vec::new()
            }
        }
    }

    fn heard(&mut self, overlay: Overlay, heard: Heard) -> Vec<Effect> {
        match heard {
            Heard::Open => self.overlay = Some(overlay),
            Heard::Close => {}
            Heard::Run(command, arg) => return self.run(command, &arg),
            Heard::Saying(asking, text) => {
                self.overlay = Some(overlay);
                if asking == Asking::Filter {
                    return self.with_top(|page, cx| {
                        page.filter(&text, cx);
                        Vec::new()
                    });
                }
            }
            Heard::Said(Asking::Filter, text) => {
                return self.with_top(|page, cx| {
                    page.filter(&text, cx);
                    Vec::new()
                });
            }
            Heard::Said(Asking::Goto, text) => return self.with_top(|page, cx| page.command(Command::Goto, &text, cx)),
            Heard::Said(Asking::Word(_), text) => return self.with_top(|page, cx| page.command(Command::Open, &format!("={text}"), cx)),
            Heard::Said(Asking::Option(choice), text) => {
                let arg = format!("{}={text}", choice.word());
                return self.with_top(|page, cx| page.command(Command::Options, &arg, cx));
            }
            Heard::Said(Asking::Note, text) => return self.with_top(|page, cx| page.command(Command::Note, &text, cx)),
            Heard::Then(then, said) => return self.confirmed(then, said),
            Heard::Effect(effect, word) => {
                self.say(Tone::Ok, word);
                return vec![effect];
            }
        }
        Vec::new()
    }

    fn confirmed(&mut self, then: Then, said: String) -> Vec<Effect> {
        match then {
            Then::Nothing => {}
            Then::Quit => return vec![Effect::Quit],
            Then::Tell(command, arg) => return self.with_top(|page, cx| page.command(command, &arg.replace("{}", &said), cx)),
            Then::WritesOn => {
                let long = self.facts.context.writes_for;
                self.writes = Writes::Until(self.now + long);
                self.say(Tone::Watch, format!("writes are on for {}: {said}", crate::decode::human::age(long)));
                self.facts.reason = Some(said);
                return vec![Effect::Writes(Some(self.now + long))];
            }
            Then::WritesOff => {
                self.writes = Writes::ReadOnly;
                self.facts.reason = None;
                self.say(Tone::Ok, "writes are off");
                return vec![Effect::Writes(None)];
            }
        }
        Vec::new()
    }

    fn paste(&mut self, text: &str) -> Vec<Effect> {
        let Some(mut overlay) = self.overlay.take() else {
            self.say(Tone::Muted, "pasted text is dropped: no input is open (/ : @ open one)");
            return Vec::new();
        };
        match overlay.paste(text) {
            Some(heard) => self.heard(overlay, heard),
            None => {
                self.overlay = Some(overlay);
                Vec::new()
            }
        }
    }

    fn mouse(&mut self, mouse: Mouse) -> Vec<Effect> {
        self.last_key = Some(self.now);
        if let Some(overlay) = &mut self.overlay {
            if let (Mouse::Wheel { up }, Overlay::Help { top }) = (mouse, overlay) {
                *top = if up { top.saturating_sub(3) } else { *top + 3 };
            }
            return Vec::new();
        }
        match mouse {
            Mouse::Wheel { up } => (0..3).flat_map(|_| self.run(if up { Command::Up } else { Command::Down }, "")).collect(),
            Mouse::Click { y, .. } => {
                let a = areas(self.size);
                if y < a.body || y >= a.body + a.rows {
                    return Vec::new();
                }
                self.with_top(|page, cx| page.click(y - a.body, cx))
            }
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
                // A part's screen is always on the stack: leaving it stops its jobs.
                if self.top().id == screen {
                    return self.with_top(|page, cx| page.news(part, news, cx));
                }
                Vec::new()
            }
            fact => {
                let follows = match (&fact, &news) {
                    (Place::Deed(plan), News::Report(report)) if report.counts.no_word_yet() > 0 => Some(plan.clone()),
                    _ => None,
                };
                self.learn(&fact, news);
                let now = self.now;
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
                self.times.turn();
                let word = match self.times.style {
                    super::times::Style::Utc => "times in UTC",
                    super::times::Style::Local => "times in local time",
                    super::times::Style::Relative => "times as ages",
                };
                self.say(Tone::Muted, word);
            }
            Command::Writes => self.writes_dialog(),
            Command::Filter if entry.works_on(on) => {
                let input = Input::with(self.top().screen.page().filtered());
                self.overlay = Some(Overlay::Line { asking: Asking::Filter, input });
            }
            Command::Goto if entry.works_on(on) && arg.is_empty() => {
                self.overlay = Some(Overlay::Line { asking: Asking::Goto, input: Input::default() });
            }
            Command::Pause if !matches!(on, On::Messages | On::Jobs | On::Job) => {
                self.facts.paused = !self.facts.paused;
                let word = if self.facts.paused { "paused: nothing is asked by itself (p goes on, r asks once)" } else { "goes on" };
                self.say(Tone::Muted, word);
            }
            Command::Retry if matches!(on, On::Overview | On::Destinations | On::Lag | On::Group) => {
                let effects = self.ask_all();
                let conns: Vec<_> = self.facts.brokers.keys().cloned().collect();
                let asks = conns.iter().flat_map(refresh_broker).collect();
                self.say(Tone::Muted, "asking again");
                return effects.into_iter().chain(self.answer(asks)).collect();
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

    /// Quits; with a replay at work it asks first.
    fn quit(&mut self) -> Vec<Effect> {
        if self.deeds() == 0 {
            return vec![Effect::Quit];
        }
        let lines = vec![
            Line::fact("running", format!("{} replay{}", self.deeds(), if self.deeds() == 1 { "" } else { "s" })),
            Line::fact("then", "stops after the batch in flight; the rest stays untouched"),
            Line::fact("go on later", "4 jobs, R; the next start shows it on the Overview"),
        ];
        self.overlay = Some(Overlay::Dialog(Box::new(Dialog::new("quit while a replay runs?", lines, Confirm::Yes, Then::Quit))));
        Vec::new()
    }

    fn esc(&mut self) -> Vec<Effect> {
        let mut took = true;
        let effects = self.with_top(|page, cx| match page.esc(cx) {
            Some(asks) => asks,
            None => {
                took = false;
                Vec::new()
            }
        });
        if took { effects } else { self.back() }
    }

    fn interrupt(&mut self) -> Vec<Effect> {
        let id = self.top().id;
        let effects = self.slots.leave(id);
        if effects.is_empty() {
            self.leaving = true;
            self.say(Tone::Watch, "ctrl-c again quits");
        } else {
            self.say(Tone::Muted, "stopped");
        }
        effects
    }

    fn contexts(&mut self, arg: &str) -> Vec<Effect> {
        let here = self.facts.context.name.clone();
        if arg.is_empty() {
            let names = self.contexts.clone();
            let items = names
                .iter()
                .zip(('1'..='9').chain('a'..='z'))
                .map(|(name, c)| {
                    let hint = if *name == here { "here".to_owned() } else { String::new() };
                    (Key::char(c), name.clone(), hint, Pick::Tell(Command::Contexts, name.clone()))
                })
                .collect();
            self.overlay = Some(Overlay::Menu(Menu { title: "contexts".into(), right: format!("here: {here}"), items }));
            return Vec::new();
        }
        if arg == here {
            self.say(Tone::Muted, format!("this is {here}"));
        } else if !self.contexts.iter().any(|c| c == arg) {
            self.say(Tone::Bad, format!("there is no context {arg}; there are {}", self.contexts.join(", ")));
        } else if !self.can_switch {
            self.say(Tone::Bad, format!("cannot switch here; start redrive --context {arg}"));
        } else {
            self.switch_to = Some(arg.to_owned());
            return vec![Effect::Quit];
        }
        Vec::new()
    }

    fn writes_dialog(&mut self) {
        let context = &self.facts.context;
        let fact = |name: &str, value: String| Line::fact(name, value);
        let role = context.role.map_or("operator (no roles are configured)".to_owned(), |r| format!("{r:?}").to_lowercase());
        let dialog = match self.writes {
            Writes::On => {
                let lines = vec![fact("now", format!("on: {} is not marked read_only", context.name))];
                Dialog::new("writes", lines, Confirm::Nothing, Then::Nothing)
            }
            Writes::Never => {
                let lines = vec![
                    fact("now", "off, and cannot be turned on here".into()),
                    fact("why", "this role or these connections have no writing side".into()),
                ];
                Dialog::new("writes", lines, Confirm::Nothing, Then::Nothing)
            }
            Writes::Until(end) => {
                let left = end.duration_since(self.now).unwrap_or_default();
                let lines = vec![
                    fact("now", format!("on for another {}", crate::decode::human::age(left))),
                    fact("reason", self.facts.reason.clone().unwrap_or_default()),
                    fact("off", "a running replay goes on to its batch's end and pauses".into()),
                ];
                Dialog::new("writes off?", lines, Confirm::Yes, Then::WritesOff)
            }
            Writes::ReadOnly => {
                let lines = vec![
                    fact("now", "off: this context is read_only".into()),
                    fact(
                        "on for",
                        format!("{}, counted down in line 1; leaving the context ends it", crate::decode::human::age(context.writes_for)),
                    ),
                    fact("role", role),
                    fact("who", format!("{} (kept in the ledger with the reason)", self.facts.permit.actor.name)),
                    Line::new(),
                    Line::new().add(Tone::Muted, "   nothing is written by this: each replay still has its plan and its word"),
                ];
                Dialog::new("writes on?", lines, Confirm::Reason, Then::WritesOn)
            }
        };
        self.overlay = Some(Overlay::Dialog(Box::new(Dialog { right: context.name.clone(), ..dialog })));
    }
}
