//! Declared producers: which event goes where.

use std::time::Duration;

/// One declared producer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Producer {
    /// Its name.
    pub name: String,
    /// The connection, resolved to a name of the context; none: found by topic name.
    pub connection: Option<String>,
    /// The family of its topics; `prefix.topic` is tried after the name as written.
    pub topic_prefix: Option<String>,
    /// Its routes, in file order.
    pub routes: Vec<Route>,
    /// How bodies are written.
    pub serialization: Serialization,
    /// What is checked.
    pub validation: Validation,
}

/// One event type of a producer and its topic.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Route {
    /// `event_type`.
    pub event_type: String,
    /// The topic as written.
    pub topic: String,
    /// Field of the payload that is the record key.
    pub partition_key: Option<String>,
    /// How often a replay tries again when the publish certainly did not happen.
    pub retry: RetryPolicy,
}

/// Retries and the waits between them.
#[derive(Debug, Clone, PartialEq)]
pub struct RetryPolicy {
    /// Retries after the first attempt.
    pub max_retries: u32,
    /// How waits grow.
    pub backoff: Backoff,
    /// The first wait.
    pub initial_delay: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { max_retries: 0, backoff: Backoff::Exponential, initial_delay: Duration::from_secs(1) }
    }
}

impl RetryPolicy {
    /// The wait before retry `n`, counted from 1; capped at 60 s.
    pub fn wait(&self, n: u32) -> Duration {
        let factor = match self.backoff {
            Backoff::Exponential => 1u32.checked_shl(n.saturating_sub(1)).unwrap_or(u32::MAX),
            Backoff::Linear => n,
            Backoff::Fixed => 1,
        };
        self.initial_delay.saturating_mul(factor).min(Duration::from_secs(60))
    }

    /// All waits together.
    pub fn waits(&self) -> Duration {
        // past 64 retries every growing wait is at its cap already
        let counted = self.max_retries.min(64);
        let sum = (1..=counted).fold(Duration::ZERO, |sum, n| sum.saturating_add(self.wait(n)));
        sum.saturating_add(self.wait(64).saturating_mul(self.max_retries - counted))
    }
}

/// How the wait between retries grows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Backoff {
    /// Doubled each time.
    #[default]
    Exponential,
    /// One more of the first each time.
    Linear,
    /// Always the first.
    Fixed,
}

/// How a producer writes its bodies.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Serialization {
    /// The decoder tried first; none: by evidence.
    pub format: Option<Format>,
    /// Codec of batches to these topics, and a hint for bodies that do not decode.
    pub compression: Option<Codec>,
    /// Confluent-compatible schema registry; waits for its client.
    pub registry_url: Option<String>,
}

/// Formats of bodies that a config can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// JSON.
    Json,
    /// Avro.
    Avro,
    /// Protocol buffers.
    Protobuf,
    /// Plain text.
    Text,
}

/// Codecs of Kafka batches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Codec {
    /// Not compressed.
    #[default]
    None,
    /// gzip.
    Gzip,
    /// snappy.
    Snappy,
    /// lz4.
    Lz4,
    /// zstd.
    Zstd,
}

impl Codec {
    /// All of them.
    pub const ALL: [Codec; 5] = [Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd];

    /// The word of the config and of librdkafka's `compression.type`.
    pub fn word(self) -> &'static str {
        match self {
            Codec::None => "none",
            Codec::Gzip => "gzip",
            Codec::Snappy => "snappy",
            Codec::Lz4 => "lz4",
            Codec::Zstd => "zstd",
        }
    }
}

/// What is checked in messages of a producer's topics.
#[derive(Debug, Clone, PartialEq)]
pub struct Validation {
    /// Checked on display, in searches and plans; false: on request only.
    pub schema_validation: bool,
    /// Names that must stand at the top of the body.
    pub required_fields: Vec<String>,
    /// Largest body, bytes.
    pub payload_size_limit: Option<u64>,
}

impl Default for Validation {
    fn default() -> Self {
        Self { schema_validation: true, required_fields: Vec::new(), payload_size_limit: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_are_capped() {
        let retry = RetryPolicy { max_retries: 5, ..RetryPolicy::default() };
        assert_eq!(retry.waits(), Duration::from_secs(31));
        assert_eq!(retry.wait(40), Duration::from_secs(60));
        let endless = RetryPolicy { max_retries: u32::MAX, ..RetryPolicy::default() };
        assert!(endless.waits() > Duration::from_secs(60 * 1_000_000));
    }
}
