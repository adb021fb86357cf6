//! Acting: what is replayed arrives as it was, a repeat on FIFO is one message, the service's own mover is started, asked and refused.

use std::time::Duration;

use aws_sdk_sqs::types::QueueAttributeName as Attribute;
use redrive::broker::{BulkAsk, BulkPhase, ErrorKind, Outgoing, Place, REPLAY_ID, Selection, Settle};
use redrive::model::{Address, Message, Seat, Typed};

use crate::support::*;

fn out(m: &Message, to: &Address, mark: &str) -> Outgoing {
    let mut headers = m.headers.clone();
    headers.push((REPLAY_ID.into(), Typed::bytes(Some(mark.to_owned().into()))));
    Outgoing { to: to.clone(), place: Place::Any, key: m.key.clone(), body: m.body.clone(), headers, properties: m.properties.clone() }
}

/// Messages of every kind, moved as a replay does it, judged by another client.
fn arrives_as_it_was(fifo: bool) {
    let Some(bed) = Bed::sqs() else { return };
    run(async {
        let (from, to) = (bed.queue("fidelity-dlq", fifo, &[]).await, bed.queue("fidelity", fifo, &[]).await);
        let Some(sent) = bed.judge("put", &from) else { return };
        let link = bed.link();
        let hand = link.hand.expect("a hand");
        bed.quiet(&from).await;
        let mut hold = hand.hold(&from, Selection::First(100)).await.expect("a hold");
        let mut n = 0;
        loop {
            let held = hold.next(10).await.expect("held");
            if held.is_empty() {
                break;
            }
            let outs: Vec<_> = held.iter().enumerate().map(|(i, h)| out(&h.message, &to, &format!("plan/{}", n + i))).collect();
            for (h, o) in held.iter().zip(&outs) {
                let rehearsal = link.eyes.rehearse(&h.message, o);
                assert_eq!((rehearsal.refused, rehearsal.losses), (None, vec![]), "all of it goes");
            }
            for receipt in hand.publish(outs).await {
                receipt.expect("published");
            }
            let settled = hold.settle(held.iter().map(|h| (h.id, Settle::Remove)).collect()).await;
            assert!(settled.iter().all(Result::is_ok), "{settled:?}");
            n += held.len();
        }
        hold.close().await.expect("closed");
        assert_eq!(bed.count(&from, Attribute::ApproximateNumberOfMessages).await, 0, "each was taken out after it had arrived");
        assert_eq!(bed.judge("read", &to), Some(sent), "as boto3 sees it");
    });
}

#[test]
fn every_type_of_attribute_and_every_body_arrives_as_it_was() {
    arrives_as_it_was(false);
}

#[test]
fn on_fifo_every_type_of_attribute_and_every_body_arrives_as_it_was() {
    arrives_as_it_was(true);
}

#[test]
fn sending_again_within_the_window_delivers_once() {
    let Some(bed) = Bed::sqs() else { return };
    run(async {
        let to = bed.queue("again", true, &[]).await;
        let hand = bed.link().hand.expect("a hand");
        let sent = |mark: &str| Outgoing {
            to: to.clone(),
            place: Place::Any,
            key: Some("cust-7".into()),
            body: Some("b".into()),
            headers: vec![(REPLAY_ID.into(), Typed::bytes(Some(mark.to_owned().into())))],
            properties: Vec::new(),
        };
        for mark in ["p/1", "p/1", "p/2"] {
            hand.publish(vec![sent(mark)]).await.remove(0).expect("accepted");
        }
        assert_eq!(bed.count(&to, Attribute::ApproximateNumberOfMessages).await, 2, "the repeat of p/1 is known");
    });
}

#[test]
fn a_held_message_stays_hidden_past_its_timeout_and_is_settled_by_its_newest_handle() {
    let Some(bed) = Bed::sqs() else { return };
    run(async {
        let at = bed.queue("held-dlq", false, &[]).await;
        for n in 0..3 {
            bed.send(&at, &format!("{n}"), None).await;
        }
        let mut short = bed.profile();
        let hidden = Duration::from_secs(10);
        short.aws.visibility_timeout = hidden;
        let hand = redrive::drivers::connect(&short, true).expect("connected").hand.expect("a hand");
        let mut hold = hand.hold(&at, Selection::First(3)).await.expect("a hold");
        let held = hold.next(10).await.expect("held");
        assert_eq!(held.len(), 3);
        // twice the timeout: without a heartbeat they would be back
        let began = std::time::Instant::now();
        while began.elapsed() < hidden * 2 {
            assert!(bed.receive(&at, 10).await.is_empty(), "still in hand");
        }
        let settled = hold.settle(vec![(held[0].id, Settle::Remove), (held[1].id, Settle::Return)]).await;
        assert!(settled.iter().all(Result::is_ok), "{settled:?}");
        let again = hold.settle(vec![(held[0].id, Settle::Remove)]).await.remove(0).expect_err("settled before");
        assert_eq!(again.kind, ErrorKind::Invalid);
        drop(hold);
        assert_eq!(bed.take(&at).await.len(), 2, "one was taken out, one given back, one let go");
    });
}

#[test]
fn what_somebody_else_has_in_hand_is_not_gone_and_comes_once_it_is_back() {
    let Some(bed) = Bed::sqs() else { return };
    run(async {
        let at = bed.queue("shared-dlq", false, &[]).await;
        let mut seats = Vec::new();
        for body in ["a", "b", "c"] {
            seats.push(Seat::Id(bed.send(&at, body, None).await));
        }
        let theirs = bed.receive(&at, 1).await;
        let mut hold = bed.link().hand.expect("a hand").hold(&at, Selection::Seats(seats)).await.expect("a visit");
        let mut got = 0;
        while got < 2 {
            got += hold.next(10).await.expect("the two that are there").len();
        }
        let error = hold.next(10).await.expect_err("the third is somewhere");
        assert_eq!((error.kind, error.retry), (ErrorKind::Busy, true), "{error}");
        let back = bed.client().change_message_visibility().queue_url(bed.queue_url(&at).await).receipt_handle(&theirs[0].1);
        back.visibility_timeout(0).send().await.expect("given back");
        let third = loop {
            match hold.next(10).await {
                Ok(held) => break held,
                Err(e) => assert_eq!((e.kind, e.retry), (ErrorKind::Busy, true), "{e}"),
            }
        };
        assert_eq!(third.len(), 1);
        assert!(hold.next(10).await.expect("all are found").is_empty());
        hold.close().await.expect("closed");
    });
}

#[test]
fn what_waits_behind_a_group_in_hand_holds_up_nothing() {
    let Some(bed) = Bed::sqs() else { return };
    run(async {
        let at = bed.queue("behind-dlq", true, &[]).await;
        let mut seats = Vec::new();
        for (n, group) in (0..12).map(|n| (n, if n < 9 { "a" } else { "b" })) {
            seats.push(Seat::Id(bed.send(&at, &format!("{n}"), Some(group.into())).await));
        }
        let mut patient = bed.profile();
        patient.aws.wait_time = Duration::from_secs(20);
        let hand = redrive::drivers::connect(&patient, true).expect("connected").hand.expect("a hand");
        // the first receive gives ten: those of a, of which four are not wanted, and one of b, which locks the two others
        seats.drain(..4);
        let began = std::time::Instant::now();
        let mut hold = hand.hold(&at, Selection::Seats(seats)).await.expect("a hold");
        let (mut open, mut got) = (Vec::new(), 0);
        while got < 8 {
            match hold.next(10).await {
                Ok(held) => {
                    got += held.len();
                    open.extend(held);
                }
                Err(e) => {
                    assert_eq!((e.kind, e.retry), (ErrorKind::Busy, true), "{e}");
                    let settled = hold.settle(open.drain(..).map(|h| (h.id, Settle::Remove)).collect()).await;
                    assert!(settled.iter().all(Result::is_ok), "{settled:?}");
                }
            }
        }
        // an empty queue is asked for 20 s before that is believed; here nobody has to wait for that
        assert!(began.elapsed() < patient.aws.wait_time, "{:?}", began.elapsed());
        hold.close().await.expect("closed");
    });
}

#[test]
fn the_services_own_mover_moves_all_and_is_refused_where_it_cannot() {
    let Some(bed) = Bed::sqs() else { return };
    run(async {
        let dlq = bed.queue("moved-dlq", false, &[]).await;
        let policy = format!(r#"{{"deadLetterTargetArn":"{}","maxReceiveCount":3}}"#, bed.arn(&dlq).await);
        let to = bed.queue("moved", false, &[(Attribute::RedrivePolicy, policy.as_str())]).await;
        for n in 0..20 {
            bed.send(&dlq, &format!("{n}"), None).await;
        }
        let hand = bed.link().hand.expect("a hand");
        let none = hand.bulk(BulkAsk::Start { from: to.clone(), to: Some(dlq.clone()), per_second: None }).await.expect_err("no DLQ");
        assert_eq!(none.kind, ErrorKind::Invalid, "{none}");
        let start = BulkAsk::Start { from: dlq.clone(), to: Some(to.clone()), per_second: Some(2) };
        let began = hand.bulk(start.clone()).await.expect("started");
        assert_eq!(began.phase, BulkPhase::Running);
        let second = hand.bulk(start).await.expect_err("one at a time");
        assert_eq!(second.kind, ErrorKind::Busy, "{second}");
        assert!(second.cause.contains("runs already") && second.next.contains("cancel-message-move-task"), "{second}");
        let ask = || BulkAsk::State { from: dlq.clone(), id: began.id.clone() };
        let patience = std::time::Instant::now();
        let end = loop {
            let now = hand.bulk(ask()).await.expect("asked");
            if now.phase != BulkPhase::Running {
                break now;
            }
            assert!(patience.elapsed() < Duration::from_secs(60), "{now:?}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        };
        assert_eq!((end.phase, end.moved.value()), (BulkPhase::Done, Some(20)));
        assert_eq!(bed.count(&to, Attribute::ApproximateNumberOfMessages).await, 20);
        assert_eq!(bed.count(&dlq, Attribute::ApproximateNumberOfMessages).await, 0);
        let over = hand.bulk(BulkAsk::Cancel { from: dlq.clone(), id: began.id.clone() }).await.expect("over already, and says how");
        assert_eq!(over.phase, BulkPhase::Done);
    });
}
