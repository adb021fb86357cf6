//! AMQP connections, one a purpose, opened at the first use and anew after a loss; and channels of them, one an operation.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use lapin::tcp::{AMQPUriTcpExt, RustlsConnector, TLSConfig};
use lapin::uri::{AMQPAuthority, AMQPQueryString, AMQPScheme, AMQPUri, AMQPUserInfo};
use lapin::{Channel, Connection, ConnectionProperties, Event};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, timeout};

use super::{Settings, error};
use crate::broker::{Error, ErrorKind, Keeper, Result};
use crate::model::Address;

/// The longest wait between two tries to connect.
const LONGEST: Duration = Duration::from_secs(60);
/// How long the end waits for a connection to be closed in good order.
const CLOSE: Duration = Duration::from_millis(1_500);

/// One AMQP connection of a purpose of its own: looking, holding, publishing. A publisher that an alarm blocks is not read from any more,
/// so what is held must not share its connection.
pub struct Lane {
    settings: Arc<Settings>,
    keeper: Arc<Keeper>,
    purpose: &'static str,
    slot: tokio::sync::Mutex<Slot>,
    channels: Arc<Semaphore>,
    blocked: watch::Sender<Option<String>>,
}

#[derive(Default)]
struct Slot {
    open: Option<Arc<Connection>>,
    /// Once there was one: without automatic recovery a lost connection stays lost until it is probed.
    had: bool,
    /// The last failure, and when the next try is due.
    failed: Option<(Error, Instant, Duration)>,
}

/// A channel for one operation; closed when dropped, which gives back what it holds.
pub struct Line {
    pub channel: Channel,
    _connection: Arc<Connection>,
    _permit: OwnedSemaphorePermit,
}

impl Lane {
    pub fn new(settings: &Arc<Settings>, keeper: &Arc<Keeper>, purpose: &'static str) -> Self {
        let channels = usize::try_from(settings.profile.max_channels.clamp(1, 65_535)).unwrap_or(1);
        Self {
            settings: Arc::clone(settings),
            keeper: Arc::clone(keeper),
            purpose,
            slot: tokio::sync::Mutex::default(),
            channels: Arc::new(Semaphore::new(channels)),
            blocked: watch::Sender::default(),
        }
    }

    /// Why the broker takes no publishes now, in its words (`low on memory`).
    pub fn blocked(&self) -> Option<String> {
        self.blocked.borrow().clone()
    }

    /// Waits until it takes none, and gives why.
    pub async fn until_blocked(&self) -> String {
        let mut blocked = self.blocked.subscribe();
        let why = blocked.wait_for(Option::is_some).await.ok().and_then(|why| why.clone());
        // the sender lives as long as this lane
        why.unwrap_or_default()
    }

    /// A channel of its own for one operation.
    pub async fn line(&self, op: &'static str, at: Option<&Address>) -> Result<Line> {
        let profile = &self.settings.profile;
        let free = timeout(profile.channel_timeout, Arc::clone(&self.channels).acquire_owned()).await;
        let permit = free.ok().and_then(std::result::Result::ok).ok_or_else(|| {
            let cause = format!("{0} of {0} channels in use", profile.max_channels);
            self.settings.error(ErrorKind::Timeout, op, cause).next("wait for another operation to end, or raise channel_pool.max_channels")
        })?;
        let connection = self.connection(op, false).await?;
        let channel = self.rpc(op, at, connection.create_channel()).await?;
        Ok(Line { channel, _connection: connection, _permit: permit })
    }

    /// A method that waits for an answer, within its deadline.
    pub async fn rpc<T>(&self, op: &'static str, at: Option<&Address>, call: impl Future<Output = lapin::Result<T>>) -> Result<T> {
        let limit = self.settings.profile.channel_rpc_timeout;
        match timeout(limit, call).await {
            Ok(answer) => answer.map_err(|e| error::error(&self.settings, op, at, &e)),
            Err(_) => {
                let cause = format!("the broker gave no answer within {:.1} s", limit.as_secs_f32());
                let late = self.settings.error(ErrorKind::Timeout, op, cause).next("see whether the broker is well, then try again");
                Err(match at {
                    Some(at) => late.about(at),
                    None => late,
                })
            }
        }
    }

    /// The open connection, or a new one. `asked`: a person or a probe wants to know now whether it can be had.
    pub async fn connection(&self, op: &'static str, asked: bool) -> Result<Arc<Connection>> {
        let mut slot = self.slot.lock().await;
        if let Some(open) = slot.open.as_ref().filter(|c| c.status().connected()) {
            return Ok(Arc::clone(open));
        }
        slot.open = None;
        if !asked {
            self.may_try(op, &slot)?;
        }
        match self.open(op).await {
            Ok(open) => {
                let open = Arc::new(open);
                *slot = Slot { open: Some(Arc::clone(&open)), had: true, failed: None };
                Ok(open)
            }
            Err(e) => {
                let first = self.settings.profile.network_recovery_interval;
                let wait = slot.failed.as_ref().map_or(first, |(_, _, wait)| (*wait * 2).min(LONGEST.max(first)));
                slot.failed = Some((e.clone(), Instant::now() + wait, wait));
                Err(e)
            }
        }
    }

    /// A person asks for this connection again: it may be opened at its next use, also where recovery is not automatic.
    pub async fn again(&self) {
        let mut slot = self.slot.lock().await;
        (slot.had, slot.failed) = (false, None);
    }

    fn may_try(&self, op: &'static str, slot: &Slot) -> Result<()> {
        if slot.had && !self.settings.profile.automatic_recovery {
            return Err(self.settings.not_again(op, "the connection was lost"));
        }
        match &slot.failed {
            Some((e, due, _)) if *due > Instant::now() => {
                let next = format!("next try in {} s; {}", (*due - Instant::now()).as_secs() + 1, e.next);
                Err(Error { op, ..e.clone() }.next(next))
            }
            _ => Ok(()),
        }
    }

    async fn open(&self, op: &'static str) -> Result<Connection> {
        let profile = &self.settings.profile;
        let (username, password) = self.settings.login(op)?;
        let heartbeat = (profile.heartbeat > 0).then_some(profile.heartbeat);
        let uri = AMQPUri {
            // TLS is put around the stream here, because lapin's own cannot do without verifying
            scheme: AMQPScheme::AMQP,
            authority: AMQPAuthority { userinfo: AMQPUserInfo { username, password }, host: profile.host.clone(), port: profile.port },
            vhost: profile.virtual_host.clone(),
            query: AMQPQueryString {
                channel_max: Some(u16::try_from(profile.max_channels).unwrap_or(u16::MAX)),
                heartbeat,
                ..AMQPQueryString::default()
            },
        };
        let tls = if profile.ssl { Some(Arc::new(self.settings.tls(op)?)) } else { None };
        let runtime = lapin::runtime::default_runtime().map_err(|e| error::opening(&self.settings, op, &e))?;
        let connect = async move |uri: AMQPUri, runtime| {
            let stream = uri.connect_with_config_async(TLSConfig::default(), &runtime).await?;
            Ok(match &tls {
                Some(config) => stream.into_rustls(&RustlsConnector::from(Arc::clone(config)), &uri.authority.host).await?,
                None => stream,
            })
        };
        let options = ConnectionProperties::default().with_connection_name(format!("redrive, {}", self.purpose).into());
        let opening = timeout(profile.connection_timeout, Connection::connector(uri, runtime, connect, options)).await;
        let open = match opening {
            Ok(open) => open.map_err(|e| error::opening(&self.settings, op, &e))?,
            Err(_) => {
                let cause = format!("{}: not open within {:.1} s", error::at(&self.settings), profile.connection_timeout.as_secs_f32());
                return Err(self
                    .settings
                    .error(ErrorKind::Timeout, op, cause)
                    .next("does AMQP 0-9-1 listen there, and is the broker well?"));
            }
        };
        self.watch(&open);
        Ok(open)
    }

    /// Takes note of alarms while the connection lives.
    fn watch(&self, open: &Connection) {
        let (mut events, blocked) = (Box::pin(open.events_listener()), self.blocked.clone());
        let set = move |why| drop(blocked.send_replace(why));
        set(None);
        self.keeper.spawn(|stop| async move {
            loop {
                let event = tokio::select! {
                    event = events.next() => event,
                    () = stop.cancelled() => return,
                };
                match event {
                    Some(Event::ConnectionBlocked(why)) => set(Some(why)),
                    Some(Event::ConnectionUnblocked) => set(None),
                    Some(Event::Error(_)) | None => return set(None),
                    Some(_) => {}
                }
            }
        });
    }

    /// Ends the connection in good order.
    pub async fn close(&self) {
        if let Some(open) = self.slot.lock().await.open.take() {
            let _ = timeout(CLOSE, open.close(200, "done".into())).await;
        }
    }
}
