//! What of a plan is in doubt, message by message, with what was found; a person's word settles the chosen ones.

use std::cmp::Ordering;
use std::time::SystemTime;

use super::{Ask, Cx, Page, keys, whole};
use crate::app::command::{Command, On};
use crate::app::effect::{Doubt, Effect, Job, News};
use crate::app::key::Key;
use crate::app::layout::split;
use crate::app::list::{Hit, List, Narrow};
use crate::app::overlay::{Confirm, Dialog, Menu, Overlay, Pick, Then};
use crate::app::slots::Place;
use crate::app::text::{Line, Tone};
use crate::decode::{human, safe};
use crate::triage::plan::PlanId;
use crate::triage::report::Answer;

/// Messages that a dialog names one by one.
const NAMED: usize = 20;

/// What it can be sorted by: titles of its columns.
pub const SORTS: [&str; 3] = ["MESSAGE", "TO", "WHAT WAS FOUND"];

/// The order by a column.
fn order(column: usize, a: &Doubt, b: &Doubt) -> Ordering {
    match SORTS.get(column) {
        Some(&"TO") => a.to.cmp(&b.to),
        Some(&"WHAT WAS FOUND") => a.finding.cmp(&b.finding),
        _ => a.seat.cmp(&b.seat),
    }
}

/// Its state.
#[derive(Debug)]
pub struct State {
    pub plan: PlanId,
    /// All of it, as it was found; `None`: still being looked for.
    all: Option<Vec<Doubt>>,
    pub list: List<Doubt, u32>,
    pub error: Option<String>,
    /// The ledger's plans as they were when it was last asked.
    asked: Option<SystemTime>,
}

impl State {
    /// Of a plan.
    pub fn new(plan: PlanId) -> Self {
        Self { plan, all: None, list: List::new(|d: &Doubt| d.n), error: None, asked: None }
    }

    /// Whether it was looked for to the end.
    pub fn looked(&self) -> bool {
        self.all.is_some()
    }

    fn height(&self, cx: &Cx) -> usize {
        usize::from(split(cx.areas().rows, 1, self.list.rows.len(), self.detail(cx).len() as u16, 4).rows)
    }

    /// All of the chosen one.
    pub fn detail(&self, cx: &Cx) -> Vec<Line> {
        let Some(d) = self.list.chosen() else { return Vec::new() };
        let facts = vec![
            Line::fact("message", format!("{}/{}, was at {}", self.plan, d.n, safe(&d.seat.to_string()))),
            Line::fact("to", d.to.as_ref().map_or("?".into(), |a| safe(&a.to_string()).into_owned())),
            Line::fact("found", safe(&d.finding)),
            Line::fact("by hand", format!("look there for the header x-redrive-replay-id: {}/{}", self.plan, d.n)),
        ];
        whole(facts, usize::MAX, cx)
    }

    fn ask(&mut self, cx: &Cx) -> Vec<Ask> {
        self.asked = cx.facts.plans.at;
        vec![Ask::Start("doubt", Job::Doubt(self.plan.clone()))]
    }

    /// What could be said of the chosen ones.
    fn answers(&self) -> Vec<Ask> {
        let taken = self.list.taken().len();
        if taken == 0 {
            return vec![Ask::Toast(Tone::Muted, "nothing of it is in doubt".into())];
        }
        let item = |(letter, answer): (char, Answer)| {
            (Key::char(letter), answer.word().to_owned(), answer.means().to_owned(), Pick::Tell(Command::Settle, answer.word().into()))
        };
        let items = [('a', Answer::Arrived), ('n', Answer::NotArrived), ('l', Answer::Leave)].map(item).to_vec();
        let title = format!("settle {taken} of {} in doubt", self.list.rows.len());
        vec![Ask::Overlay(Box::new(Overlay::Menu(Menu { title, right: format!("plan {}", self.plan), items })))]
    }

    /// The last question before a word goes into the ledger.
    fn dialog(&self, answer: Answer, cx: &Cx) -> Vec<Ask> {
        let taken = self.list.taken();
        let mut lines: Vec<Line> = taken
            .iter()
            .take(NAMED)
            .map(|d| {
                let to = d.to.as_ref().map_or("?".into(), |a| safe(&a.name).into_owned());
                Line::fact(&d.seat.to_string(), format!("→ {to}: {}", safe(&d.finding)))
            })
            .collect();
        if taken.len() > NAMED {
            lines.push(Line::fact("", format!("and {} more", taken.len() - NAMED)));
        }
        lines.push(Line::new());
        lines.push(Line::fact("you say", format!("{}: {}", answer.word(), answer.means())));
        lines.push(Line::fact("who", format!("{} (kept in the ledger)", safe(&cx.facts.permit.actor.name))));
        let title = format!("{}: {}?", answer.word(), human::things(taken.len() as u64, "message"));
        // the word is on these, whatever is in doubt or under the cursor when it is said
        let numbers: Vec<String> = taken.iter().map(|d| d.n.to_string()).collect();
        let said = format!("={}={}", answer.word(), numbers.join(","));
        let mut dialog = Dialog::new(title, lines, Confirm::Yes, Then::Tell(Command::Settle, said));
        dialog.right = format!("plan {}", self.plan);
        if let [one] = taken.as_slice() {
            dialog.cli = format!("redrive jobs settle {}/{} {}", self.plan, one.n, answer.flag());
        }
        vec![Ask::Overlay(Box::new(Overlay::Dialog(Box::new(dialog))))]
    }
}

impl Page for State {
    fn on(&self) -> On {
        On::Doubts
    }

    fn crumb(&self) -> String {
        "in doubt".into()
    }

    fn facts(&self, _cx: &Cx) -> Line {
        let marked = self.list.cursor.marks().len();
        let marked = if marked > 0 { format!(", {marked} marked") } else { String::new() };
        let by = self.list.sort.words(&SORTS, "in the plan's order");
        self.all.as_ref().map_or_else(Line::new, |all| format!("{} in doubt{marked}, {by}", all.len()).into())
    }

    fn status(&self, _cx: &Cx) -> Line {
        match (&self.error, &self.all) {
            (None, Some(all)) if !self.list.filter.is_empty() => {
                format!("/{}  {} of {}", safe(&self.list.filter), self.list.rows.len(), all.len()).into()
            }
            (Some(error), _) => Line::new().add(Tone::Bad, "✗ ").plain(safe(error)).add(Tone::Muted, "  (r)"),
            (None, None) => Line::new().add(Tone::Muted, "looking for them on the target"),
            (None, Some(_)) => Line::new().add(Tone::Muted, "perhaps published, perhaps not; their copies are in the ledger"),
        }
    }

    fn footer(&self, _cx: &Cx) -> Vec<(Command, String)> {
        let settle = format!("settle {}", self.list.taken().len());
        keys(&[(Command::Settle, &settle), (Command::Mark, "mark"), (Command::MarkAll, "mark all"), (Command::Retry, "look again")])
    }

    fn enter(&mut self, cx: &Cx) -> Vec<Ask> {
        let mut asks = self.ask(cx);
        asks.push(Ask::Fact(Place::Ledger, Job::Plans));
        asks
    }

    fn sync(&mut self, cx: &Cx) {
        self.list.fit(self.height(cx));
    }

    fn pulse(&mut self, cx: &Cx) -> Vec<Ask> {
        // the ledger was read anew: what was settled is no longer in doubt
        if self.asked == cx.facts.plans.at { Vec::new() } else { self.ask(cx) }
    }

    fn command(&mut self, command: Command, arg: &str, cx: &Cx) -> Vec<Ask> {
        if self.list.command(command, self.height(cx)) {
            return Vec::new();
        }
        if self.list.sorts(command, SORTS.len()) {
            self.renew(cx);
            return Vec::new();
        }
        match (command, arg.strip_prefix('=')) {
            (Command::Settle, Some(said)) => {
                let (word, numbers) = said.split_once('=').unwrap_or((said, ""));
                let numbers: Vec<u32> = numbers.split(',').filter_map(|n| n.parse().ok()).collect();
                let Some(answer) = Answer::from_word(word).filter(|_| !numbers.is_empty()) else { return Vec::new() };
                let reason = format!("{} said so", cx.facts.permit.actor.name);
                vec![Ask::Small(Job::Settle { plan: self.plan.clone(), numbers, answer, reason })]
            }
            (Command::Settle, None) => Answer::from_word(arg).map_or_else(|| self.answers(), |answer| self.dialog(answer, cx)),
            (Command::Open, _) => self.answers(),
            (Command::Retry, _) => self.enter(cx),
            (Command::Copy, _) => match self.list.chosen() {
                Some(d) => {
                    vec![Ask::Do(Effect::Copy(format!("{}/{}", self.plan, d.n))), Ask::Toast(Tone::Ok, "copied: the replay id".into())]
                }
                None => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    fn news(&mut self, _part: &'static str, news: News, cx: &Cx) -> Vec<Ask> {
        match news {
            News::Doubt(rows) => {
                (self.all, self.error) = (Some(rows), None);
                self.renew(cx);
            }
            News::Failed(error) => self.error = Some(error.to_string()),
            _ => {}
        }
        Vec::new()
    }

    fn list(&self) -> Option<&dyn Narrow> {
        Some(&self.list)
    }

    fn list_mut(&mut self) -> Option<&mut dyn Narrow> {
        Some(&mut self.list)
    }

    fn renew(&mut self, cx: &Cx) {
        let to = |d: &Doubt| d.to.as_ref().map_or(String::new(), ToString::to_string);
        let fits = |d: &&Doubt| self.list.fits(&format!("{} {} {}", d.seat, to(d), d.finding));
        let rows = self.all.iter().flatten().filter(fits).cloned().collect();
        self.list.take(rows, cx.calm(), usize::MAX, order);
        self.list.fit(self.height(cx));
    }

    fn click(&mut self, at: u16, _cx: &Cx) -> Vec<Ask> {
        if self.list.click(at, 2) == Hit::Chosen { self.answers() } else { Vec::new() }
    }
}
