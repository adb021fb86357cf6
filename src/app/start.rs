//! The app as it begins: on the Overview, with every broker asked.

use super::effect::Effect;
use super::facts::Facts;
use super::screens::{Screen, overview};
use super::slots::{ScreenId, Slots};
use super::{App, Open, Start};

/// The app at its start, with the Overview open and everything asked for.
pub fn start(start: Start) -> (App, Vec<Effect>) {
    let mut app = App {
        facts: Facts::new(start.context, start.conns),
        contexts: start.contexts,
        writes: start.writes,
        screens: vec![Open { id: ScreenId(0), screen: Screen::Overview(overview::State::default()) }],
        overlay: None,
        slots: Slots::default(),
        toast: None,
        keys: start.keys,
        times: start.times,
        wide: false,
        size: start.size,
        now: start.now,
        before: Vec::new(),
        after: Vec::new(),
        last_key: None,
        next_due: None,
        leaving: false,
        can_switch: start.can_switch,
        switch_to: None,
    };
    app.facts.permit = start.permit;
    app.facts.replay = start.replay;
    app.facts.warnings = start.warnings;
    let now = app.now;
    for b in app.facts.brokers.values_mut() {
        b.asked = Some(now);
    }
    let effects = app.ask_all();
    app.sync();
    (app, effects)
}
