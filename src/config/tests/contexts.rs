//! Contexts, includes and merging.

use std::path::Path;

use super::*;

fn write(dir: &Path, name: &str, text: &str) -> std::path::PathBuf {
    let path = dir.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn a_connection_is_in_a_context_only_if_the_context_names_it() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "messaging.hyp", SEED);
    write(dir.path(), "prod.hyp", "messaging { kafka: { bootstrap_servers: [\"kafka.example.com\"] } }");
    let root = write(
        dir.path(),
        "redrive.toml",
        r#"
include = ["messaging.hyp"]
default_context = "dev"
[contexts.dev]
brokers = ["activemq"]
[contexts.dev.messaging.kafka]
bootstrap_servers = ["localhost:9092"]
inherit = false
[contexts.prod]
include = ["prod.hyp"]
brokers = ["rabbitmq"]
[contexts.prod.messaging.kafka-eu]
kind = "kafka"
bootstrap_servers = ["kafka-eu-1.example.com:9092"]
[contexts.prod.message_monitoring.alerting.consumer_lag]
threshold = 5
"#,
    );
    let loaded = load(&root, &environment());
    let config = config(&loaded);
    assert_eq!(config.default_context, "dev");
    let dev = config.context("dev").unwrap();
    assert!(!dev.read_only);
    let names = |context: &Context| context.connections.iter().map(|c| c.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(dev), ["kafka", "activemq"].map(str::to_owned).to_vec());
    let kafka = &dev.connection("kafka").unwrap().kafka;
    assert_eq!(kafka.looking.protocol(), "plaintext", "inherit = false takes nothing over");
    let prod = config.context("prod").unwrap();
    assert!(prod.read_only);
    assert_eq!(names(prod), ["kafka", "rabbitmq", "kafka-eu"].map(str::to_owned).to_vec());
    let kafka = &prod.connection("kafka").unwrap().kafka;
    assert_eq!(kafka.bootstrap_servers, ["kafka.example.com:9092"]);
    assert_eq!(kafka.looking.protocol(), "sasl_ssl", "the shared settings hold below it");
    assert_eq!(prod.monitoring.consumer_lag.as_ref().unwrap().threshold, 5);
    assert_eq!(dev.monitoring.consumer_lag.as_ref().unwrap().threshold, 1000);
    assert_eq!(prod.producers[0].connection.as_deref(), Some("kafka"));
    let shared = loaded.leaves.iter().find(|l| l.path == "messaging.kafka.bootstrap_servers").unwrap();
    assert_eq!(shared.overridden.len(), 2, "{:?}", shared.overridden);
}

#[test]
fn the_only_connection_of_a_kind_is_meant_by_its_word() {
    let loaded = toml(
        "[messaging.events-bus]\nkind = \"kafka\"\nbootstrap_servers = [\"a:1\"]\n[event_consumers.C]\ngroup_id = \"g\"\nbroker = \"kafka\"",
    );
    let consumer = &config(&loaded).contexts[0].consumers[0];
    assert_eq!(consumer.connection.as_deref(), Some("events-bus"));
}

#[test]
fn includes_that_go_wrong() {
    let dir = tempfile::tempdir().unwrap();
    let root = write(dir.path(), "a.toml", "include = [\"b.toml\"]");
    write(dir.path(), "b.toml", "include = [\"a.toml\"]");
    let said = messages(&load(&root, &environment()));
    assert_eq!(said.len(), 1);
    assert!(said[0].contains("b.toml:1:12: include loop: "), "{said:?}");
    let root = write(dir.path(), "c.toml", "include = [\"nowhere.hyp\"]");
    let said = messages(&load(&root, &environment()));
    assert!(said[0].contains("c.toml:1:12: ") && said[0].ends_with("there is no such file"), "{said:?}");
    let said = messages(&load(&dir.path().join("none.toml"), &environment()));
    assert!(said[0].ends_with("there is no such file"), "{said:?}");
    std::fs::write(dir.path().join("d.hyp"), b"a: \xff").unwrap();
    let said = messages(&load(&dir.path().join("d.hyp"), &environment()));
    assert!(said[0].contains("not UTF-8"), "{said:?}");
}

#[test]
fn a_variable_that_is_not_set_takes_its_connection_down_and_no_other() {
    let text = "messaging { rabbitmq: { host: env.RABBIT_HOST }\n kafka: { bootstrap_servers: [\"a:1\"] } }";
    let loaded = hyp(text);
    let context = &config(&loaded).contexts[0];
    let down = context.connection("rabbitmq").unwrap().down.as_ref().unwrap();
    assert_eq!(down.to_string(), "messaging.hyp:1:31: RABBIT_HOST is not set; connection rabbitmq needs it");
    assert_eq!(context.connection("kafka").unwrap().down, None);
    let mut env = environment();
    env.insert("RABBIT_HOST".into(), "rabbit.example.com".into());
    let loaded = load_text("messaging.hyp", text, &env);
    let rabbit = &config(&loaded).contexts[0].connections[0];
    assert_eq!((rabbit.rabbitmq.host.as_str(), &rabbit.down), ("rabbit.example.com", &None));
    let leaf = &loaded.leaves[0];
    assert_eq!(leaf.value, "env.RABBIT_HOST, set");
}

#[test]
fn lists_of_pairs_and_rules_of_one_pair() {
    let loaded = toml(
        r#"
[[dead_letter_queue.dlq_config]]
main_queue = { name = "orders", dlq_name = "orders.dlt" }
dlq_queue = { name = "orders.dlt" }
park_to = "orders.parked"
[[dead_letter_queue.dlq_config]]
main_queue = { name = "bills", dlq_name = "bills.dlt" }
dlq_queue = { name = "bills.dlt", max_redelivery = 9 }
[dead_letter_queue.dlq_config.dlq_handlers.error_analysis.error_categories.lost]
action = "escalate"
match = { class = "NotFound" }
"#,
    );
    let letters = &config(&loaded).contexts[0].dead_letters;
    assert_eq!(letters.pairs.len(), 2);
    assert_eq!(letters.pair("orders.dlt").unwrap().park_to.as_deref(), Some("orders.parked"));
    let rules = letters.rules_for("bills.dlt");
    assert_eq!(rules.analysis.categories[0].name, "lost");
    assert!(letters.rules_for("orders.dlt").analysis.categories.is_empty());
}

#[test]
fn roles_by_person_and_context() {
    let loaded = toml("[roles]\ndefault = \"viewer\"\nlea = \"admin\"\n[roles.prod]\nlea = \"operator\"\n[contexts.prod]\n");
    let roles = config(&loaded).roles.as_ref().unwrap();
    use crate::config::model::Role;
    assert_eq!(roles.of("lea", "dev"), Role::Admin);
    assert_eq!(roles.of("lea", "prod"), Role::Operator);
    assert_eq!(roles.of("max", "prod"), Role::Viewer);
}

#[test]
fn a_variable_may_stand_in_a_list() {
    let text = "messaging { kafka: { bootstrap_servers: [env.BOOTSTRAP, \"b:1\"] } }";
    let loaded = hyp(text);
    let kafka = &config(&loaded).contexts[0].connections[0];
    assert_eq!(kafka.down.as_ref().unwrap().why, "BOOTSTRAP is not set");
    assert_eq!(loaded.leaves[0].value, "[env.BOOTSTRAP, not set, \"b:1\"]");
    let mut env = environment();
    env.insert("BOOTSTRAP".into(), "a".into());
    for (name, text) in [("a.hyp", text), ("a.toml", "[messaging.kafka]\nbootstrap_servers = [{ env = \"BOOTSTRAP\" }, \"b:1\"]")] {
        let loaded = load_text(name, text, &env);
        let kafka = &config(&loaded).contexts[0].connections[0].kafka;
        assert_eq!(kafka.bootstrap_servers, ["a:9092", "b:1"]);
        assert_eq!(loaded.leaves[0].value, "[env.BOOTSTRAP, set, \"b:1\"]");
        let again = load_text("again.toml", &as_toml(&loaded), &env);
        assert_eq!(config(&again), config(&loaded));
    }
}
