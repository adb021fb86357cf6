//! What is measured, when it alarms, and which headers a trace follows.

use std::time::Duration;

use super::dead_letters::Severity;

/// All of `message_monitoring`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Monitoring {
    /// What is measured and shown.
    pub metrics: Metrics,
    /// Alert on lag.
    pub consumer_lag: Option<LagAlert>,
    /// Alert on dead letters.
    pub error_rate: Option<ErrorRateAlert>,
    /// Alert on latency.
    pub processing_latency: Option<LatencyAlert>,
    /// Traces.
    pub tracing: Tracing,
}

/// What is switched off; everything else is measured. Names as in the config:
/// `consumer.lag`, `queue.message_age`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metrics {
    /// `producer.*`, `consumer.*`, `queue.*` that are false.
    pub off: Vec<String>,
}

impl Metrics {
    /// Whether a metric is measured and shown.
    pub fn on(&self, name: &str) -> bool {
        !self.off.iter().any(|off| off == name)
    }
}

/// Alert on messages behind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LagAlert {
    /// Messages behind, above which it fires.
    pub threshold: u64,
    /// How bad it is.
    pub level: Severity,
    /// How long it must hold before it escalates.
    pub escalation_time: Duration,
}

/// Alert on dead letters per handled message.
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorRateAlert {
    /// Ratio from 0 to 1, above which it fires.
    pub threshold: f64,
    /// How bad it is.
    pub level: Severity,
    /// Window of the ratio.
    pub window: Duration,
}

/// Alert on the time from append to commit.
#[derive(Debug, Clone, PartialEq)]
pub struct LatencyAlert {
    /// Above it, it fires.
    pub threshold: Duration,
    /// How bad it is.
    pub level: Severity,
    /// Which percentile is compared, above 0 to 100.
    pub percentile: f64,
}

/// Traces: headers to follow, spans of a replay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tracing {
    /// False: no spans.
    pub enabled: bool,
    /// Headers that Trace follows and no strip rule touches.
    pub headers: Vec<String>,
    /// Whether entries of `baggage` are searched and copied onto spans.
    pub baggage: bool,
    /// A span for the publish.
    pub producer_send: bool,
    /// A span for the claim on the dead-letter queue.
    pub consumer_receive: bool,
    /// A span from plan to verdict.
    pub message_processing: bool,
}

impl Default for Tracing {
    fn default() -> Self {
        Self {
            enabled: true,
            headers: Vec::new(),
            baggage: false,
            producer_send: false,
            consumer_receive: false,
            message_processing: false,
        }
    }
}
