//! Which product it is, and by which doors it may be entered: found out before anything is looked at, and kept.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::address::{Endpoint, Speaks, endpoints};
use super::amqp::greet::{Speaker, greet};
use super::doors::{artemis_doors, classic_doors, management, named, stomp_server};
use super::error::{Fault, Outcome};
use super::jolokia::{Jolokia, number, text};
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
    pub(super) connectors: Option<Value>,
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
