//! redrive's own sections: names that lead nowhere.

use std::collections::BTreeMap;

use super::super::diagnostic::Findings;
use super::super::keymap::{Chord, chord};
use super::super::model::Config;
use super::super::paths;
use super::super::source::Sources;
use super::super::spelling::nearest;
use super::super::theme::{BUILT_IN, known};
use super::super::tree::{Node, Value, View};

/// Looks at the sections that are not below a context.
pub fn own(root: &Node, config: &Config, sources: &Sources, findings: &mut Findings) {
    let root = View::of(root);
    let known: Vec<&str> = config.escalation.targets.iter().map(|target| target.name.as_str()).collect();
    for level in root.at("escalation.level").items() {
        for target in level.get("targets").items() {
            if let Some(name) = target.text()
                && !known.contains(&name)
            {
                let has = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                let message = format!("no target {name:?} in [escalation.targets]; it has {has}");
                findings.error(sources, target.span(), message, "");
            }
        }
    }
    for target in root.at("escalation.targets").children() {
        let needs = match target.get("kind").text() {
            Some("exec") => "command",
            Some("pagerduty") => "key",
            Some(_) => "url",
            None => continue,
        };
        if !target.get(needs).is_some() {
            let message = format!("escalation.targets.{} needs {needs}", target.name());
            findings.error(sources, target.key_span(), message, "");
        }
    }
    for role in root.get("roles").children() {
        let block = matches!(role.node.map(|node| &node.value), Some(Value::Map(_)));
        if block && config.context(role.name()).is_none() {
            let names: Vec<&str> = config.contexts.iter().map(|c| c.name.as_str()).collect();
            let message = format!("[roles.{}]: no such context; there is {}", role.name(), names.join(", "));
            findings.error(sources, role.key_span(), message, "");
        }
    }
    keys(root, sources, findings);
    let theme = root.get("theme");
    let place = if theme.text().is_some() { theme } else { theme.get("name") };
    if let (Some(name), Some(known)) = (place.text(), unknown_theme(place)) {
        findings.error(sources, place.span(), format!("no theme {name:?}{known}"), "");
    }
    for table in root.get("contexts").children() {
        let place = table.get("theme");
        if let (Some(name), Some(known)) = (place.text(), unknown_theme(place)) {
            findings.error(sources, place.span(), format!("no theme {name:?}{known}"), "");
        }
    }
    if config.replay.canary.contains(&0) {
        let span = root.at("replay.canary").span();
        findings.error(sources, span, "a canary step of 0 messages; canary = [] goes without steps", "");
    }
}

/// What to say of a theme that there is not.
fn unknown_theme(place: View<'_>) -> Option<String> {
    let name = place.text()?;
    if known(name, paths::themes().as_deref()) {
        return None;
    }
    let names = BUILT_IN.iter().map(|(name, _)| *name);
    let meant = nearest(name, names.clone()).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
    let names: Vec<&str> = names.collect();
    Some(format!(": built in are {}, and it is no file{meant}", names.join(", ")))
}

/// Keys that are none, and keys with two meanings. Which commands there are the command table knows.
fn keys(root: View<'_>, sources: &Sources, findings: &mut Findings) {
    let mut taken: BTreeMap<String, &str> = BTreeMap::new();
    for binding in root.get("keymap").children() {
        let Some(text) = binding.text() else { continue };
        match chord(text).map(|chord: Chord| chord.to_string()) {
            Err(why) => findings.error(sources, binding.span(), why, ""),
            Ok(key) => {
                if let Some(other) = taken.insert(key, binding.name()) {
                    let message = format!("{text} is the key of {other} already");
                    findings.error(sources, binding.span(), message, "");
                }
            }
        }
    }
}
