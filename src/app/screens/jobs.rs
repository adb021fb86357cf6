//! Jobs: plans as the ledger has them, those at work first.

use std::cmp::Ordering;
use std::time::{Duration, SystemTime};

use super::{Ask, Cx, Page, Screen, job, keys};
use crate::app::command::{Command, On};
use crate::app::effect::Job;
use crate::app::list::{Hit, List, Narrow};
use crate::app::slots::Place;
use crate::app::text::{Line, Tone};
use crate::decode::{human, safe};
use crate::triage::report::{PlanRow, Status};

/// What it can be sorted by: titles of its columns.
pub const SORTS: [&str; 5] = ["PLAN", "DEED", "FROM", "STATUS", "SINCE"];

/// Its state.
#[derive(Debug)]
pub struct State {
    pub list: List<PlanRow, String>,
    pub error: Option<String>,
    /// Plans that were frozen and not started in the last hour, too.
    pub stale: bool,
    hidden: usize,
}

/// A plan that was frozen and not started is shown for so long.
const FRESH: Duration = Duration::from_secs(3600);

impl Default for State {
    fn default() -> Self {
        Self { list: List::new(|row| row.id.0.clone()), error: None, stale: false, hidden: 0 }
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

/// Whether nobody is likely to start it any more: each look at what would happen leaves such a plan.
fn is_stale(row: &PlanRow, now: SystemTime) -> bool {
    row.status == Status::Frozen && now.duration_since(row.made).is_ok_and(|age| age > FRESH)
}

impl State {
    fn height(cx: &Cx) -> usize {
        usize::from(cx.areas().rows).saturating_sub(2)
    }

    fn open(&self) -> Vec<Ask> {
        let Some(row) = self.list.chosen() else { return vec![Ask::Toast(Tone::Muted, "no plan is chosen".into())] };
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
        let hidden = if self.hidden > 0 { format!(", {} never started hidden", self.hidden) } else { String::new() };
        let plans = human::things(self.list.rows.len() as u64, "plan");
        format!("{plans}{hidden}, {open} open, {}", self.list.sort.words(&SORTS, "open first")).into()
    }

    fn status(&self, _cx: &Cx) -> Line {
        match &self.error {
            Some(error) => Line::new().add(Tone::Bad, "✗ ").plain(safe(error)),
            None => Line::new().add(Tone::Muted, "from the ledger here; what runs elsewhere on it is seen too"),
        }
    }

    fn footer(&self, _cx: &Cx) -> Vec<(Command, String)> {
        let mut row = vec![(Command::Open, "open"), (Command::Filter, "filter"), (Command::Sort, "sort")];
        if self.stale || self.hidden > 0 {
            row.push((Command::Options, if self.stale { "hide never started" } else { "never started too" }));
        }
        row.extend([(Command::Ledger, ""), (Command::Retry, "again")]);
        keys(&row)
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
        let all = || cx.facts.plans.value.iter().flatten();
        self.hidden = if self.stale { 0 } else { all().filter(|r| is_stale(r, cx.now)).count() };
        let mut rows: Vec<PlanRow> = all().filter(|r| self.stale || !is_stale(r, cx.now)).filter(fits).cloned().collect();
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
        self.list.take(rows, cx.calm(), Self::height(cx), order);
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
            Command::Options => {
                self.stale = !self.stale;
                self.sync(cx);
                let all = "plans frozen over an hour ago and never started, too";
                vec![Ask::Toast(Tone::Muted, if self.stale { all } else { "without plans that nobody started within an hour" }.into())]
            }
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
        if self.list.click(at, 2) == Hit::Chosen { self.open() } else { Vec::new() }
    }

    fn waits_for(&self, place: &Place) -> bool {
        *place == Place::Ledger && self.list.rows.is_empty()
    }
}
