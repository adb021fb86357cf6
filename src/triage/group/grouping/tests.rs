//! The causes are the same in whatever order messages come, and ids and numbers change nothing.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use proptest::prelude::*;

use super::*;
use crate::model::{ConnId, Failure, Message, MessageId, Origin, Past, PastKind, Seat, Told};
use crate::schema::Verdict;
use crate::triage::group::NO_METADATA;

fn at() -> Address {
    Address::topic(&ConnId::new("k"), "orders.dlt")
}

fn t(s: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_020 + s)
}

fn seen(offset: i64, class: &str, text: &str) -> Seen {
    let message = Message {
        at: at(),
        seat: Seat::Offset { partition: (offset % 3) as i32, offset },
        key: None,
        body: None,
        headers: Vec::new(),
        properties: Vec::new(),
        delivery: Vec::new(),
        sent: Some(t(offset as u64)),
        whole: true,
    };
    let mut death = Death::default();
    if !class.is_empty() {
        let failure = Failure { class: Some(class.into()), message: Some(text.into()), ..Failure::default() };
        death.error = Told::header(failure, "h");
        death.last = Told::header(t(offset as u64), "h");
        death.origin = Told::header(Origin { name: format!("orders{}", offset % 2), ..Origin::default() }, "h");
    }
    Seen {
        message: Arc::new(message),
        id: MessageId(format!("id{offset}")),
        derived: false,
        death,
        event: None,
        verdict: Verdict::Unchecked { why: String::new() },
        violations: Vec::new(),
        past: Vec::new(),
        preview: String::new(),
    }
}

fn causes(all: &[Seen], with_settled: bool) -> Vec<Cause> {
    causes_with(all, with_settled, &Resolved::default())
}

fn causes_with(all: &[Seen], with_settled: bool, resolved: &Resolved) -> Vec<Cause> {
    let mut grouping = Grouping::new(at(), with_settled);
    all.iter().for_each(|s| grouping.add(s, resolved));
    grouping.causes(&Rules::default(), &BTreeMap::new())
}

fn past(kind: PastKind, when: SystemTime) -> Past {
    Past { id: MessageId("x".into()), kind, plan: "p".into(), actor: "lea".into(), when, detail: String::new() }
}

#[test]
fn messages_without_metadata_are_one_honest_cause_at_the_end() {
    let all: Vec<_> = (0..6).map(|i| seen(i, if i < 2 { "a.B" } else { "" }, "m")).collect();
    let causes = causes(&all, false);
    let shown: Vec<_> = causes.iter().map(|c| (c.id.0.len(), c.title.as_str(), c.count, c.last.is_some())).collect();
    assert_eq!(shown, [(4, "B: m", 2, true), (1, NO_METADATA, 4, false)]);
    assert_eq!(causes[1].id.0, CauseId::NONE);
}

#[test]
fn what_is_settled_is_hidden_until_asked_for_and_what_came_back_is_not() {
    let mut all: Vec<_> = (0..5).map(|i| seen(i, "a.B", "m")).collect();
    let seat = |i: usize| all[i].message.seat.clone();
    let resolved = Resolved::from_rows([(seat(0), PastKind::Replayed), (seat(1), PastKind::Discarded)]);
    all[0].past = vec![past(PastKind::Replayed, t(100))];
    all[2].past = vec![past(PastKind::Discarded, t(100)), past(PastKind::Restored, t(101))];
    // dead again: the ledger knows its id, but not from this seat
    all[3].past = vec![past(PastKind::Replayed, t(100))];
    all[4].past = vec![past(PastKind::InDoubt, t(100))];
    let hidden = causes_with(&all, false, &resolved);
    assert_eq!((hidden[0].count, hidden[0].unresolved), (3, 3));
    assert_eq!((hidden[0].past.came_back, hidden[0].past.replayed, hidden[0].past.discarded, hidden[0].past.in_doubt), (1, 1, 1, 1));
    assert_eq!(hidden[0].past.by.as_ref().map(|b| b.0.as_str()), Some("lea"));
    let shown = causes_with(&all, true, &resolved);
    assert_eq!((shown[0].count, shown[0].unresolved), (5, 3));
    assert_eq!(shown[0].id, hidden[0].id);
}

#[test]
fn a_cause_names_all_its_seats() {
    let all: Vec<_> = (0..9).rev().map(|i| seen(i, "a.B", "m")).collect();
    let causes = causes(&all, false);
    let seats = causes[0].members.seats();
    assert_eq!(seats.len(), 9);
    assert_eq!(seats.first(), Some(&Seat::Offset { partition: 0, offset: 0 }));
    assert_eq!((causes[0].partitions, causes[0].newest.seat.to_string()), (3, "p2/8".to_owned()));
    assert_eq!(causes[0].oldest.seat.to_string(), "p0/0");
}

#[test]
fn causes_are_bounded_and_the_rest_is_counted() {
    let mut grouping = Grouping::new(at(), false);
    for i in 0..MAX_CAUSES + 5 {
        grouping.add(&seen(i as i64, &format!("a.C{}", letters(i)), ""), &Resolved::default());
    }
    assert_eq!(grouping.totals().beyond, 5);
    let causes = grouping.causes(&Rules::default(), &BTreeMap::new());
    assert_eq!(causes.len(), MAX_CAUSES);
    let ids: std::collections::BTreeSet<_> = causes.iter().map(|c| c.id.clone()).collect();
    assert_eq!(ids.len(), MAX_CAUSES, "ids are longer where they would collide");
}

/// A number in letters, so that no rule takes it out.
fn letters(mut n: usize) -> String {
    let mut out = String::new();
    loop {
        out.push(char::from(b'a' + (n % 26) as u8));
        n /= 26;
        if n == 0 {
            return out;
        }
    }
}

#[test]
fn arrivals_lie_in_their_buckets() {
    let all: Vec<_> = [0, 60, 3599].map(|i| seen(i, "a.B", "m")).into();
    let c = causes(&all, false);
    let spark = c[0].arrivals.spark(t(3599), Duration::from_secs(3600), 6);
    assert_eq!(spark.iter().sum::<u64>(), 3);
    assert_eq!(spark.last(), Some(&1));
}

proptest! {
    #[test]
    fn the_order_of_messages_changes_nothing(
        kinds in prop::collection::vec((0usize..5, 0u64..9999), 1..60),
        seed in any::<u64>(),
    ) {
        let mut all: Vec<Seen> = kinds
            .iter()
            .enumerate()
            .map(|(i, (kind, n))| {
                let class = ["a.Timeout", "a.Null", "", "b.Parse", "a.Timeout"][*kind];
                seen(i as i64, class, &format!("failed for order {n} in {kind}"))
            })
            .collect();
        let before = causes(&all, false);
        // a shuffle of its own, so that a failure can be repeated from the seed
        let mut state = seed | 1;
        for i in (1..all.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            all.swap(i, (state >> 33) as usize % (i + 1));
        }
        prop_assert_eq!(before, causes(&all, false));
    }

    #[test]
    fn ids_and_numbers_change_no_cause(n in any::<u64>(), id in any::<u128>(), ip in any::<[u8; 4]>(), email in "[a-z]{1,8}@[a-z]{1,8}\\.com") {
        let uuid = uuid::Uuid::from_u128(id);
        let ip = std::net::Ipv4Addr::from(ip);
        let text = format!("order {n} of {uuid} at {ip}:{} by {email} (\"{n}\")", n % 60_000);
        let other = "order 1 of 00000000-0000-4000-8000-000000000000 at 10.0.0.1:80 by a@b.com (\"x\")";
        let a = fingerprint(&seen(1, "a.B", &text).death);
        let b = fingerprint(&seen(2, "a.B", other).death);
        prop_assert_eq!(a.hex(), b.hex(), "{}", text);
    }
}
