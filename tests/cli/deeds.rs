//! Commands that write, on the demo's story: dry runs, refusals, and what is said when it is done.
//!
//! What lasts from one command to the next is tested on a real broker (`tests/e2e`): each demo has its own story.

use crate::{demo, golden, place};

#[test]
fn a_dry_run_shows_the_exact_wire_message() {
    golden!(0, "replay_dry_run", "replay", "orders.dlt", "--cause", "8d99", "--dry-run");
    golden!(0, "park_dry_run", "park", "orders.dlt", "--cause", "8d99", "--dry-run");
}

#[test]
fn nothing_is_written_without_consent() {
    // the demo's context is read-only, as production is
    golden!(1, "replay_without_reason", "replay", "orders.dlt", "--message", "p4/142543", "--yes");
    // nobody is at a terminal here who could be asked
    golden!(1, "replay_without_yes", "replay", "orders.dlt", "--message", "p4/142543", "--reason", "the gateway is back");
}

#[test]
fn what_was_agreed_to_is_done_and_counted() {
    let one = ["--message", "p4/142543", "--yes", "--reason", "the gateway is back"];
    let with = |deed: &'static str| [&[deed, "orders.dlt"], &one[..]].concat();
    for deed in ["replay", "park", "discard"] {
        let ran = demo(&with(deed)).exits(0);
        insta::assert_snapshot!(format!("{deed}_done"), crate::both(&ran));
    }
    let rows = demo(&[&with("replay")[..], &["-o", "jsonl"]].concat()).exits(0).rows();
    assert_eq!(rows[0]["item"]["counts"]["replayed"], 1, "{rows:?}");
    assert_eq!(rows.len(), 1, "the plan of what is done at once is said beside the result");
}

#[test]
fn a_cause_is_replayed_in_steps() {
    let ran = demo(&["replay", "orders.dlt", "--cause", "8d99", "--rate", "0", "--yes", "--reason", "rates are fixed"]).exits(0);
    assert!(ran.out.contains(": 11 replayed in "), "{}", ran.out);
    assert!(ran.err.contains("canary 1: none came back") && ran.err.contains("canary 5: none came back"), "{}", ran.err);
}

#[test]
fn one_body_is_edited_by_a_file() {
    let here = place("");
    let body = demo(&["show", "orders.dlt/p4/142543", "--raw"]).exits(0).out;
    let file = here.path().join("body.json");
    std::fs::write(&file, body.replace("\"version\":\"1.0\"", "\"version\":\"9.9\"") + "\n").expect("a file");
    let file = file.to_str().expect("a path");
    let ran = demo(&["replay", "orders.dlt", "--message", "p4/142543", "--edit", file, "--dry-run"]).exits(0);
    assert!(ran.out.contains("edit      the body of 1") && ran.out.contains("+   \"version\": \"9.9\""), "{}", ran.out);
    assert!(!ran.out.contains("not JSON"), "{}", ran.out);
    let many = demo(&["replay", "orders.dlt", "--message", "p4/142543", "--message", "p4/1", "--edit", file, "--dry-run"]).exits(2);
    assert!(many.err.contains("for one message"), "{}", many.err);
    let gone = demo(&["replay", "orders.dlt", "--message", "p4/142543", "--edit", "nowhere", "--dry-run"]).exits(2);
    assert!(gone.err.contains("nowhere"), "{}", gone.err);
}

#[test]
fn headers_and_steps_are_as_asked_for() {
    let asked = ["--strip", "x-ten*", "--keep", "kafka_dlt-original-topic", "--add", "x-why=mended", "--canary", "0"];
    let ran = demo(&[&["replay", "orders.dlt", "--cause", "8d99", "--dry-run"], &asked[..]].concat()).exits(0);
    for wanted in ["- x-tenant", "+ x-why: mended", "  kafka_dlt-original-topic: orders", "pace      as fast as"] {
        assert!(ran.out.contains(wanted), "{wanted}: {}", ran.out);
    }
    demo(&["replay", "orders.dlt", "--cause", "8d99", "--dry-run", "--add", "nothing"]).exits(2);
}

#[test]
fn what_is_not_there_is_said_with_what_there_is() {
    golden!(1, "replay_unknown_cause", "replay", "orders.dlt", "--cause", "ffff", "--dry-run");
    golden!(1, "replay_unknown_plan", "replay", "--plan", "0000-0000", "--yes");
    golden!(1, "replay_unknown_message", "replay", "orders.dlt", "--message", "p4/1", "--dry-run");
    let odd = demo(&["replay", "orders.dlt", "--message", "p4", "--dry-run"]).exits(1);
    assert!(odd.err.contains("'p4' is no place in a log; write p<partition>/<offset>"), "{}", odd.err);
    golden!(1, "replay_unknown_target", "replay", "orders.dlt", "--cause", "8d99", "--to", "order", "--dry-run");
    golden!(1, "restore_nothing", "restore", "orders.dlt", "--all", "--dry-run");
    golden!(2, "replay_of_what", "replay", "orders.dlt");
    golden!(2, "replay_of_nothing", "replay");
}

#[test]
fn a_category_is_one_of_the_rules() {
    golden!(0, "categorise", "categorise", "orders.dlt", "--cause", "8d99", "validation_error", "--reason", "bad rates");
    golden!(2, "categorise_unknown", "categorise", "orders.dlt", "--cause", "8d99", "bad_luck");
}

#[test]
fn an_escalation_is_shown_before_it_is_sent() {
    golden!(0, "escalate_dry_run", "escalate", "orders.dlt", "--cause", "214d", "--dry-run", "--reason", "beyond us");
    golden!(1, "escalate_without_yes", "escalate", "orders.dlt", "--cause", "214d");
    golden!(1, "escalate_to_nobody", "escalate", "orders.dlt", "--cause", "214d", "--yes");
    golden!(1, "escalate_resolve_none", "escalate", "orders.dlt", "--cause", "214d", "--resolve", "--yes");
    golden!(0, "escalate_flush", "escalate", "--flush");
    golden!(2, "escalate_what", "escalate", "orders.dlt");
}
