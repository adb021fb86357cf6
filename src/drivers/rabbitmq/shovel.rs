//! The broker's own mover: a dynamic shovel from queue to queue, made, watched and taken away over the management API.

use serde::Deserialize;
use serde_json::json;

use super::Rabbit;
use super::management::{Ask, escaped};
use super::queue::{Type, Version};
use crate::broker::{BulkAsk, BulkPhase, BulkState, Error, ErrorKind, Result};
use crate::model::{Address, Count, Kind};

const OP: &str = "move all";
/// Messages that a shovel has on their way: the broker's own default is 1,000.
const PREFETCH: u32 = 100;

/// What `/api/shovels` says of one.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Status {
    state: String,
    reason: serde_json::Value,
}

/// A shovel of ours; all of it is in its id, so that another run can ask for it.
struct Job {
    name: String,
    /// Messages at the source when it began.
    of: u64,
}

impl Job {
    fn id(&self) -> String {
        format!("{}/{}", self.name, self.of)
    }

    fn parse(id: &str) -> Option<Self> {
        let (name, of) = id.rsplit_once('/')?;
        Some(Self { name: name.to_owned(), of: of.parse().ok()? })
    }
}

impl Rabbit {
    pub(super) async fn bulk(&self, ask: BulkAsk) -> Result<BulkState> {
        match ask {
            BulkAsk::Start { from, to, per_second } => {
                let no = |kind, cause: &str, next: &str| Err(Error::new(kind, OP, cause).about(&from).next(next));
                let Some(to) = to else {
                    return no(ErrorKind::Unsupported, "a shovel moves everything to one queue", "say where to");
                };
                if per_second.is_some() {
                    return no(ErrorKind::Unsupported, "a shovel has no rate", "leave the rate out, or replay message by message");
                }
                if from == to || from.conn != to.conn || to.kind == Kind::Exchange {
                    return no(ErrorKind::Invalid, "a shovel moves from one queue of this broker to another one", "choose another target");
                }
                self.start(&from, &to).await
            }
            BulkAsk::State { from, id } => self.state(&from, &job(&from, &id)?).await,
            BulkAsk::Cancel { from, id } => self.cancel(&from, &job(&from, &id)?).await,
        }
    }

    async fn start(&self, from: &Address, to: &Address) -> Result<BulkState> {
        // a shovel would make a queue that is not there, a classic one, and move everything into it
        let (source, _) = futures::try_join!(self.queue(OP, from), self.queue(OP, to))?;
        if source.of_type() == Type::Stream {
            let cause = "nothing is taken out of a stream";
            return Err(Error::new(ErrorKind::Unsupported, OP, cause).about(from).next("replay message by message"));
        }
        let of = self.depth(from).await?;
        let name = format!("redrive-{}", uuid::Uuid::now_v7().simple());
        let own = format!("amqp:///{}", escaped(self.vhost()));
        let mut value = json!({
            "src-protocol": "amqp091", "src-uri": own, "src-queue": from.name, "src-delete-after": "queue-length", "src-prefetch-count": PREFETCH,
            "dest-protocol": "amqp091", "dest-uri": own, "dest-queue": to.name, "dest-add-forward-headers": false,
            "ack-mode": "on-confirm",
        });
        // 3.10 does not know these words and refuses them
        if self.version(OP).await? >= Version(4, 0) {
            value["src-predeclared"] = true.into();
            value["dest-predeclared"] = true.into();
        }
        let path = ["parameters", "shovel", self.vhost(), &name];
        self.management.put(Ask { op: OP, at: Some(from), path: &path, query: &[] }, &json!({ "value": value })).await.map_err(unsure)?;
        let job = Job { name, of };
        Ok(BulkState { id: job.id(), moved: Count::About(0), of: Count::Exact(of), phase: BulkPhase::Running })
    }

    /// How many messages are ready, by the broker's own word.
    async fn depth(&self, at: &Address) -> Result<u64> {
        self.ready(&self.looking, at).await
    }

    /// A shovel is taken away by the broker when it has moved what was there at its start.
    async fn state(&self, from: &Address, job: &Job) -> Result<BulkState> {
        let left = self.depth(from).await?;
        let moved = job.of.saturating_sub(left);
        let state = |phase, moved| Ok(BulkState { id: job.id(), moved, of: Count::Exact(job.of), phase });
        let path = ["parameters", "shovel", self.vhost(), &job.name];
        let defined: Result<serde_json::Value> = self.management.get(Ask { op: OP, at: Some(from), path: &path, query: &[] }).await;
        match defined {
            Ok(_) => {}
            // it goes when it has moved as many as there were; that they left the source is counted here
            Err(e) if e.kind == ErrorKind::NotFound && left == 0 => return state(BulkPhase::Done, Count::Exact(job.of)),
            Err(e) if e.kind == ErrorKind::NotFound => return state(BulkPhase::Done, Count::About(moved)),
            Err(e) => return Err(e),
        }
        let path = ["shovels", "vhost", self.vhost(), &job.name];
        let status: Result<Status> = self.management.get(Ask { op: OP, at: Some(from), path: &path, query: &[] }).await;
        match status {
            Ok(status) if status.state == "terminated" => {
                let why = status.reason.as_str().map_or_else(|| status.reason.to_string(), str::to_owned);
                state(BulkPhase::Failed(format!("the shovel ended: {why}")), Count::About(moved))
            }
            // between two states some versions answer with nothing
            Err(e) if !matches!(e.kind, ErrorKind::NotFound | ErrorKind::Unexpected) => Err(e),
            _ => state(BulkPhase::Running, Count::About(moved)),
        }
    }

    async fn cancel(&self, from: &Address, job: &Job) -> Result<BulkState> {
        let path = ["parameters", "shovel", self.vhost(), &job.name];
        match self.management.delete(Ask { op: OP, at: Some(from), path: &path, query: &[] }).await {
            Ok(()) => {
                let left = self.depth(from).await?;
                let moved = Count::About(job.of.saturating_sub(left));
                Ok(BulkState { id: job.id(), moved, of: Count::Exact(job.of), phase: BulkPhase::Cancelled })
            }
            // it was at its end already
            Err(e) if e.kind == ErrorKind::NotFound => self.state(from, job).await,
            Err(e) => Err(e),
        }
    }
}

fn job(from: &Address, id: &str) -> Result<Job> {
    let bad = || Error::new(ErrorKind::Invalid, OP, format!("'{id}' is no shovel of redrive's")).about(from).next("see redrive jobs");
    Job::parse(id).ok_or_else(bad)
}

/// A change that got no answer may have been made.
fn unsure(e: Error) -> Error {
    if matches!(e.kind, ErrorKind::Timeout | ErrorKind::Unexpected) { e.perhaps() } else { e }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jobs_name_tells_another_run_all_it_needs() {
        let job = Job { name: "redrive-1".into(), of: 500 };
        let again = Job::parse(&job.id()).unwrap();
        assert_eq!((again.name.as_str(), again.of), ("redrive-1", 500));
        assert!(Job::parse("redrive-1").is_none());
    }
}
