//! ActiveMQ Classic and Artemis, told apart by asking: Jolokia, AMQP 1.0 and STOMP.
//!
//! Classic: Jolokia lists, counts, retries, moves and removes; STOMP browses, publishes, and carries what is edited in a transaction.
//! Artemis: the same of Jolokia; AMQP browses whole queues, publishes and carries. STOMP is never spoken to Artemis. The product is
//! known before anything is looked at.

mod address;
mod amqp;
mod catalog;
mod doors;
mod error;
mod hand;
mod hold;
mod jolokia;
mod known;
mod look;
mod net;
mod openwire;
mod peek;
mod place;
mod rehearse;
mod selector;
mod stomp;
mod walk;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::broker::{
    Broker, Capabilities, Cost, Detail, Doubt, ErrorKind, Flow, Left, Link, ListRequest, Outgoing, PeekRequest, Peeked, Probe,
    ReadersRequest, Rehearsal, Result,
};
use crate::config::Profile;
use crate::config::profile::ActiveMqProfile;
use crate::config::secret::Revealed;
use crate::model::{Address, ConnId, Destination, Message, Reader};
use error::{Fault, Outcome};
use jolokia::Jolokia;
use known::{Known, Login, Product};
use place::Place;

/// Limit of one answer, where the config allows more: below the guard's deadline of a look, so that the reason is known.
const CALL: Duration = Duration::from_secs(12);

/// Both sides of a connection; does no I/O.
pub fn connect(profile: &Profile, may_write: bool) -> Link {
    let mq = Arc::new(ActiveMq::new(profile));
    let hand = may_write.then(|| Arc::new(hand::Hand(mq.clone())) as Arc<_>);
    Link { eyes: Arc::new(Eyes(mq)), hand }
}

/// What one connection keeps.
struct ActiveMq {
    id: ConnId,
    profile: ActiveMqProfile,
    /// Found out at the first call; forgotten when the broker is not reached.
    known: tokio::sync::Mutex<Option<Arc<Known>>>,
    /// The same, for what must not wait.
    last: Mutex<Option<Arc<Known>>>,
    /// Management has refused to move a message: what is carried goes by a transaction from now on.
    moves_denied: AtomicBool,
    /// Sockets beside the four to Jolokia; a look and what is carried meanwhile need one each.
    sockets: Arc<Semaphore>,
}

impl ActiveMq {
    fn new(profile: &Profile) -> Self {
        Self {
            id: ConnId::new(profile.name.as_str()),
            profile: profile.activemq.clone(),
            known: tokio::sync::Mutex::new(None),
            last: Mutex::new(None),
            moves_denied: AtomicBool::new(false),
            sockets: Arc::new(Semaphore::new((profile.activemq.max_connections.saturating_sub(4) as usize).max(2))),
        }
    }

    /// Limit of one answer.
    fn limit(&self) -> Duration {
        self.profile.connection_timeout.min(CALL)
    }

    /// What is behind this connection, found out if it is not known yet.
    async fn known(&self) -> Outcome<Arc<Known>> {
        let mut slot = self.known.lock().await;
        if let Some(known) = &*slot {
            return Ok(known.clone());
        }
        let known = Arc::new(known::find(&self.profile, self.login()?).await?);
        *slot = Some(known.clone());
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(known.clone());
        Ok(known)
    }

    /// What carrying or publishing would do, by what is known; no I/O.
    fn rehearsal(&self, was: &Message, out: &Outgoing) -> Rehearsal {
        let known = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let moves = known.as_ref().is_some_and(|k| k.jolokia.is_some()) && !self.moves_denied.load(Ordering::Relaxed);
        rehearse::rehearse(known.as_deref(), moves, was, out)
    }

    fn no_moves(&self) {
        self.moves_denied.store(true, Ordering::Relaxed);
    }

    async fn forget(&self) {
        *self.known.lock().await = None;
    }

    /// A place among the sockets that the config allows, waited for as long as it says.
    async fn socket(&self) -> Outcome<OwnedSemaphorePermit> {
        let limit = self.profile.session_timeout.min(self.limit());
        match tokio::time::timeout(limit, self.sockets.clone().acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(Fault::late("a free connection (max_connections of this connection)", limit)),
        }
    }

    fn login(&self) -> Outcome<Login> {
        let resolved = |secret: &Option<crate::config::Secret>| match secret {
            None => Ok(None),
            Some(secret) => reveal(secret).map(Some),
        };
        let user = resolved(&self.profile.username)?.map(|user| user.expose().to_owned());
        Ok(Login::new(user, resolved(&self.profile.password)?))
    }

    /// Runs a call and gives its failure the connection's name, and forgets a broker that is not reached any more.
    async fn run<T>(&self, op: &'static str, at: Option<&Address>, call: impl Future<Output = Outcome<T>>) -> Result<T> {
        match call.await {
            Ok(done) => Ok(done),
            Err(fault) => {
                if matches!(fault.kind, ErrorKind::Unreachable | ErrorKind::Login) {
                    self.forget().await;
                }
                Err(fault.error(op, &self.id, at))
            }
        }
    }

    /// Management, or what to do to have it.
    fn management<'a>(&self, known: &'a Known) -> Outcome<&'a Jolokia> {
        known.jolokia.as_ref().ok_or_else(|| {
            let door = known.doors.iter().find(|(door, _)| door.starts_with("Jolokia"));
            let why = door.map_or_else(String::new, |(door, why)| format!(" ({door}: {why})"));
            // a password that only management refuses is a matter of the login all the same
            let login = door.is_some_and(|(_, why)| why.starts_with(ErrorKind::Login.words()));
            let kind = if login { ErrorKind::Login } else { ErrorKind::Unsupported };
            Fault::new(kind, format!("without Jolokia the broker does not say what it has{why}"))
                .next("set jolokia_url, or name a queue: redrive causes CONNECTION/QUEUE, or :open CONNECTION/QUEUE on Destinations")
        })
    }

    /// What management says of one destination; `NotFound` where it says that there is none, `None` where it cannot be asked.
    async fn place(&self, known: &Known, at: &Address) -> Outcome<Option<Place>> {
        let topic = at.kind == crate::model::Kind::Topic;
        let found = match (&known.jolokia, known.product) {
            (None, _) => return Ok(None),
            (Some(jolokia), Product::Classic) => jolokia::classic::place(jolokia, &at.name, topic).await?,
            (Some(jolokia), Product::Artemis) => jolokia::artemis::place(jolokia, &at.name).await?,
        };
        let place = found.ok_or_else(|| Fault::new(ErrorKind::NotFound, format!("no {} of this name", at.kind.word())))?;
        Ok(Some(place))
    }

    async fn probe(&self) -> Outcome<Probe> {
        let known = self.known().await?;
        let began = Instant::now();
        let about = match (&known.jolokia, &known.stomp, &known.amqp) {
            (Some(jolokia), _, _) => known::about(jolokia, known.product).await?,
            (None, Some(to), _) => {
                stomp::Stomp::connect(to, &self.profile, &known.login, self.limit()).await?.close().await;
                known::About::default()
            }
            (None, None, Some(to)) => {
                amqp::greet::greet(to, &self.profile, &known.login, self.limit()).await?;
                known::About::default()
            }
            (None, None, None) => known::About::default(),
        };
        let user = known.login.user.as_deref().unwrap_or("anonymous");
        let ways: Vec<&str> = [("Jolokia", known.jolokia.is_some()), ("AMQP", known.amqp.is_some()), ("STOMP", known.stomp.is_some())]
            .iter()
            .filter_map(|(name, there)| there.then_some(*name))
            .collect();
        Ok(Probe {
            product: known.product.to_string(),
            version: if about.version.is_empty() { known.version.clone() } else { about.version },
            identity: format!("{user}, by {}", ways.join(" and ")),
            took: began.elapsed(),
            started: about.started,
            capabilities: Capabilities {
                tail: false,
                seek: false,
                lag: known.jolokia.is_some(),
                remove: true,
                carry: true,
                bulk: false,
                max_batch: 64,
                doubt: Doubt::LookAtSource,
            },
        })
    }
}

/// Fetches a secret where it may run a command.
fn reveal(secret: &crate::config::Secret) -> Outcome<Revealed> {
    use tokio::runtime::{Handle, RuntimeFlavor};
    let resolved = match Handle::try_current().map(|h| h.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(|| secret.resolve()),
        _ => secret.resolve(),
    };
    resolved.map_err(|e| Fault::new(ErrorKind::Login, e.to_string()).next("set what the config names, then try again"))
}

/// The admin's no by the policy of management, with the lines to ask for: Classic compares names letter for letter with what is sent.
fn allow(product: Product, fault: Fault, operations: &[&str]) -> Fault {
    if fault.kind != ErrorKind::Denied {
        return fault;
    }
    let (file, line): (&str, fn(&str) -> String) = match product {
        Product::Classic => ("conf/jolokia-access.xml", |name| format!("<operation>{name}</operation>")),
        Product::Artemis => {
            ("etc/management.xml", |name| format!("<access method=\"{}*\" roles=\"YOUR-ROLE\"/>", name.trim_end_matches('*')))
        }
    };
    let lines: Vec<String> = operations.iter().map(|name| line(name.split('(').next().unwrap_or(name))).collect();
    fault.next(format!("ask the broker's administrator to allow it in {file}: {}", lines.join("")))
}

/// The looking side.
struct Eyes(Arc<ActiveMq>);

#[async_trait]
impl Broker for Eyes {
    fn id(&self) -> &ConnId {
        &self.0.id
    }

    async fn probe(&self) -> Result<Probe> {
        self.0.run("connect", None, self.0.probe()).await
    }

    fn list(&self, want: ListRequest) -> Flow<Vec<Destination>> {
        catalog::list(self.0.clone(), want)
    }

    async fn describe(&self, at: &Address) -> Result<Detail> {
        self.0.run("describe", Some(at), catalog::describe(&self.0, at)).await
    }

    async fn cost(&self, at: &Address) -> Result<Cost> {
        self.0.run("look at", Some(at), catalog::cost(&self.0, at)).await
    }

    fn readers(&self, want: ReadersRequest) -> Flow<Vec<Reader>> {
        catalog::readers(self.0.clone(), want)
    }

    fn peek(&self, want: PeekRequest) -> Flow<Peeked> {
        peek::peek(self.0.clone(), want)
    }

    fn rehearse(&self, was: &Message, out: &Outgoing) -> Rehearsal {
        self.0.rehearsal(was, out)
    }

    async fn close(&self) -> Left {
        Left::default()
    }
}
