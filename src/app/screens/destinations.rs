//! Destinations: every topic and queue with its depth, readers and role.

use std::cmp::Ordering;

use super::{Ask, Cx, Page, Screen, describe, keys, messages};
use crate::app::command::{Command, On};
use crate::app::effect::Effect;
use crate::app::list::{Hit, List, Narrow};
use crate::app::slots::Place;
use crate::app::text::{Line, Tone};
use crate::app::times::ago;
use crate::decode::{human, safe};
use crate::model::{Address, ConnId, Destination, Kind, named_role};

/// What it can be sorted by: titles of its columns.
pub const SORTS: [&str; 5] = ["NAME", "WHERE", "DEPTH", "PART", "ROLE"];

/// Its state.
#[derive(Debug)]
pub struct State {
    pub list: List<Destination, Address>,
    /// What the rows were made from.
    stamp: Option<super::Stamp>,
    /// The brokers' own bookkeeping too.
    pub internal: bool,
    hidden: usize,
    all: usize,
}

impl Default for State {
    fn default() -> Self {
        Self { list: List::new(|d| d.at.clone()), stamp: None, internal: false, hidden: 0, all: 0 }
    }
}

/// The order by a column; the largest and the dead come first.
fn order(column: usize, a: &Destination, b: &Destination) -> Ordering {
    let by = match SORTS.get(column) {
        Some(&"WHERE") => a.at.conn.cmp(&b.at.conn),
        Some(&"DEPTH") => b.depth.value().cmp(&a.depth.value()),
        Some(&"PART") => b.partitions.cmp(&a.partitions),
        Some(&"ROLE") => b.role.is_dlq().cmp(&a.role.is_dlq()),
        _ => Ordering::Equal,
    };
    by.then_with(|| a.at.name.cmp(&b.at.name)).then_with(|| a.at.cmp(&b.at))
}

impl State {
    fn height(cx: &Cx) -> usize {
        usize::from(cx.areas().rows).saturating_sub(2)
    }

    /// The chosen row.
    pub fn chosen(&self) -> Option<&Destination> {
        self.list.chosen()
    }

    fn open(&self) -> Vec<Ask> {
        let Some(d) = self.chosen() else { return none() };
        vec![Ask::Push(Box::new(Screen::Messages(Box::new(messages::State::new(d.at.clone())))))]
    }

    /// Follows the marked destinations in one list, else the one under the cursor; what cannot be followed or is too much is told there.
    fn follow(&self, cx: &Cx) -> Vec<Ask> {
        let (mut all, mut left_out, mut why) = (Vec::new(), Vec::new(), "no destination is chosen");
        for d in self.list.taken() {
            let name = safe(&d.at.name);
            match messages::not_followed(&d.at, cx) {
                Some(no) => {
                    left_out.push(format!("{name} (a {})", d.at.kind.word()));
                    why = no;
                }
                None if all.len() == messages::MOST => left_out.push(format!("{name} ({} at most)", messages::MOST)),
                None => all.push(d.at.clone()),
            }
        }
        if all.is_empty() {
            return vec![Ask::Toast(Tone::Watch, why.into())];
        }
        let first = all.remove(0);
        vec![Ask::Push(Box::new(Screen::Messages(Box::new(messages::State::following(first, all, left_out)))))]
    }
}

/// Opens what was named (`:open CONNECTION/NAME`): a broker that lists nothing has it all the same.
pub fn named(arg: &str, command: Command, cx: &Cx) -> Vec<Ask> {
    let listed = |name: &str| cx.facts.destinations().find(|d| d.at.to_string() == name || d.at.is_named(name));
    let at = listed(arg).map(|d| d.at.clone()).or_else(|| {
        let mut brokers = cx.facts.brokers.keys();
        let (conn, name) = match (arg.split_once('/'), brokers.next(), brokers.next()) {
            (Some((conn, name)), ..) if cx.facts.brokers.keys().any(|id| id.as_str() == conn) => (ConnId::new(conn), name),
            (_, Some(only), None) => (only.clone(), arg),
            _ => return None,
        };
        Some(Address::new(conn, Kind::Queue, name))
    });
    let Some(at) = at else {
        return vec![Ask::Toast(Tone::Watch, "say of which connection: :open CONNECTION/NAME".into())];
    };
    let dead = listed(&at.to_string()).map_or_else(|| named_role(&at.name).is_dlq(), |d| d.role.is_dlq());
    let screen = if dead && command == Command::Open {
        Screen::Causes(super::causes::State::new(at))
    } else {
        Screen::Messages(Box::new(messages::State::new(at)))
    };
    vec![Ask::Push(Box::new(screen))]
}

fn none() -> Vec<Ask> {
    vec![Ask::Toast(Tone::Muted, "no destination is chosen".into())]
}

impl Page for State {
    fn on(&self) -> On {
        On::Destinations
    }

    fn crumb(&self) -> String {
        "destinations".into()
    }

    fn facts(&self, _cx: &Cx) -> Line {
        let by = self.list.sort.words(&SORTS, "by name, then broker");
        let hidden = if self.hidden > 0 { format!(", {} internal hidden", self.hidden) } else { String::new() };
        format!("{} destinations{hidden}, {by}", human::count_plain(self.all as u64)).into()
    }

    fn status(&self, cx: &Cx) -> Line {
        if let Some(line) = self.list.narrowed(self.all) {
            return line;
        }
        let broken = cx.facts.brokers.values().find_map(|b| b.list.error.as_ref().or(b.probe.error.as_ref()).map(|(e, _)| (e, b.list.at)));
        if let Some((error, known)) = broken {
            let old = known.map_or(String::new(), |t| format!("; what was seen is {} old", ago(t, cx.now)));
            return Line::new().add(Tone::Bad, "✗ ").plain(format!("{}{old}", safe(&error.to_string())));
        }
        match cx.facts.brokers.values().filter_map(|b| b.list.at).min() {
            Some(at) => {
                let rest = cx.facts.still_asked(|b| b.list.value.is_some());
                Line::new().add(Tone::Muted, format!("listed at {}{rest}", cx.times.clock(at)))
            }
            None => Line::new().add(Tone::Muted, "asking the brokers"),
        }
    }

    fn footer(&self, _cx: &Cx) -> Vec<(Command, String)> {
        let follow = match self.list.cursor.marks().len() {
            0 => "follow".to_owned(),
            marked => format!("follow {marked}"),
        };
        keys(&[
            (Command::Open, "open"),
            (Command::Messages, ""),
            (Command::Follow, &follow),
            (Command::Describe, ""),
            (Command::Sort, "sort"),
            (Command::Options, "internal ones"),
            (Command::Filter, "filter"),
            (Command::Mark, "mark"),
            (Command::Lag, ""),
        ])
    }

    fn enter(&mut self, _cx: &Cx) -> Vec<Ask> {
        Vec::new()
    }

    fn sync(&mut self, cx: &Cx) {
        if self.stamp.replace(cx.stamp()) == Some(cx.stamp()) {
            return self.list.fit(Self::height(cx));
        }
        let all: Vec<&Destination> = cx.facts.destinations().collect();
        self.hidden = if self.internal { 0 } else { all.iter().filter(|d| d.internal).count() };
        self.all = all.len() - self.hidden;
        let shown = all.into_iter().filter(|d| self.internal || !d.internal).filter(|d| self.list.fits(&d.at.to_string()));
        let mut rows: Vec<Destination> = shown.cloned().collect();
        rows.sort_by(|a, b| order(0, a, b));
        self.list.take(rows, cx.calm(), Self::height(cx), order);
    }

    fn command(&mut self, command: Command, _arg: &str, cx: &Cx) -> Vec<Ask> {
        if self.list.command(command, Self::height(cx)) {
            return Vec::new();
        }
        if self.list.sorts(command, SORTS.len()) {
            self.renew(cx);
            return Vec::new();
        }
        match command {
            Command::Open if self.chosen().is_some_and(|d| d.role.is_dlq()) => {
                return self
                    .chosen()
                    .map(|d| vec![Ask::Push(Box::new(Screen::Causes(super::causes::State::new(d.at.clone()))))])
                    .unwrap_or_default();
            }
            Command::Open | Command::Messages => return self.open(),
            Command::Follow => return self.follow(cx),
            Command::Describe => {
                return self
                    .chosen()
                    .map(|d| vec![describe(&d.at), Ask::Push(Box::new(Screen::Describe(super::describe::State::new(d.at.clone()))))])
                    .unwrap_or_default();
            }
            Command::Options => {
                self.internal = !self.internal;
                self.stamp = None;
                self.sync(cx);
            }
            Command::Copy => {
                let at = self.chosen().map(|d| format!("{}/{}", cx.facts.context.name, d.at));
                return at.map_or_else(Vec::new, |at| vec![Ask::Do(Effect::Copy(at)), Ask::Toast(Tone::Ok, "copied: the address".into())]);
            }
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
        self.stamp = None;
        self.sync(cx);
    }

    fn click(&mut self, at: u16, _cx: &Cx) -> Vec<Ask> {
        if self.list.click(at, 2) == Hit::Chosen { self.open() } else { Vec::new() }
    }

    fn waits_for(&self, place: &Place) -> bool {
        matches!(place, Place::List(_) | Place::Probe(_)) && self.list.rows.is_empty()
    }
}
