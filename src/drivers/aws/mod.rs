//! AWS SQS and SNS in one region, by the AWS SDK: looks are receives with a bounded hold, replays are batches with an answer each.

mod client;
mod describe;
mod error;
mod hand;
mod hold;
mod list;
mod message;
mod mover;
mod peek;
mod publish;
mod queue;
mod readers;
mod redrive;
mod rehearse;
mod sns;
mod taken;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use aws_sdk_sqs::config::http::HttpResponse;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use tokio::sync::OnceCell;

use crate::broker::{
    Broker, Capabilities, Cost, Detail, Doubt, Error, ErrorKind, Flow, Keeper, Left, Link, ListRequest, Outgoing, PeekRequest, Peeked,
    Probe, ReadersRequest, Rehearsal, Result, Trace,
};
use crate::config::Profile;
use crate::config::profile::AwsProfile;
use crate::model::{Address, ConnId, Destination, Kind, Message, Reader};
use client::Clients;
use queue::{Known, Queue};

/// Messages of one call at most, as SQS has it.
const BATCH: usize = 10;
/// For how long a FIFO queue knows a deduplication id again.
const DEDUP: Duration = Duration::from_secs(300);

/// How long it is taken for true who sends dead letters where: listings ask every few seconds, and that seldom changes.
const TRUE_FOR: Duration = Duration::from_secs(60);

/// Something and when it was told.
#[derive(Clone, Debug)]
struct Told<T>(Instant, T);

impl<T: Clone> Told<T> {
    fn now(what: T) -> Self {
        Self(Instant::now(), what)
    }

    /// It, unless that is too long ago.
    fn lately(&self) -> Option<T> {
        (self.0.elapsed() < TRUE_FOR).then(|| self.1.clone())
    }
}

/// Both sides of a connection. No I/O: clients are made at the first use, and secrets fetched then.
pub fn connect(profile: &Profile, may_write: bool) -> Link {
    let aws = Arc::new(Aws {
        id: ConnId::new(profile.name.as_str()),
        profile: profile.aws.clone(),
        clients: OnceCell::new(),
        known: Mutex::default(),
        topics: Mutex::default(),
        subscriptions: Mutex::default(),
        keeper: Keeper::new(),
    });
    let hand = may_write.then(|| Arc::new(hand::Hand(aws.clone())) as Arc<_>);
    Link { eyes: Arc::new(Eyes(aws)), hand }
}

/// What one connection keeps.
struct Aws {
    id: ConnId,
    profile: AwsProfile,
    clients: OnceCell<Clients>,
    /// By queue name: for `rehearse`, which does no I/O, and for the next call.
    known: Mutex<HashMap<String, Known>>,
    /// ARNs by topic name.
    topics: Mutex<HashMap<String, String>>,
    /// All subscriptions, as a listing asked for them.
    subscriptions: Mutex<Option<Told<Arc<Vec<sns::Subscription>>>>>,
    keeper: Keeper,
}

impl Aws {
    async fn clients(&self) -> Result<&Clients> {
        self.clients.get_or_try_init(|| Clients::make(&self.id, &self.profile)).await
    }

    /// How long a receive of ours hides messages. 0 would give and count one message again and again.
    fn hides(&self) -> Duration {
        Some(self.profile.visibility_timeout).filter(|d| !d.is_zero()).unwrap_or(Duration::from_secs(30))
    }

    /// How long a queue that shows nothing is asked before that is believed. A short poll asks some servers only and proves nothing.
    fn patience(&self) -> Duration {
        let asked = Some(self.profile.wait_time).filter(|d| !d.is_zero());
        asked.unwrap_or(Duration::from_secs(1))
    }

    /// A failed look, in the contract's terms.
    fn looked<E>(&self, failed: &SdkError<E, HttpResponse>, op: &'static str, at: Option<&Address>, needs: &'static str) -> Error
    where
        E: std::error::Error + ProvideErrorMetadata + 'static,
    {
        let mut e = error::error(failed, error::Call { op, conn: &self.id, at, needs, writes: false });
        if let (ErrorKind::Unreachable, Some(url)) = (e.kind, &self.profile.endpoint_url) {
            e.cause = format!("{url}: {}", e.cause);
        }
        match &self.profile.profile {
            Some(p) if e.kind == ErrorKind::Login => {
                e.next(format!("check the keys of profile {p}, or sign in anew (aws sso login --profile {p})"))
            }
            _ => e,
        }
    }

    fn known(&self, name: &str) -> Option<Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    fn remember(&self, name: &str, what: Known) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), what);
    }

    fn forget(&self, name: &str) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }

    /// Only a queue holds messages.
    fn only_queues(&self, op: &'static str, at: &Address) -> Result<()> {
        if at.kind == Kind::Queue {
            return Ok(());
        }
        let e = Error::new(ErrorKind::Unsupported, op, format!("a {} of SNS keeps no messages", at.kind.word())).about(at);
        Err(e.next("look at the queues of its subscriptions (describe lists them)"))
    }

    async fn probe(&self) -> Result<Probe> {
        let clients = self.clients().await?;
        let who = clients.who(&self.id).await?;
        let began = Instant::now();
        let asked = clients.asking.list_queues().max_results(1).send().await;
        asked.map_err(|e| self.looked(&e, "connect", None, "sqs:ListQueues"))?;
        let took = began.elapsed();
        let topics = match sns::topics_page(self, clients, None).await {
            Ok(_) => String::new(),
            Err(e) => format!("; SNS: {}", e.kind.words()),
        };
        let endpoint = self.profile.endpoint_url.as_ref().map_or_else(String::new, |_| ", endpoint_url set".to_owned());
        Ok(Probe {
            product: "AWS SQS and SNS".into(),
            version: clients.region.clone(),
            identity: format!("{who}{endpoint}{topics}"),
            took,
            started: None,
            capabilities: Capabilities {
                tail: false,
                seek: false,
                lag: true,
                remove: true,
                carry: false,
                bulk: true,
                max_batch: BATCH,
                doubt: Doubt::Ask,
            },
        })
    }

    /// The traces of a look, on each message that it receives.
    fn leaves(&self, fifo: bool) -> Vec<Trace> {
        let mut leaves = vec![Trace::CountsReceive, Trace::Hides(self.hides())];
        if fifo {
            leaves.push(Trace::LocksGroup);
        }
        leaves
    }

    /// What a look at a queue costs. Where a receive may dead-letter, none is taken: how often a message was received is known only by
    /// receiving it once more, and the receive after the limit moves it.
    fn price(&self, queue: &Queue) -> Cost {
        let refused = queue.redrive().map(|policy| {
            let limit = policy.max_receives.map_or_else(|| "unknown".to_owned(), |n| n.to_string());
            let to = redrive::name_of(&policy.to);
            format!(
                "a look could move messages: after {limit} receives (maxReceiveCount) the next one moves a message to {to} instead of giving it, and \
                 SQS tells how many a message has had only by giving it once more. What has died here is in {to}, and that can be looked into"
            )
        });
        Cost { leaves: self.leaves(queue.fifo()), looks_left: None, limit: None, sees: None, refused, safer: None }
    }
}

/// The looking side.
struct Eyes(Arc<Aws>);

#[async_trait]
impl Broker for Eyes {
    fn id(&self) -> &ConnId {
        &self.0.id
    }

    async fn probe(&self) -> Result<Probe> {
        self.0.probe().await
    }

    fn list(&self, _: ListRequest) -> Flow<Vec<Destination>> {
        list::list(self.0.clone())
    }

    async fn describe(&self, at: &Address) -> Result<Detail> {
        match at.kind {
            Kind::Queue => describe::queue(&self.0, at).await,
            _ => sns::describe(&self.0, at).await,
        }
    }

    async fn cost(&self, at: &Address) -> Result<Cost> {
        if let Err(e) = self.0.only_queues("ask the price of a look", at) {
            sns::arn(&self.0, "ask the price of a look", at).await?;
            return Ok(Cost { refused: Some(e.cause), ..Cost::default() });
        }
        Ok(self.0.price(&self.0.queue("ask the price of a look", at).await?))
    }

    fn readers(&self, want: ReadersRequest) -> Flow<Vec<Reader>> {
        readers::readers(self.0.clone(), want)
    }

    fn peek(&self, want: PeekRequest) -> Flow<Peeked> {
        peek::peek(self.0.clone(), want)
    }

    fn rehearse(&self, was: &Message, out: &Outgoing) -> Rehearsal {
        let limit = match out.to.kind {
            Kind::Queue => self.0.known(&out.to.name).and_then(|k| k.max_bytes),
            _ => Some(sns::LIMIT),
        };
        rehearse::rehearse(was.whole, out, limit)
    }

    /// Looks and holds give back what they have in hand; what could not be is hidden until its time is over.
    async fn close(&self) -> Left {
        self.0.keeper.close().await;
        Left::default()
    }
}
