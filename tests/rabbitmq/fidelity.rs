//! What is published again is what was read, to the eyes of another client: every property, every header with its type, every byte.

use std::process::Command;

use redrive::broker::{Outgoing, Place};
use redrive::model::Address;
use serde_json::Value;

use crate::support::*;
use crate::testbed::given;

/// What pika says of a queue, which is empty afterwards; or puts its messages there.
fn pika(python: &str, act: &str, node: &Node, at: &Address) -> Vec<Value> {
    let (host, port) = node.amqp.rsplit_once(':').expect("host:port");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/rabbitmq.py");
    let ran = Command::new(python).args([script, act, host, port, "admin", "admin-pw", &at.name]).output().expect("python runs");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8_lossy(&ran.stdout).lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect()
}

#[test]
fn an_independent_client_sees_no_difference() {
    let Some(python) = given("REDRIVE_TEST_PYTHON", "Python with pika") else { return };
    for node in nodes() {
        for of_type in ["classic", "quorum"] {
            run(async {
                let (hands, link) = (Hands::new(&node).await, admin(&node));
                let (from, to) = (hands.make("was", of_type, &[]).await, hands.make("is", of_type, &[]).await);
                let judge = hands.make("judge", of_type, &[]).await;
                pika(&python, "put", &node, &judge);
                let before = pika(&python, "read", &node, &judge);
                assert_eq!(before.len(), 4);
                pika(&python, "put", &node, &from);
                let (messages, ..) = look(&link.eyes, &from, 10).await.unwrap();
                let sent: Vec<Outgoing> = messages
                    .iter()
                    .map(|m| Outgoing {
                        to: to.clone(),
                        place: Place::Any,
                        key: None,
                        body: m.body.clone(),
                        headers: m.headers.clone(),
                        properties: m.properties.clone(),
                    })
                    .collect();
                for (message, out) in messages.iter().zip(&sent) {
                    let rehearsed = link.eyes.rehearse(message, out);
                    assert_eq!((rehearsed.losses, rehearsed.wire), (Vec::<String>::new(), out.clone()));
                }
                for answer in link.hand.unwrap().publish(sent).await {
                    answer.unwrap();
                }
                assert_eq!(pika(&python, "read", &node, &to), before, "{} {of_type}", node.version);
                hands.end().await;
            });
        }
    }
}
