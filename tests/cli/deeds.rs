//! Commands that write, on the demo's story: dry runs, refusals, and what is said when it is done.
//!
//! What lasts from one command to the next is tested on a real broker (`tests/e2e`): each demo has its own story.

use crate::{demo, golden};

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
fn what_is_not_there_is_said_with_what_there_is() {
    golden!(1, "replay_unknown_cause", "replay", "orders.dlt", "--cause", "ffff", "--dry-run");
    golden!(1, "replay_unknown_plan", "replay", "--plan", "0000-0000", "--yes");
    golden!(1, "replay_unknown_message", "replay", "orders.dlt", "--message", "p4/1", "--dry-run");
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
