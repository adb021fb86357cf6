//! What a user meets now and then: queues that belong to one consumer, messages that are hidden for a while, a connection that may not come back,
//! no channel left.

use std::time::Duration;

use lapin::options::{BasicCancelOptions, BasicConsumeOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use redrive::broker::{Error, ErrorKind, PeekRequest, Selection, Trace};
use redrive::model::{Address, ConnId, Kind};

use crate::support::*;

async fn consume(hands: &Hands, at: &Address) -> lapin::Consumer {
    let options = BasicConsumeOptions::default();
    hands.channel.basic_consume(at.name.as_str().into(), "other".into(), options, FieldTable::default()).await.expect("a consumer")
}

async fn leave(hands: &Hands) {
    hands.channel.basic_cancel("other".into(), BasicCancelOptions::default()).await.expect("cancelled");
}

/// A consumer of another's shows in the price, as soon as the broker's statistics know it.
async fn known(eyes: &std::sync::Arc<dyn redrive::broker::Broker>, at: &Address) {
    until("the consumer is known", || async { eyes.cost(at).await.unwrap().leaves.contains(&Trace::DisturbsConsumers) }).await;
}

#[test]
fn a_queue_of_one_consumer_is_not_taken_from_and_the_reason_has_its_name() {
    for node in nodes() {
        run(async {
            let (hands, link) = (Hands::new(&node).await, admin(&node));
            let own = Address::new(ConnId::new("rabbit"), Kind::Queue, format!("t-own-{}", uuid::Uuid::now_v7().simple()));
            let exclusive = QueueDeclareOptions { exclusive: true, ..QueueDeclareOptions::default() };
            hands.channel.queue_declare(own.name.as_str().into(), exclusive, FieldTable::default()).await.unwrap();
            let refused = link.eyes.cost(&own).await.unwrap().refused.expect("it is another's");
            assert!(refused.contains("one connection alone"), "{refused}");

            let error = held(&link, &own).await.expect_err("it is another's");
            assert_eq!(error.kind, ErrorKind::Unsupported, "{error}");
            assert!(error.next.contains("one consumer alone"), "{error}");

            let single = ("x-single-active-consumer", AMQPValue::Boolean(true));
            let at = hands.make("single", "quorum", &[single]).await;
            hands.send(&at, numbered(2)).await;
            let _active = consume(&hands, &at).await;
            let error = held(&link, &at).await.expect_err("one is active");
            assert_eq!(error.kind, ErrorKind::Unsupported, "{error}");
            let refused = || async { link.eyes.cost(&at).await.unwrap().refused };
            until("the consumer is known", || async { refused().await.is_some() }).await;
            assert!(refused().await.unwrap().contains("single active consumer"));
            leave(&hands).await;
            hands.end().await;
        });
    }
}

async fn held(link: &redrive::broker::Link, at: &Address) -> Result<usize, Error> {
    let mut hold = link.hand.as_ref().unwrap().hold(at, Selection::First(1)).await?;
    let got = hold.next(1).await;
    let _ = hold.close().await;
    got.map(|got| got.len())
}

#[test]
fn live_consumers_are_a_price_that_is_asked_for() {
    for node in nodes() {
        run(async {
            let (hands, link) = (Hands::new(&node).await, admin(&node));
            let at = hands.make("live", "quorum", &[]).await;
            let _consumer = consume(&hands, &at).await;
            known(&link.eyes, &at).await;
            let without: Vec<Trace> =
                link.eyes.cost(&at).await.unwrap().leaves.into_iter().filter(|t| *t != Trace::DisturbsConsumers).collect();
            let want = PeekRequest { accept: without, ..PeekRequest::new(at.clone(), 10) };
            let error = futures::StreamExt::next(&mut link.eyes.peek(want)).await.unwrap().unwrap_err();
            assert_eq!(error.kind, ErrorKind::Unsafe, "{error}");
            assert!(look(&link.eyes, &at, 10).await.is_ok());
            leave(&hands).await;
            hands.end().await;
        });
    }
}

/// From 4.3 on a queue may hold back for a while what is given back.
#[test]
fn what_is_hidden_after_a_look_is_said_before_and_comes_back() {
    let Some(node) = node("43") else { return };
    run(async {
        let (hands, link) = (Hands::new(&node).await, admin(&node));
        let delayed = [
            ("x-delayed-retry-type", AMQPValue::LongString("all".into())),
            ("x-delayed-retry-min", AMQPValue::LongInt(1_500)),
            ("x-delayed-retry-max", AMQPValue::LongInt(1_500)),
        ];
        let at = hands.make("delayed", "quorum", &delayed).await;
        hands.send(&at, numbered(5)).await;
        let cost = link.eyes.cost(&at).await.unwrap();
        assert!(cost.leaves.contains(&Trace::Hides(Duration::from_millis(1_500))), "{cost:?}");
        let (messages, ..) = look(&link.eyes, &at, 10).await.unwrap();
        assert_eq!(bodies(&messages), numbered(5));
        until("they are back", || async { hands.depth(&at).await == 5 }).await;
        let after: Vec<_> = hands.drain(&at).await.into_iter().map(|(body, ..)| body).collect();
        assert_eq!(after, numbered(5));
        hands.end().await;
    });
}

#[test]
fn no_channel_left_is_said_after_its_time_and_not_waited_for() {
    let Some(node) = node("4") else { return };
    run(async {
        let hands = Hands::new(&node).await;
        let mut one = profile(&node, "admin", "admin-pw");
        one.rabbitmq.max_channels = 1;
        one.rabbitmq.channel_timeout = Duration::from_millis(200);
        let link = link(&one);
        let at = hands.make("channels", "classic", &[]).await;
        hands.send(&at, numbered(1)).await;
        let hand = link.hand.as_ref().unwrap();
        let hold = hand.hold(&at, Selection::First(1)).await.unwrap();
        let error = hand.hold(&at, Selection::First(1)).await.err().expect("the one channel is in use");
        assert_eq!(error.kind, ErrorKind::Timeout, "{error}");
        assert!(error.cause.contains("1 of 1 channels"), "{error}");
        hold.close().await.unwrap();
        until("it is free again", || async { held(&link, &at).await.is_ok() }).await;
        hands.end().await;
    });
}
