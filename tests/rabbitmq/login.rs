//! Who may come in, by which way, and what is said to those who may not.

use std::path::{Path, PathBuf};

use redrive::broker::{ErrorKind, Outgoing, Place};

use crate::support::*;
use crate::testbed::given;

#[test]
fn each_refusal_has_its_name_and_its_next_step() {
    for node in nodes() {
        run(async {
            let wrong = link(&profile(&node, "admin", "no")).eyes.probe().await.unwrap_err();
            assert_eq!(wrong.kind, ErrorKind::Login, "{wrong}");
            // in the management API's eyes it is a user like any other, but no vhost is open to it
            let mon = link(&profile(&node, "mon", "mon-pw")).eyes.probe().await.unwrap_err();
            assert_eq!(mon.kind, ErrorKind::Denied, "{mon}");
            let plain = link(&profile(&node, "plain", "plain-pw")).eyes.probe().await.unwrap_err();
            assert_eq!(plain.kind, ErrorKind::Denied, "{plain}");
            let mut other = profile(&node, "admin", "admin-pw");
            other.rabbitmq.virtual_host = "/hypnoscript".into();
            let vhost = link(&other).eyes.probe().await.unwrap_err();
            assert!(vhost.to_string().contains("is it 'hypnoscript'?"), "{vhost}");
        });
    }
}

#[test]
fn tls_is_verified_unless_it_is_said_not_to_be() {
    for node in nodes() {
        let Some(tls) = given(&format!("REDRIVE_TEST_RABBITMQ_{}_TLS", node.version), "RabbitMQ with TLS") else { continue };
        let Some(ca) = given("REDRIVE_TEST_RABBITMQ_CA", "RabbitMQ's CA") else { continue };
        run(async {
            let mut with = profile(&Node { amqp: tls.clone(), ..node.clone() }, "admin", "admin-pw");
            with.rabbitmq.ssl = true;
            let stranger = link(&with).eyes.probe().await.unwrap_err();
            assert_eq!(stranger.kind, ErrorKind::Unreachable, "{stranger}");
            assert!(stranger.next.contains("tls.ca"), "{stranger}");
            with.rabbitmq.verify_peer = false;
            let blind = link(&with).eyes.probe().await.unwrap();
            assert!(blind.identity.contains("not verified"), "{blind:?}");
            with.rabbitmq.verify_peer = true;
            with.rabbitmq.tls.ca = Some(PathBuf::from(&ca));
            let known = link(&with).eyes.probe().await.unwrap();
            assert!(known.identity.contains("over TLS, vhost /"), "{known:?}");
        });
    }
}

#[test]
fn a_broker_that_demands_a_certificate_is_shown_ours() {
    let Some(node) = node("43") else { return };
    let Some(demanding) = given("REDRIVE_TEST_RABBITMQ_43_MTLS", "RabbitMQ that demands client certificates") else { return };
    let Some(ca) = given("REDRIVE_TEST_RABBITMQ_CA", "RabbitMQ's CA") else { return };
    let of_the_client = |ending: &str| Some(Path::new(&ca).with_file_name(format!("client.{ending}")));
    run(async {
        let mut with = profile(&Node { amqp: demanding, ..node.clone() }, "admin", "admin-pw");
        with.rabbitmq.ssl = true;
        with.rabbitmq.tls.ca = Some(PathBuf::from(&ca));
        let bare = link(&with).eyes.probe().await.unwrap_err();
        assert_eq!(bare.kind, ErrorKind::Unreachable, "{bare}");
        assert!(bare.next.contains("tls.cert"), "{bare}");
        with.rabbitmq.tls.cert = of_the_client("crt");
        let half = link(&with).eyes.probe().await.unwrap_err();
        assert!(half.cause.contains("tls.key is not set"), "{half}");
        with.rabbitmq.tls.key = of_the_client("key");
        let (hands, link) = (Hands::new(&node).await, link(&with));
        assert!(link.eyes.probe().await.unwrap().identity.contains("admin over TLS"));
        let at = hands.make("mtls", "classic", &[]).await;
        let out = Outgoing { to: at.clone(), place: Place::Any, key: None, body: Some("x".into()), headers: vec![], properties: vec![] };
        link.hand.as_ref().unwrap().publish(vec![out]).await.remove(0).unwrap();
        assert_eq!(look(&link.eyes, &at, 10).await.unwrap().0.len(), 1);
        hands.end().await;
    });
}
