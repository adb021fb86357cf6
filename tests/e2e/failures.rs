//! What goes wrong with a broker, said by the program: which broker, doing what, why, what next; with the right exit code and no secret.

use std::path::Path;

use crate::binary::{Place, Ran, plain_config};
use crate::people::{certs, rights};
use crate::readback::read_all;
use crate::terminal::Terminal;
use crate::testbed::{filled, listener, plain, rec, topic};

/// Where nobody listens. A port that was free a moment ago will not do: the system gives those away again, to another test's listener or to the
/// very connection that is to be refused, which then meets itself.
pub const CLOSED: &str = "127.0.0.1:9";

/// Never to be seen anywhere.
const PLANTED: &str = "pl4nted-5ecret";

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work)
}

/// A config for the listener with TLS and logins, as this user.
fn login(server: &str, user: &str) -> String {
    let ca = certs().join("ca.pem");
    let security = format!(
        "consumer.security = {{ sasl_mechanism = \"SCRAM-SHA-256\", ssl_enabled = true, sasl_username = \"{user}\", sasl_password = {{ env = \"KAFKA_PASSWORD\" }} }}"
    );
    plain_config(server, &format!("tls.ca = \"{}\"\n{security}", ca.display()))
}

/// It failed, said so in words that have all of these, and nothing on stdout.
#[track_caller]
fn says(ran: Ran, code: i32, words: &[&str]) {
    let ran = ran.exits(code);
    for word in words {
        assert!(ran.err.to_lowercase().contains(&word.to_lowercase()), "no {word:?} in:\n{}", ran.err);
    }
    assert!(ran.out.lines().count() <= 1, "no results but a table's head: {}", ran.out);
    assert!(!ran.err.contains(PLANTED), "{}", ran.err);
}

/// No file below this folder holds the planted secret.
fn kept_secret(below: &Path) {
    for entry in std::fs::read_dir(below).expect("a folder").map(|e| e.expect("an entry").path()) {
        if entry.is_dir() {
            kept_secret(&entry);
        } else {
            let bytes = std::fs::read(&entry).expect("a file");
            assert!(!bytes.windows(PLANTED.len()).any(|w| w == PLANTED.as_bytes()), "{}", entry.display());
        }
    }
}

#[test]
fn a_broker_that_is_down() {
    let place = Place::new(&plain_config(CLOSED, ""), &[]);
    for args in [
        &["ls"][..],
        &["peek", "orders"],
        &["show", "orders/p0/1"],
        &["causes", "orders.dlt"],
        &["replay", "orders.dlt", "--all", "--yes"],
        &["lag"],
    ] {
        says(place.run(args), 1, &["kafka", "refused", CLOSED]);
    }
    let checked = place.run(&["check", "--connect"]).exits(1);
    assert!(checked.to_string().contains("refused"), "{checked}");
}

#[test]
fn one_broker_that_is_down_does_not_hide_another() {
    let Some(server) = plain() else { return };
    let topic = run(topic(&server, "beside", 1, &[]));
    let config = plain_config(&server, &format!("[contexts.test.messaging.away]\nkind = \"kafka\"\nbootstrap_servers = [\"{CLOSED}\"]"));
    let place = Place::new(&config, &[]);
    let ran = place.run(&["ls", &topic]).exits(3);
    assert!(ran.out.contains(&topic) && ran.err.contains("away"), "{}{}", ran.out, ran.err);
    place.run(&["peek", &format!("kafka/{topic}")]).exits(0);
}

#[test]
fn a_wrong_password() {
    let (Some(_), Some(server)) = (plain(), listener("REDRIVE_TEST_KAFKA_SASL_SSL")) else { return };
    let place = Place::new(&login(&server, "viewer"), &[("KAFKA_PASSWORD", PLANTED)]);
    for args in [&["ls"][..], &["peek", "orders"], &["replay", "orders.dlt", "--all", "--yes"]] {
        says(place.run(args), 1, &["kafka", "password"]);
    }
    for args in [&["check"][..], &["check", "--connect"], &["check", "--as", "toml"], &["check", "-o", "json"]] {
        let ran = place.run(args);
        assert!(!ran.out.contains(PLANTED) && !ran.err.contains(PLANTED), "{args:?}");
    }
    kept_secret(place.path());
}

#[test]
fn a_password_that_is_not_set() {
    let (Some(_), Some(server)) = (plain(), listener("REDRIVE_TEST_KAFKA_SASL_SSL")) else { return };
    let place = Place::new(&login(&server, "viewer"), &[]);
    says(place.run(&["peek", "orders"]), 1, &["KAFKA_PASSWORD", "not set"]);
}

#[test]
fn who_may_only_look_replays_nothing() {
    let (Some(server), Some(tls)) = (plain(), listener("REDRIVE_TEST_KAFKA_SASL_SSL")) else { return };
    let (from, to) = run(async {
        let (from, to) = (topic(&server, "acl-dlt", 1, &[]).await, topic(&server, "acl", 1, &[]).await);
        filled(&server, &from, [rec(0, "one"), rec(0, "two")]).await;
        rights(&server, &from).await;
        rights(&server, &to).await;
        (from, to)
    });
    let viewer = Place::new(&login(&tls, "viewer"), &[("KAFKA_PASSWORD", "viewer-pw")]);
    viewer.run(&["peek", &from]).exits(0);
    let ran = viewer.run(&["replay", &from, "--all", "--to", &to, "--yes"]).exits(1);
    assert!(ran.err.contains("kafka") && ran.err.to_lowercase().contains("write"), "the missing right is named:\n{}", ran.err);
    assert!(read_all(&server, &to).is_empty());
    let app = Place::new(&login(&tls, "app"), &[("KAFKA_PASSWORD", "app-pw")]);
    app.run(&["replay", &from, "--all", "--to", &to, "--yes"]).exits(0);
    assert_eq!(read_all(&server, &to).len(), 2);
}

#[test]
fn who_may_nothing_sees_nothing() {
    let (Some(server), Some(tls)) = (plain(), listener("REDRIVE_TEST_KAFKA_SASL_SSL")) else { return };
    let topic = run(async {
        let topic = topic(&server, "hidden", 1, &[]).await;
        rights(&server, &topic).await;
        topic
    });
    let place = Place::new(&login(&tls, "nobody"), &[("KAFKA_PASSWORD", "nobody-pw")]);
    let listed = place.run(&["ls", &topic, "-o", "jsonl"]);
    assert_eq!(listed.out, "", "{}", listed.err);
    says(place.run(&["peek", &topic]), 1, &["kafka", &topic]);
}

#[test]
fn a_topic_that_is_not_there() {
    let Some(server) = plain() else { return };
    let topic = run(topic(&server, "near", 1, &[]));
    let place = Place::new(&plain_config(&server, ""), &[]);
    let wrong = format!("{topic}x");
    for args in
        [&["peek", wrong.as_str()][..], &["causes", &wrong], &["replay", &wrong, "--all", "--yes"], &["show", &format!("{wrong}/p0/0")]]
    {
        says(place.run(args), 1, &[&wrong, &topic]);
    }
    says(place.run(&["show", &format!("{topic}/p0/99")]), 1, &[&topic, "p0/99"]);
    says(place.run(&["show", &format!("{topic}/p7/0")]), 1, &[&topic, "p7/0"]);
    place.run(&["show", &topic]).exits(2);
}

#[test]
fn in_a_terminal_each_trouble_stands_beside_what_works() {
    let (Some(server), Some(tls)) = (plain(), listener("REDRIVE_TEST_KAFKA_SASL_SSL")) else { return };
    let topic = run(async {
        let topic = topic(&server, "works", 1, &[]).await;
        filled(&server, &topic, [rec(0, "here")]).await;
        topic
    });
    let more = |name: &str, rest: &str| format!("[contexts.test.messaging.{name}]\nkind = \"kafka\"\n{rest}\n");
    let strange = login(&tls, "viewer");
    let strange = strange.split_once("messaging.kafka]\n").expect("its connection").1;
    let gone = more("gone", &format!("bootstrap_servers = [\"{CLOSED}\"]"));
    let place = Place::new(&plain_config(&server, &format!("{gone}{}", more("strange", strange))), &[("KAFKA_PASSWORD", PLANTED)]);
    let mut t = Terminal::open(&place, &[]);
    t.shows(&["1 up", "2 down", "gone", "strange", "refused"]);
    t.press("2");
    t.shows(&["destinations,", "by name"]);
    t.press(&format!("/{topic}\r"));
    t.row("t-works");
    t.press("m");
    t.shows(&["1 loaded", "here"]);
    t.press("1");
    t.shows(&["a human"]);
    t.press("/brk strange\r");
    t.row("brk  strange");
    t.press("\r");
    t.shows(&["✗ strange: cannot sign in", "the password from KAFKA_PASSWORD is"]);
    t.press(":q\r");
    assert_eq!(t.ended(), 0);
    let said = t.bytes();
    assert!(!said.windows(PLANTED.len()).any(|w| w == PLANTED.as_bytes()), "the password is on the screen");
    kept_secret(place.path());
}
