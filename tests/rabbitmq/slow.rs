//! A broker that is slow to answer, as a proxy imitates it on the one connection: what it has not sent yet is neither absent nor gone.

use std::time::Duration;

use redrive::broker::{Selection, Why};
use redrive::model::Seat;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

use crate::alarm::{frame, is};
use crate::support::*;

/// Longer than the silence that is believed of a broker that answers.
const SLOW: Duration = Duration::from_millis(1_500);

/// The node behind a way on which nothing comes for a while once a consumer is there.
async fn slow(node: &Node) -> Node {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (at, amqp) = (listener.local_addr().unwrap().to_string(), node.amqp.clone());
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let (mut from_client, mut to_client) = client.into_split();
            let (mut from_broker, mut to_broker) = TcpStream::connect(&amqp).await.unwrap().into_split();
            tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_broker).await });
            tokio::spawn(async move {
                while let Some(frame) = frame(&mut from_broker).await {
                    if to_client.write_all(&frame).await.is_err() {
                        return;
                    }
                    // basic.consume-ok
                    if is(&frame, 60, 21) {
                        tokio::time::sleep(SLOW).await;
                    }
                }
            });
        }
    });
    Node { amqp: at, ..node.clone() }
}

#[test]
fn a_stream_that_comes_late_is_read_to_its_end() {
    for node in nodes() {
        run(async {
            let (hands, link) = (Hands::new(&node).await, admin(&slow(&node).await));
            let (at, empty) = (hands.make("late", "stream", &[]).await, hands.make("late-empty", "stream", &[]).await);
            hands.send(&at, numbered(40)).await;
            let (messages, why, _) = look(&link.eyes, &at, 1_000).await.unwrap();
            assert_eq!((bodies(&messages), why), (numbered(40), Why::Complete), "{}", node.version);
            let seats: Vec<Seat> = messages.into_iter().map(|m| m.seat).collect();
            let mut hold = link.hand.as_ref().unwrap().hold(&at, Selection::Seats(seats)).await.unwrap();
            let mut held = Vec::new();
            loop {
                let next = hold.next(100).await.unwrap();
                if next.is_empty() {
                    break;
                }
                held.extend(next.into_iter().map(|h| h.message));
            }
            assert_eq!(bodies(&held), numbered(40), "{}: none is gone", node.version);
            hold.close().await.unwrap();
            let (messages, why, _) = look(&link.eyes, &empty, 10).await.unwrap();
            assert_eq!((messages.len(), why), (0, Why::Complete), "{}: what is empty is found so all the same", node.version);
            hands.end().await;
        });
    }
}
