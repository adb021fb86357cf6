//! What is parked or discarded, and taken back.

use super::*;
use crate::triage::doubt;
use crate::triage::plan::Warning;
use crate::triage::prepare::prepare_restore;
use crate::triage::report::Answer;

/// A plan that takes back all of it.
async fn restore(stage: &Stage) -> ReplayPlan {
    let at = stage.memory.at("orders.dlt");
    let mut ask = stage.ask(Deed::Restore, Route::Same);
    ask.from = Source::Ledger(at.clone());
    let Means { brokers, hands, ledger } = &stage.means;
    let rows = ledger.restorable(at.clone(), None).await.unwrap();
    let (draft, _) = prepare_restore(brokers.get(&at.conn).unwrap().as_ref(), ledger, ask, &rows, 0).await;
    preflight::freeze(draft, brokers, hands, ledger).await.unwrap()
}

#[tokio::test]
async fn park_and_discard_on_a_log_are_marks_and_restore_takes_them_back() {
    let stage = Stage::new(Shape::kafka());
    stage.dead(&KEYS);
    let at = stage.memory.at("orders.dlt");
    for (deed, how) in [(Deed::Park, crate::model::PastKind::Parked), (Deed::Discard, crate::model::PastKind::Discarded)] {
        let plan = stage.plan_for(stage.ask(deed, Route::Nowhere)).await;
        let report = run(&stage, &plan).await;
        assert_eq!((report.counts.marked, report.exit_code()), (12, 0), "{report:?}");
        let resolved = stage.means.ledger.resolved(at.clone(), None).await.unwrap();
        assert_eq!(resolved.how(&plan.items[0].seat), Some(how));
        let rows = stage.means.ledger.restorable(at.clone(), None).await.unwrap();
        assert_eq!(rows.len(), 12);
        assert!(stage.means.ledger.copy(rows[0].plan.clone(), rows[0].item).await.unwrap().is_some());
        let plan = restore(&stage).await;
        let report = run(&stage, &plan).await;
        assert_eq!((report.counts.marked, report.exit_code()), (12, 0), "{report:?}");
        assert!(stage.means.ledger.resolved(at.clone(), None).await.unwrap().is_empty());
        assert!(stage.means.ledger.restorable(at.clone(), None).await.unwrap().is_empty());
        assert_eq!(stage.memory.messages("orders.dlt").len(), 12);
        assert!(stage.arrived().is_empty());
    }
}

#[tokio::test]
async fn a_discard_takes_out_of_a_queue_and_restore_publishes_the_copy() {
    let stage = Stage::new(Shape::rabbitmq());
    stage.dead(&KEYS);
    let before = stage.memory.messages("orders.dlt");
    let plan = stage.plan_for(stage.ask(Deed::Discard, Route::Nowhere)).await;
    let report = run(&stage, &plan).await;
    assert_eq!((report.counts.marked, report.exit_code()), (12, 0), "{report:?}");
    assert!(stage.memory.messages("orders.dlt").is_empty());
    let plan = restore(&stage).await;
    let report = run(&stage, &plan).await;
    assert_eq!((report.counts.replayed, report.exit_code()), (12, 0), "{report:?}");
    let after = stage.memory.messages("orders.dlt");
    assert_eq!(after.len(), 12);
    for (was, is) in before.iter().zip(&after) {
        assert_eq!(was.body, is.body);
        let rest: Vec<_> = is.headers.iter().filter(|(n, _)| n != REPLAY_ID).cloned().collect();
        assert_eq!(was.headers, rest);
    }
}

#[tokio::test]
async fn a_restore_says_beforehand_what_the_copies_lose() {
    let stage = Stage::new(Shape::rabbitmq());
    stage.dead(&["a"]);
    let twice = Put::keyed("b", "body").header("seq", "1").header("tenant", "acme").header("tenant", "beta");
    stage.memory.put("orders.dlt", twice.header(REPLAY_ID, "0000-0000/1")).unwrap();
    let plan = stage.plan_for(stage.ask(Deed::Discard, Route::Nowhere)).await;
    run(&stage, &plan).await;
    let said: Vec<_> = restore(&stage).await.warnings.into_iter().filter(|w| matches!(w, Warning::Loses { .. })).collect();
    let loses = |what: &str, messages| Warning::Loses { what: what.to_owned(), messages };
    let header = loses("the earlier value of header tenant: a name can be there once", 1);
    assert_eq!(said, [header, loses("the key: a queue's messages have none", 2)], "of our own mark there is but one");
}

#[tokio::test]
async fn what_was_moved_when_it_was_parked_lies_there_still() {
    let stage = Stage::new(Shape::rabbitmq());
    stage.dead(&["a", "b"]);
    stage.memory.create("orders.parked", Spec::with(1));
    let lot = stage.memory.at("orders.parked");
    let plan = stage.plan_for(stage.ask(Deed::Park, Route::To(lot.clone()))).await;
    let report = run(&stage, &plan).await;
    assert_eq!((report.counts.replayed, stage.memory.messages("orders.parked").len()), (2, 2), "{report:?}");
    let plan = restore(&stage).await;
    assert!(plan.warnings.contains(&Warning::StillParked { at: lot, messages: 2 }), "{:?}", plan.warnings);
}

/// A copy lies in no queue that it would have to be taken out of: with a person's word that it arrived, the restore is done.
#[tokio::test]
async fn a_restore_that_arrived_by_a_persons_word_is_done_and_is_not_offered_again() {
    let stage = Stage::new(Shape::rabbitmq());
    stage.dead(&["a"]);
    let plan = stage.plan_for(stage.ask(Deed::Discard, Route::Nowhere)).await;
    run(&stage, &plan).await;
    let plan = restore(&stage).await;
    stage.memory.faults().add(Fault::fail(Step::AfterPublish, ErrorKind::Timeout).on("orders.dlt").once());
    assert_eq!(run(&stage, &plan).await.exit_code(), 4);
    let by = Actor { name: "tom".into(), os_user: "tom".into() };
    doubt::settle_by_hand(&plan.id, 1, Answer::Arrived, &by, None, &stage.means.ledger).await.unwrap();
    let row = stage.means.ledger.plan_row(plan.id.clone()).await.unwrap().unwrap();
    assert_eq!((row.status, row.counts.replayed), (Status::Finished, 1), "{row:?}");
    assert!(
        stage.means.ledger.restorable(stage.memory.at("orders.dlt"), None).await.unwrap().is_empty(),
        "a second restore would double it"
    );
}
