//! Exchanges as destinations: nothing lies there, but a replay may go there, to whatever queues are bound.

use std::sync::Arc;
use std::time::SystemTime;

use serde::Deserialize;
use serde_json::Value;

use super::Rabbit;
use super::management::Ask;
use super::topology::Binding;
use crate::broker::{Cost, Detail, Result};
use crate::model::{Address, Backlog, Count, Destination, Kind, Position, Reader, ReaderKind, Role};

/// Bindings shown at most.
const BINDINGS: usize = 20;

#[derive(Deserialize)]
struct Row {
    name: String,
    #[serde(rename = "type")]
    of_type: String,
    #[serde(default)]
    durable: bool,
    #[serde(default)]
    internal: bool,
    #[serde(default)]
    arguments: Value,
}

impl Rabbit {
    /// The exchanges of the vhost that can be published to by name; those that RabbitMQ makes itself count as its own.
    pub(super) async fn all_exchanges(self: &Arc<Self>, internal: bool) -> Result<Vec<Destination>> {
        let columns = [("columns", "name,type,durable,internal")];
        let (rows, _): (Vec<Row>, bool) =
            self.management.pages(Ask { op: "list", at: None, path: &["exchanges", self.vhost()], query: &columns }).await?;
        // an internal exchange takes messages from other exchanges only
        let rows = rows.into_iter().filter(|x| !x.name.is_empty() && !x.internal).map(|x| Destination {
            internal: x.name.starts_with("amq."),
            at: self.address(Kind::Exchange, &x.name),
            depth: Count::Exact(0),
            partitions: None,
            consumers: None,
            role: Role::Plain,
        });
        Ok(rows.filter(|row| internal || !row.internal).collect())
    }

    /// Type, arguments, and what is bound.
    pub(super) async fn describe_exchange(&self, at: &Address) -> Result<Detail> {
        let path = ["exchanges", self.vhost(), &at.name];
        let asked = self.management.get(Ask { op: "describe", at: Some(at), path: &path, query: &[] });
        let (row, bindings, may_write): (Row, Vec<Binding>, _) =
            futures::try_join!(asked, self.bound_to(at), async { Ok(self.may_write(&at.name).await) })?;
        let mut facts = vec![("type".to_owned(), row.of_type, "broker".to_owned())];
        facts.push(("durable".into(), if row.durable { "yes" } else { "no" }.into(), "broker".into()));
        for (name, value) in row.arguments.as_object().into_iter().flatten() {
            facts.push((name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned), "argument".into()));
        }
        facts.extend(bindings.iter().take(BINDINGS).map(|b| ("bound".to_owned(), words(b), "binding".to_owned())));
        if bindings.len() > BINDINGS {
            facts.push(("bound".into(), format!("and {} more", bindings.len() - BINDINGS), "binding".into()));
        }
        if bindings.is_empty() {
            facts.push(("bound".into(), "nothing: whatever is published here comes back".into(), "broker".into()));
        }
        Ok(Detail { may_write, facts, ..Detail::default() })
    }

    async fn bound_to(&self, at: &Address) -> Result<Vec<Binding>> {
        let path = ["exchanges", self.vhost(), &at.name, "bindings", "source"];
        self.management.get(Ask { op: "describe", at: Some(at), path: &path, query: &[] }).await
    }

    /// Those that get what is published here: the bound queues and exchanges, each with its binding's key.
    pub(super) async fn readers_of_exchange(&self, at: &Address) -> Result<Vec<Reader>> {
        let reader = |b: &Binding| Reader {
            name: b.destination.clone(),
            kind: ReaderKind::Queue,
            state: b.destination_type.clone(),
            members: None,
            at: vec![Position::of_queue(at.clone(), Backlog::default(), SystemTime::now())],
            note: format!("bound with routing key '{}'", b.routing_key),
        };
        Ok(self.bound_to(at).await?.iter().map(reader).collect())
    }
}

/// The price of a look: there is nothing to look at.
pub fn cost() -> Cost {
    Cost { refused: Some("an exchange holds no messages: look into the queues bound to it".into()), ..Cost::default() }
}

fn words(binding: &Binding) -> String {
    format!("{} {}, routing key '{}'", binding.destination_type, binding.destination, binding.routing_key)
}
