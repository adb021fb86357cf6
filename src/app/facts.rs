//! What is known of the brokers, with its age: every screen reads it, so no two screens disagree.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::app::effect::CausesRead;
use crate::app::screens::messages::Columns;
use crate::broker::{Capabilities, Cost, Detail, Error, Probe, Trace};
use crate::config::model::ReplaySettings;
use crate::config::{Context, Diagnostic};
use crate::decode::human;
use crate::model::{Address, ConnId, Count, Destination, Reader, Seat};
use crate::monitor::Shelf;
use crate::schema::Seen;
use crate::triage::permit::Permit;
use crate::triage::plan::EditedBody;
use crate::triage::report::{Line, PlanRow, Progress, ReplayReport};
use crate::triage::verdict::Look;

/// Between the end of one read of the same thing and the start of the next.
pub const EVERY: Duration = Duration::from_secs(10);
/// The same for what is on no screen now: often enough to know how it grows.
pub const HIDDEN: Duration = Duration::from_secs(60);
/// A destination is described again after this long though nothing has come or gone, for its settings may have changed.
pub const CALM: Duration = Duration::from_secs(300);
/// How long a word on the price of a look holds.
const AGREED_FOR: Duration = Duration::from_secs(3600);
/// Longest wait between tries of a broker that is down.
const LONGEST: Duration = Duration::from_secs(60);

/// One fact with its age. Old data stays when a refresh fails.
#[derive(Clone, Debug)]
pub struct Fact<T> {
    pub value: Option<T>,
    /// When it was last known to be so.
    pub at: Option<SystemTime>,
    pub error: Option<(Arc<Error>, SystemTime)>,
    /// Failures in a row.
    pub fails: u32,
    /// When it is asked for again by itself; `None`: not before somebody asks.
    pub due: Option<SystemTime>,
}

impl<T> Default for Fact<T> {
    fn default() -> Self {
        Self { value: None, at: None, error: None, fails: 0, due: None }
    }
}

impl<T> Fact<T> {
    /// It is so now.
    pub fn set(&mut self, value: T, now: SystemTime, again: Duration) {
        *self = Fact { value: Some(value), at: Some(now), error: None, fails: 0, due: now.checked_add(again) };
    }

    /// It could not be had: tried again after 1, 2, 4 … 60 s, where that can help at all.
    pub fn fail(&mut self, error: Error, now: SystemTime) {
        self.fails += 1;
        let wait = Duration::from_secs(1 << self.fails.clamp(1, 7)).min(LONGEST);
        // What a person must mend is asked for again as well, slowly: they may have mended it meanwhile.
        self.due = now.checked_add(if error.retry { wait } else { LONGEST });
        self.error = Some((Arc::new(error), now));
    }
}

/// One connection.
#[derive(Clone, Debug, Default)]
pub struct BrokerFacts {
    pub probe: Fact<Probe>,
    pub list: Fact<Vec<Destination>>,
    pub readers: Fact<Vec<Reader>>,
    /// What a running listing has told so far.
    pub listing: Vec<Destination>,
    pub reading: Vec<Reader>,
    pub asked: Option<SystemTime>,
}

impl BrokerFacts {
    /// Destinations as last known, or as far as the first listing has got.
    pub fn destinations(&self) -> &[Destination] {
        self.list.value.as_deref().unwrap_or(&self.listing)
    }

    /// Groups as last known, or as far as they have been told.
    pub fn groups(&self) -> &[Reader] {
        self.readers.value.as_deref().unwrap_or(&self.reading)
    }

    /// Its broker did not answer last time.
    pub fn down(&self) -> Option<&Arc<Error>> {
        self.probe.error.as_ref().map(|(e, _)| e)
    }
}

/// A replay carried out here.
#[derive(Clone, Debug, Default)]
pub struct Run {
    pub progress: Option<Progress>,
    /// What happened, newest last; the last 1,000 lines.
    pub log: VecDeque<Line>,
    pub report: Option<ReplayReport>,
    pub paused: bool,
    /// Of a move by the broker's own mover instead of a replay: how far it is.
    pub moving: String,
}

impl Run {
    /// Takes one more word of it.
    pub fn take(&mut self, progress: Progress) {
        self.note(&progress.lines);
        self.progress = Some(progress);
    }

    /// Takes what a look gave at what became of the replayed; all other counts are the run's own.
    pub fn verdicts(&mut self, look: &Look) {
        self.note(&look.lines);
        let told = self.progress.as_mut().map(|p| &mut p.counts).into_iter().chain(self.report.as_mut().map(|r| &mut r.counts));
        for counts in told {
            counts.verified = look.counts.verified;
            counts.came_back = look.counts.came_back;
        }
    }

    fn note(&mut self, lines: &[Line]) {
        self.log.extend(lines.iter().cloned());
        while self.log.len() > 1_000 {
            self.log.pop_front();
        }
    }
}

/// A body edited here: the patch for a plan, and the message as it will be.
#[derive(Clone, Debug)]
pub struct Edited {
    pub patch: EditedBody,
    pub seen: Arc<Seen>,
}

/// Everything known in this context.
#[derive(Clone, Debug)]
pub struct Facts {
    pub context: Arc<Context>,
    pub brokers: BTreeMap<ConnId, BrokerFacts>,
    pub details: BTreeMap<Address, Fact<(Detail, Cost)>>,
    /// Where the price of a look was agreed to, when, and what it was then.
    pub agreed: BTreeMap<Address, (SystemTime, Vec<Trace>)>,
    /// Messages that are done with by the ledger and still lie there, as a topic's do.
    pub done: BTreeMap<Address, u64>,
    pub shelf: Shelf,
    /// Dead letters of queues that were read.
    pub causes: BTreeMap<Address, Fact<Arc<CausesRead>>>,
    /// Plans as the ledger has them, newest first.
    pub plans: Fact<Vec<PlanRow>>,
    /// Replays carried out here.
    pub runs: BTreeMap<String, Run>,
    /// Grows with every change: who has seen this number has seen it all.
    pub version: u64,
    /// Who this is, for plans and marks, and what their role allows.
    pub permit: Permit,
    /// Why writes are on, as typed.
    pub reason: Option<String>,
    /// Bodies edited here and not yet carried out, by where their message sits.
    pub edits: BTreeMap<(Address, Seat), Edited>,
    /// Columns chosen by hand, by the destination whose messages they show.
    pub columns: BTreeMap<Address, Columns>,
    /// Pace and canary steps of replays, by the config.
    pub replay: ReplaySettings,
    /// Warnings of the config.
    pub warnings: Vec<Diagnostic>,
    /// Nothing is asked by itself while this is on (`p`).
    pub paused: bool,
    /// When something was done that changes what the ledger has as done with.
    pub touched: Option<SystemTime>,
    /// How often that was.
    pub touches: u64,
}

impl Facts {
    /// Nothing is known yet but the names.
    pub fn new(context: Arc<Context>, conns: impl IntoIterator<Item = ConnId>) -> Self {
        let brokers = conns.into_iter().map(|c| (c, BrokerFacts::default())).collect();
        Self {
            context,
            brokers,
            details: BTreeMap::new(),
            agreed: BTreeMap::new(),
            done: BTreeMap::new(),
            shelf: Shelf::default(),
            causes: BTreeMap::new(),
            plans: Fact::default(),
            runs: BTreeMap::new(),
            version: 0,
            permit: Permit::none(),
            reason: None,
            edits: BTreeMap::new(),
            columns: BTreeMap::new(),
            replay: ReplaySettings::default(),
            warnings: Vec::new(),
            paused: false,
            touched: None,
            touches: 0,
        }
    }

    /// All destinations, by connection and in the order the broker lists them.
    pub fn destinations(&self) -> impl Iterator<Item = &Destination> {
        self.brokers.values().flat_map(|b| b.destinations())
    }

    /// Whether every broker has told all its destinations and groups at least once, and of each dead-letter queue what a look costs.
    pub fn is_told(&self) -> bool {
        let asked = |at: &Address| self.details.get(at).is_some_and(|fact| fact.value.is_some() || fact.error.is_some());
        self.brokers.values().all(|b| b.list.value.is_some() && b.readers.value.is_some())
            && self.destinations().filter(|d| d.role.is_dlq()).all(|d| asked(&d.at))
    }

    /// What is said behind the time of the last answers while some brokers are asked for the first time.
    pub fn still_asked(&self, told: impl Fn(&BrokerFacts) -> bool) -> String {
        match self.brokers.values().filter(|b| b.down().is_none() && !told(b)).count() {
            0 => String::new(),
            n => format!(", {} not yet", human::things(n as u64, "broker")),
        }
    }

    /// One destination's row of the listing.
    pub fn destination(&self, at: &Address) -> Option<&Destination> {
        self.brokers.get(&at.conn)?.destinations().iter().find(|d| d.at == *at)
    }

    /// All groups with their connection.
    pub fn groups(&self) -> impl Iterator<Item = (&ConnId, &Reader)> {
        self.brokers.iter().flat_map(|(c, b)| b.groups().iter().map(move |r| (c, r)))
    }

    /// One group.
    pub fn group(&self, conn: &ConnId, name: &str) -> Option<&Reader> {
        self.brokers.get(conn)?.groups().iter().find(|r| r.name == name)
    }

    /// What of a destination's depth is not done with; as sure as the depth.
    pub fn waiting(&self, d: &Destination) -> Count {
        d.depth.less(self.done.get(&d.at).copied().unwrap_or(0))
    }

    /// Whether a log holds as much as when it was described, by its listing.
    pub fn is_calm(&self, d: &Destination) -> bool {
        let Some(detail) = self.detail(&d.at).filter(|detail| !detail.partitions.is_empty()) else { return false };
        let held: i64 = detail.partitions.iter().map(|p| p.end - p.start).sum();
        d.depth.value() == u64::try_from(held).ok()
    }

    /// The price of a look, where it is not free.
    pub fn price(&self, at: &Address) -> Option<&Cost> {
        let (_, cost) = self.details.get(at)?.value.as_ref()?;
        (!cost.leaves.is_empty() || cost.refused.is_some()).then_some(cost)
    }

    /// The traces that the user agreed to here, less than an hour ago.
    pub fn accepted(&self, at: &Address, now: SystemTime) -> Vec<Trace> {
        let fresh = |when: &SystemTime| now.duration_since(*when).is_ok_and(|ago| ago < AGREED_FOR);
        self.agreed.get(at).filter(|(when, _)| fresh(when)).map(|(_, traces)| traces.clone()).unwrap_or_default()
    }

    /// What a connection can do, once it has been asked.
    pub fn capabilities(&self, conn: &ConnId) -> Option<&Capabilities> {
        self.brokers.get(conn)?.probe.value.as_ref().map(|probe| &probe.capabilities)
    }

    /// A destination's details, if somebody asked for them.
    pub fn detail(&self, at: &Address) -> Option<&Detail> {
        self.details.get(at)?.value.as_ref().map(|(d, _)| d)
    }

    /// Up, still asked, down.
    pub fn tally(&self) -> (usize, usize, usize) {
        let down = self.brokers.values().filter(|b| b.down().is_some()).count();
        let up = self.brokers.values().filter(|b| b.down().is_none() && b.probe.value.is_some()).count();
        (up, self.brokers.len() - up - down, down)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::broker::ErrorKind;

    #[test]
    fn a_failed_refresh_keeps_old_data_and_backs_off() {
        let (now, mut fact) = (SystemTime::UNIX_EPOCH, Fact::default());
        fact.set(7, now, EVERY);
        for (i, wait) in [2, 4, 8, 16, 32, 60, 60].into_iter().enumerate() {
            fact.fail(Error::new(ErrorKind::Unreachable, "list topics", "refused"), now);
            assert_eq!(fact.due, now.checked_add(Duration::from_secs(wait)), "try {i}");
        }
        assert_eq!((fact.value, fact.at), (Some(7), Some(now)));
        fact.set(8, now, EVERY);
        assert_eq!((fact.fails, fact.error.is_none()), (0, true));
    }
}
