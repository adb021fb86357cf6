//! The dialogs of redrive itself: quit while a replay runs, the contexts, writes on and off.

use super::command::Command;
use super::effect::Effect;
use super::key::Key;
use super::overlay::{Confirm, Dialog, Menu, Overlay, Pick, Then};
use super::text::{Line, Tone};
use super::{App, Writes};
use crate::decode::safe;

impl App {
    /// Quits; with a replay at work it asks first.
    pub(super) fn quit(&mut self) -> Vec<Effect> {
        if self.deeds() == 0 {
            return vec![Effect::Quit];
        }
        let lines = vec![
            Line::fact("running", format!("{} replay{}", self.deeds(), if self.deeds() == 1 { "" } else { "s" })),
            Line::fact("then", "stops after the batch in flight; the rest stays untouched"),
            Line::fact("go on later", "4 jobs, R; the next start shows it on the Overview"),
        ];
        self.overlay = Some(Overlay::Dialog(Box::new(Dialog::new("quit while a replay runs?", lines, Confirm::Yes, Then::Quit))));
        Vec::new()
    }

    pub(super) fn contexts(&mut self, arg: &str) -> Vec<Effect> {
        let here = self.cx.facts.context.name.clone();
        if arg.is_empty() {
            let names = self.contexts.clone();
            let items = names
                .iter()
                .zip(('1'..='9').chain('a'..='z'))
                .map(|(name, c)| {
                    let hint = if *name == here { "here".to_owned() } else { String::new() };
                    (Key::char(c), name.clone(), hint, Pick::Tell(Command::Contexts, name.clone()))
                })
                .collect();
            self.overlay = Some(Overlay::Menu(Menu { title: "contexts".into(), right: format!("here: {here}"), items }));
            return Vec::new();
        }
        if arg == here {
            self.say(Tone::Muted, format!("this is {here}"));
        } else if !self.contexts.iter().any(|c| c == arg) {
            self.say(Tone::Bad, format!("there is no context {arg}; there are {}", self.contexts.join(", ")));
        } else if !self.can_switch {
            self.say(Tone::Bad, format!("cannot switch here; start redrive --context {arg}"));
        } else {
            self.switch_to = Some(arg.to_owned());
            return vec![Effect::Quit];
        }
        Vec::new()
    }

    pub(super) fn writes_dialog(&mut self) {
        let context = &self.cx.facts.context;
        let fact = |name: &str, value: String| Line::fact(name, value);
        let permit = &self.cx.facts.permit;
        let role = format!("{} (from {})", permit.role.word(), safe(&permit.source));
        let dialog = match self.cx.writes {
            Writes::On => {
                let lines = vec![fact("now", format!("on: {} is not marked read_only", context.name))];
                Dialog::new("writes", lines, Confirm::Nothing, Then::Nothing)
            }
            Writes::Never => {
                let lines = vec![
                    fact("now", "off, and cannot be turned on here".into()),
                    fact("why", "this role or these connections have no writing side".into()),
                    fact("role", role),
                ];
                Dialog::new("writes", lines, Confirm::Nothing, Then::Nothing)
            }
            Writes::Until(end) => {
                let left = end.duration_since(self.cx.now).unwrap_or_default();
                let lines = vec![
                    fact("now", format!("on for another {}", crate::decode::human::age(left))),
                    fact("reason", self.cx.facts.reason.clone().unwrap_or_default()),
                    fact("off", "a running replay goes on to its batch's end and pauses".into()),
                ];
                Dialog::new("writes off?", lines, Confirm::Yes, Then::WritesOff)
            }
            Writes::ReadOnly => {
                let lines = vec![
                    fact("now", "off: this context is read_only".into()),
                    fact(
                        "on for",
                        format!("{}, counted down in line 1; leaving the context ends it", crate::decode::human::age(context.writes_for)),
                    ),
                    fact("role", role),
                    fact("who", format!("{} (kept in the ledger with the reason)", self.cx.facts.permit.actor.name)),
                    Line::new(),
                    Line::new().add(Tone::Muted, "   nothing is written by this: each replay still has its plan and its word"),
                ];
                Dialog::new("writes on?", lines, Confirm::Reason, Then::WritesOn)
            }
        };
        self.overlay = Some(Overlay::Dialog(Box::new(Dialog { right: context.name.clone(), ..dialog })));
    }
}
