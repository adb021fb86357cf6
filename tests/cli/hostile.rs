//! Message bytes are hostile: nothing of them reaches a terminal raw.

use crate::demo;

/// A control character other than the end of a line.
fn raw(text: &str) -> Option<char> {
    text.chars().find(|c| c.is_control() && *c != '\n')
}

#[test]
fn no_command_lets_a_control_character_through() {
    // the story has a key with escape sequences and bodies that are not text
    let commands: [&[&str]; 8] = [
        &["ls", "--internal"],
        &["peek", "orders.dlt", "-n", "1000", "--from", "oldest"],
        &["peek", "orders.dlt", "-n", "1000", "--from", "oldest", "-o", "json"],
        &["peek", "error.inventory.warehouse", "--from", "oldest"],
        &["causes", "orders.dlt", "--cause", "214d"],
        &["causes", "orders.dlt", "-o", "json"],
        &["lag"],
        &["replay", "orders.dlt", "--all", "--dry-run"],
    ];
    for command in commands {
        let ran = demo(command);
        assert_eq!(raw(&ran.out), None, "{command:?} on stdout");
        assert_eq!(raw(&ran.err), None, "{command:?} on stderr");
    }
}

#[test]
fn every_dead_letter_is_shown_without_one() {
    let all = demo(&["peek", "orders.dlt", "-n", "1000", "--from", "oldest", "-o", "jsonl"]).exits(0).rows();
    let hostile = |r: &&serde_json::Value| r["key"].as_str().is_some_and(|k| k.contains('\u{1b}'));
    let undecodable = |r: &&serde_json::Value| r["body"].is_object();
    let chosen = [all.iter().find(hostile).expect("a hostile key"), all.iter().find(undecodable).expect("a body that is not text")];
    for row in chosen {
        let shown = demo(&["show", row["address"].as_str().expect("an address")]).exits(0);
        assert_eq!(raw(&shown.out), None, "{}", shown.out);
        let key = shown.out.lines().find(|l| l.starts_with("key")).expect("a key");
        assert!(row["key"].as_str().is_none_or(|k| !k.contains('\u{1b}')) || key.contains("\\u001b[31m"), "{key}");
    }
}

#[test]
fn what_is_typed_is_not_echoed_raw_either() {
    for args in [
        &["peek", "a\x1b[31mb"][..],
        &["show", "\x1b]0;x\x07"],
        &["replay", "--plan", "\x1b[2J"],
        &["causes", "orders.dlt", "--cause", "\x1b[1m"],
    ] {
        let ran = demo(args);
        assert!(ran.code != Some(0) && raw(&ran.err).is_none(), "{ran:?}");
    }
}
