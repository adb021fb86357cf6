//! Pointers of share groups: their originals are replayed, and those that cannot be had are named with the reason.

use std::time::Duration;

use super::*;
use crate::decode;
use crate::triage::plan::Warning;

/// Five originals in `orders` p1, and a pointer to each; then one that does not say to what.
fn pointers(stage: &Stage) {
    for (i, key) in ["a", "b", "a", "c", "d"].iter().enumerate() {
        stage.memory.put("orders", Put::keyed(*key, format!("body {i}")).header("seq", i.to_string()).to(1));
        pointer(stage, Some(i), SystemTime::now());
    }
    pointer(stage, None, SystemTime::now());
}

fn pointer(stage: &Stage, offset: Option<usize>, died: SystemTime) {
    let put = Put::default().header("__dlq.errors.topic", "orders").header("__dlq.errors.partition", "1");
    let put = put.header("__dlq.errors.group", "billing").to(0).at(died);
    let put = match offset {
        Some(offset) => put.header("__dlq.errors.offset", offset.to_string()),
        None => put,
    };
    stage.memory.put("orders.dlt", put);
}

async fn plan(stage: &Stage, deed: Deed, route: Route) -> ReplayPlan {
    let mut draft = Draft::new(stage.ask(deed, route));
    for message in stage.memory.messages("orders.dlt") {
        let death = decode::death(&message);
        assert!(death.pointer);
        draft.add(&message, &decode::identity(&message, &death), &death, None);
    }
    preflight::freeze(draft, &stage.means.brokers, &stage.means.hands, &stage.means.ledger).await.unwrap()
}

fn replayed(stage: &Stage) -> Vec<Message> {
    stage.memory.messages("orders").into_iter().filter(|m| text_field(&m.headers, REPLAY_ID).is_some()).collect()
}

#[tokio::test]
async fn the_originals_are_replayed_in_their_order() {
    let stage = Stage::new(Shape::kafka());
    pointers(&stage);
    let plan = plan(&stage, Deed::Replay, Route::Origin).await;
    let originals = Warning::Originals { messages: 5, from: stage.memory.at("orders") };
    assert!(plan.warnings.contains(&originals), "{:?}", plan.warnings);
    assert_eq!(originals.words(), "5 are pointers: their originals are fetched from orders");
    assert_eq!((plan.todo(), plan.left_out().len()), (5, 1));
    let report = run(&stage, &plan).await;
    assert_eq!((&report.ended, report.counts.replayed, report.counts.left_out), (&Ended::Finished, 5, 1), "{report:?}");
    let sent = replayed(&stage);
    let bodies: Vec<_> = sent.iter().map(|m| m.body.clone().unwrap()).collect();
    assert_eq!(bodies, (0..5).map(|i| format!("body {i}")).collect::<Vec<_>>());
    assert_eq!(sent[1].key.as_deref(), Some(&b"b"[..]));
    assert!(sent.iter().all(|m| m.headers.iter().all(|(name, _)| !name.starts_with("__dlq"))));
    // the copy is whole, and still tells of its death
    let copy = stage.means.ledger.copy(plan.id.clone(), 1).await.unwrap().unwrap().message;
    assert_eq!((copy.body.as_deref(), decode::death(&copy).failed_by.value.as_deref()), (Some(&b"body 0"[..]), Some("billing")));
    assert_eq!(copy.at, stage.memory.at("orders.dlt"));
}

#[tokio::test]
async fn what_cannot_be_had_is_left_with_its_reason() {
    let stage = Stage::new(Shape::kafka());
    pointers(&stage);
    pointer(&stage, Some(4), SystemTime::now() - Duration::from_secs(3_600));
    let plan = plan(&stage, Deed::Replay, Route::Origin).await;
    stage.memory.trim("orders", 1, 1);
    stage.memory.compact("orders", 1, |offset| offset != 2);
    let report = run(&stage, &plan).await;
    assert_eq!((&report.ended, report.counts.replayed, report.counts.skipped), (&Ended::Finished, 3, 3), "{report:?}");
    let why: Vec<_> = report.lines.iter().map(|l| l.words.as_str()).filter(|w| w.contains("original")).collect();
    assert_eq!(why.len(), 3, "{why:?}");
    for words in ["retention took it", "compacted", "made anew"] {
        assert!(why.iter().any(|w| w.contains(words)), "{words}: {why:?}");
    }
    assert_eq!(replayed(&stage).len(), 3);
}

#[tokio::test]
async fn an_origin_that_does_not_answer_leaves_them_untouched() {
    let stage = Stage::new(Shape::kafka());
    pointers(&stage);
    let plan = plan(&stage, Deed::Replay, Route::Origin).await;
    stage.memory.faults().add(Fault::fail(Step::Peek, ErrorKind::Timeout).on("orders"));
    let report = run(&stage, &plan).await;
    assert!(matches!(report.ended, Ended::Broke(_)), "{report:?}");
    assert_eq!((report.counts.untouched, replayed(&stage).len()), (5, 0));
    stage.memory.faults().clear();
    let (_wish, heard) = go();
    let report = resume(&plan.id, &stage.means, &|_| {}, heard).await;
    assert_eq!((report.counts.replayed, replayed(&stage).len()), (5, 5), "{report:?}");
}

#[tokio::test]
async fn parked_a_pointer_stays_one() {
    let stage = Stage::new(Shape::kafka());
    pointers(&stage);
    stage.memory.create("orders.parked", Spec::with(1));
    let plan = plan(&stage, Deed::Park, Route::To(stage.memory.at("orders.parked"))).await;
    let report = run(&stage, &plan).await;
    assert_eq!(report.ended, Ended::Finished, "{report:?}");
    let parked = stage.memory.messages("orders.parked");
    assert_eq!(parked.len(), 6);
    assert!(parked.iter().all(|m| decode::death(m).pointer));
}
