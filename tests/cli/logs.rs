//! The log: where and how much it is told, and never on a terminal.

use std::process::Stdio;

use crate::binary::{Place, Ran, finish};
use crate::{nobody_home, place};

fn run(place: &Place, level: &str, args: &[&str]) -> Ran {
    let child = place.command(args).env("REDRIVE_LOG", level).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
    finish(child, args)
}

#[test]
fn a_log_is_a_file_and_nothing_of_it_is_on_stderr() {
    let here = nobody_home("[log]\nfile = \"logs/redrive.log\"\n");
    let said = here.run(&["ls"]).exits(1).err;
    let log = std::fs::read_to_string(here.path().join("logs/redrive.log")).expect("a log");
    assert!(log.contains("started") && log.contains("ended"), "{log}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(!log.contains('\x1b'), "no colours in a file");
}

#[test]
fn the_environment_says_how_much() {
    let here = nobody_home("[log]\nfile = \"redrive.log\"\nformat = \"json\"\n");
    run(&here, "off", &["ls"]).exits(1);
    assert!(!here.path().join("redrive.log").exists());
    let ran = run(&here, "loud", &["ls"]).exits(2);
    assert!(ran.err.contains("REDRIVE_LOG is 'loud'; it can be off,"), "{}", ran.err);
    run(&here, "info", &["ls"]).exits(1);
    let log = std::fs::read_to_string(here.path().join("redrive.log")).expect("a log");
    for line in log.lines() {
        assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "{line}");
    }
}

#[test]
fn a_log_that_cannot_be_written_stops_nothing() {
    let here = nobody_home("[log]\nfile = \"redrive.toml/log\"\n");
    let ran = here.run(&["ls"]).exits(1);
    assert!(ran.err.contains("redrive: no log: ") && ran.err.contains("redrive: kafka: "), "{}", ran.err);
}

#[test]
fn the_demo_logs_only_when_asked() {
    let here = place("");
    here.run(&["--demo", "ls"]).exits(0);
    let state = here.path().join(".local/state/redrive/redrive.log");
    assert!(!state.exists());
    run(&here, "info", &["--demo", "ls"]).exits(0);
    assert!(!cfg!(target_os = "linux") || state.exists());
}
