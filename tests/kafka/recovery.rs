//! A broker that goes away in the middle and comes back. Needs a broker of its own: `REDRIVE_TEST_KAFKA_OWN` is where it
//! listens, `REDRIVE_TEST_KAFKA_OWN_DOWN` and `..._UP` are shell commands that stop it and start it until it is ready.

use std::time::Instant;

use futures::StreamExt;
use redrive::broker::{Done, ErrorKind, Outgoing, PeekRequest, Peeked, Place, Start, Stop};

use crate::support::*;

fn shell(variable: &str) {
    let command = std::env::var(variable).expect("a command");
    let status = std::process::Command::new("bash").args(["-c", &command]).status().expect("bash");
    assert!(status.success(), "{command}");
}

#[test]
fn a_broker_that_went_and_came_back_is_used_again() {
    let Some(server) = given("REDRIVE_TEST_KAFKA_OWN", "Kafka that may be stopped") else { return };
    run(async {
        let topic = topic(&server, "recovery", 2, &[]).await;
        filled(&server, &topic, [rec(0, "a"), rec(1, "b")]).await;
        let link = plain_link(&server);
        let hand = link.hand.clone().unwrap();
        let out = Outgoing { to: at(&topic), place: Place::Any, key: None, body: None, headers: Vec::new(), properties: Vec::new() };
        assert!(hand.publish(vec![out.clone()]).await[0].is_ok());
        let mut tail = link.eyes.peek(PeekRequest { stop: Stop::Never, ..ask(&topic, Start::Oldest, usize::MAX) });
        assert!(matches!(tail.next().await, Some(Ok(Peeked::Batch(_)))));
        let down = tokio::task::spawn_blocking(|| shell("REDRIVE_TEST_KAFKA_OWN_DOWN"));
        let ended = loop {
            match tail.next().await {
                Some(Ok(_)) => {}
                other => break other,
            }
        };
        let e = ended.expect("a word at the end").expect_err("the broker is gone");
        println!("in mid-peek: {e}");
        assert_eq!(e.kind, ErrorKind::Unreachable, "{e}");
        down.await.unwrap();
        for _ in 0..2 {
            let began = Instant::now();
            let e = link.eyes.probe().await.expect_err("down");
            println!("{:?}: {e}", began.elapsed());
            assert_eq!(e.kind, ErrorKind::Unreachable, "{e}");
            assert!(began.elapsed() < DEADLINE, "seen, not waited for: {:?}", began.elapsed());
        }
        let e = hand.publish(vec![out.clone()]).await.remove(0).expect_err("down");
        println!("publish: {e}");
        assert_eq!(e.done, Done::No, "{e}");
        tokio::task::spawn_blocking(|| shell("REDRIVE_TEST_KAFKA_OWN_UP")).await.unwrap();
        let began = Instant::now();
        link.eyes.probe().await.expect("back");
        println!("back after {:?}", began.elapsed());
        assert_eq!(all(link.eyes.peek(ask(&topic, Start::Oldest, 10))).await.unwrap().messages.len(), 3);
        assert!(hand.publish(vec![out]).await[0].is_ok());
    });
}
