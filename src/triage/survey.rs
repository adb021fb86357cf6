//! The small looks that the Overview and Lag are made of: the oldest dead letter, the record a group is stuck on. Free looks only.
//!
//! The rows themselves are [`crate::monitor::survey`].

use std::time::SystemTime;

use futures::{StreamExt, stream};

use super::report::Resolved;
use crate::broker::{Broker, Detail, Error, ErrorKind, PeekRequest, Peeked, Start};
use crate::model::{Address, Message, Position, Seat};

/// Partitions whose first message is asked for at most; of a wider topic the answer is an estimate.
const PARTITIONS: usize = 64;
/// Partitions asked at once.
const AT_ONCE: usize = 4;

/// The oldest message that still waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Oldest {
    pub seat: Seat,
    pub written: SystemTime,
    /// Not every partition was looked at.
    pub about: bool,
}

/// What a look for the oldest came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OldestFound {
    Found(Oldest),
    /// Nothing waits.
    Nothing,
    /// Looking would leave a trace or is refused, so nobody looked; why, in words.
    NotLookedAt(String),
}

/// The broker's own id of a destination; `None`: it has none, or does not say. Then the ledger's marks on its name count.
pub async fn id(broker: &dyn Broker, at: &Address) -> Option<String> {
    broker.describe(at).await.ok().and_then(|detail| detail.id)
}

/// The oldest message of a destination that is not done with. One small read per partition; never a look with a trace.
pub async fn oldest(broker: &dyn Broker, at: &Address, detail: &Detail, resolved: &Resolved) -> Result<OldestFound, Error> {
    if let Some(why) = costs(broker, at).await? {
        return Ok(OldestFound::NotLookedAt(why));
    }
    if detail.partitions.is_empty() {
        let first = first_left(broker, at, Start::Oldest).await?;
        let found = first.and_then(|m| Some(Oldest { seat: m.seat, written: m.sent?, about: false }));
        return Ok(found.map_or(OldestFound::Nothing, OldestFound::Found));
    }
    // the ledger knows which of the first offsets are done with, so they are not read
    let starts: Vec<Seat> = detail
        .partitions
        .iter()
        .filter_map(|p| {
            let mut offset = p.start;
            while offset < p.end && resolved.contains(&Seat::Offset { partition: p.id, offset }) {
                offset += 1;
            }
            (offset < p.end).then_some(Seat::Offset { partition: p.id, offset })
        })
        .collect();
    let about = starts.len() > PARTITIONS;
    let looks = starts.into_iter().take(PARTITIONS).map(|seat| first_left(broker, at, Start::Seat(seat)));
    let found: Vec<_> = stream::iter(looks).buffer_unordered(AT_ONCE).collect().await;
    let mut best: Option<Oldest> = None;
    for message in found {
        if let Some(message) = message?
            && let Some(written) = message.sent
            && best.as_ref().is_none_or(|b| written < b.written)
        {
            best = Some(Oldest { seat: message.seat, written, about });
        }
    }
    Ok(best.map_or(OldestFound::Nothing, OldestFound::Found))
}

/// The record that a group would read next in a partition: the one it is stuck on, if it is stuck.
/// `None`: nothing is behind, no commit, or a look would leave a trace.
pub async fn next_unread(broker: &dyn Broker, position: &Position) -> Result<Option<Message>, Error> {
    let (Some(committed), Some(partition)) = (position.committed, position.partition) else { return Ok(None) };
    if position.behind() == Some(0) || costs(broker, &position.of).await?.is_some() {
        return Ok(None);
    }
    let seat = Seat::Offset { partition, offset: committed.max(position.start) };
    first_left(broker, &position.of, Start::Seat(seat)).await
}

/// Why a look is not free; `None`: it is.
async fn costs(broker: &dyn Broker, at: &Address) -> Result<Option<String>, Error> {
    let cost = broker.cost(at).await?;
    Ok(cost.refused.or_else(|| cost.leaves.first().map(|t| format!("a look {}", t.words()))))
}

/// The first message from there on; `None` also where retention overtook it between two reads.
async fn first_left(broker: &dyn Broker, at: &Address, start: Start) -> Result<Option<Message>, Error> {
    match first(broker, at, start).await {
        Err(error) if error.kind == ErrorKind::Gone => Ok(None),
        other => other,
    }
}

/// The first message from there on. Below a log's start: `Gone`.
pub(super) async fn first(broker: &dyn Broker, at: &Address, start: Start) -> Result<Option<Message>, Error> {
    let mut flow = broker.peek(PeekRequest { start, ..PeekRequest::new(at.clone(), 1) });
    while let Some(step) = flow.next().await {
        match step? {
            Peeked::Batch(messages) => {
                if let Some(message) = messages.into_iter().next() {
                    return Ok(Some(message));
                }
            }
            Peeked::Progress { .. } | Peeked::Doomed(_) => {}
            Peeked::End { .. } => break,
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drivers::memory::{Login, Memory, Put, Shape, Spec};
    use crate::model::{ConnId, PastKind};
    use std::time::Duration;

    fn t(s: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(s)
    }

    async fn look(memory: &Memory, resolved: &Resolved) -> OldestFound {
        let eyes = memory.connect(Login::viewer()).eyes;
        let at = memory.at("orders.dlt");
        let detail = eyes.describe(&at).await.unwrap();
        oldest(&*eyes, &at, &detail, resolved).await.unwrap()
    }

    #[tokio::test]
    async fn the_oldest_is_over_all_partitions_and_not_one_that_is_done_with() {
        let memory = Memory::new(ConnId::new("k"), Shape::kafka());
        memory.create("orders.dlt", Spec::with(3));
        assert_eq!(look(&memory, &Resolved::default()).await, OldestFound::Nothing);
        for (partition, time) in [(0, 50), (1, 20), (1, 90)] {
            memory.put("orders.dlt", Put::body("x").to(partition).at(t(time)));
        }
        let seat = |partition, offset| Seat::Offset { partition, offset };
        let found = |seat, time| OldestFound::Found(Oldest { seat, written: t(time), about: false });
        assert_eq!(look(&memory, &Resolved::default()).await, found(seat(1, 0), 20));
        let resolved = Resolved::from_rows([(seat(1, 0), PastKind::Replayed)]);
        assert_eq!(look(&memory, &resolved).await, found(seat(0, 0), 50));
        let all = Resolved::from_rows([seat(0, 0), seat(1, 0), seat(1, 1)].map(|s| (s, PastKind::Discarded)));
        assert_eq!(look(&memory, &all).await, OldestFound::Nothing);
    }

    #[tokio::test]
    async fn a_look_with_a_trace_is_not_taken() {
        let memory = Memory::new(ConnId::new("r"), Shape::rabbitmq());
        memory.create("orders.dlt", Spec::default());
        memory.put("orders.dlt", Put::body("x"));
        let before = memory.snapshot();
        assert!(matches!(look(&memory, &Resolved::default()).await, OldestFound::NotLookedAt(_)));
        assert_eq!(memory.snapshot(), before);
    }

    #[tokio::test]
    async fn the_record_a_group_is_stuck_on() {
        let memory = Memory::new(ConnId::new("k"), Shape::kafka());
        let at = memory.create("orders", Spec::with(1));
        for i in 0..3u64 {
            memory.put("orders", Put::body(format!("{i}")).at(t(i)));
        }
        let eyes = memory.connect(Login::viewer()).eyes;
        let mut position =
            Position { of: at, partition: Some(0), committed: Some(1), start: 0, end: 3, owner: None, backlog: None, read_at: t(9) };
        assert_eq!(next_unread(&*eyes, &position).await.unwrap().and_then(|m| m.sent), Some(t(1)));
        position.committed = Some(3);
        assert_eq!(next_unread(&*eyes, &position).await.unwrap(), None);
    }
}
