//! Carries out what the app asks for: one task per job, news back over two bounded channels, stopped by dropping.

mod jobs;
mod out;

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::AbortHandle;

use crate::app::effect::{Job, News};
use crate::app::slots::JobId;
use crate::broker::{Brokers, Error, ErrorKind, Rights};
use crate::config::{Config, Context};
use crate::schema::Declared;
use crate::triage::escalate::{Outbox, REPEAT};
use crate::triage::ledger::TriageLedger;
use crate::triage::permit::Permit;
use crate::triage::replay::Hands;
use crate::triage::report::Wish;
pub use out::Out;

/// Small facts that may wait.
const CONTROL: usize = 256;
/// Batches of rows that may wait; a full channel stops the job, and the job the driver.
const BULK: usize = 32;

/// What jobs work with.
pub struct Rooms {
    pub brokers: Brokers,
    pub config: Arc<Config>,
    pub context: Arc<Context>,
    pub declared: Declared,
    /// The switch that every write asks.
    pub rights: Rights,
    pub hands: Hands,
    pub ledger: TriageLedger,
    /// Who this is, and what their role allows.
    pub permit: Permit,
}

/// Where news comes out.
pub struct Inbox {
    pub control: mpsc::Receiver<(JobId, News)>,
    pub bulk: mpsc::Receiver<(JobId, News)>,
}

/// The running jobs. Dropping it cancels them all.
pub struct Runtime {
    rooms: Arc<Rooms>,
    control: mpsc::Sender<(JobId, News)>,
    bulk: mpsc::Sender<(JobId, News)>,
    jobs: HashMap<JobId, (AbortHandle, watch::Sender<Wish>)>,
    busy: Arc<Busy>,
    beside: Vec<AbortHandle>,
}

/// How many jobs are at work that come to an end by themselves.
#[derive(Default)]
struct Busy {
    count: AtomicUsize,
    changed: Notify,
}

/// Counts one job for as long as it is there, however it ends.
struct AtWork(Arc<Busy>);

impl AtWork {
    fn new(busy: &Arc<Busy>) -> Self {
        busy.count.fetch_add(1, Ordering::SeqCst);
        Self(busy.clone())
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.count.fetch_sub(1, Ordering::SeqCst);
        self.0.changed.notify_waiters();
    }
}

impl Runtime {
    /// Nothing runs yet.
    pub fn new(rooms: Rooms) -> (Self, Inbox) {
        let (control, control_in) = mpsc::channel(CONTROL);
        let (bulk, bulk_in) = mpsc::channel(BULK);
        let runtime = Self { rooms: Arc::new(rooms), control, bulk, jobs: HashMap::new(), busy: Arc::default(), beside: Vec::new() };
        (runtime, Inbox { control: control_in, bulk: bulk_in })
    }

    /// Starts a job. Its last news is always [`News::Ended`] or [`News::Failed`], also when it panics.
    pub fn start(&mut self, id: JobId, job: Job) {
        self.jobs.retain(|_, (task, _)| !task.is_finished());
        let (wish, wishes) = watch::channel(Wish::Run { per_second: None });
        let out = Out::new(id, self.control.clone(), self.bulk.clone());
        let at_work = (!job.endless()).then(|| AtWork::new(&self.busy));
        let rooms = self.rooms.clone();
        let task = tokio::spawn(async move {
            let _at_work = at_work;
            let last = out.clone();
            let bulky = job.bulky();
            let result = AssertUnwindSafe(jobs::run(job, &rooms, wishes, out)).catch_unwind().await;
            let news = match result {
                Ok(Ok(())) => News::Ended,
                Ok(Err(error)) => News::Failed(Box::new(error)),
                Err(_) => {
                    let cause = "a fault in redrive itself; its message is printed when redrive ends";
                    News::Failed(Box::new(Error::new(ErrorKind::Unexpected, "work", cause).next("please report it")))
                }
            };
            last.last(bulky, news).await;
        });
        self.jobs.insert(id, (task.abort_handle(), wish));
    }

    /// Runs something beside the jobs until the runtime goes (the demo's story).
    pub fn beside(&mut self, task: BoxFuture<'static, ()>) {
        self.beside.push(tokio::spawn(task).abort_handle());
    }

    /// Sends what waits in the outbox, and tells Alertmanager again of what is open, for as long as the runtime lives.
    pub fn tend_outbox(&mut self) {
        if self.rooms.config.escalation.targets.is_empty() {
            return;
        }
        let outbox = Outbox::new(self.rooms.ledger.clone(), &self.rooms.config);
        self.beside(Box::pin(async move {
            loop {
                // What goes wrong is in the ledger, with the time of the next try.
                let _ = outbox.deliver().await;
                let _ = outbox.repeat().await;
                let due = outbox.next_due().await.ok().flatten();
                let wait = due.and_then(|t| t.duration_since(SystemTime::now()).ok()).unwrap_or(REPEAT);
                tokio::time::sleep(wait.clamp(Duration::from_secs(1), REPEAT)).await;
            }
        }));
    }

    /// Ends every connection and gives back what is held; the drivers wait 2 s at most.
    pub async fn close(&self) {
        let brokers = futures::future::join_all(self.rooms.brokers.0.values().map(|b| b.close()));
        let all = futures::future::join(self.rooms.hands.close(), brokers);
        let _ = tokio::time::timeout(Duration::from_secs(3), all).await;
    }

    /// Stops a job; what it was doing on a broker is cancelled by being dropped.
    pub fn stop(&mut self, id: JobId) {
        if let Some((task, _)) = self.jobs.remove(&id) {
            task.abort();
        }
    }

    /// Tells a replay what is wished; it acts between batches.
    pub fn tell(&self, id: JobId, wish: Wish) {
        if let Some((_, wishes)) = self.jobs.get(&id) {
            let _ = wishes.send(wish);
        }
    }

    /// Switches writes on until then, or off.
    pub fn writes(&self, until: Option<SystemTime>) {
        match until {
            Some(until) => {
                self.rooms.rights.switch_on(until);
            }
            None => self.rooms.rights.switch_off(),
        }
    }

    /// Whether no job is at work that ends by itself.
    pub fn idle(&self) -> bool {
        self.busy.count.load(Ordering::SeqCst) == 0
    }

    /// Returns when a job has ended.
    pub async fn ended(&self) {
        let changed = self.busy.changed.notified();
        if !self.idle() {
            changed.await;
        }
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        for task in self.jobs.values().map(|(task, _)| task).chain(&self.beside) {
            task.abort();
        }
    }
}
