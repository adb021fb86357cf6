//! Questions before anything of a visit is done: they change nothing, so where no answer came they are asked once more.

use std::time::Duration;

use super::pass::stop_wish;
use super::run::{Halt, Runner};
use crate::broker::Error;
use crate::triage::report::Level;

/// Before a question is asked again.
const AGAIN: Duration = Duration::from_millis(500);

impl Runner<'_> {
    /// Asks, and once more after a moment where trying again can help: a busy broker misses one deadline and not the next, and a run that breaks off
    /// for it leaves a person with the rest. A wish to stop is not kept waiting. `then`: what the user is told beside the cause.
    pub(super) async fn ask<T, F>(&mut self, then: &str, question: impl Fn() -> F) -> Result<T, Halt>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let broke = |e: Error| Halt::Broke(format!("{e}; {then}"));
        let first = match self.unless_stopped(question()).await? {
            Err(e) if e.retry => e,
            other => return other.map_err(broke),
        };
        self.tell.line(Level::Watch, None, format!("{first}: asking once more"));
        self.tell.now();
        let again = async {
            tokio::time::sleep(AGAIN).await;
            question().await
        };
        self.unless_stopped(again).await?.map_err(broke)
    }

    async fn unless_stopped<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Halt> {
        tokio::select! {
            done = work => Ok(done),
            () = stop_wish(&mut self.wish) => Err(Halt::Stopped),
        }
    }
}
