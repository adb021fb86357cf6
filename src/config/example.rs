//! `config.example.toml`, made from the table of settings.

use super::leaf::{join, quoted};
use super::settings::{Setting, settings};

const HEAD: &str = "\
# redrive.toml: all settings, made from the table of settings in the program itself.
# A line that begins with `#` and a letter is a setting with its default or an example;
# take the `#` away (of its [block] too) to set it. `redrive check` says what each one does here.
# Secrets: { env = \"NAME\" }, { file = \"/run/secrets/x\" } or { command = [\"pass\", \"show\", \"x\"] }.
# Times take \"30s\", sizes \"1MiB\" as well; the unit of a bare number is the setting's own.

";

/// Names for what the user names: what stands before the name, and the example's name.
const NAMES: &[(&str, &str)] = &[
    ("contexts", "staging"),
    ("events", "OrderEvents"),
    ("events.OrderEvents", "OrderCreated"),
    ("events.OrderEvents.OrderCreated.payload", "order_id"),
    ("events.OrderEvents.OrderCreated.metadata", "sent_at"),
    ("event_producers", "OrderProducer"),
    ("event_producers.OrderProducer.events", "order.created"),
    ("event_consumers", "OrderConsumer"),
    ("event_consumers.OrderConsumer.handlers", "order.created"),
    ("request_reply", "price"),
    ("pub_sub", "order_changes"),
    ("roles", "lea"),
    ("roles.staging", "lea"),
    ("escalation.targets", "hook"),
    ("keymap", "refresh"),
];

/// The one setting that nobody can do without.
const LIVE: &str = "messaging.kafka.bootstrap_servers";

/// The whole file.
pub fn example() -> String {
    let mut groups: Vec<(String, Vec<&'static Setting>)> = vec![(String::new(), Vec::new())];
    for setting in settings().filter(|setting| shown(setting)) {
        let block = block(setting);
        match groups.iter_mut().find(|(name, _)| *name == block) {
            Some((_, settings)) => settings.push(setting),
            None => groups.push((block, vec![setting])),
        }
    }
    let mut out = String::from(HEAD);
    for (block, settings) in &groups {
        let live = settings.iter().any(|setting| setting.path == LIVE);
        if !block.is_empty() {
            let mark = if live { "" } else { "#" };
            out.push_str(&format!("\n{mark}{block}\n"));
        }
        for setting in settings {
            out.push_str(&line(setting, block));
        }
    }
    out
}

/// A list of rules for one pair is the same as for all, and a theme is named in one way only.
fn shown(setting: &Setting) -> bool {
    !setting.path.starts_with("dead_letter_queue.dlq_config.dlq_handlers") && !setting.path.starts_with("theme.")
}

fn line(setting: &Setting, block: &str) -> String {
    let value = if setting.example.is_empty() { setting.default } else { setting.example };
    let mut about = vec![setting.what.to_owned()];
    if !setting.default.is_empty() && setting.default != value {
        about.push(format!("default {}", setting.default));
    }
    if setting.needed {
        about.push("needed".to_owned());
    }
    let status = setting.status().to_string();
    if status != "used" {
        about.push(status);
    }
    let about: Vec<String> = about.into_iter().filter(|part| part != "nothing").collect();
    let name = match setting.name() {
        "*" => {
            let path = block.trim_matches(['[', ']']);
            let name = named(path);
            // a name with a dot stands in quotes
            join("", name)
        }
        name => name.to_owned(),
    };
    let mark = if setting.path == LIVE { "" } else { "#" };
    format!("# {}\n{mark}{name} = {value}\n", about.join("; "))
}

fn block(setting: &Setting) -> String {
    let pattern = setting.block();
    if pattern.is_empty() {
        return String::new();
    }
    let mut path = String::new();
    for part in pattern.split('.') {
        let name = match part.trim_end_matches("[]") {
            "*" if path == "roles" => "staging",
            "*" if path.ends_with("error_categories") => "timeout_error",
            "*" => named(&path),
            name => name,
        };
        path = join(&path, name);
    }
    if pattern.ends_with("[]") { format!("[[{path}]]") } else { format!("[{path}]") }
}

fn named(path: &str) -> &'static str {
    let plain = path.replace(&quoted("order.created"), "order.created");
    NAMES.iter().find(|(before, _)| *before == plain).map_or("order_id", |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::config::{load_text, tests::messages};

    #[test]
    fn the_committed_example_is_up_to_date() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/config.example.toml");
        let made = example();
        if std::env::var_os("REDRIVE_BLESS").is_some() {
            std::fs::write(path, &made).unwrap();
        }
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(made == committed, "run the test with REDRIVE_BLESS=1 to write it anew");
    }

    #[test]
    fn the_example_loads_as_it_is_and_with_every_line_set() {
        let env: BTreeMap<String, String> = BTreeMap::new();
        let made = example();
        let loaded = load_text("config.example.toml", &made, &env);
        assert_eq!(messages(&loaded), Vec::<String>::new());
        let all: String = made
            .lines()
            .map(|line| match line.strip_prefix('#') {
                Some(rest) if !rest.starts_with(' ') => format!("{rest}\n"),
                _ => format!("{line}\n"),
            })
            .collect();
        let loaded = load_text("config.example.toml", &all, &env);
        assert!(!loaded.failed(), "{}", loaded.report(false));
        let set = loaded.leaves.iter().filter(|leaf| leaf.status != "unknown").count();
        let shown = settings().filter(|setting| shown(setting)).count();
        assert_eq!(set, shown);
    }
}
