//! The stack of screens: one opened on another, one layer back, another place and back again.

use super::effect::Effect;
use super::screens::{Screen, overview};
use super::slots::ScreenId;
use super::text::Tone;
use super::{App, Open};

impl App {
    pub(super) fn push(&mut self, screen: Screen) -> Vec<Effect> {
        let id = ScreenId(self.slots.number());
        self.screens.push(Open { id, screen });
        self.entered()
    }

    /// The shown screen asks for what it needs.
    fn entered(&mut self) -> Vec<Effect> {
        // what was asked for seldom while it was hidden may be due at once
        self.next_due = Some(self.cx.now);
        self.with_top(|page, cx| {
            page.sync(cx);
            page.enter(cx)
        })
    }

    pub(super) fn back(&mut self) -> Vec<Effect> {
        if self.screens.len() == 1 {
            return Vec::new();
        }
        let id = self.top().id;
        self.screens.pop();
        let mut effects = self.slots.leave(id);
        effects.extend(self.entered());
        effects
    }

    /// Leaves the whole stack for another; what was left can be had back by `-` and `[`.
    pub(super) fn jump(&mut self, screen: Option<Screen>) -> Vec<Effect> {
        let mut effects = self.leave_all();
        let home = Open { id: ScreenId(self.slots.number()), screen: Screen::Overview(overview::State::default()) };
        let old = std::mem::replace(&mut self.screens, vec![home]);
        self.before.push(old);
        if self.before.len() > 20 {
            self.before.remove(0);
        }
        self.after.clear();
        effects.extend(match screen {
            Some(screen) => self.push(screen),
            None => self.entered(),
        });
        effects
    }

    /// To the place that was left last, and from there back again.
    pub(super) fn last(&mut self) -> Vec<Effect> {
        let was = self.before.len();
        let effects = self.history(true);
        if self.before.len() < was {
            self.before.extend(self.after.pop());
        }
        effects
    }

    pub(super) fn history(&mut self, back: bool) -> Vec<Effect> {
        let Some(to) = (if back { self.before.pop() } else { self.after.pop() }) else {
            self.say(Tone::Muted, if back { "nothing further back" } else { "nothing further on" });
            return Vec::new();
        };
        let mut effects = self.leave_all();
        let from = std::mem::replace(&mut self.screens, to);
        if back {
            self.after.push(from)
        } else {
            self.before.push(from)
        }
        effects.extend(self.entered());
        effects
    }

    /// Stops what feeds the screens of the stack, which may be come back to.
    fn leave_all(&mut self) -> Vec<Effect> {
        let slots = &mut self.slots;
        self.screens
            .iter_mut()
            .flat_map(|open| {
                open.screen.page_mut().left();
                slots.leave(open.id)
            })
            .collect()
    }

    pub(super) fn esc(&mut self) -> Vec<Effect> {
        let mut took = true;
        let effects = self.with_top(|page, cx| match page.esc(cx) {
            Some(asks) => asks,
            None => {
                took = false;
                Vec::new()
            }
        });
        if took { effects } else { self.back() }
    }

    pub(super) fn interrupt(&mut self) -> Vec<Effect> {
        let last = self.screens.len() - 1;
        let effects = self.slots.leave(self.screens[last].id);
        self.screens[last].screen.page_mut().left();
        if effects.is_empty() {
            self.leaving = true;
            self.say(Tone::Watch, "ctrl-c again quits");
        } else {
            self.say(Tone::Muted, "stopped");
        }
        effects
    }
}
