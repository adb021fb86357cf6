//! A planted secret comes out nowhere.

use super::*;

const PLANTED: &str = "hunter2-planted";

/// Everything that this room can print of a load.
fn everything(loaded: &Loaded) -> String {
    let mut all = format!("{loaded:?}\n{}\n{}", loaded.report(true), loaded.report(false));
    all.push_str(&explain::text(loaded));
    all.push_str(&serde_json::to_string(&explain::explain(loaded)).unwrap());
    all.push_str(&as_toml(loaded));
    all
}

#[track_caller]
fn clean(loaded: &Loaded) {
    let all = everything(loaded);
    assert!(!all.contains("hunter2"), "{all}");
}

#[test]
fn from_the_environment() {
    let env: BTreeMap<String, String> = environment().into_keys().map(|name| (name, PLANTED.to_owned())).collect();
    clean(&load_text("messaging.hyp", SEED, &env));
}

#[test]
fn in_clear_text_with_a_warning() {
    let text = SEED.replace("env.KAFKA_PASSWORD", "\"hunter2-planted\"");
    let loaded = hyp(&text);
    assert!(!loaded.failed());
    assert_eq!(messages(&loaded).iter().filter(|m| m.contains("in clear text")).count(), 2);
    clean(&loaded);
    let kafka = &config(&loaded).contexts[0].connections[0].kafka;
    assert_eq!(kafka.looking.password.as_ref().unwrap().resolve().unwrap().expose(), PLANTED);
}

#[test]
fn in_lines_that_are_wrong() {
    for line in [
        "sasl_pasword: \"hunter2-planted\"",
        "sasl_password \"hunter2-planted\"",
        "sasl_password: \"hunter2-planted",
        "sasl_password: hunter2-planted",
        "sasl_password = \"hunter2-planted\"",
        "sasl_password: [\"hunter2-planted\"]",
        "api_token: \"hunter2-planted\"",
        "sasl_password: \"a\", sasl_password: \"hunter2-planted\"",
    ] {
        let text = SEED.replacen("sasl_password: env.KAFKA_PASSWORD", line, 1);
        clean(&hyp(&text));
    }
    for line in [
        "sasl_password = \"hunter2-planted",
        "sasl_password = 'hunter2-planted' x",
        "sasl_password = { secret = \"hunter2-planted\" }",
        "sasl_password = { command = \"echo hunter2-planted\" }",
        "sasl_password = { command = [\"echo\", \"hunter2-planted\"] }",
    ] {
        let text = format!("[messaging.kafka]\nbootstrap_servers = [\"a:1\"]\n[messaging.kafka.consumer.security]\n{line}\n");
        clean(&toml(&text));
    }
}

#[test]
fn in_addresses() {
    let loaded = toml(
        "[message_guarantees.exactly_once.idempotence]\nurl = \"redis://:hunter2-planted@localhost:6379\"\n[escalation.targets.hook]\nkind = \"webhook\"\nurl = \"https://hooks.example.com/hunter2-planted\"",
    );
    assert!(!loaded.failed());
    clean(&loaded);
    let loaded = toml("[watch.otlp]\nendpoint = \"http://lea:hunter2-planted@localhost:4318\"");
    assert_eq!(messages(&loaded), ["redrive.toml:2:12: endpoint holds a password, which would be shown"]);
    clean(&loaded);
}

#[test]
fn a_value_from_a_variable_is_not_shown_either() {
    let mut env = environment();
    env.insert("PORT".into(), "hunter2-planted".into());
    env.insert("HOST".into(), "hunter2-planted".into());
    let text = "messaging { rabbitmq: { host: env.HOST, port: env.PORT } }";
    let loaded = load_text("messaging.hyp", text, &env);
    assert!(messages(&loaded)[0].ends_with("port: what env.PORT holds does not fit"));
    assert!(!loaded.report(false).contains("hunter2"));
    assert!(!explain::text(&loaded).contains("hunter2"));
}
