//! Listing and describing.

use redrive::broker::ErrorKind;

use crate::hosts::{Host, Ran};
use crate::tools::{admin, can, list, numbered, out, read, unlisted, until};
use redrive::broker::{Done, PeekRequest, Selection};

pub async fn probe_says_what_it_is(host: &dyn Host) -> Ran {
    let (eyes, _) = admin(host).await;
    let probe = eyes.probe().await.expect("probe");
    assert!(!probe.product.is_empty() && !probe.identity.is_empty(), "{probe:?}");
    assert!(probe.capabilities.max_batch > 0);
    Ran::Well
}

pub async fn lists_what_is_there(host: &dyn Host) -> Ran {
    let (eyes, _) = admin(host).await;
    if let Some(why) = unlisted(&eyes).await {
        return Ran::NotApplicable(why);
    }
    let at = host.make("listed", 3).await;
    host.put(&at, numbered(5)).await;
    // statistics may be some seconds old
    until("listed with its depth", || async { list(&eyes, false).await.iter().any(|d| d.at == at && d.depth.value() == Some(5)) }).await;
    let found = list(&eyes, false).await;
    let ours: Vec<_> = found.iter().filter(|d| d.at == at).collect();
    assert_eq!(ours.len(), 1, "{at} is listed once");
    if can(host, &eyes).await.seek {
        assert_eq!(ours[0].partitions, Some(host.partitions(3)));
    }
    assert!(found.iter().all(|d| !d.internal), "bookkeeping only where asked for");
    assert!(list(&eyes, true).await.iter().any(|d| d.at == at), "bookkeeping comes on top");
    Ran::Well
}

pub async fn describes_it(host: &dyn Host) -> Ran {
    let (eyes, _) = admin(host).await;
    let at = host.make("described", 2).await;
    host.put(&at, numbered(4)).await;
    let detail = eyes.describe(&at).await.expect("describe");
    if can(host, &eyes).await.seek {
        let parts: Vec<_> = detail.partitions.iter().map(|p| (p.id, p.start, p.end)).collect();
        assert_eq!(parts, [(0, 0, 4), (1, 0, 0)][..host.partitions(2) as usize]);
    }
    assert_ne!(detail.may_write, Some(false), "an admin may write");
    Ran::Well
}

pub async fn unknown_is_not_found_and_stays_so(host: &dyn Host) -> Ran {
    let (eyes, hand) = admin(host).await;
    if let Some(why) = unlisted(&eyes).await {
        return Ran::NotApplicable(why);
    }
    let at = host.nowhere();
    assert_eq!(eyes.describe(&at).await.expect_err("describe").kind, ErrorKind::NotFound);
    assert_eq!(read(&eyes, PeekRequest::new(at.clone(), 1)).await.expect_err("peek").kind, ErrorKind::NotFound);
    let error = hand.publish(vec![out(&at, Some("k"), "b")]).await.remove(0).expect_err("publish");
    assert_eq!((error.kind, error.done), (ErrorKind::NotFound, Done::No));
    match hand.hold(&at, Selection::First(1)).await {
        Err(e) => assert_eq!(e.kind, ErrorKind::NotFound),
        // a log may find out when it first reads
        Ok(mut hold) => assert_eq!(hold.next(1).await.expect_err("hold").kind, ErrorKind::NotFound),
    }
    assert!(list(&eyes, true).await.iter().all(|d| d.at != at), "no call creates it");
    Ran::Well
}
