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

/// What stands before the name of an exchange where it is typed or shown.
const EXCHANGE: &str = "exchange:";

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

    /// Whether a name as typed is this one's: an exchange has `exchange:` before it, because a queue may have the same name.
    pub fn is_named(&self, name: &str) -> bool {
        match self.kind {
            Kind::Exchange => name.strip_prefix(EXCHANGE) == Some(self.name.as_str()),
            _ => name == self.name,
        }
    }

    /// A Kafka-like topic of a connection.
    pub fn topic(conn: &ConnId, name: impl Into<String>) -> Self {
        Self::new(conn.clone(), Kind::Topic, name)
    }
}

impl fmt::Display for Address {
    /// `connection/name`, as commands take it, or `connection/exchange:name`. The name may hold control characters: show it escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.kind == Kind::Exchange { EXCHANGE } else { "" };
        write!(f, "{}/{kind}{}", self.conn, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exchange_and_a_queue_of_one_name_are_told_apart() {
        let at = |kind| Address::new(ConnId::new("r"), kind, "orders");
        assert_eq!((at(Kind::Queue).to_string(), at(Kind::Exchange).to_string()), ("r/orders".into(), "r/exchange:orders".into()));
        assert!(at(Kind::Queue).is_named("orders") && !at(Kind::Queue).is_named("exchange:orders"));
        assert!(at(Kind::Exchange).is_named("exchange:orders") && !at(Kind::Exchange).is_named("orders"));
    }
}
