//! redrive's own sections.

use std::time::Duration;

use super::super::model::{Config, Escalation, EscalationLevel, EscalationTarget, KeyBinding, Role, Roles, Severity};
use super::super::source::Sources;
use super::super::tree::{Value, View};
use super::{ms, put, set, word};

/// Everything but the contexts.
pub fn sections(root: View<'_>, sources: &Sources) -> Config {
    let mut config = Config::default();
    let ledger = root.get("ledger");
    put(&mut config.ledger.path, ledger.get("path").path(sources));
    set(&mut config.ledger.retention, ledger.get("retention").secs());
    config.ledger.key = ledger.get("key").secret(sources, "the ledger's copies need it");
    let people = root.get("roles");
    config.roles = people.is_some().then(|| roles(people, true));
    config.escalation = escalation(root.get("escalation"), sources);
    let replay = root.get("replay");
    config.replay.per_second = replay.get("per_second").float();
    set(&mut config.replay.canary, replay.get("canary").ints());
    config.replay.proof_window = replay.get("proof_window").secs();
    let masking = root.get("masking");
    set(&mut config.masking.fields, masking.get("fields").texts());
    set(&mut config.masking.headers, masking.get("headers").texts());
    set(&mut config.masking.patterns, masking.get("patterns").texts());
    config.links.trace = root.at("links.trace").string();
    let watch = root.get("watch");
    set(&mut config.watch.interval, watch.get("interval").secs());
    config.watch.prometheus_listen = watch.at("prometheus.listen").string();
    config.watch.otlp_endpoint = watch.at("otlp.endpoint").string();
    config.watch.requests_per_second = watch.get("requests_per_second").int();
    let log = root.get("log");
    config.log.file = log.get("file").path(sources);
    config.log.level = log.get("level").string();
    config.log.json = log.get("format").text() == Some("json");
    let theme = root.get("theme");
    config.theme = theme
        .string()
        .or_else(|| theme.get("file").path(sources).map(|path| path.display().to_string()))
        .or_else(|| theme.get("name").string());
    let binding = |key: View<'_>| Some(KeyBinding { command: key.name().to_owned(), key: key.string()? });
    config.keymap = root.get("keymap").children().filter_map(binding).collect();
    config
}

fn roles(view: View<'_>, outer: bool) -> Roles {
    let mut all = Roles { default: word(view.get("default"), Role::from_word), approve: view.get("approve").int(), ..Roles::default() };
    for child in view.children() {
        let name = child.name();
        match child.node.map(|node| &node.value) {
            Some(Value::Map(_)) if outer => {
                all.contexts.insert(name.to_owned(), roles(child, false));
            }
            Some(Value::Str(role)) if name != "default" => {
                if let Some(role) = Role::from_word(role) {
                    all.people.insert(name.to_owned(), role);
                }
            }
            _ => {}
        }
    }
    all
}

fn escalation(view: View<'_>, sources: &Sources) -> Escalation {
    let mut all = Escalation::default();
    for level in view.get("level").items() {
        all.levels.push(EscalationLevel {
            name: level.get("name").string().unwrap_or_default(),
            after: level.get("after").secs().unwrap_or_default(),
            severity: word(level.get("severity"), Severity::from_word).unwrap_or_default(),
            targets: level.get("targets").texts().unwrap_or_default(),
        });
    }
    for target in view.get("targets").children() {
        let need = format!("escalation target {} needs it", target.name());
        let mut read = EscalationTarget {
            name: target.name().to_owned(),
            kind: target.get("kind").string().unwrap_or_default(),
            url: target.get("url").secret(sources, &need),
            key: target.get("key").secret(sources, &need),
            command: target.get("command").texts().unwrap_or_default(),
            timeout: Duration::from_secs(10),
        };
        ms(target.get("timeout"), &mut read.timeout);
        all.targets.push(read);
    }
    all
}
