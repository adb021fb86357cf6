//! How fast looks may read: all connections that share a pace have one budget of bytes a second.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::StreamExt;
use tokio::time::Instant;

use crate::broker::{Flow, Peeked};
use crate::model::Message;

/// A budget of bytes a second that is shared by its clones; without a number there is no limit.
#[derive(Clone, Debug, Default)]
pub struct Pace(Option<Arc<Budget>>);

#[derive(Debug)]
struct Budget {
    bytes_per_second: u64,
    /// From when on more may be read.
    free: Mutex<Instant>,
}

impl Pace {
    /// So many bytes of messages (keys, bodies, headers) a second; `None` and 0: no limit.
    pub fn new(bytes_per_second: Option<u64>) -> Self {
        let budget = |bytes_per_second| Arc::new(Budget { bytes_per_second, free: Mutex::new(Instant::now()) });
        Self(bytes_per_second.filter(|b| *b > 0).map(budget))
    }

    /// The same steps, each batch no sooner than the ones before it have been paid for; what is waited for is not read from the broker meanwhile.
    pub(super) fn keep(&self, flow: Flow<Peeked>) -> Flow<Peeked> {
        let Some(budget) = self.0.clone() else { return flow };
        flow.then(move |step| {
            let budget = budget.clone();
            async move {
                if let Ok(Peeked::Batch(messages)) = &step {
                    tokio::time::sleep_until(budget.book(messages.iter().map(Message::size).sum())).await;
                }
                step
            }
        })
        .boxed()
    }
}

impl Budget {
    /// When so many bytes may be given.
    fn book(&self, bytes: usize) -> Instant {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let from = (*free).max(Instant::now());
        *free = from + Duration::from_secs_f64(bytes as f64 / self.bytes_per_second as f64);
        from
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_is_paid_for_before_more_is() {
        let Pace(Some(budget)) = Pace::new(Some(1_000)) else { panic!("a budget") };
        let began = Instant::now();
        let (first, second, third) = (budget.book(3_000), budget.book(500), budget.book(1));
        assert!(first < began + Duration::from_secs(1), "the first at once");
        assert_eq!((second - first, third - second), (Duration::from_secs(3), Duration::from_millis(500)));
        assert!(Pace::new(None).0.is_none() && Pace::new(Some(0)).0.is_none());
    }
}
