//! Jobs: plans as the ledger has them, those at work first.

use std::cmp::Ordering;

use super::{Ask, Cx, Page, Screen, job, keys};
use crate::app::command::{Command, On};
use crate::app::effect::{Job, News};
use crate::app::list::{Hit, List};
use crate::app::slots::Place;
use crate::app::text::{Line, Tone};
use crate::decode::safe;
use crate::triage::report::{PlanRow, Status};

/// What it can be sorted by: titles of its columns.
pub const SORTS: [&str; 5] = ["PLAN", "DEED", "FROM", "STATUS", "SINCE"];

/// Its state.
#[derive(Debug)]
pub struct State {
    pub list: List<PlanRow, String>,
    pub error: Option<String>,
}

impl Default for State {
    fn default() -> Self {
        Self { list: List::new(|row| row.id.0.clone()), error: None }
    }
}

/// The order by a column; what is open and what is new come first.
fn order(column: usize, a: &PlanRow, b: &PlanRow) -> Ordering {
    let since = |r: &PlanRow| r.started.unwrap_or(r.made);
    match SORTS.get(column) {
        Some(&"DEED") => a.deed.word().cmp(b.deed.word()),
        Some(&"FROM") => a.from.cmp(&b.from),
        Some(&"STATUS") => rank(a.status).cmp(&rank(b.status)),
        Some(&"SINCE") => since(b).cmp(&since(a)),
        _ => a.id.cmp(&b.id),
    }
    .then_with(|| since(b).cmp(&since(a)))
}

fn rank(status: Status) -> u8 {
    match status {
        Status::Running => 0,
        Status::InDoubt => 1,
        Status::Unfinished => 2,
        Status::Frozen | Status::Finished => 3,
    }
}

impl State {
    fn height(cx: &Cx) -> usize {
        usize::from(cx.areas().rows).saturating_sub(2)
    }

    fn open(&self) -> Vec<Ask> {
        let Some(row) = self.list.chosen() else { return Vec::new() };
        vec![Ask::Push(Box::new(Screen::Job(job::State::new(row.id.clone()))))]
    }
}

impl Page for State {
    fn on(&self) -> On {
        On::Jobs
    }

    fn crumb(&self) -> String {
        "jobs".into()
    }

    fn facts(&self, _cx: &Cx) -> Line {
        let open = self.list.rows.iter().filter(|r| matches!(r.status, Status::Running | Status::Unfinished | Status::InDoubt)).count();
        format!("{} plans, {open} open, {}", self.list.rows.len(), self.list.sort.words(&SORTS, "open first")).into()
    }

    fn status(&self, _cx: &Cx) -> Line {
        match &self.error {
            Some(error) => Line::new().add(Tone::Bad, "✗ ").plain(safe(error)),
            None => Line::new().add(Tone::Muted, "from the ledger here; what runs elsewhere on it is seen too"),
        }
    }

    fn footer(&self, _cx: &Cx) -> Vec<(Command, String)> {
        keys(&[
            (Command::Open, "open"),
            (Command::Filter, "filter"),
            (Command::Sort, "sort"),
            (Command::Ledger, ""),
            (Command::Retry, "again"),
        ])
    }

    fn enter(&mut self, _cx: &Cx) -> Vec<Ask> {
        vec![Ask::Fact(Place::Ledger, Job::Plans)]
    }

    fn sync(&mut self, cx: &Cx) {
        self.error = cx.facts.plans.error.as_ref().map(|(e, _)| e.to_string());
        let fits = |r: &&PlanRow| {
            let from = r.from.as_ref().map_or(String::new(), ToString::to_string);
            self.list.fits(&format!("{} {} {} {from}", r.id, r.deed.word(), r.actor))
        };
        let mut rows: Vec<PlanRow> = cx.facts.plans.value.iter().flatten().filter(fits).cloned().collect();
        for row in &mut rows {
            // A run here knows more than the ledger told last.
            if let Some(run) = cx.facts.runs.get(&row.id.0) {
                if let Some(progress) = &run.progress {
                    row.counts = progress.counts;
                }
                if run.report.is_none() {
                    row.status = Status::Running;
                }
            }
        }
        rows.sort_by_key(|r| (rank(r.status), std::cmp::Reverse(r.started.unwrap_or(r.made))));
        self.list.take(rows, cx.calm, Self::height(cx), order);
    }

    fn command(&mut self, command: Command, _arg: &str, cx: &Cx) -> Vec<Ask> {
        if self.list.command(command, Self::height(cx)) {
            return Vec::new();
        }
        if self.list.sorts(command, SORTS.len()) {
            self.sync(cx);
            return Vec::new();
        }
        match command {
            Command::Open | Command::Stop | Command::Settle | Command::Replay | Command::Pause => self.open(),
            Command::Retry => vec![Ask::Fact(Place::Ledger, Job::Plans)],
            _ => Vec::new(),
        }
    }

    fn news(&mut self, _part: &'static str, _news: News, _cx: &Cx) -> Vec<Ask> {
        Vec::new()
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
        if self.list.click(at, 2) == Hit::Chosen { self.open() } else { Vec::new() }
    }

    fn waits_for(&self, place: &Place) -> bool {
        *place == Place::Ledger && self.list.rows.is_empty()
    }
}
