//! Answers that get lost, brokers that are down, what is published and not taken out.

use super::*;
use crate::triage::doubt;
use crate::triage::report::Answer;

#[tokio::test]
async fn a_lost_answer_is_in_doubt_and_cleared_up_by_looking() {
    let stage = Stage::new(Shape::kafka());
    stage.dead(&KEYS);
    stage.memory.faults().add(Fault::fail(Step::AfterPublish, ErrorKind::Timeout).on("orders").from_nth(2).once());
    let plan = stage.plan().await;
    let report = run(&stage, &plan).await;
    assert_eq!(report.exit_code(), 0, "{report:?}");
    assert_eq!(stage.arrived(), (0..12).map(|n| (n, 1)).collect());
}

#[tokio::test]
async fn where_nothing_proves_it_a_person_is_asked_and_nothing_is_sent_again() {
    let stage = Stage::new(Shape::rabbitmq());
    stage.dead(&KEYS);
    stage.memory.faults().add(Fault::fail(Step::AfterPublish, ErrorKind::Timeout).on("orders").from_nth(2).once());
    let plan = stage.plan().await;
    let report = run(&stage, &plan).await;
    assert_eq!((report.counts.in_doubt, report.exit_code()), (1, 4), "{report:?}");
    assert_eq!(stage.arrived().values().sum::<usize>(), 12 - usize::try_from(report.counts.skipped).unwrap());
    let left = doubt::examine(&plan.id, &stage.means.brokers, &stage.means.ledger).await.unwrap();
    assert_eq!(left.len(), 1);
    let by = Actor { name: "tom".into(), os_user: "tom".into() };
    doubt::settle_by_hand(&plan.id, left[0].n, Answer::Arrived, &by, Some("seen".into()), &stage.means.ledger).await.unwrap();
    let (_wish, heard) = go();
    let report = resume(&plan.id, &stage.means, &|_| {}, heard).await;
    assert_eq!(report.exit_code(), 0, "{report:?}");
    assert_eq!(stage.arrived().values().sum::<usize>(), 12);
    assert_eq!(stage.memory.messages("orders.dlt").len(), 0);
}

#[tokio::test]
async fn a_broker_that_is_down_ends_the_run_with_the_rest_untouched() {
    let stage = Stage::new(Shape::kafka());
    stage.dead(&KEYS);
    stage.memory.faults().add(Fault::fail(Step::BeforePublish, ErrorKind::Unreachable).on("orders"));
    let plan = stage.plan().await;
    let report = run(&stage, &plan).await;
    assert!(matches!(report.ended, Ended::Broke(_)), "{report:?}");
    assert_eq!(report.exit_code(), 1);
    assert!(stage.arrived().is_empty());
    stage.memory.faults().clear();
    let (_wish, heard) = go();
    assert_eq!(resume(&plan.id, &stage.means, &|_| {}, heard).await.exit_code(), 0);
    assert_eq!(stage.arrived(), (0..12).map(|n| (n, 1)).collect());
}

#[tokio::test]
async fn what_is_published_and_not_settled_is_settled_later_and_never_published_again() {
    let stage = Stage::new(Shape::rabbitmq());
    stage.dead(&KEYS);
    stage.memory.faults().add(Fault::fail(Step::BeforeSettle, ErrorKind::Denied).on("orders.dlt"));
    let plan = stage.plan().await;
    let report = run(&stage, &plan).await;
    assert!(report.counts.unsettled > 0);
    assert_eq!(report.exit_code(), 3);
    assert_eq!(stage.memory.messages("orders.dlt").len(), 12);
    stage.memory.faults().clear();
    let (_wish, heard) = go();
    let report = resume(&plan.id, &stage.means, &|_| {}, heard).await;
    assert_eq!(report.exit_code(), 0, "{report:?}");
    assert_eq!(stage.arrived(), (0..12).map(|n| (n, 1)).collect());
    assert_eq!(stage.memory.messages("orders.dlt").len(), 0);
}

/// A target that knows a message again for five minutes: what was not sent again within them is never called untouched.
#[tokio::test]
async fn what_a_target_would_know_again_stays_in_doubt_until_it_is_sent_again() {
    let stage = Stage::new(Shape::fifo());
    stage.dead(&KEYS);
    stage.memory.faults().add(Fault::fail(Step::AfterPublish, ErrorKind::Timeout).on("orders"));
    let plan = stage.plan().await;
    let report = run(&stage, &plan).await;
    let arrived = stage.arrived();
    assert!(!arrived.is_empty() && matches!(report.ended, Ended::Broke(_)), "{report:?}");
    assert_eq!((report.counts.in_doubt, report.exit_code()), (arrived.len() as u64, 4), "{report:?}");
    assert!(report.lines.iter().any(|l| l.words.contains("go on with the plan now")), "{:?}", report.lines);
    let row = stage.means.ledger.plan_row(plan.id.clone()).await.unwrap().unwrap();
    assert_eq!((row.status, row.counts), (Status::InDoubt, report.counts));
    stage.memory.faults().clear();
    let (_wish, heard) = go();
    let report = resume(&plan.id, &stage.means, &|_| {}, heard).await;
    assert_eq!(report.exit_code(), 0, "{report:?}");
    assert_eq!(stage.arrived(), (0..12).map(|n| (n, 1)).collect(), "in time, each is delivered once");
}

#[tokio::test]
async fn a_second_try_that_fails_for_sure_says_nothing_of_the_first() {
    let stage = Stage::new(Shape::fifo());
    stage.dead(&["a"]);
    stage.memory.faults().add(Fault::fail(Step::AfterPublish, ErrorKind::Timeout).on("orders").once());
    let plan = stage.plan().await;
    assert_eq!(run(&stage, &plan).await.exit_code(), 4);
    stage.memory.faults().add(Fault::fail(Step::BeforePublish, ErrorKind::Invalid).on("orders"));
    let (_wish, heard) = go();
    let report = resume(&plan.id, &stage.means, &|_| {}, heard).await;
    assert_eq!((report.counts.in_doubt, report.exit_code()), (1, 4), "{report:?}");
    // somebody took the dead letter: whether it had arrived is as unknown as before
    stage.memory.faults().clear();
    stage.memory.delete("orders.dlt");
    stage.memory.create("orders.dlt", Spec::with(1));
    let (_wish, heard) = go();
    let report = resume(&plan.id, &stage.means, &|_| {}, heard).await;
    assert_eq!((report.counts.in_doubt, report.exit_code()), (1, 4), "{report:?}");
    assert_eq!(stage.arrived(), [(0, 1)].into());
}

#[tokio::test]
async fn a_question_that_was_not_answered_is_asked_once_more_before_the_run_is_given_up() {
    for (which, misses) in [(Step::Describe, 1), (Step::Hold, 1), (Step::Describe, 2), (Step::Hold, 2)] {
        let stage = Stage::new(Shape::rabbitmq());
        stage.dead(&KEYS);
        let plan = stage.plan().await;
        let at = if which == Step::Hold { "orders.dlt" } else { "orders" };
        stage.memory.faults().add(Fault::fail(which, ErrorKind::Timeout).on(at).times(misses));
        let report = run(&stage, &plan).await;
        assert_eq!(report.exit_code(), if misses == 1 { 0 } else { 1 }, "{which:?}: {report:?}");
        assert_eq!(report.ended == Ended::Finished, misses == 1, "{report:?}");
        assert_eq!(stage.arrived().len(), if misses == 1 { 12 } else { 0 });
        assert_eq!(report.lines.iter().filter(|l| l.words.contains("asking once more")).count(), 1, "{report:?}");
    }
    // what asking again does not change is said at once
    let stage = Stage::new(Shape::rabbitmq());
    stage.dead(&KEYS);
    let plan = stage.plan().await;
    stage.memory.faults().add(Fault::fail(Step::Describe, ErrorKind::Denied).on("orders"));
    let report = run(&stage, &plan).await;
    assert!(matches!(report.ended, Ended::Broke(_)) && report.lines.len() == 1, "{report:?}");
}

#[tokio::test]
async fn a_stop_is_not_kept_waiting_by_a_broker_that_does_not_answer() {
    let stage = Stage::new(Shape::rabbitmq());
    stage.dead(&KEYS);
    let plan = stage.plan().await;
    stage.memory.faults().add(Fault::fail(Step::Describe, ErrorKind::Timeout).on("orders").once());
    stage.memory.faults().add(Fault::at(Step::Describe, What::Never).on("orders"));
    let (wish, heard) = go();
    let say = |p: Progress| {
        if p.lines.iter().any(|line| line.words.contains("asking once more")) {
            wish.send_replace(Wish::Stop);
        }
    };
    let report = replay(&plan, &stage.means, &say, heard).await;
    assert_eq!((report.ended, stage.arrived().len()), (Ended::Stopped, 0));
}

/// The connection of a run that broke off keeps what it had in hand until its broker notices; so does anybody who looks.
#[tokio::test]
async fn what_somebody_has_in_hand_is_not_taken_for_gone_and_stays_to_be_taken_out() {
    let stage = Stage::new(Shape::rabbitmq());
    stage.dead(&["a", "b", "c"]);
    stage.memory.faults().add(Fault::fail(Step::BeforeSettle, ErrorKind::Denied).on("orders.dlt"));
    let plan = stage.plan().await;
    assert_eq!(run(&stage, &plan).await.counts.unsettled, 3);
    stage.memory.faults().clear();
    let hand = stage.memory.connect(Login::admin()).hand.unwrap();
    let mut other = hand.hold(&stage.memory.at("orders.dlt"), crate::broker::Selection::First(1)).await.unwrap();
    assert_eq!(other.next(1).await.unwrap().len(), 1);
    let (_wish, heard) = go();
    let report = resume(&plan.id, &stage.means, &|_| {}, heard).await;
    assert_eq!((report.counts.replayed, report.counts.unsettled, report.exit_code()), (2, 1, 3), "{report:?}");
    other.close().await.unwrap();
    let (_wish, heard) = go();
    let report = resume(&plan.id, &stage.means, &|_| {}, heard).await;
    assert_eq!(report.exit_code(), 0, "{report:?}");
    assert_eq!(stage.arrived(), (0..3).map(|n| (n, 1)).collect());
    assert_eq!(stage.memory.messages("orders.dlt").len(), 0);
}
