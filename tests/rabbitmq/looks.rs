//! Looking 30 times: depth, order, bodies, headers and counters change by what was declared and nothing else; where it would cost a message it stops.

use lapin::types::AMQPValue;
use redrive::broker::{ErrorKind, Trace, Why};

use crate::support::*;

const MESSAGES: usize = 40;
const LOOKS: usize = 30;

/// How often each message says that it was given back.
fn counted(properties: &lapin::BasicProperties) -> i64 {
    let count = |t: &lapin::types::FieldTable| t.inner().get("x-delivery-count").and_then(AMQPValue::as_long_long_int);
    properties.headers().as_ref().and_then(count).unwrap_or(0)
}

async fn thirty(node: &Node, of_type: &str, arguments: &[(&str, AMQPValue)], counts: bool) {
    let (hands, eyes) = (Hands::new(node).await, admin(node).eyes);
    let at = hands.make("looks", of_type, arguments).await;
    hands.send(&at, numbered(MESSAGES)).await;
    let cost = eyes.cost(&at).await.unwrap();
    assert_eq!(cost.leaves.contains(&Trace::CountsReceive), counts, "{} {of_type}", node.version);
    for n in 0..LOOKS {
        // every third look is a partial one
        let limit = if n % 3 == 2 { 7 } else { 1_000 };
        let (messages, why, left) = look(&eyes, &at, limit).await.unwrap();
        assert_eq!(bodies(&messages), numbered(limit.min(MESSAGES)), "{} {of_type}, look {n}", node.version);
        assert_eq!(why, if limit < MESSAGES { Why::Limit } else { Why::Complete });
        assert_eq!(left.iter().map(|(t, _)| *t).collect::<Vec<_>>(), cost.leaves);
    }
    eyes.close().await;
    let after = hands.drain(&at).await;
    assert_eq!(after.iter().map(|a| a.0.clone()).collect::<Vec<_>>(), numbered(MESSAGES), "all there, in their order");
    for (_, redelivered, properties) in &after {
        assert!(*redelivered, "as was said");
        assert_eq!(counted(properties) > 0, counts);
        assert_eq!(properties.delivery_mode(), &Some(2));
    }
    hands.end().await;
}

#[test]
fn thirty_looks_leave_what_was_declared() {
    for node in nodes() {
        run(async {
            thirty(&node, "classic", &[], false).await;
            match node.version {
                "3" => thirty(&node, "quorum", &[], true).await,
                "4" => thirty(&node, "quorum", &[("x-delivery-limit", AMQPValue::LongInt(-1))], true).await,
                _ => thirty(&node, "quorum", &[], false).await,
            }
        });
    }
}

#[test]
fn thirty_looks_at_a_stream_change_nothing() {
    for node in nodes() {
        run(async {
            let (hands, eyes) = (Hands::new(&node).await, admin(&node).eyes);
            let at = hands.make("looks", "stream", &[]).await;
            hands.send(&at, numbered(MESSAGES)).await;
            assert!(eyes.cost(&at).await.unwrap().leaves.is_empty());
            let (first, _, _) = look(&eyes, &at, 1_000).await.unwrap();
            assert_eq!(bodies(&first), numbered(MESSAGES));
            for _ in 1..LOOKS {
                assert_eq!(look(&eyes, &at, 1_000).await.unwrap().0, first);
            }
            hands.end().await;
        });
    }
}

/// On 4.0 the 21st give-back drops a message: looking stops long before, also when each look is another process's first.
#[test]
fn looking_stops_before_a_message_is_lost() {
    for (version, arguments) in [("4", vec![]), ("3", vec![("x-delivery-limit", AMQPValue::LongInt(20))])] {
        let Some(node) = node(version) else { continue };
        run(async {
            let hands = Hands::new(&node).await;
            let at = hands.make("limit", "quorum", &arguments).await;
            hands.send(&at, numbered(3)).await;
            let eyes = admin(&node).eyes;
            let mut looks = 0;
            let refused = loop {
                match look(&eyes, &at, 100).await {
                    Ok((messages, _, _)) => assert_eq!(bodies(&messages), numbered(3)),
                    Err(e) => break e,
                }
                looks += 1;
                assert!(looks < 25, "it goes on without end");
            };
            assert_eq!((refused.kind, looks), (ErrorKind::Unsafe, 15), "{refused}");
            assert!(refused.to_string().contains("5 looks are left"), "{refused}");
            let cost = eyes.cost(&at).await.unwrap();
            assert_eq!(cost.looks_left, Some(5));
            let way_out = if version == "4" { "rabbitmqctl set_policy" } else { "an argument of the queue" };
            assert!(cost.refused.as_ref().unwrap().contains(way_out), "{cost:?}");
            // others who do not know of these looks each insist anew: what is given back for the last time is put in again instead, and begins anew
            let mut put_again = 0;
            for _ in 0..12 {
                let desk = Desk::new(&node);
                match look(&desk.eyes, &at, 100).await {
                    Err(e) => put_again += usize::from(e.to_string().contains("put in again")),
                    Ok((messages, ..)) => assert_eq!(messages.len(), 3),
                }
                desk.eyes.close().await;
            }
            assert!(put_again > 0, "it never came to that");
            until("all three are there", || async { hands.depth(&at).await == 3 }).await;
            let mut left: Vec<_> = hands.drain(&at).await.into_iter().map(|(body, ..)| body).collect();
            left.sort();
            assert_eq!(left, numbered(3));
            hands.end().await;
        });
    }
}
