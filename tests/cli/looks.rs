//! Commands that look, on the demo's story: `ls peek show causes lag ledger`.

use serde_json::Value;

use crate::{demo, golden};

#[test]
fn ls_lists_dead_letter_queues_first() {
    golden!(0, "ls", "ls");
    golden!(0, "ls_dlq", "ls", "--dlq", "orders");
    golden!(0, "ls_nothing", "ls", "no-such-name");
}

#[test]
fn peek_shows_messages_in_each_format() {
    golden!(0, "peek_table", "peek", "orders.dlt", "-n", "4");
    golden!(0, "peek_json", "peek", "payments-dlt", "-n", "1", "-o", "json");
    golden!(0, "peek_jsonl", "peek", "payments-dlt", "-n", "2", "-o", "jsonl");
    golden!(0, "peek_tombstones", "peek", "dlq.loyalty-points", "--from", "oldest");
    golden!(0, "peek_invalid", "peek", "orders.dlt", "-n", "200", "--invalid");
}

#[test]
fn a_look_that_leaves_a_trace_is_asked_for() {
    golden!(1, "peek_trace", "peek", "billing.failed");
    golden!(0, "peek_agreed", "peek", "billing.failed", "-n", "2", "--yes");
}

#[test]
fn peek_starts_and_ends_where_it_is_told() {
    let read = |args: &[&str]| {
        let mut all = vec!["peek", "shipments", "-n", "10000", "-o", "jsonl"];
        all.extend(args);
        demo(&all).exits(0).rows().len()
    };
    let (all, hour, before) = (read(&["--from", "oldest"]), read(&["--from", "1h"]), read(&["--from", "oldest", "--until", "1h"]));
    // each run has its own now, and takes its time until it looks
    assert!(all.abs_diff(hour + before) < 50, "an hour ago cuts {all} in two: {hour} and {before}");
    assert!(hour > 100 && before > 100, "{hour} and {before}");
}

#[test]
fn show_takes_what_peek_prints() {
    golden!(0, "show", "show", "orders.dlt/p4/142543");
    golden!(0, "show_json", "show", "kafka-main/orders.dlt/p4/142543", "-o", "json");
    let printed = |args: &[&str]| {
        let rows = demo(args).exits(0).out;
        rows.lines().nth(1).expect("a row").split_whitespace().nth(1).expect("a message").to_owned()
    };
    let of_a_topic = printed(&["peek", "payments-dlt", "-n", "1"]);
    demo(&["show", &of_a_topic]).exits(0);
    let by_connection = printed(&["peek", "kafka-main/billing", "-n", "1"]);
    demo(&["show", &by_connection]).exits(0);
}

#[test]
fn show_raw_is_the_body_and_nothing_else() {
    let shown = demo(&["show", "orders.dlt/p4/142543", "--raw"]).exits(0);
    assert!(serde_json::from_str::<Value>(&shown.out).is_ok() && !shown.out.ends_with('\n'), "{}", shown.out);
    assert_eq!(shown.err, "");
}

#[test]
fn causes_have_ids_that_every_command_takes() {
    golden!(0, "causes", "causes", "orders.dlt");
    golden!(0, "causes_all", "causes", "payments-dlt", "--all");
    golden!(0, "cause", "causes", "orders.dlt", "--cause", "8d99");
    golden!(0, "cause_json", "causes", "orders.dlt", "--cause", "8d99", "-o", "json");
    golden!(1, "cause_unknown", "causes", "orders.dlt", "--cause", "ffff");
}

#[test]
fn lag_is_by_group_or_by_partition() {
    golden!(0, "lag", "lag");
    golden!(0, "lag_group", "lag", "billing");
    golden!(0, "lag_topic", "lag", "--topic", "payments");
    golden!(1, "lag_unknown", "lag", "no-such-group");
    let nowhere = demo(&["lag", "--topic", "payment"]).exits(1);
    assert!(nowhere.err.contains("no destination 'payment'"), "{}", nowhere.err);
    let unread = demo(&["lag", "--topic", "orders.parked"]).exits(0);
    assert_eq!(unread.err, "nobody is known to read orders.parked\n");
}

#[test]
fn a_ledger_without_entries_says_so() {
    golden!(0, "ledger", "ledger");
    golden!(0, "jobs", "jobs");
    golden!(0, "jobs_doubt", "jobs", "doubt");
}
