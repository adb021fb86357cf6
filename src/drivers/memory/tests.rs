//! What the contract suite cannot see from outside: transactions, retention under a read, limits of a queue.

use std::time::{Duration, SystemTime};

use futures::StreamExt;

use super::*;
use crate::broker::{Done, Outgoing, PeekRequest, Peeked, Place, Selection, Settle, Start, Stop, Trace, Why};
use crate::model::{Message, Seat};

fn kafka() -> Memory {
    let clock = Clock::at(SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000));
    Memory::with_clock(ConnId::new("m"), Shape::kafka(), clock)
}

async fn read(memory: &Memory, want: PeekRequest) -> Result<(Vec<Message>, Peeked)> {
    let mut all = Vec::new();
    let mut flow = memory.connect(Login::admin()).eyes.peek(want);
    while let Some(step) = flow.next().await {
        match step? {
            Peeked::Batch(batch) => all.extend(batch),
            Peeked::Progress { .. } | Peeked::Doomed(_) => {}
            end => return Ok((all, end)),
        }
    }
    panic!("no end")
}

fn bodies(messages: &[Message]) -> Vec<String> {
    messages.iter().map(|m| String::from_utf8_lossy(m.body.as_deref().unwrap_or_default()).into_owned()).collect()
}

#[tokio::test]
async fn committed_readers_stop_before_an_open_transaction() {
    let m = kafka();
    let at = m.create("t", Spec::with(1));
    m.put("t", Put::body("a"));
    m.put("t", Put { hidden: Hidden::Aborted, ..Put::body("b") });
    m.put("t", Put { hidden: Hidden::Marker, ..Put::default() });
    m.put("t", Put::body("c"));
    m.put("t", Put { hidden: Hidden::Open, ..Put::body("d") });
    m.put("t", Put::body("e"));
    let mut want = PeekRequest::new(at, 10);
    let (all, end) = read(&m, want.clone()).await.unwrap();
    assert_eq!(bodies(&all), ["a", "c"]);
    assert!(matches!(end, Peeked::End { why: Why::Undecided, read: 4, .. }), "{end:?}");
    want.committed_only = false;
    assert_eq!(bodies(&read(&m, want).await.unwrap().0), ["a", "b", "c", "d", "e"]);
}

#[tokio::test]
async fn retention_under_a_read_is_told() {
    let m = kafka();
    let at = m.create("t", Spec::with(1));
    for i in 0..600 {
        m.put("t", Put::body(format!("{i}")));
    }
    let mut flow = m.connect(Login::admin()).eyes.peek(PeekRequest::new(at.clone(), 1000));
    assert!(matches!(flow.next().await, Some(Ok(Peeked::Batch(b))) if b.len() == 256));
    m.trim("t", 0, 500);
    let mut notes = Vec::new();
    let mut got = 256;
    while let Some(Ok(step)) = flow.next().await {
        match step {
            Peeked::Batch(b) => got += b.len(),
            Peeked::End { notes: n, read, .. } => {
                assert_eq!(read, 600);
                notes = n;
            }
            Peeked::Progress { .. } | Peeked::Doomed(_) => {}
        }
    }
    assert_eq!(got, 356);
    assert_eq!(notes, ["p0: 244 offsets were deleted by retention before they were read"]);
    let gone = read(&m, PeekRequest { start: Start::Seat(Seat::Offset { partition: 0, offset: 3 }), ..PeekRequest::new(at, 1) }).await;
    assert_eq!(gone.unwrap_err().kind, ErrorKind::Gone);
}

#[tokio::test]
async fn a_tail_hears_of_what_comes_and_of_the_end() {
    let m = kafka();
    let at = m.create("t", Spec::with(2));
    m.put("t", Put::body("old"));
    let mut flow = m.connect(Login::admin()).eyes.peek(PeekRequest { start: Start::Newest, stop: Stop::Never, ..PeekRequest::new(at, 10) });
    let begun = flow.next().await;
    assert!(matches!(begun, Some(Ok(Peeked::Progress { read: 0, .. }))), "{begun:?}");
    m.put("t", Put::body("new").to(1));
    let first = flow.next().await;
    assert!(matches!(first, Some(Ok(Peeked::Batch(b))) if bodies(&b) == ["new"]));
    assert!(matches!(flow.next().await, Some(Ok(Peeked::Progress { .. }))));
    let world = m.clone();
    let (failed, ()) = tokio::join!(flow.next(), async move { world.down() });
    assert!(matches!(failed, Some(Err(e)) if e.kind == ErrorKind::Unreachable));
    assert!(flow.next().await.is_none());
}

#[tokio::test]
async fn the_look_after_the_limit_destroys() {
    let m = Memory::new(ConnId::new("q"), Shape { delivery_limit: Some(2), ..Shape::rabbitmq() });
    let at = m.create("q", Spec::default());
    m.create("q.dead", Spec { dead_letters_of: vec!["q".into()], ..Spec::default() });
    m.put("q", Put::body("a"));
    for left in [2, 1, 0] {
        let eyes = m.connect(Login::admin()).eyes;
        assert_eq!(eyes.cost(&at).await.unwrap().looks_left, Some(left));
        let (all, end) = read(&m, PeekRequest::new(at.clone(), 10)).await.unwrap();
        assert_eq!(all.len(), 1);
        let Peeked::End { left, .. } = end else { panic!() };
        assert_eq!(left, [(Trace::Redelivered, 1), (Trace::CountsReceive, 1)]);
    }
    assert_eq!((m.messages("q").len(), m.messages("q.dead").len()), (0, 1));
}

#[tokio::test]
async fn a_lost_hold_gives_back_and_says_so() {
    let m = Memory::new(ConnId::new("q"), Shape::rabbitmq());
    let at = m.create("q", Spec::default());
    for i in 0..3 {
        m.put("q", Put::body(format!("{i}")));
    }
    let hand = m.connect(Login::admin()).hand.unwrap();
    let mut hold = hand.hold(&at, Selection::First(2)).await.unwrap();
    let held = hold.next(10).await.unwrap();
    assert_eq!((held.len(), m.in_hand("q")), (2, 2));
    m.faults().add(Fault::at(Step::BeforeSettle, What::Lost).from_nth(2));
    let answers = hold.settle(held.iter().map(|h| (h.id, Settle::Remove)).collect()).await;
    assert!(answers[0].is_ok());
    assert_eq!(answers[1].as_ref().unwrap_err().kind, ErrorKind::Unreachable);
    assert_eq!(m.in_hand("q"), 0);
    assert_eq!(bodies(&m.messages("q")), ["1", "2"]);
}

#[tokio::test]
async fn published_and_not_confirmed_is_in_doubt() {
    let m = kafka();
    let at = m.create("t", Spec::with(3));
    m.faults().add(Fault::at(Step::AfterPublish, What::Lost).once());
    let out = Outgoing { to: at, place: Place::ByKey, key: Some("k".into()), body: None, headers: vec![], properties: vec![] };
    let hand = m.connect(Login::admin()).hand.unwrap();
    let answers = hand.publish(vec![out.clone(), out]).await;
    assert_eq!(answers[0].as_ref().unwrap_err().done, Done::Perhaps);
    assert!(answers[1].is_ok());
    assert_eq!(m.messages("t").len(), 2);
}
