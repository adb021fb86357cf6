//! Consumers for peeks and holds: one each while it reads, few at a time, and a warm one for the next.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::ffi::{Client, Consumer, Desk, Role};
use super::settings::{self, Reading};
use super::{CALL, not_made};
use crate::broker::{Error, ErrorKind, Result};
use crate::config::profile::KafkaProfile;
use crate::model::ConnId;

/// Reads at the same time. Each has a client with its threads and connections.
const PLACES: usize = 12;
/// Clients kept for the next read.
const WARM: usize = 2;

/// The consumers of a connection.
pub struct Pool {
    id: ConnId,
    profile: KafkaProfile,
    desk: Desk,
    places: Arc<Semaphore>,
    warm: Arc<Mutex<Vec<Kept>>>,
}

struct Kept {
    how: Reading,
    consumer: Consumer,
}

impl Pool {
    pub fn new(id: ConnId, profile: KafkaProfile, desk: Desk) -> Self {
        Self { id, profile, desk, places: Arc::new(Semaphore::new(PLACES)), warm: Arc::default() }
    }

    /// A consumer of this isolation, for a tail or for what is there, and for so many partitions; waits for a free place, 10 s at most.
    /// `little`: no more than a page of it will be read.
    pub async fn lend(&self, committed: bool, tail: bool, little: bool, partitions: usize) -> Result<Lent> {
        let place = tokio::time::timeout(CALL, self.places.clone().acquire_owned()).await;
        let Ok(Ok(place)) = place else {
            return Err(Error::new(ErrorKind::Throttled, "read", format!("{PLACES} of {PLACES} readers in use"))
                .on(&self.id)
                .next("close a tail or a search"));
        };
        let how = Reading { committed, tail, prefetch_kb: settings::prefetch_kb(partitions), little };
        let warm = {
            let mut warm = self.warm.lock().unwrap_or_else(PoisonError::into_inner);
            let fit = warm.iter().position(|k| {
                (k.how.committed, k.how.tail, k.how.little) == (committed, tail, little) && k.how.prefetch_kb <= how.prefetch_kb
            });
            fit.map(|i| warm.swap_remove(i))
        };
        let kept = match warm {
            Some(kept) => kept,
            None => Kept { how, consumer: self.make(how).await? },
        };
        Ok(Lent { kept: Some(kept), warm: self.warm.clone(), paused: Vec::new(), broken: false, _place: place })
    }

    /// Has a consumer ready and connected, so that the first look need not wait for one.
    pub async fn warm_up(&self, committed: bool) {
        let how = Reading { committed, tail: false, prefetch_kb: settings::LEAST_PREFETCH_KB, little: true };
        let is_there = |warm: &Vec<Kept>| warm.iter().any(|kept| kept.how == how);
        if is_there(&self.warm.lock().unwrap_or_else(PoisonError::into_inner)) || self.places.available_permits() < PLACES {
            return;
        }
        // what fails here is said by the look that needs it
        if let Ok(consumer) = self.make(how).await
            && consumer.client().cluster(CALL).await.is_ok()
        {
            let mut warm = self.warm.lock().unwrap_or_else(PoisonError::into_inner);
            if warm.len() < WARM && !is_there(&warm) {
                warm.push(Kept { how, consumer });
            }
        }
    }

    async fn make(&self, how: Reading) -> Result<Consumer> {
        let (id, profile, desk) = (self.id.clone(), self.profile.clone(), self.desk.clone());
        let made = self.desk.run(move || {
            let options = settings::reading(&id, &profile, how)?;
            Client::new(Role::Consumer, &options, &desk, None).map_err(|f| not_made(&f, &id))
        });
        Ok(Consumer::new(made.await.map_err(|f| not_made(&f, &self.id))??))
    }

    /// Lets the warm ones go.
    pub fn clear(&self) {
        self.warm.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// A consumer on loan; dropping it ends the reading at once and gives the client back.
pub struct Lent {
    kept: Option<Kept>,
    warm: Arc<Mutex<Vec<Kept>>>,
    paused: Vec<(String, i32)>,
    broken: bool,
    _place: OwnedSemaphorePermit,
}

impl Lent {
    /// The consumer; absent only while this is being dropped.
    pub fn consumer(&self) -> Option<&Consumer> {
        self.kept.as_ref().map(|k| &k.consumer)
    }

    /// Fetches this partition no more.
    pub fn pause(&mut self, topic: &str, partition: i32) {
        if let Some(consumer) = self.consumer() {
            consumer.pause(topic, &[partition], true);
            self.paused.push((topic.to_owned(), partition));
        }
    }

    /// Lets paused partitions be fetched again: librdkafka remembers a pause beyond the assignment.
    pub fn resume(&mut self) {
        for (topic, partition) in std::mem::take(&mut self.paused) {
            if let Some(consumer) = self.consumer() {
                consumer.pause(&topic, &[partition], false);
            }
        }
    }

    /// Says that this client had trouble and should not be used again.
    pub fn broken(&mut self) {
        self.broken = true;
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        // first: what is resumed before would go on to be fetched
        if let Some(consumer) = self.consumer() {
            consumer.unassign();
        }
        self.resume();
        let Some(kept) = self.kept.take() else { return };
        let mut warm = self.warm.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.broken && warm.len() < WARM {
            warm.push(kept);
        }
    }
}
