//! AMQP 1.0, for Artemis: whole queues browsed, messages sent, and moved in one transaction.

pub(super) mod act;
pub(super) mod browse;
pub(super) mod greet;
pub(super) mod message;
pub(super) mod outgoing;
pub(super) mod value;

use std::time::Duration;

use fe2o3_amqp::connection::ConnectionHandle;
use fe2o3_amqp::link::ReceiverAttachError;
use fe2o3_amqp::link::receiver::CreditMode;
use fe2o3_amqp::sasl_profile::SaslProfile;
use fe2o3_amqp::session::SessionHandle;
use fe2o3_amqp::{Connection, Receiver, Session};
use fe2o3_amqp_types::messaging::{DistributionMode, Source};
use fe2o3_amqp_types::primitives::Symbol;
use serde_amqp::Value;
use serde_amqp::described::Described;
use serde_amqp::descriptor::Descriptor;
use tokio::sync::OwnedSemaphorePermit;

use super::address::Endpoint;
use super::error::{Fault, Outcome};
use super::known::Login;
use super::net;
use super::place::Place;
use crate::broker::ErrorKind;
use crate::config::profile::ActiveMqProfile;

/// Bytes of one frame that we take.
const FRAME: u32 = 1 << 20;

/// A connection with one session. Dropping it ends both: the broker takes back what was not accepted or committed.
pub(super) struct Amqp {
    connection: ConnectionHandle<()>,
    pub session: SessionHandle<()>,
    pub to: String,
    /// Of every answer.
    pub limit: Duration,
    /// Its place among the sockets that the config allows.
    socket: Option<OwnedSemaphorePermit>,
}

impl Amqp {
    /// Connects, logs in and begins a session, all of it within the limits of the config.
    pub async fn connect(to: &Endpoint, profile: &ActiveMqProfile, login: &Login, limit: Duration) -> Outcome<Self> {
        let stream = net::connect(to, &profile.tls, profile.keep_alive, limit).await?;
        let sasl = match &login.user {
            Some(user) => SaslProfile::Plain { username: user.clone(), password: login.password().to_owned() },
            None => SaslProfile::Anonymous,
        };
        let mut builder = Connection::builder()
            .container_id(format!("redrive-{}", uuid::Uuid::now_v7().simple()))
            .scheme("amqp")
            .hostname(Some(to.host.as_str()))
            .max_frame_size(FRAME)
            .session_max(u16::try_from(profile.max_sessions.saturating_sub(1)).unwrap_or(u16::MAX))
            .sasl_profile(sasl);
        if profile.keep_alive {
            builder = builder.idle_time_out(20_000u32);
        }
        let said = |e: &dyn std::fmt::Debug| fault(&format!("{to}"), e);
        let open = tokio::time::timeout(limit, builder.open_with_stream(stream)).await;
        let mut connection = open.map_err(|_| Fault::late(&to.to_string(), limit))?.map_err(|e| said(&e))?;
        let limit_of_session = profile.session_timeout.min(limit);
        let begin = tokio::time::timeout(limit_of_session, Session::begin(&mut connection)).await;
        let session = begin.map_err(|_| Fault::late(&to.to_string(), limit_of_session))?.map_err(|e| said(&e))?;
        Ok(Self { connection, session, to: to.to_string(), limit, socket: None })
    }

    /// The same, with its place among the sockets that the config allows.
    pub fn keeping(self, socket: OwnedSemaphorePermit) -> Self {
        Self { socket: Some(socket), ..self }
    }

    /// Whether the broker answers still: silence of one that does means that there is nothing more. A link is made that asks for nothing, and ended.
    pub async fn is_there(&mut self, at: &Place) -> Outcome<()> {
        let (limit, to) = (self.limit, self.to.clone());
        let work = async {
            let echo = Receiver::builder()
                .name(format!("redrive-asks-{}", uuid::Uuid::now_v7().simple()))
                .source(source(&at.link_name(), at.multicast, true, None))
                .credit_mode(CreditMode::Manual)
                .attach(&mut self.session);
            let echo = echo.await.map_err(|e| attach_fault(&to, &e))?;
            echo.close().await.map_err(|e| fault(&to, &e))
        };
        tokio::time::timeout(limit, work).await.map_err(|_| Fault::late(&to, limit))?
    }

    /// Says goodbye; a broker that does not answer is left to itself.
    pub async fn close(mut self) {
        let end = async {
            let _ = self.session.end().await;
            let _ = self.connection.close().await;
        };
        let _ = tokio::time::timeout(Duration::from_secs(1), end).await;
        drop(self.socket);
    }
}

/// What a failure says: the library tells it only in its debug text, by the AMQP condition in it.
pub(super) fn fault(to: &str, error: &dyn std::fmt::Debug) -> Fault {
    let said = format!("{error:?}");
    let kind = match () {
        () if said.contains("SaslError") || said.contains("AMQ229031") => ErrorKind::Login,
        () if said.contains("UnauthorizedAccess") || said.contains("NotAllowed") => ErrorKind::Denied,
        () if said.contains("NotFound") => ErrorKind::NotFound,
        () if said.contains("InvalidField") => ErrorKind::Invalid,
        () if said.contains("MessageSizeExceeded") => ErrorKind::Invalid,
        () if ["Stopped", "Io(", "IdleTimeoutElapsed", "Closed", "Detached"].iter().any(|s| said.contains(s)) => ErrorKind::Unreachable,
        () => ErrorKind::Unexpected,
    };
    // the broker's own words, where they are in it
    let words = said.split_once("description: Some(\"").and_then(|(_, rest)| rest.split_once("\")")).map(|(words, _)| words.to_owned());
    let cause: String = words.unwrap_or(said).chars().take(300).collect();
    Fault::new(kind, format!("{to}: {cause}"))
}

/// A failed attach: the broker's reason is in it.
fn attach_fault(to: &str, error: &ReceiverAttachError) -> Fault {
    fault(to, error)
}

/// A source on Artemis: a browse where `copy`, else a consumer; with a selector where one is given.
fn source(address: &str, multicast: bool, copy: bool, selector: Option<&str>) -> Source {
    let mut source = Source::builder().address(address);
    if copy {
        source = source.distribution_mode(DistributionMode::Copy);
    }
    if let Some(selector) = selector {
        let filter = Described { descriptor: Descriptor::Code(0x0000_468C_0000_0004), value: Value::String(selector.to_owned()) };
        source = source.add_to_filter(Symbol::from("apache.org:selector-filter:string"), filter);
    }
    source.capabilities(vec![Symbol::from(if multicast { "topic" } else { "queue" })]).build()
}
