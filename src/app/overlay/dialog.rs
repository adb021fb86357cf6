//! A dialog: what would happen, before it does, and how it is confirmed.

use super::{Heard, scroll};
use crate::app::command::Command;
use crate::app::input::Input;
use crate::app::key::{Code, Key};
use crate::app::text::Line;

/// How a dialog is confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Confirm {
    /// This very text is typed into the field that `enter` opens.
    Typed(String),
    /// Anything but nothing: a reason.
    Reason,
    /// `y`.
    Yes,
    /// `y` for all, whose words these are, or `f` for the first 10 only.
    AllOrFirst(String),
    /// Nothing to confirm: it only says something.
    Nothing,
}

/// What happens when a dialog is confirmed.
#[derive(Clone, Debug, PartialEq)]
pub enum Then {
    Nothing,
    /// Back to the screen it came from; `{}` in the argument is what was typed, or `all` or `first`.
    Tell(Command, String),
    WritesOn,
    WritesOff,
    Quit,
}

/// A dialog: what would happen, before it does. It fills the body.
#[derive(Clone, Debug)]
pub struct Dialog {
    pub title: String,
    /// At the right of the title.
    pub right: String,
    pub lines: Vec<Line>,
    /// The command that does the same.
    pub cli: String,
    pub confirm: Confirm,
    /// Open once `enter` was pressed.
    pub field: Option<Input>,
    /// What is wrong with what was typed.
    pub wrong: String,
    pub then: Then,
    pub top: usize,
}

impl Dialog {
    /// A dialog that says something and asks for a word.
    pub fn new(title: impl Into<String>, lines: Vec<Line>, confirm: Confirm, then: Then) -> Self {
        Self {
            title: title.into(),
            right: String::new(),
            lines,
            cli: String::new(),
            confirm,
            field: None,
            wrong: String::new(),
            then,
            top: 0,
        }
    }

    /// What line 24 says.
    pub fn hint(&self) -> String {
        match (&self.confirm, self.field.is_some()) {
            (Confirm::Typed(word), false) => format!("enter, then type {word}   esc"),
            (Confirm::Typed(word), true) => format!("type {word}, enter   esc"),
            (Confirm::Reason, false) => "enter, then type the reason   esc".into(),
            (Confirm::Reason, true) => "the reason, enter   esc".into(),
            (Confirm::Yes, _) => "y yes   esc".into(),
            (Confirm::AllOrFirst(all), _) => format!("y look at {all}   f the first 10 only   esc         (asked again after 1h)"),
            (Confirm::Nothing, _) => "esc".into(),
        }
    }

    /// Takes a key: the confirm field where it is open, else what opens it, `y`, or a scroll.
    pub(super) fn key(&mut self, key: Key, page: usize) -> Heard {
        let Some(field) = &mut self.field else {
            return match (key.code, &self.confirm) {
                (Code::Enter, Confirm::Typed(_) | Confirm::Reason) => {
                    self.field = Some(Input::default());
                    Heard::Open
                }
                (Code::Char('y'), Confirm::Yes) if !key.ctrl => Heard::Then(self.then.clone(), String::new()),
                (Code::Char('y'), Confirm::AllOrFirst(_)) if !key.ctrl => Heard::Then(self.then.clone(), "all".into()),
                (Code::Char('f'), Confirm::AllOrFirst(_)) if !key.ctrl => Heard::Then(self.then.clone(), "first".into()),
                (Code::Char('q'), _) if !key.ctrl => Heard::Close,
                (Code::Enter, Confirm::Nothing) => Heard::Close,
                _ => scroll(&mut self.top, key, page),
            };
        };
        if key.code != Code::Enter {
            field.key(key);
            self.wrong.clear();
            return Heard::Open;
        }
        let said = field.text().trim().to_owned();
        let wrong = match &self.confirm {
            Confirm::Typed(word) if said.replace(',', "") != word.replace(',', "") => format!("that is not {word}: nothing done"),
            Confirm::Reason if said.is_empty() => "a reason is needed: nothing done".into(),
            _ => return Heard::Then(self.then.clone(), said),
        };
        self.wrong = wrong;
        Heard::Open
    }
}
