//! The whole job by keys alone on every broker with queues, in production: look at its price, replay one cause, escalate another, replay that
//! one too, and its incident is over.

use crate::alerts;
use crate::binary::Place;
use crate::queues::numbers;
use crate::site::{End, Site};
use crate::sites::{activemq, rabbitmq, sqs};
use crate::terminal::Terminal;

/// Messages by cause. In production as many as the first has are confirmed by their number, as few as the second by the queue's name.
const SIZES: [usize; 3] = [12, 3, 2];

/// Types the plan's word and waits for its end.
fn start(t: &mut Terminal, word: &str, messages: usize) {
    t.shows(&["nothing has been written yet", &format!("type {word}")]);
    t.press("\r");
    t.press(&format!("{word}\r"));
    t.shows(&["finished in", &format!("{messages} of {messages}")]);
    t.press("\u{1b}");
}

/// `price`: a look leaves a trace there, and is asked for first.
fn job_by_keys(site: Option<Site>, price: bool) {
    let (Some(mut site), Some(alertmanager)) = (site, alerts::address()) else { return };
    site.bury(0, 0, SIZES[0]);
    site.bury(1, SIZES[0], SIZES[1]);
    site.bury(2, SIZES[0] + SIZES[1], SIZES[2]);
    let config = site.config.replace("read_only = false", "read_only = true");
    let place = Place::new(&format!("{config}[replay]\ncanary = [1]\n{}", alerts::config(&alertmanager)), &[]);
    let dlq = site.source.clone();
    let mut t = Terminal::open(&place, &[]);
    t.shows(&["overview", "1 up", "READ-ONLY"]);
    t.press(&format!("/{dlq}\r"));
    // the word before its name: the line of the filter has the name from the start
    t.until("its row", |s| s.contains(" dlq  ") && s.contains("1 of"));
    t.press("\r");
    if price {
        t.shows(&["look into", "the price", "y look at"]);
        t.press("y");
    }
    // the largest is the first
    t.shows(&["17 dead, 3 causes, all read", "replay 12"]);

    t.press("R");
    t.shows(&["› replay", "12 messages", "READ-ONLY: it can be looked at"]);
    t.press("W");
    t.shows(&["reason"]);
    t.press("\rthe gateway is back\r");
    t.shows(&["WRITES"]);
    start(&mut t, "12", SIZES[0]);
    // where a look leaves a trace nobody takes another one: what is done with of the first is said
    let done = |n: usize| if price { format!(", {n} done with") } else { String::new() };
    t.shows(&[&format!("5 dead, 2 causes{}, all read", done(12)), "replay 3"]);
    assert_eq!(site.count(End::Target), SIZES[0] as u64, "{}", site.name);

    t.press("E");
    t.shows(&["escalate?", "am (alertmanager)"]);
    t.press("y");
    t.shows(&["escalated; 1 told"]);
    assert_eq!(alerts::of(&alertmanager, &dlq).len(), 1, "{}", site.name);

    t.press("R");
    start(&mut t, &dlq, SIZES[1]);
    t.shows(&[&format!("2 dead, 1 cause{}, all read", done(15))]);
    alerts::gone(&alertmanager, &dlq);
    t.press(":q\r");
    assert_eq!(t.ended(), 0);

    let entries = place.run(&["ledger", "-n", "1000", "-o", "jsonl"]).exits(0).rows();
    assert_eq!(entries.iter().filter(|e| e["what"] == "replayed").count(), 15, "{}: {entries:#?}", site.name);
    assert!(entries.iter().any(|e| e["kind"] == "incident"), "{entries:#?}");
    place.run(&["jobs", "doubt"]).exits(0);
    site.settle();
    let left = place.run(&["causes", &dlq, "--accept-traces", "-o", "jsonl"]).exits(0).rows();
    assert_eq!(left.iter().map(|c| c["count"].as_u64()).collect::<Vec<_>>(), [Some(2)], "{}: {left:#?}", site.name);
    site.settle();
    assert_eq!(numbers(&site.read(End::Target)), (0..15).collect::<Vec<_>>(), "{}: exactly those", site.name);
    assert_eq!(numbers(&site.read(End::Source)), [15, 16], "{}: the rest stays", site.name);
}

#[test]
fn on_rabbitmq_3_classic() {
    job_by_keys(rabbitmq("3", "classic", "{}"), true);
}

#[test]
fn on_rabbitmq_4_classic() {
    job_by_keys(rabbitmq("4", "classic", "{}"), true);
}

#[test]
fn on_rabbitmq_4_quorum() {
    job_by_keys(rabbitmq("4", "quorum", "{}"), true);
}

#[test]
fn on_rabbitmq_43_quorum() {
    job_by_keys(rabbitmq("43", "quorum", r#"{"x-delivery-limit": -1}"#), true);
}

#[test]
fn on_sqs() {
    job_by_keys(sqs(), true);
}

#[test]
fn on_activemq() {
    job_by_keys(activemq("ACTIVEMQ_6"), false);
}

#[test]
fn on_artemis() {
    job_by_keys(activemq("ARTEMIS"), false);
}
