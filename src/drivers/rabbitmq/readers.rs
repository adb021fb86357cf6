//! A queue's backlog as a reader: what is ready or in a consumer's hand, and who consumes. Streams tell no positions.

use std::sync::Arc;
use std::time::SystemTime;

use futures::stream::{self, StreamExt, TryStreamExt};

use super::Rabbit;
use super::queue::{Queue, Stats, Type};
use crate::broker::{ErrorKind, Flow, ReadersRequest, Result};
use crate::model::{Backlog, Count, Kind, Position, Reader, ReaderKind};

/// Rows of one batch.
const BATCH: usize = 256;

/// Queues as readers of themselves: a consumer of RabbitMQ has no position but "the head of its queue".
pub fn readers(rabbit: Arc<Rabbit>, want: ReadersRequest) -> Flow<Vec<Reader>> {
    let all = async move {
        let rows: Vec<Reader> = match &want {
            ReadersRequest::All => {
                let (queues, _) = rabbit.queues("read consumers").await?;
                // where others have counts, none means that nothing came or went
                let counted = queues.iter().any(|q| q.message_stats.is_some());
                queues.iter().filter_map(|q| reader(&rabbit, q, None, counted)).collect()
            }
            ReadersRequest::Named(name) => one(&rabbit, name).await?,
            ReadersRequest::Of(at) if at.kind == Kind::Exchange => rabbit.readers_of_exchange(at).await?,
            ReadersRequest::Of(at) => one(&rabbit, &at.name).await?,
        };
        Ok(stream::iter(rows.chunks(BATCH).map(<[Reader]>::to_vec).map(Ok).collect::<Vec<_>>()))
    };
    stream::once(all).try_flatten().boxed()
}

async fn one(rabbit: &Rabbit, name: &str) -> Result<Vec<Reader>> {
    let at = rabbit.address(Kind::Queue, name);
    match rabbit.queue("read consumers", &at).await {
        Ok(queue) => Ok(reader(rabbit, &queue, rabbit.ready_now(&queue, &at).await, false).into_iter().collect()),
        Err(e) if e.kind == ErrorKind::NotFound => Ok(Vec::new()),
        Err(e) => Err(e),
    }
}

/// A queue as its own reader; `ready` where it was asked about alone, else its statistics tell, which are seconds old.
fn reader(rabbit: &Rabbit, queue: &Queue, ready: Option<u64>, counted: bool) -> Option<Reader> {
    if queue.of_type() == Type::Stream {
        return None;
    }
    let consumers = queue.live().unwrap_or(0);
    // what nobody has statistics of yet is unknown, not empty
    let about = |n: Option<u64>| n.map_or(Count::Unknown, Count::About);
    let stats = queue.message_stats.or_else(|| counted.then(Stats::default));
    let backlog = Backlog {
        ready: ready.map_or_else(|| about(queue.messages_ready), Count::Exact),
        in_flight: about(queue.messages_unacknowledged),
        came: stats.map(|s| s.publish),
        went: stats.map(|s| s.ack.saturating_add(s.deliver_no_ack).saturating_add(s.get_no_ack)),
        ..Backlog::default()
    };
    let at = Position::of_queue(rabbit.address(Kind::Queue, &queue.name), backlog, SystemTime::now());
    let state = match (&queue.state, consumers) {
        (Some(state), _) if !matches!(state.as_str(), "running" | "flow") => state.clone(),
        (_, 0) => "no consumers".to_owned(),
        _ => "running".to_owned(),
    };
    Some(Reader { name: queue.name.clone(), kind: ReaderKind::Queue, state, members: queue.live(), at: vec![at], note: String::new() })
}
