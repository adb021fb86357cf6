//! Doors: by TLS, shut to this user by the administrator's policy, or a port that speaks something else; each is named, and nothing hangs.

use futures::StreamExt;
use redrive::broker::{ErrorKind, Link, Selection};
use redrive::config::profile::{BrokerKind, Profile};
use redrive::config::secret::Secret;

use crate::binary::Place;
use crate::site::{as_it_is, look, of, site};
use crate::testbed::given as told;

fn given(name: &str) -> Option<String> {
    told(name, "ActiveMQ")
}

fn link(url: &str, jolokia: Option<&str>) -> Link {
    let mut profile = Profile { name: "amq".into(), context: "test".into(), kind: BrokerKind::ActiveMq, ..Profile::default() };
    profile.activemq.broker_url = url.to_owned();
    profile.activemq.jolokia_url = Some(jolokia.unwrap_or("http://127.0.0.1:1/").to_owned());
    profile.activemq.username = Some(Secret::clear("admin"));
    profile.activemq.password = Some(Secret::clear("adminpw"));
    redrive::drivers::connect(&profile, true).expect("a driver")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_speaks_something_else_is_named_and_nothing_hangs() {
    let (Some(stomp), Some(jolokia)) = (given("REDRIVE_TEST_ACTIVEMQ_6_STOMP"), given("REDRIVE_TEST_ACTIVEMQ_6_JOLOKIA")) else { return };
    for (url, words) in
        [(stomp.replace("stomp://", "tcp://"), "AMQP"), (jolokia.replace("http://", "tcp://").replace("/api/jolokia", ""), "AMQP")]
    {
        let error = link(&url, None).eyes.probe().await.expect_err("neither OpenWire nor AMQP");
        assert!(error.cause.contains(words) || error.cause.contains("says nothing"), "{error}");
        assert!(matches!(error.kind, ErrorKind::Timeout | ErrorKind::Unexpected), "{error}");
    }
    // told what it speaks, the same port is enough, and it is said that nothing can be listed there
    let eyes = link(&stomp, None).eyes;
    let probe = eyes.probe().await.expect("probe");
    assert_eq!((probe.product.as_str(), probe.identity.as_str()), ("ActiveMQ Classic", "admin, by STOMP"));
    let listed = eyes.list(Default::default()).next().await.expect("an answer").expect_err("nobody to ask");
    assert_eq!(listed.kind, ErrorKind::Unsupported);
}

#[tokio::test(flavor = "multi_thread")]
async fn artemis_is_never_spoken_to_by_stomp() {
    let Some(stomp) = given("REDRIVE_TEST_ARTEMIS_STOMP") else { return };
    // login by STOMP says who it is; there it ends, because no AMQP door was found
    let error = link(&stomp, None).eyes.probe().await.expect_err("no safe door");
    assert!(error.cause.contains("never used on Artemis"), "{error}");
    let Some(url) = given("REDRIVE_TEST_ARTEMIS") else { return };
    let probe = link(&url, None).eyes.probe().await.expect("AMQP on the port of all protocols");
    assert_eq!((probe.product.as_str(), probe.identity.as_str()), ("ActiveMQ Artemis", "admin, by AMQP"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_door_is_entered_by_tls_and_only_where_its_certificate_is_trusted() {
    let all = ["REDRIVE_TEST_ACTIVEMQ_6_TLS", "REDRIVE_TEST_ACTIVEMQ_6_STOMP_TLS", "REDRIVE_TEST_ACTIVEMQ_6_JOLOKIA_READER"].map(given);
    let [Some(url), Some(stomp), Some(jolokia)] = all else { return };
    let (Some(artemis), Some(ca)) = (given("REDRIVE_TEST_ARTEMIS_TLS"), given("REDRIVE_TEST_ARTEMIS_CA")) else { return };
    let profile = |url: &str, ca: Option<&str>, login: (&str, &str)| {
        let mut profile = Profile { name: "amq".into(), context: "test".into(), kind: BrokerKind::ActiveMq, ..Profile::default() };
        profile.activemq.broker_url = url.to_owned();
        profile.activemq.tls.ca = ca.map(Into::into);
        profile.activemq.username = Some(Secret::clear(login.0));
        profile.activemq.password = Some(Secret::clear(login.1));
        profile
    };
    let probe = async |profile: &Profile| redrive::drivers::connect(profile, true).expect("a driver").eyes.probe().await;
    let mut classic = profile(&url, given("REDRIVE_TEST_ACTIVEMQ_6_CA").as_deref(), ("reader", "readerpw"));
    (classic.activemq.stomp_url, classic.activemq.jolokia_url) = (Some(stomp), Some(jolokia));
    let found = probe(&classic).await.expect("OpenWire, Jolokia and STOMP by TLS");
    assert_eq!((found.product.as_str(), found.identity.as_str()), ("ActiveMQ Classic", "reader, by Jolokia and STOMP"));
    let found = probe(&profile(&artemis, Some(&ca), ("admin", "adminpw"))).await.expect("AMQP by TLS");
    assert_eq!((found.product.as_str(), found.identity.as_str()), ("ActiveMQ Artemis", "admin, by AMQP"));
    for url in [&url, &artemis] {
        let error = probe(&profile(url, None, ("admin", "adminpw"))).await.expect_err("a certificate that nobody known has signed");
        assert_eq!(error.kind, ErrorKind::Unreachable, "{error}");
        assert!(error.cause.contains("TLS") && error.next.contains("tls.ca"), "{error}");
        // a client that speaks plainly to it waits for nothing
        let error = probe(&profile(&url.replace("ssl://", "tcp://"), None, ("admin", "adminpw"))).await.expect_err("no TLS");
        assert!(matches!(error.kind, ErrorKind::Timeout | ErrorKind::Unexpected | ErrorKind::Unreachable), "{error}");
    }
}

/// The user `reader` may look; what moves a message is not allowed by the policy of Classic's Jolokia, and by the roles of Artemis' management.
#[tokio::test(flavor = "multi_thread")]
async fn the_administrators_no_is_shown_with_the_lines_to_ask_for_and_nothing_has_moved() {
    for (name, lines) in [
        ("6", ["jolokia-access.xml", "<operation>browse*</operation><operation>retryMessage</operation>"]),
        ("artemis", ["management.xml", "<access method=\"retryMessage*\" roles="]),
    ] {
        let Some(site) = site(name) else { continue };
        let mut profile = site.profile();
        if name == "6" {
            let Some(reader) = given("REDRIVE_TEST_ACTIVEMQ_6_JOLOKIA_READER") else { continue };
            profile.activemq.jolokia_url = Some(reader);
            profile.activemq.tls.ca = given("REDRIVE_TEST_ACTIVEMQ_6_CA").map(Into::into);
        }
        profile.activemq.username = Some(Secret::clear("reader"));
        profile.activemq.password = Some(Secret::clear("readerpw"));
        let pair = site.pair("denied").await;
        site.jms(&["die", &pair.home.name, &pair.dead.name]);
        let Link { eyes, hand } = redrive::drivers::connect(&profile, true).expect("a driver");
        let found = of(look(&eyes, &pair.dead).await.0, &pair.home);
        assert_eq!(found.len(), 10, "{name}: a reader may look");
        let mut hold = hand.expect("a hand").hold(&pair.dead, Selection::First(1)).await.expect("hold");
        let held = hold.next(1).await.expect("next").remove(0);
        let error = hold.carry(vec![(held.id, as_it_is(&held.message, &pair.home))]).await.remove(0).expect_err("not allowed");
        assert_eq!((error.kind, error.done), (ErrorKind::Denied, redrive::broker::Done::No), "{error}");
        assert!(lines.iter().all(|line| error.next.contains(line)), "{error}");
        assert!(!error.to_string().contains("readerpw"), "{error}");
        assert_eq!(of(look(&site.link().eyes, &pair.dead).await.0, &pair.home), found, "{name}: all of it is there");
        site.jms(&["take", &pair.dead.name, &pair.home.name]);
        site.forget(&pair).await;
    }
}

/// 5.17 has nothing but STOMP, which lists nothing: what is named is found all the same, with its connection or without.
#[tokio::test(flavor = "multi_thread")]
async fn a_queue_of_a_broker_that_lists_nothing_is_named() {
    let Some(site) = site("517") else { return };
    let pair = site.pair("named").await;
    site.jms(&["die", &pair.home.name, &pair.dead.name, "1000"]);
    let (url, stomp) = (&site.url, site.stomp.as_deref().expect("STOMP"));
    let place = Place::new(
        &format!(
            "default_context = \"test\"\n[contexts.test.messaging.activemq]\nbroker_url = \"{url}\"\nstomp_url = \"{stomp}\"\n\
             jolokia_url = \"http://127.0.0.1:1/\"\nusername = \"admin\"\npassword = \"adminpw\"\n"
        ),
        &[],
    );
    for name in [format!("activemq/{}", pair.dead.name), pair.dead.name.clone()] {
        let ran = place.run(&["causes", &name, "--accept-traces"]).exits(0);
        assert!(ran.out.contains("IllegalArgumentException: no such customer"), "{ran:?}");
    }
    site.jms(&["take", &pair.dead.name, &pair.home.name]);
}
