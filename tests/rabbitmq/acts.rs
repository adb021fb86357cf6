//! Acting: what is too large or full, connections that are killed, and the broker's own mover.

use std::time::Duration;

use lapin::types::AMQPValue;
use redrive::broker::{BulkAsk, BulkPhase, Done, ErrorKind, Outgoing, Place, Selection, Settle};
use redrive::model::{Address, Count, Typed, Value, WireType};

use crate::support::*;

fn out(to: &Address, body: Vec<u8>) -> Outgoing {
    Outgoing { to: to.clone(), place: Place::Any, key: None, body: Some(body.into()), headers: Vec::new(), properties: Vec::new() }
}

fn typed(value: Value, wire: &str) -> Typed {
    Typed { value, wire: WireType(wire.to_owned().into()) }
}

#[test]
fn what_the_broker_does_not_take_is_a_no_and_said() {
    let Some(node) = node("4") else { return };
    run(async {
        let (hands, hand) = (Hands::new(&node).await, admin(&node).hand.unwrap());
        let to = hands.make("large", "classic", &[]).await;
        // the limit of 4.0 is 16 MiB
        let answers = hand.publish(vec![out(&to, b"1".to_vec()), out(&to, vec![b'x'; 17 << 20]), out(&to, b"2".to_vec())]).await;
        assert!(answers[0].is_ok() && answers[2].is_ok(), "{answers:?}");
        let error = answers[1].as_ref().unwrap_err();
        assert_eq!((error.kind, error.done), (ErrorKind::Invalid, Done::No), "{error}");
        let full = [("x-max-length", AMQPValue::LongInt(1)), ("x-overflow", AMQPValue::LongString("reject-publish".into()))];
        let to = hands.make("full", "classic", &full).await;
        let answers = hand.publish((0..3).map(|i| out(&to, vec![i])).collect()).await;
        let error = answers[2].as_ref().unwrap_err();
        assert_eq!((error.kind, error.done), (ErrorKind::Throttled, Done::No), "{error}");
        hand.close().await;
        hands.end().await;
    });
}

/// What waits for the disk is confirmed later than what no queue takes, so answers do not come in the order of sending.
#[test]
fn what_comes_back_is_said_of_the_message_that_came_back() {
    for node in nodes() {
        run(async {
            let (hands, hand) = (Hands::new(&node).await, admin(&node).hand.unwrap());
            for of_type in ["classic", "quorum"] {
                let to = hands.make("taken", of_type, &[]).await;
                let nowhere = Address { name: format!("{}-nowhere", to.name), ..to.clone() };
                for round in 0..20u8 {
                    let taken = |n: u8| (n + round) % 3 != 1;
                    let batch = (0..30u8).map(|n| Outgoing {
                        properties: vec![
                            ("delivery_mode".into(), typed(Value::Int(2), "u8")),
                            ("message_id".into(), typed(Value::Text(format!("m-{n}")), "shortstr")),
                        ],
                        headers: vec![("x-n".into(), typed(Value::Int(n.into()), "s32"))],
                        ..out(if taken(n) { &to } else { &nowhere }, vec![round, n])
                    });
                    let answers = hand.publish(batch.collect()).await;
                    let said: Vec<bool> = answers.iter().map(Result::is_ok).collect();
                    assert_eq!(said, (0..30u8).map(taken).collect::<Vec<_>>(), "{} {of_type}, round {round}", node.version);
                    assert!(answers.iter().flat_map(|a| a.as_ref().err()).all(|e| e.kind == ErrorKind::NotFound && e.done == Done::No));
                    let there: Vec<Vec<u8>> = hands.drain(&to).await.into_iter().map(|(body, ..)| body).collect();
                    assert_eq!(there, (0..30u8).filter(|n| taken(*n)).map(|n| vec![round, n]).collect::<Vec<_>>());
                }
            }
            hand.close().await;
            hands.end().await;
        });
    }
}

/// Ends the connections of redrive of this purpose, as an administrator would.
async fn kill(node: &Node, purpose: &str, in_hand: &[i32]) {
    let client = reqwest::Client::new();
    let url = format!("{}/api/connections", node.management);
    let name = format!("redrive, {purpose}");
    until("the connection is listed", || async {
        let list: serde_json::Value = client.get(&url).basic_auth("admin", Some("admin-pw")).send().await.unwrap().json().await.unwrap();
        let ours = list.as_array().unwrap().iter().filter(|c| c["client_properties"]["connection_name"] == name.as_str());
        let mut killed = 0;
        for connection in ours {
            let id = connection["name"].as_str().unwrap().replace(' ', "%20").replace('>', "%3E");
            // other tests run beside this one: only the one that has so many in hand is meant
            let channels: serde_json::Value = client
                .get(format!("{url}/{id}/channels"))
                .basic_auth("admin", Some("admin-pw"))
                .send()
                .await
                .unwrap()
                .json()
                .await
                .unwrap_or_default();
            let busy =
                channels.as_array().is_some_and(|all| all.iter().any(|c| in_hand.iter().any(|n| c["messages_unacknowledged"] == *n)));
            if busy {
                client.delete(format!("{url}/{id}")).basic_auth("admin", Some("admin-pw")).send().await.unwrap();
                killed += 1;
            }
        }
        killed > 0
    })
    .await;
}

#[test]
fn a_hold_whose_connection_is_killed_loses_nothing_and_the_next_one_works() {
    for node in nodes() {
        run(async {
            let (hands, link) = (Hands::new(&node).await, admin(&node));
            let hand = link.hand.unwrap();
            let at = hands.make("killed", "quorum", &[]).await;
            hands.send(&at, numbered(60)).await;
            let mut hold = hand.hold(&at, Selection::First(37)).await.unwrap();
            let held = hold.next(37).await.unwrap();
            assert_eq!(held.len(), 37);
            // in a queue with a limit one more keeps the order
            kill(&node, "holding", &[37, 38]).await;
            until("all is given back", || async { hands.depth(&at).await == 60 }).await;
            let answers = hold.settle(vec![(held[0].id, Settle::Remove)]).await;
            let error = answers[0].as_ref().expect_err("its connection is gone");
            assert!(error.done == Done::Perhaps || error.kind == ErrorKind::Gone, "{error}");
            drop(hold);
            let mut again = None;
            for _ in 0..100 {
                match hand.hold(&at, Selection::First(60)).await {
                    Ok(hold) => {
                        again = Some(hold);
                        break;
                    }
                    Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                }
            }
            let mut hold = again.expect("redrive connects again by itself");
            assert_eq!(hold.next(100).await.unwrap().len(), 60);
            hold.close().await.unwrap();
            hand.close().await;
            hands.end().await;
        });
    }
}

#[test]
fn without_automatic_recovery_a_lost_connection_stays_lost_until_it_is_asked_for() {
    let Some(node) = node("4") else { return };
    run(async {
        let hands = Hands::new(&node).await;
        let mut by_hand = profile(&node, "admin", "admin-pw");
        by_hand.rabbitmq.automatic_recovery = false;
        let link = link(&by_hand);
        let at = hands.make("by-hand", "classic", &[]).await;
        hands.send(&at, numbered(60)).await;
        let hand = link.hand.as_ref().unwrap();
        let mut hold = hand.hold(&at, Selection::First(41)).await.unwrap();
        assert_eq!(hold.next(41).await.unwrap().len(), 41);
        kill(&node, "holding", &[41]).await;
        until("all is given back", || async { hands.depth(&at).await == 60 }).await;
        drop(hold);
        let error = hand.hold(&at, Selection::First(1)).await.err().expect("it stays lost");
        assert_eq!(error.kind, ErrorKind::Unreachable, "{error}");
        assert!(error.cause.contains("automatic_recovery is false"), "{error}");
        link.eyes.probe().await.unwrap();
        assert!(hand.hold(&at, Selection::First(1)).await.is_ok(), "asked for by hand it comes back");
        hand.close().await;
        hands.end().await;
    });
}

#[test]
fn a_shovel_moves_a_whole_queue_to_one_that_is_there() {
    for node in nodes() {
        run(async {
            let (hands, link) = (Hands::new(&node).await, admin(&node));
            let hand = link.hand.unwrap();
            assert!(link.eyes.probe().await.unwrap().capabilities.bulk, "{}", node.version);
            let (from, to) = (hands.make("from", "quorum", &[]).await, hands.make("to", "quorum", &[]).await);
            hands.send(&from, numbered(500)).await;
            let nowhere = Address { name: "t-no-such-queue".into(), ..to.clone() };
            let missing = hand.bulk(BulkAsk::Start { from: from.clone(), to: Some(nowhere), per_second: None }).await.unwrap_err();
            assert_eq!(missing.kind, ErrorKind::NotFound, "{missing}");
            let state = hand.bulk(BulkAsk::Start { from: from.clone(), to: Some(to.clone()), per_second: None }).await.unwrap();
            assert_eq!(state.of, Count::Exact(500));
            let ask = || BulkAsk::State { from: from.clone(), id: state.id.clone() };
            until("it is done", || async { hand.bulk(ask()).await.unwrap().phase == BulkPhase::Done }).await;
            assert_eq!(hand.bulk(ask()).await.unwrap().moved, Count::Exact(500));
            assert_eq!(hands.depth(&from).await, 0);
            let arrived: Vec<_> = hands.drain(&to).await.into_iter().map(|(body, ..)| body).collect();
            assert_eq!(arrived, numbered(500));
            hands.end().await;
        });
    }
}
