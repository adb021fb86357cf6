//! Requests with their replies, and topics with their audience.

use std::time::Duration;

use super::events::Field;
use super::guarantees::PartitionStrategy;
use super::producers::{Codec, Format, RetryPolicy};

/// A pair of topics: questions and answers.
#[derive(Debug, Clone, PartialEq)]
pub struct RequestReply {
    /// Its name.
    pub name: String,
    /// The connection if `broker` says it.
    pub connection: Option<String>,
    /// Where requests go.
    pub request_topic: String,
    /// Where replies come.
    pub reply_topic: String,
    /// Header that pairs them.
    pub correlation_id_header: String,
    /// Fields of a request.
    pub request_schema: Vec<Field>,
    /// Fields of a reply.
    pub reply_schema: Vec<Field>,
    /// After it a request is late.
    pub timeout: Duration,
    /// The requester's retries.
    pub retry: RetryPolicy,
}

impl Default for RequestReply {
    fn default() -> Self {
        Self {
            name: String::new(),
            connection: None,
            request_topic: String::new(),
            reply_topic: String::new(),
            correlation_id_header: "correlation_id".to_owned(),
            request_schema: Vec::new(),
            reply_schema: Vec::new(),
            timeout: Duration::from_millis(30_000),
            retry: RetryPolicy::default(),
        }
    }
}

impl RequestReply {
    /// When a request counts as unanswered: all attempts and their waits.
    pub fn unanswered_after(&self) -> Duration {
        self.timeout.saturating_mul(self.retry.max_retries.saturating_add(1)).saturating_add(self.retry.waits())
    }
}

/// A topic with its audience.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PubSub {
    /// Its name.
    pub name: String,
    /// The connection if `broker` says it.
    pub connection: Option<String>,
    /// The topic.
    pub topic: String,
    /// Who publishes.
    pub publisher: Option<String>,
    /// How the publisher spreads.
    pub partition_strategy: PartitionStrategy,
    /// Field that is the record key.
    pub partition_key: Option<String>,
    /// Format of bodies.
    pub format: Option<Format>,
    /// Codec of batches.
    pub compression: Option<Codec>,
    /// Version assumed when a message has none.
    pub schema_version: Option<String>,
    /// Who reads.
    pub subscribers: Vec<Subscriber>,
}

/// One reader of a topic.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subscriber {
    /// Its name.
    pub name: String,
    /// Its group.
    pub group_id: String,
    /// The handler's name in the application.
    pub handler: Option<String>,
    /// How many run at once.
    pub concurrency: u32,
}
