//! Rule 1 of the keys: one key, one meaning; where it has no use it says what would work.

use redrive::app::action::Action;
use redrive::app::command::{Command, Group, TABLE};

use crate::Tui;

#[tokio::test]
async fn a_capital_opens_a_dialog_and_keys_without_use_say_where_they_have_one() {
    let mut tui = Tui::story(80, 24);
    tui.settle().await;
    tui.press("R").await.expect("works on Causes").press("2").await.expect("destinations,");
    assert!(!tui.text().contains("works on Causes"), "what a key was answered on one screen stays there:\n{}", tui.text());
    tui.press("1").await;
    tui.press("i").await.expect("i means nothing here");
    tui.press("esc esc esc").await.expect("overview");
    tui.shell.act(Action::Paste("qqq".into()), tui.now);
    tui.expect("pasted text is dropped");
    assert!(tui.shell.chores.is_empty(), "nothing that was pasted is a key");
}

#[tokio::test]
async fn a_destination_that_is_named_is_opened_from_everywhere_whatever_the_cursor_is_on() {
    let mut tui = Tui::story(80, 24);
    tui.settle().await;
    for place in ["1", "3", "5"] {
        tui.press(place).await.press(":").await.type_text("open payments-dlt").await.press("enter").await;
        tui.expect("payments-dlt › causes");
        tui.press("1").await.press(":").await.type_text("open nothing-of-this-name").await.press("enter").await;
        tui.expect("say of which connection");
    }
}

#[tokio::test]
async fn what_line_23_has_no_room_for_goes_on_in_a_line_more() {
    let mut tui = Tui::story(80, 24);
    tui.settle().await;
    let rows = |tui: &mut Tui| tui.lines().iter().filter(|l| l.contains(" dlq ")).count();
    tui.press("/ o r d e r s . d l t enter enter enter").await.expect("messages").press("E").await;
    tui.expect("escalate has no use here; it works on Causes");
    tui.press("1").await;
    tui.shell.app.say(redrive::app::text::Tone::Bad, format!("{}the end", "a long reason ".repeat(9)));
    let before = rows(&mut tui);
    tui.expect("the end");
    assert!(tui.lines()[23].contains("? all"), "the keys stay in the last line:\n{}", tui.text());
    tui.shell.app.toast = None;
    assert!(rows(&mut tui) >= before && before > 5, "the list gives the rows for it");
}

/// How every list is come to in the demo's story.
const LISTS: [(&str, &str); 9] = [
    ("overview", "1"),
    ("destinations", "2"),
    ("lag", "3"),
    ("jobs", "4"),
    ("ledger", "5"),
    ("warnings", ": w a r n i n g s enter"),
    ("causes", "1 / s . d enter enter"),
    ("messages", "1 / s . d enter m"),
    ("messages of a queue", "1 / b i l l i n g . f a i l e d enter m esc"),
];

/// And what is opened from one.
const OPENED: [(&str, &str); 7] = [
    ("describe", "2 / s . d enter d"),
    ("group", "3 enter"),
    ("message", "1 / s . d enter m enter"),
    ("compare", "1 / s . d enter m space space ="),
    ("plan", "1 / s . d enter enter R"),
    ("dry run", "1 / s . d enter enter R m"),
    ("job", "1 / s . d enter enter R 4 enter"),
];

#[tokio::test]
async fn every_key_does_something_in_every_list_or_says_what_would_work() {
    every_key(&LISTS).await;
}

#[tokio::test]
async fn every_key_does_something_on_what_was_opened_or_says_what_would_work() {
    every_key(&OPENED).await;
}

async fn every_key(ways: &[(&str, &str)]) {
    let mut silent = Vec::new();
    for (name, way) in ways {
        let mut tui = Tui::story(80, 24);
        tui.settle().await;
        tui.press(way).await;
        tui.shell.app.toast = None;
        let start = tui.text();
        for entry in TABLE.iter().filter(|e| e.group != Group::Move && !SILENT.contains(&e.id)) {
            let Some(key) = entry.keys.split(' ').next().filter(|k| !k.is_empty()) else { continue };
            // what the last one said is gone
            tui.shell.app.toast = None;
            let before = tui.text();
            tui.press(key).await;
            if tui.text() == before && tui.shell.chores.is_empty() {
                silent.push(format!("{key} ({}) on {name}", entry.name));
            }
            tui.shell.chores.clear();
            tui.shell.app.overlay = None;
            tui.shell.app.toast = None;
            if tui.text() != start {
                tui.shell.app.cx.wide = false;
                tui.press(&format!("1 esc esc {way}")).await;
            }
        }
    }
    assert!(silent.is_empty(), "keys that do nothing and say nothing:\n  {}", silent.join("\n  "));
}

/// These leave, end, or go to a place, which looks the same when one is there; and a read of messages shows itself while it lasts.
const SILENT: [Command; 12] = [
    Command::Back,
    Command::Leave,
    Command::Suspend,
    Command::Last,
    Command::HistoryBack,
    Command::HistoryForward,
    Command::Overview,
    Command::Destinations,
    Command::Lag,
    Command::Jobs,
    Command::Ledger,
    Command::Retry,
];
