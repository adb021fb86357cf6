//! Who reads: of a queue its backlog, since SQS tells no consumers; of a topic its subscriptions.

use std::sync::Arc;
use std::time::SystemTime;

use futures::stream::{self, StreamExt, TryStreamExt};

use super::list::Row;
use super::sns::{self, Subscription};
use super::{Aws, Queue};
use crate::broker::{ErrorKind, Flow, ReadersRequest, Result};
use crate::model::{Address, Backlog, Count, Kind, Position, Reader, ReaderKind};

/// Readers in batches as they are known.
pub fn readers(aws: Arc<Aws>, want: ReadersRequest) -> Flow<Vec<Reader>> {
    match want {
        ReadersRequest::Of(at) => stream::once(async move { of(&aws, &at).await }).boxed(),
        ReadersRequest::Named(name) => stream::once(async move { named(&aws, &name).await }).boxed(),
        ReadersRequest::All => everybody(aws),
    }
}

async fn of(aws: &Aws, at: &Address) -> Result<Vec<Reader>> {
    if at.kind == Kind::Queue {
        return Ok(vec![backlog(at, &aws.queue("read groups", at).await?)]);
    }
    let arn = sns::arn(aws, "read groups", at).await?;
    Ok(merged(aws, &sns::of_topic(aws, at, &arn).await?))
}

async fn named(aws: &Aws, name: &str) -> Result<Vec<Reader>> {
    if name.contains(':') {
        let mut found = merged(aws, &subscriptions(aws).await?);
        found.retain(|r| r.name == name);
        return Ok(found);
    }
    match of(aws, &Address::new(aws.id.clone(), Kind::Queue, name)).await {
        Err(e) if matches!(e.kind, ErrorKind::NotFound | ErrorKind::Invalid) => Ok(Vec::new()),
        other => other,
    }
}

fn everybody(aws: Arc<Aws>) -> Flow<Vec<Reader>> {
    let last = aws.clone();
    let queues = super::list::rows(aws, "read groups").map_ok(|all| {
        let queue = |(d, queue): &Row| match queue {
            Some(queue) => Some(backlog(&d.at, queue)),
            None => (d.at.kind == Kind::Queue).then(|| reader(&d.at, Backlog::default(), "?", "it may not be asked".to_owned())),
        };
        all.iter().filter_map(queue).collect::<Vec<_>>()
    });
    let subscriptions = stream::once(async move { Ok(merged(&last, &subscriptions(&last).await?)) });
    queues.chain(subscriptions).try_filter(|all| std::future::ready(!all.is_empty())).boxed()
}

/// All subscriptions; none where SNS is not to be had.
async fn subscriptions(aws: &Aws) -> Result<Arc<Vec<Subscription>>> {
    sns::or_none(sns::told(aws, "read groups").await)
}

/// A queue's own reader with what waits; SQS tells no consumers, no ages and no totals.
fn backlog(at: &Address, queue: &Queue) -> Reader {
    let about = |n: Option<u64>| n.map_or(Count::Unknown, Count::About);
    let note = match queue.delayed() {
        Some(delayed) if delayed > 0 => format!("~{delayed} delayed"),
        _ => String::new(),
    };
    let backlog = Backlog { ready: about(queue.visible()), in_flight: about(queue.in_flight()), ..Backlog::default() };
    reader(at, backlog, state(queue.visible(), queue.in_flight()), note)
}

/// What can be told of those who read: whether somebody has messages in hand, or they wait, or there are none.
fn state(visible: Option<u64>, in_flight: Option<u64>) -> &'static str {
    match (visible, in_flight) {
        (_, Some(n)) if n > 0 => "being read",
        (Some(0), Some(_)) => "empty",
        (Some(_), Some(_)) => "waiting",
        _ => "?",
    }
}

fn reader(at: &Address, backlog: Backlog, state: &str, note: String) -> Reader {
    let position = Position::of_queue(at.clone(), backlog, SystemTime::now());
    Reader { name: at.name.clone(), kind: ReaderKind::Queue, state: state.into(), members: None, at: vec![position], note }
}

/// One reader for each endpoint, with all the topics that it is subscribed to.
fn merged(aws: &Aws, subscriptions: &[Subscription]) -> Vec<Reader> {
    let mut readers: Vec<Reader> = Vec::new();
    for s in subscriptions {
        let position = Position {
            of: sns::topic(aws, &s.topic_arn),
            partition: None,
            committed: None,
            start: 0,
            end: 0,
            // an owner: what is published there reaches it
            backlog: None,
            owner: s.confirmed.then(|| s.endpoint.clone()),
            read_at: SystemTime::now(),
        };
        let name = s.name();
        match readers.iter_mut().find(|r| r.name == name) {
            Some(known) => known.at.push(position),
            None => readers.push(Reader {
                name,
                kind: ReaderKind::Subscription,
                state: if s.confirmed { "confirmed".into() } else { "not confirmed".into() },
                members: None,
                at: vec![position],
                note: s.words(),
            }),
        }
    }
    readers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_waits_is_read_or_is_empty() {
        let states =
            [(Some(3), Some(0)), (Some(3), Some(2)), (Some(0), Some(2)), (Some(0), Some(0)), (None, None)].map(|(v, f)| state(v, f));
        assert_eq!(states, ["waiting", "being read", "being read", "empty", "?"]);
    }
}
