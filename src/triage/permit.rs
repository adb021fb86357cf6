//! Who may do what: a person's role in a context against what a deed asks for; enforced below both faces.

use crate::config::model::{DeadLetterRules, Role, Roles};
use crate::config::{Config, Context};

use super::plan::{Actor, Deed};

/// A person with the role they have in one context. Not a login: that is the broker's and the system's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permit {
    pub actor: Actor,
    pub role: Role,
    /// Where the role is from, for messages: `[roles]`, `REDRIVE_ROLE`, `the default`.
    pub source: String,
}

impl Permit {
    /// Nobody known, who may only look.
    pub fn none() -> Self {
        Self { actor: Actor::default(), role: Role::Viewer, source: "nobody said who this is".into() }
    }

    /// The role of an actor in a context. With `[roles]`, `wished` (`REDRIVE_ROLE`) can only lower it; without, it sets it
    /// (default: operator).
    pub fn new(config: &Config, context: &Context, actor: Actor, wished: Option<&str>) -> Result<Self, String> {
        let wished = match wished.map(|w| (w, Role::from_word(w))) {
            None => None,
            Some((_, Some(role))) => Some(role),
            Some((w, None)) => return Err(format!("REDRIVE_ROLE is '{w}'; it can be viewer, operator or admin")),
        };
        let (given, source) = match (&config.roles, context.role) {
            (Some(roles), role) => (Some(of(roles, role, &actor.name, &context.name)), "[roles]"),
            (None, Some(role)) => (Some(role), "the context"),
            (None, None) => (None, "the default"),
        };
        Ok(match (given, wished) {
            (Some(given), Some(wished)) if wished < given => Self { actor, role: wished, source: "REDRIVE_ROLE".into() },
            (Some(given), _) => Self { actor, role: given, source: source.into() },
            (None, Some(wished)) => Self { actor, role: wished, source: "REDRIVE_ROLE".into() },
            (None, None) => Self { actor, role: Role::Operator, source: source.into() },
        })
    }

    /// Whether the deed may be done on a dead-letter queue with these rules; the error says what is missing and what gives it.
    pub fn allows(&self, deed: Deed, rules: &DeadLetterRules) -> Result<(), String> {
        let manual = &rules.manual;
        if !manual.enabled {
            return Err("manual processing is switched off here (manual_processing.ui.enabled); change the config to act by hand".into());
        }
        let needed = match deed {
            Deed::Discard => Role::Admin,
            Deed::Replay | Deed::Park | Deed::Restore | Deed::Reseat => manual.authorization.0.max(Role::Operator),
        };
        if self.role < needed {
            return Err(format!(
                "{} needs the role {}, {} has {} (from {}); [roles] or REDRIVE_ROLE={} gives it",
                deed.word(),
                needed.word(),
                if self.actor.name.is_empty() { "this person" } else { &self.actor.name },
                self.role.word(),
                self.source,
                needed.word()
            ));
        }
        if manual.authentication_required && self.actor.name.is_empty() {
            return Err(format!("{} needs a known person; set REDRIVE_ACTOR", deed.word()));
        }
        Ok(())
    }
}

/// The context's own role is a ceiling for everybody in it.
fn of(roles: &Roles, ceiling: Option<Role>, person: &str, context: &str) -> Role {
    let role = roles.of(person, context);
    ceiling.map_or(role, |c| role.min(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::model::{Authorization, ManualProcessing};

    fn lea() -> Actor {
        Actor { name: "lea".into(), os_user: "lea".into() }
    }

    fn permit(config: &Config, wished: Option<&str>) -> Permit {
        Permit::new(config, &Context::default(), lea(), wished).expect("a known role")
    }

    #[test]
    fn without_roles_the_wish_decides_and_with_roles_it_only_lowers() {
        let mut config = Config::default();
        assert_eq!(permit(&config, None).role, Role::Operator);
        assert_eq!(permit(&config, Some("admin")).role, Role::Admin);
        config.roles = Some(Roles { default: Some(Role::Viewer), ..Roles::default() });
        assert_eq!(permit(&config, Some("admin")).role, Role::Viewer);
        config.roles = Some(Roles { default: Some(Role::Admin), ..Roles::default() });
        assert_eq!(permit(&config, Some("viewer")).role, Role::Viewer);
        assert!(Permit::new(&config, &Context::default(), lea(), Some("root")).is_err());
    }

    #[test]
    fn discard_is_an_admins_and_the_rest_as_the_queue_says() {
        let config = Config::default();
        let rules = DeadLetterRules::default();
        let operator = permit(&config, None);
        assert!(operator.allows(Deed::Replay, &rules).is_ok());
        assert!(operator.allows(Deed::Discard, &rules).is_err_and(|e| e.contains("REDRIVE_ROLE=admin")));
        let only_admins = ManualProcessing { authorization: Authorization(Role::Admin), ..ManualProcessing::default() };
        let rules = DeadLetterRules { manual: only_admins, ..DeadLetterRules::default() };
        assert!(operator.allows(Deed::Park, &rules).is_err());
        assert!(permit(&config, Some("admin")).allows(Deed::Discard, &rules).is_ok());
        let off = ManualProcessing { enabled: false, ..ManualProcessing::default() };
        assert!(
            permit(&config, Some("admin")).allows(Deed::Replay, &DeadLetterRules { manual: off, ..DeadLetterRules::default() }).is_err()
        );
    }
}
