//! Errors: each names its place, what was expected and what was surely meant.

use super::*;

/// The seed with one text for another, which must stand in it exactly once from `line` on.
fn changed(line: usize, from: &str, to: &str) -> String {
    let mut lines: Vec<String> = SEED.lines().map(str::to_owned).collect();
    assert!(lines[line - 1].contains(from), "{}", lines[line - 1]);
    lines[line - 1] = lines[line - 1].replacen(from, to, 1);
    lines.join("\n")
}

fn errors(loaded: &Loaded) -> Vec<String> {
    loaded.diagnostics.iter().filter(|d| d.level == Level::Error).map(Diagnostic::one_line).collect()
}

#[track_caller]
fn one(loaded: &Loaded, expected: &str) {
    assert_eq!(errors(loaded), [expected], "{}", loaded.report(false));
    assert!(loaded.config.is_none());
}

#[test]
fn out_of_range_is_shown_as_rustc_shows_it() {
    let loaded = hyp(&changed(110, "30", "86400"));
    one(&loaded, "messaging.hyp:110:33: visibility_timeout is 0 to 43200 seconds, not 86400");
    let report = loaded.report(false);
    let expected = "\
error: visibility_timeout is 0 to 43200 seconds, not 86400
   --> messaging.hyp:110:33
    |
110 |             visibility_timeout: 86400
    |                                 ^^^^^ SQS hides a message for at most 12 hours
";
    assert!(report.starts_with(expected), "{report}");
}

#[test]
fn types_and_ratios() {
    let loaded = hyp(&changed(52, "5672", "\"5672x\""));
    one(&loaded, "messaging.hyp:52:15: port is a number, found \"5672x\"");
    let loaded = hyp(&changed(804, "0.05", "5"));
    let expected = "messaging.hyp:804:24: threshold is a ratio from 0 to 1: 5 is 500 %, write 0.05";
    one(&loaded, expected);
    let loaded = hyp(&changed(52, "5672", "70000"));
    one(&loaded, "messaging.hyp:52:15: port is 1 to 65535, not 70000");
}

#[test]
fn words_that_decide() {
    let loaded = hyp(&changed(698, "admin_only", "admins_only"));
    one(&loaded, "messaging.hyp:698:32: authorization \"admins_only\": expected admin_only or <role>_only; did you mean admin_only?");
    let loaded = hyp(&changed(678, "max_retries: 2", "severity: \"waring\""));
    one(&loaded, "messaging.hyp:678:31: severity \"waring\": expected info, warning, error or critical; did you mean warning?");
    let loaded = hyp("events { A: { B: { event_type: \"b\", version: \"1\", payload: { id: \"uid\" } } } }");
    assert!(
        errors(&loaded)[0]
            .ends_with("id \"uid\": expected uuid, string, integer, number, boolean, object, array or timestamp; did you mean uuid?")
    );
}

#[test]
fn keys_that_are_typos_and_keys_that_are_unknown() {
    let loaded = hyp(&changed(698, "authorization", "authorisation"));
    one(&loaded, "messaging.hyp:698:17: authorisation is not known here; did you mean authorization?");
    let text = "default_context = \"prod\"\n[contexts.prod.messaging.kafka]\nbootstrap_servers = [\"a:1\"]\n\n# no writes here\n\n\n[contexts.prod]\nreadonly = true\n";
    one(&toml(text), "redrive.toml:9:1: [contexts.prod] has no readonly; did you mean read_only?");
    let loaded = hyp("messaging { kafka: { bootstrap_servers: [\"a\"], client_rack: \"r1\" } }");
    assert_eq!(messages(&loaded), ["messaging.hyp:1:48: client_rack is not known here; nothing uses it"]);
    let leaf = loaded.leaves.iter().find(|leaf| leaf.status == "unknown").unwrap();
    assert_eq!((leaf.path.as_str(), leaf.value.as_str()), ("messaging.kafka.client_rack", "\"r1\""));
}

#[test]
fn things_said_twice() {
    let loaded = hyp(&changed(651, "script-execution-dlq", "a-dlq"));
    one(&loaded, "messaging.hyp:651:23: dlq_name \"a-dlq\", but dlq_queue.name (line 656) is \"script-execution-dlq\"");
    let loaded = hyp(&changed(52, "port: 5672", "port: 5672, port: 5671"));
    one(&loaded, "messaging.hyp:52:21: port stands here twice");
    let event = "{ event_type: \"a\", version: \"1\" }";
    let loaded = hyp(&format!("events {{ F: {{ A: {event}\n B: {event} }} }}"));
    one(&loaded, "messaging.hyp:2:19: a 1 is declared twice, first in line 1");
}

#[test]
fn names_that_lead_nowhere() {
    let loaded = hyp(&changed(310, "\"kafka\"", "\"kafka-eu\""));
    one(&loaded, "messaging.hyp:310:17: no connection \"kafka-eu\" in context default; it has kafka, rabbitmq, activemq, aws_messaging");
    one(&toml("default_context = \"prod\""), "redrive.toml:1:19: no context \"prod\"; there is default");
    one(
        &toml("theme = \"drak\""),
        "redrive.toml:1:9: no theme \"drak\": built in are dark, light, high-contrast, plain, and it is no file; did you mean dark?",
    );
    one(
        &toml("[[escalation.level]]\nname = \"a\"\ntargets = [\"hook\"]"),
        "redrive.toml:3:12: no target \"hook\" in [escalation.targets]; it has none",
    );
    one(&toml("[roles.prod]\nlea = \"admin\""), "redrive.toml:1:8: [roles.prod]: no such context; there is default");
    one(
        &toml("[contexts.a]\nbrokers = [\"kafka\"]\n[messaging.events]\nkind = \"kafka\"\nbootstrap_servers = [\"a:1\"]"),
        "redrive.toml:2:12: [contexts.a] names \"kafka\"; the shared connections are events",
    );
}

#[test]
fn half_credentials() {
    let servers = "bootstrap_servers: [\"a:1\"]";
    let text = format!("messaging {{ kafka: {{ {servers}\n consumer: {{ security: {{\n sasl_username: \"lea\" }} }} }} }}");
    one(&hyp(&text), "messaging.hyp:3:17: a login without sasl_mechanism: a guess would send the password");
    let text = format!(
        "messaging {{ kafka: {{ {servers}\n consumer: {{ security: {{\n sasl_mechanism: \"PLAIN\", sasl_username: \"lea\" }} }} }} }}"
    );
    one(&hyp(&text), "messaging.hyp:3:18: PLAIN needs sasl_password");
    one(&hyp("messaging { aws_messaging: { access_key_id: env.A } }"), "messaging.hyp:1:30: access_key_id without secret_access_key");
}

#[test]
fn blocks_that_lack_what_they_need() {
    one(&hyp("messaging { kafka: {} }"), "messaging.hyp:1:13: messaging.kafka needs bootstrap_servers");
    one(&hyp("messaging { kafka: 3 }"), "messaging.hyp:1:20: kafka is a block, found a number");
    one(
        &toml("[messaging.kafka-eu]\nbootstrap_servers = [\"a:1\"]"),
        "redrive.toml:1:12: connection \"kafka-eu\" needs kind, its name says none",
    );
    one(
        &hyp("event_consumers { C: { group_id: \"g\"\n topics: [ { partitions: [0] } ] } }"),
        "messaging.hyp:2:12: event_consumers.C.topics[0] needs name",
    );
}

#[test]
fn all_errors_of_a_run_are_shown() {
    let mut text = changed(52, "5672", "70000").replace("visibility_timeout: 30", "visibility_timeout: 99999");
    text.push_str("\nevents { x 3 }\n");
    assert_eq!(errors(&hyp(&text)).len(), 3);
    let loaded = toml("a = \nb = 1\n[messaging.kafka\n");
    assert!(errors(&loaded).len() >= 2, "{:?}", errors(&loaded));
    assert!(errors(&loaded)[0].starts_with("redrive.toml:1:"), "{:?}", errors(&loaded));
}

#[test]
fn a_variable_taken_literally_is_an_error() {
    let loaded = toml("[messaging.kafka]\nbootstrap_servers = [\"a:1\"]\n[messaging.kafka.consumer]\ngroup_id = \"env.GROUP\"");
    one(&loaded, "redrive.toml:4:12: group_id would be the text \"env.GROUP\" itself");
}

#[test]
fn keys_of_the_keymap() {
    one(&toml("[keymap]\na = \"ctrl-r\"\nb = \"ctrl-r\""), "redrive.toml:3:5: ctrl-r is the key of a already");
    let loaded = toml("[keymap]\nrefresh = \"entre\"");
    assert!(errors(&loaded)[0].contains("did you mean enter?"));
}
