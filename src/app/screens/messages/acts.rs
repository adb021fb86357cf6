//! What is done with the chosen messages: opened, planned, edited, noted, compared, saved; and the menu of what is shown.

use std::sync::Arc;

use super::columns::FIXED;
use super::{Field, State};
use crate::app::command::Command;
use crate::app::effect::{Chosen, Effect};
use crate::app::input::Input;
use crate::app::key::Key;
use crate::app::overlay::{Asking, Menu, Overlay, Pick};
use crate::app::screens::{Ask, Cx, Screen, compare, message, notes, plan};
use crate::app::text::Tone;
use crate::decode::human;
use crate::model::Kind;
use crate::schema::Seen;
use crate::triage::plan::{Deed, Scope};

impl State {
    /// The marked rows, else the one under the cursor.
    pub fn taken(&self) -> Vec<Arc<Seen>> {
        let marks = self.cursor.marks();
        if marks.is_empty() {
            return self.row(self.cursor.row()).cloned().into_iter().collect();
        }
        let marked = (0..self.ring.len()).filter(|i| self.ring.spot(*i).is_some_and(|spot| marks.contains(&spot)));
        marked.filter_map(|i| self.ring.row(i)).cloned().collect()
    }

    pub(super) fn open(&self) -> Vec<Ask> {
        let index = self.cursor.row();
        let Some(seen) = self.row(index) else { return none() };
        let dead = seen.death.error.value.is_some() || seen.death.origin.value.is_some();
        let list: Vec<Arc<Seen>> = self.shown.iter().filter_map(|i| self.ring.row(*i)).cloned().collect();
        vec![Ask::Push(Box::new(Screen::Message(Box::new(message::State::new(list, index, dead, self.filter.clone())))))]
    }

    /// Opens the one under the cursor and its body in the editor.
    pub(super) fn edit(&self) -> Vec<Ask> {
        let mut asks = self.open();
        if self.row(self.cursor.row()).is_some() {
            asks.push(Ask::Run(Command::Edit));
        }
        asks
    }

    /// A plan with the marked messages, else the one under the cursor.
    pub(super) fn plan(&self, deed: Deed) -> Vec<Ask> {
        let taken = self.taken();
        let Some(first) = taken.first() else { return none() };
        let from = first.message.at.clone();
        if taken.iter().any(|s| s.message.at != from) {
            return vec![Ask::Toast(
                Tone::Watch,
                "these are from several destinations, and a plan has one source: mark those of one".into(),
            )];
        }
        let chosen =
            if deed == Deed::Restore { Chosen::Restorable(taken.iter().map(|s| s.id.clone()).collect()) } else { Chosen::Seen(taken) };
        let wanted = plan::Wanted { deed, from, scope: Scope::Marked, chosen, partly: None };
        vec![Ask::Push(Box::new(Screen::Plan(Box::new(plan::State::new(wanted)))))]
    }

    /// Two marked messages side by side.
    pub(super) fn compare(&self) -> Vec<Ask> {
        match self.taken().as_slice() {
            [one, other] => {
                let page = compare::State::new(one.clone(), other.clone());
                vec![Ask::Push(Box::new(Screen::Compare(Box::new(page))))]
            }
            _ => {
                let marked = self.cursor.marks().len();
                vec![Ask::Toast(Tone::Muted, format!("two are compared: mark two with space ({marked} marked now)"))]
            }
        }
    }

    /// A note on the marked messages, else on the one under the cursor.
    pub(super) fn note(&self, text: &str, cx: &Cx) -> Vec<Ask> {
        let taken = self.taken();
        let on = taken.iter().map(|s| (s.message.at.clone(), s.id.0.clone()));
        match text {
            _ if taken.is_empty() => none(),
            "" => vec![notes::ask(&human::things(taken.len() as u64, "message"), on)],
            text => vec![notes::keep(on, text, cx)],
        }
    }

    /// The marked messages, else all that are shown, as JSON lines in a new file here.
    pub(super) fn save(&self, cx: &Cx) -> Vec<Ask> {
        let all = || (0..self.shown.len()).filter_map(|i| self.row(i)).cloned().collect();
        let rows: Vec<Arc<Seen>> = if self.cursor.marks().is_empty() { all() } else { self.taken() };
        let mut text = String::new();
        for seen in &rows {
            text.push_str(&message::json(seen, &cx.facts.context.name).to_string());
            text.push('\n');
        }
        if text.is_empty() {
            return vec![Ask::Toast(Tone::Muted, "there is nothing to save".into())];
        }
        let name = if self.several() { "several" } else { &self.at().name };
        let name = message::file_name(&format!("redrive-{name}-{}.jsonl", human::utc(Some(cx.now))));
        vec![Ask::Do(Effect::Write(name.into(), text.into()))]
    }

    /// The menu of columns and of what is read; `arg` is what was picked there: a column's letter, `fit`, `read`, `names` or `names=…`.
    pub(super) fn options(&mut self, arg: &str, cx: &Cx) -> Vec<Ask> {
        let chosen = FIXED.iter().find(|(letter, _)| arg.chars().eq([*letter])).map(|(_, field)| field);
        match (arg, chosen) {
            ("names", _) => {
                let input = Input::with(&self.columns.names());
                return vec![Ask::Overlay(Box::new(Overlay::Line { asking: Asking::Columns, input }))];
            }
            ("fit", _) => self.columns = Default::default(),
            ("read", _) => {
                self.isolation = self.committed_only(cx).map(|only| !only);
                let start = self.start.clone();
                let mut asks = if self.follow { self.load(cx) } else { self.seek(start, cx) };
                let word = if self.isolation == Some(true) { "read_committed" } else { "read_uncommitted" };
                asks.push(Ask::Toast(Tone::Muted, format!("reading again, {word}")));
                return asks;
            }
            (_, Some(field)) => self.columns.turn(field, self.fit.clone()),
            _ => match arg.strip_prefix("names=") {
                Some(names) => self.columns.name(names),
                None => return vec![self.menu(cx)],
            },
        }
        self.sync_fields(cx);
        let mut asks = Vec::new();
        if !self.several() {
            asks.push(Ask::Columns(self.at().clone(), self.columns.clone()));
        }
        if chosen.is_some() {
            asks.push(self.menu(cx));
        }
        asks
    }

    fn menu(&self, cx: &Cx) -> Ask {
        let queue = self.at().kind == Kind::Queue;
        let pick = |arg: &str| Pick::Tell(Command::Options, arg.to_owned());
        let item = |(letter, field): &(char, Field)| {
            let on = if self.fields.contains(field) { "shown" } else { "-" };
            (Key::char(*letter), field.title(queue).to_lowercase(), on.to_owned(), pick(&letter.to_string()))
        };
        let mut items: Vec<_> = FIXED.iter().filter(|(_, f)| *f != Field::From || self.several()).map(item).collect();
        let names = self.columns.names();
        let names = if names.is_empty() { "none: x-tenant .payload.order_id".to_owned() } else { names };
        items.push((Key::char('h'), "headers, body fields".into(), names, pick("names")));
        let by_hand = if self.columns == Default::default() { "so it is" } else { "chosen by hand now" };
        items.push((Key::char('a'), "as they fit".into(), by_hand.into(), pick("fit")));
        if let Some(only) = self.committed_only(cx) {
            let now = if only { "read_committed; read_uncommitted reads again" } else { "read_uncommitted; read_committed reads again" };
            items.push((Key::char('u'), "which are read".into(), now.into(), pick("read")));
        }
        let right = "of this destination, until redrive ends".into();
        Ask::Overlay(Box::new(Overlay::Menu(Menu { title: "columns".into(), right, items })))
    }
}

fn none() -> Vec<Ask> {
    vec![Ask::Toast(Tone::Muted, "no message is chosen".into())]
}
