//! Which job currently feeds which place: starting there stops the one before, and news of any other job is dropped.

use std::collections::HashMap;
use std::time::SystemTime;

use super::effect::{Effect, Job};
use crate::model::{Address, ConnId};

/// A started job; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(pub u64);

/// One screen on the stack; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScreenId(pub u64);

/// What a job feeds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    Probe(ConnId),
    List(ConnId),
    Readers(ConnId),
    Detail(Address),
    /// The dead letters of a queue, read and grouped.
    Causes(Address),
    /// What the ledger has of plans, marks and claims.
    Ledger,
    /// A part of one screen: ends when the screen is left.
    Part(ScreenId, &'static str),
    /// A replay: outlives every screen.
    Deed(String),
    /// What became of a replayed plan: outlives every screen, and nobody asks before quitting.
    Verdict(String),
    /// One small act that is to finish wherever one goes: a note, a claim, a file.
    Small(u64),
}

/// All running jobs by place.
#[derive(Debug, Default)]
pub struct Slots {
    last: u64,
    jobs: HashMap<JobId, (Place, SystemTime)>,
    places: HashMap<Place, JobId>,
}

impl Slots {
    /// A number nobody had before.
    pub fn number(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// Starts a job for a place, stopping what feeds it now.
    pub fn start(&mut self, place: Place, job: Job, now: SystemTime) -> Vec<Effect> {
        let mut effects = self.stop(&place);
        let id = JobId(self.number());
        self.jobs.insert(id, (place.clone(), now));
        self.places.insert(place, id);
        effects.push(Effect::Start(id, Box::new(job)));
        effects
    }

    /// Stops what feeds a place.
    pub fn stop(&mut self, place: &Place) -> Vec<Effect> {
        let Some(id) = self.places.remove(place) else { return Vec::new() };
        self.jobs.remove(&id);
        vec![Effect::Stop(id)]
    }

    /// Stops all that feeds a screen.
    pub fn leave(&mut self, screen: ScreenId) -> Vec<Effect> {
        let parts: Vec<Place> = self.places.keys().filter(|p| matches!(p, Place::Part(s, _) if *s == screen)).cloned().collect();
        parts.iter().flat_map(|p| self.stop(p)).collect()
    }

    /// What a job feeds; `None` for one that was stopped: its news is late and means nothing any more.
    pub fn place(&self, job: JobId) -> Option<&Place> {
        self.jobs.get(&job).map(|(p, _)| p)
    }

    /// Forgets a job that has ended by itself.
    pub fn ended(&mut self, job: JobId) {
        if let Some((place, _)) = self.jobs.remove(&job) {
            self.places.remove(&place);
        }
    }

    /// The job that feeds a place, and since when.
    pub fn running(&self, place: &Place) -> Option<(JobId, SystemTime)> {
        let id = self.places.get(place)?;
        self.jobs.get(id).map(|(_, since)| (*id, *since))
    }

    /// How many places of a kind are being fed.
    pub fn count(&self, of: impl Fn(&Place) -> bool) -> usize {
        self.places.keys().filter(|p| of(p)).count()
    }

    /// The running replays.
    pub fn deeds(&self) -> Vec<JobId> {
        self.places.iter().filter(|(p, _)| matches!(p, Place::Deed(_))).map(|(_, id)| *id).collect()
    }

    /// Since when the oldest job of a screen, or one that feeds a fact it shows, has been running.
    pub fn since(&self, shows: impl Fn(&Place) -> bool) -> Option<SystemTime> {
        self.jobs.values().filter(|(p, _)| shows(p)).map(|(_, since)| *since).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_one_job_and_late_news_has_no_place() {
        let (mut slots, now) = (Slots::default(), SystemTime::UNIX_EPOCH);
        let conn = ConnId::new("k");
        let first = slots.start(Place::Probe(conn.clone()), Job::Probe(conn.clone()), now);
        let Effect::Start(old, _) = first[0] else { panic!("{first:?}") };
        let second = slots.start(Place::Probe(conn.clone()), Job::Probe(conn.clone()), now);
        assert!(matches!(second[..], [Effect::Stop(id), Effect::Start(..)] if id == old));
        assert_eq!(slots.place(old), None);
        let screen = ScreenId(9);
        slots.start(Place::Part(screen, "rows"), Job::Probe(conn.clone()), now);
        slots.start(Place::Deed("7f3a".into()), Job::Probe(conn), now);
        assert_eq!(slots.leave(screen).len(), 1);
        assert!(slots.running(&Place::Deed("7f3a".into())).is_some());
    }
}
