//! What of a plan is in doubt, message by message, with what was found; a person's word settles the chosen ones.

use std::time::SystemTime;

use super::{Ask, Cx, Page, keys, marked, moved};
use crate::app::command::{Command, On};
use crate::app::cursor::Cursor;
use crate::app::effect::{Doubt, Effect, Job, News};
use crate::app::key::Key;
use crate::app::layout::split;
use crate::app::overlay::{Confirm, Dialog, Menu, Overlay, Pick, Then};
use crate::app::slots::Place;
use crate::app::text::{Line, Tone};
use crate::decode::{human, safe};
use crate::triage::plan::PlanId;
use crate::triage::report::Answer;

/// Messages that a dialog names one by one.
const NAMED: usize = 20;

/// Its state.
#[derive(Debug)]
pub struct State {
    pub plan: PlanId,
    /// `None`: still being looked for.
    pub rows: Option<Vec<Doubt>>,
    pub cursor: Cursor<u32>,
    pub error: Option<String>,
    /// The ledger's plans as they were when it was last asked.
    asked: Option<SystemTime>,
}

impl State {
    /// Of a plan.
    pub fn new(plan: PlanId) -> Self {
        Self { plan, rows: None, cursor: Cursor::default(), error: None, asked: None }
    }

    /// The rows so far.
    pub fn rows(&self) -> &[Doubt] {
        self.rows.as_deref().unwrap_or_default()
    }

    fn height(&self, cx: &Cx) -> usize {
        usize::from(split(cx.areas().rows, 1, self.rows().len(), self.detail().len() as u16, 4).rows)
    }

    /// All of the chosen one.
    pub fn detail(&self) -> Vec<Line> {
        let Some(d) = self.rows().get(self.cursor.row()) else { return Vec::new() };
        vec![
            Line::fact("message", format!("{}/{}, was at {}", self.plan, d.n, safe(&d.seat.to_string()))),
            Line::fact("to", d.to.as_ref().map_or("?".into(), |a| safe(&a.to_string()).into_owned())),
            Line::fact("found", safe(&d.finding)),
            Line::fact("by hand", format!("look there for the header x-redrive-replay-id: {}/{}", self.plan, d.n)),
        ]
    }

    /// The marked ones, else the one under the cursor.
    fn taken(&self) -> Vec<&Doubt> {
        let marks = self.cursor.marks();
        if marks.is_empty() {
            return self.rows().get(self.cursor.row()).into_iter().collect();
        }
        self.rows().iter().filter(|d| marks.contains(&d.n)).collect()
    }

    fn ask(&mut self, cx: &Cx) -> Vec<Ask> {
        self.asked = cx.facts.plans.at;
        vec![Ask::Start("doubt", Job::Doubt(self.plan.clone()))]
    }

    /// What could be said of the chosen ones.
    fn answers(&self) -> Vec<Ask> {
        let taken = self.taken().len();
        if taken == 0 {
            return vec![Ask::Toast(Tone::Muted, "nothing of it is in doubt".into())];
        }
        let item = |(letter, answer): (char, Answer)| {
            (Key::char(letter), answer.word().to_owned(), answer.means().to_owned(), Pick::Tell(Command::Settle, answer.word().into()))
        };
        let items = [('a', Answer::Arrived), ('n', Answer::NotArrived), ('l', Answer::Leave)].map(item).to_vec();
        let title = format!("settle {taken} of {} in doubt", self.rows().len());
        vec![Ask::Overlay(Box::new(Overlay::Menu(Menu { title, right: format!("plan {}", self.plan), items })))]
    }

    /// The last question before a word goes into the ledger.
    fn dialog(&self, answer: Answer, cx: &Cx) -> Vec<Ask> {
        let taken = self.taken();
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
        let mut dialog = Dialog::new(title, lines, Confirm::Yes, Then::Tell(Command::Settle, format!("={}", answer.word())));
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
        let marked = self.cursor.marks().len();
        let marked = if marked > 0 { format!(", {marked} marked") } else { String::new() };
        self.rows.as_ref().map_or_else(Line::new, |rows| format!("{} in doubt{marked}", rows.len()).into())
    }

    fn status(&self, _cx: &Cx) -> Line {
        match (&self.error, &self.rows) {
            (Some(error), _) => Line::new().add(Tone::Bad, "✗ ").plain(safe(error)).add(Tone::Muted, "  (r)"),
            (None, None) => Line::new().add(Tone::Muted, "looking for them on the target"),
            (None, Some(_)) => Line::new().add(Tone::Muted, "perhaps published, perhaps not; their copies are in the ledger"),
        }
    }

    fn footer(&self, _cx: &Cx) -> Vec<(Command, String)> {
        let settle = format!("settle {}", self.taken().len());
        keys(&[(Command::Settle, &settle), (Command::Mark, "mark"), (Command::MarkAll, "mark all"), (Command::Retry, "look again")])
    }

    fn enter(&mut self, cx: &Cx) -> Vec<Ask> {
        let mut asks = self.ask(cx);
        asks.push(Ask::Fact(Place::Ledger, Job::Plans));
        asks
    }

    fn sync(&mut self, cx: &Cx) {
        let (len, height) = (self.rows().len(), self.height(cx));
        let rows = self.rows.as_deref().unwrap_or_default();
        self.cursor.sync(len, |i| rows[i].n);
        self.cursor.fit(height, len);
    }

    fn pulse(&mut self, cx: &Cx) -> Vec<Ask> {
        // the ledger was read anew: what was settled is no longer in doubt
        if self.asked == cx.facts.plans.at { Vec::new() } else { self.ask(cx) }
    }

    fn command(&mut self, command: Command, arg: &str, cx: &Cx) -> Vec<Ask> {
        let (len, height) = (self.rows().len(), self.height(cx));
        let rows = self.rows.as_deref().unwrap_or_default();
        let key = |i: usize| rows[i].n;
        if moved(&mut self.cursor, command, len, height, key) || marked(&mut self.cursor, command, len, height, key) {
            return Vec::new();
        }
        match (command, arg.strip_prefix('=')) {
            (Command::Settle, Some(word)) => match Answer::from_word(word) {
                Some(answer) => {
                    let numbers = self.taken().iter().map(|d| d.n).collect();
                    let reason = format!("{} said so", cx.facts.permit.actor.name);
                    vec![Ask::Small(Job::Settle { plan: self.plan.clone(), numbers, answer, reason })]
                }
                None => Vec::new(),
            },
            (Command::Settle, None) => Answer::from_word(arg).map_or_else(|| self.answers(), |answer| self.dialog(answer, cx)),
            (Command::Open, _) => self.answers(),
            (Command::Retry, _) => self.enter(cx),
            (Command::Copy, _) => match self.rows().get(self.cursor.row()) {
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
                (self.rows, self.error) = (Some(rows), None);
                self.sync(cx);
            }
            News::Failed(error) => self.error = Some(error.to_string()),
            _ => {}
        }
        Vec::new()
    }

    fn esc(&mut self, _cx: &Cx) -> Option<Vec<Ask>> {
        self.cursor.clear().then(Vec::new)
    }
}
