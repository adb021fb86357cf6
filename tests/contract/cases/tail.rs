//! Following a destination live.

use futures::StreamExt;
use redrive::broker::{ErrorKind, PeekRequest, Peeked, Start, Stop};
use redrive::drivers::memory::Put;

use crate::hosts::{Host, Ran};
use crate::tools::{admin, body, can, numbered, read, until};

pub async fn hears_only_what_is_new(host: &dyn Host) -> Ran {
    let (eyes, _) = admin(host).await;
    let at = host.make("tail", 2).await;
    host.put(&at, numbered(3)).await;
    let want = PeekRequest { start: Start::Newest, stop: Stop::Never, ..PeekRequest::new(at.clone(), 4) };
    if !can(host, &eyes).await.tail {
        assert_eq!(read(&eyes, want).await.expect_err("no tail").kind, ErrorKind::Unsupported);
        return Ran::NotApplicable("cannot be followed live".into());
    }
    let mut flow = eyes.peek(want);
    let begun = flow.next().await;
    assert!(matches!(begun, Some(Ok(Peeked::Progress { read: 0, .. }))), "it says from when on it hears: {begun:?}");
    for i in 0..4 {
        host.put(&at, vec![Put::body(format!("new {i}")).to(i % 2)]).await;
    }
    let patience = std::time::Duration::from_secs(60);
    let got = tokio::time::timeout(patience, read_all(flow)).await.expect("what is written after it began comes");
    assert_eq!(got.len(), 4, "its limit ends a tail");
    assert!(got.iter().all(|b| b.starts_with("new")), "{got:?}");
    let number = |b: &String| b[4..].parse::<i32>().unwrap();
    for p in 0..2 {
        let of: Vec<i32> = got.iter().map(number).filter(|n| n % 2 == p).collect();
        assert!(of.windows(2).all(|w| w[1] == w[0] + 2), "none left out of partition {p}: {of:?}");
    }
    Ran::Well
}

async fn read_all(mut flow: redrive::broker::Flow<Peeked>) -> Vec<String> {
    let mut got = Vec::new();
    while let Some(step) = flow.next().await {
        if let Peeked::Batch(batch) = step.expect("tail") {
            got.extend(batch.iter().map(body));
        }
    }
    got
}

pub async fn dropping_it_cancels(host: &dyn Host) -> Ran {
    let (eyes, _) = admin(host).await;
    let at = host.make("dropped", 1).await;
    host.put(&at, numbered(host.many())).await;
    // a host's own reading takes each message in hand where looking is not free, and tells nothing there
    let free = eyes.cost(&at).await.expect("cost").leaves.is_empty();
    let before = if free { Some(host.traces(&at).await) } else { None };
    for stop in [Stop::Now, Stop::Never] {
        if stop == Stop::Never && !can(host, &eyes).await.tail {
            continue;
        }
        let mut want = PeekRequest { stop, ..PeekRequest::new(at.clone(), 10_000) };
        want.accept = eyes.cost(&at).await.expect("cost").leaves;
        let mut flow = eyes.peek(want);
        assert!(matches!(flow.next().await, Some(Ok(_))));
        drop(flow);
    }
    if let Some(before) = before {
        assert_eq!(host.traces(&at).await, before);
    }
    if let Err(why) = host.in_hand(&at).await {
        return why.into();
    }
    until("what a dropped look had in hand is given back", || async { host.in_hand(&at).await.is_ok_and(|n| n == 0) }).await;
    eyes.close().await;
    Ran::Well
}
