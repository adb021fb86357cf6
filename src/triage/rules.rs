//! Cause to category: the config's rules in file order, the first match wins, a category set by hand wins over all. Pure.

mod builtin;

use std::time::SystemTime;

use regex::Regex;

use crate::config::Context;
use crate::config::model::{Action, CategoryRule, Severity};

/// The name of what no rule knows.
pub const UNKNOWN: &str = "unknown";

/// What a rule may look at.
#[derive(Clone, Copy, Debug, Default)]
pub struct Symptom<'a> {
    /// The root cause's class.
    pub class: Option<&'a str>,
    /// The classes around it, wrappers.
    pub chain: &'a [String],
    pub message: Option<&'a str>,
    /// Where in the pipeline, or the broker's reason.
    pub stage: Option<&'a str>,
    pub origin: Option<&'a str>,
    pub dlq: &'a str,
}

/// Who decided a category.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// The rule's number in file order, from 1, and what of it held, in words.
    Rule {
        number: usize,
        because: String,
    },
    Hand {
        actor: String,
        when: SystemTime,
    },
    /// No rule matched.
    Nobody,
}

/// What the rules say of a cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category {
    /// `timeout_error`; [`UNKNOWN`] where nobody knows.
    pub name: String,
    /// `None` for unknown: nothing is ever done by itself.
    pub action: Option<Action>,
    pub severity: Severity,
    /// Automatic replays of one message.
    pub max_retries: u32,
    pub by: By,
}

impl Category {
    /// The honest one.
    pub fn unknown() -> Self {
        Self { name: UNKNOWN.into(), action: None, severity: Severity::Warning, max_retries: 0, by: By::Nobody }
    }

    /// The name as a narrow column has it: `timeout` for `timeout_error`.
    pub fn short(&self) -> &str {
        self.name.strip_suffix("_error").unwrap_or(&self.name)
    }

    /// `timeout_error by rule 2 → retry_with_backoff, max 2, warning`.
    pub fn explain(&self) -> String {
        let by = match &self.by {
            By::Rule { number, .. } => format!("by rule {number}"),
            By::Hand { actor, .. } => format!("set by {actor}"),
            By::Nobody => return format!("{UNKNOWN}: no rule matches; nothing is done by itself"),
        };
        let action = match self.action {
            Some(Action::RetryWithBackoff) => format!("{}, max {}", Action::RetryWithBackoff.word(), self.max_retries),
            Some(action) => action.word().to_owned(),
            None => return format!("{} {by}; the config has no such category, so no action", self.name),
        };
        format!("{} {by} → {action}, {}", self.name, self.severity.word())
    }
}

/// A category that a person has set for a cause; kept by the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hand {
    pub category: String,
    pub actor: String,
    pub when: SystemTime,
}

/// The rules of one dead-letter queue.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    rules: Vec<Rule>,
}

#[derive(Debug, Clone)]
struct Rule {
    config: CategoryRule,
    /// The rule's own conditions; `None`: the built-in ones of its name, if it has any.
    own: Option<Own>,
}

#[derive(Debug, Clone, Default)]
struct Own {
    class: Option<Regex>,
    message: Option<Regex>,
    destination: Option<Regex>,
}

impl Rules {
    /// The rules that the config has for a dead-letter queue of this name.
    pub fn of(context: &Context, dlq: &str) -> Self {
        Self::new(&context.dead_letters.rules_for(dlq).analysis.categories)
    }

    /// Rules in file order.
    pub fn new(categories: &[CategoryRule]) -> Self {
        // the config has checked that they compile; should one not, it matches nothing rather than everything
        let regex = |text: &Option<String>| text.as_ref().map(|t| Regex::new(t).or_else(|_| Regex::new("[^\\s\\S]")));
        let rules = categories
            .iter()
            .map(|config| Rule {
                own: config.matcher.as_ref().map(|m| Own {
                    class: regex(&m.class).and_then(Result::ok),
                    message: regex(&m.message).and_then(Result::ok),
                    destination: regex(&m.destination).and_then(Result::ok),
                }),
                config: config.clone(),
            })
            .collect();
        Self { rules }
    }

    /// The names that a person can choose from, in file order, and `unknown`.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().map(|r| r.config.name.as_str()).chain([UNKNOWN])
    }

    /// What a category of this name would do; `None` if the config has none of that name.
    pub fn named(&self, name: &str) -> Option<&CategoryRule> {
        self.rules.iter().map(|r| &r.config).find(|c| c.name == name)
    }

    /// The category of a cause: by hand if a person said so, else by the first rule that matches.
    pub fn decide(&self, symptom: Symptom<'_>, hand: Option<&Hand>) -> Category {
        if let Some(hand) = hand {
            let by = By::Hand { actor: hand.actor.clone(), when: hand.when };
            let base = self.named(&hand.category).map(|c| of_config(c, by.clone()));
            return base.unwrap_or_else(|| Category { name: hand.category.clone(), by, ..Category::unknown() });
        }
        for (index, rule) in self.rules.iter().enumerate() {
            let because = match &rule.own {
                Some(own) => own.holds(symptom),
                None => builtin::holds(&rule.config.name, symptom),
            };
            if let Some(because) = because {
                return of_config(&rule.config, By::Rule { number: index + 1, because });
            }
        }
        Category::unknown()
    }
}

fn of_config(c: &CategoryRule, by: By) -> Category {
    Category { name: c.name.clone(), action: Some(c.action), severity: c.severity, max_retries: c.max_retries, by }
}

impl Own {
    /// Each condition that is given must hold; none given holds for nothing.
    fn holds(&self, s: Symptom<'_>) -> Option<String> {
        let mut because = Vec::new();
        if let Some(class) = &self.class {
            because.push(format!("class {}", s.class.into_iter().chain(s.chain.iter().map(String::as_str)).find(|c| class.is_match(c))?));
        }
        if let Some(message) = &self.message {
            s.message.filter(|m| message.is_match(m))?;
            because.push("its message".to_owned());
        }
        if let Some(destination) = &self.destination {
            because.push(format!("destination {}", s.origin.into_iter().chain([s.dlq]).find(|d| destination.is_match(d))?));
        }
        (!because.is_empty()).then(|| because.join(" and "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::model::Match;

    fn rule(name: &str, action: Action, matcher: Option<Match>) -> CategoryRule {
        CategoryRule { name: name.into(), action, max_retries: 2, matcher, ..CategoryRule::default() }
    }

    fn seed() -> Rules {
        Rules::new(&[
            rule("validation_error", Action::LogAndAlert, None),
            rule("timeout_error", Action::RetryWithBackoff, None),
            rule("system_error", Action::Escalate, None),
        ])
    }

    fn of(rules: &Rules, class: &str, message: &str) -> String {
        let symptom = Symptom { class: Some(class).filter(|c| !c.is_empty()), message: Some(message), ..Symptom::default() };
        rules.decide(symptom, None).name
    }

    #[test]
    fn the_seeds_three_names_have_conditions_of_their_own() {
        let rules = seed();
        for (class, message, name) in [
            ("com.acme.PaymentTimeout", "HTTP 504 from payments after 30,000 ms", "timeout_error"),
            ("java.net.SocketTimeoutException", "", "timeout_error"),
            ("java.net.ConnectException", "Connection refused", "timeout_error"),
            ("java.net.UnknownHostException", "pay.example.com", "timeout_error"),
            ("org.apache.kafka.common.errors.SerializationException", "magic byte", "validation_error"),
            ("com.fasterxml.jackson.core.JsonParseException", "", "validation_error"),
            ("java.lang.IllegalArgumentException", "timeout must be positive", "validation_error"),
            ("org.apache.kafka.connect.errors.DataException", "", "validation_error"),
            ("java.lang.NullPointerException", "timeout is null", "system_error"),
            ("java.lang.OutOfMemoryError", "", "system_error"),
            ("java.sql.SQLException", "ORA-00001", "system_error"),
            ("java.io.IOException", "No space left on device", "system_error"),
            ("java.lang.RuntimeException", "read timed out", "timeout_error"),
            ("com.acme.CustomerBlocked", "no", "unknown"),
            ("", "", "unknown"),
        ] {
            assert_eq!(of(&rules, class, message), name, "{class}: {message}");
        }
    }

    #[test]
    fn the_first_match_wins_and_own_conditions_take_the_place_of_built_in_ones() {
        let own = Match { message: Some("(?i)payment".into()), ..Match::default() };
        let rules = Rules::new(&[rule("timeout_error", Action::LogAndAlert, Some(own)), rule("system_error", Action::Escalate, None)]);
        assert_eq!(of(&rules, "java.net.SocketTimeoutException", "read timed out"), "unknown");
        assert_eq!(of(&rules, "java.lang.NullPointerException", "Payment is null"), "timeout_error");
        let named = Rules::new(&[rule("ours", Action::LogAndAlert, None)]);
        assert_eq!(of(&named, "java.net.SocketTimeoutException", ""), "unknown", "a name without conditions matches nothing");
        let empty = Rules::new(&[rule("ours", Action::LogAndAlert, Some(Match::default()))]);
        assert_eq!(of(&empty, "x", ""), "unknown");
    }

    #[test]
    fn a_hand_wins_and_says_whose_it_is() {
        let hand = Hand { category: "validation_error".into(), actor: "lea".into(), when: SystemTime::UNIX_EPOCH };
        let symptom = Symptom { class: Some("java.net.SocketTimeoutException"), ..Symptom::default() };
        let category = seed().decide(symptom, Some(&hand));
        assert_eq!(category.explain(), "validation_error set by lea → log_and_alert, warning");
        let own = Hand { category: "our bug".into(), ..hand };
        assert_eq!(seed().decide(symptom, Some(&own)).action, None);
    }

    #[test]
    fn the_explanation_names_rule_and_action() {
        let symptom = Symptom { class: Some("a.TimeoutException"), ..Symptom::default() };
        assert_eq!(seed().decide(symptom, None).explain(), "timeout_error by rule 2 → retry_with_backoff, max 2, warning");
        assert!(Category::unknown().explain().starts_with("unknown: no rule"));
    }
}
