//! Who the broker is, and which queues, streams and exchanges there are, with what their dead-letter settings make of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use futures::stream::{self, StreamExt, TryStreamExt};
use serde::Deserialize;
use serde_json::Value;

use super::Rabbit;
use super::management::Ask;
use super::queue::{COLUMNS, Queue, Version};
use super::topology::{self, Binding, Exchange};
use crate::broker::{Capabilities, Doubt, ErrorKind, Flow, ListRequest, Probe, Result};
use crate::model::{Address, Count, Destination, Kind, Proof, Role, named_role};

/// Rows of one batch of a listing.
const BATCH: usize = 256;
/// Exchanges asked about at once.
const FLIGHT: usize = 4;

/// What `/api/overview` says of the broker.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Overview {
    pub rabbitmq_version: String,
    pub product_name: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WhoAmI {
    /// A text with commas up to 3.8, a list since.
    tags: Value,
}

impl WhoAmI {
    fn has(&self, tag: &str) -> bool {
        match &self.tags {
            Value::Array(tags) => tags.iter().any(|t| t.as_str() == Some(tag)),
            Value::String(tags) => tags.split(',').any(|t| t.trim() == tag),
            _ => false,
        }
    }
}

impl Rabbit {
    pub(super) async fn overview(&self, op: &'static str) -> Result<Overview> {
        let overview: Overview = self.management.get(Ask { op, at: None, path: &["overview"], query: &[] }).await?;
        self.known(|k| k.version = Some(Version::parse(&overview.rabbitmq_version)));
        Ok(overview)
    }

    /// Both ways in: AMQP tells whether login and vhost are right, the management API what the broker is.
    pub(super) async fn probe(&self) -> Result<Probe> {
        let began = Instant::now();
        self.looking.connection("connect", true).await?;
        futures::join!(self.holding.again(), self.publishing.again());
        let asked = Instant::now();
        let overview = self.overview("connect").await?;
        let took = asked.elapsed().min(began.elapsed());
        Ok(Probe {
            product: overview.product_name.filter(|p| !p.is_empty()).unwrap_or_else(|| "RabbitMQ".to_owned()),
            version: overview.rabbitmq_version,
            identity: self.settings.identity(),
            took,
            started: None,
            capabilities: Capabilities {
                tail: false,
                seek: false,
                lag: true,
                remove: true,
                carry: false,
                bulk: self.may_shovel().await,
                max_batch: 256,
                // what was published may be eaten by a consumer at once: that it is not there proves nothing
                doubt: Doubt::Ask,
            },
        })
    }

    /// Whether shovels can be made here: the plugin is on and the user may.
    async fn may_shovel(&self) -> bool {
        let plugin: Result<Value> =
            self.management.get(Ask { op: "connect", at: None, path: &["shovels", self.vhost()], query: &[] }).await;
        let who: Result<WhoAmI> = self.management.get(Ask { op: "connect", at: None, path: &["whoami"], query: &[] }).await;
        plugin.is_ok() && who.is_ok_and(|w| w.has("administrator") || w.has("policymaker"))
    }

    /// All queues of the vhost. The flag: there are more than are given.
    pub(super) async fn queues(&self, op: &'static str) -> Result<(Vec<Queue>, bool)> {
        let ask = Ask { op, at: None, path: &["queues", self.vhost()], query: &[("columns", COLUMNS)] };
        self.management.pages(ask).await
    }

    /// What is bound to the exchanges that take dead letters, and to those bound to them.
    pub(super) async fn exchanges(&self, queues: &[Queue]) -> Result<BTreeMap<String, Exchange>> {
        let mut known: BTreeMap<String, Exchange> = BTreeMap::new();
        let mut open: Vec<String> = topology::exchanges(queues).into_iter().collect();
        while !open.is_empty() {
            let asked =
                stream::iter(open.drain(..)).map(|name| async move { Ok::<_, crate::broker::Error>((self.exchange(&name).await?, name)) });
            let found: Vec<(Exchange, String)> = asked.buffered(FLIGHT).try_collect().await?;
            known.extend(found.into_iter().map(|(exchange, name)| (name, exchange)));
            let beyond = known.values().flat_map(|x| &x.bindings).filter(|b| b.destination_type == "exchange");
            open = beyond.map(|b| b.destination.clone()).filter(|name| !known.contains_key(name)).collect();
            open.sort_unstable();
            open.dedup();
        }
        Ok(known)
    }

    /// One exchange with what is bound to it; one that is not there takes nothing.
    pub(super) async fn exchange(&self, name: &str) -> Result<Exchange> {
        #[derive(Deserialize)]
        struct Itself {
            #[serde(rename = "type")]
            of_type: String,
        }
        let path = ["exchanges", self.vhost(), name, "bindings", "source"];
        let ask = |parts| Ask { op: "list", at: None, path: parts, query: &[] };
        let itself: Result<Itself> = self.management.get(ask(&path[..3])).await;
        match itself {
            Err(e) if e.kind == ErrorKind::NotFound => Ok(Exchange::default()),
            Err(e) => Err(e),
            Ok(itself) => {
                let bindings: Vec<Binding> = self.management.get(ask(&path)).await?;
                Ok(Exchange { of_type: itself.of_type, bindings })
            }
        }
    }

    /// An address of this connection.
    pub(super) fn address(&self, kind: Kind, name: &str) -> Address {
        Address::new(self.settings.id.clone(), kind, name)
    }
}

/// Queues and streams with their roles, then exchanges, in batches. Roles need all of them, because any queue may send its dead letters to any other.
pub fn list(rabbit: Arc<Rabbit>, want: ListRequest) -> Flow<Vec<Destination>> {
    let all = async move {
        let (queues, cut) = rabbit.queues("list").await?;
        if cut {
            tracing::warn!(conn = %rabbit.settings.id, queues = queues.len(), "more queues than are listed");
        }
        let exchanges = rabbit.exchanges(&queues).await?;
        let mut rows = destinations(&rabbit, &queues, &exchanges, want.internal);
        rows.extend(rabbit.all_exchanges(want.internal).await?);
        Ok(stream::iter(rows.chunks(BATCH).map(<[Destination]>::to_vec).map(Ok).collect::<Vec<_>>()))
    };
    stream::once(all).try_flatten().boxed()
}

fn destinations(rabbit: &Rabbit, queues: &[Queue], exchanges: &BTreeMap<String, Exchange>, internal: bool) -> Vec<Destination> {
    let sources = topology::sources(queues, exchanges);
    let kinds: BTreeMap<&str, Kind> = queues.iter().map(|q| (q.name.as_str(), q.kind())).collect();
    let row = |q: &Queue| {
        let of = sources.get(&q.name).into_iter().flatten();
        let of: Vec<Address> = of.map(|name| rabbit.address(kinds.get(name.as_str()).copied().unwrap_or(Kind::Queue), name)).collect();
        let role = if of.is_empty() { named_role(&q.name) } else { Role::DeadLetter { of, proof: Proof::Told } };
        // statistics, some seconds old; a stream counts its own tracking records too
        let depth = q.messages.map_or(Count::Unknown, Count::About);
        Destination {
            at: rabbit.address(q.kind(), &q.name),
            depth,
            partitions: (q.kind() == Kind::Stream).then_some(1),
            consumers: q.consumers,
            role,
            internal: is_internal(&q.name),
        }
    };
    queues.iter().map(row).filter(|d| internal || !d.internal).collect()
}

/// Names that RabbitMQ gives to queues of its own (`amq.rabbitmq.trace`, federation).
fn is_internal(name: &str) -> bool {
    name.starts_with("amq.rabbitmq.") || name.starts_with("federation: ")
}
