//! What a look at the target proves, and what it does not.

use std::collections::BTreeMap;

use super::*;
use futures::StreamExt;

use crate::broker::{PeekRequest, Peeked, REPLAY_ID, Stop};
use crate::drivers::memory::{Hidden, Login, Memory, Put, Shape, Spec};
use crate::model::{ConnId, Death, Origin, Told, text_field};
use crate::triage::ledger::{Ends, Intent, Run, TargetEnds};
use crate::triage::plan::{Deed, Draft, ReplayRequest, Route, Source};
use crate::triage::preflight;
use crate::triage::replay::{self, Hands, Means};
use crate::triage::report::Wish;

struct Crashed {
    memory: Memory,
    brokers: Brokers,
    hands: Hands,
    ledger: TriageLedger,
    plan: ReplayPlan,
    _dir: tempfile::TempDir,
}

/// A run of two messages that was cut off after its intents were written.
async fn crashed(target: Spec) -> Crashed {
    crashed_on(Shape::kafka(), target).await
}

async fn crashed_on(shape: Shape, target: Spec) -> Crashed {
    let memory = Memory::new(ConnId::new("m"), shape);
    memory.create("orders", target);
    memory.create("orders.dlt", Spec::with(1));
    memory.put("orders", Put::body("before").to(0)).unwrap();
    for i in 0..2 {
        memory.put("orders.dlt", Put::keyed(format!("k{i}"), "x").to(0)).unwrap();
    }
    let link = memory.connect(Login::admin());
    let id = memory.id().clone();
    let eyes = link.eyes.clone();
    let brokers = Brokers([(id.clone(), link.eyes)].into());
    let hands = Hands::new([(id, link.hand.unwrap())].into());
    let dir = tempfile::tempdir().unwrap();
    let ledger = TriageLedger::open(&dir.path().join("ledger.db")).unwrap();
    let ask = ReplayRequest::new(Deed::Replay, Source::Queue(memory.at("orders.dlt")), Route::Origin, Actor::default());
    let mut draft = Draft::new(ask);
    for (i, message) in memory.messages("orders.dlt").iter().enumerate() {
        let origin = Origin { name: "orders".into(), partition: Some(0), ..Origin::default() };
        draft.add(message, &MessageId(i.to_string()), &Death { origin: Told::header(origin, "h"), ..Death::default() }, None);
    }
    let plan = preflight::freeze(draft, &brokers, &hands, &ledger).await.unwrap();
    let lease = ledger.lease_plan(&plan.id, "test".into()).await.unwrap().unwrap();
    let run = Run { plan: Arc::new(plan.clone()), lease };
    let ends = memory.ends("orders").iter().enumerate().map(|(p, (_, end))| (i32::try_from(p).unwrap(), *end)).collect();
    let visit = ledger
        .visit(&run, Ends(vec![TargetEnds { at: memory.at("orders"), id: eyes.describe(&memory.at("orders")).await.unwrap().id, ends }]))
        .await
        .unwrap();
    let intents = (1..=2).map(|n| Intent { n, visit: Some(visit), copy: Some(bytes::Bytes::from_static(b"copy")) }).collect();
    ledger.step(&run, Vec::new(), intents).await.unwrap();
    ledger.break_lease(&plan.id).await;
    Crashed { memory, brokers, hands, ledger, plan, _dir: dir }
}

impl Crashed {
    fn arrives(&self, n: u32, hidden: Hidden) {
        let put = Put::keyed("k", "x").header(REPLAY_ID, format!("{}/{n}", self.plan.id)).to(0);
        self.memory.put("orders", Put { hidden, ..put }).unwrap();
    }

    async fn clear(&self) -> (Vec<u32>, BTreeMap<u32, Outcome>) {
        let left = clear(&self.plan.id, &self.brokers, &self.ledger).await.unwrap();
        (left.iter().map(|d| d.n).collect(), self.ledger.outcomes(self.plan.id.clone()).await.unwrap())
    }
}

#[tokio::test]
async fn there_is_done_and_absent_is_untouched() {
    let crashed = crashed(Spec::with(2)).await;
    crashed.arrives(2, Hidden::No);
    let (left, outcomes) = crashed.clear().await;
    assert!(left.is_empty());
    assert!(
        matches!(outcomes.get(&2), Some(Outcome::Replayed { receipt }) if receipt.seat == Some(Seat::Offset { partition: 0, offset: 2 }) || receipt.seat == Some(Seat::Offset { partition: 0, offset: 1 }))
    );
    assert_eq!(outcomes.get(&1), None);
}

#[tokio::test]
async fn what_retention_took_proves_nothing() {
    let crashed = crashed(Spec::with(2)).await;
    crashed.arrives(9, Hidden::No);
    crashed.arrives(2, Hidden::No);
    crashed.memory.trim("orders", 0, 2);
    let (left, outcomes) = crashed.clear().await;
    assert_eq!(left, [1]);
    assert!(matches!(outcomes.get(&1), Some(Outcome::InDoubt { why }) if why.contains("retention")), "{outcomes:?}");
    assert!(matches!(outcomes.get(&2), Some(Outcome::Replayed { .. })));
}

/// Keys are spread over all partitions there are when they are sent.
#[tokio::test]
async fn what_went_to_a_partition_that_was_made_meanwhile_is_found() {
    let mut crashed = crashed(Spec::with(2)).await;
    let anywhere = crate::triage::plan::Where::ByKey;
    crashed.plan.items.iter_mut().for_each(|item| item.place = anywhere);
    let ends = Ends(vec![TargetEnds { at: crashed.memory.at("orders"), id: None, ends: [(0, 1), (1, 0)].into() }]);
    crashed.memory.create("orders", Spec::with(3));
    let put = Put::keyed("k", "x").header(REPLAY_ID, format!("{}/1", crashed.plan.id)).to(2);
    crashed.memory.put("orders", put).unwrap();
    let open = crashed.ledger.open_intents(Some(crashed.plan.id.clone())).await.unwrap();
    let open: Vec<_> = open.into_iter().map(|intent| crate::triage::ledger::OpenIntent { ends: Some(ends.clone()), ..intent }).collect();
    let found = look(&crashed.plan, &open, &crashed.brokers, false).await;
    assert!(matches!(&found[0].finding, Finding::Arrived(r) if r.seat == Some(Seat::Offset { partition: 2, offset: 0 })), "{found:?}");
    assert_eq!(found[1].finding, Finding::NotThere);
}

#[tokio::test]
async fn what_was_given_up_did_not_arrive_and_what_is_open_is_asked_about() {
    let crashed = crashed(Spec::with(2)).await;
    crashed.arrives(1, Hidden::Aborted);
    crashed.arrives(2, Hidden::Open);
    let (left, outcomes) = crashed.clear().await;
    assert_eq!(left, [2]);
    assert_eq!(outcomes.get(&1), None, "untouched: it may be sent again");
    assert!(matches!(outcomes.get(&2), Some(Outcome::InDoubt { why }) if why.contains("transaction")), "{outcomes:?}");
}

#[tokio::test]
async fn who_goes_on_with_a_plan_ends_the_transaction_that_its_last_batch_was_left_in() {
    let crashed = crashed(Spec::with(2)).await;
    crashed.arrives(1, Hidden::Open);
    crashed.arrives(2, Hidden::Open);
    assert_eq!(crashed.clear().await.0, [1, 2], "who only looks ends nothing");
    let means = Means { brokers: crashed.brokers.clone(), hands: crashed.hands.clone(), ledger: crashed.ledger.clone() };
    let (_wish, heard) = tokio::sync::watch::channel(Wish::Run { per_second: None });
    let report = replay::resume(&crashed.plan.id, &means, &|_| {}, heard).await;
    assert_eq!((report.exit_code(), report.counts.replayed), (0, 2), "{report:?}");
    let committed = PeekRequest { committed_only: true, stop: Stop::Now, ..PeekRequest::new(crashed.memory.at("orders"), 9) };
    let mut seen = Vec::new();
    let mut flow = crashed.brokers.get(crashed.memory.id()).unwrap().peek(committed);
    while let Some(step) = flow.next().await {
        if let Peeked::Batch(messages) = step.unwrap() {
            seen.extend(messages.iter().filter_map(|m| text_field(&m.headers, REPLAY_ID).map(str::to_owned)));
        }
    }
    seen.sort();
    assert_eq!(seen, [1, 2].map(|n| format!("{}/{n}", crashed.plan.id)), "each once");
}

#[tokio::test]
async fn behind_an_open_transaction_nothing_is_certain() {
    let crashed = crashed(Spec::with(2)).await;
    crashed.memory.put("orders", Put { hidden: Hidden::Open, ..Put::body("of somebody else").to(0) }).unwrap();
    crashed.arrives(1, Hidden::No);
    crashed.arrives(2, Hidden::Aborted);
    assert_eq!(crashed.clear().await.0, [1, 2]);
}

#[tokio::test]
async fn a_broker_that_is_down_leaves_it_in_doubt() {
    let crashed = crashed(Spec::with(2)).await;
    crashed.memory.down();
    assert_eq!(crashed.clear().await.0, [1, 2]);
    crashed.memory.up();
    assert!(crashed.clear().await.0.is_empty());
}

#[tokio::test]
async fn what_is_looked_at_again_and_again_is_said_to_be_in_doubt_once() {
    let crashed = crashed(Spec::with(2)).await;
    crashed.memory.down();
    for _ in 0..3 {
        crashed.clear().await;
    }
    let want = crate::triage::report::EntryQuery { plan: Some(crashed.plan.id.clone()), ..Default::default() };
    let entries = crashed.ledger.entries(want).await.unwrap();
    assert_eq!(entries.iter().filter(|e| e.what == "in doubt").count(), 2, "{entries:?}");
}

#[tokio::test]
async fn a_target_that_was_made_anew_proves_nothing() {
    let crashed = crashed(Spec::with(2)).await;
    crashed.memory.delete("orders");
    crashed.memory.create("orders", Spec::with(2));
    for i in 0..9 {
        crashed.memory.put("orders", Put::body(format!("new {i}")).to(0)).unwrap();
    }
    let (left, outcomes) = crashed.clear().await;
    assert_eq!(left, [1, 2]);
    assert!(outcomes.values().all(|o| matches!(o, Outcome::InDoubt { why } if why.contains("made anew"))), "{outcomes:?}");
}

#[tokio::test]
async fn a_person_has_the_last_word_and_the_first_is_kept() {
    let crashed = crashed(Spec::with(2)).await;
    crashed.arrives(1, Hidden::Open);
    crashed.clear().await;
    let by = Actor { name: "tom".into(), os_user: "tom".into() };
    settle_by_hand(&crashed.plan.id, 1, Answer::NotArrived, &by, Some("aborted".into()), &crashed.ledger).await.unwrap();
    let again = settle_by_hand(&crashed.plan.id, 1, Answer::Arrived, &by, None, &crashed.ledger).await;
    assert!(matches!(again, Err(Unclear::NotInDoubt { n: 1, .. })));
    assert!(crashed.ledger.outcomes(crashed.plan.id.clone()).await.unwrap().get(&1).is_none_or(|o| *o == Outcome::Untouched));
}

/// The broker knows a mark again for five minutes: a run sends again at once, whoever only looks sends nothing and says so.
#[tokio::test]
async fn what_is_known_again_is_sent_again_by_a_run_and_delivered_once() {
    let c = crashed_on(Shape::fifo(), Spec::with(1)).await;
    let hand = c.memory.connect(Login::admin()).hand.unwrap();
    let mark = |n: u32| (REPLAY_ID.to_owned(), crate::model::Typed::bytes(Some(format!("{}/{n}", c.plan.id).into())));
    let sent = crate::broker::Outgoing {
        to: c.memory.at("orders"),
        place: crate::broker::Place::Any,
        key: Some("k0".into()),
        body: Some("x".into()),
        headers: vec![mark(1)],
        properties: vec![],
    };
    // the first of the two had arrived
    hand.publish(vec![sent]).await.remove(0).unwrap();
    let left = clear(&c.plan.id, &c.brokers, &c.ledger).await.unwrap();
    assert_eq!(left.len(), 2);
    assert!(matches!(&left[0].finding, Finding::Ask(why) if why.contains("go on with the plan now")), "{:?}", left[0].finding);
    let hands = Hands::new([(c.memory.id().clone(), hand)].into());
    let means = crate::triage::replay::Means { brokers: c.brokers.clone(), hands, ledger: c.ledger.clone() };
    let (_tell, wish) = tokio::sync::watch::channel(crate::triage::report::Wish::Run { per_second: None });
    let report = crate::triage::replay::resume(&c.plan.id, &means, &|_| {}, wish).await;
    assert_eq!((report.counts.replayed, report.counts.in_doubt), (2, 0), "{report:?}");
    let there: Vec<_> =
        c.memory.messages("orders").iter().filter_map(|m| crate::model::text_field(&m.headers, REPLAY_ID).map(str::to_owned)).collect();
    assert_eq!(there, [format!("{}/1", c.plan.id), format!("{}/2", c.plan.id)], "the first was not delivered twice");
}
