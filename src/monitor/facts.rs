//! What the Overview is made of: brokers, dead-letter queues, groups and replays, each with what is known of it.

use std::time::{Duration, SystemTime};

use super::{Loss, Motion, Spark};
use crate::config::model::Severity;
use crate::model::{Address, ConnId, Count};

/// How a connection is.
#[derive(Clone, Debug, PartialEq)]
pub enum Health {
    /// Asked, not answered yet.
    Asking { since: SystemTime },
    Up {
        /// `Apache Kafka`.
        product: String,
        version: String,
        took: Duration,
    },
    /// It answers, but not all of it: slow, or some calls fail.
    Partly { why: String },
    Down {
        why: String,
        /// When it is tried again by itself.
        next_try: Option<SystemTime>,
    },
}

/// A connection and how it is.
#[derive(Clone, Debug, PartialEq)]
pub struct BrokerFact {
    pub conn: ConnId,
    pub health: Health,
}

/// A dead-letter queue and what is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct DlqFact {
    pub at: Address,
    /// What is unresolved; where nobody has read it, the depth.
    pub count: Count,
    pub spark: Spark,
    /// Growth and over how long ([`super::Series::growth`]).
    pub growth: Option<(i64, Duration)>,
    /// Time of the oldest that is unresolved, and whether it is an estimate.
    pub oldest: Option<(SystemTime, bool)>,
    pub loss: Loss,
    /// Who has claimed it.
    pub on_it: Option<String>,
    /// False: looking would leave a trace, so nobody looked for the oldest.
    pub looked_at: bool,
    /// The worst severity among its causes, where they were read.
    pub severity: Option<Severity>,
}

/// A consumer group on one destination, or a declared one that is absent.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupFact {
    pub conn: ConnId,
    pub group: String,
    /// The topic that is furthest behind.
    pub of: Option<Address>,
    pub absent: bool,
    pub behind: Count,
    /// A queue that no consumer is connected to.
    pub unread: bool,
    pub spark: Spark,
    pub motion: Motion,
    pub growth: Option<(i64, Duration)>,
    /// Time of the record that it would read next, and whether that is an estimate.
    pub next_written: Option<(SystemTime, bool)>,
    pub loss: Loss,
    /// The config's limit of messages behind, with its severity.
    pub limit: Option<(u64, Severity)>,
}

/// A replay that is not at its end.
#[derive(Clone, Debug, PartialEq)]
pub struct JobFact {
    pub conn: ConnId,
    pub plan: String,
    pub in_doubt: u64,
    pub untouched: u64,
    pub since: SystemTime,
    /// Being carried out now, here or elsewhere: it needs nobody.
    pub running: bool,
}

/// All that the Overview is made of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SurveyFacts {
    pub brokers: Vec<BrokerFact>,
    pub dlqs: Vec<DlqFact>,
    pub groups: Vec<GroupFact>,
    pub jobs: Vec<JobFact>,
    /// How many destinations and groups are known: the `214` of `9 of 214 need a human`.
    pub known: usize,
}
