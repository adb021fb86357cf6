//! Which facts are to be asked for again, and when.

use std::time::{Duration, SystemTime};

use super::App;
use super::command::On;
use super::effect::{Effect, Job};
use super::facts::{CALM, EVERY, Fact, HIDDEN};
use super::slots::Place;
use crate::broker::ReadersRequest;
use crate::model::{Address, ConnId};

/// Dead-letter queues of at most so many messages are read for the Overview without being asked.
const READ_UNASKED: u64 = 20_000;
/// So long what the shown screen reads for itself has the brokers and the processor before what is read without being asked.
const FIRST: Duration = Duration::from_secs(1);
/// Facts asked for in one go.
const AT_ONCE: usize = 24;

/// Whether what was done meanwhile has made it due sooner than it was.
fn is_touched<T>(fact: &Fact<T>) -> bool {
    fact.due.is_some_and(|due| fact.at.is_some_and(|at| due < at + EVERY))
}

impl App {
    /// Facts that are asked for again and again, with the time of the next.
    fn dues(&self) -> impl Iterator<Item = (Place, SystemTime, Job)> {
        let brokers = self.cx.facts.brokers.iter().flat_map(|(conn, b)| {
            let mut due = Vec::new();
            if let Some(at) = b.probe.due {
                due.push((Place::Probe(conn.clone()), at, Job::Probe(conn.clone())));
            }
            // A broker that does not answer a probe is not asked for more.
            if b.probe.error.is_none() && b.probe.value.is_some() {
                let soon = SystemTime::UNIX_EPOCH;
                let wait = if self.surveys() { Duration::ZERO } else { HIDDEN - EVERY };
                let later = |due: Option<SystemTime>| due.map_or(soon, |due| due + wait);
                let list = later(b.list.due);
                due.push((Place::List(conn.clone()), list, Job::List(conn.clone())));
                let readers = later(b.readers.due);
                due.push((Place::Readers(conn.clone()), readers, Job::Readers(conn.clone(), ReadersRequest::All)));
                for d in b.destinations().iter().filter(|d| d.role.is_dlq()) {
                    let fact = self.cx.facts.details.get(&d.at);
                    let at = later(fact.and_then(|f| f.due));
                    let touched = fact.is_none_or(is_touched);
                    let at = if !touched && self.cx.facts.is_calm(d) { at + CALM } else { at };
                    due.push((Place::Detail(d.at.clone()), at, Job::Describe(d.at.clone())));
                }
            }
            due
        });
        let plans = (Place::Ledger, self.cx.facts.plans.due.unwrap_or(SystemTime::UNIX_EPOCH), Job::Plans);
        brokers.chain(std::iter::once(plans)).chain(self.causes_due()).collect::<Vec<_>>().into_iter()
    }

    /// Whether the shown screen is made of listings and groups.
    fn surveys(&self) -> bool {
        matches!(self.top().screen.page().on(), On::Overview | On::Destinations | On::Lag | On::Group)
    }

    /// Queues whose dead letters are read without being asked: those that can be looked into without a trace and are not too
    /// long; again when their depth has changed, or what the ledger says of them. Where a look leaves a trace, what was kept of
    /// the last one is grouped anew when the ledger has changed.
    fn causes_due(&self) -> Vec<(Place, SystemTime, Job)> {
        let running = self.slots.count(|p| matches!(p, Place::Causes(_)));
        let free = |at: &Address| {
            let known = self.cx.facts.details.get(at).and_then(|f| f.value.as_ref());
            known.is_some_and(|(_, cost)| cost.leaves.is_empty() && cost.refused.is_none())
        };
        let dlqs = self.cx.facts.destinations().filter(|d| d.role.is_dlq() && free(&d.at));
        let kept = self.cx.facts.causes.iter().filter(|(at, fact)| !free(at) && is_touched(fact)).filter_map(|(at, fact)| {
            let read = fact.value.as_ref().filter(|read| !read.kept.is_empty())?;
            Some((Place::Causes(at.clone()), fact.due?, Job::Recount(at.clone(), read.clone(), fact.at?)))
        });
        let due = dlqs.filter_map(|d| {
            let job = || Job::Causes(d.at.clone(), Vec::new(), None);
            let place = Place::Causes(d.at.clone());
            match self.cx.facts.causes.get(&d.at) {
                None if d.depth.value().is_some_and(|n| n > 0 && n <= READ_UNASKED) => Some((place, SystemTime::UNIX_EPOCH, job())),
                Some(fact) => {
                    let read = fact.value.as_ref()?;
                    let due = fact.due.filter(|_| is_touched(fact) || read.depth.value() != d.depth.value())?;
                    d.depth.value().is_some_and(|n| n <= READ_UNASKED).then(|| (place, due, job()))
                }
                None => None,
            }
        });
        // what was never read comes before what is only to be read again, and what is not due yet holds nobody up
        let first = self.reads_for_itself().map_or(SystemTime::UNIX_EPOCH, |since| since + FIRST);
        let mut all: Vec<_> = kept.chain(due).map(|(place, at, job)| (place, at.max(first), job)).collect();
        all.sort_by_key(|(_, at, _)| *at);
        all.truncate(2usize.saturating_sub(running));
        all
    }

    /// Starts what is due; at most a handful at once, the rest follows when those have ended. Goes through all that is known,
    /// so it is not for every key and every row.
    pub(super) fn ask_due(&mut self) -> Vec<Effect> {
        self.next_due = None;
        if self.cx.facts.paused {
            return Vec::new();
        }
        let now = self.cx.now;
        let (mut due, mut next): (Vec<(Place, Job)>, Option<SystemTime>) = (Vec::new(), None);
        for (place, at, job) in self.dues().filter(|(place, ..)| self.slots.running(place).is_none()) {
            if at <= now && due.len() < AT_ONCE {
                due.push((place, job));
            } else if at > now {
                next = Some(next.map_or(at, |t| t.min(at)));
            }
        }
        self.next_due = next;
        due.into_iter().flat_map(|(place, job)| self.slots.start(place, job, now)).collect()
    }

    /// Asks every broker at once.
    pub(super) fn ask_all(&mut self) -> Vec<Effect> {
        let now = self.cx.now;
        let conns: Vec<ConnId> = self.cx.facts.brokers.keys().cloned().collect();
        let mut effects = Vec::new();
        for conn in conns {
            let place = Place::Probe(conn.clone());
            if self.slots.running(&place).is_none() {
                effects.extend(self.slots.start(place, Job::Probe(conn.clone()), now));
            }
            if let Some(b) = self.cx.facts.brokers.get_mut(&conn) {
                for due in [&mut b.list.due, &mut b.readers.due] {
                    *due = now.checked_sub(Duration::from_secs(1));
                }
            }
        }
        effects
    }
}
