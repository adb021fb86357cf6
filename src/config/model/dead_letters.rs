//! Dead-letter queues: pairs, rules by category, and who may do something by hand.

use std::time::Duration;

use super::sections::Role;

/// How bad something is; later is worse.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// To be known.
    Info,
    /// To be looked at.
    #[default]
    Warning,
    /// To be mended.
    Error,
    /// To be mended now.
    Critical,
}

impl Severity {
    /// All, mildest first.
    pub const ALL: [Severity; 4] = [Severity::Info, Severity::Warning, Severity::Error, Severity::Critical];

    /// The word of the config and of every output.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
            Severity::Critical => "critical",
        }
    }

    /// The severity that a word means.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.word() == word)
    }
}

/// What a category does with its dead letters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Action {
    /// Alert; the message stays.
    #[default]
    LogAndAlert,
    /// A due time in the ledger, carried out as a plan where the context is automatic.
    RetryWithBackoff,
    /// One incident per cause; moves nothing.
    Escalate,
}

impl Action {
    /// All of them.
    pub const ALL: [Action; 3] = [Action::LogAndAlert, Action::RetryWithBackoff, Action::Escalate];

    /// The word of the config and of every output.
    pub fn word(self) -> &'static str {
        match self {
            Action::LogAndAlert => "log_and_alert",
            Action::RetryWithBackoff => "retry_with_backoff",
            Action::Escalate => "escalate",
        }
    }

    /// The action that a word means.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|a| a.word() == word)
    }
}

/// All of `dead_letter_queue`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeadLetters {
    /// Declared pairs of queues.
    pub pairs: Vec<DeadLetterPair>,
    /// Rules and rights of every dead-letter queue of the context.
    pub rules: DeadLetterRules,
}

impl DeadLetters {
    /// The pair whose dead-letter queue has this name.
    pub fn pair(&self, dlq: &str) -> Option<&DeadLetterPair> {
        self.pairs.iter().find(|pair| pair.dlq == dlq)
    }

    /// The rules that hold for a dead-letter queue: its own, else those of the context.
    pub fn rules_for(&self, dlq: &str) -> &DeadLetterRules {
        self.pair(dlq).and_then(|pair| pair.rules.as_ref()).unwrap_or(&self.rules)
    }
}

/// A main queue and its dead-letter queue.
#[derive(Debug, Clone, PartialEq)]
pub struct DeadLetterPair {
    /// The connection if `broker` says it; none: found by name.
    pub connection: Option<String>,
    /// The main queue: way home for a message that does not name its origin.
    pub main: String,
    /// The dead-letter queue.
    pub dlq: String,
    /// Retries of the main queue before a message dies.
    pub max_retries: Option<u32>,
    /// First wait of `retry_with_backoff`; doubled, at most an hour.
    pub retry_delay: Duration,
    /// How long the dead-letter queue keeps a message, if the broker does not say.
    pub message_retention: Option<Duration>,
    /// Limit of our replays of one message.
    pub max_redelivery: u32,
    /// Where park moves to, if at all.
    pub park_to: Option<String>,
    /// Rules of this queue alone.
    pub rules: Option<DeadLetterRules>,
}

impl Default for DeadLetterPair {
    fn default() -> Self {
        Self {
            connection: None,
            main: String::new(),
            dlq: String::new(),
            max_retries: None,
            retry_delay: Duration::from_millis(5_000),
            message_retention: None,
            max_redelivery: 3,
            park_to: None,
            rules: None,
        }
    }
}

/// Rules by category, and who may act by hand.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeadLetterRules {
    /// How causes are read, and their categories.
    pub analysis: ErrorAnalysis,
    /// Who may do something by hand.
    pub manual: ManualProcessing,
}

/// How causes are read.
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorAnalysis {
    /// A handler that reads the dead-letter queue itself.
    pub handler: Option<String>,
    /// Partitions or queues read at once.
    pub concurrency: u32,
    /// One pass stops after it.
    pub timeout: Duration,
    /// Categories in file order: the first match wins.
    pub categories: Vec<CategoryRule>,
}

impl Default for ErrorAnalysis {
    fn default() -> Self {
        Self { handler: None, concurrency: 4, timeout: Duration::from_millis(60_000), categories: Vec::new() }
    }
}

/// One category of dead letters.
#[derive(Debug, Clone, PartialEq)]
pub struct CategoryRule {
    /// Its name; `validation_error`, `timeout_error`, `system_error` have built-in conditions.
    pub name: String,
    /// What it does.
    pub action: Action,
    /// How bad it is.
    pub severity: Severity,
    /// Automatic replays of one message; `max_redelivery` of the queue is a limit too.
    pub max_retries: u32,
    /// Its own conditions; they take the place of built-in ones.
    pub matcher: Option<Match>,
}

impl Default for CategoryRule {
    fn default() -> Self {
        Self { name: String::new(), action: Action::default(), severity: Severity::default(), max_retries: 1, matcher: None }
    }
}

/// Conditions of a category: each that is given must hold. All are regular expressions, already
/// known to compile, found anywhere in the text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Match {
    /// Of the error's class, or that of a cause below it.
    pub class: Option<String>,
    /// Of the error's message.
    pub message: Option<String>,
    /// Of the origin or the dead-letter queue's name.
    pub destination: Option<String>,
}

/// Who may replay, edit, park and restore by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManualProcessing {
    /// A handler that reads the dead-letter queue itself.
    pub handler: Option<String>,
    /// How many people or jobs may work on one queue at once.
    pub concurrency: u32,
    /// Length of their lease.
    pub timeout: Duration,
    /// False: nothing by hand here.
    pub enabled: bool,
    /// Whether a known person is needed.
    pub authentication_required: bool,
    /// The least role.
    pub authorization: Authorization,
}

impl Default for ManualProcessing {
    fn default() -> Self {
        Self {
            handler: None,
            concurrency: 1,
            timeout: Duration::from_millis(300_000),
            enabled: true,
            authentication_required: true,
            authorization: Authorization::default(),
        }
    }
}

/// The least role that may act by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Authorization(pub Role);

impl Default for Authorization {
    fn default() -> Self {
        Self(Role::Operator)
    }
}
