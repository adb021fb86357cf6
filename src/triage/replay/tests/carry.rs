//! Publishing and removal as one act, in the shape of ActiveMQ, with faults.

use std::sync::Mutex;

use super::broken_off::break_off_anywhere;
use super::*;
use crate::drivers::memory::What;
use crate::triage::doubt;
use crate::triage::plan::Warning;

/// Each of a key of its own: none waits for another.
const ALONE: [&str; 12] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];

/// The dead letters that are still there, by number.
fn still(stage: &Stage) -> Vec<u32> {
    stage.memory.messages("orders.dlt").iter().map(seq).collect()
}

#[tokio::test]
async fn what_is_carried_leaves_its_queue_and_arrives_in_one_act() {
    let stage = Stage::new(Shape::activemq());
    stage.dead(&KEYS);
    let plan = stage.plan().await;
    let unsettled: Mutex<u64> = Mutex::default();
    let (_wish, heard) = go();
    let report = replay(&plan, &stage.means, &|p| *unsettled.lock().unwrap() += p.counts.unsettled, heard).await;
    assert_eq!((report.ended.clone(), report.exit_code()), (Ended::Finished, 0), "{report:?}");
    assert_eq!(stage.arrived(), (0..12).map(|n| (n, 1)).collect());
    assert!(still(&stage).is_empty());
    assert_eq!(*unsettled.lock().unwrap(), 0, "published and not yet taken out: that state there is not");
    let copy = stage.means.ledger.copy(plan.id.clone(), 1).await.unwrap().unwrap();
    assert_eq!(text_field(&copy.message.headers, "kafka_dlt-x"), Some("gone"), "the copy is of before");
}

#[tokio::test]
async fn a_lost_answer_is_cleared_up_by_looking_at_the_source() {
    for nth in 1..=12 {
        let stage = Stage::new(Shape::activemq());
        stage.dead(&ALONE);
        stage.memory.faults().add(Fault::fail(Step::AfterPublish, ErrorKind::Timeout).from_nth(nth).once());
        let plan = stage.plan().await;
        let report = run(&stage, &plan).await;
        assert_eq!(report.exit_code(), 0, "{report:?}");
        assert_eq!(stage.arrived(), (0..12).map(|n| (n, 1)).collect());
        assert!(still(&stage).is_empty());
    }
}

#[tokio::test]
async fn what_certainly_was_not_carried_stays_where_it_was() {
    let stage = Stage::new(Shape::activemq());
    stage.dead(&ALONE);
    stage.memory.faults().add(Fault::fail(Step::BeforePublish, ErrorKind::Invalid).from_nth(3).once());
    let plan = stage.plan().await;
    let report = run(&stage, &plan).await;
    assert_eq!((report.counts.failed, report.counts.replayed), (1, 11), "{report:?}");
    assert_eq!(still(&stage).len(), 1);
    let (_wish, heard) = go();
    assert_eq!(resume(&plan.id, &stage.means, &|_| {}, heard).await.exit_code(), 0);
    assert_eq!(stage.arrived(), (0..12).map(|n| (n, 1)).collect());
}

/// Broken off at any await: nothing lost, nothing twice, because the source can be looked at.
#[tokio::test]
async fn broken_off_anywhere_and_resumed_each_is_carried_once() {
    let mut stage = Stage::new(Shape::activemq());
    let keys: Vec<String> = (0..20).map(|i| format!("k{i}")).collect();
    stage.dead(&keys.iter().map(String::as_str).collect::<Vec<_>>());
    let plan = stage.plan().await;
    assert_eq!(break_off_anywhere(&mut stage, &plan).await.exit_code(), 0);
    assert_eq!(stage.arrived(), (0..20).map(|n| (n, 1)).collect());
    assert!(still(&stage).is_empty());
}

#[tokio::test]
async fn there_and_the_broker_was_started_anew_is_a_persons_word() {
    for restarted in [false, true] {
        let mut stage = Stage::new(Shape::activemq());
        stage.dead(&["a"]);
        let plan = stage.plan().await;
        stage.memory.faults().add(Fault::at(Step::BeforePublish, What::Never).once());
        let means = stage.means.clone();
        let (_wish, heard) = go();
        let work = replay(&plan, &means, &|_| {}, heard);
        assert!(tokio::time::timeout(Duration::from_millis(300), work).await.is_err(), "cut off on its way");
        drop(means);
        stage.reopen();
        stage.means.ledger.break_lease(&plan.id).await;
        if restarted {
            stage.memory.down();
            stage.memory.up();
        }
        let left = doubt::examine(&plan.id, &stage.means.brokers, &stage.means.ledger).await.unwrap();
        assert_eq!(matches!(left[0].finding, doubt::Finding::Ask(_)), restarted, "{left:?}");
        let (_wish, heard) = go();
        let report = resume(&plan.id, &stage.means, &|_| {}, heard).await;
        assert_eq!(report.exit_code(), if restarted { 4 } else { 0 }, "{report:?}");
        assert_eq!(still(&stage).len() + stage.memory.messages("orders").len(), 1, "lost it is not");
    }
}

#[tokio::test]
async fn the_plan_says_how_messages_go_and_what_they_lose() {
    let stage = Stage::new(Shape::activemq());
    stage.dead(&["a", "b"]);
    let mut draft = Draft::new(stage.ask(Deed::Replay, Route::Origin));
    let broker = stage.means.brokers.get(stage.memory.id()).unwrap();
    for message in stage.memory.messages("orders.dlt") {
        let origin = Origin { name: "orders".into(), ..Origin::default() };
        let death = Death { origin: Told::header(origin, "h"), ..Death::default() };
        let said = broker.rehearse(&message, &draft.outgoing(&message, &death).unwrap());
        draft.add(&message, &MessageId(seq(&message).to_string()), &death, Some(&said));
    }
    let plan = preflight::freeze(draft, &stage.means.brokers, &stage.means.hands, &stage.means.ledger).await.unwrap();
    assert!(plan.warnings.contains(&Warning::Carried { messages: 2 }), "{:?}", plan.warnings);
    let key = Warning::Loses { what: "the key: a queue's messages have none".into(), messages: 2 };
    assert!(plan.warnings.contains(&key), "{:?}", plan.warnings);
}
