//! Verified only with evidence; a message that is dead again is found by its mark or by its own id.

use super::*;
use crate::broker::{Brokers, REPLAY_ID};
use crate::config::Context;
use crate::config::model::{Consumer, Handler, ReplaySettings, Subscription};
use crate::drivers::memory::{Clock, Login, Memory, Put, Shape, Spec};
use crate::model::ConnId;

const W: Duration = Duration::from_secs(60);

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(2_000_000)
}

fn broker() -> Memory {
    let memory = Memory::with_clock(ConnId::new("k"), Shape::kafka(), Clock::at(now()));
    memory.create("orders", Spec::with(1));
    memory.create("orders.dlt", Spec::with(1));
    memory.put("orders.dlt", Put::body("dead").header("message_id", "m1"));
    memory.put("orders", Put::body("again").header(REPLAY_ID, "p/1").header("message_id", "m1"));
    memory
}

fn one(memory: &Memory) -> Replayed {
    let (from, seat) = (Seat::Offset { partition: 0, offset: 0 }, Some(Seat::Offset { partition: 0, offset: 0 }));
    Replayed {
        n: 1,
        replay_id: "p/1".into(),
        id: MessageId("|id:m1".into()),
        own_id: true,
        from,
        to: memory.at("orders"),
        seat,
        at: now(),
        failed_by: Some("billing".into()),
    }
}

async fn verdict(memory: &Memory, one: &Replayed) -> (Verdict, Evidence) {
    let eyes = memory.connect(Login::viewer()).eyes;
    let brokers = Brokers([(memory.id().clone(), eyes)].into());
    let evidence = gather(&brokers, &Context::default(), &[memory.at("orders.dlt")], std::slice::from_ref(one)).await;
    (judge(one, &evidence, W), evidence)
}

#[tokio::test]
async fn a_commit_past_it_and_nothing_back_is_the_only_proof() {
    let memory = broker();
    let one = one(&memory);
    let until = now() + W;
    assert_eq!(verdict(&memory, &one).await.0, Verdict::NoWordYet { until, why: Silence::NoCommit });
    memory.commit("billing", "orders", 0, 0);
    assert_eq!(verdict(&memory, &one).await.0, Verdict::NoWordYet { until, why: Silence::NotReached });
    memory.commit("billing", "orders", 0, 1);
    assert_eq!(verdict(&memory, &one).await.0, Verdict::Verified { group: "billing".into(), by_clock: false });
    let nobody = Replayed { failed_by: None, ..one };
    assert_eq!(verdict(&memory, &nobody).await.0, Verdict::NoWordYet { until, why: Silence::NoGroup });
}

#[tokio::test]
async fn what_is_dead_again_is_found_by_its_mark_and_by_its_id() {
    let memory = broker();
    let one = one(&memory);
    memory.commit("billing", "orders", 0, 1);
    memory.put("orders.dlt", Put::body("again").header(REPLAY_ID, "p/1"));
    let back = Verdict::CameBack { dlq: memory.at("orders.dlt"), seat: Seat::Offset { partition: 0, offset: 1 } };
    assert_eq!(verdict(&memory, &one).await.0, back);
    let memory = broker();
    memory.commit("billing", "orders", 0, 1);
    memory.put("orders.dlt", Put::body("again").header("message_id", "m1"));
    assert_eq!(verdict(&memory, &one).await.0, back);
    let derived = Replayed { own_id: false, ..one };
    assert_eq!(verdict(&memory, &derived).await.0.word(), "verified");
}

#[tokio::test]
async fn without_a_look_into_the_queue_nothing_is_verified() {
    let memory = broker();
    memory.commit("billing", "orders", 0, 1);
    memory.delete("orders.dlt");
    let (verdict, evidence) = verdict(&memory, &one(&memory)).await;
    assert!(matches!(verdict, Verdict::NoWordYet { why: Silence::NotLooked, .. }));
    assert_eq!(evidence.trouble.len(), 1);
    assert!(!may_go_on(&[verdict], now() + W + W), "a queue that cannot be read is no silence");
}

#[test]
fn a_canary_goes_on_by_evidence_at_once_and_by_silence_after_the_window() {
    let silent = Verdict::NoWordYet { until: now() + W, why: Silence::NotReached };
    assert!(!may_go_on(std::slice::from_ref(&silent), now()));
    assert!(may_go_on(&[silent], now() + W));
    assert!(may_go_on(&[Verdict::Verified { group: "g".into(), by_clock: false }], now()));
}

#[test]
fn the_window_is_that_of_the_handler_that_failed() {
    let handler = |event: &str, secs| Handler { event_type: event.into(), timeout: Duration::from_secs(secs), ..Handler::default() };
    let consumer = Consumer {
        group_id: "g".into(),
        topics: vec![Subscription { topic: "orders".into(), ..Subscription::default() }],
        handlers: vec![handler("a", 600), handler("*", 40)],
        enable_auto_commit: Some(false),
        ..Consumer::default()
    };
    let context = Context { consumers: vec![consumer], ..Context::default() };
    let replay = ReplaySettings::default();
    let of = |topic, events: &[&str]| {
        let events: Vec<String> = events.iter().map(|e| (*e).to_owned()).collect();
        evidence::window(&replay, &context, Some("g"), topic, &events).as_secs()
    };
    assert_eq!((of("orders", &["a"]), of("orders", &["other"]), of("orders", &[]), of("users", &[])), (600, 40, 600, 300));
}
