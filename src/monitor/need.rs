//! One row of what needs a human: what, where, how much, since when, and what happens if nobody acts.

use std::cmp::Reverse;
use std::fmt;
use std::time::{Duration, SystemTime};

use super::{Loss, Spark};
use crate::config::model::Severity;
use crate::decode::human;
use crate::model::{Address, ConnId, Count};

const DAY: u64 = 86_400;

/// What kind of thing needs a human.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NeedKind {
    Broker,
    Dlq,
    Lag,
    Request,
    Job,
    Group,
}

impl NeedKind {
    /// The short word of the WHAT column.
    pub fn word(self) -> &'static str {
        match self {
            NeedKind::Broker => "brk",
            NeedKind::Dlq => "dlq",
            NeedKind::Lag => "lag",
            NeedKind::Request => "req",
            NeedKind::Job => "job",
            NeedKind::Group => "grp",
        }
    }
}

/// Since when.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Since {
    /// Not applicable; shown as `-`.
    Never,
    /// Shown as `?`.
    Unknown,
    At(SystemTime),
    /// Shown with `~`.
    About(SystemTime),
}

/// Why it needs a human, or what happens if nobody acts.
#[derive(Clone, Debug, PartialEq)]
pub enum Why {
    /// No connection; the cause in the broker's words.
    BrokerDown {
        cause: String,
    },
    /// Its broker is down: nothing is known of it now.
    Unseen,
    Lost(Loss),
    /// So many more within this long.
    Growing {
        by: u64,
        within: Duration,
    },
    /// The group stands still while messages arrive.
    Stalled {
        since: SystemTime,
    },
    /// Behind, and more than the config allows.
    Above {
        threshold: u64,
    },
    /// Messages wait in a queue and nobody is connected to take them.
    NoConsumers,
    /// Behind, getting less.
    Draining,
    /// Somebody has claimed it.
    OnIt(String),
    Unanswered,
    /// Messages of a replay of which nobody knows whether they were published.
    InDoubt,
    /// A replay that was broken off; the rest can go on.
    Unfinished,
    /// A declared group that the broker does not know.
    Absent,
    /// Looking would leave a trace, so nobody looked.
    NotLookedAt,
    /// Held, and nothing more: no growth, no end in sight.
    Waiting,
}

/// Where a row stands: lower is worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rank {
    /// A broker that is down.
    Down,
    /// Messages are lost soon.
    Lost,
    Grows,
    /// In doubt, unanswered, overdue, claimed.
    Waits,
    /// Nothing can be said of it.
    Unseen,
    Quiet,
}

/// One row of the Overview.
#[derive(Clone, Debug, PartialEq)]
pub struct Need {
    pub kind: NeedKind,
    /// Its name: destination, group, plan. May hold control characters: show it escaped.
    pub what: String,
    pub conn: ConnId,
    /// What `enter` opens, where it is a destination; for lag the topic that is furthest behind.
    pub at: Option<Address>,
    /// `None`: not applicable, shown as `-`.
    pub count: Option<Count>,
    /// Empty: shown as `-`.
    pub spark: Spark,
    pub since: Since,
    pub why: Why,
    pub rank: Rank,
    pub severity: Severity,
    /// Shown with `!`: somebody ought to act now.
    pub act: bool,
}

impl Need {
    /// What the list is sorted by, worst first: rank, time left, severity, count, name.
    pub(super) fn order(&self) -> impl Ord + use<> {
        let left = match self.why {
            Why::Lost(loss) => loss.left().unwrap_or(Duration::MAX),
            _ => Duration::MAX,
        };
        let count = self.count.and_then(Count::value).unwrap_or(0);
        (self.rank, left, Reverse(self.severity), Reverse(count), self.kind, self.conn.clone(), self.what.clone())
    }
}

impl fmt::Display for Why {
    /// As the column WHY / RISK has it: `lost in 2h 10m`, `+988 in 42m`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::BrokerDown { cause } if cause.is_empty() => f.write_str("broker down"),
            Why::BrokerDown { cause } => f.write_str(cause),
            Why::Unseen => f.write_str("broker down"),
            Why::Lost(Loss::Due) => f.write_str("being lost now"),
            Why::Lost(Loss::In { left, about }) => {
                // of what is far off nobody counts the hours
                let left = if left.as_secs() < 10 * DAY { *left } else { Duration::from_secs(left.as_secs() / DAY * DAY) };
                write!(f, "lost in {}{}", if *about { "~" } else { "" }, human::age(left))
            }
            Why::Lost(Loss::Never | Loss::Unknown) => f.write_str("kept"),
            Why::Growing { by, within } => write!(f, "+{} in {}", human::count_plain(*by), human::age(*within)),
            Why::Stalled { .. } => f.write_str("stalled"),
            Why::Above { threshold } => write!(f, "above {}", human::count_plain(*threshold)),
            Why::NoConsumers => f.write_str("no consumers"),
            Why::Draining => f.write_str("draining"),
            Why::OnIt(who) => write!(f, "{who} is on it"),
            Why::Unanswered => f.write_str("unanswered"),
            Why::InDoubt => f.write_str("in doubt"),
            Why::Unfinished => f.write_str("not finished"),
            Why::Absent => f.write_str("absent"),
            Why::NotLookedAt => f.write_str("not looked at"),
            Why::Waiting => f.write_str("waiting"),
        }
    }
}
