//! Which product it is, and by which doors it may be entered: found out before anything is looked at, and kept.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::address::{Endpoint, Speaks, endpoints};
use super::amqp::greet::{Speaker, greet};
use super::error::{Fault, Outcome};
use super::jolokia::{Jolokia, number, text};
use super::net;
use super::stomp::Stomp;
use crate::broker::ErrorKind;
use crate::config::profile::ActiveMqProfile;
use crate::config::secret::Revealed;

/// Limit of trying one door, where the config allows more: the others wait for it.
const DOOR: Duration = Duration::from_secs(10);

/// Who we say we are.
#[derive(Clone, Default)]
pub(super) struct Login {
    pub user: Option<String>,
    password: Option<Revealed>,
}

impl Login {
    pub fn new(user: Option<String>, password: Option<Revealed>) -> Self {
        Self { user, password }
    }

    /// The password, empty where there is none.
    pub fn password(&self) -> &str {
        self.password.as_ref().map_or("", Revealed::expose)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Product {
    Classic,
    Artemis,
}

impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Product::Classic => "ActiveMQ Classic",
            Product::Artemis => "ActiveMQ Artemis",
        })
    }
}

/// What was found out of a broker.
#[derive(Clone)]
pub(super) struct Known {
    pub product: Product,
    pub version: String,
    /// Management: listing, counts, the broker's own moves.
    pub jolokia: Option<Jolokia>,
    /// AMQP 1.0, used on Artemis only.
    pub amqp: Option<Endpoint>,
    /// STOMP, used on Classic only.
    pub stomp: Option<Endpoint>,
    pub login: Login,
    /// What each door allows, or why it is shut: (door, what).
    pub doors: Vec<(String, String)>,
}

/// What management says of the broker itself.
#[derive(Clone, Debug, Default)]
pub(super) struct About {
    pub version: String,
    pub started: Option<SystemTime>,
    /// Where Classic says that its connectors are.
    connectors: Option<Value>,
}

/// Asks management about the broker.
pub(super) async fn about(jolokia: &Jolokia, product: Product) -> Outcome<About> {
    let (pattern, version) = match product {
        Product::Classic => ("org.apache.activemq:type=Broker,brokerName=*", "BrokerVersion"),
        Product::Artemis => ("org.apache.activemq.artemis:broker=*", "Version"),
    };
    let found = jolokia.read(pattern, &[version, "UptimeMillis", "TransportConnectors"]).await.map_err(|f| match f.kind {
        ErrorKind::NotFound => Fault::new(f.kind, format!("{}: there is Jolokia, but no {product} behind it", jolokia.url)),
        _ => f,
    })?;
    let broker = found.as_object().and_then(|all| all.values().next());
    let broker = broker.ok_or_else(|| Fault::new(ErrorKind::NotFound, format!("{}: no {product} behind it", jolokia.url)))?;
    let up = number(broker, "UptimeMillis").map(Duration::from_millis);
    Ok(About {
        version: text(broker, version).unwrap_or_default().to_owned(),
        started: up.and_then(|up| SystemTime::now().checked_sub(up)),
        connectors: broker.get("TransportConnectors").cloned(),
    })
}

/// Finds out what is behind the profile: the hosts of a failover list in their order, the first that answers.
pub(super) async fn find(profile: &ActiveMqProfile, login: Login) -> Outcome<Known> {
    let hosts = endpoints(&profile.broker_url).map_err(|e| Fault::new(ErrorKind::Invalid, format!("broker_url: {e}")))?;
    let mut last = Fault::new(ErrorKind::Invalid, "broker_url names no broker");
    for host in hosts {
        match one(profile, &host, &login).await {
            Err(f) if matches!(f.kind, ErrorKind::Unreachable | ErrorKind::Timeout) => last = f,
            other => return other,
        }
    }
    Err(last)
}

async fn one(profile: &ActiveMqProfile, host: &Endpoint, login: &Login) -> Outcome<Known> {
    let limit = profile.connection_timeout.min(DOOR);
    let (mut amqp, mut stomp) = (None, None);
    let mut doors = Vec::new();
    let mut version = String::new();
    let product = if host.speaks == Speaks::Stomp {
        let server = stomp_server(host, profile, login, limit).await?;
        stomp = Some(host.clone());
        server
    } else {
        match greet(host, profile, login, limit).await? {
            Speaker::OpenWire => {
                doors.push((host.to_string(), "OpenWire, which redrive does not speak: its other doors are used".into()));
                Product::Classic
            }
            Speaker::Amqp { product, version: v } => {
                version = v;
                amqp = Some(Endpoint { speaks: Speaks::Amqp, ..host.clone() });
                named(&product).ok_or_else(|| {
                    let name = if product.is_empty() { "something that does not say what it is" } else { &product };
                    Fault::new(ErrorKind::Unsupported, format!("{host}: AMQP 1.0 of {name}, not of ActiveMQ"))
                        .next("give this connection the kind of its broker")
                })?
            }
            Speaker::Other(why) => return Err(Fault::new(ErrorKind::Timeout, why)),
        }
    };
    let mut known = Known { product, version, jolokia: None, amqp, stomp, login: login.clone(), doors };
    let connectors = management(profile, host, &mut known, limit).await;
    match product {
        Product::Artemis => artemis_doors(profile, host, &mut known, limit).await?,
        Product::Classic => classic_doors(profile, host, &mut known, connectors, limit).await,
    }
    let way_in = match product {
        Product::Artemis => known.amqp.is_some(),
        Product::Classic => known.jolokia.is_some() || known.stomp.is_some(),
    };
    if way_in {
        return Ok(known);
    }
    let shut: Vec<String> = known.doors.iter().map(|(door, why)| format!("{door}: {why}")).collect();
    let login_fails = shut.iter().any(|s| s.contains("cannot sign in"));
    let kind = if login_fails { ErrorKind::Login } else { ErrorKind::Unsupported };
    let next = match product {
        _ if login_fails => "check username and password of this connection",
        Product::Classic => "enable the STOMP connector or Jolokia on the broker, or set stomp_url or jolokia_url",
        Product::Artemis => "set amqp_url to an acceptor that speaks AMQP",
    };
    Err(Fault::new(kind, format!("{product}, but no way in: {}", shut.join("; "))).next(next))
}

fn named(product: &str) -> Option<Product> {
    let lower = product.to_ascii_lowercase();
    match () {
        () if lower.contains("artemis") => Some(Product::Artemis),
        () if lower.contains("activemq") => Some(Product::Classic),
        () => None,
    }
}

/// Logs in by STOMP, which consumes nothing, and reads who answers.
async fn stomp_server(to: &Endpoint, profile: &ActiveMqProfile, login: &Login, limit: Duration) -> Outcome<Product> {
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
async fn management(profile: &ActiveMqProfile, host: &Endpoint, known: &mut Known, limit: Duration) -> Option<Value> {
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
        .pool_idle_timeout(profile.idle_timeout)
        .pool_max_idle_per_host(profile.max_connections.min(4) as usize)
        .redirect(reqwest::redirect::Policy::none())
        .tcp_keepalive(profile.keep_alive.then_some(Duration::from_secs(30)))
        .tls_backend_preconfigured(net::tls_config(&profile.tls)?);
    builder.build().map_err(|e| e.to_string())
}

async fn artemis_doors(profile: &ActiveMqProfile, host: &Endpoint, known: &mut Known, limit: Duration) -> Outcome<()> {
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

async fn classic_doors(profile: &ActiveMqProfile, host: &Endpoint, known: &mut Known, connectors: Option<Value>, limit: Duration) {
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
