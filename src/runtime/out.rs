//! A job's way to tell its news: small facts at once, rows with backpressure, a tail's rows dropped and counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc;

use crate::app::effect::News;
use crate::app::slots::JobId;

/// Where a job's news goes.
#[derive(Clone)]
pub struct Out {
    id: JobId,
    control: mpsc::Sender<(JobId, News)>,
    bulk: mpsc::Sender<(JobId, News)>,
    missed: Arc<AtomicU64>,
}

impl Out {
    /// For one job.
    pub fn new(id: JobId, control: mpsc::Sender<(JobId, News)>, bulk: mpsc::Sender<(JobId, News)>) -> Self {
        Self { id, control, bulk, missed: Arc::default() }
    }

    /// Tells a small fact.
    pub async fn tell(&self, news: News) {
        // A closed channel means that the screen is gone, and this task with it in a moment.
        let _ = self.control.send((self.id, news)).await;
    }

    /// Tells rows, waiting until there is room: that is what slows the driver down.
    pub async fn rows(&self, news: News) {
        let _ = self.bulk.send((self.id, news)).await;
    }

    /// Tells how far it is, unless there is no room: the next word will do.
    pub fn progress(&self, news: News) {
        let _ = self.bulk.try_send((self.id, news));
    }

    /// Tells how far a small job is, unless there is no room.
    pub fn hint(&self, news: News) {
        let _ = self.control.try_send((self.id, news));
    }

    /// Whether rows of a tail would be taken now; if not they are counted as missed, so that nobody need look at them first.
    pub fn has_room(&self, count: u64) -> bool {
        let room = self.bulk.capacity() > 0;
        if !room {
            self.missed.fetch_add(count, Ordering::Relaxed);
        }
        room
    }

    /// Tells a tail's rows: those that come faster than they are taken are dropped and counted.
    pub fn tail(&self, count: u64, news: News) {
        let missed = self.missed.swap(0, Ordering::Relaxed);
        if missed > 0 && self.bulk.try_send((self.id, News::Missed(missed))).is_err() {
            self.missed.fetch_add(missed, Ordering::Relaxed);
        }
        if self.bulk.try_send((self.id, news)).is_err() {
            self.missed.fetch_add(count, Ordering::Relaxed);
        }
    }

    /// The last word, behind all that was told before on the same channel.
    pub async fn last(&self, bulky: bool, news: News) {
        let missed = self.missed.swap(0, Ordering::Relaxed);
        if missed > 0 {
            self.rows(News::Missed(missed)).await;
        }
        if bulky { self.rows(news).await } else { self.tell(news).await }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_tail_that_outruns_the_screen_drops_and_counts() {
        let (control, _) = mpsc::channel(1);
        let (bulk, mut inbox) = mpsc::channel(2);
        let out = Out::new(JobId(1), control, bulk);
        for _ in 0..5 {
            out.tail(10, News::Rows(Vec::new()));
        }
        for _ in 0..2 {
            assert!(matches!(inbox.recv().await, Some((_, News::Rows(_)))));
        }
        assert!(out.has_room(10));
        out.tail(10, News::Rows(Vec::new()));
        assert!(!out.has_room(7));
        assert!(matches!(inbox.recv().await, Some((_, News::Missed(30)))));
        assert!(matches!(inbox.recv().await, Some((_, News::Rows(_)))));
        out.tail(10, News::Rows(Vec::new()));
        assert!(matches!(inbox.recv().await, Some((_, News::Missed(7)))));
    }
}
