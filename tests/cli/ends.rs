//! How commands end: usage errors, what is not there, a closed pipe, a signal.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::binary::finish;
use crate::{golden, nobody_home, place};

#[test]
fn usage_errors_are_2_and_say_what_was_expected() {
    let cases: [&[&str]; 9] = [
        &["frobnicate"],
        &["peek"],
        &["peek", "orders", "-n", "many"],
        &["peek", "orders", "-n", "0"],
        &["ls", "-o", "xml"],
        &["replay", "orders.dlt", "--all", "--cause", "8d99"],
        &["jobs", "settle", "x/1", "--arrived", "--missing"],
        &["escalate", "orders.dlt", "--flush"],
        &["completions", "tcsh"],
    ];
    let all: String = cases.iter().map(|c| format!("$ redrive {}\n{}\n", c.join(" "), place("").run(c).exits(2).err)).collect();
    insta::assert_snapshot!("usage_errors", all);
}

#[test]
fn positions_and_names_that_are_none_are_explained() {
    golden!(2, "peek_from", "peek", "orders", "--from", "yesterday");
    golden!(2, "peek_until", "peek", "orders", "--until", "never");
    golden!(2, "show_no_message", "show", "orders.dlt");
    golden!(1, "show_gone", "show", "orders.dlt/p0/3");
    golden!(1, "peek_near", "peek", "order.dlt");
    golden!(1, "peek_ambiguous", "peek", "billing");
}

#[test]
fn without_a_config_it_says_how_to_begin() {
    let here = place("");
    let ran = finish(
        here.command(&["ls"]).env_remove("REDRIVE_CONFIG").current_dir("/").stderr(Stdio::piped()).spawn().expect("started"),
        &["ls"],
    )
    .exits(2);
    assert!(
        ran.err.contains("no config found") && ran.err.contains("`redrive demo`") && ran.err.contains("bootstrap_servers"),
        "{}",
        ran.err
    );
    let ran = here.run(&["--config", "nowhere.toml", "ls"]).exits(2);
    insta::assert_snapshot!("config_missing", ran.err);
    // the demo needs none, and a variable that names one does not stand in its way
    here.run(&["--demo", "ls"]).exits(0);
}

#[test]
fn without_a_terminal_the_screens_are_refused() {
    for args in [&["demo"][..], &["--demo"]] {
        let ran = place("").run(args).exits(1);
        assert!(ran.out.is_empty() && ran.err.contains("needs a terminal"), "{}", ran.err);
    }
}

#[test]
fn a_broker_that_is_down_is_named_with_the_operation() {
    let here = nobody_home("");
    for args in [&["ls"][..], &["peek", "orders"], &["lag"], &["causes", "orders.dlt"], &["check", "--connect"]] {
        let ran = here.run(args).exits(1);
        assert!(ran.err.contains("redrive: kafka: not reachable"), "{args:?}: {}", ran.err);
        assert_eq!(ran.err.matches("not reachable").count(), 1, "{args:?} says it once: {}", ran.err);
    }
}

#[test]
fn a_reader_who_goes_away_is_no_failure() {
    let here = place("");
    let args = ["--demo", "peek", "shipments", "-n", "5000", "--from", "oldest", "-o", "jsonl"];
    let mut child = here.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
    let mut out = BufReader::new(child.stdout.take().expect("stdout"));
    let mut line = String::new();
    out.read_line(&mut line).expect("a line");
    drop(out);
    let ran = finish(child, &args).exits(0);
    assert!(line.starts_with('{') && ran.err.is_empty(), "{}", ran.err);
}

/// Follows a topic, sees the first lines at once, and is told to end.
#[cfg(unix)]
#[test]
fn a_tail_is_flushed_by_line_and_ends_cleanly_on_a_signal() {
    for signal in ["INT", "TERM"] {
        let here = place("");
        let args = ["--demo", "peek", "shipments", "--follow", "--from", "2h"];
        let mut child = here.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
        let mut out = BufReader::new(child.stdout.take().expect("stdout"));
        let mut lines = [String::new(), String::new()];
        for line in &mut lines {
            out.read_line(line).expect("a line while it goes on");
        }
        assert!(lines[0].starts_with("WRITTEN") && lines[1].contains("shipments/p"), "{lines:?}");
        let rest = std::thread::spawn(move || out.lines().map_while(Result::ok).all(|l| l.contains("shipments/p")));
        kill(signal, child.id());
        let ran = finish(child, &args).exits(0);
        assert!(ran.err.contains("stopped by you"), "{}", ran.err);
        assert!(rest.join().expect("read"), "whole lines to the end");
    }
}

#[cfg(unix)]
fn kill(signal: &str, pid: u32) {
    let done = std::process::Command::new("kill").args(["-s", signal, &pid.to_string()]).status().expect("kill");
    assert!(done.success());
}

#[test]
fn commands_on_the_demo_leave_nothing_behind() {
    let here = place("");
    let folder = here.path().join("tmp");
    std::fs::create_dir(&folder).expect("a folder");
    let args = ["--demo", "park", "orders.dlt", "--message", "p4/142543", "--yes", "--reason", "later"];
    let child = here.command(&args).env("TMPDIR", &folder).stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("started");
    finish(child, &args).exits(0);
    assert_eq!(std::fs::read_dir(&folder).expect("the folder").count(), 0);
}
