//! What a person or a rule asks for: which deed, from where to where, with what changes, how fast, and why.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{EditedBody, stored};
use crate::config::Context;
use crate::config::model::ReplaySettings;
use crate::model::{Address, Proof, Role, Seat};

/// What is done with the messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// Published where they came from, or elsewhere.
    Replay,
    /// Set aside, to be decided later.
    Park,
    /// Never to be replayed; the copy is kept.
    Discard,
    /// Undoes park or discard.
    Restore,
    /// Put into its own queue again, because giving it back would have destroyed it. Nobody asks for it by itself: it is what a look has to do.
    Reseat,
}

impl Deed {
    /// The command and the word shown to the user.
    pub fn word(self) -> &'static str {
        match self {
            Deed::Replay => "replay",
            Deed::Park => "park",
            Deed::Discard => "discard",
            Deed::Restore => "restore",
            Deed::Reseat => "re-seat",
        }
    }

    /// What was done, after the fact.
    pub fn past(self) -> &'static str {
        match self {
            Deed::Replay => "replayed",
            Deed::Park => "parked",
            Deed::Discard => "discarded",
            Deed::Restore => "restored",
            Deed::Reseat => "re-seated",
        }
    }
}

/// Where the messages are taken from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A destination, a dead-letter queue most of the time.
    Queue(#[serde(with = "stored::address")] Address),
    /// The ledger: what was parked or discarded at this destination.
    Ledger(#[serde(with = "stored::address")] Address),
}

impl Source {
    /// The destination the messages are or were at.
    pub fn at(&self) -> &Address {
        match self {
            Source::Queue(at) | Source::Ledger(at) => at,
        }
    }
}

/// Where the messages go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// Each to its own origin.
    Origin,
    /// All to one place.
    To(#[serde(with = "stored::address")] Address),
    /// Back to the source.
    Same,
    /// Nowhere: park as a mark, discard.
    Nowhere,
}

/// Which messages were chosen, for people; the plan's items are what counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Of one cause: its short id and title.
    Cause { id: String, title: String },
    /// Marked one by one.
    Marked,
    /// By a filter or search, as typed.
    Filter(String),
    /// All that there was.
    All,
    /// Those of an earlier plan.
    Plan(super::PlanId),
}

/// Who does it. Not a login: that is the broker's and the system's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The name claimed (`REDRIVE_ACTOR`), else the system's user.
    pub name: String,
    /// The system's user.
    pub os_user: String,
}

/// Changes to messages, beside those that every replay makes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// Names to strip too; a final `*` stands for any ending. Trace headers are kept all the same.
    pub strip: Vec<String>,
    /// Framework headers to keep, though they would be stripped; a final `*` stands for any ending.
    pub keep: Vec<String>,
    /// Headers to add at the end, as UTF-8 text.
    pub add: Vec<(String, String)>,
    /// Bodies edited by hand, by the seat as text. All other bodies are never changed.
    #[serde(default)]
    pub bodies: BTreeMap<String, EditedBody>,
}

impl Edit {
    /// The edited body of the message at a seat.
    pub fn body(&self, seat: &Seat) -> Option<&EditedBody> {
        if self.bodies.is_empty() { None } else { self.bodies.get(&stored::seat_text(seat)) }
    }

    /// Takes an edited body in.
    pub fn set_body(&mut self, seat: &Seat, body: EditedBody) {
        self.bodies.insert(stored::seat_text(seat), body);
    }
}

/// How fast.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pace {
    /// Messages a second; `None`: as fast as confirmations come.
    pub per_second: Option<f64>,
    /// Numbers of messages that go first, one step each, before the rest.
    pub canary: Vec<u32>,
    /// Wait after each canary step, to see whether one comes back to the source.
    pub watch: Duration,
    /// Whether order by key is kept.
    pub ordered: bool,
}

impl Default for Pace {
    fn default() -> Self {
        Self { per_second: None, canary: vec![1, 5, 25], watch: Duration::from_secs(2), ordered: true }
    }
}

/// All that a plan is made from, beside the messages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReplayRequest {
    pub deed: Deed,
    pub from: Source,
    pub route: Route,
    /// By which routing key, where it goes to an exchange; `None`: each by the key that it first came by.
    #[serde(default)]
    pub routing_key: Option<String>,
    pub scope: Scope,
    pub edit: Edit,
    pub pace: Pace,
    pub by: Actor,
    pub reason: Option<String>,
    /// Where messages go that do not name their origin: the main queue that the config declares for this source.
    pub home: Option<String>,
    /// The config's trace headers; those that everybody knows need not be named.
    pub trace: Vec<String>,
    /// Replays of one message at most; at the limit it is poison and left out.
    pub max_redelivery: Option<u32>,
    /// Takes poison in all the same.
    pub even_poison: bool,
    /// Takes in what the ledger has as done with at this very seat.
    pub even_resolved: bool,
    /// They were chosen from a reading that did not come to its end: its receipt, in words.
    #[serde(default)]
    pub partly: Option<String>,
    /// The config asks for marks shared by a team, which this version does not have: the plan says so.
    pub shared_asked: bool,
}

impl ReplayRequest {
    /// A request with nothing but the defaults.
    pub fn new(deed: Deed, from: Source, route: Route, by: Actor) -> Self {
        Self {
            deed,
            from,
            route,
            routing_key: None,
            scope: Scope::Marked,
            edit: Edit::default(),
            pace: Pace::default(),
            by,
            reason: None,
            home: None,
            trace: Vec::new(),
            max_redelivery: Some(3),
            even_poison: false,
            even_resolved: false,
            partly: None,
            shared_asked: false,
        }
    }

    /// Takes over the way home that the broker tells of a dead-letter queue, where the config names none and there is but one.
    pub fn homed(mut self, role: &Role) -> Self {
        let from = self.from.at();
        if let (None, Role::DeadLetter { of, proof: Proof::Told }) = (&self.home, role)
            && let [one] = of.as_slice()
            && (&one.conn, one.kind) == (&from.conn, from.kind)
        {
            self.home = Some(one.name.clone());
        }
        self
    }

    /// Takes over what the config says: pace, order, way home, trace headers, limits.
    pub fn configured(mut self, context: &Context, replay: &ReplaySettings) -> Self {
        self.pace.per_second = replay.per_second;
        self.pace.canary.clone_from(&replay.canary);
        self.pace.ordered = context.guarantees.ordering;
        if let Some(watch) = replay.proof_window {
            self.pace.watch = watch;
        }
        self.trace.clone_from(&context.monitoring.tracing.headers);
        self.shared_asked = context.guarantees.shared;
        if let Some(pair) = context.dead_letters.pair(&self.from.at().name) {
            self.home = Some(pair.main.clone());
            self.max_redelivery = Some(pair.max_redelivery);
            if let (Deed::Park, Some(to)) = (self.deed, &pair.park_to) {
                let at = self.from.at();
                self.route = Route::To(Address::new(at.conn.clone(), at.kind, to.clone()));
            }
        }
        self
    }
}
