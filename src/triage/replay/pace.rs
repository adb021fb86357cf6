//! How many messages a batch has, and when it may go.

use std::time::Duration;

use tokio::time::Instant;

/// Messages of one batch at most.
pub(super) const BATCH: usize = 256;

/// Keeps to a rate over batches. What was not used while waiting elsewhere is not made up for.
#[derive(Debug)]
pub(super) struct Pace {
    per_second: Option<f64>,
    /// From when on the next batch may go.
    free: Instant,
}

impl Pace {
    /// `None`, zero or nonsense: as fast as confirmations come.
    pub fn new(per_second: Option<f64>) -> Self {
        Self { per_second: valid(per_second), free: Instant::now() }
    }

    /// Goes on at another rate, from now on.
    pub fn set(&mut self, per_second: Option<f64>) {
        let per_second = valid(per_second);
        if per_second != self.per_second {
            self.per_second = per_second;
            self.free = Instant::now();
        }
    }

    /// The rate in force.
    pub fn per_second(&self) -> Option<f64> {
        self.per_second
    }

    /// Messages of the next batch: what half a second sends, so that a stop is quick, 256 at most.
    pub fn batch(&self) -> usize {
        match self.per_second {
            None => BATCH,
            Some(rate) => ((rate / 2.0).ceil() as usize).clamp(1, BATCH),
        }
    }

    /// How long until the next batch may go.
    pub fn wait(&self) -> Duration {
        self.free.saturating_duration_since(Instant::now())
    }

    /// A batch of so many goes now.
    pub fn went(&mut self, messages: usize) {
        if let Some(rate) = self.per_second {
            // 100,000 messages at one a day would overflow no duration, but an instant on some systems
            let span = Duration::try_from_secs_f64(messages as f64 / rate).unwrap_or(Duration::MAX).min(Duration::from_secs(86_400));
            self.free = self.free.max(Instant::now()) + span;
        }
    }
}

fn valid(per_second: Option<f64>) -> Option<f64> {
    per_second.filter(|r| r.is_finite() && *r > 0.0)
}
