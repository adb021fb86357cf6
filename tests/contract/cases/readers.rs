//! Who reads, and how far they are.

use futures::StreamExt;
use redrive::broker::{Broker, ReadersRequest};
use redrive::model::Reader;
use std::sync::Arc;

use crate::hosts::{Host, Ran};
use crate::tools::{admin, can, numbered, until};

async fn readers(eyes: &Arc<dyn Broker>, want: ReadersRequest) -> Vec<Reader> {
    let mut flow = eyes.readers(want);
    let mut found = Vec::new();
    while let Some(batch) = flow.next().await {
        found.extend(batch.expect("readers"));
    }
    found
}

pub async fn positions(host: &dyn Host) -> Ran {
    let (eyes, _) = admin(host).await;
    let can = can(host, &eyes).await;
    if !can.lag {
        return Ran::NotApplicable("the broker tells no positions".into());
    }
    let at = host.make("read-by", 2).await;
    host.put(&at, numbered(10)).await;
    if !can.seek {
        // statistics may be some seconds old
        let behind = || async { readers(&eyes, ReadersRequest::Of(at.clone())).await.iter().map(Reader::behind).collect::<Vec<_>>() };
        until("its backlog is told", || async { behind().await == [Some(10)] }).await;
        return Ran::Well;
    }
    let group = format!("g-{}", at.name);
    if let Err(why) = host.commit(&group, &at, 0, 4).await {
        return why.into();
    }
    for want in [ReadersRequest::All, ReadersRequest::Named(group.clone()), ReadersRequest::Of(at.clone())] {
        let found = readers(&eyes, want.clone()).await;
        let ours: Vec<_> = found.iter().filter(|r| r.name == group).collect();
        assert_eq!(ours.len(), 1, "{want:?}");
        let p0 = ours[0].at.iter().find(|p| p.of == at && p.partition == Some(0)).expect("partition 0");
        assert_eq!((p0.committed, p0.start, p0.end, p0.behind()), (Some(4), 0, 10, Some(6)));
        if let Some(p1) = ours[0].at.iter().find(|p| p.partition == Some(1)) {
            assert_eq!(p1.behind(), None, "no commit is not zero lag");
        }
        if !matches!(want, ReadersRequest::All) {
            assert_eq!(found.len(), 1, "nobody else reads it");
        }
    }
    Ran::Well
}

pub async fn unknown_group_is_none(host: &dyn Host) -> Ran {
    let (eyes, _) = admin(host).await;
    let found = readers(&eyes, ReadersRequest::Named("nobody-knows-this-group".into())).await;
    // Kafka itself answers `Dead` for a group it has never heard of
    assert!(found.iter().all(|r| r.state == "Dead" && r.at.is_empty()), "{found:?}");
    let at = host.make("unread", 1).await;
    if can(host, &eyes).await.seek {
        assert!(readers(&eyes, ReadersRequest::Of(at)).await.is_empty());
    }
    Ran::Well
}
