//! Declared consumers: who ought to be reading, and how long a replay must wait for evidence.

use std::time::Duration;

use super::OffsetReset;
use super::producers::RetryPolicy;

/// One declared consumer.
#[derive(Debug, Clone, PartialEq)]
pub struct Consumer {
    /// Its name.
    pub name: String,
    /// The connection, resolved to a name of the context; none: found by topic names.
    pub connection: Option<String>,
    /// Its group: a Lag row even when absent.
    pub group_id: String,
    /// What it reads.
    pub topics: Vec<Subscription>,
    /// How it handles events, in file order; `*` is all others.
    pub handlers: Vec<Handler>,
    /// `max_poll_records`.
    pub max_poll_records: u32,
    /// `max_poll_interval_ms`: longer without a poll, and the member is thrown out.
    pub max_poll_interval: Duration,
    /// Whether it commits by the clock; none: the config does not say.
    pub enable_auto_commit: Option<bool>,
    /// `auto_commit_interval_ms`.
    pub auto_commit_interval: Duration,
}

impl Default for Consumer {
    fn default() -> Self {
        Self {
            name: String::new(),
            connection: None,
            group_id: String::new(),
            topics: Vec::new(),
            handlers: Vec::new(),
            max_poll_records: 500,
            max_poll_interval: Duration::from_millis(300_000),
            enable_auto_commit: None,
            auto_commit_interval: Duration::from_millis(5_000),
        }
    }
}

impl Consumer {
    /// Whether the group commits by the clock; a commit then proves reading, not handling.
    pub fn commits_by_clock(&self) -> bool {
        self.enable_auto_commit.unwrap_or(true)
    }

    /// The handler of an event type: its own, else that of `*`.
    pub fn handler(&self, event_type: &str) -> Option<&Handler> {
        let named = |name: &str| self.handlers.iter().find(|h| h.event_type == name);
        named(event_type).or_else(|| named("*"))
    }
}

/// One topic that a consumer reads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subscription {
    /// The topic.
    pub topic: String,
    /// The partitions it reads; none: all.
    pub partitions: Option<Vec<i32>>,
    /// Where it starts without a commit.
    pub auto_offset_reset: Option<OffsetReset>,
}

/// How a consumer handles one event type.
#[derive(Debug, Clone, PartialEq)]
pub struct Handler {
    /// The event type, or `*`.
    pub event_type: String,
    /// The handler's name in the application.
    pub handler: Option<String>,
    /// How many run at once.
    pub concurrency: u32,
    /// How long one may take.
    pub timeout: Duration,
    /// Messages a batch.
    pub batch_size: u32,
    /// How long a batch waits until it is full.
    pub batch_timeout: Duration,
    /// The application's own retries.
    pub retry: RetryPolicy,
}

impl Default for Handler {
    fn default() -> Self {
        Self {
            event_type: String::new(),
            handler: None,
            concurrency: 1,
            timeout: Duration::from_millis(30_000),
            batch_size: 1,
            batch_timeout: Duration::ZERO,
            retry: RetryPolicy::default(),
        }
    }
}

impl Handler {
    /// How long after a replay silence begins to mean something: all attempts, their waits, the
    /// batch and the commit; at least 30 s. `commit_interval` is the group's.
    pub fn proof_window(&self, commit_interval: Duration) -> Duration {
        let attempts = self.timeout.saturating_mul(self.retry.max_retries.saturating_add(1));
        attempts
            .saturating_add(self.retry.waits())
            .saturating_add(self.batch_timeout)
            .saturating_add(commit_interval)
            .max(Duration::from_secs(30))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_proof_window_is_that_of_the_slowest_success() {
        let handler = Handler {
            timeout: Duration::from_secs(60),
            retry: RetryPolicy { max_retries: 5, ..RetryPolicy::default() },
            ..Handler::default()
        };
        let window = handler.proof_window(Duration::from_secs(1));
        assert_eq!(window, Duration::from_secs(392));
    }
}
