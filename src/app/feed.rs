//! News into facts, and which facts are to be asked for again.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::App;
use super::command::On;
use super::effect::{CausesRead, Effect, Job, News};
use super::facts::{CALM, EVERY, Fact, HIDDEN};
use super::slots::Place;
use super::text::Tone;
use crate::broker::ReadersRequest;
use crate::decode::{human, safe};
use crate::model::{Address, ConnId};
use crate::triage::reach::roles;
use crate::triage::report::{Ended, ReplayReport};

/// Dead-letter queues of at most so many messages are read for the Overview without being asked.
const READ_UNASKED: u64 = 20_000;
/// Facts asked for in one go.
const AT_ONCE: usize = 24;

/// Whether what was done meanwhile has made it due sooner than it was.
fn is_touched<T>(fact: &Fact<T>) -> bool {
    fact.due.is_some_and(|due| fact.at.is_some_and(|at| due < at + EVERY))
}

impl App {
    /// Takes news of a fact.
    pub(super) fn learn(&mut self, place: &Place, news: News) {
        let now = self.now;
        self.facts.version += 1;
        match (place, news) {
            (Place::Probe(conn), News::Probe(probe)) => {
                if let Some(b) = self.facts.brokers.get_mut(conn) {
                    b.probe.set(*probe, now, EVERY);
                }
            }
            (Place::Probe(conn), News::Failed(error)) => {
                if let Some(b) = self.facts.brokers.get_mut(conn) {
                    b.probe.fail(*error, now);
                }
            }
            (Place::List(conn), news) => self.learn_list(conn, news),
            (Place::Readers(conn), news) => self.learn_readers(conn, news),
            (Place::Detail(at), News::Detail(detail, cost, done)) => {
                self.facts.done.insert(at.clone(), done);
                self.facts.details.entry(at.clone()).or_default().set((*detail, *cost), now, EVERY * 3);
            }
            (Place::Detail(at), News::Failed(error)) => self.facts.details.entry(at.clone()).or_default().fail(*error, now),
            (Place::Causes(at), News::Causes(read)) => self.learn_causes(at, *read, now),
            // grouped anew, but no newer than the look
            (Place::Causes(at), News::Recounted(read)) => {
                let looked = self.facts.causes.get(at).and_then(|fact| fact.at);
                self.learn_causes(at, *read, looked.unwrap_or(now));
            }
            (Place::Causes(at), News::Failed(error)) => self.facts.causes.entry(at.clone()).or_default().fail(*error, now),
            (Place::Ledger, News::Plans(rows)) => {
                if self.facts.plans.value.as_ref().is_some_and(|before| *before != rows) {
                    self.touched();
                }
                self.facts.plans.set(rows, now, EVERY * 3);
            }
            (Place::Ledger, News::Failed(error)) => self.facts.plans.fail(*error, now),
            (Place::Deed(plan), News::Progress(progress)) => {
                self.facts.runs.entry(plan.clone()).or_default().take(*progress);
            }
            (Place::Deed(plan), News::Report(report)) => self.run_ended(plan.clone(), *report),
            (Place::Verdict(plan), News::Verdicts(look)) => {
                if !look.lines.is_empty() {
                    self.facts.plans.due = Some(now);
                }
                if look.lines.iter().any(|l| l.level == crate::triage::report::Level::Bad) {
                    self.say(Tone::Bad, format!("{plan}: {} of {} replayed came back", look.counts.came_back, look.counts.replayed));
                }
                if let Some(run) = self.facts.runs.get_mut(plan) {
                    run.verdicts(&look);
                }
            }
            (Place::Deed(key), News::Moved { moved, of }) => {
                self.facts.runs.entry(key.clone()).or_default().moving = format!("{} of {} moved", human::count(moved), human::count(of));
            }
            (Place::Deed(key), News::Done(words)) => {
                self.facts.runs.remove(key);
                self.say(Tone::Ok, words);
                self.stale();
            }
            (Place::Deed(plan), News::Failed(error)) => {
                if self.facts.runs.get(plan).is_some_and(|r| !r.moving.is_empty()) {
                    self.facts.runs.remove(plan);
                }
                self.say(Tone::Bad, format!("replay {plan}: {}", safe(&error.to_string())));
                self.facts.plans.due = Some(now);
            }
            (Place::Small(_), News::Done(words)) => {
                self.say(Tone::Ok, words);
                self.stale();
            }
            (Place::Small(_), News::Failed(error)) => self.say(Tone::Bad, safe(&error.to_string())),
            _ => {}
        }
    }

    fn learn_causes(&mut self, at: &Address, mut read: CausesRead, looked: SystemTime) {
        match read.closed {
            0 => {}
            1 => self.say(Tone::Ok, "its incident is resolved: nothing of the cause is left"),
            n => self.say(Tone::Ok, format!("{n} incidents are resolved: nothing of their causes is left")),
        }
        let place = Place::Causes(at.clone());
        // the next listing is held against the last one, not against what of the queue can be seen, where no listing came meanwhile
        let begun = self.slots.running(&place).map(|(_, since)| since);
        let listed = self.facts.brokers.get(&at.conn).and_then(|b| b.list.at);
        if let Some(d) = self.facts.destination(at).filter(|_| begun.is_some_and(|begun| listed.is_some_and(|listed| listed <= begun))) {
            read.depth = d.depth;
        }
        let (now, is_old) = (self.now, self.is_old(&place));
        let fact = self.facts.causes.entry(at.clone()).or_default();
        fact.set(Arc::new(read), now, EVERY * 3);
        fact.at = Some(looked);
        if is_old {
            fact.due = fact.at;
        }
    }

    /// Whether what a job has just told may be older than what was done while it ran.
    fn is_old(&self, place: &Place) -> bool {
        let begun = self.slots.running(place).map(|(_, since)| since);
        begun.is_some_and(|begun| self.facts.touched.is_some_and(|touched| touched > begun))
    }

    /// A replay has ended: say so, and ask anew for what it changed.
    fn run_ended(&mut self, plan: String, report: ReplayReport) {
        let c = report.counts;
        let (tone, word) = match &report.ended {
            Ended::Finished if c.in_doubt + c.failed == 0 => (Tone::Ok, "finished".to_owned()),
            Ended::Finished => (Tone::Watch, "finished".to_owned()),
            Ended::Stopped => (Tone::Watch, "stopped; the rest is untouched and can be resumed".to_owned()),
            Ended::Broke(why) => (Tone::Bad, format!("broke off: {}", safe(why))),
            Ended::Failed(why) => (Tone::Bad, format!("failed: {}", safe(why))),
        };
        self.say(tone, format!("{plan} {word}: {} done, {} skipped, {} failed, {} in doubt", c.done(), c.skipped, c.failed, c.in_doubt));
        self.facts.runs.entry(plan).or_default().report = Some(report);
        self.stale();
    }

    /// What the ledger says may be otherwise now: plans and causes are asked for again.
    fn stale(&mut self) {
        self.facts.plans.due = Some(self.now);
        self.touched();
    }

    /// What the ledger has as done with may be more or less now.
    fn touched(&mut self) {
        self.facts.touched = Some(self.now);
        // as if it had been due when it was read: sooner than anything becomes due by itself
        self.facts.causes.values_mut().for_each(|fact| fact.due = fact.at);
        self.facts.details.values_mut().for_each(|fact| fact.due = fact.at);
    }

    fn learn_list(&mut self, conn: &ConnId, news: News) {
        let now = self.now;
        let declared = self.facts.context.clone();
        let Some(b) = self.facts.brokers.get_mut(conn) else { return };
        match news {
            News::Destinations(rows) => {
                b.listing.extend(rows);
                roles(&mut b.listing, &declared);
            }
            News::Ended => {
                let rows = std::mem::take(&mut b.listing);
                self.facts.shelf.take_listing(&rows, now);
                b.list.set(rows, now, EVERY);
            }
            News::Failed(error) => {
                b.listing.clear();
                b.list.fail(*error, now);
            }
            _ => {}
        }
    }

    fn learn_readers(&mut self, conn: &ConnId, news: News) {
        let now = self.now;
        let Some(b) = self.facts.brokers.get_mut(conn) else { return };
        match news {
            News::Readers(rows) => b.reading.extend(rows),
            News::Ended => {
                let mut rows = std::mem::take(&mut b.reading);
                rows.sort_by(|a, b| a.name.cmp(&b.name));
                self.facts.shelf.take_readers(&rows, now);
                b.readers.set(rows, now, EVERY);
            }
            News::Failed(error) => {
                b.reading.clear();
                b.readers.fail(*error, now);
            }
            _ => {}
        }
    }

    /// Facts that are asked for again and again, with the time of the next.
    fn dues(&self) -> impl Iterator<Item = (Place, SystemTime, Job)> {
        let brokers = self.facts.brokers.iter().flat_map(|(conn, b)| {
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
                    let fact = self.facts.details.get(&d.at);
                    let at = later(fact.and_then(|f| f.due));
                    let touched = fact.is_none_or(is_touched);
                    let at = if !touched && self.facts.is_calm(d) { at + CALM } else { at };
                    due.push((Place::Detail(d.at.clone()), at, Job::Describe(d.at.clone())));
                }
            }
            due
        });
        let plans = (Place::Ledger, self.facts.plans.due.unwrap_or(SystemTime::UNIX_EPOCH), Job::Plans);
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
            let known = self.facts.details.get(at).and_then(|f| f.value.as_ref());
            known.is_some_and(|(_, cost)| cost.leaves.is_empty() && cost.refused.is_none())
        };
        let dlqs = self.facts.destinations().filter(|d| d.role.is_dlq() && free(&d.at));
        let kept = self.facts.causes.iter().filter(|(at, fact)| !free(at) && is_touched(fact)).filter_map(|(at, fact)| {
            let read = fact.value.as_ref().filter(|read| !read.kept.is_empty())?;
            Some((Place::Causes(at.clone()), fact.due?, Job::Recount(at.clone(), read.clone(), fact.at?)))
        });
        let due = dlqs.filter_map(|d| {
            let job = || Job::Causes(d.at.clone(), Vec::new(), None);
            let place = Place::Causes(d.at.clone());
            match self.facts.causes.get(&d.at) {
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
        let mut all: Vec<_> = kept.chain(due).collect();
        all.sort_by_key(|(_, at, _)| *at);
        all.truncate(2usize.saturating_sub(running));
        all
    }

    /// Starts what is due; at most a handful at once, the rest follows when those have ended. Goes through all that is known,
    /// so it is not for every key and every row.
    pub(super) fn ask_due(&mut self) -> Vec<Effect> {
        self.next_due = None;
        if self.facts.paused {
            return Vec::new();
        }
        let now = self.now;
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
        let now = self.now;
        let conns: Vec<ConnId> = self.facts.brokers.keys().cloned().collect();
        let mut effects = Vec::new();
        for conn in conns {
            let place = Place::Probe(conn.clone());
            if self.slots.running(&place).is_none() {
                effects.extend(self.slots.start(place, Job::Probe(conn.clone()), now));
            }
            if let Some(b) = self.facts.brokers.get_mut(&conn) {
                for due in [&mut b.list.due, &mut b.readers.due] {
                    *due = now.checked_sub(Duration::from_secs(1));
                }
            }
        }
        effects
    }
}
