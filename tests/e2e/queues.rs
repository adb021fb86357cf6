//! The whole job on every broker with queues, by commands: three causes, one is replayed, exactly those arrive, the rest stays.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::binary::Place;
use crate::site::{End, Lying, Site};
use crate::sites::{activemq, rabbitmq, sqs};

/// Messages by cause.
const SIZES: [usize; 3] = [5, 3, 2];

/// Sorted: SQS keeps no order.
pub fn numbers(of: &[Lying]) -> Vec<u64> {
    let mut numbers: Vec<u64> = of.iter().map(|m| m.number).collect();
    numbers.sort_unstable();
    numbers
}

/// The cause with so many messages.
fn of_size(causes: &[Value], size: usize) -> String {
    let cause = causes.iter().find(|c| c["count"] == size).unwrap_or_else(|| panic!("no cause of {size}: {causes:#?}"));
    cause["id"].as_str().expect("an id").to_owned()
}

fn one_cause_is_replayed(site: Option<Site>) {
    let Some(mut site) = site else { return };
    site.bury(0, 0, SIZES[0]);
    site.bury(1, SIZES[0], SIZES[1]);
    site.bury(2, SIZES[0] + SIZES[1], SIZES[2]);
    let place = Place::new(&format!("{}[replay]\ncanary = [1]\n", site.config), &[]);
    let dlq = site.source.clone();

    let listed = place.run(&["ls", &dlq, "-o", "jsonl"]).exits(0).rows();
    let told = serde_json::to_string(&listed).expect("JSON").replace(&dlq, "");
    assert!(told.contains(&site.target), "{}: its origin is told: {listed:#?}", site.name);

    let causes = place.run(&["causes", &dlq, "--yes", "-o", "jsonl"]).exits(0).rows();
    let counts: BTreeSet<u64> = causes.iter().filter_map(|c| c["count"].as_u64()).collect();
    assert_eq!(counts, SIZES.map(|n| n as u64).into(), "{}: {causes:#?}", site.name);
    let cause = of_size(&causes, SIZES[0]);

    let dry = place.run(&["replay", &dlq, "--cause", &cause, "--dry-run", "--yes", "-o", "json"]).exits(0);
    let plan: Value = serde_json::from_str(&dry.out).expect("JSON");
    assert_eq!(plan["item"]["todo"], SIZES[0], "{}: {plan:#}", site.name);
    let refused = place.run(&["replay", &dlq, "--cause", &cause, "--accept-traces"]).exits(1);
    assert!(refused.err.contains("--yes"), "{}", refused.err);
    assert_eq!(site.count(End::Target), 0, "{}: nothing is written without a word", site.name);

    place.run(&["replay", &dlq, "--cause", &cause, "--yes", "--reason", "the gateway is back"]).exits(0);
    site.settle();
    site.comes_to(End::Target, SIZES[0] as u64);
    site.comes_to(End::Source, (SIZES[1] + SIZES[2]) as u64);
    let left = place.run(&["causes", &dlq, "--yes", "-o", "jsonl"]).exits(0).rows();
    let ids = |of: &[Value]| of.iter().map(|c| c["id"].to_string()).collect::<BTreeSet<_>>();
    assert_eq!(left.len(), 2, "{}: {left:#?}", site.name);
    assert!(ids(&left).is_subset(&ids(&causes)), "{}: the others are as they were: {left:#?}", site.name);
    place.run(&["replay", &dlq, "--cause", &cause, "--yes", "--reason", "again"]).exits(1);

    let entries = place.run(&["ledger", "-n", "1000", "-o", "jsonl"]).exits(0).rows();
    assert_eq!(entries.iter().filter(|e| e["what"] == "replayed").count(), SIZES[0], "{}: {entries:#?}", site.name);
    place.run(&["jobs", "doubt"]).exits(0);
    site.settle();
    assert_eq!(numbers(&site.read(End::Target)), (0..5).collect::<Vec<_>>(), "{}: exactly those", site.name);
    assert_eq!(numbers(&site.read(End::Source)), (5..10).collect::<Vec<_>>(), "{}: the rest stays", site.name);
}

#[test]
fn on_rabbitmq_3_classic() {
    one_cause_is_replayed(rabbitmq("3", "classic", "{}"));
}

#[test]
fn on_rabbitmq_4_classic() {
    one_cause_is_replayed(rabbitmq("4", "classic", "{}"));
}

#[test]
fn on_rabbitmq_4_quorum() {
    one_cause_is_replayed(rabbitmq("4", "quorum", "{}"));
}

/// With the default limit 4.3 might drop what is given back: redrive refuses to look, and says the policy that makes it safe.
#[test]
fn on_rabbitmq_43_quorum() {
    one_cause_is_replayed(rabbitmq("43", "quorum", r#"{"x-delivery-limit": -1}"#));
}

#[test]
fn on_sqs() {
    one_cause_is_replayed(sqs());
}

#[test]
fn on_activemq() {
    one_cause_is_replayed(activemq("ACTIVEMQ_6"));
}

#[test]
fn on_artemis() {
    one_cause_is_replayed(activemq("ARTEMIS"));
}
