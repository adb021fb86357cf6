//! `redrive check`: every setting of a config, its errors by line and column, and the same config as TOML.

use serde_json::Value;

use crate::binary::Place;
use crate::{nobody_home, place};

const SEED: &str = include_str!("../seed/messaging.hyp");

fn with(name: &str, text: &str) -> Place {
    let here = place("");
    std::fs::write(here.path().join(name), text).expect("the config");
    here
}

#[test]
fn every_leaf_of_the_seed_is_accounted_for() {
    let here = with("messaging.hyp", SEED);
    let ran = here.run(&["--config", "messaging.hyp", "check", "-o", "json"]).exits(0);
    let said: Value = serde_json::from_str(&ran.out).expect("JSON");
    let settings = said["item"]["settings"].as_array().expect("settings");
    assert_eq!(settings.len(), 373);
    for s in settings {
        let told = |key: &str| s[key].as_str().is_some_and(|t| !t.is_empty());
        assert!(told("path") && told("status") && told("used_for") && s["line"].as_u64() > Some(0), "{s}");
    }
    let counts = &said["item"]["counts"];
    let sum: u64 = ["used", "waiting", "not_used", "unknown"].iter().filter_map(|k| counts[*k].as_u64()).sum();
    assert_eq!((sum, counts["unknown"].as_u64()), (373, Some(0)), "{counts}");
    // the same for people, every one with its place
    let text = here.run(&["--config", "messaging.hyp", "check"]).exits(0);
    assert_eq!(text.out.matches("messaging.hyp:").count(), 373, "{}", text.out);
    assert_eq!(text.err.matches("warning: ").count(), 20, "{}", text.err);
}

#[test]
fn the_seed_as_toml_loads_and_means_the_same() {
    let here = with("messaging.hyp", SEED);
    let toml = here.run(&["--config", "messaging.hyp", "check", "--as", "toml"]).exits(0);
    std::fs::write(here.path().join("twin.toml"), &toml.out).expect("the twin");
    let contexts = |file: &str| {
        let ran = here.run(&["--config", file, "check", "-o", "json"]).exits(0);
        let said: Value = serde_json::from_str(&ran.out).expect("JSON");
        said["item"]["contexts"].clone()
    };
    assert_eq!(contexts("twin.toml"), contexts("messaging.hyp"));
}

#[test]
fn a_broken_config_is_shown_where_it_is_broken() {
    let toml = "default_context = \"dev\"\n[contexts.dev.messaging.kafka]\nbootstrap_servers = \"localhost\"\nbootstrap_server = [\"b:9092\"]\n\
                [contexts.dev.messaging.kafka.producer]\nacks = \"most\"\nretries = \"three\"\n";
    let hyp = "messaging {\n  kafka: {\n    bootstrap_servers: [\"localhost:9092\"\n    producer: { acks: \"all\" }\n  }\n}\n";
    for (name, text) in [("broken.toml", toml), ("broken.hyp", hyp)] {
        let ran = with(name, text).run(&["--config", name, "check"]).exits(2);
        insta::assert_snapshot!(name, ran.err);
        // what cannot be loaded can do nothing else either
        with(name, text).run(&["--config", name, "ls"]).exits(2);
    }
}

#[test]
fn an_unknown_context_is_answered_with_those_there_are() {
    let ran = nobody_home("").run(&["--context", "prod", "ls"]).exits(2);
    assert_eq!(ran.err, "redrive: no context 'prod'; the config has test\n");
}

#[test]
fn a_broker_that_is_down_is_so_in_the_table_and_in_words() {
    let ran = nobody_home("").run(&["check", "--connect"]).exits(1);
    assert!(ran.out.contains("kafka") && ran.out.contains("NO"), "{}", ran.out);
    crate::golden!(0, "check_connect", "check", "--connect");
}
