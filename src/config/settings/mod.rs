//! The table of settings: for each its path, type, range, default, use and status. Reading,
//! `redrive check` and `config.example.toml` all come from here.

mod connections;
mod dead_letters;
mod guarantees;
mod monitoring;
mod own;
mod traffic;
mod trie;

pub use trie::{BLOCKS, Trie, trie};

/// One setting. In `path`, `*` is a name the user chose, `[]` an entry of a list.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Where it stands: `messaging.kafka.producer.acks`.
    pub path: &'static str,
    /// What it may hold.
    pub kind: Kind,
    /// What holds if it is absent, as TOML; empty: nothing does.
    pub default: &'static str,
    /// A value for the example file, as TOML; empty: the default.
    pub example: &'static str,
    /// What redrive does with it, in one sentence.
    pub what: &'static str,
    /// Whether it is used.
    pub status: Status,
    /// Why its range is what it is.
    pub why: &'static str,
    /// Its block is of no use without it.
    pub needed: bool,
    /// Usual range, to notice a value in the wrong unit; `(0, 0)`: none is known.
    pub usual: (i64, i64),
}

/// What redrive does with a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// As asked.
    Used,
    /// redrive does more than was asked, and the plan says so.
    SafetyWins,
    /// It is read and checked; what uses it is not there yet.
    Waits(&'static str),
    /// It is listed, and this is why nothing uses it.
    NotUsed(&'static str),
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Status::Used => f.write_str("used"),
            Status::SafetyWins => f.write_str("used, safety wins"),
            Status::Waits(what) => write!(f, "used, waits for {what}"),
            Status::NotUsed(why) => write!(f, "listed, not used: {why}"),
        }
    }
}

/// What a setting may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// A text that is never shown and resolved only when needed.
    Secret,
    /// A user name: resolved only when needed, no secret by itself.
    User,
    /// An address that may hold a secret: resolved only when needed, shown without user and path.
    SecretUrl,
    /// A path of a file.
    File,
    /// `true` or `false`.
    Bool,
    /// One of these words.
    Words(&'static [&'static str]),
    /// A whole number in a range.
    Int(i64, i64),
    /// Milliseconds in a range; also `"30s"`.
    Ms(i64, i64),
    /// Seconds in a range; also `"5m"`.
    Seconds(i64, i64),
    /// Bytes; also `"1MiB"`.
    Bytes,
    /// A number in a range; the lower end is excluded.
    Above(i64, i64),
    /// A ratio from 0 to 1.
    Ratio,
    /// A list of texts.
    Texts,
    /// A list of whole numbers from 0.
    Ints,
    /// A list of `host:port`.
    Servers,
    /// An address with a scheme.
    Url,
    /// `all`, -1, 0 or 1.
    Acks,
    /// `message_id`, `header:NAME` or `field:/POINTER`.
    KeyStrategy,
    /// `<role>_only`.
    Authorization,
    /// A type word, perhaps with `?`.
    Type,
    /// A type word or a constant.
    TypeOrConstant,
    /// A regular expression.
    Regex,
    /// A list of them.
    Regexes,
    /// `#rrggbb` or a colour word.
    Color,
}

/// Largest number of a setting without a limit of its own.
pub const MANY: i64 = i32::MAX as i64;
/// Ten years: no duration of a setting is longer.
pub const LONG: i64 = 10 * 366 * 86_400;

const fn row(path: &'static str, kind: Kind, default: &'static str, what: &'static str) -> Setting {
    Setting { path, kind, default, example: "", what, status: Status::Used, why: "", needed: false, usual: (0, 0) }
}

impl Setting {
    const fn eg(mut self, example: &'static str) -> Self {
        self.example = example;
        self
    }

    const fn safety(mut self) -> Self {
        self.status = Status::SafetyWins;
        self
    }

    const fn waits(mut self, what: &'static str) -> Self {
        self.status = Status::Waits(what);
        self
    }

    const fn unused(mut self, why: &'static str) -> Self {
        self.status = Status::NotUsed(why);
        self
    }

    const fn why(mut self, why: &'static str) -> Self {
        self.why = why;
        self
    }

    const fn needed(mut self) -> Self {
        self.needed = true;
        self
    }

    const fn usual(mut self, low: i64, high: i64) -> Self {
        self.usual = (low, high);
        self
    }

    /// Its status, with what is not built yet.
    pub fn status(&self) -> Status {
        if matches!(self.status, Status::NotUsed(_)) {
            return self.status;
        }
        WAITING.iter().find(|(block, _)| self.path.starts_with(block)).map_or(self.status, |(_, what)| Status::Waits(what))
    }

    /// The last part of its path.
    pub fn name(&self) -> &'static str {
        self.path.rsplit('.').next().unwrap_or(self.path)
    }

    /// The path of its block.
    pub fn block(&self) -> &'static str {
        self.path.rsplit_once('.').map_or("", |(block, _)| block)
    }
}

/// Blocks that wait for something that is not built yet.
const WAITING: &[(&str, &str)] = &[
    ("request_reply.", "pairing of requests and replies"),
    ("message_guarantees.exactly_once.enabled", "the shared store"),
    ("message_guarantees.exactly_once.idempotence.", "the shared store"),
    ("message_monitoring.metrics.", "monitoring"),
    ("message_monitoring.alerting.", "monitoring"),
    ("roles.approve", "approval by others"),
    ("roles.*.approve", "approval by others"),
    ("watch.", "`redrive watch`"),
    ("masking.", "masking"),
    ("links.", "the Trace view"),
];

const SEVERITIES: Kind = Kind::Words(&["info", "warning", "error", "critical"]);
const CODECS: Kind = Kind::Words(&["none", "gzip", "snappy", "lz4", "zstd"]);
const FORMATS: Kind = Kind::Words(&["json", "avro", "protobuf", "text"]);
const RESETS: Kind = Kind::Words(&["earliest", "latest", "none"]);
const BACKOFFS: Kind = Kind::Words(&["exponential", "linear", "fixed"]);
const STRATEGIES: Kind = Kind::Words(&["hash", "round_robin"]);
const ROLES: Kind = Kind::Words(&["viewer", "operator", "admin"]);
const NEVER_JOINS: &str = "it matters to a member that joined a group; redrive never joins";

/// All settings, block by block.
pub fn settings() -> impl Iterator<Item = &'static Setting> {
    [
        own::FILES,
        own::CONTEXTS,
        connections::KAFKA,
        connections::RABBITMQ,
        connections::ACTIVEMQ,
        connections::AWS,
        traffic::EVENTS,
        traffic::PRODUCERS,
        traffic::CONSUMERS,
        traffic::REQUEST_REPLY,
        traffic::PUB_SUB,
        dead_letters::DEAD_LETTERS,
        guarantees::GUARANTEES,
        monitoring::MONITORING,
        own::SECTIONS,
    ]
    .into_iter()
    .flatten()
}
