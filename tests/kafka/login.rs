//! Who gets in by which listener, who may do what, and what is said when not.

use std::time::Instant;

use redrive::broker::{Done, ErrorKind, Outgoing, Place, Start};
use redrive::config::profile::{KafkaSecurity, SaslMechanism, Tls};

use crate::support::*;

fn out(topic: &str) -> Outgoing {
    Outgoing { to: at(topic), place: Place::Any, key: None, body: Some("x".into()), headers: Vec::new(), properties: Vec::new() }
}

#[test]
fn every_listener_lets_in_who_it_should() {
    let (Some(server), Some(sasl_at), Some(ssl_at), Some(mtls_at)) =
        (plain(), listener("REDRIVE_TEST_KAFKA_SASL"), listener("REDRIVE_TEST_KAFKA_SASL_SSL"), listener("REDRIVE_TEST_KAFKA_MTLS"))
    else {
        return;
    };
    run(async {
        let topic = topic(&server, "login", 1, &[]).await;
        filled(&server, &topic, [rec(0, "hello")]).await;
        let mut logins = vec![(mtls_at, KafkaSecurity { ssl: true, tls: tls(true), ..KafkaSecurity::default() })];
        for m in [SaslMechanism::Plain, SaslMechanism::ScramSha256, SaslMechanism::ScramSha512] {
            logins.push((sasl_at.clone(), sasl(m, "app", "app-pw", false)));
            logins.push((ssl_at.clone(), sasl(m, "app", "app-pw", true)));
        }
        for (at_server, login) in logins {
            let name = format!("{:?} {}", login.mechanism, login.ssl);
            let link = link(&profile(&at_server, login));
            let probe = link.eyes.probe().await.unwrap_or_else(|e| panic!("{name}: {e}"));
            println!("{name}: {} {} {:?}", probe.identity, probe.version, probe.took);
            let seen = all(link.eyes.peek(ask(&topic, Start::Oldest, 1))).await.unwrap_or_else(|e| panic!("{name}: {e}"));
            assert!(!seen.messages.is_empty(), "{name}");
            let sent = link.hand.as_ref().unwrap().publish(vec![out(&topic)]).await;
            assert!(sent[0].is_ok(), "{name}: {sent:?}");
        }
    });
}

#[test]
fn a_wrong_password_is_a_login_error_and_soon() {
    let (Some(sasl_at), Some(ssl_at)) = (listener("REDRIVE_TEST_KAFKA_SASL"), listener("REDRIVE_TEST_KAFKA_SASL_SSL")) else { return };
    run(async {
        for m in [SaslMechanism::Plain, SaslMechanism::ScramSha256] {
            for (at_server, ssl) in [(&sasl_at, false), (&ssl_at, true)] {
                let link = link(&profile(at_server, sasl(m, "viewer", "not-the-password", ssl)));
                // the second call finds the same as the first
                for _ in 0..2 {
                    let began = Instant::now();
                    let e = link.eyes.probe().await.unwrap_err();
                    println!("{:?}: {e}", began.elapsed());
                    assert_eq!(e.kind, ErrorKind::Login, "{e}");
                    assert!(began.elapsed() < DEADLINE, "refused, not waited for: {:?}", began.elapsed());
                    assert!(!e.to_string().contains("not-the-password"));
                    assert!(e.next.contains("password"), "{e}");
                }
                let e = rows(link.eyes.list(Default::default())).await.unwrap_err();
                assert_eq!(e.kind, ErrorKind::Login, "{e}");
                let e = all(link.eyes.peek(ask("orders", Start::Newest, 1))).await.err().unwrap();
                assert_eq!(e.kind, ErrorKind::Login, "{e}");
                let sent = link.hand.as_ref().unwrap().publish(vec![out("orders")]).await;
                let e = sent[0].as_ref().unwrap_err();
                assert_eq!((e.kind, e.done), (ErrorKind::Login, Done::No), "{e}");
            }
        }
    });
}

#[test]
fn a_listener_that_wants_more_says_what() {
    let (Some(sasl_at), Some(ssl_at), Some(mtls_at)) =
        (listener("REDRIVE_TEST_KAFKA_SASL"), listener("REDRIVE_TEST_KAFKA_SASL_SSL"), listener("REDRIVE_TEST_KAFKA_MTLS"))
    else {
        return;
    };
    run(async {
        let e = link(&profile(&mtls_at, KafkaSecurity { ssl: true, tls: tls(false), ..KafkaSecurity::default() }))
            .eyes
            .probe()
            .await
            .unwrap_err();
        println!("no certificate: {e}");
        assert_eq!(e.kind, ErrorKind::Login);
        assert!(e.next.contains("tls.cert"), "{e}");
        let mut untrusted = sasl(SaslMechanism::Plain, "app", "app-pw", true);
        untrusted.tls = Tls::default();
        let e = link(&profile(&ssl_at, untrusted)).eyes.probe().await.unwrap_err();
        println!("unknown CA: {e}");
        assert_eq!(e.kind, ErrorKind::Unreachable);
        assert!(e.next.contains("tls.ca"), "{e}");
        let e = link(&profile(&sasl_at, KafkaSecurity::default())).eyes.probe().await.unwrap_err();
        println!("no login: {e}");
        assert_eq!(e.kind, ErrorKind::Unreachable);
        let began = Instant::now();
        let e = link(&profile("127.0.0.1:1", KafkaSecurity::default())).eyes.probe().await.unwrap_err();
        println!("no broker: {e}");
        assert_eq!(e.kind, ErrorKind::Unreachable);
        assert!(e.cause.contains("refused"), "{e}");
        assert!(began.elapsed() < DEADLINE, "refused, not waited for: {:?}", began.elapsed());
    });
}

#[test]
fn rights_are_known_before_they_are_missed() {
    let (Some(server), Some(ssl_at)) = (plain(), listener("REDRIVE_TEST_KAFKA_SASL_SSL")) else { return };
    run(async {
        let topic = topic(&server, "rights", 2, &[]).await;
        filled(&server, &topic, [rec(0, "a"), rec(1, "b")]).await;
        rights(&server, &topic).await;
        let viewer = link(&profile(&ssl_at, sasl(SaslMechanism::ScramSha256, "viewer", "viewer-pw", true)));
        let detail = viewer.eyes.describe(&at(&topic)).await.unwrap();
        assert_eq!(detail.may_write, Some(false));
        assert_eq!(all(viewer.eyes.peek(ask(&topic, Start::Oldest, 9))).await.unwrap().messages.len(), 2);
        let sent = viewer.hand.as_ref().unwrap().publish(vec![out(&topic)]).await;
        let e = sent[0].as_ref().unwrap_err();
        println!("viewer: {e}");
        assert_eq!((e.kind, e.done), (ErrorKind::Denied, Done::No));

        let nobody = link(&profile(&ssl_at, sasl(SaslMechanism::ScramSha512, "nobody", "nobody-pw", true)));
        nobody.eyes.probe().await.unwrap();
        let listed = rows(nobody.eyes.list(Default::default())).await.unwrap();
        assert!(!listed.iter().any(|d| d.at.name == topic), "{listed:?}");
        let e = all(nobody.eyes.peek(ask(&topic, Start::Oldest, 9))).await.err().unwrap();
        println!("nobody: {e}");
        assert!(matches!(e.kind, ErrorKind::Denied | ErrorKind::NotFound), "{e}");
        let e = viewer.eyes.describe(&at("no-such-topic")).await.unwrap_err();
        println!("{e}");
        assert_eq!(e.kind, ErrorKind::NotFound);
        let e = all(viewer.eyes.peek(ask("no-such-topic", Start::Newest, 9))).await.err().unwrap();
        assert_eq!(e.kind, ErrorKind::NotFound);
        let e = viewer.hand.unwrap().publish(vec![out("no-such-topic")]).await.remove(0).unwrap_err();
        assert_eq!((e.kind, e.done), (ErrorKind::NotFound, Done::No));
    });
}
