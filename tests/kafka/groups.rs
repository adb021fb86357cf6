//! Groups of every kind and their lag; and that looking leaves no group behind.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use redrive::broker::{PeekRequest, ReadersRequest, Start, Stop};
use redrive::model::{Reader, ReaderKind};

use crate::commits::commit;
use crate::support::*;

fn consumer(server: &str, group: &str, options: &[(&str, &str)]) -> BaseConsumer {
    let mut c = client(server);
    c.set("group.id", group).set("enable.auto.commit", "false").set("auto.offset.reset", "earliest");
    for (k, v) in options {
        c.set(*k, *v);
    }
    c.create().expect("a consumer")
}

/// A live member: polls until it owns partitions.
fn joined(c: &BaseConsumer, topic: &str) {
    c.subscribe(&[topic]).expect("subscribed");
    let until = Instant::now() + PATIENCE;
    while c.assignment().expect("an assignment").count() == 0 {
        assert!(Instant::now() < until, "no assignment");
        let _ = c.poll(Duration::from_millis(50));
    }
}

async fn readers(server: &str, want: ReadersRequest) -> Vec<Reader> {
    rows(plain_link(server).eyes.readers(want)).await.expect("readers")
}

#[test]
fn lag_is_the_truth_of_commits_ends_and_owners() {
    let Some(server) = plain() else { return };
    run(async {
        let topic = topic(&server, "lag", 3, &[]).await;
        filled(&server, &topic, (0..30).map(|i| rec(i % 3, i.to_string()))).await;
        let (plain, classic, new) = (fresh("g-plain"), fresh("g-classic"), fresh("g-new"));
        commit(&server, &plain, &topic, &[(0, 4), (1, 10)]);
        let a = consumer(&server, &classic, &[]);
        let b = consumer(&server, &new, &[("group.protocol", "consumer")]);
        joined(&a, &topic);
        joined(&b, &topic);
        // a member knows what it owns a moment before its group is stable
        let until = Instant::now() + PATIENCE;
        let all = loop {
            let mut all = readers(&server, ReadersRequest::Of(at(&topic))).await;
            all.retain(|r| [&plain, &classic, &new].contains(&&r.name));
            assert_eq!(all.len(), 3, "{all:#?}");
            if Instant::now() > until || all.iter().all(|r| r.name == plain || r.state == "Stable") {
                break all;
            }
        };
        let of = |name: &str| all.iter().find(|r| r.name == name).expect("listed");
        let r = of(&plain);
        assert_eq!((r.kind, r.state.as_str(), r.members), (ReaderKind::Classic, "Empty", Some(0)));
        assert_eq!(r.behind(), Some(6));
        assert_eq!(r.at.len(), 2);
        assert_eq!((r.at[0].partition, r.at[0].committed, r.at[0].end, r.at[0].owner.clone()), (Some(0), Some(4), 10, None));
        for (name, kind) in [(&classic, ReaderKind::Classic), (&new, ReaderKind::Consumer)] {
            let r = of(name);
            assert_eq!((r.kind, r.state.as_str(), r.members), (kind, "Stable", Some(1)), "{r:?}");
            assert_eq!(r.at.len(), 3);
            assert!(r.at.iter().all(|p| p.owner.as_deref().is_some_and(|o| o.starts_with("rdkafka@"))), "{r:?}");
            assert_eq!(r.behind(), None, "nothing committed is not zero lag");
        }
        let one = readers(&server, ReadersRequest::Named(plain.clone())).await;
        assert_eq!((one.len(), one[0].name.as_str(), one[0].at.len()), (1, plain.as_str(), 2));
        let none = readers(&server, ReadersRequest::Named("never-heard-of".into())).await;
        assert!(none.is_empty(), "{none:?}");
    });
}

#[test]
fn many_groups_are_all_there_each_time() {
    let Some(server) = plain() else { return };
    run(async {
        let topic = topic(&server, "many", 12, &[]).await;
        let offsets: Vec<_> = (0..12).map(|p| (p, 0)).collect();
        let word = fresh("many");
        std::thread::scope(|s| {
            for t in 0..4 {
                let (server, topic, offsets, word) = (&server, &topic, &offsets, &word);
                s.spawn(move || (0..10).for_each(|i| commit(server, &format!("{word}-{t}-{i}"), topic, offsets)));
            }
        });
        let link = plain_link(&server);
        for round in ["cold", "warm", "warm"] {
            let began = Instant::now();
            let all = rows(link.eyes.readers(ReadersRequest::Of(at(&topic)))).await.unwrap();
            println!("{round}: {} groups with 12 partitions each in {:?}", all.len(), began.elapsed());
            assert_eq!(all.len(), 40);
            assert!(all.iter().all(|r| r.behind() == Some(0)));
        }
        let began = Instant::now();
        let all = rows(link.eyes.readers(ReadersRequest::All)).await.unwrap();
        println!("all {} groups in {:?}", all.len(), began.elapsed());
    });
}

#[test]
fn looking_leaves_no_group_and_moves_no_offset() {
    let Some(server) = plain() else { return };
    run(async {
        let topic = topic(&server, "quiet", 2, &[]).await;
        filled(&server, &topic, (0..20).map(|i| rec(i % 2, i.to_string()))).await;
        let group = fresh("g-quiet");
        commit(&server, &group, &topic, &[(0, 3)]);
        // an independent client's list, with the broker's own bookkeeping of each group
        let groups = || -> BTreeSet<String> {
            let list = consumer(&server, "unused", &[]).fetch_group_list(None, PATIENCE).expect("a list");
            list.groups().iter().map(|g| g.name().to_owned()).collect()
        };
        let link = plain_link(&server);
        all(link.eyes.peek(ask(&topic, Start::Newest, 5))).await.unwrap();
        all(link.eyes.peek(ask(&topic, Start::Oldest, 5000))).await.unwrap();
        let mut tail = link.eyes.peek(PeekRequest { stop: Stop::Never, ..ask(&topic, Start::Oldest, 100) });
        first_batch(&mut tail).await;
        let after = groups();
        assert!(!after.contains("redrive") && after.contains(&group), "while it follows: {after:?}");
        drop(tail);
        link.eyes.describe(&at(&topic)).await.unwrap();
        rows(link.eyes.list(Default::default())).await.unwrap();
        let after = groups();
        assert!(!after.contains("redrive"), "our group id is only a name");
        assert!(after.contains(&group));
        let r = readers(&server, ReadersRequest::Named(group)).await.remove(0);
        assert_eq!((r.at.len(), r.at[0].committed), (1, Some(3)));
    });
}

/// Share groups need a client of their own kind; `REDRIVE_TEST_SHARE_GROUP` names one that the testbed made.
#[test]
fn share_groups_are_listed_without_a_lag() {
    let Some(server) = plain() else { return };
    let Some(name) = given("REDRIVE_TEST_SHARE_GROUP", "share group") else { return };
    run(async {
        let all = readers(&server, ReadersRequest::All).await;
        let r = all.iter().find(|r| r.name == name).unwrap_or_else(|| panic!("{name} is not listed"));
        println!("{r:?}");
        assert_eq!((r.kind, r.behind()), (ReaderKind::Share, None));
        assert!(r.note.contains("share group"));
    });
}
