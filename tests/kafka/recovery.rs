//! A broker that goes away in the middle and comes back, and one that hangs. Needs a broker of its own: `REDRIVE_TEST_KAFKA_OWN` is where it
//! listens, `REDRIVE_TEST_KAFKA_OWN_DOWN` and `..._UP` are shell commands that stop it and start it until it is ready, `..._PID` is the file with
//! its process id.

use std::time::{Duration, Instant};

use futures::StreamExt;
use redrive::broker::{Done, ErrorKind, Outgoing, PeekRequest, Peeked, Place, Start, Stop};

use crate::support::*;

fn shell(variable: &str) {
    let command = std::env::var(variable).expect("a command");
    let status = std::process::Command::new("bash").args(["-c", &command]).status().expect("bash");
    assert!(status.success(), "{command}");
}

/// The one broker of these tests.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

#[test]
fn a_broker_that_went_and_came_back_is_used_again() {
    let Some(server) = given("REDRIVE_TEST_KAFKA_OWN", "Kafka that may be stopped") else { return };
    run(async {
        let _alone = ALONE.lock().await;
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

/// A process that is stopped, until this is dropped.
struct Stopped(String);

impl Stopped {
    fn now(pid: &str) -> Self {
        signal("STOP", pid);
        Self(pid.to_owned())
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        signal("CONT", &self.0);
    }
}

fn signal(name: &str, pid: &str) {
    let sent = std::process::Command::new("kill").args(["-s", name, pid]).status().expect("kill");
    assert!(sent.success(), "kill -s {name} {pid}");
}

#[test]
fn who_follows_a_quiet_topic_is_told_when_its_broker_hangs() {
    let Some(server) = given("REDRIVE_TEST_KAFKA_OWN", "Kafka that may be stopped") else { return };
    run(async {
        let _alone = ALONE.lock().await;
        let pid = std::fs::read_to_string(std::env::var("REDRIVE_TEST_KAFKA_OWN_PID").expect("its pid's file")).expect("its pid");
        let topic = topic(&server, "hangs", 1, &[]).await;
        filled(&server, &topic, [rec(0, "a")]).await;
        let link = plain_link(&server);
        let mut tail = link.eyes.peek(PeekRequest { stop: Stop::Never, ..ask(&topic, Start::Oldest, usize::MAX) });
        assert!(matches!(tail.next().await, Some(Ok(Peeked::Batch(_)))));
        // quiet, but there: no word, although the broker is asked meanwhile
        assert!(tokio::time::timeout(Duration::from_secs(12), tail.next()).await.is_err(), "nothing to say");
        let stopped = Stopped::now(pid.trim());
        let e = loop {
            match tail.next().await.expect("a word at the end") {
                Ok(_) => {}
                Err(e) => break e,
            }
        };
        println!("while it hangs: {e}");
        assert!(matches!(e.kind, ErrorKind::Timeout | ErrorKind::Unreachable), "{e}");
        drop(stopped);
        link.eyes.probe().await.expect("it goes on");
    });
}
