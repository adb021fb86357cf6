//! The place where a driver's tasks live: they own connections and holds, and are waited for at the end.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long the end waits for tasks to give back what they hold.
pub const CLOSE: Duration = Duration::from_secs(2);

/// A driver's tasks. Dropping it asks them to end, without waiting.
#[derive(Debug, Default)]
pub struct Keeper {
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Keeper {
    /// No tasks yet. Needs no runtime before the first [`Keeper::spawn`].
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts a task, which must end soon after its token is cancelled. After [`Keeper::close`] nothing is started.
    pub fn spawn<T, F>(&self, task: T)
    where
        T: FnOnce(CancellationToken) -> F,
        F: Future<Output = ()> + Send + 'static,
    {
        if !self.tasks.is_closed() {
            self.tasks.spawn(task(self.stop.clone()));
        }
    }

    /// Asks all tasks to end and waits for them, [`CLOSE`] at most; false if some did not make it.
    pub async fn close(&self) -> bool {
        self.tasks.close();
        self.stop.cancel();
        tokio::time::timeout(CLOSE, self.tasks.wait()).await.is_ok()
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn close_waits_for_what_ends_and_starts_nothing_more() {
        let keeper = Keeper::new();
        let (said, heard) = tokio::sync::oneshot::channel();
        keeper.spawn(|stop| async move {
            stop.cancelled().await;
            said.send("given back").unwrap();
        });
        assert!(keeper.close().await);
        assert_eq!(heard.await, Ok("given back"));
        keeper.spawn(|_| async { panic!("started after the end") });
        assert!(keeper.close().await);
    }

    #[tokio::test]
    async fn dropping_asks_tasks_to_end() {
        let keeper = Keeper::new();
        let (said, heard) = tokio::sync::oneshot::channel();
        keeper.spawn(|stop| async move {
            stop.cancelled().await;
            said.send(()).unwrap();
        });
        drop(keeper);
        assert_eq!(heard.await, Ok(()));
    }
}
