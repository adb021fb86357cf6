//! Who reads what and how far: groups of every kind, many questions in flight on one client.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures::FutureExt;
use futures::stream::{self, StreamExt};

use super::error::transient;
use super::ffi::{At, Client, Code, Commit, Found, GroupFacts, Outcome};
use super::{CALL, Kafka};
use crate::broker::{ErrorKind, Flow, ReadersRequest, Result};
use crate::config::model::Isolation;
use crate::model::{Address, Position, Reader, ReaderKind};

/// Groups asked for at once, and rows of one batch.
const FLIGHT: usize = 64;
/// How often a group's commits are asked for while it has no coordinator, and how long after the last time.
const UNCOORDINATED: u32 = 20;
const MOMENT: Duration = Duration::from_millis(100);
const NEEDS: &str = "Describe on the group";

/// Groups with their positions, a batch at a time as they are known.
pub fn readers(kafka: Arc<Kafka>, want: ReadersRequest) -> Flow<Vec<Reader>> {
    stream::once(begin(kafka, want))
        .flat_map(|begun| match begun {
            Err(e) => stream::once(async { Err(e) }).boxed(),
            Ok(look) => stream::unfold(Some(look), |look| async move {
                let mut look = look?;
                let batch = look.batch()?;
                match look.rows(batch).await {
                    Ok(rows) => Some((Ok(rows), Some(look))),
                    Err(e) => Some((Err(e), None)),
                }
            })
            .boxed(),
        })
        .boxed()
}

/// A group to be looked at; of other protocol types librdkafka knows the name only.
struct Group {
    name: String,
    kind: ReaderKind,
}

struct Look {
    kafka: Arc<Kafka>,
    groups: Vec<Group>,
    /// Only positions in this topic, and only readers that have one.
    only: Option<(Address, Vec<(String, i32)>)>,
    /// Asked for by name, so that a group which the broker does not list is asked about all the same.
    named: bool,
    /// Starts and ends, asked for once a flow.
    starts: Found,
    ends: Found,
}

async fn begin(kafka: Arc<Kafka>, want: ReadersRequest) -> Result<Look> {
    let only = match &want {
        ReadersRequest::Of(at) => {
            let ids = kafka.partitions("lag", "Describe on the topic", at).await?;
            Some((at.clone(), ids.into_iter().map(|p| (at.name.clone(), p)).collect()))
        }
        _ => None,
    };
    let named = match &want {
        ReadersRequest::Named(name) => Some(name.clone()),
        _ => None,
    };
    let mut groups = groups(&kafka).await?;
    if let Some(name) = &named {
        groups.retain(|g| &g.name == name);
        if groups.is_empty() {
            groups.push(Group { name: name.clone(), kind: ReaderKind::Unknown });
        }
    }
    groups.sort_by(|a, b| b.name.cmp(&a.name));
    Ok(Look { kafka, groups, only, named: named.is_some(), starts: Found::new(), ends: Found::new() })
}

/// All groups: those of both consumer protocols from the new call, and from the oldest call those that the new one leaves out.
async fn groups(kafka: &Kafka) -> Result<Vec<Group>> {
    let new = kafka.ask("list groups", NEEDS, None, CALL, |c| async move { c.groups(CALL).await });
    let old = kafka.ask("list groups", NEEDS, None, CALL, |c| async move { c.all_group_names(CALL).await });
    let (new, old) = tokio::join!(new, old);
    let (listed, faults) = new?;
    if listed.is_empty()
        && let Some(fault) = faults.first()
    {
        return Err(super::error::error(fault, "list groups", NEEDS, &kafka.id, None, &kafka.cause));
    }
    let mut groups: Vec<Group> = listed.into_iter().map(|g| Group { name: g.name, kind: kind(g.new_protocol) }).collect();
    let seen: HashSet<String> = groups.iter().map(|g| g.name.clone()).collect();
    // the old call may be missing on later brokers; then the list is without share and streams groups
    for (name, protocol_type, _) in old.unwrap_or_default() {
        // a protocol type of its own (`connect`, `sr`) is a group of workers, not of readers
        if protocol_type.is_empty() && !seen.contains(&name) {
            groups.push(Group { name, kind: ReaderKind::Share });
        }
    }
    Ok(groups)
}

fn kind(new_protocol: Option<bool>) -> ReaderKind {
    match new_protocol {
        Some(true) => ReaderKind::Consumer,
        Some(false) => ReaderKind::Classic,
        None => ReaderKind::Unknown,
    }
}

impl Look {
    fn batch(&mut self) -> Option<Vec<Group>> {
        if self.groups.is_empty() {
            return None;
        }
        let keep = self.groups.len().saturating_sub(FLIGHT);
        let mut batch = self.groups.split_off(keep);
        batch.reverse();
        Some(batch)
    }

    async fn rows(&mut self, batch: Vec<Group>) -> Result<Vec<Reader>> {
        let client = self.kafka.client().await?;
        let names: Vec<String> = batch.iter().filter(|g| g.kind != ReaderKind::Share).map(|g| g.name.clone()).collect();
        let of = self.only.as_ref().map(|(_, pairs)| pairs.clone());
        let all: Vec<String> = batch.iter().map(|g| g.name.clone()).collect();
        let asked = all.into_iter().map(|name| asked(client.clone(), name, of.clone()).boxed()).collect::<Vec<_>>();
        let commits = stream::iter(asked).buffer_unordered(FLIGHT).collect::<HashMap<String, Outcome<Vec<Commit>>>>();
        let described = async {
            let (facts, commits) = tokio::join!(client.describe_groups(&names, CALL), commits);
            facts.map(|f| (f, commits))
        };
        let kafka = self.kafka.clone();
        let (facts, mut commits) = kafka.ask("lag", NEEDS, None, CALL * 2, |_| described).await?;
        let facts: HashMap<String, GroupFacts> = facts.into_iter().map(|f| (f.name.clone(), f)).collect();
        let mut drafts: Vec<Draft> = batch
            .into_iter()
            .map(|group| {
                let facts = facts.get(&group.name);
                let commits = commits.remove(&group.name).unwrap_or_else(|| Ok(Vec::new()));
                Draft::new(group, facts, commits, self.only.as_ref().map(|(at, _)| at.name.as_str()))
            })
            .collect();
        if self.only.is_some() {
            // one that did not say what it has committed may read here
            drafts.retain(|d| !d.places.is_empty() || d.silent);
        }
        if self.named {
            // the broker says `Dead` of a group that it has never heard of
            drafts.retain(|d| !d.places.is_empty() || !(d.state.is_empty() || d.state == "Dead") || !d.note.is_empty());
        }
        self.ask_offsets(&drafts).await?;
        let read_at = SystemTime::now();
        Ok(drafts.into_iter().map(|d| self.reader(d, read_at)).collect())
    }

    /// Starts and ends of partitions that this flow does not know yet.
    async fn ask_offsets(&mut self, drafts: &[Draft]) -> Result<()> {
        let unknown: HashSet<_> = drafts.iter().flat_map(|d| d.places.keys()).filter(|k| !self.ends.contains_key(*k)).cloned().collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let pairs: Vec<_> = unknown.into_iter().collect();
        let committed = self.kafka.profile.reading.isolation == Isolation::ReadCommitted;
        let ask =
            |which, committed| {
                let pairs = &pairs;
                self.kafka.ask("lag", "Describe on the topics", None, CALL, move |c| async move {
                    c.offsets(pairs, which, committed, CALL).await
                })
            };
        let (starts, ends) = tokio::join!(ask(At::Oldest, false), ask(At::End, committed));
        match (starts, ends) {
            (Ok(starts), Ok(ends)) => {
                self.starts.extend(starts);
                self.ends.extend(ends);
                Ok(())
            }
            (Err(e), _) | (_, Err(e)) if matches!(e.kind, ErrorKind::Login | ErrorKind::Unreachable) => Err(e),
            // the groups are worth showing without ends: each says so in its note
            _ => Ok(()),
        }
    }

    fn reader(&self, d: Draft, read_at: SystemTime) -> Reader {
        let mut lost = Vec::new();
        let mut at = Vec::new();
        for (key, place) in d.places {
            let of = |found: &Found| found.get(&key).and_then(|o| o.ok().flatten());
            match (of(&self.starts), of(&self.ends)) {
                (Some(start), Some(end)) => at.push(Position {
                    of: Address::topic(&self.kafka.id, key.0),
                    partition: Some(key.1),
                    committed: place.committed,
                    start,
                    end,
                    owner: place.owner,
                    backlog: None,
                    read_at,
                }),
                _ => lost.push(format!("{}/p{}", key.0, key.1)),
            }
        }
        let mut note = d.note;
        if !lost.is_empty() {
            let words = format!("no offsets of {} (deleted, or not allowed to describe)", lost.join(", "));
            note = if note.is_empty() { words } else { format!("{note}; {words}") };
        }
        Reader { name: d.name, kind: d.kind, state: d.state, members: d.members, at, note }
    }
}

/// One group's commits, with its name; asked for again for a moment while its coordinator is on its way.
async fn asked(client: Arc<Client>, name: String, of: Option<Vec<(String, i32)>>) -> (String, Outcome<Vec<Commit>>) {
    let mut tries = 0;
    loop {
        let commits = client.commits(&name, of.as_deref(), CALL).await;
        tries += 1;
        if tries == UNCOORDINATED || !commits.as_ref().is_err_and(|fault| transient(fault.code)) {
            return (name, commits);
        }
        tokio::time::sleep(MOMENT).await;
    }
}

#[derive(Default)]
struct Place {
    committed: Option<i64>,
    owner: Option<String>,
}

/// A reader before the ends are known.
struct Draft {
    name: String,
    kind: ReaderKind,
    state: String,
    members: Option<u32>,
    places: BTreeMap<(String, i32), Place>,
    note: String,
    /// Its commits were asked for, and no answer came.
    silent: bool,
}

impl Draft {
    fn new(group: Group, facts: Option<&GroupFacts>, commits: Outcome<Vec<Commit>>, only: Option<&str>) -> Self {
        let mut d = Draft {
            name: group.name,
            kind: group.kind,
            state: String::new(),
            members: None,
            places: BTreeMap::new(),
            note: String::new(),
            silent: false,
        };
        let wanted = |topic: &str| only.is_none_or(|o| o == topic);
        if let Some(facts) = facts {
            match &facts.fault {
                None => {
                    d.state = facts.state.clone();
                    d.members = u32::try_from(facts.members.len()).ok();
                    if facts.new_protocol.is_some() {
                        d.kind = kind(facts.new_protocol);
                    }
                }
                Some(fault) => d.note = fault.text.clone(),
            }
            for member in &facts.members {
                for key in member.owns.iter().filter(|(t, _)| wanted(t)) {
                    d.places.entry(key.clone()).or_default().owner = Some(member.who.clone());
                }
            }
        }
        match commits {
            Ok(commits) => {
                for c in commits.into_iter().filter(|c| wanted(&c.topic)) {
                    if c.offset.is_some() {
                        d.places.entry((c.topic, c.partition)).or_default().committed = c.offset;
                    }
                }
            }
            Err(fault) if d.kind != ReaderKind::Share => {
                d.silent = fault.code == Code::OperationTimedOut || transient(fault.code);
                d.note = fault.text;
            }
            Err(_) => {}
        }
        if d.kind == ReaderKind::Share {
            // a streams group commits like a consumer; a share group's progress cannot be asked for
            if d.places.is_empty() {
                d.note = "share group: librdkafka cannot ask for its lag yet".to_owned();
            } else {
                d.kind = ReaderKind::Streams;
            }
        }
        d
    }
}

#[cfg(test)]
mod tests {
    use super::super::ffi::Fault;
    use super::*;

    #[test]
    fn a_group_that_did_not_say_what_it_has_committed_may_read_here_and_says_why_it_is_not_known() {
        let of = |code| {
            let commits = Err(Fault { code, text: "no answer".into() });
            let d = Draft::new(Group { name: "g".into(), kind: ReaderKind::Classic }, None, commits, Some("orders"));
            (d.silent, d.note)
        };
        for code in [Code::OperationTimedOut, Code::CoordinatorLoadInProgress] {
            assert_eq!(of(code), (true, "no answer".to_owned()), "{code:?}");
        }
        assert!(!of(Code::GroupAuthorizationFailed).0, "somebody else's group is not shown with every topic");
    }
}
