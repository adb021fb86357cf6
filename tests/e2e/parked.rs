//! Parked to where the config says: the messages are moved there whole, a restore says that they lie there still, and from there they can be
//! replayed to where they came from.

use crate::binary::{Place, plain_config};
use crate::dead_letters::numbered;
use crate::queues::numbers;
use crate::readback::read_all;
use crate::site::{End, Site};
use crate::sites::{activemq, rabbitmq, sqs};
use crate::testbed::{filled, make_topic, plain, topic};

/// The pair of queues, and where park moves to.
fn pair(origin: &str, dlq: &str, lot: &str) -> String {
    format!(
        "[[dead_letter_queue.dlq_config]]\nmain_queue = {{ name = \"{origin}\", dlq_name = \"{dlq}\" }}\ndlq_queue = {{ name = \"{dlq}\" }}\n\
         park_to = \"{lot}\"\n[replay]\ncanary = []\n"
    )
}

/// Rows of the ledger that say this of a message.
fn told(place: &Place, what: &str) -> usize {
    let entries = place.run(&["ledger", "-n", "1000", "-o", "jsonl"]).exits(0).rows();
    entries.iter().filter(|e| e["what"] == what).count()
}

/// The dead-letter queue of one site parks to that of another.
fn are_moved(site: Option<Site>, lot: Option<Site>) {
    let (Some(mut site), Some(mut lot)) = (site, lot) else { return };
    site.bury(0, 0, 3);
    // on Classic a queue is there once it was used; and on SQS only one without a redrive policy of its own is looked into
    lot.bury(0, 90, 1);
    let place = Place::new(&format!("{}{}", site.config, pair(&site.target, &site.source, &lot.source)), &[]);
    let (dlq, name) = (site.source.clone(), site.name.clone());
    let yes = ["--yes", "--accept-traces", "--reason", "later"];

    let dry = place.run(&["park", &dlq, "--all", "--dry-run", "--accept-traces"]).exits(0);
    assert!(dry.out.contains(&lot.source), "{name}: the plan says where to: {}", dry.out);
    site.settle();
    place.run(&[&["park", &dlq, "--all"], &yes[..]].concat()).exits(0);
    site.settle();
    site.comes_to(End::Source, 0);
    lot.comes_to(End::Source, 4);
    assert_eq!(told(&place, "parked"), 3, "{name}");

    let back = place.run(&["restore", &dlq, "--all", "--dry-run"]).exits(0);
    let words = "when they were parked: restoring takes nothing out there";
    assert!(back.out.contains(words) && back.out.contains(&lot.source), "{name}: {}", back.out);
    place.run(&[&["replay", &lot.source, "--all", "--to", &site.target], &yes[..]].concat()).exits(0);
    lot.comes_to(End::Source, 0);
    site.comes_to(End::Target, 4);
    assert_eq!(numbers(&site.read(End::Target)), [0, 1, 2, 90], "{name}: whole, and each once");
}

#[test]
fn on_kafka() {
    let Some(server) = plain() else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (origin, dlt, lot) = runtime.block_on(async {
        let (origin, lot) = (topic(&server, "park", 2, &[]).await, topic(&server, "lot", 2, &[]).await);
        let dlt = format!("{origin}-dlt");
        make_topic(&server, &dlt, 2, &[]).await;
        filled(&server, &dlt, numbered(6, 3, 2, &origin)).await;
        (origin, dlt, lot)
    });
    let place = Place::new(&plain_config(&server, &pair(&origin, &dlt, &lot)), &[]);
    let by_body = |topic: &str| {
        let mut all = read_all(&server, topic);
        all.sort_by(|a, b| a.body.cmp(&b.body));
        all
    };
    let letters = by_body(&dlt);

    let dry = place.run(&["park", &dlt, "--all", "--dry-run"]).exits(0);
    assert!(dry.out.contains(&format!("kafka/{lot} (6)")), "the plan says where to: {}", dry.out);
    assert!(read_all(&server, &lot).is_empty(), "a dry run writes nothing");
    place.run(&["park", &dlt, "--all", "--yes"]).exits(0);
    let mut there = by_body(&lot);
    assert_eq!(there.len(), 6, "{there:?}");
    for (is, was) in there.iter_mut().zip(&letters) {
        let mark = is.headers.pop().expect("our mark");
        assert_eq!((mark.0.as_str(), &is.headers), ("x-redrive-replay-id", &was.headers), "its death can still be read there");
        assert_eq!((&is.key, &is.body), (&was.key, &was.body));
    }
    assert_eq!(by_body(&dlt), letters, "the dead-letter topic is as it was");
    assert!(place.run(&["causes", &dlt, "-o", "jsonl"]).exits(0).rows().is_empty(), "they have left the list");
    assert_eq!(told(&place, "parked"), 6);

    let back = place.run(&["restore", &dlt, "--all", "--dry-run"]).exits(0);
    assert!(back.out.contains(&format!("6 were moved to kafka/{lot} when they were parked")), "{}", back.out);
    // parked they wait: from there each still knows where it came from
    place.run(&["replay", &lot, "--all", "--yes"]).exits(0);
    assert_eq!(read_all(&server, &origin).len(), 6);
}

#[test]
fn on_rabbitmq_classic() {
    are_moved(rabbitmq("4", "classic", "{}"), rabbitmq("4", "classic", "{}"));
}

#[test]
fn on_rabbitmq_quorum() {
    are_moved(rabbitmq("4", "quorum", "{}"), rabbitmq("4", "quorum", "{}"));
}

#[test]
fn on_sqs() {
    are_moved(sqs(), sqs());
}

#[test]
fn on_activemq() {
    are_moved(activemq("ACTIVEMQ_6"), activemq("ACTIVEMQ_6"));
}

#[test]
fn on_artemis() {
    are_moved(activemq("ARTEMIS"), activemq("ARTEMIS"));
}
