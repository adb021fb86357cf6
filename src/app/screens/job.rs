//! One replay at work, or as the ledger has it: how far, what came of it, pause, stop, resume, what is in doubt.

use std::time::Duration;

use super::{Ask, Cx, Page, Screen, doubts, keys, ledger, scrolled, whole};
use crate::app::command::{Command, On};
use crate::app::effect::{Doubt, Effect, Job, News};
use crate::app::overlay::{Confirm, Dialog, Overlay, Then};
use crate::app::slots::Place;
use crate::app::text::{Line, Tone};
use crate::decode::{human, safe};
use crate::model::{Address, Kind};
use crate::triage::plan::PlanId;
use crate::triage::report::{Counts, Level, Phase, PlanRow, Status, Wish};

/// A run that tells nothing for so long waits for something, and the screen says so.
const SILENT: Duration = Duration::from_secs(5);

/// Its state.
#[derive(Debug)]
pub struct State {
    pub plan: PlanId,
    pub top: usize,
    pub doubt: Vec<Doubt>,
    /// Whether the log follows its end.
    pub follows: bool,
}

impl State {
    /// Of a plan.
    pub fn new(plan: PlanId) -> Self {
        Self { plan, top: 0, doubt: Vec::new(), follows: true }
    }

    /// The ledger's row of it.
    pub fn row<'a>(&self, cx: &'a Cx) -> Option<&'a PlanRow> {
        cx.facts.plans.value.as_ref()?.iter().find(|r| r.id == self.plan)
    }

    /// Counts as last heard: from the run here, else from the ledger.
    pub fn counts(&self, cx: &Cx) -> Counts {
        let run = cx.facts.runs.get(&self.plan.0);
        let told = run.and_then(|r| r.report.as_ref().map(|r| r.counts).or(r.progress.as_ref().map(|p| p.counts)));
        told.or(self.row(cx).map(|r| r.counts)).unwrap_or_default()
    }

    /// Whether it is being carried out by this program.
    pub fn runs(&self, cx: &Cx) -> bool {
        cx.facts.runs.get(&self.plan.0).is_some_and(|r| r.report.is_none())
    }

    fn height(cx: &Cx) -> usize {
        usize::from(cx.areas().rows).saturating_sub(4)
    }

    /// What happened, oldest first.
    pub fn log(&self, cx: &Cx) -> Vec<Line> {
        let mut out: Vec<Line> = Vec::new();
        if let Some(run) = cx.facts.runs.get(&self.plan.0) {
            for line in &run.log {
                let (sign, tone) = match line.level {
                    Level::Ok => (" ", Tone::Plain),
                    Level::Watch => ("!", Tone::Watch),
                    Level::Bad => ("✗", Tone::Bad),
                };
                let about = line.about.as_ref().map_or(String::new(), |(_, seat)| format!("{}  ", seat.to_string().replace('/', " / ")));
                let clock = cx.times.clock(line.at);
                let line = Line::new().add(tone, format!(" {sign} {clock}  ")).plain(format!("{about}{}", safe(&line.words)));
                out.extend(whole(vec![line], usize::MAX, cx));
            }
        }
        if !self.doubt.is_empty() {
            out.push(Line::new().add(Tone::Strong, "   in doubt: perhaps published, perhaps not; their copies are in the ledger"));
        }
        for d in &self.doubt {
            let to = d.to.as_ref().map_or(String::new(), |a| format!(" → {}", safe(&a.name)));
            let words = format!("{}{to}  {}", d.seat.to_string().replace('/', " / "), safe(&d.finding));
            out.extend(whole(vec![Line::new().add(Tone::Watch, " ! ").plain(words)], usize::MAX, cx));
        }
        if out.is_empty() {
            let words = match self.row(cx).map(|r| r.status) {
                _ if self.runs(cx) => "   starting",
                Some(Status::Frozen) => "   frozen and never started: R starts it",
                Some(Status::Unfinished) => "   broken off: the rest is untouched; R goes on with it",
                Some(Status::Finished) => "   finished; 5 shows the ledger's entries",
                Some(Status::Running) => "   at work elsewhere: how far is what the ledger was told last",
                Some(Status::InDoubt) => "   in doubt: looking for them on the target",
                None if cx.facts.plans.value.is_none() => "   asking the ledger",
                None => "   not among the ledger's last plans here",
            };
            out.push(Line::new().add(Tone::Muted, words));
        }
        out
    }

    fn dialog(&self, command: Command, cx: &Cx) -> Vec<Ask> {
        let c = self.counts(cx);
        let n = human::count_plain;
        let open =
            |d: Dialog| vec![Ask::Overlay(Box::new(Overlay::Dialog(Box::new(Dialog { right: format!("plan {}", self.plan), ..d }))))];
        match command {
            Command::Stop if self.runs(cx) => open(Dialog::new(
                "stop it for good?",
                vec![
                    Line::fact("done", format!("{} of {}", n(c.done()), n(c.total()))),
                    Line::fact("untouched", format!("{}: they stay as they are", n(c.untouched))),
                    Line::fact("the batch", "in flight is finished first"),
                    Line::fact("go on later", format!("R on the job, or redrive jobs resume {}", self.plan)),
                ],
                Confirm::Yes,
                Then::Tell(Command::Stop, "yes".into()),
            )),
            // also for what is only in doubt, which a run looks for, and for what was passed over to wait for another
            Command::Replay if !self.runs(cx) && c.done() < c.total() => {
                let left = c.total() - c.done();
                let skipped = if c.skipped > 0 { format!(", {} skipped", n(c.skipped)) } else { String::new() };
                let to = self.row(cx).map(|row| row.to.as_slice()).unwrap_or_default();
                let subscribers = fan_out(to, cx);
                let word = match subscribers {
                    Some(n) => n.to_string(),
                    None if cx.facts.context.read_only => left.to_string(),
                    None => "yes".into(),
                };
                let names: Vec<String> = to.iter().map(|at| safe(&at.to_string()).into_owned()).collect();
                let each = subscribers.map_or_else(String::new, |s| format!(": each of its {s} subscribers gets every message"));
                let mut dialog = Dialog::new(
                    "go on with it?",
                    vec![
                        Line::fact("to", format!("{}{each}", names.join(", "))),
                        Line::fact(
                            "left",
                            format!(
                                "{} messages: {} untouched, {} failed, {} to be settled{skipped}",
                                n(left),
                                n(c.untouched),
                                n(c.failed),
                                n(c.unsettled)
                            ),
                        ),
                        Line::fact("in doubt", format!("{}: looked for on the target first, never sent blindly", n(c.in_doubt))),
                        Line::fact("done", format!("{} are not sent again", n(c.done()))),
                    ],
                    Confirm::Typed(word),
                    Then::Tell(Command::Replay, "yes".into()),
                );
                dialog.cli = format!("redrive jobs resume {}", self.plan);
                open(dialog)
            }
            Command::Stop => vec![Ask::Toast(Tone::Muted, "it does not run here".into())],
            _ => vec![Ask::Toast(Tone::Muted, "nothing of it is left to do".into())],
        }
    }
}

/// How many subscribers get each message, where the targets are topics that send to all: their number is typed here as in the plan.
fn fan_out(to: &[Address], cx: &Cx) -> Option<u32> {
    let topics = to.iter().filter(|at| at.kind == Kind::Topic);
    topics.filter_map(|at| cx.facts.destination(at)?.consumers).reduce(u32::saturating_add)
}

impl Page for State {
    fn on(&self) -> On {
        On::Job
    }

    fn crumb(&self) -> String {
        format!("jobs › {}", self.plan)
    }

    fn facts(&self, cx: &Cx) -> Line {
        let Some(row) = self.row(cx) else { return Line::new() };
        let from = row.from.as_ref().map_or("ledger".into(), |a| safe(&a.name).into_owned());
        let to = row.to.first().map_or(String::new(), |a| format!(" → {}", safe(&a.name)));
        let step = match cx.facts.runs.get(&self.plan.0).and_then(|r| r.progress.as_ref()).map(|p| p.phase) {
            Some(Phase::Step { step, of } | Phase::Watching { step, of }) => format!("   step {step} of {of}"),
            _ => String::new(),
        };
        format!("{} {from}{to}   {}{step}", row.deed.word(), human::count_plain(self.counts(cx).total())).into()
    }

    fn status(&self, cx: &Cx) -> Line {
        let run = cx.facts.runs.get(&self.plan.0);
        if let Some(report) = run.and_then(|r| r.report.as_ref()) {
            let took = human::age(report.took);
            return match &report.ended {
                crate::triage::report::Ended::Finished => Line::new().add(Tone::Ok, format!("finished in {took}")),
                crate::triage::report::Ended::Stopped => Line::new().add(Tone::Watch, "stopped; the rest is untouched (R goes on)"),
                crate::triage::report::Ended::Broke(why) => Line::new().add(Tone::Bad, format!("✗ broke off: {}", safe(why))),
                crate::triage::report::Ended::Failed(why) => Line::new().add(Tone::Bad, format!("✗ {}", safe(why))),
            };
        }
        match run {
            Some(r) if r.paused => Line::new().add(Tone::Watch, "paused between batches; nothing is held (p goes on)"),
            Some(r) => {
                let still = r.progress.as_ref().and_then(|p| cx.now.duration_since(p.at).ok()).filter(|still| *still >= SILENT);
                let still = still.map_or(String::new(), |still| format!("nothing new for {}; ", human::age(still)));
                Line::new()
                    .add(Tone::Watch, still)
                    .add(Tone::Muted, "each step is on disk before the broker hears of it; stopping now loses nothing")
            }
            None => Line::new().add(Tone::Muted, "as the ledger has it"),
        }
    }

    fn footer(&self, cx: &Cx) -> Vec<(Command, String)> {
        if self.runs(cx) {
            let paused = cx.facts.runs.get(&self.plan.0).is_some_and(|r| r.paused);
            return keys(&[
                (Command::Pause, if paused { "go on" } else { "pause" }),
                (Command::Stop, ""),
                (Command::Open, "its entries"),
                (Command::Back, "leaves it running"),
            ]);
        }
        let mut row = Vec::new();
        let c = self.counts(cx);
        if c.untouched + c.failed + c.unsettled + c.in_doubt > 0 {
            row.push((Command::Replay, "go on with it"));
        }
        if !self.doubt.is_empty() {
            row.push((Command::Settle, "settle"));
        } else {
            row.push((Command::Open, "its entries"));
        }
        row.extend([(Command::Ledger, ""), (Command::Back, "back")]);
        keys(&row)
    }

    fn enter(&mut self, cx: &Cx) -> Vec<Ask> {
        let mut asks = vec![Ask::Fact(Place::Ledger, Job::Plans)];
        if !self.runs(cx) {
            asks.push(Ask::Start("doubt", Job::Doubt(self.plan.clone())));
        }
        asks
    }

    fn sync(&mut self, cx: &Cx) {
        let last = self.log(cx).len().saturating_sub(Self::height(cx));
        self.top = if self.follows { last } else { self.top.min(last) };
    }

    fn command(&mut self, command: Command, arg: &str, cx: &Cx) -> Vec<Ask> {
        let len = self.log(cx).len();
        if scrolled(&mut self.top, command, len, Self::height(cx)) {
            self.follows = self.top >= len.saturating_sub(Self::height(cx));
            return Vec::new();
        }
        match (command, arg) {
            (Command::Stop, "yes") => vec![Ask::Wish(self.plan.0.clone(), Wish::Stop)],
            (Command::Replay, "yes") if cx.writes.allowed(cx.now) => vec![Ask::Deed(self.plan.0.clone(), Job::Carry(self.plan.clone()))],
            (Command::Replay, "yes") => vec![Ask::Toast(Tone::Bad, "READ-ONLY: W turns writes on".into())],
            (Command::Settle, _) if self.doubt.is_empty() => vec![Ask::Toast(Tone::Muted, "nothing of it is in doubt".into())],
            (Command::Open, _) if self.doubt.is_empty() => {
                let mut page = ledger::State::default();
                page.list.filter.clone_from(&self.plan.0);
                vec![Ask::Push(Box::new(Screen::Ledger(page)))]
            }
            (Command::Settle | Command::Open, _) => vec![Ask::Push(Box::new(Screen::Doubts(doubts::State::new(self.plan.clone()))))],
            (Command::Stop | Command::Replay, _) => self.dialog(command, cx),
            (Command::Pause, _) if self.runs(cx) => {
                let paused = cx.facts.runs.get(&self.plan.0).is_some_and(|r| r.paused);
                vec![Ask::Wish(self.plan.0.clone(), if paused { Wish::Run { per_second: None } } else { Wish::Pause })]
            }
            (Command::Pause, _) => vec![Ask::Toast(Tone::Muted, "it does not run here; R goes on with it".into())],
            (Command::Retry, _) => vec![Ask::Fact(Place::Ledger, Job::Plans), Ask::Start("doubt", Job::Doubt(self.plan.clone()))],
            (Command::Copy, _) => vec![Ask::Do(Effect::Copy(self.plan.0.clone())), Ask::Toast(Tone::Ok, "copied: the plan's id".into())],
            _ => Vec::new(),
        }
    }

    fn news(&mut self, _part: &'static str, news: News, _cx: &Cx) -> Vec<Ask> {
        if let News::Doubt(doubt) = news {
            self.doubt = doubt;
        }
        Vec::new()
    }

    fn waits_for(&self, place: &Place) -> bool {
        *place == Place::Deed(self.plan.0.clone())
    }
}
