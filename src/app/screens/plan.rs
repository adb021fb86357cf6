//! A plan before anything is written: what, how many, where to, what changes, who else is hit, and the word that starts it.

use std::sync::Arc;

use super::{Ask, Cx, Page, Screen, job, keys, scrolled};
use crate::app::command::{Command, On};
use crate::app::effect::{Chosen, Job, News, Rehearsed};
use crate::app::input::Input;
use crate::app::overlay::{Asking, Overlay};
use crate::app::slots::Place;
use crate::app::text::{Line, Tone};
use crate::decode::{human, safe, safe_bytes, safe_cut};
use crate::model::Address;
use crate::triage::plan::{Actor, Deed, Level, ReplayPlan, ReplayRequest, Route, Scope, Source, Target, Way, Where};

/// What was asked for.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub deed: Deed,
    pub from: Address,
    pub scope: Scope,
    pub chosen: Chosen,
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
    pub reason: Option<String>,
}

impl State {
    /// Of a wish.
    pub fn new(wanted: Wanted) -> Self {
        Self { wanted, plan: None, error: None, top: 0, dry: None, reason: None }
    }

    fn request(&self, cx: &Cx) -> ReplayRequest {
        let w = &self.wanted;
        let (source, route) = match w.deed {
            Deed::Replay => (Source::Queue(w.from.clone()), Route::Origin),
            Deed::Park | Deed::Discard => (Source::Queue(w.from.clone()), Route::Nowhere),
            Deed::Restore => (Source::Ledger(w.from.clone()), Route::Same),
        };
        let who = Actor { name: cx.facts.who.clone(), os_user: cx.facts.who.clone() };
        let mut ask = ReplayRequest::new(w.deed, source, route, who).configured(&cx.facts.context, &cx.facts.replay);
        ask.scope = w.scope.clone();
        ask.reason.clone_from(&self.reason);
        ask
    }

    /// What is to be typed to start it.
    pub fn word(&self, cx: &Cx) -> String {
        let Some(plan) = &self.plan else { return String::new() };
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
            None => lines(plan, cx),
            Some((index, None)) => vec![Line::new().add(Tone::Muted, format!("   reading message {} of the plan", index + 1))],
            Some((_, Some(dry))) => dry_lines(dry, plan, cx),
        }
    }

    fn show_dry(&mut self, index: usize) -> Vec<Ask> {
        let Some(plan) = &self.plan else { return Vec::new() };
        if plan.items.is_empty() {
            return Vec::new();
        }
        let index = index.min(plan.items.len() - 1);
        self.dry = Some((index, None));
        self.top = 0;
        vec![Ask::Start("dry", Job::Rehearse(plan.clone(), index))]
    }

    fn start(&mut self, word: &str, cx: &Cx) -> Vec<Ask> {
        let Some(plan) = &self.plan else { return Vec::new() };
        let wanted = self.word(cx);
        if word.trim().replace(',', "") != wanted.replace(',', "") {
            return vec![Ask::Toast(Tone::Bad, format!("that is not {}: nothing done", safe(&wanted)))];
        }
        let id = plan.id.clone();
        vec![Ask::Deed(id.0.clone(), Job::Carry(id.clone())), Ask::Swap(Box::new(Screen::Job(job::State::new(id))))]
    }

    /// Why it cannot be started, in words.
    pub fn blocked(&self, cx: &Cx) -> Option<String> {
        let plan = self.plan.as_ref()?;
        if let Some(why) = plan.blocked() {
            return Some(safe(&why).into_owned());
        }
        if plan.todo() == 0 {
            return Some("nothing is left to do in it".into());
        }
        (!cx.writes.allowed(cx.now)).then(|| "READ-ONLY: it can be looked at, not started (W turns writes on)".to_owned())
    }
}

fn section(name: &str, value: impl Into<String>) -> Line {
    Line::new().add(Tone::Muted, format!("   {name:<8} ")).plain(value)
}

/// A long value on several lines, its name before the first.
fn sections(out: &mut Vec<Line>, name: &str, value: &str, cx: &Cx) {
    let room = usize::from(cx.size.width).saturating_sub(13);
    for (i, part) in crate::app::width::wrap(value, room).into_iter().enumerate() {
        out.push(section(if i == 0 { name } else { "" }, part));
    }
}

fn readers(out: &mut Vec<Line>, target: &Target, width: usize) {
    out.push(Line::new().add(Tone::Strong, format!("   who reads {}", safe(&target.at.name))));
    if target.readers.is_empty() {
        out.push(Line::new().add(Tone::Muted, " ?   nobody that is known: the messages would wait"));
    }
    let all = human::count_plain(target.messages);
    let name = target.readers.iter().map(|r| crate::app::width::width(&r.name)).max().unwrap_or(0).clamp(8, width / 3);
    for r in &target.readers {
        let members = r.members.map_or("members ?".into(), |m| format!("{m} member{}", if m == 1 { "" } else { "s" }));
        let behind = r.behind.map_or(String::new(), |b| format!(", {} behind", human::count_plain(b)));
        let what = if r.failed { "failed on these; part may have been done".to_owned() } else { format!("gets all {all} again") };
        let label = crate::app::width::pad_right(&crate::app::width::cut_middle(&safe(&r.name), name), name);
        out.push(
            Line::new()
                .add(Tone::Watch, " ! ")
                .plain(format!("  {label}  {}", crate::app::width::pad_right(&format!("{members}{behind}"), 24)))
                .plain(format!("  {what}")),
        );
    }
}

fn pace(plan: &ReplayPlan) -> String {
    let p = &plan.ask.pace;
    let canary: Vec<String> = p.canary.iter().map(u32::to_string).collect();
    let rate = p.per_second.map_or("as fast as it is confirmed".to_owned(), |r| format!("{r}/s"));
    let first = if canary.is_empty() { String::new() } else { format!("canary {}, then ", canary.join(", ")) };
    format!("{first}{rate}; after each canary {} to see whether one comes back", human::age(p.watch))
}

/// The plan as lines, as drawn.
fn lines(plan: &ReplayPlan, cx: &Cx) -> Vec<Line> {
    let mut out = Vec::new();
    let n = |m: usize| human::count_plain(m as u64);
    let scope = match &plan.ask.scope {
        Scope::Cause { id, title } => format!("of cause {id}, {}", safe(title)),
        Scope::Marked => "marked one by one".into(),
        Scope::Filter(f) => safe(f).into_owned(),
        Scope::All => "all there are".into(),
        Scope::Plan(p) => format!("of plan {p}"),
    };
    sections(&mut out, "what", &format!("{} messages, {scope}", n(plan.todo())), cx);
    for (why, count) in plan.left_out() {
        sections(&mut out, "", &format!("{} left out: {}", n(count), safe(&why)), cx);
    }
    let publishes = plan.items.iter().any(|i| i.way == Way::Publish);
    if publishes {
        let partitions = plan.items.iter().filter(|i| matches!(i.place, Where::Partition(_))).count();
        let order = if plan.ask.pace.ordered { "order kept by key" } else { "order NOT kept" };
        let place = if partitions == plan.items.len() {
            "each to its own partition"
        } else if partitions == 0 {
            "by key"
        } else {
            "to its own partition or by key"
        };
        for t in &plan.targets {
            sections(&mut out, "to", &format!("{}, {place}, {order}", safe(&t.at.name)), cx);
        }
        let names = |m: &std::collections::BTreeMap<String, u64>, most: usize| {
            let some: Vec<String> = m.keys().take(most).map(|k| safe(k).into_owned()).collect();
            let rest = m.len().saturating_sub(most);
            if rest > 0 { format!("{} and {rest} more", some.join(", ")) } else { some.join(", ") }
        };
        let c = &plan.changes;
        if !c.stripped.is_empty() {
            sections(&mut out, "change", &format!("strip {} headers: {}", c.stripped.len(), names(&c.stripped, 3)), cx);
        }
        if !c.kept.is_empty() {
            sections(&mut out, if c.stripped.is_empty() { "change" } else { "" }, &format!("keep {}", names(&c.kept, 4)), cx);
        }
        let added = c.added.iter().map(|a| safe(a).into_owned()).collect::<Vec<_>>().join(", ");
        sections(&mut out, "", &format!("add {added}; body and key untouched, time is new"), cx);
        sections(&mut out, "pace", &pace(plan), cx);
    } else {
        let does = match (plan.ask.deed, plan.removes) {
            (Deed::Park, _) => "a mark in the ledger: they stay where they are and leave the lists until asked for",
            (Deed::Discard, false) => "a mark in the ledger: they stay in the topic (it cannot be emptied), and leave the lists",
            (Deed::Discard, true) => "takes them out of the queue; nobody will process them",
            _ => "takes the mark back: they are in the lists again",
        };
        sections(&mut out, "does", does, cx);
        sections(&mut out, "copy", "in the local ledger and nowhere else", cx);
        sections(&mut out, "undo", "U on the Ledger or on the causes of the queue", cx);
    }
    if plan.ask.deed == Deed::Replay {
        let after = if plan.removes {
            "each is taken out of the queue once it is confirmed"
        } else {
            "marked resolved in the ledger (a topic cannot be emptied)"
        };
        sections(&mut out, "after", after, cx);
    }
    let rule = Line::new().add(Tone::Muted, format!(" {}", "─".repeat(usize::from(cx.size.width).saturating_sub(2))));
    out.push(rule.clone());
    if publishes {
        plan.targets.iter().for_each(|t| readers(&mut out, t, usize::from(cx.size.width)));
    }
    out.push(Line::new().add(Tone::Strong, "   checks"));
    let mut warnings: Vec<_> = plan.warnings.iter().collect();
    warnings.sort_by_key(|w| std::cmp::Reverse(w.level()));
    let room = usize::from(cx.size.width).saturating_sub(6);
    for w in warnings {
        let (sign, tone) = match w.level() {
            Level::Blocks => ("✗", Tone::Bad),
            Level::Watch => ("!", Tone::Watch),
            Level::Note => ("·", Tone::Muted),
        };
        for (i, part) in crate::app::width::wrap(&safe(&w.words()), room).into_iter().enumerate() {
            out.push(Line::new().add(tone, if i == 0 { format!(" {sign}   ") } else { "     ".into() }).plain(part));
        }
    }
    for t in plan.targets.iter().filter(|_| publishes) {
        let mut good = Vec::new();
        if t.exists == Some(true) {
            good.push(format!("{} exists, {} partitions", safe(&t.at.name), t.partitions));
        }
        if t.may_write == Some(true) {
            good.push("you may write to it".into());
        }
        if let Some(most) = t.max_bytes.filter(|m| plan.largest <= *m) {
            good.push(format!("the largest is {} of {} allowed", human::bytes(plan.largest), human::bytes(most)));
        }
        out.extend(good.into_iter().map(|g| Line::new().add(Tone::Ok, "   ● ").plain(g)));
    }
    out.push(rule);
    out.push(Line::new().add(Tone::Muted, format!(" redrive {} --plan {} --reason …", plan.ask.deed.word(), plan.id)));
    out
}

/// One message before and after.
fn dry_lines(dry: &Rehearsed, plan: &ReplayPlan, cx: &Cx) -> Vec<Line> {
    let mut out = Vec::new();
    let wire = &dry.rehearsal.wire;
    let fact = |name: &str, value: String| section(name, value);
    out.push(fact("from", format!("{} {}", safe(&dry.was.at.name), dry.was.seat)));
    let place = match wire.place {
        crate::broker::Place::Partition(p) => format!(" partition {p}"),
        crate::broker::Place::ByKey => " by key".into(),
        crate::broker::Place::Any => String::new(),
    };
    out.push(fact("to", format!("{}{place}", safe(&wire.to.name))));
    if let Some(why) = &dry.rehearsal.refused {
        out.push(Line::new().add(Tone::Bad, format!(" ✗ refused: {}", safe(why))));
    }
    for loss in &dry.rehearsal.losses {
        out.push(Line::new().add(Tone::Watch, " ! ").plain(safe(loss)));
    }
    let room = usize::from(cx.size.width).saturating_sub(14);
    let key = wire.key.as_deref().map_or("none".into(), |k| safe_cut(&safe_bytes(k), room));
    out.push(fact("key", format!("{key}   (untouched)")));
    let bytes = wire.body.as_ref().map_or("tombstone".into(), |b| human::bytes(b.len() as u64));
    out.push(fact("body", format!("{bytes}, {}", if wire.body == dry.was.body { "byte for byte as it was" } else { "CHANGED" })));
    out.push(Line::new());
    let header = |sign: &str, tone: Tone, name: &str, v: &crate::model::Typed| {
        let text = super::message::value(&v.value);
        Line::new()
            .add(tone, format!(" {sign} "))
            .add(tone, crate::app::width::pad_right(&safe_cut(name, 34), 34))
            .add(tone, format!("  {}", safe_cut(&text, room)))
    };
    for (name, value) in dry.was.headers.iter() {
        let gone = dry.changes.stripped.iter().any(|(n, v)| n == name && v == value);
        out.push(if gone { header("-", Tone::Bad, name, value) } else { header(" ", Tone::Plain, name, value) });
    }
    for (name, value) in &dry.changes.added {
        out.push(header("+", Tone::Ok, name, value));
    }
    let _ = plan;
    out
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
        match (&self.plan, &self.dry) {
            (Some(plan), Some((i, _))) => format!("message {} of {}, dry run", i + 1, plan.items.len()).into(),
            (Some(plan), None) => format!("plan {}, frozen {}", plan.id, cx.times.minute(plan.frozen)).into(),
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
        } else if self.plan.as_ref().is_some_and(|p| p.blocked().is_none()) {
            row.push((Command::Writes, "writes on"));
        }
        row.extend([(Command::Messages, "each message as it will be"), (Command::Options, "pace"), (Command::Back, "leaves it")]);
        keys(&row)
    }

    fn enter(&mut self, cx: &Cx) -> Vec<Ask> {
        if self.plan.is_some() || self.error.is_some() {
            return Vec::new();
        }
        vec![Ask::Start("draft", Job::Draft(Box::new(self.request(cx)), self.wanted.chosen.clone()))]
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
            (Command::Messages, None) => self.show_dry(0),
            (Command::NextMessage, Some(i)) => self.show_dry(i + 1),
            (Command::PrevMessage, Some(i)) => self.show_dry(i.saturating_sub(1)),
            (Command::Open, None) => match (self.blocked(cx), arg.strip_prefix('=')) {
                (Some(why), _) => vec![Ask::Toast(Tone::Bad, why)],
                (None, Some(word)) => self.start(word, cx),
                (None, None) if self.plan.is_some() => {
                    vec![Ask::Overlay(Box::new(Overlay::Line { asking: Asking::Word(self.word(cx)), input: Input::default() }))]
                }
                _ => Vec::new(),
            },
            (Command::Options, None) => {
                vec![Ask::Toast(Tone::Muted, "the pace is the config's: [replay] per_second, canary, proof_window".into())]
            }
            _ => Vec::new(),
        }
    }

    fn news(&mut self, _part: &'static str, news: News, _cx: &Cx) -> Vec<Ask> {
        match news {
            News::Plan(plan) => self.plan = Some(plan),
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
