//! Logs with holes and moving ends: transactions, compaction, deleted records.

use std::time::{Duration, Instant};

use rdkafka::admin::AdminOptions;
use rdkafka::producer::Producer;
use rdkafka::{Offset, TopicPartitionList};
use redrive::broker::{ErrorKind, PeekRequest, Start, Stop, Why};
use redrive::model::Seat;

use crate::support::*;

#[test]
fn transactions_are_seen_as_asked_and_the_end_is_right() {
    let Some(server) = plain() else { return };
    run(async {
        let topic = topic(&server, "transactions", 1, &[]).await;
        filled(&server, &topic, [rec(0, "plain")]).await;
        let tx = |name: &str| {
            let p = producer(&server, &[("transactional.id", &fresh(name))]);
            p.init_transactions(PATIENCE).expect("ready");
            p.begin_transaction().expect("begun");
            p
        };
        let committed = tx("c");
        send(&committed, &topic, [rec(0, "committed")]).await;
        committed.commit_transaction(PATIENCE).expect("committed");
        let aborted = tx("a");
        send(&aborted, &topic, [rec(0, "aborted")]).await;
        aborted.abort_transaction(PATIENCE).expect("aborted");
        let link = plain_link(&server);
        // the log ends with a marker: no record at end - 1
        ends_at(&link, &topic, 5).await;
        for limit in [10, 5000] {
            for start in [Start::Oldest, Start::Newest] {
                let began = Instant::now();
                let seen = all(link.eyes.peek(ask(&topic, start, limit))).await.unwrap();
                assert_eq!((seen.bodies(), seen.why), (vec!["plain".to_owned(), "committed".to_owned()], Why::Complete));
                assert!(began.elapsed() < DEADLINE, "the end is found, not waited for: {:?}", began.elapsed());
            }
        }
        let open = tx("o");
        send(&open, &topic, [rec(0, "open")]).await;
        filled(&server, &topic, [rec(0, "behind")]).await;
        for start in [Start::Oldest, Start::Newest] {
            let seen = all(link.eyes.peek(ask(&topic, start, 5000))).await.unwrap();
            assert_eq!((seen.bodies(), seen.why), (vec!["plain".to_owned(), "committed".to_owned()], Why::Undecided));
            assert_eq!(seen.notes, ["p0: 2 offsets from 5 on are in or behind a transaction that is still open"]);
        }
        let seen = all(link.eyes.peek(PeekRequest { committed_only: false, ..ask(&topic, Start::Newest, 10) })).await.unwrap();
        assert_eq!(
            (seen.bodies(), seen.why),
            (["plain", "committed", "aborted", "open", "behind"].map(str::to_owned).to_vec(), Why::Complete)
        );
        open.commit_transaction(PATIENCE).expect("committed");
        ends_at(&link, &topic, 8).await;
        let seen = all(link.eyes.peek(ask(&topic, Start::Newest, 2))).await.unwrap();
        assert_eq!(seen.bodies(), ["open", "behind"]);
    });
}

#[test]
fn a_compacted_topic_ends_where_it_ends() {
    let Some(server) = plain() else { return };
    run(async {
        let config = [
            ("cleanup.policy", "compact"),
            ("segment.ms", "1000"),
            ("min.cleanable.dirty.ratio", "0.01"),
            ("max.compaction.lag.ms", "1000"),
            ("delete.retention.ms", "1000"),
        ];
        let topic = topic(&server, "compacted", 1, &config).await;
        let keyed = |k: usize, i: usize| Rec { key: Some(format!("k{k}").into_bytes()), ..rec(0, i.to_string()) };
        filled(&server, &topic, (0..200).map(|i| keyed(i % 5, i))).await;
        let link = plain_link(&server);
        let until = Instant::now() + Duration::from_secs(70);
        loop {
            // a record that rolls the segment, a second old by then, lets the cleaner in
            tokio::time::sleep(Duration::from_millis(1200)).await;
            filled(&server, &topic, [keyed(9, 1)]).await;
            let seen = all(link.eyes.peek(ask(&topic, Start::Oldest, 5000))).await.unwrap();
            assert_eq!(seen.why, Why::Complete);
            if seen.messages.len() < 20 {
                assert!(seen.read > seen.messages.len() as u64, "holes");
                let newest = all(link.eyes.peek(ask(&topic, Start::Newest, 6))).await.unwrap();
                assert_eq!(newest.messages.len(), 6);
                return;
            }
            if Instant::now() > until {
                return not_tested("the cleaner did not come in 70 s");
            }
        }
    });
}

#[test]
fn deleted_records_are_told_and_reading_goes_on() {
    let Some(server) = plain() else { return };
    run(async {
        let topic = topic(&server, "deleted", 1, &[]).await;
        // large enough that not all of it is prefetched at once
        filled(&server, &topic, (0..40_000).map(|_| rec(0, vec![b'x'; 2000]))).await;
        let link = plain_link(&server);
        let mut flow = link.eyes.peek(ask(&topic, Start::Oldest, 100_000));
        first_batch(&mut flow).await;
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(&topic, 0, Offset::Offset(39_000)).expect("added");
        admin(&server).delete_records(&list, &AdminOptions::new()).await.expect("deleted");
        let seen = all(flow).await.unwrap();
        println!("{:?}, {} messages", seen.notes, seen.messages.len());
        assert_eq!(seen.why, Why::Complete);
        assert!(seen.notes.iter().any(|n| n.contains("to 38999 were removed while reading")), "{:?}", seen.notes);
        assert_eq!(seen.seats().last(), Some(&(0, 39_999)));
        let e = all(link.eyes.peek(ask(&topic, Start::Seat(Seat::Offset { partition: 0, offset: 5 }), 1))).await.err().unwrap();
        assert_eq!(e.kind, ErrorKind::Gone, "{e}");
        assert!(e.to_string().contains("p0/39000"), "{e}");
    });
}

#[test]
fn a_page_of_large_messages_is_bounded() {
    let Some(server) = plain() else { return };
    run(async {
        let topic = topic(&server, "large", 4, &[("max.message.bytes", "3000000")]).await;
        for _ in 0..4 {
            filled(&server, &topic, (0..25).map(|i| rec(i % 4, vec![b'x'; 1_000_000]))).await;
        }
        let seen = all(plain_link(&server).eyes.peek(ask(&topic, Start::Newest, 500))).await.unwrap();
        println!("{} messages, {:?}", seen.messages.len(), seen.notes);
        assert!(!seen.messages.is_empty() && seen.messages.len() < 80, "{}", seen.messages.len());
        assert_eq!(seen.why, Why::Limit);
        assert!(seen.more.is_some());
    });
}

#[test]
fn a_dropped_look_stops_and_the_next_one_works() {
    let Some(server) = plain() else { return };
    run(async {
        let topic = topic(&server, "dropped", 8, &[]).await;
        filled(&server, &topic, (0..8000).map(|i| rec(i % 8, vec![b'x'; 500]))).await;
        let link = plain_link(&server);
        for _ in 0..30 {
            let mut flow = link.eyes.peek(PeekRequest { stop: Stop::Never, ..ask(&topic, Start::Oldest, usize::MAX) });
            first_batch(&mut flow).await;
        }
        let flows: Vec<_> = (0..6).map(|_| all(link.eyes.peek(ask(&topic, Start::Oldest, 100_000)))).collect();
        for seen in futures::future::join_all(flows).await {
            assert_eq!(seen.unwrap().messages.len(), 8000);
        }
        link.eyes.close().await;
        assert_eq!(
            all(link.eyes.peek(ask(&topic, Start::Newest, 3))).await.unwrap().messages.len(),
            3,
            "a closed connection connects again"
        );
    });
}
