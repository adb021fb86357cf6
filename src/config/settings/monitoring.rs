//! Settings of `message_monitoring`.

use super::{Kind::*, LONG, MANY, SEVERITIES, Setting, row};

const SPANS: &str = "`[watch.otlp]`";

/// `message_monitoring`.
pub const MONITORING: &[Setting] = &[
    row("message_monitoring.metrics.producer.message_count", Bool, "true", "IN/s of Destinations"),
    row("message_monitoring.metrics.producer.message_size", Bool, "true", "mean size of messages"),
    row("message_monitoring.metrics.producer.send_latency", Bool, "true", "of our own replays: publish to confirm"),
    row("message_monitoring.metrics.producer.error_rate", Bool, "true", "of our own replays: failed ÷ tried"),
    row("message_monitoring.metrics.producer.retry_count", Bool, "true", "of our own replays: retries"),
    row("message_monitoring.metrics.consumer.message_count", Bool, "true", "OUT/s of Destinations"),
    row("message_monitoring.metrics.consumer.processing_latency", Bool, "true", "append to commit, an estimate"),
    row("message_monitoring.metrics.consumer.error_rate", Bool, "true", "dead ÷ handled"),
    row("message_monitoring.metrics.consumer.lag", Bool, "true", "lag in messages and time"),
    row("message_monitoring.metrics.consumer.commit_latency", Bool, "", "nothing")
        .eg("true")
        .unused("only the committing client can time it; Lag shows the age of the last commit"),
    row("message_monitoring.metrics.queue.queue_size", Bool, "true", "bytes held"),
    row("message_monitoring.metrics.queue.queue_depth", Bool, "true", "messages held"),
    row("message_monitoring.metrics.queue.message_age", Bool, "true", "age of the oldest message"),
    row("message_monitoring.metrics.queue.consumer_count", Bool, "true", "consumers of Destinations and Lag"),
    row("message_monitoring.alerting.consumer_lag.threshold", Int(0, i64::MAX), "", "messages behind, above which it alarms")
        .eg("1000")
        .needed(),
    row("message_monitoring.alerting.consumer_lag.alert_level", SEVERITIES, "\"warning\"", "rank in Overview, severity of the incident"),
    row("message_monitoring.alerting.consumer_lag.escalation_time", Seconds(0, LONG), "0", "it escalates after holding for so long")
        .usual(10, 86_400),
    row("message_monitoring.alerting.error_rate.threshold", Ratio, "", "dead letters ÷ messages handled, above which it alarms")
        .eg("0.05")
        .needed(),
    row("message_monitoring.alerting.error_rate.alert_level", SEVERITIES, "\"warning\"", "rank in Overview, severity of the incident"),
    row("message_monitoring.alerting.error_rate.window_size", Seconds(1, LONG), "300", "window of the ratio").usual(10, 86_400),
    row("message_monitoring.alerting.processing_latency.threshold", Ms(1, MANY), "", "time from append to commit, above which it alarms")
        .eg("30000")
        .needed()
        .usual(10, 86_400_000),
    row(
        "message_monitoring.alerting.processing_latency.alert_level",
        SEVERITIES,
        "\"warning\"",
        "rank in Overview, severity of the incident",
    ),
    row("message_monitoring.alerting.processing_latency.percentile", Above(0, 100), "95", "which percentile is compared"),
    row("message_monitoring.tracing.enabled", Bool, "true", "false: no spans"),
    row("message_monitoring.tracing.trace_propagation.headers", Texts, "[]", "headers that Trace follows and no strip rule touches")
        .eg("[\"x-trace-id\"]"),
    row("message_monitoring.tracing.trace_propagation.baggage", Bool, "false", "entries of `baggage` are searchable and copied onto spans"),
    row("message_monitoring.tracing.span_creation.producer_send", Bool, "false", "span of a replay's publish").waits(SPANS),
    row("message_monitoring.tracing.span_creation.consumer_receive", Bool, "false", "span of the claim on the DLQ").waits(SPANS),
    row("message_monitoring.tracing.span_creation.message_processing", Bool, "false", "span from plan to verdict").waits(SPANS),
];
