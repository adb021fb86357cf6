//! Options of a plan: where its messages go, which headers change, how fast; each set by a line of text, then the plan is frozen anew.

use super::State;
use crate::app::command::Command;
use crate::app::input::Input;
use crate::app::key::Key;
use crate::app::overlay::{Asking, Menu, Overlay, Pick};
use crate::app::screens::{Ask, Cx};
use crate::app::text::Tone;
use crate::decode::{human, safe};
use crate::model::Address;
use crate::triage::plan::{Choice, Deed, ReplayRequest, Route};

impl State {
    /// The menu, with what holds now.
    pub(super) fn options(&self, cx: &Cx) -> Vec<Ask> {
        if self.wanted.deed != Deed::Replay {
            return vec![Ask::Toast(Tone::Muted, format!("a {} has no options", self.wanted.deed.word()))];
        }
        let ask = self.request(cx);
        let item = |choice: &Choice| {
            let key = Key::char(choice.word().chars().next().unwrap_or('?'));
            (key, choice.title().to_owned(), shown(&ask, *choice), Pick::Tell(Command::Options, choice.word().into()))
        };
        let title = "options of this plan".into();
        let right = "a change freezes it anew".into();
        vec![Ask::Overlay(Box::new(Overlay::Menu(Menu { title, right, items: Choice::ALL.iter().map(item).collect() })))]
    }

    /// `rate` opens a line for it, `rate=50` sets it.
    pub(super) fn option(&mut self, arg: &str, cx: &Cx) -> Vec<Ask> {
        let (word, text) = arg.split_once('=').map_or((arg, None), |(word, text)| (word, Some(text)));
        let Some(choice) = Choice::from_word(word) else { return self.options(cx) };
        let mut ask = self.request(cx);
        let Some(text) = text else {
            let input = Input::with(&choice.text(&ask));
            return vec![Ask::Overlay(Box::new(Overlay::Line { asking: Asking::Option(choice), input }))];
        };
        let set = match choice {
            Choice::Route => route(text, &self.wanted.from, cx).map(|route| ask.route = route),
            _ => choice.set(&mut ask, text),
        };
        match set {
            Ok(()) => self.freeze_anew(ask, cx),
            Err(why) => vec![Ask::Toast(Tone::Bad, safe(&why).into_owned())],
        }
    }
}

/// What holds now, as the menu shows it.
fn shown(ask: &ReplayRequest, choice: Choice) -> String {
    match (choice, choice.text(ask)) {
        (Choice::Strip, text) if text.is_empty() => "what the frameworks put on, nothing more".into(),
        (Choice::Watch, _) => human::age(ask.pace.watch),
        (Choice::Rate, text) if text == "0" => "as fast as confirmations come".into(),
        (Choice::Canary, text) if text == "0" => "no steps: all at once".into(),
        (Choice::Key, text) if text.is_empty() => "each by the key that it first came by".into(),
        (_, text) if text.is_empty() => "-".into(),
        (_, text) => text,
    }
}

/// `origin`, or the one destination of this name.
fn route(text: &str, from: &Address, cx: &Cx) -> Result<Route, String> {
    let text = text.trim();
    if text == "origin" {
        return Ok(Route::Origin);
    }
    let all = || cx.facts.destinations().map(|d| &d.at);
    let named: Vec<&Address> = all().filter(|at| at.is_named(text) || at.to_string() == text).collect();
    match named.as_slice() {
        [one] => Ok(Route::To((*one).clone())),
        [] => {
            let near = crate::config::nearest(text, all().map(|at| at.name.as_str()));
            let hint = near.map_or(String::new(), |n| format!("; did you mean {n}?"));
            Err(format!("there is no destination {text} here{hint}"))
        }
        several => match several.iter().find(|at| at.conn == from.conn) {
            Some(here) => Ok(Route::To((*here).clone())),
            None => Err(format!("several are called {text}: {}", several.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))),
        },
    }
}
