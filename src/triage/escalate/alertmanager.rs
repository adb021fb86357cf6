//! Alertmanager v2: an alert is its label set, so no count stands in a label; it lives until `endsAt` and is repeated before that.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::alarm::{Alarm, Event, stamp};

/// How long an alert lives without being repeated.
pub const LIFE: Duration = Duration::from_secs(300);

/// Where alerts are posted, from the target's address (`http://host:9093`, with or without the path).
pub(super) fn url(base: &str) -> String {
    let base = base.trim_end_matches('/');
    if base.ends_with("/api/v2/alerts") { base.to_owned() } else { format!("{base}/api/v2/alerts") }
}

/// The body of a post: one alert. `endsAt` is now for a resolved one, else [`LIFE`] from now.
pub(super) fn body(alarm: &Alarm, now: SystemTime) -> Value {
    let ends = match alarm.event {
        Event::Resolve => now,
        _ => now + LIFE,
    };
    // labels are the alert's identity: only what never changes for an incident may stand here
    json!([{
        "labels": {
            "alertname": "RedriveDeadLetters",
            "context": alarm.context,
            "connection": alarm.connection,
            "queue": alarm.queue,
            "fingerprint": alarm.fingerprint,
            "dedup_key": alarm.dedup_key,
            "severity": alarm.label_severity,
        },
        "annotations": {
            "summary": alarm.title,
            "description": alarm.text,
            "cause": alarm.cause,
            "category": alarm.category,
            "severity_now": alarm.severity,
            "count": alarm.count.to_string(),
            "command": alarm.command,
        },
        "startsAt": alarm.opened,
        "endsAt": stamp(ends),
    }])
}
