//! The seed's blocks as one file: what it says, what is said about it.

use std::collections::BTreeSet;
use std::time::Duration;

use super::*;
use crate::config::model::{Action, Codec, Isolation, OffsetReset, Role, Severity, Store};

#[test]
fn it_loads_with_exactly_these_warnings() {
    let loaded = hyp(SEED);
    let mut said = messages(&loaded);
    said.sort();
    let expected = [
        "messaging.hyp:311:23: ScriptEventProducer: two possible names, script-events and hypnoscript.events.script-events",
        "messaging.hyp:377:23: UserEventProducer: two possible names, user-events and hypnoscript.user.user-events",
        "messaging.hyp:407:23: script.deleted goes to script-events, ScriptEventConsumer reads it and has no handler",
        "messaging.hyp:453:31: ScriptEventConsumer: 100 × 30 s ÷ 5 = 600 s (and 100 × 60 s ÷ 10 likewise) exceeds max_poll_interval_ms, 300 s",
        "messaging.hyp:52:15: TLS on port 5672; 5671 is usual",
        "messaging.hyp:678:34: timeout_error: max_retries 2 cannot be reached, max_redelivery of script-execution-dlq is 1",
        "messaging.hyp:698:32: no [roles]: admin_only needs REDRIVE_ROLE=admin",
        "messaging.hyp:719:28: manual_commit is true, but AnalyticsEventConsumer commits automatically (line 493)",
        "messaging.hyp:733:22: storage \"redis\" without url: only the local ledger is known",
        "messaging.hyp:734:18: ttl 1 d is below message_retention 30 d (line 657): marks die before messages",
        "messaging.hyp:828:9: [watch.otlp] is missing: spans wait",
        "messaging.hyp:82:21: tcp:// sends the password readable",
    ];
    assert_eq!(said, expected);
    assert!(loaded.diagnostics.iter().all(|d| d.level == Level::Warning));
}

#[test]
fn unset_variables_are_a_warning_each() {
    let loaded = load_text("messaging.hyp", SEED, &BTreeMap::new());
    let unset = messages(&loaded).iter().filter(|m| m.contains("is not set")).count();
    assert_eq!((unset, loaded.diagnostics.len()), (8, 20));
    let kafka = &config(&loaded).contexts[0].connections[0];
    assert_eq!(kafka.down, None, "a secret is missed only when it is needed");
    let password = kafka.kafka.publishing.password.as_ref().unwrap();
    let error = password.resolve_in(&BTreeMap::new()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "messaging.hyp:24:32: KAFKA_PASSWORD is not set; a replay to kafka needs it (looking has its own, line 43)"
    );
}

#[test]
fn all_leaves_are_accounted_for() {
    let loaded = hyp(SEED);
    assert_eq!(loaded.leaves.len(), 373);
    let distinct: BTreeSet<&str> = loaded.leaves.iter().map(|leaf| leaf.setting).collect();
    let unused: BTreeSet<&str> =
        loaded.leaves.iter().filter(|leaf| leaf.status.starts_with("listed, not used: ")).map(|leaf| leaf.setting).collect();
    assert_eq!((distinct.len(), unused.len()), (182, 9), "{unused:?}");
    let blocks: BTreeSet<&str> = distinct.iter().filter_map(|path| path.rsplit_once('.')).map(|(block, _)| block).collect();
    assert!(blocks.len() > 50);
    let text = explain::text(&loaded);
    assert!(
        text.contains("messaging.kafka.producer.security.sasl_password = env.KAFKA_PASSWORD, set\n    messaging.hyp:24:32  used: "),
        "{text}"
    );
    assert!(text.contains("messaging.rabbitmq.port = 5672\n    messaging.hyp:52:15  used: "));
    assert!(text.contains("events.\"script.created\".topic"));
    let counts = explain::counts(&loaded.leaves);
    assert_eq!((counts.settings, counts.unknown), (373, 0));
}

#[test]
fn the_model_holds_what_it_says() {
    let loaded = hyp(SEED);
    let config = config(&loaded);
    let context = config.context("default").unwrap();
    assert!(context.read_only);
    let names: Vec<&str> = context.connections.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["kafka", "rabbitmq", "activemq", "aws_messaging"]);
    let kafka = &context.connections[0].kafka;
    assert_eq!(kafka.bootstrap_servers[2], "kafka-3.example.com:9092");
    assert_eq!(kafka.looking.protocol(), "sasl_ssl");
    assert_eq!(kafka.reading.auto_offset_reset, Some(OffsetReset::Earliest));
    assert_eq!(kafka.reading.isolation, Isolation::ReadCommitted);
    assert_eq!((kafka.writing.retries, kafka.writing.batch_size), (3, 16384));
    assert_eq!((kafka.writing.compression, kafka.writing.transactional), (Codec::Snappy, true));
    assert_eq!(kafka.writing.transaction_timeout, Duration::from_secs(30));
    assert_eq!(kafka.writing.asked_acks, None);
    assert!(kafka.writing.compression_of.contains(&("script.changes".into(), Codec::Snappy)));
    assert_eq!(context.connections[1].rabbitmq.virtual_host, "/hypnoscript");
    assert_eq!(context.events.len(), 8);
    assert_eq!(context.events[1].payload[2].name, "version");
    let window = context.consumers[0].handler("script.executed").unwrap().proof_window(context.guarantees.offset_commit_interval);
    assert_eq!(window, Duration::from_secs(392));
    assert_eq!(context.request_reply[0].unanswered_after(), Duration::from_secs(127));
    assert_eq!(context.pub_sub[0].subscribers.len(), 4);
    let pair = context.dead_letters.pair("script-execution-dlq").unwrap();
    assert_eq!((pair.main.as_str(), pair.max_redelivery), ("script-execution-queue", 1));
    let rules = &context.dead_letters.rules.analysis.categories;
    let seen: Vec<_> = rules.iter().map(|r| (r.name.as_str(), r.action, r.severity)).collect();
    assert_eq!(
        seen,
        [
            ("validation_error", Action::LogAndAlert, Severity::Warning),
            ("timeout_error", Action::RetryWithBackoff, Severity::Warning),
            ("system_error", Action::Escalate, Severity::Critical),
        ]
    );
    let manual = &context.dead_letters.rules.manual;
    assert_eq!(manual.authorization.0, Role::Admin);
    assert!(context.guarantees.shared);
    assert_eq!(context.guarantees.store, Store::Redis);
    assert_eq!(context.guarantees.ordering_key.fields, ["script_id", "user_id"]);
    assert_eq!(context.monitoring.error_rate.as_ref().unwrap().threshold, 0.05);
    assert_eq!(context.monitoring.tracing.headers.len(), 3);
}

#[test]
fn as_toml_it_is_the_same_model() {
    let loaded = hyp(SEED);
    let text = as_toml(&loaded);
    let again = toml(&text);
    assert_eq!(config(&again), config(&loaded));
    assert_eq!(again.leaves.len(), 373);
    // and once more, from TOML to TOML
    assert_eq!(as_toml(&again), text);
}
