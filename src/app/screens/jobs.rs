//! Jobs: plans as the ledger has them, those at work first.

use super::{Ask, Cx, Page, Screen, job, keys, moved, steady};
use crate::app::command::{Command, On};
use crate::app::cursor::Cursor;
use crate::app::effect::{Job, News};
use crate::app::slots::Place;
use crate::app::text::{Line, Tone};
use crate::decode::safe;
use crate::triage::report::{PlanRow, Status};

/// Its state.
#[derive(Debug, Default)]
pub struct State {
    pub rows: Vec<PlanRow>,
    pub cursor: Cursor<String>,
    pub filter: String,
    pub error: Option<String>,
}

impl State {
    fn height(cx: &Cx) -> usize {
        usize::from(cx.areas().rows).saturating_sub(2)
    }

    fn open(&self) -> Vec<Ask> {
        let Some(row) = self.rows.get(self.cursor.row()) else { return Vec::new() };
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
        let open = self.rows.iter().filter(|r| matches!(r.status, Status::Running | Status::Unfinished | Status::InDoubt)).count();
        format!("{} plans, {open} open", self.rows.len()).into()
    }

    fn status(&self, _cx: &Cx) -> Line {
        match &self.error {
            Some(error) => Line::new().add(Tone::Bad, "✗ ").plain(safe(error)),
            None => Line::new().add(Tone::Muted, "from the ledger here; what runs elsewhere on it is seen too"),
        }
    }

    fn footer(&self, _cx: &Cx) -> Vec<(Command, String)> {
        keys(&[(Command::Open, "open"), (Command::Filter, "filter"), (Command::Ledger, ""), (Command::Retry, "again")])
    }

    fn enter(&mut self, _cx: &Cx) -> Vec<Ask> {
        vec![Ask::Fact(Place::Ledger, Job::Plans)]
    }

    fn sync(&mut self, cx: &Cx) {
        self.error = cx.facts.plans.error.as_ref().map(|(e, _)| e.to_string());
        let wanted = self.filter.to_lowercase();
        let text = |r: &PlanRow| format!("{} {} {} {:?}", r.id, r.deed.word(), r.actor, r.from).to_lowercase();
        let mut rows: Vec<PlanRow> =
            cx.facts.plans.value.iter().flatten().filter(|r| wanted.is_empty() || text(r).contains(&wanted)).cloned().collect();
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
        let rank = |s: Status| match s {
            Status::Running => 0,
            Status::InDoubt => 1,
            Status::Unfinished => 2,
            Status::Frozen | Status::Finished => 3,
        };
        rows.sort_by_key(|r| (rank(r.status), std::cmp::Reverse(r.started.unwrap_or(r.made))));
        self.rows = if cx.calm { rows } else { steady(&self.rows, rows, |r| r.id.0.clone()) };
        let rows = &self.rows;
        self.cursor.sync(rows.len(), |i| rows[i].id.0.clone());
        self.cursor.fit(Self::height(cx), rows.len());
    }

    fn command(&mut self, command: Command, _arg: &str, cx: &Cx) -> Vec<Ask> {
        let rows = &self.rows;
        if moved(&mut self.cursor, command, rows.len(), Self::height(cx), |i| rows[i].id.0.clone()) {
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
        if self.filter.is_empty() {
            return None;
        }
        self.filter("", cx);
        Some(Vec::new())
    }

    fn filter(&mut self, text: &str, cx: &Cx) {
        text.clone_into(&mut self.filter);
        self.sync(cx);
    }

    fn filtered(&self) -> &str {
        &self.filter
    }

    fn click(&mut self, at: u16, _cx: &Cx) -> Vec<Ask> {
        let row = usize::from(at).checked_sub(2).map(|r| r + self.cursor.top());
        match row {
            Some(r) if r == self.cursor.row() => self.open(),
            Some(r) if r < self.rows.len() => {
                let rows = &self.rows;
                self.cursor.go(r, rows.len(), |i| rows[i].id.0.clone());
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn waits_for(&self, place: &Place) -> bool {
        *place == Place::Ledger && self.rows.is_empty()
    }
}
