//! Units, safety that wins, and texts of any kind.

use std::time::Duration;

use proptest::prelude::*;

use super::*;

#[test]
fn units_may_be_written() {
    let loaded = toml(
        "[replay]\nproof_window = \"5m\"\n[ledger]\nretention = \"30d\"\n[contexts.dev]\nread_bytes_per_second = \"1MiB\"\nwrites_for = \"10m\"\n",
    );
    let config = config(&loaded);
    assert_eq!(config.replay.proof_window, Some(Duration::from_secs(300)));
    assert_eq!(config.ledger.retention, Duration::from_secs(30 * 86_400));
    assert_eq!(config.contexts[0].read_bytes_per_second, Some(1 << 20));
    assert_eq!(config.contexts[0].writes_for, Duration::from_secs(600));
}

#[test]
fn a_value_in_the_wrong_unit_is_noticed() {
    let loaded = hyp("event_consumers { C: { group_id: \"g\", handlers: { \"*\": { timeout: 30 } } } }");
    assert_eq!(messages(&loaded), ["messaging.hyp:1:67: timeout counts ms: 30 is unusual; is 30000 meant?"]);
    let loaded = hyp(
        "dead_letter_queue { dlq_config: { main_queue: { name: \"a\", dlq_name: \"b\" }, dlq_queue: { name: \"b\", message_retention: 2592000000 } } }",
    );
    assert!(messages(&loaded)[0].contains("message_retention"), "{:?}", messages(&loaded));
}

#[test]
fn a_replay_is_never_weaker_than_all_acks_and_idempotent() {
    let loaded = toml(
        "[messaging.kafka]\nbootstrap_servers = [\"localhost\"]\nproducer = { acks = 1, retries = 0 }\n[message_guarantees.at_least_once]\nproducer = { idempotence = false }",
    );
    let kafka = &config(&loaded).contexts[0].connections[0].kafka;
    assert_eq!(kafka.bootstrap_servers, ["localhost:9092"]);
    assert_eq!(kafka.writing.asked_acks.as_deref(), Some("1"));
    assert!(kafka.writing.asked_not_idempotent);
    assert_eq!(kafka.writing.retries, 1);
    assert_eq!(
        messages(&loaded),
        [
            "redrive.toml:3:21: a replay publishes with acks all (config asks 1)",
            "redrive.toml:3:34: a replay retries at least once: idempotence needs it (config asks 0)",
            "redrive.toml:5:28: a replay is always idempotent where the broker can (config asks false)",
        ]
    );
}

#[test]
fn one_login_serves_both_uses() {
    let security = "security = { sasl_mechanism = \"SCRAM-SHA-512\", sasl_username = \"lea\", sasl_password = { env = \"KAFKA_PASSWORD\" }, ssl_enabled = true }";
    let loaded = toml(&format!("[messaging.kafka]\nbootstrap_servers = [\"a:1\"]\nproducer = {{ {security} }}"));
    let kafka = &config(&loaded).contexts[0].connections[0].kafka;
    assert_eq!(kafka.looking.protocol(), "sasl_ssl");
    assert!(explain::text(&loaded).contains("looks as lea, replays as lea"));
}

#[test]
fn an_empty_file_is_a_config() {
    let loaded = toml("");
    let config = config(&loaded);
    assert_eq!(config.default_context, "default");
    assert!(config.contexts[0].connections.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_text_loads_or_says_why(text in "\\PC*") {
        let _ = hyp(&text).report(false);
        let _ = toml(&text).report(false);
    }

    #[test]
    fn any_cut_of_the_seed_loads_or_says_why(at in 0usize..SEED.len(), length in 0usize..300) {
        let cut: String = SEED
            .char_indices()
            .filter(|(index, _)| *index < at || *index >= at + length)
            .map(|(_, c)| c)
            .collect();
        let loaded = hyp(&cut);
        prop_assert!(loaded.config.is_some() || loaded.diagnostics.iter().any(|d| d.level == Level::Error));
        let _ = loaded.report(false);
        let _ = as_toml(&loaded);
    }
}
