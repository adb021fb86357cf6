//! A queue as the management API describes it, and what follows from that: type, limits, where its dead letters go.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::model::Kind;

/// The columns that a listing asks for.
pub const COLUMNS: &str = "name,type,durable,exclusive,arguments,policy,effective_policy_definition,delivery_limit,messages,messages_ready,\
messages_unacknowledged,consumers,state,message_stats.publish,message_stats.ack,message_stats.deliver_no_ack,message_stats.get_no_ack";
/// Deliveries that a quorum queue allows by itself since 4.0 (release notes of 4.0).
const DEFAULT_LIMIT: u64 = 20;

/// One queue or stream. What the broker leaves out (statistics of a queue that is new, columns of an older version) is `None`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Queue {
    pub name: String,
    pub vhost: String,
    #[serde(rename = "type")]
    pub of_type: Option<String>,
    pub durable: Option<bool>,
    pub exclusive: Option<bool>,
    pub arguments: Value,
    pub policy: Option<Value>,
    pub operator_policy: Option<Value>,
    pub effective_policy_definition: Value,
    pub delivery_limit: Option<Value>,
    pub messages: Option<u64>,
    pub messages_ready: Option<u64>,
    pub messages_unacknowledged: Option<u64>,
    pub message_bytes: Option<u64>,
    pub consumers: Option<u32>,
    /// Only where one queue alone is asked about.
    pub consumer_details: Option<Vec<Consumer>>,
    pub single_active_consumer_tag: Option<Value>,
    /// Nothing came or went since the broker counts, or it does not count.
    pub message_stats: Option<Stats>,
    pub state: Option<String>,
    pub leader: Option<String>,
    pub online: Option<Vec<String>>,
    pub members: Option<Vec<String>>,
}

/// What ever went through a queue, since the broker counts.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Stats {
    pub publish: u64,
    pub ack: u64,
    pub deliver_no_ack: u64,
    pub get_no_ack: u64,
}

/// A consumer of a queue.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Consumer {
    pub consumer_tag: String,
    pub ack_required: bool,
    pub prefetch_count: u32,
    pub active: Option<bool>,
    pub channel_details: Value,
}

/// How a queue keeps its messages; it decides what a look costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    Classic,
    Quorum,
    Stream,
}

/// A broker's version, as far as behaviour depends on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32, pub u32);

impl Version {
    /// Reads `4.0.5`; what is no number counts as 0.
    pub fn parse(text: &str) -> Self {
        let mut parts = text.split(['.', '-', '+']).map(|p| p.parse().unwrap_or(0));
        Self(parts.next().unwrap_or(0), parts.next().unwrap_or(0))
    }
}

impl Queue {
    pub fn of_type(&self) -> Type {
        match self.of_type.as_deref() {
            Some("quorum" | "rabbit_quorum_queue") => Type::Quorum,
            Some("stream" | "rabbit_stream_queue") => Type::Stream,
            _ => Type::Classic,
        }
    }

    pub fn kind(&self) -> Kind {
        if self.of_type() == Type::Stream { Kind::Stream } else { Kind::Queue }
    }

    /// A setting by its argument (`x-…`), which overrides the policy's.
    pub fn setting(&self, name: &str) -> Option<(&Value, &'static str)> {
        let argument = self.arguments.get(format!("x-{name}")).map(|v| (v, "argument"));
        argument.or_else(|| self.effective_policy_definition.get(name).map(|v| (v, "policy")))
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.setting(name).and_then(|(v, _)| v.as_str())
    }

    pub fn number(&self, name: &str) -> Option<i64> {
        self.setting(name).and_then(|(v, _)| v.as_i64())
    }

    /// How often a message may be given back before the broker drops it or moves it on; `None`: without end. Of the ways to set it the
    /// smallest is taken: none of them may be passed.
    pub fn limit(&self, version: Version) -> Option<u64> {
        if self.of_type() != Type::Quorum {
            return None;
        }
        let told = self.delivery_limit.as_ref().and_then(Value::as_i64);
        let argument = self.arguments.get("x-delivery-limit").and_then(Value::as_i64);
        let policy = self.effective_policy_definition.get("delivery-limit").and_then(Value::as_i64);
        let set: Vec<i64> = match told {
            // what the broker says is in force
            Some(told) => vec![told],
            None => [argument, policy].into_iter().flatten().collect(),
        };
        if set.is_empty() {
            return (version >= Version(4, 0)).then_some(DEFAULT_LIMIT);
        }
        set.into_iter().filter_map(|n| u64::try_from(n).ok()).min()
    }

    /// Consumers connected, as far as is known. A quorum queue counts every message that was got and is still in hand as a consumer, in its
    /// statistics for seconds longer (3.10.8, 4.0.5), our own looks too: those it describes are the real ones.
    pub fn live(&self) -> Option<u32> {
        match (&self.consumer_details, self.of_type()) {
            (Some(all), Type::Quorum) => u32::try_from(all.len()).ok(),
            _ => self.consumers,
        }
    }

    /// Whether only one consumer gets messages.
    pub fn single_active(&self) -> bool {
        self.setting("single-active-consumer").is_some_and(|(v, _)| v.as_bool() == Some(true))
    }

    /// For how long a message that was given back is hidden (4.3).
    pub fn hides(&self, version: Version) -> Option<Duration> {
        let kind = self.text("delayed-retry-type")?;
        let hides = version >= Version(4, 3) && self.of_type() == Type::Quorum && matches!(kind, "all" | "returned");
        let ms = self.number("delayed-retry-max").or_else(|| self.number("delayed-retry-min")).unwrap_or(0);
        hides.then(|| Duration::from_millis(u64::try_from(ms).unwrap_or(0)))
    }

    /// Where its dead letters go: exchange, and routing key unless each message keeps its own.
    pub fn dead_letters_to(&self) -> Option<(&str, Option<&str>)> {
        Some((self.text("dead-letter-exchange")?, self.text("dead-letter-routing-key")))
    }

    /// The policy's name.
    pub fn policy(&self) -> Option<&str> {
        self.policy.as_ref().and_then(Value::as_str).filter(|p| !p.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(json: &str) -> Queue {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn an_argument_overrides_the_policy_and_empty_tables_may_be_lists() {
        let q = queue(
            r#"{"name":"a","arguments":{"x-dead-letter-exchange":""},"effective_policy_definition":{"dead-letter-exchange":"dlx","dead-letter-routing-key":"k"}}"#,
        );
        assert_eq!(q.dead_letters_to(), Some(("", Some("k"))));
        assert_eq!(queue(r#"{"name":"a","arguments":[],"effective_policy_definition":[]}"#).dead_letters_to(), None);
    }

    #[test]
    fn the_limit_is_the_smallest_that_is_set_or_the_versions_own() {
        let quorum = |more: &str| queue(&format!(r#"{{"type":"quorum"{more}}}"#));
        assert_eq!(quorum("").limit(Version(3, 10)), None);
        assert_eq!(quorum("").limit(Version(4, 0)), Some(20));
        assert_eq!(quorum(r#","delivery_limit":-1"#).limit(Version(4, 0)), None);
        assert_eq!(quorum(r#","delivery_limit":"unlimited","arguments":{"x-delivery-limit":-1}"#).limit(Version(4, 3)), None);
        let both = r#","arguments":{"x-delivery-limit":7},"effective_policy_definition":{"delivery-limit":3}"#;
        assert_eq!(quorum(both).limit(Version(3, 10)), Some(3));
        assert_eq!(queue(r#"{"type":"classic","delivery_limit":5}"#).limit(Version(4, 0)), None);
    }

    #[test]
    fn messages_in_hand_are_no_consumers() {
        let held = r#"{"type":"quorum","consumers":3,"consumer_details":[]}"#;
        assert_eq!(queue(held).live(), Some(0));
        assert_eq!(queue(r#"{"type":"quorum","consumers":3}"#).live(), Some(3));
        assert_eq!(queue(r#"{"type":"classic","consumers":1,"consumer_details":[{}]}"#).live(), Some(1));
    }

    #[test]
    fn versions_compare_by_their_first_two_numbers() {
        assert!(Version::parse("4.3.6") > Version::parse("4.0.5"));
        assert_eq!(Version::parse("3.10.8"), Version(3, 10));
        assert_eq!(Version::parse("4.1.0-beta.4"), Version(4, 1));
    }
}
