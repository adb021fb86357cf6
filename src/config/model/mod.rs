//! The loaded config as plain data: what all other rooms know of the files.

mod consumers;
mod dead_letters;
mod events;
mod guarantees;
mod monitoring;
mod patterns;
mod producers;
mod sections;

pub use consumers::{Consumer, Handler, Subscription};
pub use dead_letters::{
    Action, Authorization, CategoryRule, DeadLetterPair, DeadLetterRules, DeadLetters, ErrorAnalysis, ManualProcessing, Match, Severity,
};
pub use events::{Event, Expect, Field, TypeWord};
pub use guarantees::{Guarantees, Isolation, KeyStrategy, OrderingKey, PartitionStrategy, Store};
pub use monitoring::{ErrorRateAlert, LagAlert, LatencyAlert, Metrics, Monitoring, Tracing};
pub use patterns::{PubSub, RequestReply, Subscriber};
pub use producers::{Backoff, Codec, Format, Producer, RetryPolicy, Route, Serialization, Validation};
pub use sections::{
    Escalation, EscalationLevel, EscalationTarget, KeyBinding, LedgerSettings, Links, LogSettings, Masking, ReplaySettings, Role, Roles,
    Watch,
};

use std::time::Duration;

use super::profile::Profile;

/// Everything the config files say.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Config {
    /// In file order; never empty in a config that was loaded (`default` where none is declared).
    pub contexts: Vec<Context>,
    /// The context to start in, always one of `contexts`.
    pub default_context: String,
    /// Where the ledger is and how long it keeps.
    pub ledger: LedgerSettings,
    /// Who may do what; none: `REDRIVE_ROLE` decides.
    pub roles: Option<Roles>,
    /// Whom an escalation reaches.
    pub escalation: Escalation,
    /// Pace and canary steps of replays.
    pub replay: ReplaySettings,
    /// What is never shown.
    pub masking: Masking,
    /// Where a trace can be opened.
    pub links: Links,
    /// `redrive watch`.
    pub watch: Watch,
    /// Where logs go.
    pub log: LogSettings,
    /// Name of a built-in theme, or a file.
    pub theme: Option<String>,
    /// Keys the user has set, as written; the command table checks them.
    pub keymap: Vec<KeyBinding>,
}

impl Config {
    /// The context of this name.
    pub fn context(&self, name: &str) -> Option<&Context> {
        self.contexts.iter().find(|context| context.name == name)
    }
}

/// Which way a group goes that has no commit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OffsetReset {
    /// From the oldest record.
    Earliest,
    /// From the end.
    #[default]
    Latest,
    /// Not at all: it stops with an error.
    None,
}

/// A named set of connections with its rights, and what is declared of their traffic.
#[derive(Debug, Clone, PartialEq)]
pub struct Context {
    /// `default` where the config declares none.
    pub name: String,
    /// Its colour in line 1, a colour word or `#rrggbb`.
    pub color: Option<String>,
    /// Whether writes are off at the start.
    pub read_only: bool,
    /// How long writes stay on after they were turned on.
    pub writes_for: Duration,
    /// Whether rules may act by themselves.
    pub automatic: bool,
    /// The role everybody has here, unless `[roles]` says otherwise.
    pub role: Option<Role>,
    /// Theme of this context.
    pub theme: Option<String>,
    /// Limit of reading, bytes per second.
    pub read_bytes_per_second: Option<u64>,
    /// Its connections, in file order.
    pub connections: Vec<Profile>,
    /// Declared events.
    pub events: Vec<Event>,
    /// Declared producers.
    pub producers: Vec<Producer>,
    /// Declared consumers.
    pub consumers: Vec<Consumer>,
    /// Requests and their replies.
    pub request_reply: Vec<RequestReply>,
    /// Topics with their audience.
    pub pub_sub: Vec<PubSub>,
    /// Queues of dead letters, rules and rights.
    pub dead_letters: DeadLetters,
    /// How a replay publishes.
    pub guarantees: Guarantees,
    /// What is measured, when it alarms.
    pub monitoring: Monitoring,
}

impl Default for Context {
    fn default() -> Self {
        Self {
            name: "default".to_owned(),
            color: None,
            read_only: true,
            writes_for: Duration::from_secs(30 * 60),
            automatic: false,
            role: None,
            theme: None,
            read_bytes_per_second: None,
            connections: Vec::new(),
            events: Vec::new(),
            producers: Vec::new(),
            consumers: Vec::new(),
            request_reply: Vec::new(),
            pub_sub: Vec::new(),
            dead_letters: DeadLetters::default(),
            guarantees: Guarantees::default(),
            monitoring: Monitoring::default(),
        }
    }
}

impl Context {
    /// Whether looks at this connection show committed messages only, by its `isolation_level`.
    pub fn committed_only(&self, name: &str) -> bool {
        self.connection(name).is_none_or(|profile| profile.kafka.reading.isolation == Isolation::ReadCommitted)
    }

    /// The connection of this name.
    pub fn connection(&self, name: &str) -> Option<&Profile> {
        self.connections.iter().find(|profile| profile.name == name)
    }
}
