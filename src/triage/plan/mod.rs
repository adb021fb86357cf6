//! A plan: the frozen list of exactly which messages go where, changed how, how fast; pure.

mod choice;
mod draft;
mod edit;
mod known;
mod moving;
mod request;
mod reseat;
pub mod stored;
mod warning;
mod wire;

pub use choice::{Choice, header};
pub use draft::{Draft, MAX_ITEMS, Refusal};
pub use edit::{DiffLine, Editable, EditedBody, LARGEST_EDIT, diff, editable};
pub use known::{Group, Preflight, Target};
pub use moving::{MoveAsk, MovePlan};
pub use request::{Actor, Deed, Edit, Pace, ReplayRequest, Route, Scope, Source};
pub use warning::{Level, Warning};
pub use wire::{Changes, ORIGINAL_ID, REPLAY_GEN, generation, is_trace_header, replay_id, wire};

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::report::Skip;
pub use crate::decode::digest;
use crate::decode::human;
use crate::model::{Address, Kind, MessageId, Seat};

/// A plan's name, as typed: `7f3a-19c2`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PlanId(pub String);

impl fmt::Display for PlanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What messages of one plan are kept in order by: a digest of their key and target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OrderKey(pub [u8; 8]);

/// Where in the target a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Where {
    /// The partition it was in when it died.
    Partition(i32),
    /// By its key: murmur2.
    ByKey,
    /// Where the broker puts it.
    Any,
}

/// What is done with one message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Published to the target, then taken out of the source where that can be.
    Publish,
    /// Taken out of the source without a publish; its copy stays in the ledger.
    Remove,
    /// A mark in the ledger; nothing happens on a broker.
    Mark,
    /// Not touched by this plan, and why.
    LeftOut(Skip),
}

/// One message of a plan: who, where, and what becomes of it; never its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Its number in the plan, from 1: the second half of its replay id.
    pub n: u32,
    pub id: MessageId,
    pub seat: Seat,
    /// Of key, body, headers and properties as they were planned; another digest at the seat is skipped.
    pub digest: Option<[u8; 32]>,
    pub order: Option<OrderKey>,
    /// Which of the plan's targets.
    pub to: Option<u16>,
    pub place: Where,
    /// Which of the plan's lists of framework headers are stripped.
    pub owned: u16,
    /// Times that it was replayed before, by ledger and header.
    pub before: u32,
    /// Bytes of key, body and headers.
    pub size: u64,
    pub way: Way,
}

/// What changes in the messages, summed up: header name to number of messages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeSummary {
    pub stripped: BTreeMap<String, u64>,
    /// Trace headers that were found and stay, and framework headers kept by wish.
    pub kept: BTreeMap<String, u64>,
    /// Names of what is added: redrive's own marks, then those asked for.
    pub added: Vec<String>,
    /// Bodies edited by hand.
    #[serde(default)]
    pub edited: u64,
    /// Messages that the broker moves itself: nothing is taken off them and nothing put on.
    #[serde(default)]
    pub as_they_are: u64,
}

/// A frozen plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReplayPlan {
    pub id: PlanId,
    pub ask: ReplayRequest,
    pub frozen: SystemTime,
    /// The broker's own id of the source when it was looked at, where it has one: marks count for this making of it alone.
    #[serde(default)]
    pub source_id: Option<String>,
    /// Every place that a message of this plan goes to, with who reads it.
    pub targets: Vec<Target>,
    /// Lists of framework headers to strip; each message names its own.
    pub owned: Vec<Vec<String>>,
    pub changes: ChangeSummary,
    pub warnings: Vec<Warning>,
    /// Whether the source lets go of a message; false on Kafka: resolved is a fact of the ledger.
    pub removes: bool,
    /// Bytes of the largest message.
    pub largest: u64,
    /// In the order in which they are carried out; left out ones among them.
    #[serde(skip)]
    pub items: Vec<Planned>,
}

impl ReplayPlan {
    /// Messages that are to be done.
    pub fn todo(&self) -> usize {
        self.items.iter().filter(|i| !matches!(i.way, Way::LeftOut(_))).count()
    }

    /// Messages left out, by reason in words.
    pub fn left_out(&self) -> BTreeMap<String, usize> {
        let mut all = BTreeMap::new();
        for item in &self.items {
            if let Way::LeftOut(skip) = &item.way {
                *all.entry(skip.words()).or_insert(0) += 1;
            }
        }
        all
    }

    /// The place a message goes to.
    pub fn to(&self, item: &Planned) -> Option<&Address> {
        item.to.and_then(|t| self.targets.get(usize::from(t))).map(|t| &t.at)
    }

    /// Whether the broker moves this message as it is, by the plan: all but the edited ones go so, or none is known to.
    pub fn moves_as_it_is(&self, item: &Planned) -> bool {
        let published: u64 = self.targets.iter().map(|t| t.messages).sum();
        let moved = self.changes.as_they_are;
        moved > 0 && moved + self.changes.edited >= published && self.ask.edit.body(&item.seat).is_none()
    }

    /// Whether pointers are carried out as their originals; parked and restored they stay pointers.
    pub fn takes_originals(&self) -> bool {
        !wire::as_they_are(&self.ask)
    }

    /// The message of this number, from 1.
    pub fn item(&self, n: u32) -> Option<&Planned> {
        // numbers are places in the list, counted from 1
        self.items.get(usize::try_from(n.checked_sub(1)?).ok()?)
    }

    /// By which routing key a message goes on from a target that is an exchange, in words; nothing for any other.
    pub fn by_key(&self, to: &Address) -> Option<String> {
        (to.kind == Kind::Exchange).then(|| match &self.ask.routing_key {
            Some(key) => format!("by the routing key {key}"),
            None => "each by the routing key that it first came by".into(),
        })
    }

    /// Why it cannot be started as it is; a new plan is needed once that is mended.
    pub fn blocked(&self) -> Option<String> {
        self.warnings.iter().find(|w| w.level() == Level::Blocks).map(Warning::words)
    }

    /// How many subscribers get each message, over all targets that fan out; their number is what is typed to agree.
    pub fn subscribers(&self) -> Option<u32> {
        let used = self.targets.iter().filter(|t| t.messages > 0);
        used.filter_map(|t| t.subscribers).reduce(u32::saturating_add)
    }

    /// Whether the broker's own move takes all of them, so that nothing in them changes.
    pub fn is_moved_as_it_is(&self) -> bool {
        let todo = self.todo() as u64;
        todo > 0 && self.warnings.iter().any(|w| matches!(w, Warning::MovedAsTheyAre { messages } if *messages == todo))
    }

    /// Whether anything is written to a broker.
    pub fn touches_brokers(&self) -> bool {
        self.items.iter().any(|i| matches!(i.way, Way::Publish | Way::Remove))
    }

    /// Numbers of messages per step: the canary steps, then the rest. Empty steps are left out.
    pub fn steps(&self, todo: usize) -> Vec<usize> {
        let mut left = todo;
        let mut steps = Vec::new();
        // only what is sent to be worked on can come back
        let canary: &[u32] = if self.ask.deed == Deed::Replay && self.touches_brokers() { &self.ask.pace.canary } else { &[] };
        for &step in canary {
            let step = usize::try_from(step).unwrap_or(usize::MAX).min(left);
            if step > 0 && step < left {
                steps.push(step);
                left -= step;
            }
        }
        if left > 0 {
            steps.push(left);
        }
        steps
    }

    /// Time that carrying it out takes at its rate, waits after canary steps included; `None`: no rate is set.
    pub fn takes(&self) -> Option<Duration> {
        let todo = self.todo();
        let watches = u32::try_from(self.steps(todo).len().saturating_sub(1)).unwrap_or(0) * self.ask.pace.watch;
        let rate = self.ask.pace.per_second.filter(|r| *r > 0.0)?;
        Duration::try_from_secs_f64(todo as f64 / rate).ok().map(|d| d + watches)
    }

    /// Steps, rate and order in words.
    pub fn pace(&self) -> String {
        let pace = &self.ask.pace;
        let steps = self.steps(self.todo());
        let canary = match steps.split_last() {
            Some((_, first)) if !first.is_empty() => {
                let numbers: Vec<String> = first.iter().map(usize::to_string).collect();
                format!("canary {}, {} after each to see whether one comes back, then ", numbers.join(", "), human::age(pace.watch))
            }
            _ => String::new(),
        };
        let rate = pace.per_second.map_or("as fast as confirmations come".to_owned(), |r| format!("{r}/s"));
        let takes = self.takes().filter(|t| *t >= Duration::from_secs(1)).map_or(String::new(), |t| format!(", about {}", human::age(t)));
        let order = if pace.ordered { "order by key kept" } else { "order by key NOT kept" };
        format!("{canary}{rate}{takes}; {order}")
    }

    /// The command line that carries out this very plan.
    pub fn command(&self) -> String {
        let reason = self.ask.reason.as_deref().map(|r| format!(" --reason '{}'", r.replace('\'', "'\\''"))).unwrap_or_default();
        format!("redrive {} --plan {}{reason}", self.ask.deed.word(), self.id)
    }
}
