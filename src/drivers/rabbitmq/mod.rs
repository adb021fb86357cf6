//! RabbitMQ: queues and streams over AMQP 0-9-1, everything else over the management API.

mod amqp;
mod catalog;
mod cost;
mod deaths;
mod describe;
mod error;
mod exchange;
mod hand;
mod hold;
mod management;
mod message;
mod page;
mod peek;
mod publish;
mod queue;
mod readers;
mod rehearse;
mod room;
mod settings;
mod shovel;
mod stream;
mod topology;
mod values;
mod visit;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use lapin::options::QueueDeclareOptions;
use lapin::types::FieldTable;

use crate::broker::{
    Broker, Cost, Detail, Flow, Keeper, Left, Link, ListRequest, Outgoing, PeekRequest, Peeked, Probe, ReadersRequest, Rehearsal, Result,
};
use crate::config::Profile;
use crate::model::{Address, ConnId, Destination, Kind, Message, Reader};
use amqp::Lane;
use management::{Ask, Management};
use queue::{Queue, Type, Version};
use settings::Settings;

/// Both sides of a RabbitMQ connection. No I/O: connections are made at the first use, and secrets fetched then.
pub fn connect(profile: &Profile, may_write: bool) -> Link {
    let rabbit = Arc::new(Rabbit::new(profile));
    let hand = may_write.then(|| Arc::new(hand::Hand::new(Arc::clone(&rabbit))) as Arc<_>);
    Link { eyes: Arc::new(Eyes(rabbit)), hand }
}

/// What one connection keeps.
struct Rabbit {
    settings: Arc<Settings>,
    management: Management,
    keeper: Arc<Keeper>,
    looking: Lane,
    holding: Lane,
    publishing: Lane,
    known: Mutex<Known>,
}

/// What was learnt so far, for questions that must not be asked of the broker each time.
#[derive(Default)]
struct Known {
    version: Option<Version>,
    /// Bytes at most in one message, once the broker has said so.
    max_message_bytes: Option<u64>,
    queues: HashMap<String, Counted>,
}

/// What our last look into a queue found.
#[derive(Clone, Copy, Default)]
struct Counted {
    /// The most that any of its messages was given back, ours included.
    given_back: u64,
}

impl Rabbit {
    fn new(profile: &Profile) -> Self {
        let settings = Arc::new(Settings::new(profile));
        let keeper = Arc::new(Keeper::new());
        Self {
            management: Management::new(Arc::clone(&settings)),
            looking: Lane::new(&settings, &keeper, "looking"),
            holding: Lane::new(&settings, &keeper, "holding"),
            publishing: Lane::new(&settings, &keeper, "publishing"),
            known: Mutex::default(),
            settings,
            keeper,
        }
    }

    fn known<T>(&self, with: impl FnOnce(&mut Known) -> T) -> T {
        with(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn vhost(&self) -> &str {
        &self.settings.profile.virtual_host
    }

    /// The broker's version, asked once.
    async fn version(&self, op: &'static str) -> Result<Version> {
        if let Some(version) = self.known(|k| k.version) {
            return Ok(version);
        }
        Ok(Version::parse(&self.overview(op).await?.rabbitmq_version))
    }

    fn facts(&self) -> rehearse::Facts {
        rehearse::Facts { user: self.settings.user(), most: self.known(|k| k.max_message_bytes) }
    }

    /// The broker says its limit only when it is passed: `... larger than configured max size 16777216`.
    fn learn_size(&self, said: &str) {
        let most = said.split_once("max size ").map(|(_, rest)| rest.chars().take_while(char::is_ascii_digit).collect::<String>());
        if let Some(most) = most.and_then(|n| n.parse().ok()) {
            self.known(|k| k.max_message_bytes = Some(most));
        }
    }

    async fn exchange_is_there(&self, at: &Address) -> Result<()> {
        let path = ["exchanges", self.vhost(), &at.name];
        self.management.get::<serde_json::Value>(Ask { op: "publish", at: Some(at), path: &path, query: &[] }).await.map(drop)
    }

    /// How many messages of a queue are ready at this moment, and how many consumers it has, by the broker's own word and not by its statistics.
    async fn counts(&self, lane: &Lane, at: &Address) -> Result<(u64, u64)> {
        let line = lane.line("describe", Some(at)).await?;
        let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let asked = line.channel.queue_declare(at.name.as_str().into(), passive, FieldTable::default());
        let found = lane.rpc("describe", Some(at), asked).await?;
        let _ = lane.rpc("describe", Some(at), line.channel.close(200, "asked".into())).await;
        Ok((u64::from(found.message_count()), u64::from(found.consumer_count())))
    }

    async fn ready(&self, lane: &Lane, at: &Address) -> Result<u64> {
        Ok(self.counts(lane, at).await?.0)
    }

    /// The same where a look may do without it: not of streams, and not of what belongs to another connection.
    async fn ready_now(&self, queue: &Queue, at: &Address) -> Option<u64> {
        if queue.of_type() == Type::Stream || queue.exclusive == Some(true) {
            return None;
        }
        self.ready(&self.looking, at).await.ok()
    }

    /// One queue as it is now, but for its statistics.
    async fn queue(&self, op: &'static str, at: &Address) -> Result<Queue> {
        self.management.get(Ask { op, at: Some(at), path: &["queues", self.vhost(), &at.name], query: &[] }).await
    }
}

/// The looking side.
struct Eyes(Arc<Rabbit>);

#[async_trait]
impl Broker for Eyes {
    fn id(&self) -> &ConnId {
        &self.0.settings.id
    }

    async fn probe(&self) -> Result<Probe> {
        self.0.probe().await
    }

    fn list(&self, want: ListRequest) -> Flow<Vec<Destination>> {
        catalog::list(Arc::clone(&self.0), want)
    }

    async fn describe(&self, at: &Address) -> Result<Detail> {
        if at.kind == Kind::Exchange { self.0.describe_exchange(at).await } else { self.0.describe(at).await }
    }

    async fn cost(&self, at: &Address) -> Result<Cost> {
        if at.kind == Kind::Exchange {
            return Ok(exchange::cost());
        }
        Ok(self.0.price("ask the price of a look", at).await?.cost)
    }

    fn readers(&self, want: ReadersRequest) -> Flow<Vec<Reader>> {
        readers::readers(Arc::clone(&self.0), want)
    }

    fn peek(&self, want: PeekRequest) -> Flow<Peeked> {
        peek::peek(Arc::clone(&self.0), want)
    }

    fn rehearse(&self, was: &Message, out: &Outgoing) -> Rehearsal {
        rehearse::rehearse(was, out, &self.0.facts())
    }

    async fn close(&self) -> Left {
        self.0.keeper.close().await;
        self.0.looking.close().await;
        Left::default()
    }
}
