//! Where a destination is: which connection, what kind of thing, and its name there.

use std::fmt;
use std::sync::Arc;

/// One connection of the config: a cluster, virtual host or region. Compared and ordered by name.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnId(Arc<str>);

impl ConnId {
    /// Takes the connection's name as the config has it.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self(name.into())
    }

    /// The connection's name as the config has it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ConnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConnId({})", self.0)
    }
}

impl fmt::Display for ConnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What kind of thing a destination is, in its broker's own word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    Topic,
    Queue,
    Stream,
    Exchange,
    Subscription,
}

impl Kind {
    /// The word shown to the user.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Topic => "topic",
            Kind::Queue => "queue",
            Kind::Stream => "stream",
            Kind::Exchange => "exchange",
            Kind::Subscription => "subscription",
        }
    }

    /// The kind a shown word stands for.
    pub fn from_word(word: &str) -> Option<Self> {
        [Kind::Topic, Kind::Queue, Kind::Stream, Kind::Exchange, Kind::Subscription].into_iter().find(|k| k.word() == word)
    }
}

/// A destination's address; never a raw string, so that two brokers' `orders` are never confused.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    pub conn: ConnId,
    pub kind: Kind,
    pub name: String,
}

impl Address {
    /// An address from its parts.
    pub fn new(conn: ConnId, kind: Kind, name: impl Into<String>) -> Self {
        Self { conn, kind, name: name.into() }
    }

    /// A Kafka-like topic of a connection.
    pub fn topic(conn: &ConnId, name: impl Into<String>) -> Self {
        Self::new(conn.clone(), Kind::Topic, name)
    }
}

impl fmt::Display for Address {
    /// `connection/name`, as commands take it. The name may hold control characters: show it escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.conn, self.name)
    }
}
