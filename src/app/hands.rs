//! Keys, pasted text and the mouse: to the overlay that is open, else a command or a row.

use super::action::Mouse;
use super::command::Command;
use super::effect::Effect;
use super::key::Key;
use super::layout::areas;
use super::overlay::{Asking, Heard, Overlay, Then};
use super::screens::notes;
use super::text::Tone;
use super::{App, Writes};

impl App {
    pub(super) fn key(&mut self, key: Key) -> Vec<Effect> {
        self.cx.last_key = Some(self.cx.now);
        if let Some(mut overlay) = self.overlay.take() {
            let page = usize::from(areas(self.cx.size, 1).rows);
            let heard = overlay.key(key, page);
            return self.heard(overlay, heard);
        }
        match self.cx.keys.command(key) {
            Some(command) => self.run(command, ""),
            None => {
                let said = match key.to_string().as_str() {
                    "u" | "Z" => format!("nothing is undone by {key}; {} undoes a park or a discard", self.cx.keys.shown(Command::Restore)),
                    _ => format!("{key} means nothing here; {} lists the keys", self.cx.keys.shown(Command::Help)),
                };
                self.say(Tone::Muted, said);
                Vec::new()
            }
        }
    }

    fn heard(&mut self, overlay: Overlay, heard: Heard) -> Vec<Effect> {
        match heard {
            Heard::Open => self.overlay = Some(overlay),
            Heard::Close => {}
            Heard::Run(command, arg) => return self.run(command, &arg),
            Heard::Saying(asking, text) => {
                self.overlay = Some(overlay);
                if asking == Asking::Filter {
                    return self.with_top(|page, cx| {
                        page.filter(&text, cx);
                        Vec::new()
                    });
                }
            }
            Heard::Said(Asking::Filter, text) => {
                return self.with_top(|page, cx| {
                    page.filter(&text, cx);
                    Vec::new()
                });
            }
            Heard::Said(Asking::Goto, text) if text.trim().is_empty() => {}
            Heard::Said(Asking::Goto, text) => return self.with_top(|page, cx| page.command(Command::Goto, &text, cx)),
            Heard::Said(Asking::Word(_), text) => return self.with_top(|page, cx| page.command(Command::Open, &format!("={text}"), cx)),
            Heard::Said(Asking::Option(choice), text) => {
                let arg = format!("{}={text}", choice.word());
                return self.with_top(|page, cx| page.command(Command::Options, &arg, cx));
            }
            Heard::Said(Asking::Columns, text) => {
                return self.with_top(|page, cx| page.command(Command::Options, &format!("names={text}"), cx));
            }
            Heard::Said(Asking::Note(..), text) if text.trim().is_empty() => self.say(Tone::Muted, "nothing noted"),
            Heard::Said(Asking::Note(_, on), text) => {
                let kept = notes::keep(on.into_iter(), text.trim(), &self.cx);
                return self.answer(vec![kept]);
            }
            Heard::Then(then, said) => return self.confirmed(then, said),
            Heard::Effect(effect, word) => {
                self.say(Tone::Ok, word);
                return vec![effect];
            }
        }
        Vec::new()
    }

    fn confirmed(&mut self, then: Then, said: String) -> Vec<Effect> {
        match then {
            Then::Nothing => {}
            Then::Quit => return vec![Effect::Quit],
            Then::Tell(command, arg) => return self.with_top(|page, cx| page.command(command, &arg.replace("{}", &said), cx)),
            Then::WritesOn => {
                let long = self.cx.facts.context.writes_for;
                self.cx.writes = Writes::Until(self.cx.now + long);
                self.say(Tone::Watch, format!("writes are on for {}: {said}", crate::decode::human::age(long)));
                self.cx.facts.reason = Some(said);
                return vec![Effect::Writes(Some(self.cx.now + long))];
            }
            Then::WritesOff => {
                self.cx.writes = Writes::ReadOnly;
                self.cx.facts.reason = None;
                self.say(Tone::Ok, "writes are off");
                return vec![Effect::Writes(None)];
            }
        }
        Vec::new()
    }

    pub(super) fn paste(&mut self, text: &str) -> Vec<Effect> {
        let Some(mut overlay) = self.overlay.take() else {
            self.say(Tone::Muted, "pasted text is dropped: no input is open (/ : @ open one)");
            return Vec::new();
        };
        match overlay.paste(text) {
            Some(heard) => self.heard(overlay, heard),
            None => {
                self.overlay = Some(overlay);
                Vec::new()
            }
        }
    }

    pub(super) fn mouse(&mut self, mouse: Mouse) -> Vec<Effect> {
        self.cx.last_key = Some(self.cx.now);
        if let Some(overlay) = &mut self.overlay {
            if let (Mouse::Wheel { up }, Overlay::Help { top }) = (mouse, overlay) {
                *top = if up { top.saturating_sub(3) } else { *top + 3 };
            }
            return Vec::new();
        }
        match mouse {
            Mouse::Wheel { up } => (0..3).flat_map(|_| self.run(if up { Command::Up } else { Command::Down }, "")).collect(),
            Mouse::Click { y, .. } => {
                let a = self.cx.areas();
                if y < a.body || y >= a.body + a.rows {
                    return Vec::new();
                }
                self.with_top(|page, cx| page.click(y - a.body, cx))
            }
        }
    }
}
