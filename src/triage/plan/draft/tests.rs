//! What a frozen plan takes in, leaves out, and warns of.

use std::time::Duration;

use bytes::Bytes;

use super::*;
use crate::broker::Rehearsal;
use crate::model::{BY_RABBITMQ, ConnId, Fields, Message, Origin, Past, PastKind, Told, Typed};
use crate::triage::plan::{Actor, Deed, Level, Preflight, ReplayPlan, Source, Target, Warning, Way};
use crate::triage::report::{Resolved, Skip};

fn conn() -> ConnId {
    ConnId::new("k")
}

fn message(offset: i64, key: Option<&'static str>) -> Message {
    Message {
        at: Address::topic(&conn(), "dlt"),
        seat: Seat::Offset { partition: 0, offset },
        key: key.map(|k| Bytes::from_static(k.as_bytes())),
        body: Some(Bytes::from_static(b"body")),
        headers: Fields::new(),
        properties: Fields::new(),
        delivery: Fields::new(),
        sent: Some(SystemTime::UNIX_EPOCH),
        whole: true,
    }
}

fn death(offset: i64) -> Death {
    Death {
        origin: Told::header(Origin { name: "orders".into(), partition: Some(1), offset: Some(offset), ..Origin::default() }, "h"),
        ..Death::default()
    }
}

fn draft(deed: Deed, route: Route) -> Draft {
    Draft::new(ReplayRequest::new(deed, Source::Queue(Address::topic(&conn(), "dlt")), route, Actor::default()))
}

fn known() -> Preflight {
    let target = Target {
        exists: Some(true),
        partitions: 4,
        may_write: Some(true),
        max_bytes: Some(100),
        ..Target::unknown(Address::topic(&conn(), "orders"))
    };
    Preflight { targets: vec![target], ..Preflight::default() }
}

fn freeze(draft: Draft, known: Preflight) -> ReplayPlan {
    draft.freeze(known, SystemTime::UNIX_EPOCH + Duration::from_secs(60)).unwrap()
}

fn id(n: i64) -> MessageId {
    MessageId(n.to_string())
}

#[test]
fn a_message_marked_twice_is_planned_once() {
    let mut draft = draft(Deed::Replay, Route::Origin);
    for _ in 0..2 {
        draft.add(&message(1, None), &id(1), &death(1), None);
    }
    assert_eq!(freeze(draft, known()).items.len(), 1);
}

#[test]
fn one_key_goes_in_the_order_of_its_origin() {
    let mut draft = draft(Deed::Replay, Route::Origin);
    draft.add(&message(1, Some("a")), &id(1), &death(50), None);
    draft.add(&message(2, Some("b")), &id(2), &death(10), None);
    draft.add(&message(3, Some("a")), &id(3), &death(40), None);
    let plan = freeze(draft, known());
    assert_eq!(plan.items.iter().map(|i| i.id.0.as_str()).collect::<Vec<_>>(), ["3", "2", "1"]);
    assert_eq!(plan.items.iter().map(|i| i.n).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(plan.items[0].order, plan.items[2].order);
    assert_ne!(plan.items[0].order, plan.items[1].order);
}

#[test]
fn what_must_not_go_is_left_out_with_its_reason() {
    let mut draft = draft(Deed::Replay, Route::Origin);
    draft.add(&Message { whole: false, ..message(1, None) }, &id(1), &death(1), None);
    draft.add(&message(2, None), &id(2), &Death { pointer: true, origin: Told::nothing(""), ..death(2) }, None);
    draft.add(&message(3, None), &id(3), &Death::default(), None);
    draft.add(&Message { body: Some(Bytes::from(vec![0; 101])), ..message(4, None) }, &id(4), &death(4), None);
    draft.add(&message(5, None), &id(5), &death(5), None);
    draft.add(&message(6, None), &id(6), &death(6), None);
    draft.add(&Message { body: None, ..message(7, None) }, &id(7), &death(7), None);
    let past = |n: i64| {
        (0..3)
            .map(|_| Past {
                id: id(n),
                kind: PastKind::Replayed,
                plan: "p".into(),
                actor: String::new(),
                when: SystemTime::UNIX_EPOCH,
                detail: String::new(),
            })
            .collect()
    };
    let resolved = Resolved::from_rows([(Seat::Offset { partition: 0, offset: 6 }, PastKind::Discarded)]);
    let plan = freeze(draft, Preflight { past: [(id(5), past(5))].into(), resolved, ..known() });
    let ways: Vec<_> = plan.items.iter().map(|i| i.way.clone()).collect();
    assert_eq!(
        ways,
        [
            Way::LeftOut(Skip::NotWhole),
            Way::LeftOut(Skip::Pointer),
            Way::LeftOut(Skip::NoOrigin),
            Way::LeftOut(Skip::TooLarge { bytes: 101, limit: 100 }),
            Way::LeftOut(Skip::Poison { times: 3, limit: 3 }),
            Way::LeftOut(Skip::Resolved { how: "discarded".into(), plan: "?".into() }),
            Way::Publish,
        ]
    );
    assert_eq!((plan.todo(), plan.targets[0].messages), (1, 1));
    assert!(plan.warnings.iter().any(|w| matches!(w, Warning::Tombstones { messages: 1 })));
    assert_eq!(plan.blocked(), None);
}

#[test]
fn what_the_broker_moves_as_it_is_changes_nothing_and_needs_no_copy() {
    let said = |draft: &Draft, message: &Message| Rehearsal {
        wire: draft.outgoing(message, &owned(1)).unwrap(),
        losses: Vec::new(),
        refused: None,
        way: Carriage::Carry { marked: false },
    };
    fn owned(offset: i64) -> Death {
        Death { owned: vec!["why".into()], ..death(offset) }
    }
    let dead = |offset, whole| Message { headers: vec![("why".into(), Typed::bytes(Some("x".into())))], whole, ..message(offset, None) };
    let mut draft = draft(Deed::Replay, Route::Origin);
    for (offset, whole) in [(1, true), (2, false)] {
        let message = dead(offset, whole);
        let said = said(&draft, &message);
        draft.add(&message, &id(offset), &owned(offset), Some(&said));
    }
    let plan = freeze(draft, known());
    assert_eq!((plan.todo(), plan.changes.as_they_are), (2, 2));
    assert!(plan.changes.stripped.is_empty() && plan.changes.added.is_empty(), "{:?}", plan.changes);
    assert_eq!((plan.items[0].digest.is_some(), plan.items[1].digest), (true, None));
    assert!(plan.warnings.contains(&Warning::NoCopy { messages: 1 }) && plan.warnings.contains(&Warning::MovedAsTheyAre { messages: 2 }));
    // of what no undo could put back, a discard says so
    let mut draft = self::draft(Deed::Discard, Route::Nowhere);
    let stuck = Rehearsal { refused: Some("it is a map".into()), ..said(&draft, &dead(1, true)) };
    assert_eq!(stuck.wire.to, dead(1, true).at, "it was asked about its own place");
    draft.add(&dead(1, true), &id(1), &owned(1), Some(&stuck));
    let plan = freeze(draft, Preflight { removes: true, ..known() });
    assert!(plan.warnings.contains(&Warning::NoWayBack { why: "it is a map".into(), messages: 1 }), "{:?}", plan.warnings);
    // discarded it could not be had back
    let mut draft = self::draft(Deed::Discard, Route::Nowhere);
    draft.add(&dead(2, false), &id(2), &owned(2), None);
    assert_eq!(freeze(draft, Preflight { removes: true, ..known() }).items[0].way, Way::LeftOut(Skip::NotWhole));
}

#[test]
fn a_target_that_is_missing_or_forbidden_blocks() {
    for target in [
        Target { exists: Some(false), ..Target::unknown(Address::topic(&conn(), "orders")) },
        Target { may_write: Some(false), ..known().targets[0].clone() },
    ] {
        let mut draft = draft(Deed::Replay, Route::Origin);
        draft.add(&message(1, None), &id(1), &death(1), None);
        let plan = freeze(draft, Preflight { targets: vec![target], ..Preflight::default() });
        assert_eq!(plan.warnings[0].level(), Level::Blocks);
        assert!(plan.blocked().is_some());
    }
}

#[test]
fn a_source_that_does_not_say_whether_it_lets_go_blocks() {
    let mut draft = draft(Deed::Replay, Route::Origin);
    draft.add(&message(1, None), &id(1), &death(1), None);
    let plan = freeze(draft, Preflight { trouble: Some("no answer in time".into()), ..known() });
    assert!(plan.blocked().is_some_and(|why| why.contains("no answer in time")), "{:?}", plan.warnings);
    assert!(!plan.warnings.contains(&Warning::StaysInSource));
}

#[test]
fn what_a_deed_cannot_mean_is_refused() {
    let at = SystemTime::UNIX_EPOCH;
    assert_eq!(draft(Deed::Replay, Route::Origin).freeze(known(), at), Err(Refusal::Empty));
    for (deed, route) in [(Deed::Replay, Route::Nowhere), (Deed::Discard, Route::Origin), (Deed::Restore, Route::Same)] {
        let mut draft = draft(deed, route);
        draft.add(&message(1, None), &id(1), &death(1), None);
        assert!(matches!(draft.freeze(known(), at), Err(Refusal::Unfit(_))));
    }
}

#[test]
fn canary_steps_go_first_and_the_command_says_the_same() {
    let mut draft = draft(Deed::Replay, Route::Origin);
    for n in 0..40 {
        draft.add(&message(n, None), &id(n), &death(n), None);
    }
    let mut plan = freeze(draft, known());
    assert_eq!(plan.steps(40), [1, 5, 25, 9]);
    assert_eq!(plan.steps(3), [1, 2]);
    assert_eq!(plan.steps(0), [0usize; 0]);
    plan.ask.reason = Some("it's INC-1".into());
    assert_eq!(plan.command(), format!("redrive replay --plan {} --reason 'it'\\''s INC-1'", plan.id));
    assert_eq!(plan.id.0.len(), 9);
}

#[test]
fn what_rabbitmq_sent_here_and_would_send_elsewhere_now_is_said() {
    let to = |names: &[&str]| Some(names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>());
    let warned = |family, route, now| {
        let mut draft = draft(Deed::Replay, route);
        draft.add(&message(1, None), &id(1), &Death { family, ..death(1) }, None);
        let mut known = known();
        known.targets[0].dead_letters = now;
        let found = freeze(draft, known).warnings.into_iter().find(|w| matches!(w, Warning::DiesElsewhere { .. }));
        found.map(|w| w.words())
    };
    assert_eq!(warned(BY_RABBITMQ, Route::Origin, to(&["retry", "dlt"])), None, "it comes here still");
    assert_eq!(warned(BY_RABBITMQ, Route::Origin, None), None, "nobody tells");
    let gone = warned(BY_RABBITMQ, Route::Origin, to(&["other"])).unwrap();
    assert_eq!(gone, "what fails again in k/orders goes to other now, not here");
    let lost = warned(BY_RABBITMQ, Route::Origin, to(&[])).unwrap();
    assert_eq!(lost, "what fails again in k/orders is lost: its dead letters go nowhere now");
    assert_eq!(warned("Spring AMQP", Route::Origin, to(&[])), None, "its application put it here, whatever the queue is set to");
    assert_eq!(warned(BY_RABBITMQ, Route::To(Address::topic(&conn(), "orders")), to(&[])), None, "a target of the user's own choice");
}
