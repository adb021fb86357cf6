//! Connections: half credentials, passwords that travel readable, ports that do not fit.

use super::super::profile::{BrokerKind, KafkaProfile, KafkaSecurity, Profile, SaslMechanism};
use super::super::tree::View;
use super::{Say, host, loopback};

/// Looks at every connection.
pub fn look(say: &mut Say<'_, '_>) {
    let case = say.case;
    for profile in &case.context.connections {
        let view = case.view.get("messaging").get(&profile.name);
        match profile.kind {
            BrokerKind::Kafka => kafka(say, view, profile),
            BrokerKind::RabbitMq => rabbitmq(say, view, profile),
            BrokerKind::ActiveMq => activemq(say, view, profile),
            BrokerKind::Aws => aws(say, view),
            BrokerKind::Memory => {}
        }
    }
}

fn kafka(say: &mut Say<'_, '_>, view: View<'_>, profile: &Profile) {
    let kafka = &profile.kafka;
    let (looks, replays) = (view.at("consumer.security"), view.at("producer.security"));
    for (view, security) in [(looks, &kafka.looking), (replays, &kafka.publishing)] {
        if view.is_some() {
            credential(say, view, security);
            readable(say, view, security, kafka);
        }
    }
    if looks.is_some() && replays.is_some() && kafka.looking.protocol() != kafka.publishing.protocol() {
        let message = format!(
            "{}: looking speaks {}, a replay {}; a listener speaks one protocol",
            profile.name,
            kafka.looking.protocol(),
            kafka.publishing.protocol()
        );
        say.warn(replays.key_span(), message, "");
    }
    let writing = &kafka.writing;
    if let Some(acks) = &writing.asked_acks {
        let own = view.at("producer.acks");
        let message = format!("a replay publishes with acks all (config asks {acks})");
        if own.text().is_some_and(|own| own != "all") {
            say.warn(own.span(), message, "");
        } else {
            let other = say.case.view.at("message_guarantees.at_least_once.producer.acks");
            say.warn(other.span(), message, "");
        }
    }
    if view.at("producer.retries").int::<i64>() == Some(0) {
        let message = "a replay retries at least once: idempotence needs it (config asks 0)";
        say.warn(view.at("producer.retries").span(), message, "");
    }
    if let (Some(cert), None) = (&kafka.looking.tls.cert, &kafka.looking.tls.key) {
        let message = format!("tls.cert {} without tls.key", cert.display());
        say.error(view.at("tls.cert").span(), message, "");
    }
}

fn credential(say: &mut Say<'_, '_>, view: View<'_>, security: &KafkaSecurity) {
    let (user, password) = (view.get("sasl_username"), view.get("sasl_password"));
    let Some(mechanism) = security.mechanism else {
        if user.is_some() || password.is_some() {
            let span = if user.is_some() { user.span() } else { password.span() };
            let message = "a login without sasl_mechanism: a guess would send the password";
            say.error(span, message, "PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512");
        }
        return;
    };
    let mechanism_span = view.get("sasl_mechanism").span();
    match mechanism {
        SaslMechanism::Plain | SaslMechanism::ScramSha256 | SaslMechanism::ScramSha512 => {
            let missing = match (user.is_some(), password.is_some()) {
                (true, true) => return,
                (false, true) => "sasl_username",
                (true, false) => "sasl_password",
                (false, false) => "sasl_username and sasl_password",
            };
            let message = format!("{} needs {missing}", mechanism.word());
            say.error(mechanism_span, message, "");
        }
        SaslMechanism::Gssapi => {
            say.error(mechanism_span, "GSSAPI is not built in", "it needs a build with Kerberos");
        }
        SaslMechanism::OAuthBearer => {
            say.error(mechanism_span, "OAUTHBEARER needs a token source, which is not built in", "");
        }
    }
}

fn readable(say: &mut Say<'_, '_>, view: View<'_>, security: &KafkaSecurity, kafka: &KafkaProfile) {
    let away = kafka.bootstrap_servers.iter().any(|server| !loopback(host(server)));
    if security.mechanism == Some(SaslMechanism::Plain) && !security.ssl && away {
        let message = "PLAIN without TLS sends the password readable";
        say.warn(view.get("sasl_mechanism").span(), message, "ssl_enabled is false");
    }
}

fn rabbitmq(say: &mut Say<'_, '_>, view: View<'_>, profile: &Profile) {
    let rabbit = &profile.rabbitmq;
    half(say, view, "username", "password");
    let port = view.get("port");
    if rabbit.ssl && rabbit.port == 5672 {
        say.warn(port.span(), "TLS on port 5672; 5671 is usual", "");
    }
    if !rabbit.ssl && !loopback(&rabbit.host) && rabbit.password.is_some() {
        let message = format!("{} without TLS sends its password readable", profile.name);
        say.warn(view.get("password").span(), message, "ssl.enabled is false");
    }
    if !rabbit.verify_peer {
        let message = "any certificate is taken: whoever stands in between reads the password";
        say.warn(view.at("ssl.verify_peer").span(), message, "shown as `not verified`");
    }
    let demands = view.at("ssl.fail_if_no_peer_cert");
    if demands.bool() == Some(true) && rabbit.tls.cert.is_none() {
        let message = "the broker demands a client certificate; without tls.cert it will probably refuse us";
        say.warn(demands.span(), message, "");
    }
    if !rabbit.automatic_recovery {
        let message = "automatic_recovery is off: this connection stays down until `r`";
        say.warn(view.at("connection.automatic_recovery").span(), message, "");
    }
}

fn activemq(say: &mut Say<'_, '_>, view: View<'_>, profile: &Profile) {
    half(say, view, "username", "password");
    let url = profile.activemq.broker_url.as_str();
    let inner = url.trim_start_matches("failover:").trim_start_matches('(');
    let scheme = inner.split("://").next().unwrap_or("");
    let known = ["tcp", "ssl", "nio", "nio+ssl", "amqp", "amqps", "amqp+ssl", "stomp", "stomp+ssl"];
    let span = view.get("broker_url").span();
    if !url.is_empty() && !known.contains(&scheme) {
        let message = format!("broker_url has the scheme {scheme:?}; known are {}", known.join(", "));
        say.error(span, message, "");
    } else if profile.activemq.password.is_some() && !scheme.ends_with("ssl") && scheme != "amqps" && !loopback(host(inner)) {
        let message = format!("{scheme}:// sends the password readable");
        say.warn(span, message, "ssl:// is the same with TLS");
    }
}

fn aws(say: &mut Say<'_, '_>, view: View<'_>) {
    half(say, view, "access_key_id", "secret_access_key");
}

/// One of two that are only of use together.
fn half(say: &mut Say<'_, '_>, view: View<'_>, one: &str, other: &str) {
    let (a, b) = (view.get(one), view.get(other));
    match (a.is_some(), b.is_some()) {
        (true, false) => say.error(a.key_span(), format!("{one} without {other}"), ""),
        (false, true) => say.error(b.key_span(), format!("{other} without {one}"), ""),
        _ => {}
    }
}
