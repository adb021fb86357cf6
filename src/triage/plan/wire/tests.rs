//! Nothing but what the plan says changes on the wire.

use std::time::SystemTime;

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::model::{Address, ConnId, Death, MessageId, Origin, Seat, Told};
use crate::triage::plan::{Actor, Draft, Edit, Preflight, Source, Target};

fn conn() -> ConnId {
    ConnId::new("k")
}

fn plan(headers: Fields, owned: Vec<String>, edit: Edit, partitions: u32) -> (ReplayPlan, Message) {
    let from = Address::topic(&conn(), "orders.dlt");
    let message = Message {
        at: from.clone(),
        seat: Seat::Offset { partition: 1, offset: 7 },
        key: Some(Bytes::from_static(b"k1")),
        body: Some(Bytes::from_static(b"{}")),
        headers,
        properties: vec![("content-type".into(), Typed::bytes(Some(Bytes::from_static(b"x"))))],
        delivery: Fields::new(),
        sent: None,
        whole: true,
    };
    let death = Death {
        owned,
        origin: Told::header(Origin { name: "orders".into(), partition: Some(3), offset: Some(9), ..Origin::default() }, "h"),
        ..Death::default()
    };
    let mut ask = ReplayRequest::new(Deed::Replay, Source::Queue(from), crate::triage::plan::Route::Origin, Actor::default());
    ask.edit = edit;
    let mut draft = Draft::new(ask);
    draft.add(&message, &MessageId("billing|m1".into()), &death, None);
    let target = Target { exists: Some(true), partitions, may_write: Some(true), ..Target::unknown(Address::topic(&conn(), "orders")) };
    let plan = draft.freeze(Preflight { targets: vec![target], ..Preflight::default() }, SystemTime::UNIX_EPOCH).unwrap();
    (plan, message)
}

fn header(name: &str, value: &'static str) -> (String, Typed) {
    (name.into(), Typed::bytes(Some(Bytes::from_static(value.as_bytes()))))
}

fn names(fields: &Fields) -> Vec<&str> {
    fields.iter().map(|(n, _)| n.as_str()).collect()
}

#[test]
fn framework_headers_go_trace_headers_stay_marks_come() {
    let headers =
        vec![header("a", "1"), header("kafka_dlt-x", "2"), header("TraceParent", "3"), header("a", "4"), header("kafka_dlt-x", "5")];
    let owned = vec!["kafka_dlt-x".into(), "TraceParent".into()];
    let edit = Edit { strip: vec!["trace*".into(), "Trace*".into()], add: vec![("why".into(), "test".into())], ..Edit::default() };
    let (plan, message) = plan(headers, owned, edit, 12);
    let (out, changes) = wire(&message, &plan.items[0], &plan).unwrap();
    assert_eq!(names(&out.headers), ["a", "TraceParent", "a", "why", REPLAY_ID, ORIGINAL_ID, REPLAY_GEN]);
    assert_eq!(text_field(&out.headers, REPLAY_ID), Some(format!("{}/1", plan.id).as_str()));
    assert_eq!(text_field(&out.headers, ORIGINAL_ID), Some("m1"));
    assert_eq!(text_field(&out.headers, REPLAY_GEN), Some("1"));
    assert_eq!(names(&changes.stripped), ["kafka_dlt-x", "kafka_dlt-x"]);
    assert_eq!(changes.kept, ["TraceParent"]);
    assert_eq!(out.place, Place::Partition(3));
    assert_eq!(plan.changes.stripped.get("kafka_dlt-x"), Some(&2));
    assert_eq!(plan.changes.kept.get("TraceParent"), Some(&1));
}

#[test]
fn a_second_replay_counts_on_and_keeps_who_it_was() {
    let headers = vec![header(REPLAY_ID, "old/3"), header(ORIGINAL_ID, "first"), header(REPLAY_GEN, "1"), header("b", "2")];
    let (plan, message) = plan(headers, Vec::new(), Edit::default(), 12);
    let (out, _) = wire(&message, &plan.items[0], &plan).unwrap();
    assert_eq!(names(&out.headers), ["b", REPLAY_ID, ORIGINAL_ID, REPLAY_GEN]);
    assert_eq!(text_field(&out.headers, ORIGINAL_ID), Some("first"));
    assert_eq!(text_field(&out.headers, REPLAY_GEN), Some("2"));
}

#[test]
fn a_partition_that_is_gone_goes_by_key_and_is_warned_of() {
    let (plan, message) = plan(Vec::new(), Vec::new(), Edit::default(), 2);
    let (out, _) = wire(&message, &plan.items[0], &plan).unwrap();
    assert_eq!(out.place, Place::ByKey);
    assert!(plan.warnings.iter().any(|w| matches!(w, crate::triage::plan::Warning::PartitionsChanged { now: 2, messages: 1, .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn all_else_is_the_same_bytes_in_the_same_order(
        key in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..20)),
        body in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..100)),
        headers in proptest::collection::vec(("[a-d]{1,2}", proptest::option::of(proptest::collection::vec(any::<u8>(), 0..10))), 0..12),
        owned in proptest::collection::vec("[a-d]{1,2}", 0..4),
    ) {
        let headers: Fields = headers.into_iter().map(|(n, v)| (n, Typed::bytes(v.map(Bytes::from)))).collect();
        let (plan, mut message) = plan(headers, owned.clone(), Edit::default(), 12);
        message.key = key.map(Bytes::from);
        message.body = body.map(Bytes::from);
        let (out, changes) = wire(&message, &plan.items[0], &plan).unwrap();
        prop_assert_eq!(&out.key, &message.key);
        prop_assert_eq!(&out.body, &message.body);
        prop_assert_eq!(&out.properties, &message.properties);
        let (rest, added) = out.headers.split_at(out.headers.len() - changes.added.len());
        let expected: Fields = message.headers.iter().filter(|(n, _)| !owned.contains(n)).cloned().collect();
        prop_assert_eq!(rest.to_vec(), expected);
        prop_assert_eq!(added.to_vec(), changes.added);
        prop_assert!(changes.stripped.iter().all(|(n, _)| owned.contains(n)));
    }
}
