//! What each command does here.

use super::{PAGE, State};
use crate::app::command::Command;
use crate::app::input::Input;
use crate::app::overlay::{Asking, Overlay};
use crate::app::screens::{Ask, Cx, Screen, describe, marked, message, moved};
use crate::app::text::Tone;
use crate::broker::parse_position;
use crate::triage::plan::Deed;

impl State {
    /// Does what a command asks.
    pub(super) fn act(&mut self, command: Command, arg: &str, cx: &Cx) -> Vec<Ask> {
        if let Some(why) = self.cannot(command, cx) {
            return vec![Ask::Toast(Tone::Watch, why)];
        }
        let mut cursor = std::mem::take(&mut self.cursor);
        let (len, was) = (self.shown.len(), cursor.row());
        let done = moved(&mut cursor, command, len, Self::height(cx), self.spots())
            || marked(&mut cursor, command, len, Self::height(cx), self.spots());
        self.cursor = cursor;
        if done {
            let at_end = was + 1 == len && matches!(command, Command::Down | Command::PageDown | Command::HalfDown);
            return if at_end && self.filter.is_empty() && self.only.is_none() { self.load_more(cx) } else { Vec::new() };
        }
        match command {
            Command::Sort => self.sort(cx),
            Command::Left | Command::Right => {
                self.sort.command(command, self.fields.len());
                Vec::new()
            }
            Command::Open => self.open(),
            Command::Replay => self.plan(Deed::Replay),
            Command::Park => self.plan(Deed::Park),
            Command::Discard => self.plan(Deed::Discard),
            Command::Restore => self.plan(Deed::Restore),
            Command::Describe => {
                let at = self.row(self.cursor.row()).map_or(self.at(), |seen| &seen.message.at);
                vec![Ask::Push(Box::new(Screen::Describe(describe::State::new(at.clone()))))]
            }
            Command::Next | Command::Prev => self.jump(command == Command::Next, cx),
            Command::Edit => self.edit(),
            Command::Note => self.note(arg, cx),
            Command::Compare => self.compare(),
            Command::Options => self.options(arg, cx),
            Command::Goto if arg.is_empty() => {
                vec![Ask::Overlay(Box::new(Overlay::Line { asking: Asking::Goto, input: Input::default() }))]
            }
            Command::Goto => match parse_position(arg, cx.now) {
                Ok(start) => {
                    self.limit = PAGE;
                    self.seek(start, cx)
                }
                Err(why) => vec![Ask::Toast(Tone::Bad, why)],
            },
            Command::Follow => self.turn_follow(cx),
            Command::Pause if self.reading() => self.stop(),
            Command::Pause if self.follow || self.several() => {
                self.follow = true;
                self.load(cx)
            }
            Command::Pause => vec![Ask::Toast(Tone::Muted, "nothing is being read; f follows, r reads again".into())],
            Command::Retry => self.read_again(arg, cx),
            Command::Save => self.save(cx),
            Command::Copy => match self.row(self.cursor.row()) {
                Some(seen) => vec![Ask::Overlay(Box::new(Overlay::Menu(message::copy_menu(seen, &cx.facts.context.name))))],
                None => vec![Ask::Toast(Tone::Muted, "no message is chosen".into())],
            },
            _ => Vec::new(),
        }
    }
}
