//! What lies over a screen: help, the command palette, a line of input, a dialog with its confirm field, a menu.

mod dialog;

pub use dialog::{Confirm, Dialog, Then};

use super::command::{Command, matching};
use super::effect::Effect;
use super::input::Input;
use super::key::{Code, Key};
use crate::model::Address;
use crate::triage::plan::Choice;

/// What a typed line is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asking {
    Filter,
    Goto,
    /// A note on this, in words, and on these: where each is, and a message's id or a cause's fingerprint. Rows may move while it is typed.
    Note(String, Vec<(Address, String)>),
    /// Headers and fields of bodies as columns.
    Columns,
    /// Something of a plan.
    Option(Choice),
    /// The very word that starts a plan; the screen judges it.
    Word(String),
}

/// What a menu's letter does.
#[derive(Clone, Debug, PartialEq)]
pub enum Pick {
    /// Onto the clipboard; the word says what it is.
    Copy(String, String),
    /// Back to the screen, with an argument.
    Tell(Command, String),
}

/// A menu: its own letters hold while it is open.
#[derive(Clone, Debug)]
pub struct Menu {
    pub title: String,
    pub right: String,
    /// Letter, what it is, its value as a hint, what it does.
    pub items: Vec<(Key, String, String, Pick)>,
}

/// What lies over the screen.
#[derive(Clone, Debug)]
pub enum Overlay {
    Help { top: usize },
    Palette { input: Input, chosen: usize },
    Line { asking: Asking, input: Input },
    Dialog(Box<Dialog>),
    Menu(Menu),
}

/// What came of a key in an overlay.
#[derive(Debug)]
pub enum Heard {
    /// Stays open.
    Open,
    Close,
    /// Closed; do this.
    Run(Command, String),
    /// Closed; the typed line.
    Said(Asking, String),
    /// Still open; the line as far as typed.
    Saying(Asking, String),
    Then(Then, String),
    Effect(Effect, String),
}

impl Overlay {
    /// Takes a key.
    pub fn key(&mut self, key: Key, page: usize) -> Heard {
        if key.code == Code::Esc || (key == Key { code: Code::Char('c'), ctrl: true, alt: false }) {
            return self.esc();
        }
        match self {
            Overlay::Help { top } => scroll(top, key, page),
            Overlay::Palette { input, chosen } => palette(input, chosen, key),
            Overlay::Line { asking, input } => match key.code {
                Code::Enter => Heard::Said(asking.clone(), input.text().to_owned()),
                // a wrong word was taken away already: who takes it away again types the right one next, and no key of the screen
                Code::Backspace if input.text().is_empty() && !matches!(asking, Asking::Word(_)) => Heard::Close,
                _ => {
                    input.key(key);
                    Heard::Saying(asking.clone(), input.text().to_owned())
                }
            },
            Overlay::Dialog(dialog) => dialog.key(key, page),
            Overlay::Menu(menu) => match menu.items.iter().find(|(k, ..)| *k == key) {
                Some((_, what, _, Pick::Copy(text, _))) => Heard::Effect(Effect::Copy(text.clone()), format!("copied: {what}")),
                Some((_, _, _, Pick::Tell(command, arg))) => Heard::Run(*command, arg.clone()),
                None => Heard::Open,
            },
        }
    }

    /// Text that was pasted: only inputs take it. False if it was dropped.
    pub fn paste(&mut self, text: &str) -> Option<Heard> {
        match self {
            Overlay::Palette { input, .. } => input.paste(text),
            // What starts a plan is typed, not pasted.
            Overlay::Line { asking: Asking::Word(_), .. } => return None,
            Overlay::Line { asking, input } => {
                input.paste(text);
                return Some(Heard::Saying(asking.clone(), input.text().to_owned()));
            }
            // What confirms a deed is typed, not pasted.
            Overlay::Dialog(d) if d.field.is_some() && d.confirm == Confirm::Reason => d.field.as_mut()?.paste(text),
            _ => return None,
        }
        Some(Heard::Open)
    }

    fn esc(&mut self) -> Heard {
        match self {
            Overlay::Dialog(d) if d.field.is_some() => {
                (d.field, d.wrong) = (None, String::new());
                Heard::Open
            }
            Overlay::Line { asking: Asking::Filter, .. } => Heard::Said(Asking::Filter, String::new()),
            _ => Heard::Close,
        }
    }
}

fn scroll(top: &mut usize, key: Key, page: usize) -> Heard {
    match (key.code, key.ctrl) {
        (Code::Char('j') | Code::Down, false) => *top += 1,
        (Code::Char('k') | Code::Up, false) => *top = top.saturating_sub(1),
        (Code::Char('d'), true) => *top += page / 2,
        (Code::Char('f'), true) | (Code::PageDown | Code::Char(' '), _) => *top += page,
        (Code::Char('u'), true) => *top = top.saturating_sub(page / 2),
        (Code::Char('b'), true) | (Code::PageUp, _) => *top = top.saturating_sub(page),
        (Code::Char('g') | Code::Home, false) => *top = 0,
        (Code::Char('G') | Code::End, false) => *top = usize::MAX / 2,
        (Code::Char('q' | '?'), false) => return Heard::Close,
        _ => {}
    }
    Heard::Open
}

fn palette(input: &mut Input, chosen: &mut usize, key: Key) -> Heard {
    let found = matching(input.text());
    match key.code {
        Code::Enter => {
            let arg = input.text().split_once(' ').map_or("", |(_, rest)| rest).trim().to_owned();
            return found.get(*chosen).map_or(Heard::Open, |e| Heard::Run(e.id, arg));
        }
        Code::Tab => {
            if let Some(e) = found.get(*chosen) {
                (*input, *chosen) = (Input::with(&format!("{} ", e.name)), 0);
            }
        }
        Code::Down => *chosen = (*chosen + 1).min(found.len().saturating_sub(1)),
        Code::Up => *chosen = chosen.saturating_sub(1),
        Code::Backspace if input.text().is_empty() => return Heard::Close,
        _ => {
            input.key(key);
            *chosen = 0;
        }
    }
    Heard::Open
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(overlay: &mut Overlay, keys: &str) -> Heard {
        let mut heard = Heard::Open;
        for key in keys.split(' ') {
            heard = overlay.key(key.parse().expect(key), 10);
        }
        heard
    }

    #[test]
    fn a_dialog_is_confirmed_by_the_very_word_and_by_no_key_that_opens_one() {
        let mut o = Overlay::Dialog(Box::new(Dialog::new("replay", vec![], Confirm::Typed("976".into()), Then::Quit)));
        assert!(matches!(press(&mut o, "R R y"), Heard::Open));
        assert!(matches!(press(&mut o, "enter enter"), Heard::Open));
        assert!(matches!(press(&mut o, "9 7 7 enter"), Heard::Open));
        let Overlay::Dialog(d) = &o else { panic!("still the dialog") };
        assert_eq!(d.wrong, "that is not 976: nothing done");
        assert!(matches!(press(&mut o, "backspace 6 enter"), Heard::Then(Then::Quit, _)));
        assert!(matches!(press(&mut o, "esc"), Heard::Open));
        assert!(matches!(press(&mut o, "esc"), Heard::Close));
        assert!(o.paste("976").is_none());
    }

    #[test]
    fn the_palette_runs_what_is_chosen_with_its_argument() {
        let mut o = Overlay::Palette { input: Input::default(), chosen: 0 };
        assert!(matches!(press(&mut o, "c t x space p r o d enter"), Heard::Run(Command::Contexts, arg) if arg == "prod"));
    }
}
