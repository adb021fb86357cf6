//! Planted secrets: in no output of any command, in no error, in no log.

use crate::binary::Place;

const PLANTED: [(&str, &str); 4] = [
    ("KAFKA_PASSWORD", "hunter2-kafka"),
    ("KAFKA_USERNAME", "svc-redrive"),
    ("HOOK_KEY", "hunter2-hook"),
    ("HOOK_URL", "http://127.0.0.1:9/hunter2-url"),
];

const CONFIG: &str = r#"
default_context = "dev"
[contexts.dev.messaging.kafka]
bootstrap_servers = ["127.0.0.1:9"]
[contexts.dev.messaging.kafka.consumer.security]
sasl_mechanism = "PLAIN"
sasl_username = { env = "KAFKA_USERNAME" }
sasl_password = { env = "KAFKA_PASSWORD" }
[contexts.dev.messaging.kafka.producer.security]
sasl_mechanism = "PLAIN"
sasl_username = { env = "KAFKA_USERNAME" }
sasl_password = { env = "KAFKA_PASSWORD" }
[escalation.targets.hook]
kind = "webhook"
url = { env = "HOOK_URL" }
key = { env = "HOOK_KEY" }
[log]
file = "redrive.log"
level = "trace"
"#;

#[track_caller]
fn nothing_in(text: &str, what: &str) {
    assert!(!text.contains("hunter2"), "{what}: {text}");
}

#[test]
fn no_command_prints_or_logs_one() {
    let here = Place::new(CONFIG, &PLANTED);
    let commands: [&[&str]; 9] = [
        &["check"],
        &["check", "-o", "json"],
        &["check", "--as", "toml"],
        &["check", "--connect"],
        &["ls"],
        &["lag", "-o", "json"],
        &["peek", "orders"],
        &["escalate", "--flush"],
        &["--help"],
    ];
    for args in commands {
        let ran = here.run(args);
        assert_ne!(ran.code, Some(2), "it reads the config: {ran}");
        nothing_in(&ran.out, &format!("{args:?} on stdout"));
        nothing_in(&ran.err, &format!("{args:?} on stderr"));
    }
    let log = std::fs::read_to_string(here.path().join("redrive.log")).expect("a log");
    assert!(log.contains("command=\"ls\""), "{log}");
    nothing_in(&log, "the log");
    nothing_in(&String::from_utf8_lossy(&std::fs::read(here.path().join("ledger.db")).expect("a ledger")), "the ledger");
}

#[test]
fn one_in_clear_text_is_warned_about_and_not_shown() {
    let clear = CONFIG.replace("{ env = \"KAFKA_PASSWORD\" }", "\"hunter2-clear\"");
    let broken = clear.replace("sasl_mechanism = \"PLAIN\"", "sasl_mechanism = \"PLANE\"");
    let ran = Place::new(&clear, &PLANTED).run(&["check"]).exits(0);
    assert!(ran.err.contains("clear text"), "{}", ran.err);
    nothing_in(&format!("{}{}", ran.out, ran.err), "check");
    let ran = Place::new(&broken, &PLANTED).run(&["check"]).exits(2);
    nothing_in(&format!("{}{}", ran.out, ran.err), "check with errors");
    let ran = Place::new(&clear, &PLANTED).run(&["ls"]);
    nothing_in(&format!("{}{}", ran.out, ran.err), "ls");
}
