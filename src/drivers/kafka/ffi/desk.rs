//! The desk: few owned threads for what librdkafka can only do blocking.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::{Code, Fault, Outcome};

type Work = Box<dyn FnOnce() + Send>;

/// Threads of one connection. Two are for calls, one for the end of clients, which can take its time.
const THREADS: usize = 2;

/// Takes blocking work and answers asynchronously. Threads start with the first work and end with the last handle.
#[derive(Clone)]
pub struct Desk(Arc<Inner>);

struct Inner {
    name: String,
    calls: OnceLock<Mutex<Sender<Work>>>,
    ends: OnceLock<Mutex<Sender<Work>>>,
    open: Arc<Mutex<usize>>,
}

impl Desk {
    pub fn new(name: &str) -> Self {
        Self(Arc::new(Inner { name: name.to_owned(), calls: OnceLock::new(), ends: OnceLock::new(), open: Arc::default() }))
    }

    /// Runs blocking work; dropping the future leaves the work running, its answer is thrown away.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Outcome<T> {
        let (tell, told) = oneshot::channel();
        self.put(&self.0.calls, THREADS, Box::new(move || drop(tell.send(work()))));
        told.await.map_err(|_| Fault::new(Code::BrokerDestroy, "the connection's thread ended"))
    }

    /// Hands over the end of a client.
    pub fn end(&self, work: impl FnOnce() + Send + 'static) {
        let open = self.0.open.clone();
        *open.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.put(
            &self.0.ends,
            1,
            Box::new(move || {
                work();
                *open.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
            }),
        );
    }

    /// Waits until every client that was handed over has ended, at most this long.
    pub async fn ended(&self, at_most: Duration) {
        let until = Instant::now() + at_most;
        while *self.0.open.lock().unwrap_or_else(PoisonError::into_inner) > 0 && Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    fn put(&self, to: &OnceLock<Mutex<Sender<Work>>>, threads: usize, work: Work) {
        let sender = to.get_or_init(|| Mutex::new(start(&self.0.name, threads)));
        let sent = sender.lock().unwrap_or_else(PoisonError::into_inner).send(work);
        // no thread could be started: better late in this thread than never
        if let Err(back) = sent {
            (back.0)();
        }
    }
}

fn start(name: &str, threads: usize) -> Sender<Work> {
    let (tx, rx) = channel::<Work>();
    let rx: Arc<Mutex<Receiver<Work>>> = Arc::new(Mutex::new(rx));
    for _ in 0..threads {
        let rx = rx.clone();
        let serve = move || {
            loop {
                let next = rx.lock().unwrap_or_else(PoisonError::into_inner).recv();
                match next {
                    Ok(work) => work(),
                    Err(_) => return,
                }
            }
        };
        if let Err(e) = std::thread::Builder::new().name(format!("kafka {name}")).spawn(serve) {
            tracing::error!(error = %e, "no thread for blocking Kafka calls");
        }
    }
    tx
}
