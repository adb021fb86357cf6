//! Ledger: who did what, when, why, to which message; restore.

use std::cmp::Ordering;

use super::plan::Wanted;
use super::{Ask, Cx, Page, Screen, job, keys, notes, plan, whole};
use crate::app::command::{Command, On};
use crate::app::effect::{Chosen, Job, News};
use crate::app::layout::split;
use crate::app::list::{Hit, List, Narrow};
use crate::app::slots::Place;
use crate::app::text::{Line, Tone};
use crate::decode::{human, safe};
use crate::model::{Address, MessageId};
use crate::triage::plan::{Deed, Scope};
use crate::triage::report::{Entry, EntryQuery};

/// Entries read at once.
const PAGE: usize = 500;
/// Entries kept at most.
const MOST: usize = 5_000;

/// What it can be sorted by: titles of its columns.
pub const SORTS: [&str; 7] = ["WHEN", "WHAT", "WHERE", "MESSAGE", "PLAN", "WHO", "DETAIL"];

/// Its state.
#[derive(Debug)]
pub struct State {
    /// All that was read, newest first.
    all: Vec<Entry>,
    pub list: List<Entry, i64>,
    pub error: Option<String>,
    more: bool,
    read: bool,
}

impl Default for State {
    fn default() -> Self {
        Self { all: Vec::new(), list: List::new(|e: &Entry| e.seq), error: None, more: false, read: false }
    }
}

/// The order by a column; the oldest comes first, for the newest do by themselves.
fn order(column: usize, a: &Entry, b: &Entry) -> Ordering {
    let name = |e: &Entry| e.from.as_ref().map(|a| a.name.clone());
    match SORTS.get(column) {
        Some(&"WHAT") => a.what.cmp(&b.what),
        Some(&"WHERE") => name(a).cmp(&name(b)),
        Some(&"MESSAGE") => a.seat.cmp(&b.seat),
        Some(&"PLAN") => a.plan.cmp(&b.plan),
        Some(&"WHO") => a.actor.cmp(&b.actor),
        Some(&"DETAIL") => a.detail.cmp(&b.detail),
        _ => a.seq.cmp(&b.seq),
    }
}

/// What the filter looks at.
fn text(e: &Entry) -> String {
    let id = e.id.as_ref().map_or("", |i| i.0.as_str());
    let plan = e.plan.as_ref().map_or("", |p| p.0.as_str());
    let from = e.from.as_ref().map_or(String::new(), ToString::to_string);
    format!("{} {} {id} {plan} {from} {} {} {}", e.kind.word(), e.what, e.actor, e.detail, e.reason.as_deref().unwrap_or(""))
}

impl State {
    fn height(&self, cx: &Cx) -> usize {
        usize::from(split(cx.areas().rows, 1, self.list.rows.len(), self.detail(cx).len() as u16, 4).rows)
    }

    /// All of the chosen entry.
    pub fn detail(&self, cx: &Cx) -> Vec<Line> {
        let Some(e) = self.list.chosen() else { return Vec::new() };
        let mut out = vec![Line::fact("when", format!("{}, entry {}", cx.times.full(Some(e.at), cx.now), e.seq))];
        out.push(Line::fact(
            "who",
            format!("{}{}", safe(&e.actor), e.reason.as_deref().map_or(String::new(), |r| format!(": {}", safe(r)))),
        ));
        if let Some(id) = &e.id {
            out.push(Line::fact("message", safe(&id.0)));
        }
        if let Some(from) = &e.from {
            let seat = e.seat.as_ref().map_or(String::new(), |s| format!(" {s}"));
            out.push(Line::fact("was at", format!("{}{seat}", safe(&from.to_string()))));
        }
        if !e.detail.is_empty() {
            out.push(Line::fact("detail", safe(&e.detail)));
        }
        whole(out, usize::MAX, cx)
    }

    fn ask(&self, before: Option<i64>) -> Ask {
        Ask::Start("entries", Job::Entries(Box::new(EntryQuery { limit: PAGE, before, ..EntryQuery::default() })))
    }

    /// The messages of the marked entries, else of the one under the cursor; each once, those that are of none left out.
    fn messages(&self) -> Vec<(Address, MessageId)> {
        let mut all: Vec<(Address, MessageId)> = Vec::new();
        for message in self.list.taken().into_iter().filter_map(|e| Some((e.from.clone()?, e.id.clone()?))) {
            if !all.contains(&message) {
                all.push(message);
            }
        }
        all
    }

    fn restore(&self) -> Vec<Ask> {
        let all = self.messages();
        let Some((from, _)) = all.first().cloned() else {
            return vec![Ask::Toast(Tone::Muted, "restore takes an entry of a message that was parked or discarded".into())];
        };
        if all.iter().any(|(at, _)| *at != from) {
            return vec![Ask::Toast(
                Tone::Watch,
                "these are from several destinations, and a plan has one source: mark those of one".into(),
            )];
        }
        let chosen = Chosen::Restorable(all.into_iter().map(|(_, id)| id).collect());
        let wanted = Wanted { deed: Deed::Restore, from, scope: Scope::Marked, chosen, partly: None };
        vec![Ask::Push(Box::new(Screen::Plan(Box::new(plan::State::new(wanted)))))]
    }

    fn note(&self, text: &str, cx: &Cx) -> Vec<Ask> {
        let all = self.messages();
        match text {
            _ if all.is_empty() => {
                vec![Ask::Toast(Tone::Muted, "a note goes on a message, and this entry is of none; a on a cause notes that".into())]
            }
            "" => vec![notes::ask(&human::things(all.len() as u64, "message"), all.into_iter().map(|(at, id)| (at, id.0)))],
            text => vec![notes::keep(all.into_iter().map(|(at, id)| (at, id.0)), text, cx)],
        }
    }

    /// Whether the ledger has answered.
    pub fn read(&self) -> bool {
        self.read
    }
}

impl Page for State {
    fn on(&self) -> On {
        On::Ledger
    }

    fn crumb(&self) -> String {
        "ledger".into()
    }

    fn facts(&self, _cx: &Cx) -> Line {
        let marked = self.list.cursor.marks().len();
        let marked = if marked > 0 { format!(", {marked} marked") } else { String::new() };
        let more = if self.more { ", older ones below" } else { "" };
        let by = self.list.sort.words(&SORTS, "newest first");
        let entries = if self.list.rows.len() == 1 { "entry" } else { "entries" };
        format!("{} {entries}{marked}, {by}{more}", human::count_plain(self.list.rows.len() as u64)).into()
    }

    fn status(&self, _cx: &Cx) -> Line {
        match &self.error {
            Some(error) => Line::new().add(Tone::Bad, "✗ ").plain(safe(error)),
            None if !self.list.filter.is_empty() => format!(
                "/{}  {} of {} loaded",
                safe(&self.list.filter),
                human::count_plain(self.list.rows.len() as u64),
                human::count_plain(self.all.len() as u64)
            )
            .into(),
            None => Line::new().add(Tone::Muted, "what redrive did from this machine; append-only"),
        }
    }

    fn footer(&self, _cx: &Cx) -> Vec<(Command, String)> {
        let restore = match self.list.cursor.marks().len() {
            0 => "restore".to_owned(),
            marked => format!("restore {marked}"),
        };
        keys(&[
            (Command::Open, "its plan"),
            (Command::Restore, &restore),
            (Command::Filter, "filter"),
            (Command::Note, "note"),
            (Command::Sort, "sort"),
            (Command::Jobs, ""),
            (Command::Retry, "again"),
        ])
    }

    fn enter(&mut self, _cx: &Cx) -> Vec<Ask> {
        vec![self.ask(None)]
    }

    fn sync(&mut self, cx: &Cx) {
        self.list.fit(self.height(cx));
    }

    fn command(&mut self, command: Command, arg: &str, cx: &Cx) -> Vec<Ask> {
        let was = self.list.cursor.row();
        if self.list.command(command, self.height(cx)) {
            let at_end = was + 1 == self.list.rows.len() && command == Command::Down && self.more && self.all.len() < MOST;
            return if at_end { vec![self.ask(self.all.last().map(|e| e.seq))] } else { Vec::new() };
        }
        if self.list.sorts(command, SORTS.len()) {
            self.renew(cx);
            return Vec::new();
        }
        match command {
            Command::Open => match self.list.chosen().map(|e| e.plan.clone()) {
                Some(Some(plan)) => vec![Ask::Push(Box::new(Screen::Job(job::State::new(plan))))],
                Some(None) => vec![Ask::Toast(Tone::Muted, "this entry belongs to no plan".into())],
                None => vec![Ask::Toast(Tone::Muted, "no entry is chosen".into())],
            },
            Command::Restore => self.restore(),
            Command::Note => self.note(arg, cx),
            Command::Retry => {
                self.all.clear();
                vec![self.ask(None)]
            }
            _ => Vec::new(),
        }
    }

    fn news(&mut self, _part: &'static str, news: News, cx: &Cx) -> Vec<Ask> {
        match news {
            News::Entries(rows) => {
                (self.read, self.error) = (true, None);
                self.more = rows.len() >= PAGE;
                let last = self.all.last().map_or(i64::MAX, |e| e.seq);
                if rows.first().is_some_and(|r| r.seq >= last) || self.all.is_empty() {
                    self.all = rows;
                    if self.list.cursor.marks().is_empty() {
                        // they were asked for anew, so they come in their order
                        self.list.rows.clear();
                    }
                } else {
                    self.all.extend(rows);
                }
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
        let rows: Vec<Entry> = self.all.iter().filter(|e| self.list.fits(&text(e))).cloned().collect();
        self.list.take(rows, cx.calm(), usize::MAX, order);
        self.list.fit(self.height(cx));
    }

    fn click(&mut self, at: u16, cx: &Cx) -> Vec<Ask> {
        if self.list.click(at, 2) == Hit::Chosen { self.command(Command::Open, "", cx) } else { Vec::new() }
    }

    fn waits_for(&self, _place: &Place) -> bool {
        false
    }
}
