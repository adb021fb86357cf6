//! What the real Alertmanager knows.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::testbed::{PATIENCE, listener};

/// Where it is, if it is there.
pub fn address() -> Option<String> {
    listener("REDRIVE_TEST_ALERTMANAGER")
}

/// What a config needs so that every escalation goes there.
pub fn config(address: &str) -> String {
    format!(
        "[[escalation.level]]\nname = \"on-call\"\nseverity = \"info\"\ntargets = [\"am\"]\n\
         [escalation.targets.am]\nkind = \"alertmanager\"\nurl = \"{address}\""
    )
}

/// Waits until no alert about this queue is active: a resolved one goes at Alertmanager's own pace.
#[track_caller]
pub fn gone(address: &str, queue: &str) {
    let end = Instant::now() + PATIENCE;
    while !of(address, queue).is_empty() {
        assert!(Instant::now() < end, "the alert about {queue} is still there");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The active alerts about this queue.
pub fn of(address: &str, queue: &str) -> Vec<Value> {
    let url = format!("{address}/api/v2/alerts?active=true");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let all: Vec<Value> = runtime.block_on(async { reqwest::get(url).await.expect("an answer").json().await.expect("JSON") });
    all.into_iter().filter(|a| a["labels"]["queue"] == queue).collect()
}
