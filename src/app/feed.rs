//! News into facts.

use std::sync::Arc;
use std::time::SystemTime;

use super::App;
use super::effect::{CausesRead, News};
use super::facts::EVERY;
use super::slots::Place;
use super::text::Tone;
use crate::decode::{human, safe};
use crate::model::{Address, ConnId};
use crate::triage::reach::roles;
use crate::triage::report::{Ended, ReplayReport};

impl App {
    /// Takes news of a fact.
    pub(super) fn learn(&mut self, place: &Place, news: News) {
        let now = self.cx.now;
        self.cx.facts.version += 1;
        match (place, news) {
            (Place::Probe(conn), News::Probe(probe)) => {
                if let Some(b) = self.cx.facts.brokers.get_mut(conn) {
                    b.probe.set(*probe, now, EVERY);
                }
            }
            (Place::Probe(conn), News::Failed(error)) => {
                if let Some(b) = self.cx.facts.brokers.get_mut(conn) {
                    b.probe.fail(*error, now);
                }
            }
            (Place::List(conn), news) => self.learn_list(conn, news),
            (Place::Readers(conn), news) => self.learn_readers(conn, news),
            (Place::Detail(at), News::Detail(detail, cost, done)) => {
                self.cx.facts.done.insert(at.clone(), done);
                self.cx.facts.details.entry(at.clone()).or_default().set((*detail, *cost), now, EVERY * 3);
            }
            (Place::Detail(at), News::Failed(error)) => self.cx.facts.details.entry(at.clone()).or_default().fail(*error, now),
            (Place::Causes(at), News::Causes(read)) => self.learn_causes(at, *read, now),
            // grouped anew, but no newer than the look
            (Place::Causes(at), News::Recounted(read)) => {
                let looked = self.cx.facts.causes.get(at).and_then(|fact| fact.at);
                self.learn_causes(at, *read, looked.unwrap_or(now));
            }
            (Place::Causes(at), News::Failed(error)) => self.cx.facts.causes.entry(at.clone()).or_default().fail(*error, now),
            (Place::Ledger, News::Plans(rows)) => {
                if self.cx.facts.plans.value.as_ref().is_some_and(|before| *before != rows) {
                    self.touched();
                }
                self.cx.facts.plans.set(rows, now, EVERY * 3);
            }
            (Place::Ledger, News::Failed(error)) => self.cx.facts.plans.fail(*error, now),
            (Place::Deed(plan), News::Progress(progress)) => {
                self.cx.facts.runs.entry(plan.clone()).or_default().take(*progress);
            }
            (Place::Deed(plan), News::Report(report)) => self.run_ended(plan.clone(), *report),
            (Place::Verdict(plan), News::Verdicts(look)) => {
                if !look.lines.is_empty() {
                    self.cx.facts.plans.due = Some(now);
                }
                if look.lines.iter().any(|l| l.level == crate::triage::report::Level::Bad) {
                    self.say(Tone::Bad, format!("{plan}: {} of {} replayed came back", look.counts.came_back, look.counts.replayed));
                }
                if let Some(run) = self.cx.facts.runs.get_mut(plan) {
                    run.verdicts(&look);
                }
            }
            (Place::Deed(key), News::Moved { moved, of }) => {
                self.cx.facts.runs.entry(key.clone()).or_default().moving =
                    format!("{} of {} moved", human::count(moved), human::count(of));
            }
            (Place::Deed(key), News::Done(words)) => {
                self.cx.facts.runs.remove(key);
                self.say(Tone::Ok, words);
                self.stale();
            }
            (Place::Deed(plan), News::Failed(error)) => {
                // it runs no more, if it ever did; what came of it the ledger knows
                self.cx.facts.runs.remove(plan);
                self.say(Tone::Bad, format!("replay {plan}: {}", safe(&error.to_string())));
                self.cx.facts.plans.due = Some(now);
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
        let listed = self.cx.facts.brokers.get(&at.conn).and_then(|b| b.list.at);
        if let Some(d) = self.cx.facts.destination(at).filter(|_| begun.is_some_and(|begun| listed.is_some_and(|listed| listed <= begun))) {
            read.depth = d.depth;
        }
        let (now, is_old) = (self.cx.now, self.is_old(&place));
        let fact = self.cx.facts.causes.entry(at.clone()).or_default();
        fact.set(Arc::new(read), now, EVERY * 3);
        fact.at = Some(looked);
        if is_old {
            fact.due = fact.at;
        }
    }

    /// Whether what a job has just told may be older than what was done while it ran.
    fn is_old(&self, place: &Place) -> bool {
        let begun = self.slots.running(place).map(|(_, since)| since);
        begun.is_some_and(|begun| self.cx.facts.touched.is_some_and(|touched| touched > begun))
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
        self.cx.facts.runs.entry(plan).or_default().report = Some(report);
        self.stale();
    }

    /// What the ledger says may be otherwise now: plans and causes are asked for again.
    fn stale(&mut self) {
        self.cx.facts.plans.due = Some(self.cx.now);
        self.touched();
    }

    /// What the ledger has as done with may be more or less now.
    fn touched(&mut self) {
        self.cx.facts.touched = Some(self.cx.now);
        self.cx.facts.touches += 1;
        // as if it had been due when it was read: sooner than anything becomes due by itself
        self.cx.facts.causes.values_mut().for_each(|fact| fact.due = fact.at);
        self.cx.facts.details.values_mut().for_each(|fact| fact.due = fact.at);
    }

    fn learn_list(&mut self, conn: &ConnId, news: News) {
        let now = self.cx.now;
        let declared = self.cx.facts.context.clone();
        let Some(b) = self.cx.facts.brokers.get_mut(conn) else { return };
        match news {
            News::Destinations(rows) => {
                b.listing.extend(rows);
                roles(&mut b.listing, &declared);
            }
            News::Ended => {
                let rows = std::mem::take(&mut b.listing);
                self.cx.facts.shelf.take_listing(&rows, now);
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
        let now = self.cx.now;
        let Some(b) = self.cx.facts.brokers.get_mut(conn) else { return };
        match news {
            News::Readers(rows) => b.reading.extend(rows),
            News::Ended => {
                let mut rows = std::mem::take(&mut b.reading);
                rows.sort_by(|a, b| a.name.cmp(&b.name));
                self.cx.facts.shelf.take_readers(&rows, now);
                b.readers.set(rows, now, EVERY);
            }
            News::Failed(error) => {
                b.reading.clear();
                b.readers.fail(*error, now);
            }
            _ => {}
        }
    }
}
