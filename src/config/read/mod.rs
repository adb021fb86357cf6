//! The checked tree read into the model. Values are right already; what is absent keeps its default.

mod connections;
mod events;
mod own;
mod rules;
mod traffic;

use std::collections::BTreeMap;
use std::time::Duration;

use super::diagnostic::Findings;
use super::load::Scope;
use super::model::{Config, Context, Role};
use super::profile::BrokerKind;
use super::source::Sources;
use super::tree::{Node, View};

/// What reading needs to know besides the tree.
pub struct Reader<'a> {
    /// The files.
    pub sources: &'a Sources,
    /// What each connection speaks.
    pub kinds: &'a BTreeMap<String, BrokerKind>,
    /// Names that lead nowhere are found here.
    pub findings: &'a mut Findings,
}

/// Sets a field if the config has it.
pub fn set<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}

/// Sets an optional field if the config has it.
pub fn put<T>(field: &mut Option<T>, value: Option<T>) {
    if value.is_some() {
        *field = value;
    }
}

/// A word as what it means.
pub fn word<T>(view: View<'_>, meaning: impl Fn(&str) -> Option<T>) -> Option<T> {
    view.text().and_then(meaning)
}

/// Reads everything.
pub fn config(root: &Node, scopes: &[Scope], kinds: &BTreeMap<String, BrokerKind>, sources: &Sources, findings: &mut Findings) -> Config {
    let mut reader = Reader { sources, kinds, findings };
    let mut config = own::sections(View::of(root), sources);
    config.contexts = scopes.iter().map(|scope| reader.context(scope)).collect();
    let asked = View::of(root).get("default_context");
    if let Some(name) = asked.text()
        && !config.contexts.iter().any(|context| context.name == name)
    {
        let known: Vec<&str> = config.contexts.iter().map(|c| c.name.as_str()).collect();
        let message = format!("no context {name:?}; there is {}", known.join(", "));
        reader.findings.error(sources, asked.span(), message, "");
    }
    let first = config.contexts.first().map(|context| context.name.clone());
    config.default_context = asked.string().or(first).unwrap_or_default();
    config
}

impl Reader<'_> {
    fn context(&mut self, scope: &Scope) -> Context {
        let table = View::of(&scope.table);
        let blocks = View::of(&scope.blocks);
        let name = scope.name.as_str();
        let mut context = Context {
            name: name.to_owned(),
            // `default` may be production: nobody said which it is
            read_only: name.starts_with("prod") || name == "default",
            color: table.get("color").string(),
            role: word(table.get("role"), Role::from_word),
            theme: table.get("theme").string(),
            read_bytes_per_second: table.get("read_bytes_per_second").int(),
            ..Context::default()
        };
        set(&mut context.read_only, table.get("read_only").bool());
        set(&mut context.writes_for, table.get("writes_for").secs());
        set(&mut context.automatic, table.get("automatic").bool());
        context.guarantees = rules::guarantees(blocks.get("message_guarantees"), self.sources);
        context.connections = self.connections(blocks.get("messaging"), &context);
        context.events = events::events(blocks.get("events"));
        context.producers = self.producers(blocks.get("event_producers"), &context);
        context.consumers = self.consumers(blocks.get("event_consumers"), &context);
        context.request_reply = self.request_reply(blocks.get("request_reply"), &context);
        context.pub_sub = self.pub_sub(blocks.get("pub_sub"), &context);
        context.dead_letters = self.dead_letters(blocks.get("dead_letter_queue"), &context);
        context.monitoring = rules::monitoring(blocks.get("message_monitoring"));
        codecs(&mut context);
        context
    }

    /// What `broker` leads to: the connection of that name in this context, else the only one of
    /// that kind, else an error that lists them.
    fn broker(&mut self, view: View<'_>, context: &Context) -> Option<String> {
        let name = view.text()?;
        if context.connection(name).is_some() {
            return Some(name.to_owned());
        }
        let kind = BrokerKind::from_word(name);
        let mut of_kind = context.connections.iter().filter(|c| Some(c.kind) == kind);
        if let (Some(only), None) = (of_kind.next(), of_kind.next()) {
            return Some(only.name.clone());
        }
        let known: Vec<&str> = context.connections.iter().map(|c| c.name.as_str()).collect();
        let has = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        let message = format!("no connection {name:?} in context {}; it has {has}", context.name);
        self.findings.error(self.sources, view.span(), message, "");
        None
    }
}

/// The codec of each topic: the event's or the publisher's, for the connection it goes over.
fn codecs(context: &mut Context) {
    let mut of_topic: Vec<(Option<String>, String, super::model::Codec)> = Vec::new();
    for producer in &context.producers {
        if let Some(codec) = producer.serialization.compression {
            let topics = producer.routes.iter().map(|route| route.topic.clone());
            of_topic.extend(topics.map(|topic| (producer.connection.clone(), topic, codec)));
        }
    }
    for topic in &context.pub_sub {
        if let Some(codec) = topic.compression {
            of_topic.push((topic.connection.clone(), topic.topic.clone(), codec));
        }
    }
    for profile in &mut context.connections {
        for (connection, topic, codec) in &of_topic {
            if connection.as_ref().is_none_or(|name| *name == profile.name) {
                profile.kafka.writing.compression_of.push((topic.clone(), *codec));
            }
        }
    }
}

/// A duration that a field has in milliseconds, for fields that are read in several places.
pub fn ms(view: View<'_>, field: &mut Duration) {
    set(field, view.ms());
}
