//! What the config declares of messages, arranged for looking up while checking.

use crate::config::Context;
use crate::config::model::{Event, KeyStrategy, Producer};
use crate::decode::identity::KnownBy;
use crate::model::ConnId;

/// The declared events and the rules of their topics, of one context. Empty by default: nothing is declared.
#[derive(Clone, Debug, Default)]
pub struct Declared {
    events: Vec<Event>,
    producers: Vec<Producer>,
    known_by: KeyStrategy,
}

/// What producers declare of one topic and of one event on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TopicRules {
    /// False: checked on request only.
    pub checked: bool,
    /// Names that must stand at the top of the body.
    pub required: Vec<String>,
    /// Largest body, bytes.
    pub limit: Option<u64>,
    /// Field of the payload that the record key must equal, for the event asked for.
    pub key_field: Option<String>,
    /// The topic is declared for other events, not for this one.
    pub unexpected: bool,
}

impl Declared {
    /// From a loaded config's context.
    pub fn new(context: &Context) -> Self {
        Self { events: context.events.clone(), producers: context.producers.clone(), known_by: context.guarantees.key_strategy.clone() }
    }

    /// Whether any event is declared.
    pub fn has_events(&self) -> bool {
        !self.events.is_empty()
    }

    /// By what a message is known again.
    pub fn known_by(&self) -> KnownBy<'_> {
        match &self.known_by {
            KeyStrategy::MessageId => KnownBy::SendersId,
            KeyStrategy::Header(name) => KnownBy::Header(name),
            KeyStrategy::Field(pointer) => KnownBy::Field(pointer),
        }
    }

    /// The versions declared of an event type.
    pub fn versions<'a>(&'a self, event_type: &'a str) -> impl Iterator<Item = &'a Event> {
        self.events.iter().filter(move |e| e.event_type == event_type)
    }

    /// What holds for a topic and an event on it; where no producer declares the topic, nothing but that it is checked.
    /// Of several producers of one topic all rules hold, the smaller limit and the first key.
    pub fn rules(&self, conn: &ConnId, topic: &str, event_type: Option<&str>) -> TopicRules {
        let mut rules = TopicRules { checked: true, ..TopicRules::default() };
        let (mut declared, mut expected) = (false, false);
        for producer in &self.producers {
            if producer.connection.as_deref().is_some_and(|name| name != conn.as_str()) {
                continue;
            }
            let mut here = producer.routes.iter().filter(|route| writes(producer, &route.topic, topic)).peekable();
            if here.peek().is_none() {
                continue;
            }
            declared = true;
            rules.checked &= producer.validation.schema_validation;
            for name in &producer.validation.required_fields {
                if !rules.required.contains(name) {
                    rules.required.push(name.clone());
                }
            }
            rules.limit = [rules.limit, producer.validation.payload_size_limit].into_iter().flatten().min();
            if let Some(route) = here.find(|route| Some(route.event_type.as_str()) == event_type) {
                expected = true;
                rules.key_field = rules.key_field.or_else(|| route.partition_key.clone());
            }
        }
        rules.unexpected = declared && !expected && event_type.is_some();
        rules
    }

    /// The topics declared for an event, for saying where it belongs.
    pub fn topics<'a>(&'a self, event_type: &'a str) -> impl Iterator<Item = &'a str> {
        let routes = self.producers.iter().flat_map(|producer| &producer.routes);
        routes.filter(move |route| route.event_type == event_type).map(|route| route.topic.as_str())
    }
}

/// Whether a route's topic is this one: as written, or behind its producer's prefix.
fn writes(producer: &Producer, route: &str, topic: &str) -> bool {
    let behind_prefix = |prefix: &String| topic.strip_prefix(prefix.as_str()).and_then(|t| t.strip_prefix('.')) == Some(route);
    route == topic || producer.topic_prefix.as_ref().is_some_and(behind_prefix)
}
