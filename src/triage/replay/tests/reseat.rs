//! Looks into a queue where every give-back destroys: with the word given all is put in again, copied first; without it nothing is touched.

use futures::StreamExt;

use super::*;
use crate::broker::{Flow, Limits, PeekRequest, Peeked, Rights, Trace, guard};

/// Every message is over its limit from the start.
fn trap() -> Shape {
    let mut shape = Shape::rabbitmq();
    shape.delivery_limit = Some(0);
    shape.leaves = vec![Trace::Redelivered, Trace::CountsReceive, Trace::Reseats];
    shape
}

/// A stage whose eyes are those that a face gets.
fn stage(rights: &Rights) -> Stage {
    let mut stage = Stage::new(trap());
    let link = guard(stage.memory.connect(Login::admin()), rights, &Limits::default());
    let lea = Actor { name: "lea".into(), os_user: "lea".into() };
    stage.means.brokers = eyes(std::slice::from_ref(&link), &stage.means.ledger, &lea, Some("the gateway is back"));
    stage.dead(&KEYS);
    stage
}

fn look(stage: &Stage, limit: usize) -> Flow<Peeked> {
    let at = stage.memory.at("orders.dlt");
    let broker = stage.means.brokers.get(&at.conn).unwrap();
    broker.peek(PeekRequest { accept: trap().leaves, ..PeekRequest::new(at, limit) })
}

async fn seen(mut flow: Flow<Peeked>) -> Result<(Vec<u32>, Vec<(Trace, u64)>), crate::broker::Error> {
    let mut all = Vec::new();
    while let Some(step) = flow.next().await {
        match step? {
            Peeked::Batch(messages) => all.extend(messages.iter().map(seq)),
            Peeked::End { left, .. } => return Ok((all, left)),
            Peeked::Progress { .. } | Peeked::Doomed(_) => {}
        }
    }
    panic!("a look ends");
}

/// The dead letters that are there, by number, and how often.
fn there(stage: &Stage) -> BTreeMap<u32, usize> {
    let mut all = BTreeMap::new();
    for message in stage.memory.messages("orders.dlt") {
        *all.entry(seq(&message)).or_insert(0) += 1;
    }
    all
}

fn once_each() -> BTreeMap<u32, usize> {
    (0..12).map(|n| (n, 1)).collect()
}

/// Numbers whose copies the ledger has.
async fn copied(stage: &Stage) -> Vec<u32> {
    let mut all = Vec::new();
    for row in stage.means.ledger.plans(100).await.unwrap() {
        for n in 1..=12 {
            all.extend(stage.means.ledger.copy(row.id.clone(), n).await.unwrap().map(|copy| seq(&copy.message)));
        }
    }
    all.sort_unstable();
    all
}

#[tokio::test]
async fn with_the_word_given_all_is_seen_and_there_as_before_and_the_ledger_has_the_copies() {
    let stage = stage(&Rights::writing());
    let before = stage.memory.messages("orders.dlt");
    let (all, left) = seen(look(&stage, 1_000)).await.unwrap();
    assert_eq!(all, (0..12).collect::<Vec<_>>());
    assert!(left.contains(&(Trace::Reseats, 12)), "{left:?}");
    let bare = |all: Vec<Message>| all.into_iter().map(|m| (m.body, m.headers)).collect::<Vec<_>>();
    assert_eq!(bare(stage.memory.messages("orders.dlt")), bare(before));
    assert_eq!(copied(&stage).await, all);
    let rows = stage.means.ledger.plans(10).await.unwrap();
    let [row] = rows.as_slice() else { panic!("one plan for one look: {rows:?}") };
    assert_eq!((row.deed, row.status, row.counts.replayed), (Deed::Reseat, Status::Finished, 12));
    assert_eq!((row.actor.as_str(), row.reason.as_deref()), ("lea", Some("the gateway is back")));
}

#[tokio::test]
async fn without_the_word_or_the_right_to_write_nothing_is_touched() {
    let rights = Rights::read_only();
    let stage = stage(&rights);
    let before = stage.memory.snapshot();
    assert_eq!(seen(look(&stage, 1_000)).await.unwrap_err().kind, ErrorKind::ReadOnly);
    let at = stage.memory.at("orders.dlt");
    let without = vec![Trace::Redelivered, Trace::CountsReceive];
    let flow = stage.means.brokers.get(&at.conn).unwrap().peek(PeekRequest { accept: without, ..PeekRequest::new(at, 10) });
    assert_eq!(seen(flow).await.unwrap_err().kind, ErrorKind::Unsafe);
    assert_eq!(stage.memory.snapshot(), before);
    assert!(stage.means.ledger.plans(10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_look_that_nobody_listens_to_any_more_loses_nothing() {
    for steps in 0..4 {
        let stage = stage(&Rights::writing());
        let mut flow = look(&stage, 3);
        for _ in 0..steps {
            let _ = flow.next().await;
        }
        drop(flow);
        stage.means.brokers.get(stage.memory.id()).unwrap().close().await;
        assert_eq!(there(&stage), once_each(), "after {steps} steps");
    }
}

#[tokio::test]
async fn what_could_not_be_put_in_again_is_in_the_ledger_and_a_resume_puts_it_there() {
    let stage = stage(&Rights::writing());
    stage.memory.faults().add(Fault::fail(Step::BeforePublish, ErrorKind::Invalid).from_nth(5).once());
    let error = seen(look(&stage, 1_000)).await.unwrap_err();
    assert!(error.next.contains("redrive jobs resume"), "{error}");
    let lost: Vec<u32> = (0..12).filter(|n| !there(&stage).contains_key(n)).collect();
    assert!(!lost.is_empty(), "the broker has dropped what was let go");
    let copies = copied(&stage).await;
    assert!(lost.iter().all(|n| copies.contains(n)), "{lost:?} of {copies:?}");
    let row = stage.means.ledger.plans(10).await.unwrap().remove(0);
    let (_wish, heard) = go();
    let report = resume(&row.id, &stage.means, &|_| {}, heard).await;
    assert_eq!((report.ended.clone(), report.exit_code()), (Ended::Finished, 0), "{report:?}");
    assert_eq!(there(&stage), once_each());
}

#[tokio::test]
async fn a_replay_of_some_puts_the_others_in_again() {
    let stage = stage(&Rights::writing());
    let mut plan = stage.plan().await;
    for item in plan.items.iter_mut().skip(3) {
        item.way = crate::triage::plan::Way::LeftOut(Skip::ByPerson);
    }
    let report = run(&stage, &plan).await;
    let arrived = stage.arrived();
    let mut all = there(&stage);
    arrived.iter().for_each(|(n, times)| *all.entry(*n).or_insert(0) += times);
    assert_eq!(all, once_each(), "each is at its target or where it was: {report:?}");
}

/// The look goes on for long, and others look into the ledger meanwhile.
#[tokio::test]
async fn what_is_put_in_again_is_done_before_anybody_sees_it() {
    let stage = stage(&Rights::writing());
    let mut flow = look(&stage, 1_000);
    loop {
        match flow.next().await.unwrap().unwrap() {
            Peeked::Batch(_) => break,
            Peeked::End { .. } => panic!("a batch comes first"),
            Peeked::Progress { .. } | Peeked::Doomed(_) => {}
        }
    }
    let open = stage.means.ledger.open_intents(None).await.unwrap();
    assert!(open.is_empty(), "{open:?}");
    drop(flow);
    stage.means.brokers.get(stage.memory.id()).unwrap().close().await;
}

#[tokio::test]
async fn what_is_in_hand_is_put_in_again_even_without_a_ledger() {
    let stage = stage(&Rights::writing());
    let ledger = rusqlite::Connection::open(stage.dir.path().join("ledger.db")).unwrap();
    ledger.execute_batch("ALTER TABLE copies RENAME TO elsewhere").unwrap();
    let error = seen(look(&stage, 1_000)).await.unwrap_err();
    assert!(error.cause.contains("without a copy") && error.next.contains("mend the ledger"), "{error}");
    assert_eq!(there(&stage), once_each());
}
