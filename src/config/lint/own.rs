//! redrive's own sections: names that lead nowhere.

use super::super::diagnostic::Findings;
use super::super::model::Config;
use super::super::source::Sources;
use super::super::tree::{Node, Value, View};

/// Looks at the sections that are not below a context.
pub fn own(root: &Node, config: &Config, sources: &Sources, findings: &mut Findings) {
    let root = View::of(root);
    let known: Vec<&str> =
        config.escalation.targets.iter().map(|target| target.name.as_str()).collect();
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
    let sum_over = config.replay.canary.iter().find(|percent| **percent > 100);
    if let Some(percent) = sum_over {
        let span = root.at("replay.canary").span();
        findings.error(sources, span, format!("canary is percentages: {percent} is above 100"), "");
    }
}
