//! What each command does here.

use super::{State, TABS, Tab, copy_menu, file_name};
use crate::app::command::Command;
use crate::app::effect::{Chosen, Effect, Job};
use crate::app::overlay::Overlay;
use crate::app::screens::{Ask, Cx, Page, Screen, notes, plan, scrolled};
use crate::app::text::Tone;
use crate::decode::Hint;
use crate::triage::plan::{Deed, Scope};

impl State {
    /// Does what a command asks.
    pub(super) fn act(&mut self, command: Command, arg: &str, cx: &Cx) -> Vec<Ask> {
        let len = self.len(cx);
        if scrolled(&mut self.top, command, len, Self::height(cx)) {
            return Vec::new();
        }
        let tab = TABS.iter().position(|t| *t == self.tab).unwrap_or(0);
        match command {
            Command::NextTab | Command::Open => (self.tab, self.top, self.left) = (TABS[(tab + 1) % TABS.len()], 0, 0),
            Command::PrevTab => (self.tab, self.top, self.left) = (TABS[(tab + TABS.len() - 1) % TABS.len()], 0, 0),
            Command::Left => self.left = self.left.saturating_sub(8),
            Command::Right => self.left = (self.left + 8).min(4_000),
            Command::Wrap => {
                self.wrap = !self.wrap;
                return vec![Ask::Toast(
                    Tone::Muted,
                    if self.wrap { "long lines of the body are wrapped" } else { "long lines run on; ←→ scroll" }.into(),
                )];
            }
            Command::Fold => self.fold(cx),
            Command::Next => return self.jump(true, cx),
            Command::Prev => return self.jump(false, cx),
            Command::NextMessage => return self.turn(self.index + 1, cx),
            Command::PrevMessage => {
                return match self.index.checked_sub(1) {
                    Some(i) => self.turn(i, cx),
                    None => vec![Ask::Toast(Tone::Muted, "the first of the list".into())],
                };
            }
            Command::DecodeAs => {
                self.hint = match self.hint {
                    Hint::Auto => Hint::Text,
                    Hint::Text => Hint::Hex,
                    Hint::Hex => Hint::Auto,
                };
                (self.tab, self.body) = (Tab::Body, None);
                return vec![Ask::Start("body", Job::Show(self.shown(cx).clone(), self.hint))];
            }
            Command::Replay | Command::Park | Command::Discard | Command::Restore => {
                let (deed, chosen) = match command {
                    Command::Replay => (Deed::Replay, Chosen::Seen(vec![self.seen().clone()])),
                    Command::Park => (Deed::Park, Chosen::Seen(vec![self.seen().clone()])),
                    Command::Discard => (Deed::Discard, Chosen::Seen(vec![self.seen().clone()])),
                    _ => (Deed::Restore, Chosen::Restorable(vec![self.seen().id.clone()])),
                };
                let wanted = plan::Wanted { deed, from: self.seen().message.at.clone(), scope: Scope::Marked, chosen, partly: None };
                return vec![Ask::Push(Box::new(Screen::Plan(Box::new(plan::State::new(wanted)))))];
            }
            Command::Note => {
                let seen = self.seen();
                let on = std::iter::once((seen.message.at.clone(), seen.id.0.clone()));
                return vec![if arg.is_empty() { notes::ask("this message", on) } else { notes::keep(on, arg, cx) }];
            }
            Command::Edit => return self.begin_edit(cx),
            Command::Save => {
                let m = &self.seen().message;
                let name = file_name(&format!("redrive-{}-{}.body", m.at.name, m.seat));
                return vec![Ask::Do(Effect::Write(name.into(), m.body.clone().unwrap_or_default()))];
            }
            Command::Copy => return vec![Ask::Overlay(Box::new(Overlay::Menu(copy_menu(self.seen(), &cx.facts.context.name))))],
            _ => {}
        }
        self.sync(cx);
        Vec::new()
    }

    fn turn(&mut self, index: usize, cx: &Cx) -> Vec<Ask> {
        if index >= self.list.len() {
            return vec![Ask::Toast(Tone::Muted, "the last of the list".into())];
        }
        self.index = index;
        (self.top, self.left, self.body, self.raw, self.at) = (0, 0, None, None, None);
        self.folded.clear();
        self.rows.clear();
        self.ask(cx)
    }
}
