//! What there is: queues and topics with their roles, one in detail, what a look costs, and who waits for what.

use std::sync::Arc;
use std::time::SystemTime;

use super::error::Outcome;
use super::jolokia::{artemis, classic};
use super::known::{Known, Product};
use super::place::Place;
use super::{ActiveMq, Jolokia};
use crate::broker::{Cost, Detail, Flow, ListRequest, ReadersRequest, Trace, batches};
use crate::model::{Address, Backlog, ConnId, Count, Destination, Kind, Position, Proof, Reader, ReaderKind, Role, named_role};

/// What Classic shows of a queue where it does not say.
pub(super) const WINDOW: u64 = 400;

async fn places(jolokia: &Jolokia, product: Product) -> Outcome<Vec<Place>> {
    match product {
        Product::Classic => classic::places(jolokia).await,
        Product::Artemis => artemis::places(jolokia).await,
    }
}

fn address(conn: &ConnId, place: &Place) -> Address {
    Address::new(conn.clone(), if place.topic { Kind::Topic } else { Kind::Queue }, place.name.clone())
}

pub(super) fn list(mq: Arc<ActiveMq>, want: ListRequest) -> Flow<Vec<Destination>> {
    batches(async move {
        let work = async {
            let known = mq.known().await?;
            let all = places(mq.management(&known)?, known.product).await?;
            let rows = all.iter().filter(|p| want.internal || !p.internal).map(|place| Destination {
                at: address(&mq.id, place),
                depth: if place.topic { Count::Unknown } else { Count::Exact(place.messages) },
                partitions: None,
                consumers: Some(place.consumers),
                role: role(&mq.id, place, &all, known.product),
                internal: place.internal,
            });
            Ok(rows.collect())
        };
        mq.run("list queues", None, work).await
    })
}

/// What the broker says of a queue's role, else what its name says.
fn role(conn: &ConnId, place: &Place, all: &[Place], product: Product) -> Role {
    if place.topic || place.internal {
        return Role::Plain;
    }
    let of: Vec<Address> = match product {
        // what is itself a grave has one too, by the broker's defaults; that says nothing about anybody
        Product::Artemis => {
            let grave = |q: &Place| all.iter().any(|other| buries_in(other, q));
            all.iter().filter(|q| !q.internal && buries_in(q, place) && !grave(q)).map(|q| address(conn, q)).collect()
        }
        // an individual dead-letter queue is named after its source, behind a prefix that only the broker's config knows
        Product::Classic => {
            let named =
                all.iter().filter(|q| !q.topic && !q.internal && q.name != place.name && place.name.ends_with(&format!(".{}", q.name)));
            named.filter(|_| is_dead(place)).max_by_key(|q| q.name.len()).map(|q| address(conn, q)).into_iter().collect()
        }
    };
    match product {
        Product::Artemis if !of.is_empty() => Role::DeadLetter { of, proof: Proof::Told },
        Product::Classic if place.dlq => Role::DeadLetter { of, proof: Proof::Told },
        Product::Classic if is_dead(place) => Role::DeadLetter { of, proof: Proof::Named },
        _ => named_role(&place.name),
    }
}

/// Classic: the flag is lost when the broker restarts, the names that its defaults give stay.
fn is_dead(place: &Place) -> bool {
    place.dlq || place.name == "ActiveMQ.DLQ" || place.name.starts_with("ActiveMQ.DLQ.") || named_role(&place.name).is_dlq()
}

/// Artemis: whether dead letters of `queue` come to `grave`.
fn buries_in(queue: &Place, grave: &Place) -> bool {
    let there = [&queue.dead_letters_to, &queue.expired_to].iter().any(|to| to.as_deref() == Some(grave.address.as_str()));
    // a queue that the broker made for one address takes only what came from there
    let narrow = grave.filter.as_deref().filter(|f| f.contains("_AMQ_ORIG_ADDRESS"));
    there && queue.address != grave.address && narrow.is_none_or(|f| f.contains(&format!("'{}'", queue.address)))
}

pub(super) async fn describe(mq: &ActiveMq, at: &Address) -> Outcome<Detail> {
    let known = mq.known().await?;
    let Some(place) = mq.place(&known, at).await? else {
        let mut facts = doors(&known);
        let no = "cannot be asked without Jolokia: a name that is not there would be created by looking".to_owned();
        facts.insert(0, ("existence".into(), no, known.product.to_string()));
        return Ok(Detail { facts, ..Detail::default() });
    };
    let from = "Jolokia".to_owned();
    let mut facts: Vec<(String, String, String)> = Vec::new();
    let mut fact = |name: &str, value: String| facts.push((name.to_owned(), value, from.clone()));
    fact("messages", place.messages.to_string());
    fact("in flight", place.in_flight.to_string());
    fact("consumers", place.consumers.to_string());
    fact("arrived since start", place.added.to_string());
    fact("gone since start", place.removed.to_string());
    fact("expired since start", place.expired.to_string());
    if let Some(age) = place.oldest.filter(|_| place.messages > 0) {
        fact("oldest", format!("{}s", age.as_secs()));
    }
    if place.paused {
        fact("paused", "yes: nothing is delivered".into());
    }
    match known.product {
        Product::Classic => {
            fact("dead-letter queue", if place.dlq { "yes" } else { "not known since the broker started" }.into());
        }
        Product::Artemis => {
            fact("address", format!("{} ({})", place.address, if place.multicast { "multicast" } else { "anycast" }));
            fact("dead letters go to", place.dead_letters_to.clone().unwrap_or_else(|| "nowhere: they are removed".into()));
            fact("overdue ones go to", place.expired_to.clone().unwrap_or_else(|| "nowhere: they are removed".into()));
            if let Some(filter) = &place.filter {
                fact("takes only", filter.clone());
            }
        }
    }
    facts.extend(doors(&known));
    Ok(Detail { bytes: place.bytes, facts, ..Detail::default() })
}

/// What each way in allows, for the details of a destination.
fn doors(known: &Known) -> Vec<(String, String, String)> {
    known.doors.iter().map(|(door, what)| (door.clone(), what.clone(), "tried".into())).collect()
}

/// Artemis: free, and all of it, where management says what to keep away from. Classic: the first messages only; overdue ones that are met expire now, which dead letters cannot,
/// because the broker takes their expiry off them.
pub(super) async fn cost(mq: &ActiveMq, at: &Address) -> Outcome<Cost> {
    let known = mq.known().await?;
    let place = mq.place(&known, at).await?;
    let topic = at.kind == Kind::Topic && known.product == Product::Classic;
    let refused = topic.then(|| "a topic keeps nothing to look at: what waits there belongs to its durable subscriptions".to_owned());
    let mut leaves = Vec::new();
    let mut sees = None;
    if known.product == Product::Classic {
        sees = Some(place.as_ref().and_then(|p| p.window).unwrap_or(WINDOW));
        let dead = place.as_ref().map_or_else(|| named_role(&at.name).is_dlq() || at.name.starts_with("ActiveMQ.DLQ"), is_dead);
        if !dead && place.as_ref().is_none_or(|p| p.messages > 0) {
            leaves.push(Trace::Expires);
        }
    }
    if place.is_none() {
        leaves.push(Trace::Creates);
        // which messages to keep away from, only management tells
        leaves.extend((known.product == Product::Artemis).then_some(Trace::Moves));
    }
    Ok(Cost { leaves, looks_left: None, limit: None, sees, refused, safer: None })
}

pub(super) fn readers(mq: Arc<ActiveMq>, want: ReadersRequest) -> Flow<Vec<Reader>> {
    batches(async move {
        let work = async {
            let known = mq.known().await?;
            // who reads is not known without management; that is said where it matters
            let Some(jolokia) = &known.jolokia else { return Ok(Vec::new()) };
            let read_at = SystemTime::now();
            let all = match &want {
                ReadersRequest::Of(at) => match mq.place(&known, at).await {
                    Ok(place) => place.into_iter().collect(),
                    Err(f) if f.kind == crate::broker::ErrorKind::NotFound => Vec::new(),
                    Err(f) => return Err(f),
                },
                _ => places(jolokia, known.product).await?,
            };
            let mut found: Vec<Reader> = all.iter().filter(|p| !p.topic && !p.internal).map(|p| queue_reader(&mq.id, p, read_at)).collect();
            if known.product == Product::Classic {
                found.extend(subscriptions(&mq.id, jolokia, read_at).await?);
            }
            match &want {
                ReadersRequest::All => {}
                ReadersRequest::Named(name) => found.retain(|r| r.name == *name),
                ReadersRequest::Of(at) => found.retain(|r| r.at.iter().any(|p| p.of == *at)),
            }
            Ok(found)
        };
        mq.run("read consumers", None, work).await
    })
}

/// A queue's own consumers and what waits for them.
fn queue_reader(conn: &ConnId, place: &Place, read_at: SystemTime) -> Reader {
    let backlog = Backlog {
        ready: Count::Exact(place.browsable()),
        in_flight: Count::Exact(place.in_flight),
        oldest: place.oldest.filter(|_| place.messages > 0).and_then(|age| read_at.checked_sub(age)),
        came: Some(place.added),
        went: Some(place.removed),
    };
    let note = if place.scheduled > 0 { format!("{} to be delivered later", place.scheduled) } else { String::new() };
    Reader {
        name: place.name.clone(),
        kind: ReaderKind::Queue,
        state: match () {
            () if place.paused => "paused",
            () if place.consumers > 0 => "running",
            () => "no consumers",
        }
        .into(),
        members: Some(place.consumers),
        at: vec![Position::of_queue(address(conn, place), backlog, read_at)],
        note,
    }
}

async fn subscriptions(conn: &ConnId, jolokia: &Jolokia, read_at: SystemTime) -> Outcome<Vec<Reader>> {
    let row = |(name, topic, pending, active): (String, String, u64, bool)| Reader {
        name,
        kind: ReaderKind::Subscription,
        state: if active { "connected" } else { "away" }.into(),
        members: Some(u32::from(active)),
        at: vec![Position::of_queue(Address::topic(conn, topic), Backlog { ready: Count::Exact(pending), ..Backlog::default() }, read_at)],
        note: String::new(),
    };
    Ok(classic::subscriptions(jolokia).await?.into_iter().map(row).collect())
}
