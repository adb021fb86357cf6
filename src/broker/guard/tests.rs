//! The guards before a memory broker.

use std::time::SystemTime;

use futures::StreamExt;

use super::*;
use crate::broker::{Outgoing, Place, Selection, Settle};
use crate::drivers::memory::{Fault, Login, Memory, Put, Shape, Spec, Step, What};

fn queue() -> (Memory, Address) {
    let memory = Memory::new(ConnId::new("q"), Shape::rabbitmq());
    let at = memory.create("billing", Spec::default());
    memory.put("billing", Put::body("a"));
    (memory, at)
}

fn guarded(memory: &Memory, rights: &Rights) -> Link {
    let short = Duration::from_millis(20);
    guard(memory.connect(Login::admin()), rights, &Limits { look: short, write: short, ..Limits::default() })
}

fn out(to: &Address) -> Outgoing {
    Outgoing { to: to.clone(), place: Place::Any, key: None, body: Some("b".into()), headers: vec![], properties: vec![] }
}

#[tokio::test]
async fn no_look_without_consent() {
    let (memory, at) = queue();
    let eyes = guarded(&memory, &Rights::writing()).eyes;
    let before = memory.snapshot();
    let mut want = PeekRequest::new(at, 10);
    want.accept = vec![Trace::Redelivered];
    let error = eyes.peek(want.clone()).next().await.unwrap().unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unsafe);
    assert!(error.to_string().contains("counts as one delivery"), "{error}");
    assert_eq!(memory.snapshot(), before);
    want.accept.push(Trace::CountsReceive);
    assert!(eyes.peek(want).next().await.unwrap().is_ok());
}

#[tokio::test]
async fn the_last_look_is_refused_even_with_consent() {
    let memory = Memory::new(ConnId::new("q"), Shape { delivery_limit: Some(0), ..Shape::rabbitmq() });
    let at = memory.create("billing", Spec::default());
    let mut want = PeekRequest::new(at, 10);
    want.accept = memory.shape().leaves.clone();
    let error = guarded(&memory, &Rights::writing()).eyes.peek(want).next().await.unwrap().unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unsafe);
}

#[tokio::test]
async fn writes_ask_the_switch_each_time() {
    let (memory, at) = queue();
    let rights = Rights::read_only();
    let hand = guarded(&memory, &rights).hand.unwrap();
    let error = hand.publish(vec![out(&at)]).await.remove(0).unwrap_err();
    assert_eq!((error.kind, error.done), (ErrorKind::ReadOnly, Done::No));
    assert!(hand.hold(&at, Selection::First(1)).await.is_err());
    rights.switch_on(SystemTime::now() + Duration::from_secs(60));
    assert!(hand.publish(vec![out(&at)]).await.remove(0).is_ok());
    let mut hold = hand.hold(&at, Selection::First(2)).await.unwrap();
    let held = hold.next(2).await.unwrap();
    rights.switch_off();
    assert_eq!(hold.settle(vec![(held[0].id, Settle::Remove)]).await.remove(0).unwrap_err().kind, ErrorKind::ReadOnly);
    assert!(hold.settle(vec![(held[1].id, Settle::Return)]).await.remove(0).is_ok());
    assert!(hold.close().await.is_ok());
    assert_eq!(memory.messages("billing").len(), 2);
    assert!(guarded(&memory, &Rights::looking("role viewer")).hand.is_none());
}

#[tokio::test]
async fn a_pace_holds_back_what_comes_after_the_first_batch_and_loses_none_of_it() {
    let memory = Memory::new(ConnId::new("k"), Shape::kafka());
    let at = memory.create("orders", Spec::with(1));
    (0..600).for_each(|_| drop(memory.put("orders", Put::body("x".repeat(1_000)))));
    let eyes =
        guard(memory.connect(Login::admin()), &Rights::writing(), &Limits { reading: Pace::new(Some(1_000_000)), ..Limits::default() })
            .eyes;
    let (mut flow, mut seen) = (eyes.peek(PeekRequest::new(at, 600)), Vec::new());
    while let Some(step) = flow.next().await {
        if let crate::broker::Peeked::Batch(messages) = step.unwrap() {
            seen.push((tokio::time::Instant::now(), messages.len()));
        }
    }
    assert_eq!(seen.iter().map(|s| s.1).collect::<Vec<_>>(), [256, 256, 88]);
    assert!(seen.windows(2).all(|w| w[1].0 - w[0].0 >= Duration::from_millis(200)), "{seen:?}");
}

#[tokio::test]
async fn late_looks_fail_and_late_writes_are_in_doubt() {
    let (memory, at) = queue();
    let link = guarded(&memory, &Rights::writing());
    memory.faults().add(Fault::at(Step::Describe, What::Never).once());
    let error = link.eyes.describe(&at).await.unwrap_err();
    assert_eq!((error.kind, error.done, error.retry), (ErrorKind::Timeout, Done::No, true));
    memory.faults().add(Fault::at(Step::List, What::Never).once());
    let list: Vec<_> = link.eyes.list(Default::default()).collect().await;
    assert!(matches!(&list[..], [Err(e)] if e.kind == ErrorKind::Timeout));
    memory.faults().add(Fault::at(Step::AfterPublish, What::Never).once());
    let answers = link.hand.unwrap().publish(vec![out(&at), out(&at)]).await;
    for answer in answers {
        let error = answer.unwrap_err();
        assert_eq!((error.kind, error.done, error.retry), (ErrorKind::Timeout, Done::Perhaps, false));
    }
}
