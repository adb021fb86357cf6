//! What was discarded or parked on a broker with queues comes back whole, by commands and by keys, and can still be replayed.

use crate::binary::Place;
use crate::queues::numbers;
use crate::site::{End, Site};
use crate::sites::{activemq, rabbitmq, sqs};
use crate::terminal::Terminal;

/// Messages by cause: the first are discarded, the second parked.
const SIZES: [usize; 2] = [4, 3];
const ALL: u64 = (SIZES[0] + SIZES[1]) as u64;

/// Buries both causes; discards are an admin's.
fn place(site: &mut Site) -> Place {
    site.bury(1, 0, SIZES[0]);
    site.bury(2, SIZES[0], SIZES[1]);
    Place::new(&format!("{}[replay]\ncanary = [1]\n", site.config), &[("REDRIVE_ROLE", "admin")])
}

/// The causes' sizes, largest first, and the id of the first.
#[track_caller]
fn causes(place: &Place, dlq: &str) -> (Vec<u64>, String) {
    let rows = place.run(&["causes", dlq, "--accept-traces", "-o", "jsonl"]).exits(0).rows();
    let id = rows.first().and_then(|c| c["id"].as_str()).unwrap_or_default().to_owned();
    (rows.iter().filter_map(|c| c["count"].as_u64()).collect(), id)
}

fn comes_back(site: Option<Site>) {
    let Some(mut site) = site else { return };
    let place = place(&mut site);
    let (dlq, name) = (site.source.clone(), site.name.clone());
    let act = |deed: &str, which: &[&str], code: i32| {
        place.run(&[&[deed, &dlq], which, &["--yes", "--accept-traces", "--reason", "not ours"]].concat()).exits(code)
    };
    let (sizes, first) = causes(&place, &dlq);
    assert_eq!(sizes, [4, 3], "{name}");

    act("discard", &["--cause", &first], 0);
    site.comes_to(End::Source, SIZES[1] as u64);
    let (sizes, second) = causes(&place, &dlq);
    assert_eq!(sizes, [3], "{name}: the discarded have left");
    act("park", &["--cause", &second], 0);
    site.settle();
    site.comes_to(End::Source, SIZES[1] as u64);
    assert_eq!(causes(&place, &dlq).0, [] as [u64; 0], "{name}: the parked lie there and leave the list");
    assert_eq!(site.count(End::Target), 0, "{name}: nobody got them");
    let entries = place.run(&["ledger", "-n", "1000", "-o", "jsonl"]).exits(0).rows();
    let told = |what: &str| entries.iter().filter(|e| e["what"] == what).count();
    assert_eq!((told("discarded"), told("parked")), (SIZES[0], SIZES[1]), "{name}: {entries:#?}");

    act("restore", &["--all"], 0);
    site.settle();
    site.comes_to(End::Source, ALL);
    assert_eq!(causes(&place, &dlq).0.iter().sum::<u64>(), ALL, "{name}: all are to be decided again");
    let nothing = act("restore", &["--all"], 1);
    assert!(nothing.err.contains("nothing to restore"), "{}", nothing.err);

    act("replay", &["--all"], 0);
    site.settle();
    site.comes_to(End::Source, 0);
    assert_eq!(numbers(&site.read(End::Target)), (0..ALL).collect::<Vec<_>>(), "{name}: whole, and each once");
}

#[test]
fn on_rabbitmq_3_classic() {
    comes_back(rabbitmq("3", "classic", "{}"));
}

#[test]
fn on_rabbitmq_4_quorum() {
    comes_back(rabbitmq("4", "quorum", "{}"));
}

#[test]
fn on_rabbitmq_43_quorum() {
    comes_back(rabbitmq("43", "quorum", r#"{"x-delivery-limit": -1}"#));
}

#[test]
fn on_sqs() {
    comes_back(sqs());
}

#[test]
fn on_activemq() {
    comes_back(activemq("ACTIVEMQ_6"));
}

#[test]
fn on_artemis() {
    comes_back(activemq("ARTEMIS"));
}

#[test]
fn by_keys_alone() {
    let Some(mut site) = rabbitmq("4", "classic", "{}") else { return };
    let place = place(&mut site);
    let dlq = site.source.clone();
    let mut t = Terminal::open(&place, &[]);
    t.shows(&["overview", "1 up"]);
    // until its role is told it is a queue like others, with a row of another kind
    t.press(&format!("/dlq {dlq}\r"));
    t.row("dlq  t-site");
    t.press("\r");
    t.shows(&["look into", "y look at"]);
    t.press("y");
    t.shows(&["7 dead, 2 causes, all read"]);
    t.press("D");
    t.shows(&["› discard", "takes them out of the queue", "type yes"]);
    t.press("\r");
    t.press("yes\r");
    t.shows(&["finished in", "4 of 4"]);
    t.press("\u{1b}");
    t.shows(&["3 dead, 1 cause, 4 done with"]);
    // the broker tells of what was given back when it comes to it
    site.comes_to(End::Source, SIZES[1] as u64);
    t.press("U");
    t.shows(&["› restore", "4 messages", "type yes"]);
    t.press("\r");
    t.press("yes\r");
    t.shows(&["finished in", "4 of 4"]);
    t.press("\u{1b}");
    // they lie where nobody has looked
    t.shows(&["NOT all read"]);
    t.press(":q\r");
    assert_eq!(t.ended(), 0);
    site.settle();
    assert_eq!(numbers(&site.read(End::Source)), (0..ALL).collect::<Vec<_>>());
}
