//! What the real Alertmanager knows.

use serde_json::Value;

use crate::testbed::listener;

/// Where it is, if it is there.
pub fn address() -> Option<String> {
    listener("REDRIVE_TEST_ALERTMANAGER")
}

/// The active alerts about this queue.
pub fn of(address: &str, queue: &str) -> Vec<Value> {
    let url = format!("{address}/api/v2/alerts?active=true");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let all: Vec<Value> = runtime.block_on(async { reqwest::get(url).await.expect("an answer").json().await.expect("JSON") });
    all.into_iter().filter(|a| a["labels"]["queue"] == queue).collect()
}
