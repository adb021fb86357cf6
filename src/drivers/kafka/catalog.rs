//! Which topics there are, and what each is: probe, list, describe.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use futures::stream::{self, StreamExt};
use rdkafka_sys::types::RDKafkaResourceType as Resource;

use super::ffi::{At, Code, ConfigLine, Found};
use super::{CALL, Kafka, settings};
use crate::broker::{Capabilities, Detail, Doubt, Error, ErrorKind, Flow, ListRequest, PartitionDetail, Probe, Result};
use crate::model::{Address, Count, Destination, Kind, named_role};

/// Metadata of a large cluster takes its time.
const LIST: Duration = Duration::from_secs(30);
/// Partitions whose offsets are asked for at once, so that the first rows of a large cluster come soon.
const BATCH: usize = 2000;

/// What every Kafka connection can do.
const CAPABILITIES: Capabilities =
    Capabilities { tail: true, seek: true, lag: true, remove: false, carry: false, bulk: false, max_batch: 256, doubt: Doubt::ScanTarget };

impl Kafka {
    pub(super) async fn probe(&self) -> Result<Probe> {
        let began = Instant::now();
        let cluster = self.ask("probe", "", None, CALL, |c| async move { c.cluster(CALL).await }).await?;
        let took = began.elapsed();
        let node = cluster.controller.or(cluster.nodes.first().copied()).unwrap_or(0);
        let version = self.release(node).await;
        tracing::debug!(cluster = cluster.id, brokers = cluster.nodes.len(), "probed");
        let (id, looking) = (self.desk.clone(), self.profile.looking.clone());
        let identity = id.run(move || settings::identity(&looking)).await.unwrap_or_default();
        Ok(Probe { product: "Apache Kafka".into(), version, identity, took, started: None, capabilities: CAPABILITIES })
    }

    /// What a broker's settings tell of its release, asked once; not everybody may ask.
    async fn release(&self, node: i32) -> String {
        let known = self.release.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(release) = known {
            return release;
        }
        let node = node.to_string();
        let lines =
            self.ask("probe", "", None, CALL, |c| async move { c.configs(Resource::RD_KAFKA_RESOURCE_BROKER, &node, CALL).await }).await;
        let release = lines.map(|l| release(&l)).unwrap_or_default();
        *self.release.lock().unwrap_or_else(PoisonError::into_inner) = Some(release.clone());
        release
    }

    pub(super) async fn describe(&self, at: &Address) -> Result<Detail> {
        topic_of(at)?;
        let name = at.name.as_str();
        let topic = self.ask("describe", "Describe on the topic", Some(at), CALL, |c| async move { c.topic(name, CALL).await }).await?;
        let pairs: Vec<_> = topic.partitions.iter().map(|p| (name.to_owned(), p.id)).collect();
        let ask = |which| self.offsets(("describe", "Describe on the topic"), at, &pairs, which, false);
        let configs = self.ask("describe", "DescribeConfigs on the topic", Some(at), CALL, |c| async move {
            c.configs(Resource::RD_KAFKA_RESOURCE_TOPIC, name, CALL).await
        });
        let (starts, ends, configs) = tokio::join!(ask(At::Oldest), ask(At::End), configs);
        let (starts, ends) = (starts?, ends?);
        let mut detail = Detail { id: topic.id.clone(), may_write: topic.may_write, ..Detail::default() };
        for p in &topic.partitions {
            let of = |found: &Found| found.get(&(name.to_owned(), p.id)).and_then(|o| o.ok().flatten()).unwrap_or(-1);
            detail.partitions.push(PartitionDetail {
                id: p.id,
                start: of(&starts),
                end: of(&ends),
                leader: p.leader,
                replicas: p.replicas.clone(),
                in_sync: p.in_sync.clone(),
            });
        }
        match configs {
            Ok(lines) => configured(&mut detail, lines),
            Err(e) => detail.facts.push(("configs".into(), e.kind.words().into(), e.next)),
        }
        detail.facts.push(("size".into(), "?".into(), "the brokers know it, but librdkafka cannot ask (DescribeLogDirs)".into()));
        self.remember(name, |known| {
            known.partitions = u32::try_from(topic.partitions.len()).unwrap_or(u32::MAX);
            known.may_write = topic.may_write;
            known.max_message_bytes = detail.max_message_bytes.or(known.max_message_bytes);
        });
        Ok(detail)
    }

    /// Partition ids of a topic, with what we may do there; never creates it.
    pub(super) async fn partitions(&self, op: &'static str, needs: &str, at: &Address) -> Result<Vec<i32>> {
        topic_of(at)?;
        let name = at.name.as_str();
        let topic = self.ask(op, needs, Some(at), CALL, |c| async move { c.topic(name, CALL).await }).await?;
        self.remember(name, |known| {
            known.partitions = u32::try_from(topic.partitions.len()).unwrap_or(u32::MAX);
            known.may_write = topic.may_write;
        });
        if topic.may_read == Some(false) && op != "publish" {
            return Err(Error::new(ErrorKind::Denied, op, "Topic authorization failed")
                .about(at)
                .next(format!("ask for an ACL: {needs} (topic {name})")));
        }
        Ok(topic.partitions.iter().map(|p| p.id).collect())
    }
}

/// Only topics live on Kafka.
fn topic_of(at: &Address) -> Result<()> {
    if at.kind == Kind::Topic && !at.name.is_empty() {
        return Ok(());
    }
    Err(Error::new(ErrorKind::NotFound, "find", format!("Kafka has no {} '{}'", at.kind.word(), at.name)).about(at))
}

/// Takes what the contract has fields for out of the settings; the rest are facts, what was set here first.
fn configured(detail: &mut Detail, lines: Vec<ConfigLine>) {
    for line in &lines {
        match line.name.as_str() {
            "retention.ms" => detail.retention = line.value.parse::<u64>().ok().map(Duration::from_millis),
            "max.message.bytes" => detail.max_message_bytes = line.value.parse().ok(),
            "cleanup.policy" => detail.compacted = line.value.contains("compact"),
            _ => {}
        }
    }
    let worth = |name: &str| {
        matches!(
            name,
            "retention.ms"
                | "retention.bytes"
                | "cleanup.policy"
                | "max.message.bytes"
                | "min.insync.replicas"
                | "message.timestamp.type"
                | "message.timestamp.before.max.ms"
                | "message.timestamp.after.max.ms"
                | "compression.type"
                | "segment.ms"
                | "delete.retention.ms"
                | "unclean.leader.election.enable"
                | "errors.deadletterqueue.group.enable"
        )
    };
    let mut facts: Vec<_> = lines.into_iter().filter(|l| worth(&l.name) || l.source == "topic").collect();
    facts.sort_by_key(|l| (l.source != "topic", l.name.clone()));
    detail.facts.extend(facts.into_iter().map(|l| (l.name, l.value, l.source)));
}

/// The release that a broker's settings tell: the setting itself before 4.0, afterwards settings that came with a release.
fn release(lines: &[ConfigLine]) -> String {
    let has = |name: &str| lines.iter().any(|l| l.name == name);
    if let Some(l) = lines.iter().find(|l| l.name == "inter.broker.protocol.version") {
        return l.value.split("-IV").next().unwrap_or_default().to_owned();
    }
    match () {
        () if lines.is_empty() => "",
        () if has("errors.deadletterqueue.topic.name.prefix") => "4.4 or later",
        () if has("group.share.max.share.sessions") => "4.1 or later",
        () => "4.0 or later",
    }
    .to_owned()
}

/// All topics that this login may see, with the span of their offsets.
pub(super) fn list(kafka: Arc<Kafka>, want: ListRequest) -> Flow<Vec<Destination>> {
    let start = async move {
        // cheap, and says at once if there is no broker: the metadata call can only wait
        kafka.ask("list topics", "", None, CALL, |c| async move { c.cluster(CALL).await }).await?;
        let mut topics = kafka.ask("list topics", "Describe on topics", None, LIST, |c| async move { c.topics(None, LIST).await }).await?;
        topics.retain(|(name, _)| want.internal || !is_internal(name));
        topics.sort();
        for (name, partitions) in &topics {
            kafka.remember(name, |known| known.partitions = *partitions);
        }
        Ok::<_, Error>((kafka, topics))
    };
    stream::once(start)
        .flat_map(|started| match started {
            Err(e) => stream::once(async { Err(e) }).boxed(),
            Ok((kafka, topics)) => stream::iter(batches(topics)).then(move |batch| rows(kafka.clone(), batch)).boxed(),
        })
        .boxed()
}

fn batches(topics: Vec<(String, u32)>) -> Vec<Vec<(String, u32)>> {
    let mut batches = vec![Vec::new()];
    let mut partitions = 0;
    for topic in topics {
        partitions += topic.1 as usize;
        if let Some(last) = batches.last_mut() {
            last.push(topic);
        }
        if partitions >= BATCH {
            partitions = 0;
            batches.push(Vec::new());
        }
    }
    batches.retain(|b| !b.is_empty());
    batches
}

async fn rows(kafka: Arc<Kafka>, topics: Vec<(String, u32)>) -> Result<Vec<Destination>> {
    let pairs: Vec<_> = topics.iter().flat_map(|(name, n)| (0..i32::try_from(*n).unwrap_or(0)).map(|p| (name.clone(), p))).collect();
    let ask = |which| {
        let pairs = &pairs;
        kafka.ask("list topics", "Describe on topics", None, LIST, move |c| async move { c.offsets(pairs, which, false, LIST).await })
    };
    // a listing without depths is better than none: a partition without a leader fails the whole question in some releases
    let (starts, ends) = tokio::join!(ask(At::Oldest), ask(At::End));
    let (starts, ends) = match (starts, ends) {
        (Ok(s), Ok(e)) => (s, e),
        (Err(e), _) | (_, Err(e)) if matches!(e.kind, ErrorKind::Login | ErrorKind::Unreachable) => return Err(e),
        _ => (Found::new(), Found::new()),
    };
    let mut rows = Vec::with_capacity(topics.len());
    for (name, partitions) in topics {
        let span = |p: i32| {
            let key = (name.clone(), p);
            let of = |found: &Found| found.get(&key).copied().and_then(|o: std::result::Result<Option<i64>, Code>| o.ok().flatten());
            Some(u64::try_from(of(&ends)? - of(&starts)?).unwrap_or(0))
        };
        let depth = (0..i32::try_from(partitions).unwrap_or(0)).map(span).sum::<Option<u64>>();
        rows.push(Destination {
            role: named_role(&name),
            internal: is_internal(&name),
            at: Address::topic(&kafka.id, name),
            depth: depth.map_or(Count::Unknown, Count::Exact),
            partitions: Some(partitions),
            consumers: None,
        });
    }
    Ok(rows)
}

/// The broker's own topics and those of its companions, by the naming convention: metadata requests do not tell.
fn is_internal(name: &str) -> bool {
    name.starts_with("__")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_keep_every_topic_and_stay_near_the_limit() {
        let topics: Vec<_> = (0..100).map(|i| (format!("t{i}"), 150)).collect();
        let cut = batches(topics.clone());
        assert_eq!(cut.concat(), topics);
        assert!(cut.iter().all(|b| b.len() <= 14), "{}", cut.len());
        assert!(batches(Vec::new()).is_empty());
    }

    #[test]
    fn a_release_is_told_where_settings_tell_it() {
        let line = |name: &str, value: &str| ConfigLine { name: name.into(), value: value.into(), source: String::new() };
        assert_eq!(release(&[line("inter.broker.protocol.version", "3.7-IV4")]), "3.7");
        assert_eq!(release(&[line("group.share.max.share.sessions", "2000")]), "4.1 or later");
        assert_eq!(release(&[]), "");
    }
}
