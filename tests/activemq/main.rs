//! What only real ActiveMQ brokers can show: thirty looks counted, a JMS client's judgement of what went back, doors that are others than they seem.
#![cfg(feature = "activemq")]

use std::process::Command;
use std::sync::Arc;

use futures::StreamExt;
use redrive::broker::{Broker, Carriage, ErrorKind, Link, Outgoing, PeekRequest, Peeked, Place, Selection};
use redrive::config::profile::{BrokerKind, Profile};
use redrive::config::secret::Secret;
use redrive::model::{Address, ConnId, Kind, Message};

/// What a variable of the testbed says; without it the test tests nothing and says so, and fails in CI.
fn given(name: &str) -> Option<String> {
    let value = std::env::var(name).ok().filter(|v| !v.is_empty());
    if value.is_none() {
        assert!(std::env::var_os("CI").is_none(), "{name} is not set");
        println!("not tested: {name} is not set");
    }
    value
}

fn link(url: &str, jolokia: Option<&str>) -> Link {
    let mut profile = Profile { name: "amq".into(), context: "test".into(), kind: BrokerKind::ActiveMq, ..Profile::default() };
    profile.activemq.broker_url = url.to_owned();
    profile.activemq.jolokia_url = Some(jolokia.unwrap_or("http://127.0.0.1:1/").to_owned());
    profile.activemq.username = Some(Secret::clear("admin"));
    profile.activemq.password = Some(Secret::clear("adminpw"));
    redrive::drivers::connect(&profile, true).expect("a driver")
}

fn queue(name: &str) -> Address {
    Address::new(ConnId::new("amq"), Kind::Queue, name)
}

/// The JMS client: `die` and `see` (tests/clients/ActiveMqJms.java).
fn jms(jars: &str, url: &str, what: &str, name: &str) -> Vec<String> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/ActiveMqJms.java");
    let out =
        Command::new("timeout").args(["60", "java", "-cp", jars, script, url, "admin", "adminpw", what, name]).output().expect("java");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).expect("text").lines().map(str::to_owned).collect()
}

async fn look(eyes: &Arc<dyn Broker>, at: &Address) -> Vec<Message> {
    let mut want = PeekRequest::new(at.clone(), 1_000);
    want.accept = eyes.cost(at).await.expect("cost").leaves;
    let mut flow = eyes.peek(want);
    let mut all = Vec::new();
    while let Some(step) = flow.next().await {
        if let Peeked::Batch(batch) = step.expect("a look") {
            all.extend(batch);
        }
    }
    all
}

fn as_it_is(was: &Message, to: &Address) -> Outgoing {
    let (key, body) = (was.key.clone(), was.body.clone());
    Outgoing { to: to.clone(), place: Place::Any, key, body, headers: was.headers.clone(), properties: was.properties.clone() }
}

/// A text, a map and a message of bytes die by JMS; they are looked at thirty times, and then go home by the broker's own retry.
#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_of_jms_are_looked_at_thirty_times_and_go_home_as_they_were() {
    let (Some(url), Some(jolokia), Some(jars)) =
        (given("REDRIVE_TEST_ACTIVEMQ_6"), given("REDRIVE_TEST_ACTIVEMQ_6_JOLOKIA"), given("REDRIVE_TEST_JMS"))
    else {
        return;
    };
    let name = format!("ind.home-{}", uuid::Uuid::now_v7().simple());
    jms(&jars, &url, "die", &name);
    let (home, dead) = (queue(&name), queue(&format!("DLQ.{name}")));
    let Link { eyes, hand } = link(&url, Some(&jolokia));
    assert!(eyes.cost(&dead).await.expect("cost").leaves.is_empty(), "a dead letter has no expiry left");
    let counters =
        |detail: redrive::broker::Detail| detail.facts.into_iter().filter(|f| f.2 == "Jolokia" && f.0 != "consumers").collect::<Vec<_>>();
    let (first, before) = (look(&eyes, &dead).await, counters(eyes.describe(&dead).await.expect("describe")));
    assert_eq!(first.len(), 3);
    assert!(first.iter().all(|m| m.whole), "bytes are there in full, by STOMP");
    for _ in 0..30 {
        assert_eq!(look(&eyes, &dead).await, first);
    }
    assert_eq!(counters(eyes.describe(&dead).await.expect("describe")), before, "thirty looks, and no counter has moved");
    // what is edited would go by STOMP, which empties a map
    let edited = Outgoing { body: Some("{count=4}".into()), ..as_it_is(&first[1], &home) };
    let refused = eyes.rehearse(&first[1], &edited);
    assert!(refused.refused.is_some_and(|why| why.contains("map")));
    let mut hold = hand.expect("a hand").hold(&dead, Selection::First(3)).await.expect("hold");
    let held = hold.next(3).await.expect("next");
    for one in &held {
        let ready = eyes.rehearse(&one.message, &as_it_is(&one.message, &home));
        assert_eq!((ready.way, ready.refused), (Carriage::Carry { marked: false }, None));
    }
    let answers = hold.carry(held.iter().map(|h| (h.id, as_it_is(&h.message, &home))).collect()).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    let seen = jms(&jars, &url, "see", &name);
    let kinds: Vec<&str> = seen.iter().map(|line| line.split(" | ").next().expect("a kind")).collect();
    assert_eq!(kinds, ["text größe: 3\\n\"quoted\"", "map count=Integer:3 name=String:größe price=Double:1.5", "bytes 2000 1452063001"]);
    for (line, was) in seen.iter().zip(&first) {
        for typed in [
            "aBoolean=Boolean:true",
            "aByte=Byte:-3",
            "aDouble=Double:2.5",
            "aLong=Long:1099511627776",
            "aShort=Short:300",
            "anInt=Integer:7",
        ] {
            assert!(line.contains(typed), "{typed} in {line}");
        }
        assert!(line.contains("correlation=c-1 reply=queue://answers priority=7 mode=2") && line.contains(&was.seat.to_string()), "{line}");
    }
    assert!(look(&eyes, &dead).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_speaks_something_else_is_named_and_nothing_hangs() {
    let (Some(stomp), Some(jolokia)) = (given("REDRIVE_TEST_ACTIVEMQ_6_STOMP"), given("REDRIVE_TEST_ACTIVEMQ_6_JOLOKIA")) else { return };
    for (url, words) in
        [(stomp.replace("stomp://", "tcp://"), "AMQP"), (jolokia.replace("http://", "tcp://").replace("/api/jolokia", ""), "AMQP")]
    {
        let error = link(&url, None).eyes.probe().await.expect_err("neither OpenWire nor AMQP");
        assert!(error.cause.contains(words) || error.cause.contains("says nothing"), "{error}");
        assert!(matches!(error.kind, ErrorKind::Timeout | ErrorKind::Unexpected), "{error}");
    }
    // told what it speaks, the same port is enough, and it is said that nothing can be listed there
    let eyes = link(&stomp, None).eyes;
    let probe = eyes.probe().await.expect("probe");
    assert_eq!((probe.product.as_str(), probe.identity.as_str()), ("ActiveMQ Classic", "admin, by STOMP"));
    let listed = eyes.list(Default::default()).next().await.expect("an answer").expect_err("nobody to ask");
    assert_eq!(listed.kind, ErrorKind::Unsupported);
}

#[tokio::test(flavor = "multi_thread")]
async fn artemis_is_never_spoken_to_by_stomp() {
    let Some(stomp) = given("REDRIVE_TEST_ARTEMIS_STOMP") else { return };
    // login by STOMP says who it is; there it ends, because no AMQP door was found
    let error = link(&stomp, None).eyes.probe().await.expect_err("no safe door");
    assert!(error.cause.contains("never used on Artemis"), "{error}");
    let Some(url) = given("REDRIVE_TEST_ARTEMIS") else { return };
    let probe = link(&url, None).eyes.probe().await.expect("AMQP on the port of all protocols");
    assert_eq!((probe.product.as_str(), probe.identity.as_str()), ("ActiveMQ Artemis", "admin, by AMQP"));
}
