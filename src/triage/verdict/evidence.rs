//! Gathers what the brokers show of a replay: commits first, then the dead letters that came since.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use futures::StreamExt;
use tokio::time::{Instant, timeout_at};

use super::{Commit, Evidence, Replayed};
use crate::broker::{Broker, Brokers, PeekRequest, Peeked, REPLAY_ID, ReadersRequest, Start, Why};
use crate::config::Context;
use crate::config::model::ReplaySettings;
use crate::decode;
use crate::model::{Address, Message, MessageId, Seat, text_field};

/// Clocks of brokers and of this machine may differ by as much.
const SKEW: Duration = Duration::from_secs(300);
/// Dead letters read for one verdict at most.
const MAX: usize = 1_000_000;
/// All calls of one gathering together.
const LIMIT: Duration = Duration::from_secs(60);
/// Where nothing is declared of the group that failed.
const UNDECLARED: Duration = Duration::from_secs(300);

/// What is looked for among dead letters.
struct Wanted<'a> {
    sources: BTreeSet<&'a Seat>,
    marks: BTreeSet<&'a str>,
    ids: BTreeSet<&'a MessageId>,
}

/// Asks the brokers. Looks only, and only where looking is free: a queue where it costs is `trouble` and leaves `looked` false.
/// `dlqs`: where dead letters of the targets go.
pub async fn gather(brokers: &Brokers, context: &Context, dlqs: &[Address], replayed: &[Replayed]) -> Evidence {
    let deadline = Instant::now() + LIMIT;
    let mut evidence = Evidence { looked: !dlqs.is_empty(), ..Evidence::default() };
    let mut asked: BTreeMap<(&Address, &str), ()> = BTreeMap::new();
    for one in replayed {
        if let Some(group) = &one.failed_by {
            asked.insert((&one.to, group), ());
        }
    }
    for (to, group) in asked.into_keys() {
        let Some(broker) = brokers.get(&to.conn) else { continue };
        if let Err(why) = commits(&**broker, context, to, group, &mut evidence, deadline).await {
            evidence.trouble.push(format!("commits of {group}: {why}"));
        }
    }
    let Some(first) = replayed.iter().map(|r| r.at).min() else { return evidence };
    let known = Wanted {
        sources: replayed.iter().map(|r| &r.from).collect(),
        marks: replayed.iter().map(|r| r.replay_id.as_str()).collect(),
        ids: replayed.iter().filter(|r| r.own_id).map(|r| &r.id).collect(),
    };
    for dlq in dlqs {
        let read = match brokers.get(&dlq.conn) {
            Some(broker) => returned(&**broker, dlq, first, &known, &mut evidence, deadline).await,
            None => Err("it has no connection here".to_owned()),
        };
        if let Err(why) = read {
            evidence.looked = false;
            evidence.trouble.push(format!("{dlq}: {why}"));
        }
    }
    evidence
}

async fn commits(
    broker: &dyn Broker,
    context: &Context,
    to: &Address,
    group: &str,
    evidence: &mut Evidence,
    deadline: Instant,
) -> Result<(), String> {
    let by_clock = commits_by_clock(context, to, group);
    let mut flow = broker.readers(ReadersRequest::Named(group.to_owned()));
    while let Some(batch) = timeout_at(deadline, flow.next()).await.map_err(|_| "no answer in time".to_owned())? {
        for reader in batch.map_err(|e| e.to_string())? {
            for p in reader.at.iter().filter(|p| p.of == *to) {
                if let (Some(next), Some(partition)) = (p.committed, p.partition) {
                    evidence.commits.insert((group.to_owned(), to.clone(), partition), Commit { next, by_clock });
                }
            }
        }
    }
    Ok(())
}

/// Whether a group commits by the clock, by what the config says of it; Kafka's own default is that it does, but a group of which
/// nothing is said is not accused of it.
fn commits_by_clock(context: &Context, to: &Address, group: &str) -> bool {
    let consumer = context.consumers.iter().find(|c| c.group_id == group);
    let said = consumer.and_then(|c| c.enable_auto_commit);
    let reading = context.connection(to.conn.as_str()).map(|p| &p.kafka.reading).filter(|r| r.group_id.as_deref() == Some(group));
    said.or(reading.map(|r| r.enable_auto_commit)).or(context.guarantees.manual_commit.map(|manual| !manual)).unwrap_or(false)
}

/// Reads the dead letters that came since the replay began.
async fn returned(
    broker: &dyn Broker,
    dlq: &Address,
    since: SystemTime,
    known: &Wanted<'_>,
    evidence: &mut Evidence,
    deadline: Instant,
) -> Result<(), String> {
    let late = |_| "no answer in time".to_owned();
    let cost = timeout_at(deadline, broker.cost(dlq)).await.map_err(late)?.map_err(|e| e.to_string())?;
    if let Some(why) = cost.refused {
        return Err(why);
    }
    if let Some(trace) = cost.leaves.first() {
        return Err(format!("not looked at: a look {}", trace.words()));
    }
    let mut want = PeekRequest::new(dlq.clone(), MAX);
    want.start = Start::Time(since.checked_sub(SKEW).unwrap_or(SystemTime::UNIX_EPOCH));
    let mut flow = broker.peek(want);
    while let Some(step) = timeout_at(deadline, flow.next()).await.map_err(late)? {
        match step.map_err(|e| e.to_string())? {
            Peeked::Batch(messages) => messages.iter().for_each(|m| note(m, dlq, since, known, evidence)),
            Peeked::Progress { .. } | Peeked::Doomed(_) => {}
            Peeked::End { why: Why::Complete | Why::TimeReached, .. } => return Ok(()),
            Peeked::End { why: Why::Undecided, .. } => return Err("some are in or behind a transaction that is still open".to_owned()),
            Peeked::End { .. } => return Err("too many dead letters came to read them all".to_owned()),
        }
    }
    Err("the read broke off".to_owned())
}

fn note(message: &Message, dlq: &Address, since: SystemTime, known: &Wanted<'_>, evidence: &mut Evidence) {
    let place = || (dlq.clone(), message.seat.clone());
    let mark = text_field(&message.headers, REPLAY_ID).or_else(|| text_field(&message.properties, REPLAY_ID));
    if let Some(mark) = mark.filter(|m| known.marks.contains(m)) {
        evidence.marked.entry(mark.to_owned()).or_insert_with(place);
    }
    // by its own id only if it is surely a new dead letter, not the one that was replayed
    if !known.sources.contains(&message.seat) && message.sent.is_none_or(|sent| sent >= since) {
        let id = decode::identity(message, &decode::death(message));
        if known.ids.contains(&id) {
            evidence.ids.entry(id).or_insert_with(place);
        }
    }
}

/// How long after a replay silence means something: the config's `proof_window`, else what the handler that failed may take,
/// else 5 minutes.
pub fn window(settings: &ReplaySettings, context: &Context, group: Option<&str>, topic: &str, events: &[String]) -> Duration {
    if let Some(window) = settings.proof_window {
        return window;
    }
    let consumers = context.consumers.iter().filter(|c| group.is_none_or(|g| g == c.group_id) && c.topics.iter().any(|t| t.topic == topic));
    let handled = consumers.flat_map(|c| {
        let every = context.guarantees.offset_commit_interval;
        let commit = if c.commits_by_clock() { c.auto_commit_interval.max(every) } else { every };
        let handlers: Vec<_> = match events {
            [] => c.handlers.iter().collect(),
            events => events.iter().filter_map(|e| c.handler(e)).collect(),
        };
        handlers.into_iter().map(move |h| h.proof_window(commit))
    });
    let of_queue = context.dead_letters.pairs.iter().filter(|p| p.main == topic).filter_map(|p| {
        // attempts and waits of the main queue itself, each as long as a handler may take by default
        p.max_retries.map(|n| p.retry_delay.saturating_mul(n) + Duration::from_secs(30).saturating_mul(n + 1))
    });
    handled.chain(of_queue).max().unwrap_or(UNDECLARED).max(Duration::from_secs(30))
}
