//! Looking changes nothing, or exactly what its price said.

use redrive::broker::{ErrorKind, Limits, PeekRequest, ReadersRequest, Rights, Trace, guard};
use redrive::model::{Message, Value, field};

use crate::hosts::{Host, Ran, Who};
use crate::tools::{admin, all, can, cost, list, numbered, read, unlisted};
use futures::StreamExt;

fn count(m: &Message) -> i128 {
    match field(&m.delivery, "delivery-count").map(|v| &v.value) {
        Some(Value::Int(n)) => *n,
        _ => 0,
    }
}

pub async fn exactly_those_declared(host: &dyn Host) -> Ran {
    let (eyes, _) = admin(host).await;
    let at = host.make("looked-at", 2).await;
    host.put(&at, numbered(5)).await;
    let price = cost(&eyes, &at).await;
    let before = (host.traces(&at).await, host.read_back(&at).await);
    let got = all(&eyes, &at, 100).await;
    assert_eq!(got.messages.len(), 5);
    let after = (host.traces(&at).await, host.read_back(&at).await);
    if price.leaves.is_empty() {
        assert!(got.left.is_empty(), "{:?}", got.left);
        assert_eq!(after, before, "a free look leaves nothing");
        return Ran::Well;
    }
    // these two are left only where something is overdue, or where there is no such queue: neither is so here
    let certain = price.leaves.iter().filter(|t| !matches!(t, Trace::Expires | Trace::Creates));
    assert_eq!(got.left, certain.clone().map(|t| (*t, 5)).collect::<Vec<_>>(), "the end says what was left, on how many");
    if certain.count() == 0 {
        assert_eq!(after, before, "nothing was overdue, so nothing has changed");
    }
    let counted = i128::from(price.leaves.contains(&Trace::CountsReceive));
    for (was, is) in before.1.iter().zip(&after.1) {
        assert_eq!(count(is), count(was) + counted);
        let bare = |m: &Message| Message { delivery: Vec::new(), ..m.clone() };
        assert_eq!(bare(was), bare(is), "same messages, same order");
    }
    if let (Some(was), Some(is)) = (price.looks_left, cost(&eyes, &at).await.looks_left) {
        assert_eq!(is, was - 1);
    }
    Ran::Well
}

pub async fn none_without_consent(host: &dyn Host) -> Ran {
    let (eyes, _) = admin(host).await;
    let at = host.make("unasked", 1).await;
    host.put(&at, numbered(3)).await;
    if cost(&eyes, &at).await.leaves.is_empty() {
        return Ran::NotApplicable("looking is free".into());
    }
    let link = host.connect(Who::Admin).await.expect("connect");
    let eyes = guard(link, &Rights::read_only(), &Limits::default()).eyes;
    let before = host.traces(&at).await;
    let error = read(&eyes, PeekRequest::new(at.clone(), 10)).await.expect_err("without consent");
    assert_eq!(error.kind, ErrorKind::Unsafe);
    assert_eq!(host.traces(&at).await, before);
    Ran::Well
}

pub async fn none_from_asking(host: &dyn Host) -> Ran {
    let (eyes, _) = admin(host).await;
    let at = host.make("asked-about", 1).await;
    host.put(&at, numbered(3)).await;
    let before = host.traces(&at).await;
    can(host, &eyes).await;
    if unlisted(&eyes).await.is_none() {
        list(&eyes, true).await;
    }
    eyes.describe(&at).await.expect("describe");
    cost(&eyes, &at).await;
    let readers: Vec<_> = eyes.readers(ReadersRequest::All).collect().await;
    assert!(readers.iter().all(Result::is_ok));
    assert_eq!(host.traces(&at).await, before);
    Ran::Well
}
