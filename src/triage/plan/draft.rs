//! A plan in the making: messages are added one by one, without their bodies, and then frozen.

mod add;
mod freeze;
mod order;
mod tally;

pub(super) use freeze::name;

use std::collections::{BTreeMap, HashSet};
use std::time::SystemTime;

use super::{ChangeSummary, ReplayRequest, Route};
use crate::broker::Carriage;
use crate::model::{Address, Death, MessageId, Seat};

/// Messages of one plan at most.
pub const MAX_ITEMS: usize = 100_000;

/// Why nothing was frozen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("nothing was chosen; mark messages or widen the filter")]
    Empty,
    #[error("a plan takes {MAX_ITEMS} messages at most; narrow it by time or cause and make several plans")]
    TooMany,
    #[error("{0}")]
    Unfit(String),
}

/// Where a message's body is.
enum Body {
    Here,
    /// It is a pointer: the original is fetched from there when it is carried out.
    At(Address),
    /// It is a pointer that does not say to what.
    Nowhere,
}

/// Whether the edit that was made of a message is of this very one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Edited {
    Fits,
    OfAnother,
}

/// What a draft keeps of one message.
struct Row {
    id: MessageId,
    seat: Seat,
    digest: Option<[u8; 32]>,
    key: Option<[u8; 8]>,
    to: Option<u16>,
    partition: Option<i32>,
    origin: Option<(i32, i64)>,
    owned: u16,
    generation: u32,
    size: u64,
    died: Option<SystemTime>,
    written: Option<SystemTime>,
    body: Body,
    tombstone: bool,
    whole: bool,
    by_home: bool,
    /// Restores only: it must be published anew.
    removed: bool,
    edit: Option<Edited>,
    /// How it goes, as its target's driver says; publishing where nobody was asked.
    way: Carriage,
}

/// What messages lose on their way, and why some will not go, as their target's driver says.
#[derive(Default)]
struct Ways {
    losses: BTreeMap<String, u64>,
    refused: BTreeMap<String, u64>,
    /// The same of the way back, for what is discarded.
    stuck: BTreeMap<String, u64>,
}

/// Moved by the broker, with nothing taken off and nothing put on.
const AS_IT_IS: Carriage = Carriage::Carry { marked: false };

/// Different losses or reasons that a plan lists, at most: hostile messages may have any number of them.
const MOST_WORDS: usize = 20;

/// A plan in the making.
pub struct Draft {
    ask: ReplayRequest,
    rows: Vec<Row>,
    targets: Vec<Address>,
    owned: Vec<Vec<String>>,
    failed_by: Vec<String>,
    /// Targets whose own broker sent these messages from there to where they are.
    sent_here_by: HashSet<Address>,
    changes: ChangeSummary,
    ways: Ways,
    /// Restores only: where messages were moved when they were parked, and how many.
    parked_at: BTreeMap<Address, u64>,
    overflow: bool,
    /// Where messages sit that were added, but for digests: of those twins are alike, and each counts.
    seats: HashSet<Seat>,
}

impl Draft {
    /// An empty draft.
    pub fn new(ask: ReplayRequest) -> Self {
        Self {
            ask,
            rows: Vec::new(),
            targets: Vec::new(),
            owned: vec![Vec::new()],
            failed_by: Vec::new(),
            sent_here_by: HashSet::new(),
            changes: ChangeSummary::default(),
            ways: Ways::default(),
            parked_at: BTreeMap::new(),
            overflow: false,
            seats: HashSet::new(),
        }
    }

    /// What was asked for.
    pub fn ask(&self) -> &ReplayRequest {
        &self.ask
    }

    /// Messages added so far.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Every place that messages go to so far: what a preflight asks about.
    pub fn targets(&self) -> &[Address] {
        &self.targets
    }

    /// Who failed these messages, as they say.
    pub fn failed_by(&self) -> &[String] {
        &self.failed_by
    }

    /// Who the messages are: what the ledger is asked about.
    pub fn ids(&self) -> Vec<MessageId> {
        self.rows.iter().map(|r| r.id.clone()).collect()
    }

    /// Where the messages sit.
    pub fn seats(&self) -> Vec<Seat> {
        self.rows.iter().map(|r| r.seat.clone()).collect()
    }

    fn has(&mut self, seat: &Seat) -> bool {
        !matches!(seat, Seat::Digest(_)) && !self.seats.insert(seat.clone())
    }

    fn is_full(&mut self) -> bool {
        self.overflow |= self.rows.len() >= MAX_ITEMS;
        self.overflow
    }

    fn target_of(&self, death: &Death) -> (Option<Address>, bool) {
        let from = self.ask.from.at();
        let near = |name: &str| Address::new(from.conn.clone(), from.kind, name);
        match &self.ask.route {
            Route::Nowhere => (None, false),
            Route::Same => (Some(from.clone()), false),
            Route::To(at) => (Some(at.clone()), false),
            Route::Origin => match (&death.origin.value, &self.ask.home) {
                (Some(origin), _) if !origin.name.is_empty() => {
                    (Some(Address { kind: origin.kind.unwrap_or(from.kind), ..near(&origin.name) }), false)
                }
                (_, Some(home)) => (Some(near(home)), true),
                _ => (None, false),
            },
        }
    }

    fn target_index(&mut self, at: Address) -> Option<u16> {
        let found = self.targets.iter().position(|t| *t == at).unwrap_or_else(|| {
            self.targets.push(at);
            self.targets.len() - 1
        });
        u16::try_from(found).ok()
    }

    fn owned_index(&mut self, death: &Death) -> u16 {
        let found = self.owned.iter().position(|o| *o == death.owned).unwrap_or_else(|| {
            self.owned.push(death.owned.clone());
            self.owned.len() - 1
        });
        u16::try_from(found).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests;
