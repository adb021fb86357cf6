//! Every screen as it is painted, at two sizes.

use std::time::Duration;

use crate::Tui;

/// What differs from run to run, replaced by something of the same width.
fn steady(text: &str) -> String {
    let mut out = text.to_owned();
    for (what, with) in [
        (r"in \d+\.\ds", "in 0.0s"),
        (r"\b[0-9a-f]{4}-[0-9a-f]{4}\b", "0000-0000"),
        (r"frozen \d\d:\d\d", "frozen 00:00"),
        // The ledger goes by the machine's clock.
        (r"(when +)\S+ \S+ UTC, \d+s", "${1}2026-00-00 00:00:00.000 UTC, 0s"),
        (r"\b\d\d [A-Z][a-z]{2} \d\d:\d\d\b", "00 Xxx 00:00"),
        (r"(last of (these|this)[^\n]* died) [^\n]* ago", "$1 long ago"),
    ] {
        out = regex::Regex::new(what).expect(what).replace_all(&out, with).into_owned();
    }
    out
}

macro_rules! screen {
    ($tui:expr, $name:expr) => {
        let text = steady(&$tui.text());
        let settings = (concat!(env!("CARGO_MANIFEST_DIR"), "/tests/snapshots"), format!("tui__{}", $name));
        insta::with_settings!({ snapshot_path => settings.0, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(settings.1, text);
        });
    };
}

#[tokio::test]
async fn every_screen_at_two_sizes() {
    for (width, height) in [(80, 24), (120, 40)] {
        let mut tui = Tui::story(width, height);
        let name = |screen: &str| format!("{screen}-{width}x{height}");
        tui.settle().await;
        // how long each answer took is as wide as the machine is slow, and the line has as many rows
        for broker in tui.shell.app.cx.facts.brokers.values_mut() {
            broker.probe.value.as_mut().expect("it is up").took = Duration::ZERO;
        }
        tui.shell.app.cx.facts.version += 1;
        screen!(tui, name("overview"));
        tui.press("?").await;
        screen!(tui, name("help"));
        tui.press("esc :").await;
        screen!(tui, name("palette"));
        tui.press("esc 2").await;
        screen!(tui, name("destinations"));
        tui.press("/").await.type_text("orders").await.press("enter d").await;
        screen!(tui, name("describe"));
        tui.press("3").await;
        screen!(tui, name("lag"));
        tui.press("enter").await;
        screen!(tui, name("group"));
        tui.press("1 / o r d e r s . d l t enter enter").await;
        screen!(tui, name("causes"));
        tui.press("R").await;
        screen!(tui, name("plan"));
        tui.press("m").await;
        screen!(tui, name("dry-run"));
        tui.press("esc esc enter").await;
        screen!(tui, name("messages"));
        tui.press("enter").await;
        screen!(tui, name("death"));
        tui.press("tab tab tab").await;
        screen!(tui, name("body"));
        tui.press("4").await;
        screen!(tui, name("jobs"));
        tui.press("5").await;
        screen!(tui, name("ledger"));
        tui.press("W").await;
        screen!(tui, name("writes"));
    }
}

#[tokio::test]
async fn too_small_a_terminal_says_so() {
    let mut tui = Tui::story(60, 20);
    tui.settle().await;
    screen!(tui, "too-small");
}
