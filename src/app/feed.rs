//! News into facts, and which facts are to be asked for again.

use std::time::{Duration, SystemTime};

use super::App;
use super::effect::{Effect, Job, News};
use super::facts::EVERY;
use super::slots::Place;
use crate::broker::ReadersRequest;
use crate::model::ConnId;
use crate::triage::reach::roles;

impl App {
    /// Takes news of a fact.
    pub(super) fn learn(&mut self, place: &Place, news: News) {
        let now = self.now;
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
            (Place::Detail(at), News::Detail(detail, cost)) => {
                self.facts.details.entry(at.clone()).or_default().set((*detail, *cost), now, EVERY * 3);
            }
            (Place::Detail(at), News::Failed(error)) => self.facts.details.entry(at.clone()).or_default().fail(*error, now),
            _ => {}
        }
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

    /// When the next fact is due, unless paused.
    pub(super) fn due(&self) -> Option<SystemTime> {
        if self.facts.paused {
            return None;
        }
        self.dues().filter_map(|(place, at, _)| self.slots.running(&place).is_none().then_some(at)).min()
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
                let list = b.list.due.unwrap_or(soon);
                due.push((Place::List(conn.clone()), list, Job::List(conn.clone())));
                let readers = b.readers.due.unwrap_or(soon);
                due.push((Place::Readers(conn.clone()), readers, Job::Readers(conn.clone(), ReadersRequest::All)));
                for d in b.destinations().iter().filter(|d| d.role.is_dlq()) {
                    let at = self.facts.details.get(&d.at).and_then(|f| f.due).unwrap_or(soon);
                    due.push((Place::Detail(d.at.clone()), at, Job::Describe(d.at.clone())));
                }
            }
            due
        });
        brokers.collect::<Vec<_>>().into_iter()
    }

    /// Starts what is due; at most a handful at once, the rest follows when those have ended.
    pub(super) fn ask_due(&mut self) -> Vec<Effect> {
        if self.facts.paused {
            return Vec::new();
        }
        let now = self.now;
        let due: Vec<(Place, Job)> = self
            .dues()
            .filter(|(place, at, _)| *at <= now && self.slots.running(place).is_none())
            .map(|(place, _, job)| (place, job))
            .take(24)
            .collect();
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
