//! Kafka by librdkafka: looks without joining a group or committing, publishes idempotently with confirmation.

mod catalog;
mod ends;
mod error;
mod ffi;
mod hand;
mod hold;
mod peek;
mod pool;
mod publish;
mod readers;
mod rehearse;
mod settings;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use crate::broker::{
    Broker, Cost, Detail, Error, ErrorKind, Flow, Keeper, Left, Link, ListRequest, Outgoing, PeekRequest, Peeked, Probe, ReadersRequest,
    Rehearsal, Result,
};
use crate::config::Profile;
use crate::config::model::{Codec, Isolation};
use crate::config::profile::KafkaProfile;
use crate::model::{Address, ConnId, Destination, Message, Reader};
use error::Cause;
use ffi::{Client, Code, Desk, Fault, Outcome, Role};
use pool::Pool;

/// Deadline of one call that asks.
const CALL: Duration = Duration::from_secs(10);
/// How long the end waits for clients to go.
const CLOSE: Duration = Duration::from_secs(2);

/// Both sides of a Kafka connection. No I/O: clients are made at the first use, and secrets fetched then.
pub fn connect(profile: &Profile, may_write: bool) -> Link {
    let kafka = Arc::new(Kafka::new(profile));
    let hand = may_write.then(|| Arc::new(hand::Hand::new(kafka.clone())) as Arc<_>);
    Link { eyes: Arc::new(Eyes(kafka)), hand }
}

/// What one connection keeps.
struct Kafka {
    id: ConnId,
    profile: KafkaProfile,
    cause: Cause,
    desk: Desk,
    /// The client that asks; replaced after it could not connect or log in, so that the next call begins anew.
    asking: tokio::sync::Mutex<Option<Arc<Client>>>,
    pool: Pool,
    known: Mutex<HashMap<String, Known>>,
    /// The broker's release, asked for once a client.
    release: Mutex<Option<String>>,
    keeper: Keeper,
}

/// What is known of a topic from the last listing or description: for `rehearse`, which does no I/O.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    partitions: u32,
    max_message_bytes: Option<u64>,
    may_write: Option<bool>,
}

impl Kafka {
    fn new(profile: &Profile) -> Self {
        let id = ConnId::new(profile.name.as_str());
        let desk = Desk::new(&profile.name);
        Self {
            cause: settings::cause(&profile.kafka, &profile.kafka.looking),
            pool: Pool::new(id.clone(), profile.kafka.clone(), desk.clone()),
            profile: profile.kafka.clone(),
            asking: tokio::sync::Mutex::new(None),
            known: Mutex::default(),
            release: Mutex::default(),
            keeper: Keeper::new(),
            id,
            desk,
        }
    }

    /// The client that asks, made if there is none.
    async fn client(&self) -> Result<Arc<Client>> {
        let mut slot = self.asking.lock().await;
        if let Some(client) = &*slot {
            return Ok(client.clone());
        }
        let (id, profile, desk) = (self.id.clone(), self.profile.clone(), self.desk.clone());
        let made = self.desk.run(move || {
            let options = settings::asking(&id, &profile)?;
            Client::new(Role::Admin, &options, &desk, None).map_err(|f| not_made(&f, &id))
        });
        let client = made.await.map_err(|f| not_made(&f, &self.id))??;
        *slot = Some(client.clone());
        Ok(client)
    }

    /// Forgets a client that could not connect, unless another took its place already.
    async fn forget(&self, client: &Arc<Client>) {
        let mut slot = self.asking.lock().await;
        if slot.as_ref().is_some_and(|c| Arc::ptr_eq(c, client)) {
            *slot = None;
            *self.release.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }

    /// One question to the broker: with a deadline, and given up as soon as there is no hope. `needs` names the right it takes.
    async fn ask<T, F>(
        &self,
        op: &'static str,
        needs: &str,
        at: Option<&Address>,
        deadline: Duration,
        question: impl FnOnce(Arc<Client>) -> F,
    ) -> Result<T>
    where
        F: Future<Output = Outcome<T>>,
    {
        let client = self.client().await?;
        match watched(&client, deadline, question(client.clone())).await {
            Ok(answer) => Ok(answer),
            Err(fault) => {
                let e = error::error(&fault, op, needs, &self.id, at, &self.cause);
                if matches!(e.kind, ErrorKind::Login | ErrorKind::Unreachable) {
                    self.forget(&client).await;
                }
                Err(e)
            }
        }
    }

    fn remember(&self, topic: &str, change: impl FnOnce(&mut Known)) {
        change(self.known.lock().unwrap_or_else(PoisonError::into_inner).entry(topic.to_owned()).or_default());
    }

    fn known(&self, topic: &str) -> Option<Known> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(topic).copied()?;
        // the limit is on what is left after compression, which only the broker sees
        let compressed = self.profile.writing.codec(topic) != Codec::None;
        Some(Known { max_message_bytes: known.max_message_bytes.filter(|_| !compressed), ..known })
    }
}

/// A call on a client: its answer, or why there is no hope of one, or that the time is over.
async fn watched<T>(client: &Client, deadline: Duration, work: impl Future<Output = Outcome<T>>) -> Outcome<T> {
    let answer = tokio::select! {
        biased;
        answer = work => answer,
        fault = client.hopeless() => Err(fault),
        () = tokio::time::sleep(deadline) => Err(client.reason().unwrap_or(Fault { code: Code::OperationTimedOut, text: String::new() })),
    };
    match answer {
        Ok(answer) => {
            client.well();
            Ok(answer)
        }
        // librdkafka's own timeouts say less than what was seen meanwhile
        Err(fault) if fault.code == Code::OperationTimedOut => Err(client.reason().unwrap_or(fault)),
        Err(fault) => Err(fault),
    }
}

/// A client that could not be made: a setting that librdkafka refuses, a certificate file that is not there.
fn not_made(fault: &Fault, id: &ConnId) -> Error {
    Error::new(ErrorKind::Invalid, "connect", fault.text.clone()).on(id).next("check this connection's settings with redrive check")
}

/// The looking side.
struct Eyes(Arc<Kafka>);

#[async_trait]
impl Broker for Eyes {
    fn id(&self) -> &ConnId {
        &self.0.id
    }

    async fn probe(&self) -> Result<Probe> {
        let probe = self.0.probe().await?;
        let kafka = self.0.clone();
        self.0.keeper.spawn(|stop| async move {
            let committed = kafka.profile.reading.isolation == Isolation::ReadCommitted;
            stop.run_until_cancelled(kafka.pool.warm_up(committed)).await;
        });
        Ok(probe)
    }

    fn list(&self, want: ListRequest) -> Flow<Vec<Destination>> {
        catalog::list(self.0.clone(), want)
    }

    async fn describe(&self, at: &Address) -> Result<Detail> {
        self.0.describe(at).await
    }

    /// Looking is free: no group is joined, nothing is committed, nothing is taken.
    async fn cost(&self, _: &Address) -> Result<Cost> {
        Ok(Cost::default())
    }

    fn readers(&self, want: ReadersRequest) -> Flow<Vec<Reader>> {
        readers::readers(self.0.clone(), want)
    }

    fn peek(&self, want: PeekRequest) -> Flow<Peeked> {
        peek::peek(self.0.clone(), want)
    }

    fn rehearse(&self, was: &Message, out: &Outgoing) -> Rehearsal {
        rehearse::rehearse(was, out, self.0.known(&out.to.name))
    }

    async fn close(&self) -> Left {
        self.0.keeper.close().await;
        *self.0.asking.lock().await = None;
        self.0.pool.clear();
        self.0.desk.ended(CLOSE).await;
        Left::default()
    }
}
