//! Help, completions and the manual: of every command.

use crate::place;

const COMMANDS: [&str; 16] = [
    "ls",
    "peek",
    "show",
    "causes",
    "lag",
    "replay",
    "park",
    "discard",
    "restore",
    "categorise",
    "escalate",
    "ledger",
    "check",
    "demo",
    "completions",
    "man",
];

#[test]
fn every_command_has_its_help() {
    let here = place("");
    insta::assert_snapshot!("help", here.run(&["--help"]).exits(0).out);
    let all: String = COMMANDS.iter().map(|c| format!("$ redrive {c} -h\n{}\n", here.run(&[c, "-h"]).exits(0).out)).collect();
    insta::assert_snapshot!("help_of_commands", all);
    // the settings of the machine are nobody's business
    assert!(!all.contains("ledger.db"), "help prints what the environment holds");
}

#[test]
fn completions_know_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let made = place("").run(&["completions", shell]).exits(0);
        assert_eq!(made.err, "");
        for command in COMMANDS {
            assert!(made.out.contains(command), "{shell} has no {command}");
        }
    }
}

#[test]
fn the_manual_is_one_page_or_one_a_command() {
    let here = place("");
    let page = here.run(&["man"]).exits(0);
    assert!(page.out.contains(".TH redrive 1") && page.out.contains("Exit codes"), "{}", page.out);
    here.run(&["man", "pages"]).exits(0);
    for command in COMMANDS {
        assert!(here.path().join(format!("pages/redrive-{command}.1")).exists(), "no page for {command}");
    }
}
