//! Causes of a dead-letter queue: why its messages died, how many, since when, and what can be done.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::plan::Wanted;
use super::{Ask, Cx, Page, Screen, describe, keys, messages, plan, price};
use crate::app::command::{Command, On};
use crate::app::effect::{CausesRead, Chosen, Job, News};
use crate::app::key::Key;
use crate::app::layout::split;
use crate::app::list::{Hit, List};
use crate::app::overlay::{Asking, Confirm, Dialog, Menu, Overlay, Pick, Then};
use crate::app::slots::Place;
use crate::app::text::{Line, Tone};
use crate::app::times::ago;
use crate::decode::{human, safe};
use crate::model::{Address, Seat};
use crate::monitor::loss_of_oldest;
use crate::schema::Seen;
use crate::triage::group::Cause;
use crate::triage::plan::{Deed, MovePlan, Scope};
use crate::triage::report::{Mark, MarkKind, Wish};
use crate::triage::rules::Rules;

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
        Self { at, read: None, list: List::new(key), progress: String::new(), error: None, priced: false, moving: None }
    }

    /// The chosen cause.
    pub fn chosen(&self) -> Option<&Cause> {
        self.list.chosen()
    }

    fn height(&self, cx: &Cx) -> usize {
        usize::from(split(cx.areas().rows, 0, self.list.rows.len(), self.detail(cx).len() as u16, 4).rows)
    }

    /// The messages of these causes, where a look that left a trace has kept them.
    fn kept(&self, causes: &[&Cause]) -> Vec<Arc<Seen>> {
        let seats: BTreeSet<Seat> = causes.iter().flat_map(|c| c.members.seats()).collect();
        let kept = self.read.iter().flat_map(|read| &read.kept);
        kept.filter(|seen| seats.contains(&seen.message.seat)).cloned().collect()
    }

    fn ask_price(&self, cx: &Cx) -> Option<Ask> {
        price::ask(&self.at, format!("redrive causes {} --accept-traces", safe(&self.at.to_string())), cx)
    }

    /// What is known of the chosen cause.
    pub fn detail(&self, cx: &Cx) -> Vec<Line> {
        let Some(c) = self.chosen() else { return Vec::new() };
        let mut out = Vec::new();
        let partitions = cx.facts.destination(&self.at).and_then(|d| d.partitions);
        let spread = partitions.map_or(String::new(), |of| format!(", {} of {of} partitions", c.partitions));
        let who = c.failed_by.as_deref().map_or(String::new(), |g| format!(", {}", safe(g)));
        out.push(Line::new().add(Tone::Strong, format!(" {}", safe(&c.title))).add(Tone::Muted, format!("   cause {}{who}{spread}", c.id)));
        out.push(Line::fact("why grouped", safe(&c.why_grouped())));
        out.push(Line::fact("category", safe(&c.category.explain())));
        let attempts = match c.attempts {
            None => "attempts not recorded".to_owned(),
            Some((1, 1)) => "1 attempt".to_owned(),
            Some((a, b)) if a == b => format!("{a} attempts"),
            Some((a, b)) => format!("{a} to {b} attempts"),
        };
        let n = human::count_plain;
        let origin = match c.origins.first() {
            Some(o) => format!("{} ({} of {}), {attempts}", safe(&o.name), n(o.count), n(c.count)),
            None => format!("?, no message names one, {attempts}"),
        };
        out.push(Line::fact("origin", origin));
        let s = &c.newest;
        let sample = [s.event.clone(), s.key.clone(), Some(s.seat.to_string())].into_iter().flatten().collect::<Vec<_>>().join(", ");
        out.push(Line::fact(
            "sample",
            format!("{}, {}", safe(&sample), s.when.map_or("?".into(), |t| format!("{} {}", cx.times.clock(t), cx.times.word(t)))),
        ));
        if let Some(error) = &s.error {
            out.push(Line::fact("error", safe(error)));
        }
        out.push(Line::fact("schema", c.schema_words()));
        let p = &c.past;
        let past = match (&p.by, p.came_back) {
            (Some((who, when)), back) if back > 0 => {
                format!("{} were replayed by {} at {} and came back", n(back), safe(who), cx.times.clock(*when))
            }
            _ if p.settled() > 0 => {
                format!("{} replayed, {} parked, {} discarded before (not counted here)", n(p.replayed), n(p.parked), n(p.discarded))
            }
            _ => "none of these was replayed, parked or discarded here before".into(),
        };
        out.push(Line::fact("past", past));
        let keep = cx.facts.detail(&self.at).and_then(|d| d.retention);
        let lost = match (loss_of_oldest(c.first.or(c.oldest.when), keep, false, cx.now).left(), keep) {
            (Some(left), Some(keep)) => format!("the first in {} ({} keeps {})", human::age(left), safe(&self.at.name), human::age(keep)),
            _ => "?  (no word on retention, or no time of death)".into(),
        };
        out.push(Line::fact("lost", lost));
        let claims = self.read.as_ref().map(|r| r.claims.as_slice()).unwrap_or_default();
        let claim = claims.iter().find(|(m, end)| (m.subject.is_empty() || m.subject == key(c)) && *end > cx.now);
        let on_it = match claim {
            Some((m, end)) => format!("{}, {} left", safe(&m.actor), human::age(end.duration_since(cx.now).unwrap_or_default())),
            None => "nobody".into(),
        };
        out.push(Line::fact("on it", format!("{on_it} (only the local ledger is known)")));
        out
    }

    fn open(&self) -> Vec<Ask> {
        let Some(c) = self.chosen() else { return Vec::new() };
        let mut page = messages::State::new(self.at.clone());
        page.only(c.members.seats(), c.title.clone());
        page.loaded(self.kept(&[c]));
        vec![Ask::Push(Box::new(Screen::Messages(Box::new(page))))]
    }

    fn plan(&self, deed: Deed) -> Vec<Ask> {
        let taken = self.list.taken();
        let Some(first) = taken.first() else { return vec![Ask::Toast(Tone::Muted, "no cause is chosen".into())] };
        let scope = if taken.len() == 1 {
            Scope::Cause { id: first.id.to_string(), title: first.title.clone() }
        } else {
            Scope::Filter(format!("causes {}", taken.iter().map(|c| c.id.to_string()).collect::<Vec<_>>().join(", ")))
        };
        let kept = self.kept(&taken);
        let chosen =
            if kept.is_empty() { Chosen::Seats(taken.iter().flat_map(|c| c.members.seats()).collect()) } else { Chosen::Seen(kept) };
        let partly = self.read.as_ref().filter(|read| !read.complete).map(|read| read.receipt.clone());
        let wanted = Wanted { deed, from: self.at.clone(), scope, chosen, partly };
        vec![Ask::Push(Box::new(Screen::Plan(Box::new(plan::State::new(wanted)))))]
    }

    fn mark(&self, kind: MarkKind, subject: String, value: String, reason: Option<String>, cx: &Cx) -> Ask {
        let mark =
            Mark { seq: 0, kind, place: self.at.clone(), subject, value, actor: cx.facts.permit.actor.name.clone(), reason, at: cx.now };
        Ask::Small(Job::Mark(Box::new(mark)))
    }

    fn category(&self, arg: &str, cx: &Cx) -> Vec<Ask> {
        let Some(c) = self.chosen() else { return Vec::new() };
        let rules = Rules::of(&cx.facts.context, &self.at.name);
        if let Some(name) = arg.strip_prefix('!') {
            return vec![self.mark(MarkKind::Category, key(c), name.to_owned(), None, cx)];
        }
        if arg.is_empty() {
            let items = rules
                .names()
                .zip('a'..='z')
                .map(|(name, letter)| {
                    let hint = rules
                        .named(name)
                        .map_or("nothing is done by itself".to_owned(), |r| format!("{}, {}", r.action.word(), r.severity.word()));
                    (Key::char(letter), name.to_owned(), hint, Pick::Tell(Command::Category, name.to_owned()))
                })
                .collect();
            let title = format!("category of {}", safe(&c.title));
            return vec![Ask::Overlay(Box::new(Overlay::Menu(Menu { title, right: format!("now {}", safe(&c.category.name)), items })))];
        }
        let action = rules
            .named(arg)
            .map_or("none: nothing is done by itself".to_owned(), |r| format!("{}, {}", r.action.word(), r.severity.word()));
        let lines = vec![
            Line::fact("cause", format!("{} {}", c.id, safe(&c.title))),
            Line::fact("from", safe(&c.category.explain())),
            Line::fact("to", arg.to_owned()),
            Line::fact("its action", action),
            Line::fact("starts", "nothing: the action is offered, a person starts it"),
        ];
        let mut dialog = Dialog::new("set the category?", lines, Confirm::Yes, Then::Tell(Command::Category, format!("!{arg}")));
        dialog.cli = format!("redrive categorise {} --cause {} {arg}", safe(&self.at.name), c.id);
        vec![Ask::Overlay(Box::new(Overlay::Dialog(Box::new(dialog))))]
    }

    fn claim(&self, arg: &str, cx: &Cx) -> Vec<Ask> {
        let subject = self.chosen().map(key).unwrap_or_default();
        let claims = self.read.as_ref().map(|r| r.claims.as_slice()).unwrap_or_default();
        let now = claims.iter().find(|(m, end)| (m.subject == subject || m.subject.is_empty()) && *end > cx.now);
        let hours = std::time::Duration::from_secs(2 * 3600);
        if arg == "yes" {
            let mine = now.filter(|(m, _)| m.actor == cx.facts.permit.actor.name);
            let value = if mine.is_some() {
                String::new()
            } else {
                let end = (cx.now + hours).duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
                end.as_secs().to_string()
            };
            let subject = mine.map_or(subject, |(m, _)| m.subject.clone());
            return vec![self.mark(MarkKind::Claim, subject, value, None, cx)];
        }
        let whose = now.map_or("nobody's".to_owned(), |(m, end)| {
            format!("{}'s for another {}", safe(&m.actor), human::age(end.duration_since(cx.now).unwrap_or_default()))
        });
        let release = now.is_some_and(|(m, _)| m.actor == cx.facts.permit.actor.name);
        let lines = vec![
            Line::fact("cause", self.chosen().map_or(String::new(), |c| safe(&c.title).into_owned())),
            Line::fact("now", whose),
            Line::fact("until", if release { "released at once".into() } else { human::age(hours) + " from now" }),
            Line::fact("who sees it", "only this machine: only the local ledger is known"),
        ];
        let title = if release { "release it?" } else { "claim it: I am on it?" };
        let dialog = Dialog::new(title, lines, Confirm::Yes, Then::Tell(Command::Claim, "yes".into()));
        vec![Ask::Overlay(Box::new(Overlay::Dialog(Box::new(dialog))))]
    }
}

/// The move of a queue among the deeds.
fn move_of(at: &Address) -> String {
    format!("move {at}")
}

impl State {
    /// All of the queue by its broker's own mover: its plan first; while it runs, the way to cancel it.
    fn whole_queue(&mut self, arg: &str, cx: &Cx) -> Vec<Ask> {
        let key = move_of(&self.at);
        let runs = cx.facts.runs.get(&key).is_some_and(|r| !r.moving.is_empty());
        let planned = self.moving.take();
        match (arg, planned) {
            ("cancel", _) => vec![Ask::Wish(key, Wish::Stop)],
            ("yes", Some(plan)) => vec![Ask::Deed(key, Job::Move(plan))],
            _ if runs => {
                let lines = vec![Line::fact("now", "it ends; what was moved stays moved")];
                let dialog = Dialog::new("cancel the mover?", lines, Confirm::Yes, Then::Tell(Command::Bulk, "cancel".into()));
                vec![Ask::Overlay(Box::new(Overlay::Dialog(Box::new(dialog))))]
            }
            _ => match cx.facts.destinations().find(|d| d.at == self.at) {
                Some(d) => vec![Ask::Start("bulk", Job::MovePlan(Box::new(d.clone())))],
                None => vec![Ask::Toast(Tone::Watch, "its broker has not listed it yet".into())],
            },
        }
    }

    fn move_dialog(&mut self, plan: Box<MovePlan>, cx: &Cx) -> Vec<Ask> {
        let mut lines: Vec<Line> = plan.lines().iter().map(|l| safe(l).into_owned().into()).collect();
        let stuck = plan.blocked.is_some() && plan.running.is_none();
        let confirm = if stuck {
            Confirm::Nothing
        } else if cx.writes.allowed(cx.now) {
            Confirm::Typed(safe(plan.word()).into_owned())
        } else {
            lines.push(Line::new().add(Tone::Watch, "READ-ONLY: it can be looked at, not started (W turns writes on)"));
            Confirm::Nothing
        };
        let mut dialog = Dialog::new("move all?", lines, confirm, Then::Tell(Command::Bulk, "yes".into()));
        dialog.cli = safe(&plan.command()).into_owned();
        self.moving = Some(plan);
        vec![Ask::Overlay(Box::new(Overlay::Dialog(Box::new(dialog))))]
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
        self.list.take(rows, cx.calm, usize::MAX, order);
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
                let Some(c) = self.chosen() else { return Vec::new() };
                if arg == "yes" {
                    return vec![Ask::Small(Job::Escalate(self.at.clone(), Box::new(c.clone())))];
                }
                return vec![Ask::Start("incident", Job::Incident(self.at.clone(), Box::new(c.clone())))];
            }
            Command::Note if arg.is_empty() => {
                return vec![Ask::Overlay(Box::new(Overlay::Line { asking: Asking::Note, input: crate::app::input::Input::default() }))];
            }
            Command::Note => {
                let subject = self.chosen().map(key).unwrap_or_default();
                return vec![self.mark(MarkKind::Note, subject, arg.to_owned(), None, cx)];
            }
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
            Command::Copy => {
                let Some(c) = self.chosen() else { return Vec::new() };
                let item =
                    |k: char, what: &str, text: String| (Key::char(k), what.to_owned(), text.clone(), Pick::Copy(text, what.to_owned()));
                let title = format!("copy cause {}", c.id);
                let detail: String = self.detail(cx).iter().map(|l| format!("{}\n", l.text().trim_end())).collect();
                let items = vec![
                    item('c', "what is known of it", detail),
                    item('a', "address", format!("{}/{}", cx.facts.context.name, self.at)),
                    item('r', "redrive command", format!("redrive causes {} --cause {}", safe(&self.at.name), c.id)),
                ];
                return vec![Ask::Overlay(Box::new(Overlay::Menu(Menu { title, right: String::new(), items })))];
            }
            _ => {}
        }
        Vec::new()
    }

    fn news(&mut self, _part: &'static str, news: News, cx: &Cx) -> Vec<Ask> {
        match news {
            News::Incident(lines) => {
                let lines = lines.into_iter().map(|(name, value)| Line::fact(&name, safe(&value))).collect();
                let mut dialog = Dialog::new("escalate?", lines, Confirm::Yes, Then::Tell(Command::Escalate, "yes".into()));
                dialog.cli = self.chosen().map_or(String::new(), |c| format!("redrive escalate {} --cause {}", safe(&self.at.name), c.id));
                vec![Ask::Overlay(Box::new(Overlay::Dialog(Box::new(dialog))))]
            }
            News::Moving(plan) => self.move_dialog(plan, cx),
            News::Failed(error) => vec![Ask::Toast(Tone::Bad, safe(&error.to_string()).into_owned())],
            _ => Vec::new(),
        }
    }

    fn esc(&mut self, cx: &Cx) -> Option<Vec<Ask>> {
        self.list.esc().then(|| {
            self.sync(cx);
            Vec::new()
        })
    }

    fn filter(&mut self, text: &str, cx: &Cx) {
        text.clone_into(&mut self.list.filter);
        self.sync(cx);
    }

    fn filtered(&self) -> &str {
        &self.list.filter
    }

    fn click(&mut self, at: u16, _cx: &Cx) -> Vec<Ask> {
        if self.list.click(at, 1) == Hit::Chosen { self.open() } else { Vec::new() }
    }

    fn waits_for(&self, place: &Place) -> bool {
        *place == Place::Causes(self.at.clone())
    }
}
