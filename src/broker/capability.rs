//! What a connection can do, and what looking into one destination costs.

use std::time::{Duration, SystemTime};

use crate::model::Kind;

/// What a probe found: the broker is reachable and let us in.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// `Apache Kafka`, `RabbitMQ`, `memory`.
    pub product: String,
    /// The broker's version or the nearest thing it tells; empty if nothing.
    pub version: String,
    /// Who we are to it, without secrets (`viewer, SCRAM-SHA-256 over TLS`).
    pub identity: String,
    /// Round trip of one small request.
    pub took: Duration,
    /// Since when the broker has run without a break: what it began then was not cut off. `None`: it does not tell, or begins nothing that could be
    /// cut off halfway.
    pub started: Option<SystemTime>,
    pub capabilities: Capabilities,
}

/// What a connection can do. A driver that cannot do a thing safely says so here and the UI says why.
#[derive(Clone, Debug, PartialEq)]
pub struct Capabilities {
    pub tail: bool,
    /// Whether messages have positions to start from; without, a look begins at the oldest.
    pub seek: bool,
    pub lag: bool,
    /// Whether one chosen message can be taken out. Not so on Kafka and streams: there "resolved" is a fact of the ledger.
    pub remove: bool,
    /// Whether publish and remove can be one act.
    pub carry: bool,
    /// Whether the broker has a mover of its own that carries a whole queue ([`super::Writer::bulk`]).
    pub bulk: bool,
    /// Messages per hand-over, at most.
    pub max_batch: usize,
    /// How a crash between publish and record is cleared up.
    pub doubt: Doubt,
}

impl Capabilities {
    /// What holds for one kind of destination: a stream is a log also where the connection's other destinations are queues.
    pub fn of(&self, kind: Kind) -> Self {
        match kind {
            Kind::Stream => {
                Self { tail: true, seek: true, lag: false, remove: false, carry: false, doubt: Doubt::ScanTarget, ..self.clone() }
            }
            Kind::Topic | Kind::Queue | Kind::Exchange | Kind::Subscription => self.clone(),
        }
    }
}

/// How a message in doubt is cleared up after a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// Read the target from the noted end offsets on and look for the replay id.
    ScanTarget,
    /// See whether it is still at the source.
    LookAtSource,
    /// Sending again within this time is recognised by the broker as the same.
    SendAgain(Duration),
    /// Nothing proves it: ask a person.
    Ask,
}

/// What a look at one destination costs, shown before looking.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Traces that a look leaves; empty: looking is free.
    pub leaves: Vec<Trace>,
    /// Looks until the broker drops or moves a message, where there is a limit: by what this process saw, others may have used up more since.
    pub looks_left: Option<u32>,
    /// Deliveries after which the broker drops or moves a message, where looks count towards such a limit.
    pub limit: Option<u32>,
    /// How many messages a look can see at most (`first 400`).
    pub sees: Option<u64>,
    /// Why no look is taken at all.
    pub refused: Option<String>,
    /// What spares the look its worst, as it can be pasted, where somebody with more rights could do that first.
    pub safer: Option<String>,
}

impl Cost {
    /// How near a look is to the broker's limit, as a clause for people; nothing where there is none.
    pub fn limit_words(&self) -> Option<String> {
        match (self.looks_left, self.limit) {
            (Some(1), _) => Some("1 more look until the broker drops or moves messages, as far as this redrive has seen".into()),
            (Some(left), _) => Some(format!("{left} more looks until the broker drops or moves messages, as far as this redrive has seen")),
            (None, Some(limit)) => {
                Some(format!("after {limit} deliveries the broker drops or moves a message; how many it had shows once it is in hand"))
            }
            (None, None) => None,
        }
    }
}

/// A trace that looking leaves on the broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Trace {
    Redelivered,
    CountsReceive,
    Hides(Duration),
    LocksGroup,
    Reorders,
    Expires,
    DisturbsConsumers,
    /// The broker takes what this way in cannot show for broken.
    Moves,
    /// The name cannot be looked up first.
    Creates,
    /// What giving back would destroy is published to its own queue again and then taken out: a write, so a look through [`super::Broker::peek`]
    /// alone is not to be had (`triage::replay`).
    Reseats,
}

impl Trace {
    /// What it means, as a clause for people.
    pub fn words(self) -> String {
        match self {
            Trace::Redelivered => "marks each message as redelivered".into(),
            Trace::CountsReceive => "counts as one delivery of each message".into(),
            Trace::Hides(d) => format!("hides the messages from consumers for up to {}s", d.as_secs()),
            Trace::LocksGroup => "locks the message groups meanwhile".into(),
            Trace::Reorders => "may change the order of the queue".into(),
            Trace::Expires => "may make overdue messages expire now".into(),
            Trace::DisturbsConsumers => "competes with the live consumers".into(),
            Trace::Moves => {
                "may make the broker send what cannot be shown this way (JMS streams, and it marks objects) to its dead-letter address"
                    .into()
            }
            Trace::Creates => "creates the queue if there is none of this name".into(),
            Trace::Reseats => "puts what giving back would destroy in again, at the end of the queue".into(),
        }
    }
}
