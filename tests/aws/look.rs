//! Looking: what it leaves is what its price says, and a queue that would lose by it is not looked into.

use aws_sdk_sqs::types::QueueAttributeName as Attribute;
use redrive::broker::{ErrorKind, PeekRequest, Selection, Trace, Why};
use redrive::model::{Address, Proof, Role};

use crate::support::*;

#[test]
fn thirty_looks_count_thirty_receives_and_change_nothing_else() {
    let Some(bed) = Bed::sqs() else { return };
    run(async {
        for fifo in [false, true] {
            let at = bed.queue("looked-at-dlq", fifo, &[]).await;
            let mut sent = Vec::new();
            for n in 0..5 {
                sent.push(bed.send(&at, &format!("body {n}"), fifo.then(|| format!("g{n}"))).await);
            }
            let link = bed.link();
            for _ in 0..30 {
                let seen = bed.peek(&link, &at, 5).await.expect("a look");
                assert_eq!((seen.messages.len(), seen.why), (5, Why::Complete));
                assert!(seen.left.iter().all(|(_, n)| *n == 5), "{:?}", seen.left);
            }
            let price = link.eyes.cost(&at).await.expect("a price").leaves;
            assert_eq!(price.contains(&Trace::LocksGroup), fifo);
            assert!(price.contains(&Trace::CountsReceive) && matches!(price[1], Trace::Hides(d) if d.as_secs() == 30), "{price:?}");
            let there = bed.take(&at).await;
            let mut ids: Vec<_> = there.iter().map(|m| m.id.clone()).collect();
            assert!(there.iter().all(|m| m.receives == 31), "30 looks and this reading: {there:?}");
            ids.sort();
            sent.sort();
            assert_eq!(ids, sent);
            assert_eq!(bed.count(&at, Attribute::ApproximateNumberOfMessages).await, 5);
        }
    });
}

#[test]
fn a_queue_whose_redrive_policy_could_move_a_message_is_not_looked_into() {
    let Some(bed) = Bed::sqs() else { return };
    run(async {
        let dlq = bed.queue("orders-dlq", false, &[]).await;
        let policy = format!(r#"{{"deadLetterTargetArn":"{}","maxReceiveCount":"2"}}"#, bed.arn(&dlq).await);
        let at = bed.queue("orders", false, &[(Attribute::RedrivePolicy, policy.as_str())]).await;
        bed.send(&at, "wait", None).await;
        let link = bed.link();
        let why = link.eyes.cost(&at).await.expect("a price").refused.expect("refused");
        assert!(why.contains("after 2 receives (maxReceiveCount)") && why.contains(&dlq.name), "{why}");
        for _ in 0..3 {
            let error = bed.peek(&link, &at, 10).await.expect_err("no look");
            assert_eq!(error.kind, ErrorKind::Unsafe);
            let held = link.hand.as_ref().expect("a hand").hold(&at, Selection::First(1)).await;
            assert_eq!(held.err().map(|e| e.kind), Some(ErrorKind::Unsafe));
        }
        assert_eq!(bed.take(&at).await.iter().map(|m| m.receives).collect::<Vec<_>>(), [1], "only this reading counts");
        assert!(bed.take(&dlq).await.is_empty());
        // and whose dead letters the other holds is told by the broker
        let listed = bed.list(&link).await;
        let role = &listed.iter().find(|d| d.at == dlq).expect("listed").role;
        assert_eq!(*role, Role::DeadLetter { of: vec![at.clone()], proof: Proof::Told });
        let facts = link.eyes.describe(&dlq).await.expect("described").facts;
        assert!(facts.iter().any(|(name, value, _)| name == "holds dead letters of" && *value == at.name), "{facts:?}");
        let facts = link.eyes.describe(&at).await.expect("described").facts;
        assert!(facts.iter().any(|(_, value, _)| value.starts_with(&dlq.name)), "{facts:?}");
    });
}

#[test]
fn a_group_is_locked_while_it_is_looked_at_and_in_order_after() {
    let Some(bed) = Bed::sqs() else { return };
    run(async {
        let at = bed.queue("locked-dlq", true, &[]).await;
        for n in 0..12 {
            bed.send(&at, &format!("{n:02}"), Some("one".into())).await;
        }
        let link = bed.link();
        let mut hold = link.hand.as_ref().expect("a hand").hold(&at, Selection::First(10)).await.expect("a hold");
        let held = hold.next(10).await.expect("held");
        assert_eq!(held.len(), 10);
        assert!(bed.receive(&at, 10).await.is_empty(), "the group waits while its first are in hand");
        hold.close().await.expect("closed");
        let seen = bed.peek(&link, &at, 100).await.expect("a look");
        assert_eq!((seen.messages.len(), seen.why), (10, Why::Window), "the first of the group, and that there is more");
        assert!(seen.notes.iter().any(|n| n.contains("sample") && n.contains("group")), "{:?}", seen.notes);
        let bodies: Vec<_> = bed.take_some(&at, 10).await.into_iter().map(|m| m.body).collect();
        assert_eq!(bodies, (0..10).map(|n| format!("{n:02}")).collect::<Vec<_>>());
    });
}

#[test]
fn an_unknown_queue_and_a_topic_hold_nothing_to_look_at() {
    let Some(bed) = Bed::sqs() else { return };
    run(async {
        let link = bed.link();
        let nowhere = Address { name: "no-such-queue".into(), ..bed.address("x") };
        assert_eq!(link.eyes.cost(&nowhere).await.expect_err("none").kind, ErrorKind::NotFound);
        let late = PeekRequest { stop: redrive::broker::Stop::Never, ..PeekRequest::new(nowhere, 1) };
        assert_eq!(bed.read(&link, late).await.expect_err("no tail").kind, ErrorKind::Unsupported);
    });
}
