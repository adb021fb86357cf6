//! Notes: a person's word on a message or a cause, kept in the ledger.

use super::{Ask, Cx};
use crate::app::effect::Job;
use crate::app::input::Input;
use crate::app::overlay::{Asking, Overlay};
use crate::app::text::Tone;
use crate::model::Address;
use crate::triage::report::{Mark, MarkKind};

/// Things that one note goes on at most: each has its own entry in the ledger.
const MOST: usize = 100;

/// Asks for the text of a note on this, in words, and keeps in mind what that is by now.
pub fn ask(words: &str, on: impl Iterator<Item = (Address, String)>) -> Ask {
    Ask::Overlay(Box::new(Overlay::Line { asking: Asking::Note(words.to_owned(), on.collect()), input: Input::default() }))
}

/// Keeps a note on these: where each is, and a message's id or a cause's fingerprint.
pub fn keep(on: impl ExactSizeIterator<Item = (Address, String)>, text: &str, cx: &Cx) -> Ask {
    if on.len() > MOST {
        return Ask::Toast(
            Tone::Watch,
            format!("a note goes on {MOST} at most, and {} are marked; a on their cause is one note", on.len()),
        );
    }
    let mark = |(place, subject): (Address, String)| Mark {
        seq: 0,
        kind: MarkKind::Note,
        place,
        subject,
        value: text.to_owned(),
        actor: cx.facts.permit.actor.name.clone(),
        reason: None,
        at: cx.now,
    };
    Ask::Small(Job::Mark(on.map(mark).collect()))
}
