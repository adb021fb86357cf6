//! Publishing with confirmation, and holding what is to be published.

use std::time::Instant;

use rdkafka::producer::{FutureProducer, Producer};
use redrive::broker::{Done, ErrorKind, Link, Outgoing, Place, REPLAY_ID, Selection, Settle, Start, Why, partition_for};
use redrive::config::model::Codec;
use redrive::config::profile::KafkaSecurity;
use redrive::model::{Seat, Typed};

use crate::support::*;

fn out(topic: &str, place: Place, key: Option<&str>, body: Option<Vec<u8>>) -> Outgoing {
    let headers = vec![
        ("a".to_owned(), Typed::bytes(Some("1".into()))),
        ("n".to_owned(), Typed::bytes(None)),
        ("a".to_owned(), Typed::bytes(Some("".into()))),
    ];
    Outgoing {
        to: at(topic),
        place,
        key: key.map(|k| k.as_bytes().to_vec().into()),
        body: body.map(Into::into),
        headers,
        properties: Vec::new(),
    }
}

#[test]
fn what_is_published_is_what_is_rehearsed_and_where_it_is_said() {
    let Some(server) = plain() else { return };
    run(async {
        let topic = topic(&server, "publish", 6, &[]).await;
        let link = plain_link(&server);
        let hand = link.hand.unwrap();
        let batch = vec![
            out(&topic, Place::Partition(4), Some("k"), Some(b"explicit".to_vec())),
            out(&topic, Place::ByKey, Some("order-17"), Some(b"by key".to_vec())),
            out(&topic, Place::ByKey, None, Some(b"no key".to_vec())),
            out(&topic, Place::Any, Some("t"), None),
            out(&topic, Place::Any, None, Some(Vec::new())),
            out(&topic, Place::Any, None, Some(vec![7; 900_000])),
        ];
        for _ in 0..2 {
            let began = Instant::now();
            let answers = hand.publish(batch.clone()).await;
            println!("published {} in {:?}", batch.len(), began.elapsed());
            assert_eq!(answers.len(), batch.len());
            for (sent, answer) in batch.iter().zip(answers) {
                let seat = answer.unwrap().seat.unwrap();
                let seen = all(link.eyes.peek(ask(&topic, Start::Seat(seat.clone()), 1))).await.unwrap();
                let m = &seen.messages[0];
                assert_eq!((&m.seat, &m.key, &m.body, &m.headers), (&seat, &sent.key, &sent.body, &sent.headers));
                let wire = link.eyes.rehearse(m, sent).wire;
                assert_eq!((wire.key, wire.body, wire.headers), (sent.key.clone(), sent.body.clone(), sent.headers.clone()));
                if let Seat::Offset { partition, .. } = seat {
                    match (sent.place, &sent.key) {
                        (Place::Partition(p), _) => assert_eq!(partition, p),
                        (Place::ByKey, Some(key)) => assert_eq!(partition, partition_for(key, 6)),
                        _ => {}
                    }
                }
            }
        }
    });
}

#[test]
fn a_refused_message_fails_alone() {
    let Some(server) = plain() else { return };
    run(async {
        let topic = topic(&server, "small", 2, &[("max.message.bytes", "1000")]).await;
        let link = plain_link(&server);
        let hand = link.hand.unwrap();
        let large = out(&topic, Place::Any, None, Some(vec![1; 5000]));
        // not described yet: the broker itself refuses
        let answers = hand
            .publish(vec![
                out(&topic, Place::Partition(0), None, Some(b"x".to_vec())),
                large.clone(),
                out(&topic, Place::Partition(9), None, None),
            ])
            .await;
        assert!(answers[0].is_ok(), "{answers:?}");
        for a in &answers[1..] {
            let e = a.as_ref().unwrap_err();
            println!("{e}");
            assert_eq!((e.kind, e.done), (ErrorKind::Invalid, Done::No));
        }
        link.eyes.describe(&at(&topic)).await.unwrap();
        let seen = all(link.eyes.peek(ask(&topic, Start::Oldest, 9))).await.unwrap();
        assert_eq!(seen.messages.len(), 1);
        assert!(link.eyes.rehearse(&seen.messages[0], &large).refused.unwrap().contains("max.message.bytes"));
    });
}

#[test]
fn a_thousand_go_fast_and_in_order() {
    let Some(server) = plain() else { return };
    run(async {
        let topic = topic(&server, "order", 1, &[]).await;
        let link = plain_link(&server);
        let hand = link.hand.unwrap();
        let began = Instant::now();
        for round in 0..8 {
            let batch = (0..256).map(|i| out(&topic, Place::ByKey, Some("k"), Some(format!("{}", round * 256 + i).into_bytes()))).collect();
            for (i, a) in hand.publish(batch).await.into_iter().enumerate() {
                assert_eq!(a.unwrap().seat, Some(Seat::Offset { partition: 0, offset: (round * 256 + i) as i64 }));
            }
        }
        println!("2048 confirmed in {:?}", began.elapsed());
        let seen = all(link.eyes.peek(ask(&topic, Start::Oldest, 5000))).await.unwrap();
        assert_eq!(seen.bodies(), (0..2048).map(|i| i.to_string()).collect::<Vec<_>>());
    });
}

#[test]
fn a_hold_gives_exactly_the_seats_that_are_there() {
    let Some(server) = plain() else { return };
    run(async {
        let topic = topic(&server, "hold", 3, &[]).await;
        filled(&server, &topic, (0..3000).map(|i| rec(i % 3, i.to_string()))).await;
        let link = plain_link(&server);
        let hand = link.hand.unwrap();
        let seats: Vec<Seat> = [(0, 999), (0, 3), (2, 500), (1, 0), (1, 5000), (7, 1), (0, 4)]
            .map(|(partition, offset)| Seat::Offset { partition, offset })
            .into();
        let began = Instant::now();
        let mut hold = hand.hold(&at(&topic), Selection::Seats(seats)).await.unwrap();
        let mut got = Vec::new();
        loop {
            let some = hold.next(2).await.unwrap();
            if some.is_empty() {
                break;
            }
            assert!(some.len() <= 2);
            let settled = hold.settle(some.iter().map(|h| (h.id, Settle::Remove)).collect()).await;
            assert!(settled.iter().all(Result::is_ok));
            got.extend(some.into_iter().map(|h| h.message));
        }
        println!("held in {:?}", began.elapsed());
        let mut seats: Vec<_> = got.iter().map(|m| m.seat.to_string()).collect();
        seats.sort();
        assert_eq!(seats, ["p0/3", "p0/4", "p0/999", "p1/0", "p2/500"]);
        assert_eq!(hold.close().await.unwrap().0, []);
        let mut hold = hand.hold(&at(&topic), Selection::First(10)).await.unwrap();
        assert_eq!(hold.next(100).await.unwrap().len(), 10);
        assert!(hold.next(100).await.unwrap().is_empty());
    });
}

#[test]
fn transactions_commit_a_batch_as_one() {
    let Some(server) = plain() else { return };
    run(async {
        let topic = topic(&server, "tx", 1, &[]).await;
        let link = transactional(&server);
        let hand = link.hand.clone().unwrap();
        for _ in 0..2 {
            let answers = hand.publish((0..5).map(|_| out(&topic, Place::Any, None, Some(b"x".to_vec()))).collect()).await;
            assert!(answers.iter().all(Result::is_ok), "{answers:?}");
        }
        ends_at(&link, &topic, 12).await;
        let seen = all(link.eyes.peek(ask(&topic, Start::Oldest, 100))).await.unwrap();
        assert_eq!(seen.messages.len(), 10);
        // one bad message takes its batch with it, and the next batch works again
        let bad = vec![out(&topic, Place::Partition(0), None, Some(b"good".to_vec())), out(&topic, Place::Partition(9), None, None)];
        let answers = hand.publish(bad).await;
        assert!(answers.iter().all(|a| a.as_ref().is_err_and(|e| e.done == Done::No)), "{answers:?}");
        assert!(hand.publish(vec![out(&topic, Place::Any, None, None)]).await[0].is_ok());
        // the given-up one may have left a record and its mark, or neither
        let until = Instant::now() + PATIENCE;
        let count = async || all(link.eyes.peek(ask(&topic, Start::Oldest, 100))).await.unwrap().messages.len();
        while count().await < 11 && Instant::now() < until {}
        let seen = all(link.eyes.peek(ask(&topic, Start::Oldest, 100))).await.unwrap();
        assert_eq!(seen.messages.len(), 11);
    });
}

/// A run of a plan that left the transaction of its batch open.
async fn left_open(server: &str, topic: &str, plan: &str) -> FutureProducer {
    let crashed = producer(server, &[("transactional.id", &format!("redrive-{plan}"))]);
    crashed.init_transactions(PATIENCE).expect("ready");
    crashed.begin_transaction().expect("begun");
    send(&crashed, topic, [rec(0, "left open")]).await;
    crashed
}

/// What publishes each batch as a transaction.
fn transactional(server: &str) -> Link {
    let mut p = profile(server, KafkaSecurity::default());
    p.kafka.writing.transactional = true;
    link(&p)
}

#[test]
fn who_goes_on_with_a_plan_ends_what_was_left_open_and_shuts_out_who_left_it() {
    let Some(server) = plain() else { return };
    run(async {
        let (topic, plan) = (topic(&server, "fence", 1, &[]).await, fresh("plan"));
        let crashed = left_open(&server, &topic, &plan).await;
        let link = transactional(&server);
        let sent = |plan: &str| Outgoing {
            headers: vec![(REPLAY_ID.to_owned(), Typed::bytes(Some(format!("{plan}/2").into())))],
            ..out(&topic, Place::Any, None, Some(b"gone on".to_vec()))
        };
        let hand = link.hand.clone().unwrap();
        assert!(hand.publish(vec![sent(&fresh("another"))]).await[0].is_ok());
        assert_eq!(all(link.eyes.peek(ask(&topic, Start::Oldest, 9))).await.unwrap().bodies(), [""; 0], "another plan's is left alone");
        assert!(hand.publish(vec![sent(&plan)]).await[0].is_ok());
        // the open one and its end, and two with their ends
        ends_at(&link, &topic, 6).await;
        assert_eq!(all(link.eyes.peek(ask(&topic, Start::Oldest, 9))).await.unwrap().bodies(), ["gone on", "gone on"]);
        assert!(crashed.commit_transaction(PATIENCE).is_err(), "shut out");
    });
}

#[test]
fn a_plan_is_taken_over_without_publishing_anything() {
    let Some(server) = plain() else { return };
    run(async {
        let (topic, plan) = (topic(&server, "over", 1, &[]).await, fresh("plan"));
        let crashed = left_open(&server, &topic, &plan).await;
        let link = transactional(&server);
        let hand = link.hand.clone().unwrap();
        hand.take_over(&fresh("another")).await.unwrap();
        let seen = all(link.eyes.peek(ask(&topic, Start::Oldest, 9))).await.unwrap();
        assert_eq!((seen.bodies(), seen.why), (vec![], Why::Undecided), "another plan's is left alone");
        for _ in 0..2 {
            hand.take_over(&plan).await.unwrap();
            // what was left open, and its end
            ends_at(&link, &topic, 2).await;
            let seen = all(link.eyes.peek(ask(&topic, Start::Oldest, 9))).await.unwrap();
            assert_eq!((seen.bodies(), seen.why), (vec![], Why::Complete));
        }
        assert!(crashed.commit_transaction(PATIENCE).is_err(), "shut out");
    });
}

#[test]
fn a_topic_has_the_codec_that_the_config_gives_it() {
    let Some(server) = plain() else { return };
    run(async {
        let small = [("max.message.bytes", "1000")];
        let (plain, zipped) = (topic(&server, "plain", 1, &small).await, topic(&server, "zipped", 1, &small).await);
        let mut p = profile(&server, KafkaSecurity::default());
        p.kafka.writing.compression_of = vec![(zipped.clone(), Codec::Zstd)];
        let link = link(&p);
        let hand = link.hand.clone().unwrap();
        // the broker's limit is on what goes over the wire: this fits only compressed
        let large = |topic: &str| out(topic, Place::Any, None, Some(vec![b'x'; 50_000]));
        link.eyes.describe(&at(&zipped)).await.unwrap();
        for _ in 0..2 {
            let answers = hand.publish(vec![large(&plain), large(&zipped)]).await;
            assert_eq!(answers[0].as_ref().unwrap_err().kind, ErrorKind::Invalid, "{answers:?}");
            assert!(answers[1].is_ok(), "{answers:?}");
        }
        let seen = all(link.eyes.peek(ask(&zipped, Start::Oldest, 9))).await.unwrap();
        assert!(seen.messages.len() == 2 && seen.messages.iter().all(|m| m.body.as_ref().unwrap().len() == 50_000));
        hand.close().await;
    });
}
