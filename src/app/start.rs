//! The app as it begins: on the Overview, with every broker asked.

use super::effect::Effect;
use super::facts::Facts;
use super::screens::{Cx, Screen, overview};
use super::slots::{ScreenId, Slots};
use super::{App, Open, Start};

/// The app at its start, with the Overview open and everything asked for.
pub fn start(start: Start) -> (App, Vec<Effect>) {
    let mut app = App {
        cx: Cx {
            facts: Facts::new(start.context, start.conns),
            now: start.now,
            size: start.size,
            keys: start.keys,
            times: start.times,
            wide: false,
            writes: start.writes,
            said: 1,
            last_key: None,
        },
        contexts: start.contexts,
        screens: vec![Open { id: ScreenId(0), screen: Screen::Overview(overview::State::default()) }],
        overlay: None,
        later: None,
        slots: Slots::default(),
        toast: None,
        before: Vec::new(),
        after: Vec::new(),
        next_due: None,
        leaving: false,
        can_switch: start.can_switch,
        switch_to: None,
    };
    app.cx.facts.permit = start.permit;
    app.cx.facts.replay = start.replay;
    app.cx.facts.warnings = start.warnings;
    let now = app.cx.now;
    for b in app.cx.facts.brokers.values_mut() {
        b.asked = Some(now);
    }
    let effects = app.ask_all();
    app.sync();
    (app, effects)
}
