//! redrive's own sections: ledger, roles, escalation, replay, masking, links, watch, log, keys.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::super::secret::Secret;
use super::dead_letters::Severity;

/// What a person may do; later includes earlier.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Looks, notes, plans.
    Viewer,
    /// Replays, edits, parks.
    #[default]
    Operator,
    /// Also discards, resets offsets, unmasks, overrides.
    Admin,
}

impl Role {
    /// All, least first.
    pub const ALL: [Role; 3] = [Role::Viewer, Role::Operator, Role::Admin];

    /// The word of the config.
    pub fn word(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Operator => "operator",
            Role::Admin => "admin",
        }
    }

    /// The role that a word means.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }
}

/// Who may do what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roles {
    /// Of people who are not named; none: viewer.
    pub default: Option<Role>,
    /// By person.
    pub people: BTreeMap<String, Role>,
    /// How many admins must approve.
    pub approve: Option<u32>,
    /// By context, each as here.
    pub contexts: BTreeMap<String, Roles>,
}

impl Roles {
    /// A person's role in a context: the context's word on the person, the person's own, the
    /// context's default, the default, viewer.
    pub fn of(&self, person: &str, context: &str) -> Role {
        let here = self.contexts.get(context);
        here.and_then(|roles| roles.people.get(person))
            .or_else(|| self.people.get(person))
            .copied()
            .or_else(|| here.and_then(|roles| roles.default))
            .or(self.default)
            .unwrap_or(Role::Viewer)
    }
}

/// The ledger.
#[derive(Debug, Clone, PartialEq)]
pub struct LedgerSettings {
    /// Its file; none: the platform's place (`paths::ledger`).
    pub path: Option<PathBuf>,
    /// How long copies and entries are kept.
    pub retention: Duration,
    /// Key that copies are encrypted with.
    pub key: Option<Secret>,
}

impl Default for LedgerSettings {
    fn default() -> Self {
        Self { path: None, retention: Duration::from_secs(90 * 86_400), key: None }
    }
}

/// Whom an escalation reaches.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Escalation {
    /// In file order: later levels follow later.
    pub levels: Vec<EscalationLevel>,
    /// Where notices go, by name.
    pub targets: Vec<EscalationTarget>,
}

impl Escalation {
    /// The target of this name.
    pub fn target(&self, name: &str) -> Option<&EscalationTarget> {
        self.targets.iter().find(|target| target.name == name)
    }
}

/// One step of an escalation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EscalationLevel {
    /// Its name.
    pub name: String,
    /// After this long without an acknowledgement.
    pub after: Duration,
    /// From this severity on.
    pub severity: Severity,
    /// Names of targets.
    pub targets: Vec<String>,
}

/// Where a notice goes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EscalationTarget {
    /// Its name.
    pub name: String,
    /// `webhook`, `alertmanager`, `pagerduty`, `slack` or `exec`.
    pub kind: String,
    /// Address; may hold a token.
    pub url: Option<Secret>,
    /// Key that signs (webhook) or routes (pagerduty).
    pub key: Option<Secret>,
    /// Program and arguments (`exec`).
    pub command: Vec<String>,
    /// Deadline of one try.
    pub timeout: Duration,
}

/// Pace of replays.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplaySettings {
    /// Messages a second; none: as fast as confirmations come.
    pub per_second: Option<f64>,
    /// Numbers of messages that go first, one step each.
    pub canary: Vec<u32>,
    /// Takes the place of the derived proof window.
    pub proof_window: Option<Duration>,
}

impl Default for ReplaySettings {
    fn default() -> Self {
        Self { per_second: None, canary: vec![1, 5, 25], proof_window: None }
    }
}

/// What is never shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Masking {
    /// Fields of bodies, by name or JSON pointer.
    pub fields: Vec<String>,
    /// Headers, by name.
    pub headers: Vec<String>,
    /// Regular expressions, known to compile.
    pub patterns: Vec<String>,
}

/// Where things can be opened in a browser.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links {
    /// With `{trace_id}`.
    pub trace: Option<String>,
}

/// `redrive watch`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watch {
    /// Between two samples.
    pub interval: Duration,
    /// `host:port` where OpenMetrics is served.
    pub prometheus_listen: Option<String>,
    /// Where spans go.
    pub otlp_endpoint: Option<String>,
    /// Most requests a second to any broker.
    pub requests_per_second: Option<u32>,
}

impl Default for Watch {
    fn default() -> Self {
        Self { interval: Duration::from_secs(15), prometheus_listen: None, otlp_endpoint: None, requests_per_second: None }
    }
}

/// Where logs go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogSettings {
    /// The file; none: the platform's place.
    pub file: Option<PathBuf>,
    /// `error`, `warn`, `info`, `debug` or `trace`.
    pub level: Option<String>,
    /// Whether lines are JSON.
    pub json: bool,
}

/// A key the user has set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyBinding {
    /// The command, as in the command table.
    pub command: String,
    /// The key as written: `ctrl-r`.
    pub key: String,
}
