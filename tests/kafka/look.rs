//! Reading: pages, cursors, times, tails, and every byte as it was sent.

use std::time::{Duration, Instant, SystemTime};

use futures::StreamExt;
use redrive::broker::{PeekRequest, Peeked, Start, Stop, Why};
use redrive::model::{Count, Seat};

use crate::support::*;

#[test]
fn a_listing_has_depths_and_describe_has_limits_and_rights() {
    let Some(server) = plain() else { return };
    run(async {
        let topic = topic(&server, "list.dlt", 3, &[("retention.ms", "3600000"), ("max.message.bytes", "2000000")]).await;
        filled(&server, &topic, (0..7).map(|i| rec(i % 3, format!("{i}")))).await;
        let link = plain_link(&server);
        let rows = rows(link.eyes.list(Default::default())).await.unwrap();
        let row = rows.iter().find(|d| d.at.name == topic).unwrap();
        assert_eq!(row.depth, Count::Exact(7));
        assert_eq!(row.partitions, Some(3));
        assert!(!row.role.is_dlq(), "{topic}");
        assert!(!rows.iter().any(|d| d.internal));
        let detail = link.eyes.describe(&at(&topic)).await.unwrap();
        assert_eq!(detail.partitions.len(), 3);
        assert_eq!(detail.partitions[0].end, 3);
        assert_eq!(detail.retention, Some(Duration::from_secs(3600)));
        assert_eq!(detail.max_message_bytes, Some(2_000_000));
        assert_eq!(detail.may_write, Some(true));
        assert!(detail.facts.iter().any(|(n, v, s)| n == "retention.ms" && v == "3600000" && s == "topic"), "{:?}", detail.facts);
        assert_eq!(detail.bytes, None);
        assert!(detail.facts.iter().any(|(n, v, _)| n == "size" && v == "?"), "what is not known is said: {:?}", detail.facts);
        let probe = link.eyes.probe().await.unwrap();
        println!("{probe:?}");
        assert_eq!(probe.identity, "anonymous");
        assert!(probe.version.starts_with('4'), "{}", probe.version);
    });
}

#[test]
fn every_byte_arrives_as_it_was_sent() {
    let Some(server) = plain() else { return };
    run(async {
        let topic = topic(&server, "bytes", 1, &[("max.message.bytes", "3000000")]).await;
        let mb = vec![0xff_u8; 1_000_000];
        let mut full = rec(0, "x");
        full.key = Some(vec![0, 0xc3, 0x28]);
        full.headers = [("a", Some(b"1".to_vec())), ("b", None), ("a", Some(Vec::new())), ("a", Some(b"1".to_vec()))]
            .map(|(name, value)| (name.to_owned(), value))
            .to_vec();
        let tombstone = Rec { key: Some(b"k".to_vec()), ..Rec::default() };
        let mut empty = rec(0, "");
        empty.key = Some(Vec::new());
        filled(&server, &topic, [full, tombstone, empty, rec(0, mb.clone())]).await;
        let seen = all(plain_link(&server).eyes.peek(ask(&topic, Start::Oldest, 10))).await.unwrap();
        let [full, tombstone, empty, large] = seen.messages.as_slice() else { panic!("{} messages", seen.messages.len()) };
        assert_eq!(full.key.as_deref(), Some(&[0, 0xc3, 0x28][..]));
        let headers: Vec<_> = full.headers.iter().map(|(n, v)| (n.as_str(), v.as_bytes())).collect();
        assert_eq!(headers, [("a", Some(&b"1"[..])), ("b", None), ("a", Some(&b""[..])), ("a", Some(&b"1"[..]))]);
        assert_eq!(tombstone.body, None);
        assert_eq!(empty.body.as_deref(), Some(&b""[..]));
        assert_eq!(empty.key.as_deref(), Some(&b""[..]));
        assert_eq!(large.body.as_deref(), Some(&mb[..]));
        assert!(full.sent.unwrap() <= SystemTime::now());
        assert_eq!(full.delivery[0].1.as_text(), Some("CreateTime"));
        assert_eq!(seen.why, Why::Complete);
        assert_eq!(seen.more, None);
    });
}

/// Twelve partitions filled unevenly, times rising with the number in the body.
async fn uneven(server: &str) -> String {
    let topic = topic(server, "uneven", 12, &[("retention.ms", "-1")]).await;
    filled(
        server,
        &topic,
        (0..600)
            .map(|i| Rec { time: Some(1_790_000_000_000 + i), ..rec(if i % 10 == 0 { (i / 10 % 12) as i32 } else { 3 }, i.to_string()) }),
    )
    .await;
    topic
}

fn numbers(seen: &Seen) -> Vec<i64> {
    seen.bodies().iter().map(|b| b.parse().unwrap()).collect()
}

#[test]
fn a_page_has_exactly_the_newest_or_oldest_of_all_partitions_and_goes_on_both_ways() {
    let Some(server) = plain() else { return };
    run(async {
        let topic = uneven(&server).await;
        let link = plain_link(&server);
        for (start, forward) in [(Start::Newest, false), (Start::Oldest, true)] {
            let mut got: Vec<i64> = Vec::new();
            let mut next = start;
            loop {
                let seen = all(link.eyes.peek(ask(&topic, next.clone(), 50))).await.unwrap();
                let page = numbers(&seen);
                let expected: Vec<i64> = if forward {
                    (got.len() as i64..got.len() as i64 + 50).collect()
                } else {
                    (550 - got.len() as i64..600 - got.len() as i64).collect()
                };
                assert_eq!(page, expected);
                got.extend(page);
                match seen.more {
                    Some(cursor) => {
                        assert_eq!(seen.why, Why::Limit);
                        next = Start::From(cursor);
                    }
                    None => break,
                }
            }
            assert_eq!(got.len(), 600);
        }
    });
}

#[test]
fn a_long_read_streams_everything_once() {
    let Some(server) = plain() else { return };
    run(async {
        let topic = uneven(&server).await;
        let seen = all(plain_link(&server).eyes.peek(ask(&topic, Start::Oldest, 100_000))).await.unwrap();
        let mut n = numbers(&seen);
        n.sort_unstable();
        assert_eq!(n, (0..600).collect::<Vec<_>>());
        assert_eq!((seen.why, seen.read, seen.more), (Why::Complete, 600, None));
    });
}

#[test]
fn times_and_seats_are_places_to_start_and_to_stop() {
    let Some(server) = plain() else { return };
    run(async {
        let topic = uneven(&server).await;
        let link = plain_link(&server);
        let time = |ms: u64| SystemTime::UNIX_EPOCH + Duration::from_millis(1_790_000_000_000 + ms);
        let want = PeekRequest { start: Start::Time(time(100)), stop: Stop::Time(time(199)), ..PeekRequest::new(at(&topic), 1000) };
        let seen = all(link.eyes.peek(want)).await.unwrap();
        assert_eq!(numbers(&seen), (100..200).collect::<Vec<_>>());
        assert_eq!(seen.why, Why::TimeReached);
        let seat = Seat::Offset { partition: 3, offset: 7 };
        let seen = all(link.eyes.peek(ask(&topic, Start::Seat(seat), 2))).await.unwrap();
        assert_eq!(seen.seats(), [(3, 7), (3, 8)]);
        let none = all(link.eyes.peek(ask(&topic, Start::Time(SystemTime::now() + Duration::from_secs(1 << 31)), 5))).await.unwrap();
        assert_eq!((none.messages.len(), none.why), (0, Why::Complete));
    });
}

#[test]
fn a_tail_shows_only_what_arrives() {
    let Some(server) = plain() else { return };
    run(async {
        let topic = topic(&server, "tail", 20, &[]).await;
        filled(&server, &topic, [rec(0, "old")]).await;
        let link = plain_link(&server);
        let mut flow = link.eyes.peek(PeekRequest { start: Start::Newest, stop: Stop::Never, ..PeekRequest::new(at(&topic), usize::MAX) });
        let p = producer(&server, &[]);
        let begun = flow.next().await;
        assert!(matches!(begun, Some(Ok(Peeked::Progress { read: 0, .. }))), "{begun:?}");
        send(&p, &topic, [rec(17, "new")]).await;
        let step = flow.next().await;
        let Some(Ok(Peeked::Batch(batch))) = step else { panic!("{step:?}") };
        assert!(batch.iter().all(|m| m.body.as_deref() == Some(b"new")), "{batch:?}");
        // it is there now, and the next one comes to it too
        let sent = Instant::now();
        send(&p, &topic, [rec(3, "next")]).await;
        loop {
            if first_batch(&mut flow).await.iter().any(|m| m.body.as_deref() == Some(b"next")) {
                break;
            }
        }
        println!("tail latency {:?}", sent.elapsed());
    });
}

#[test]
fn the_first_message_is_there_at_once() {
    let Some(server) = plain() else { return };
    run(async {
        let topic = uneven(&server).await;
        let link = plain_link(&server);
        for round in ["cold", "warm"] {
            for start in [Start::Newest, Start::Oldest] {
                let began = Instant::now();
                let mut flow = link.eyes.peek(ask(&topic, start, 100));
                first_batch(&mut flow).await;
                println!("{round}: first message after {:?}", began.elapsed());
                assert!(began.elapsed() < DEADLINE, "{:?}", began.elapsed());
            }
        }
        let began = Instant::now();
        let mut flow = link.eyes.peek(ask(&topic, Start::Oldest, 100_000));
        first_batch(&mut flow).await;
        println!("stream: first message after {:?}", began.elapsed());
    });
}

#[test]
fn a_client_that_is_used_again_hides_nothing() {
    let Some(server) = plain() else { return };
    run(async {
        let topic = topic(&server, "again", 4, &[]).await;
        filled(&server, &topic, (0..4000).map(|i| rec(i % 4, vec![b'x'; 500]))).await;
        let link = plain_link(&server);
        for round in 0..40 {
            assert_eq!(all(link.eyes.peek(ask(&topic, Start::Oldest, 100_000))).await.unwrap().messages.len(), 4000, "round {round}");
            for partition in 0..4 {
                let want = ask(&topic, Start::Seat(Seat::Offset { partition, offset: 0 }), 1000);
                let seen = all(link.eyes.peek(want)).await.unwrap_or_else(|e| panic!("round {round}, p{partition}: {e}"));
                assert_eq!((seen.messages.len(), seen.why), (1000, Why::Complete), "round {round}, p{partition}: {:?}", seen.notes);
            }
        }
    });
}
