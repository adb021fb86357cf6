//! The doors of a broker, each tried once, and why one is shut: management, AMQP of Artemis, STOMP of Classic.

use std::time::Duration;

use serde_json::Value;

use super::address::{Endpoint, Speaks, endpoints};
use super::amqp::greet::{Speaker, greet};
use super::error::{Fault, Outcome};
use super::jolokia::Jolokia;
use super::known::{Known, Login, Product, about};
use super::net;
use super::stomp::Stomp;
use crate::broker::ErrorKind;
use crate::config::profile::ActiveMqProfile;
use crate::config::secret::Revealed;

/// A connection to management is kept for so long at most without a call: its servers close it after half a minute.
const IDLE: Duration = Duration::from_secs(20);

/// The product, by the name that it gives itself.
pub(super) fn named(product: &str) -> Option<Product> {
    let lower = product.to_ascii_lowercase();
    match () {
        () if lower.contains("artemis") => Some(Product::Artemis),
        () if lower.contains("activemq") => Some(Product::Classic),
        () => None,
    }
}

/// Logs in by STOMP, which consumes nothing, and reads who answers.
pub(super) async fn stomp_server(to: &Endpoint, profile: &ActiveMqProfile, login: &Login, limit: Duration) -> Outcome<Product> {
    let stomp = Stomp::connect(to, profile, login, limit).await?;
    let server = stomp.server.clone();
    stomp.close().await;
    named(&server).ok_or_else(|| Fault::new(ErrorKind::Unsupported, format!("{to}: STOMP of {server}, not of ActiveMQ")))
}

/// Why a door is shut, for people.
fn shut(fault: &Fault) -> String {
    format!("{}: {}", fault.kind.words(), fault.cause)
}

/// Tries Jolokia; where Classic lets us in, it says where its connectors are.
pub(super) async fn management(profile: &ActiveMqProfile, host: &Endpoint, known: &mut Known, limit: Duration) -> Option<Value> {
    let path = if known.product == Product::Artemis { "console/jolokia" } else { "api/jolokia" };
    let scheme = if host.tls { "https" } else { "http" };
    let name = if host.host.contains(':') { format!("[{}]", host.host) } else { host.host.clone() };
    let url = profile.jolokia_url.clone().unwrap_or_else(|| format!("{scheme}://{name}:8161/{path}"));
    let door = format!("Jolokia {}", url.rsplit_once('@').map_or(url.as_str(), |(_, rest)| rest));
    let http = match http_client(profile, limit) {
        Ok(http) => http,
        Err(why) => {
            known.doors.push((door, why));
            return None;
        }
    };
    let login = known.login.user.clone().map(|user| (user, Revealed::new(known.login.password())));
    let jolokia = Jolokia { http, url, login, limit };
    match about(&jolokia, known.product).await {
        Ok(about) => {
            known.doors.push((door, "lists, counts, moves and removes messages".into()));
            if !about.version.is_empty() {
                known.version = about.version;
            }
            known.jolokia = Some(jolokia);
            about.connectors
        }
        Err(fault) => {
            known.doors.push((door, shut(&fault)));
            None
        }
    }
}

fn http_client(profile: &ActiveMqProfile, limit: Duration) -> Result<reqwest::Client, String> {
    let builder = reqwest::Client::builder()
        .connect_timeout(limit)
        .pool_idle_timeout(profile.idle_timeout.min(IDLE))
        .pool_max_idle_per_host(profile.max_connections.min(4) as usize)
        .redirect(reqwest::redirect::Policy::none())
        .tcp_keepalive(profile.keep_alive.then_some(Duration::from_secs(30)))
        .tls_backend_preconfigured(net::tls_config(&profile.tls)?);
    builder.build().map_err(|e| e.to_string())
}

pub(super) async fn artemis_doors(profile: &ActiveMqProfile, host: &Endpoint, known: &mut Known, limit: Duration) -> Outcome<()> {
    if let Some(url) = &profile.amqp_url {
        known.amqp = Some(door(url, Speaks::Amqp).map_err(|e| Fault::new(ErrorKind::Invalid, format!("amqp_url: {e}")))?);
    }
    let to =
        known.amqp.clone().unwrap_or_else(|| Endpoint { speaks: Speaks::Amqp, port: if host.tls { 5671 } else { 5672 }, ..host.clone() });
    known.amqp = match greet(&to, profile, &known.login, limit).await {
        Ok(Speaker::Amqp { product, .. }) if named(&product) == Some(Product::Artemis) => {
            known.doors.push((format!("AMQP {to}"), "browses whole queues, publishes, carries in transactions".into()));
            Some(to)
        }
        Ok(other) => {
            known.doors.push((format!("AMQP {to}"), format!("not Artemis: {other:?}")));
            None
        }
        Err(fault) => {
            known.doors.push((format!("AMQP {to}"), shut(&fault)));
            None
        }
    };
    known.stomp = None;
    known.doors.push(("STOMP".into(), "never used on Artemis: a browse there consumes, and a refusal destroys".into()));
    Ok(())
}

pub(super) async fn classic_doors(
    profile: &ActiveMqProfile,
    host: &Endpoint,
    known: &mut Known,
    connectors: Option<Value>,
    limit: Duration,
) {
    if known.amqp.take().is_some() {
        known.doors.push(("AMQP".into(), "not used on Classic: it hides where dead letters came from".into()));
    }
    let told = connectors.as_ref().and_then(|all| {
        // the host in there is the broker's own idea of itself; its port counts
        ["stomp", "stomp+nio", "stomp+ssl", "stomp+nio+ssl"].iter().find_map(|name| {
            let url = all.as_object()?.values().filter_map(Value::as_str).find(|url| url.split("://").next() == Some(*name))?;
            Some(Endpoint { host: host.host.clone(), ..door(url, Speaks::Stomp).ok()? })
        })
    });
    let to = match (&profile.stomp_url, known.stomp.take(), told) {
        (Some(url), _, _) => match door(url, Speaks::Stomp) {
            Ok(to) => to,
            Err(why) => {
                known.doors.push(("STOMP".into(), format!("stomp_url: {why}")));
                return;
            }
        },
        (None, Some(main), _) => main,
        (None, None, Some(told)) => told,
        (None, None, None) if connectors.as_ref().is_some_and(Value::is_object) => {
            known
                .doors
                .push(("STOMP".into(), "the broker has no such connector: bodies of bytes are cut, and nothing edited can go back".into()));
            return;
        }
        (None, None, None) => Endpoint { speaks: Speaks::Stomp, port: if host.tls { 61614 } else { 61613 }, ..host.clone() },
    };
    let found = async {
        let stomp = Stomp::connect(&to, profile, &known.login, limit).await?;
        let server = stomp.server.clone();
        stomp.close().await;
        Ok::<_, Fault>(server)
    };
    match found.await {
        Ok(server) if named(&server) == Some(Product::Classic) => {
            if known.version.is_empty() {
                known.version = server.split_once('/').map_or(String::new(), |(_, v)| v.to_owned());
            }
            known.doors.push((format!("STOMP {to}"), "browses a queue's first messages, publishes, carries in transactions".into()));
            known.stomp = Some(to);
        }
        Ok(server) => known.doors.push((format!("STOMP {to}"), format!("not Classic: {server}"))),
        Err(fault) => known.doors.push((format!("STOMP {to}"), shut(&fault))),
    }
}

fn door(url: &str, speaks: Speaks) -> Result<Endpoint, String> {
    let first = endpoints(url)?.into_iter().next().ok_or("names no host")?;
    Ok(Endpoint { speaks, ..first })
}
