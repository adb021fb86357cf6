//! What one queue or stream is in detail: type, limits, policy, bindings, where its dead letters go, who may write.

use std::time::Duration;

use regex::Regex;
use serde::Deserialize;
use serde_json::Value;

use super::Rabbit;
use super::management::Ask;
use super::queue::{Queue, Type, Version};
use super::topology::Binding;
use crate::broker::{Detail, Result};
use crate::model::Address;

/// Bindings shown at most.
const BINDINGS: usize = 20;
/// The name by which permissions know the default exchange.
const DEFAULT_EXCHANGE: &str = "amq.default";

#[derive(Deserialize)]
struct Permission {
    write: String,
}

/// What keeps the broker from taking messages.
#[derive(Deserialize)]
struct Alarms {
    alarms: Vec<Alarm>,
}

#[derive(Deserialize)]
struct Alarm {
    node: String,
    /// `memory`, `disk`.
    resource: String,
}

impl Rabbit {
    pub(super) async fn describe(&self, at: &Address) -> Result<Detail> {
        let (queue, version) = futures::try_join!(self.queue("describe", at), self.version("describe"))?;
        let (bindings, may_write, alarms, ready, dead_letters) = futures::join!(
            self.bindings(at),
            self.may_write(DEFAULT_EXCHANGE),
            self.alarms(),
            self.ready_now(&queue, at),
            self.dead_letters_of(&queue)
        );
        let mut detail = Detail {
            retention: retention(&queue),
            bytes: queue.message_bytes,
            may_write,
            dead_letters,
            facts: facts(&queue, ready, version, &bindings),
            ..Detail::default()
        };
        let alarm = |why| ("alarm".to_owned(), format!("{why}: the broker takes no messages until that is over"), "broker".to_owned());
        detail.facts.splice(0..0, alarms.into_iter().map(alarm));
        if queue.of_type() == Type::Stream {
            detail.partitions = vec![self.stream_ends("describe", at).await?];
        }
        Ok(detail)
    }

    /// Resource alarms in force, in words. The check is as new as the alarm, the statistics of the nodes lag behind it, and only monitors see them.
    pub(super) async fn alarms(&self) -> Vec<String> {
        let ask = Ask { op: "describe", at: None, path: &["health", "checks", "alarms"], query: &[] };
        let found: Option<Alarms> = self.management.check(ask).await.unwrap_or_default();
        let words = |alarm: Alarm| {
            let what = if alarm.resource == "disk" { "disk space" } else { &alarm.resource };
            format!("{what} is short on {}", alarm.node)
        };
        found.into_iter().flat_map(|found| found.alarms).map(words).collect()
    }

    async fn bindings(&self, at: &Address) -> Vec<Binding> {
        let path = ["queues", self.vhost(), &at.name, "bindings"];
        self.management.get(Ask { op: "describe", at: Some(at), path: &path, query: &[] }).await.unwrap_or_default()
    }

    /// Whether our user may publish to this exchange; only administrators may ask.
    pub(super) async fn may_write(&self, exchange: &str) -> Option<bool> {
        let user = self.settings.user();
        let path = ["permissions", self.vhost(), &user];
        let found: Permission = self.management.get(Ask { op: "describe", at: None, path: &path, query: &[] }).await.ok()?;
        // an empty pattern is the broker's word for nothing at all
        Some(!found.write.is_empty() && Regex::new(&found.write).ok()?.is_match(exchange))
    }
}

/// How long a message is kept: a queue's TTL, or a stream's age.
fn retention(queue: &Queue) -> Option<Duration> {
    match queue.of_type() {
        Type::Stream => age(queue.text("max-age")?),
        _ => queue.number("message-ttl").and_then(|ms| u64::try_from(ms).ok()).map(Duration::from_millis),
    }
}

/// `7D`, `12h`, `30m`, `Y` and `M` for years and months.
fn age(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit = match unit {
        "Y" => 31_536_000,
        "M" => 2_592_000,
        "D" => 86_400,
        "h" => 3_600,
        "m" => 60,
        "s" => 1,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(unit).map(Duration::from_secs)
}

fn facts(queue: &Queue, ready: Option<u64>, version: Version, bindings: &[Binding]) -> Vec<(String, String, String)> {
    let mut facts: Vec<(String, String, String)> = Vec::new();
    let mut add = |name: &str, value: String, from: &str| facts.push((name.to_owned(), value, from.to_owned()));
    let kind = match queue.of_type() {
        Type::Classic => "classic",
        Type::Quorum => "quorum",
        Type::Stream => "stream",
    };
    add("type", kind.to_owned(), "broker");
    if let Some(state) = &queue.state {
        add("state", state.clone(), "broker");
    }
    let about = |n: Option<u64>| n.map(|n| (format!("~{n}"), "statistics, seconds old"));
    let counts = [
        ("ready", ready.map(|n| (n.to_string(), "broker, now")).or_else(|| about(queue.messages_ready))),
        ("unacknowledged", about(queue.messages_unacknowledged)),
        ("consumers", queue.live().map(|n| (n.to_string(), "broker"))),
    ];
    for (name, known) in counts {
        if let Some((n, from)) = known {
            add(name, n, from);
        }
    }
    if queue.of_type() == Type::Quorum {
        let limit = queue.limit(version).map_or_else(|| "none".to_owned(), |n| n.to_string());
        let from = queue.setting("delivery-limit").map_or("version", |(_, from)| from);
        add("delivery limit", limit, from);
    }
    if queue.single_active() {
        add("single active consumer", "yes".to_owned(), "argument");
    }
    if let Some((exchange, key)) = queue.dead_letters_to() {
        let exchange = if exchange.is_empty() { "the default exchange" } else { exchange };
        let words = key.map_or_else(|| format!("{exchange}, each with its own routing key"), |k| format!("{exchange}, routing key {k}"));
        add("dead letters go to", words, queue.setting("dead-letter-exchange").map_or("", |(_, from)| from));
    } else {
        add("dead letters go to", "nowhere: they are dropped".to_owned(), "broker");
    }
    if let Some(policy) = queue.policy() {
        add("policy", policy.to_owned(), "broker");
    }
    if let Some(policy) = queue.operator_policy.as_ref().and_then(Value::as_str).filter(|p| !p.is_empty()) {
        add("operator policy", policy.to_owned(), "broker");
    }
    for (name, from) in [(&queue.arguments, "argument"), (&queue.effective_policy_definition, "policy")] {
        for (name, value) in name.as_object().into_iter().flatten() {
            add(name, plain(value), from);
        }
    }
    // every queue is bound to the default exchange by its name
    let bound: Vec<&Binding> = bindings.iter().filter(|b| !b.source.is_empty()).collect();
    for binding in bound.iter().take(BINDINGS) {
        add("bound to", format!("{}, routing key '{}'", binding.source, binding.routing_key), "binding");
    }
    if bound.len() > BINDINGS {
        add("bound to", format!("and {} more", bound.len() - BINDINGS), "binding");
    }
    for consumer in queue.consumer_details.iter().flatten().take(BINDINGS) {
        let from = consumer.channel_details.get("connection_name").and_then(Value::as_str).unwrap_or("?");
        let acks = if consumer.ack_required { "" } else { ", no acks" };
        let active = if consumer.active == Some(false) { ", waiting" } else { "" };
        add("consumer", format!("{} ({from}), prefetch {}{acks}{active}", consumer.consumer_tag, consumer.prefetch_count), "broker");
    }
    if let Some(leader) = &queue.leader {
        add("leader", leader.clone(), "broker");
        let members = queue.members.as_deref().unwrap_or_default();
        let online = queue.online.as_deref().unwrap_or_default();
        add("replicas", format!("{} of {} online", online.len(), members.len()), "broker");
    }
    facts
}

fn plain(value: &Value) -> String {
    // the default exchange has an empty name
    value.as_str().map(|text| if text.is_empty() { "''" } else { text }).map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_of_streams_are_read() {
        assert_eq!(age("7D"), Some(Duration::from_secs(604_800)));
        assert_eq!(age("90s"), Some(Duration::from_secs(90)));
        assert_eq!((age("x"), age(""), age("7W")), (None, None, None));
    }
}
