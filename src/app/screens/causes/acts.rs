//! What is done with the chosen causes: their messages, a plan, an edit of the newest message, the copy menu.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{SAMPLE, State, none};
use crate::app::command::Command;
use crate::app::effect::{Chosen, Job};
use crate::app::key::Key;
use crate::app::overlay::{Menu, Overlay, Pick};
use crate::app::screens::plan::{self, Wanted};
use crate::app::screens::{Ask, Cx, Screen, message, messages};
use crate::app::text::Tone;
use crate::broker::{PeekRequest, Start};
use crate::decode::safe;
use crate::model::Seat;
use crate::schema::Seen;
use crate::triage::group::Cause;
use crate::triage::plan::{Deed, Scope};

impl State {
    /// The messages of these causes, where a look that left a trace has kept them.
    fn kept(&self, causes: &[&Cause]) -> Vec<Arc<Seen>> {
        let seats: BTreeSet<Seat> = causes.iter().flat_map(|c| c.members.seats()).collect();
        let kept = self.read.iter().flat_map(|read| &read.kept);
        kept.filter(|seen| seats.contains(&seen.message.seat)).cloned().collect()
    }

    pub(super) fn open(&self) -> Vec<Ask> {
        let Some(c) = self.chosen() else { return none() };
        let mut page = messages::State::new(self.at.clone());
        page.only(c.members.seats(), c.title.clone());
        page.loaded(self.kept(&[c]));
        vec![Ask::Push(Box::new(Screen::Messages(Box::new(page))))]
    }

    /// Opens the newest message of the chosen cause in the editor; it is read first, where reading it leaves no trace.
    pub(super) fn edit(&self, cx: &Cx) -> Vec<Ask> {
        let Some(c) = self.chosen() else { return none() };
        if let Some(sample) = self.kept(&[c]).into_iter().find(|seen| seen.message.seat == c.newest.seat) {
            return vec![Ask::Push(Box::new(message::alone(sample))), Ask::Run(Command::Edit)];
        }
        if cx.facts.price(&self.at).is_some() || !matches!(c.newest.seat, Seat::Offset { .. }) {
            return vec![Ask::Toast(Tone::Muted, "a queue's message is edited where it was looked at: enter, then e".into())];
        }
        let committed_only = cx.facts.context.committed_only(self.at.conn.as_str());
        let start = Start::Seat(c.newest.seat.clone());
        vec![Ask::Start(SAMPLE, Job::Peek(PeekRequest { start, committed_only, ..PeekRequest::new(self.at.clone(), 1) }))]
    }

    pub(super) fn plan(&self, deed: Deed) -> Vec<Ask> {
        let taken = self.list.taken();
        let Some(first) = taken.first() else { return none() };
        let scope = if taken.len() == 1 {
            Scope::Cause { id: first.id.to_string(), title: first.title.clone() }
        } else {
            Scope::Filter(format!("causes {}", taken.iter().map(|c| c.id.to_string()).collect::<Vec<_>>().join(", ")))
        };
        let kept = self.kept(&taken);
        let chosen =
            if kept.is_empty() { Chosen::Seats(taken.iter().flat_map(|c| c.members.seats()).collect()) } else { Chosen::Seen(kept) };
        let partly = self.read.as_ref().filter(|read| !read.complete).map(|read| read.receipt.clone());
        let wanted = Wanted { deed, from: self.at.clone(), scope, chosen, partly };
        vec![Ask::Push(Box::new(Screen::Plan(Box::new(plan::State::new(wanted)))))]
    }

    /// What of a cause can be put on the clipboard.
    pub(super) fn copy(&self, cx: &Cx) -> Vec<Ask> {
        let Some(c) = self.chosen() else { return none() };
        let item = |k: char, what: &str, text: String| (Key::char(k), what.to_owned(), text.clone(), Pick::Copy(text, what.to_owned()));
        let title = format!("copy cause {}", c.id);
        let detail: String = self.detail(cx).iter().map(|l| format!("{}\n", l.text().trim_end())).collect();
        let items = vec![
            item('c', "what is known of it", detail),
            item('a', "address", format!("{}/{}", cx.facts.context.name, self.at)),
            item('r', "redrive command", format!("redrive causes {} --cause {}", safe(&self.at.name), c.id)),
        ];
        vec![Ask::Overlay(Box::new(Overlay::Menu(Menu { title, right: String::new(), items })))]
    }
}
