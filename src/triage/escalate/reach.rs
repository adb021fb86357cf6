//! Whom an escalation reaches, and when: the config's levels by severity, all targets where there are no levels.

use std::time::Duration;

use crate::config::model::{Escalation, EscalationTarget, Severity};

/// A target that gets to know.
#[derive(Clone, Debug, PartialEq)]
pub struct Receiver {
    /// The target's name in the config.
    pub target: String,
    /// `webhook`, `alertmanager`.
    pub kind: String,
    /// After this long without an acknowledgement.
    pub after: Duration,
    /// Why it cannot be told, in words; `None`: it can.
    pub trouble: Option<String>,
}

/// Targets for a severity, the soonest first; each once, by its earliest level.
pub fn receivers(escalation: &Escalation, severity: Severity) -> Vec<Receiver> {
    let mut out: Vec<Receiver> = Vec::new();
    let mut add = |target: &EscalationTarget, after: Duration| match out.iter_mut().find(|r| r.target == target.name) {
        Some(known) => known.after = known.after.min(after),
        None => out.push(Receiver { target: target.name.clone(), kind: target.kind.clone(), after, trouble: trouble(target) }),
    };
    if escalation.levels.is_empty() {
        escalation.targets.iter().for_each(|t| add(t, Duration::ZERO));
    }
    for level in escalation.levels.iter().filter(|l| severity >= l.severity) {
        level.targets.iter().filter_map(|name| escalation.target(name)).for_each(|t| add(t, level.after));
    }
    out.sort_by_key(|r| r.after);
    out
}

/// Why this version cannot tell a target.
pub(super) fn trouble(target: &EscalationTarget) -> Option<String> {
    match target.kind.as_str() {
        "webhook" | "alertmanager" if target.url.is_none() => Some(format!("[escalation.targets.{}] has no url", target.name)),
        "webhook" if target.key.is_none() => Some(format!("[escalation.targets.{}] has no key to sign with", target.name)),
        "webhook" | "alertmanager" => None,
        kind => Some(format!("{kind} is not built yet; webhook and alertmanager are")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;
    use crate::config::model::EscalationLevel;

    fn target(name: &str, kind: &str) -> EscalationTarget {
        let (url, key) = (Some(Secret::clear("http://x")), Some(Secret::clear("k")));
        EscalationTarget { name: name.into(), kind: kind.into(), url, key, ..EscalationTarget::default() }
    }

    #[test]
    fn levels_choose_by_severity_and_without_levels_all_are_told() {
        let level = |name: &str, after, severity, targets: &[&str]| EscalationLevel {
            name: name.into(),
            after: Duration::from_secs(after),
            severity,
            targets: targets.iter().map(|t| (*t).to_owned()).collect(),
        };
        let targets = vec![target("hook", "webhook"), target("am", "alertmanager"), target("pd", "pagerduty")];
        let mut escalation = Escalation { levels: vec![], targets };
        let names = |e: &Escalation, s| receivers(e, s).into_iter().map(|r| (r.target, r.after.as_secs())).collect::<Vec<_>>();
        assert_eq!(names(&escalation, Severity::Info).len(), 3);
        escalation.levels =
            vec![level("boss", 900, Severity::Critical, &["pd", "am"]), level("all", 0, Severity::Warning, &["am", "hook"])];
        assert_eq!(names(&escalation, Severity::Info), []);
        assert_eq!(names(&escalation, Severity::Error), [("am".to_owned(), 0), ("hook".to_owned(), 0)]);
        assert_eq!(names(&escalation, Severity::Critical).last(), Some(&("pd".to_owned(), 900)));
        assert!(receivers(&escalation, Severity::Critical)[2].trouble.is_some());
    }
}
