//! Overview: every broker's health and one list of what needs a human, worst first.

use super::{Ask, Cx, Page, Screen, causes, describe, destinations, group, job, keys, messages};
use crate::app::command::{Command, On};
use crate::app::cursor::Cursor;
use crate::app::list::{Hit, List, Narrow};
use crate::app::needs::needs;
use crate::app::slots::Place;
use crate::app::text::{Line, Tone};
use crate::app::times::ago;
use crate::app::width::width;
use crate::decode::{human, safe};
use crate::model::ConnId;
use crate::monitor::{BrokerFact, Health, Need, NeedKind, Since, Survey};
use crate::triage::plan::PlanId;

/// Titles of its columns, to be gone through where they are shown whole; its order is what it is for.
pub const COLUMNS: [&str; 6] = ["WHAT", "WHERE", "COUNT", "1H", "SINCE", "WHY / RISK"];

/// Columns from which line 2 has room for the whole of it.
const ROOMY: u16 = 100;

/// Lines of brokers at most.
const MOST: usize = 4;

/// A row's identity.
pub type Row = (NeedKind, ConnId, String);

/// Its state.
#[derive(Debug)]
pub struct State {
    pub survey: Survey,
    /// The rows that pass the filter.
    pub list: List<Need, Row>,
    /// What the rows were made from.
    stamp: Option<super::Stamp>,
    /// Somebody chose the row; until then the cursor is on the worst, not on what was known first.
    chose: bool,
}

impl Default for State {
    fn default() -> Self {
        Self { survey: Survey::default(), list: List::new(row), stamp: None, chose: false }
    }
}

/// A need's identity.
pub fn row(need: &Need) -> Row {
    (need.kind, need.conn.clone(), need.what.clone())
}

fn broker(b: &BrokerFact) -> Line {
    let name = safe(b.conn.as_str());
    match &b.health {
        Health::Up { version, took, .. } => {
            let facts = [safe(version).as_ref(), &took.as_millis().to_string()].join(" ");
            Line::new().add(Tone::Ok, "● ").plain(format!("{name} ")).add(Tone::Muted, format!("{}ms  ", facts.trim_start()))
        }
        Health::Partly { why } => Line::new().add(Tone::Watch, "◐ ").plain(format!("{name} ")).add(Tone::Watch, format!("{}  ", safe(why))),
        Health::Asking { .. } => Line::new().add(Tone::Watch, "◐ ").plain(format!("{name} ")).add(Tone::Muted, "asked  "),
        Health::Down { .. } => Line::new().add(Tone::Bad, "✗ ").plain(format!("{name}  ")),
    }
}

impl State {
    /// Rows of the table in view: the body without brokers, rule and header.
    fn height(&self, cx: &Cx) -> usize {
        usize::from(cx.areas().rows).saturating_sub(2 + self.brokers(cx).len())
    }

    /// Every broker with its health, in as many lines as that takes, [`MOST`] at most: the rest are counted.
    pub fn brokers(&self, cx: &Cx) -> Vec<Line> {
        let room = usize::from(cx.size.width).saturating_sub(1);
        let mut lines = vec![Line::new().plain(" ")];
        for (i, b) in self.survey.brokers.iter().enumerate() {
            let one = broker(b);
            let last = lines.len() - 1;
            if width(&lines[last].text()) + width(one.text().trim_end()) <= room {
                lines[last].0.extend(one.0);
            } else if lines.len() < MOST {
                lines.push(Line::new().plain(" ").plus(one));
            } else {
                let left = self.survey.brokers.len() - i;
                lines.push(Line::new().add(Tone::Muted, format!(" and {left} more: brokers that are down have a row of their own below")));
                break;
            }
        }
        lines
    }

    /// The chosen row.
    pub fn chosen(&self) -> Option<&Need> {
        self.list.chosen()
    }

    fn open(&self, cx: &Cx) -> Vec<Ask> {
        let Some(need) = self.chosen() else { return Vec::new() };
        match (need.kind, &need.at) {
            (NeedKind::Dlq, Some(at)) => vec![Ask::Push(Box::new(Screen::Causes(causes::State::new(at.clone()))))],
            (NeedKind::Job, _) => {
                // its row says `replay` and the plan's id
                let plan = need.what.rsplit(' ').next().unwrap_or(&need.what);
                vec![Ask::Push(Box::new(Screen::Job(job::State::new(PlanId(plan.to_owned())))))]
            }
            (NeedKind::Lag | NeedKind::Group, _) => {
                vec![Ask::Push(Box::new(Screen::Group(Box::new(group::State::new(need.conn.clone(), need.what.clone())))))]
            }
            (NeedKind::Broker, _) => {
                let mut page = destinations::State::default();
                page.filter(need.conn.as_str(), cx);
                vec![Ask::Push(Box::new(Screen::Destinations(page)))]
            }
            _ => Vec::new(),
        }
    }
}

impl Page for State {
    fn on(&self) -> On {
        On::Overview
    }

    fn crumb(&self) -> String {
        "overview".into()
    }

    fn facts(&self, cx: &Cx) -> Line {
        let act = self.survey.rows.iter().filter(|n| n.act).count();
        let warned = match cx.facts.warnings.len() {
            0 => Line::new(),
            n => {
                let s = if n == 1 { "" } else { "s" };
                // where it leaves the rest no room, how to read them is in the palette too
                let hint = if cx.size.width < ROOMY { "   " } else { " (:warnings)   " };
                Line::new().add(Tone::Watch, format!("! {n} config warning{s}")).add(Tone::Muted, hint)
            }
        };
        if self.survey.known == 0 {
            let (up, asked, down) = cx.facts.tally();
            return match (up, asked, down) {
                (0, 0, 0) => warned.plain("no connections"),
                (0, n, 0) => warned.plain(format!("asking {n} broker{}", if n == 1 { "" } else { "s" })),
                _ => warned,
            };
        }
        let known = human::count_plain(self.survey.known as u64);
        match act {
            // not yet told, not looked at, down: what is not known may need one
            0 if !cx.facts.is_told() || self.survey.rows.iter().any(|n| n.since == Since::Unknown) => {
                warned.add(Tone::Muted, format!("nothing of {known} is known to need a human"))
            }
            0 => warned.add(Tone::Ok, format!("nothing of {known} needs a human")),
            1 => warned.add(Tone::Strong, format!("1 of {known} needs a human")),
            _ => warned.add(Tone::Strong, format!("{act} of {known} need a human")),
        }
    }

    fn status(&self, cx: &Cx) -> Line {
        if !self.list.filter.is_empty() {
            return format!(
                "/{}  {} of {} rows",
                safe(&self.list.filter),
                human::count_plain(self.list.rows.len() as u64),
                human::count_plain(self.survey.rows.len() as u64)
            )
            .into();
        }
        let down = || {
            self.survey.brokers.iter().filter_map(|b| match &b.health {
                Health::Down { why, next_try } => Some((b, why, next_try)),
                _ => None,
            })
        };
        // of several the one under the cursor is told in full, which its row has no room for
        let meant = self.chosen().map(|need| &need.conn);
        if let Some((b, why, next)) = down().find(|(b, ..)| Some(&b.conn) == meant).or_else(|| down().next()) {
            let next = next.and_then(|t| t.duration_since(cx.now).ok());
            let next = next.map_or(String::new(), |d| format!(", next try in {}", human::age(d)));
            let line = Line::new().add(Tone::Bad, "✗ ").plain(format!("{}: {}{next}", safe(b.conn.as_str()), safe(why)));
            return line.add(Tone::Muted, "   (r retries now)");
        }
        let read = cx.facts.brokers.values().filter_map(|b| b.list.at).min();
        match read {
            Some(at) if cx.facts.paused => Line::new().add(Tone::Watch, format!("paused, read {} ago (p goes on)", ago(at, cx.now))),
            Some(at) => {
                let rest = cx.facts.still_asked(|b| b.list.value.is_some());
                Line::new().add(Tone::Muted, format!("read at {}{rest}; asked again every 10s (p pauses)", cx.times.clock(at)))
            }
            None => Line::new().add(Tone::Muted, "asking the brokers; rows come as they answer"),
        }
    }

    fn footer(&self, _cx: &Cx) -> Vec<(Command, String)> {
        keys(&[
            (Command::Open, "open"),
            (Command::Messages, ""),
            (Command::Destinations, ""),
            (Command::Lag, ""),
            (Command::Jobs, ""),
            (Command::Ledger, ""),
            (Command::Palette, ""),
            (Command::Filter, "filter"),
        ])
    }

    fn enter(&mut self, _cx: &Cx) -> Vec<Ask> {
        Vec::new()
    }

    fn sync(&mut self, cx: &Cx) {
        if self.stamp.replace(cx.stamp()) == Some(cx.stamp()) {
            return self.list.fit(self.height(cx));
        }
        let survey = needs(&cx.facts, cx.now);
        let fits = |n: &&Need| self.list.fits(&format!("{} {} {} {}", n.kind.word(), n.what, n.conn, n.why));
        let rows: Vec<Need> = survey.rows.iter().filter(fits).cloned().collect();
        if !self.chose {
            self.list.cursor = Cursor::default();
        }
        // its order is what it is for
        self.list.take(rows, cx.calm(), self.height(cx), |_, _, _| std::cmp::Ordering::Equal);
        self.survey = survey;
    }

    fn command(&mut self, command: Command, _arg: &str, cx: &Cx) -> Vec<Ask> {
        self.chose = true;
        let gone_through = cx.wide && matches!(command, Command::Left | Command::Right) && self.list.sorts(command, COLUMNS.len());
        if gone_through || self.list.command(command, self.height(cx)) {
            return Vec::new();
        }
        match command {
            Command::Open => self.open(cx),
            Command::Messages => match self.chosen().and_then(|n| n.at.clone()) {
                Some(at) => vec![Ask::Push(Box::new(Screen::Messages(Box::new(messages::State::new(at)))))],
                None => vec![Ask::Toast(Tone::Muted, "this row has no messages of its own".into())],
            },
            Command::Describe => match self.chosen().and_then(|n| n.at.clone()) {
                Some(at) => vec![describe(&at), Ask::Push(Box::new(Screen::Describe(super::describe::State::new(at))))],
                None => self.open(cx),
            },
            _ => Vec::new(),
        }
    }

    fn list(&self) -> Option<&dyn Narrow> {
        Some(&self.list)
    }

    fn list_mut(&mut self) -> Option<&mut dyn Narrow> {
        Some(&mut self.list)
    }

    fn renew(&mut self, cx: &Cx) {
        self.stamp = None;
        self.sync(cx);
    }

    fn click(&mut self, at: u16, cx: &Cx) -> Vec<Ask> {
        self.chose = true;
        if self.list.click(at, 2 + self.brokers(cx).len()) == Hit::Chosen { self.open(cx) } else { Vec::new() }
    }

    fn waits_for(&self, place: &Place) -> bool {
        matches!(place, Place::Probe(_)) && self.survey.known == 0
    }

    fn ages(&self) -> bool {
        self.survey.brokers.iter().any(|b| matches!(b.health, Health::Down { .. }))
    }
}
