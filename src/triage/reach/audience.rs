//! Who reads a destination: groups with a position or a member there, and those that the config says ought to be there.

use std::collections::{BTreeMap, BTreeSet};

use super::roles::meant;
use crate::config::Context;
use crate::decode::human;
use crate::model::{Address, ConnId, Reader, ReaderKind};

/// One row of the blast radius: a group that gets what is published to the target.
#[derive(Clone, Debug, PartialEq)]
pub struct AudienceRow {
    pub group: String,
    pub kind: ReaderKind,
    /// The broker's word; `absent` for a declared group that it does not know.
    pub state: String,
    pub members: Option<u32>,
    /// Messages behind on this destination; `None`: unknown.
    pub behind: Option<u64>,
    /// Names of its handlers, by the config.
    pub handlers: Vec<String>,
    /// The config names it a reader of this destination.
    pub declared: bool,
    /// The broker shows a position of it there.
    pub seen: bool,
    /// These dead letters failed in this very group.
    pub failed_on_these: bool,
    /// It commits by the clock: a commit proves reading, not handling. `None`: nobody says.
    pub auto_commit: Option<bool>,
    /// Why its positions are missing; empty otherwise.
    pub note: String,
}

impl AudienceRow {
    /// Whether a replay reaches it for certain: it reads there, now or when it comes back.
    pub fn gets_it(&self) -> bool {
        self.seen
    }

    /// What is known and what a replay of `count` messages means to it, as one clause.
    /// That it reads is known; what it does with a repeat is not, so nothing is said of it.
    pub fn words(&self, count: u64) -> String {
        let n = human::count_plain(count);
        match (self.failed_on_these, self.seen, self.members) {
            (true, _, _) => "failed on these; part of the work may have been done".into(),
            (_, false, _) if !self.declared => format!("may read here: {}", self.note),
            (_, false, _) => "declared as a reader, but the broker shows no position of it here".into(),
            (_, true, Some(0)) => format!("gets all {n} again once it runs: it has no members now"),
            (_, true, _) => format!("gets all {n} again"),
        }
    }
}

/// What the config declares of a group on a destination.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Declaration {
    pub handlers: Vec<String>,
    pub auto_commit: Option<bool>,
}

/// The groups that the config names as readers of a destination.
pub fn declared_on(context: &Context, at: &Address) -> BTreeMap<String, Declaration> {
    let mut out: BTreeMap<String, Declaration> = BTreeMap::new();
    for consumer in &context.consumers {
        if meant(consumer.connection.as_deref(), &at.conn) && consumer.topics.iter().any(|t| t.topic == at.name) {
            let entry = out.entry(consumer.group_id.clone()).or_default();
            entry.handlers.extend(consumer.handlers.iter().filter_map(|h| h.handler.clone()));
            entry.auto_commit = entry.auto_commit.or(consumer.enable_auto_commit);
        }
    }
    for topic in context.pub_sub.iter().filter(|p| p.topic == at.name && meant(p.connection.as_deref(), &at.conn)) {
        for subscriber in &topic.subscribers {
            let entry = out.entry(subscriber.group_id.clone()).or_default();
            entry.handlers.extend(subscriber.handler.clone());
        }
    }
    for declaration in out.values_mut() {
        let mut seen = BTreeSet::new();
        declaration.handlers.retain(|h| seen.insert(h.clone()));
    }
    out
}

/// Who reads a destination. Those that failed first, then those that certainly get it, then those only declared.
/// `readers`: what the broker says of that destination; `failed_by`: the groups that the dead letters name.
pub fn audience(at: &Address, readers: &[Reader], context: &Context, failed_by: &BTreeSet<String>) -> Vec<AudienceRow> {
    let mut declared = declared_on(context, at);
    let mut rows: Vec<AudienceRow> = Vec::new();
    for reader in readers {
        let here: Vec<_> = reader.at.iter().filter(|p| p.of == *at).collect();
        // no position at all and a note: it may read here, the broker does not say (share groups)
        let unknown = reader.at.is_empty() && !reader.note.is_empty();
        let mention = declared.remove(&reader.name);
        if here.is_empty() && !unknown && mention.is_none() {
            continue;
        }
        let behind = if here.is_empty() { None } else { here.iter().map(|p| p.behind()).sum() };
        let seen = here.iter().any(|p| p.committed.is_some() || p.owner.is_some());
        rows.push(row(&reader.name, reader.kind, &reader.state, reader.members, behind, mention, seen, &reader.note, failed_by));
    }
    for (group, declaration) in declared {
        rows.push(row(&group, ReaderKind::Unknown, "absent", None, None, Some(declaration), false, "", failed_by));
    }
    rows.sort_by(|a, b| (!a.failed_on_these, !a.seen, &a.group).cmp(&(!b.failed_on_these, !b.seen, &b.group)));
    rows
}

#[expect(clippy::too_many_arguments, reason = "one row has this many columns")]
fn row(
    group: &str,
    kind: ReaderKind,
    state: &str,
    members: Option<u32>,
    behind: Option<u64>,
    mention: Option<Declaration>,
    seen: bool,
    note: &str,
    failed_by: &BTreeSet<String>,
) -> AudienceRow {
    let declared = mention.is_some();
    let mention = mention.unwrap_or_default();
    AudienceRow {
        group: group.to_owned(),
        kind,
        state: state.to_owned(),
        members,
        behind,
        handlers: mention.handlers,
        declared,
        seen,
        failed_on_these: failed_by.contains(group),
        auto_commit: mention.auto_commit,
        note: note.to_owned(),
    }
}

/// Readers for the groups that the config declares on a connection and the broker does not know: state `absent`, no positions.
/// `listed` must be all groups of the connection. A consumer without a connection counts where any of its topics is.
pub fn absent(context: &Context, conn: &ConnId, listed: &[Reader], topics: &BTreeSet<Address>) -> Vec<Reader> {
    let is_here = |name: &str| topics.iter().any(|t| t.conn == *conn && t.name == name);
    let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for c in &context.consumers {
        let here = c.connection.as_deref().map_or_else(|| c.topics.iter().any(|t| is_here(&t.topic)), |c| c == conn.as_str());
        if here {
            groups.entry(&c.group_id).or_default().extend(c.topics.iter().map(|t| t.topic.as_str()));
        }
    }
    for p in &context.pub_sub {
        if p.connection.as_deref().map_or_else(|| is_here(&p.topic), |c| c == conn.as_str()) {
            p.subscribers.iter().for_each(|s| groups.entry(&s.group_id).or_default().push(&p.topic));
        }
    }
    let profile = context.connection(conn.as_str());
    if let Some(group) = profile.and_then(|p| p.kafka.reading.group_id.as_deref()) {
        groups.entry(group).or_default();
    }
    groups.retain(|group, _| !group.is_empty() && !listed.iter().any(|r| r.name == *group));
    groups
        .into_iter()
        .map(|(group, topics)| {
            let topics: BTreeSet<&str> = topics.into_iter().collect();
            let topics: Vec<&str> = topics.into_iter().collect();
            Reader {
                name: group.to_owned(),
                kind: ReaderKind::Unknown,
                state: "absent".to_owned(),
                members: None,
                at: Vec::new(),
                note: match topics.as_slice() {
                    [] => "declared in the config; the broker does not know it".to_owned(),
                    topics => format!("declared in the config to read {}; the broker does not know it", topics.join(", ")),
                },
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::model::{Consumer, Handler, PubSub, Subscriber, Subscription};
    use crate::model::Position;
    use std::time::SystemTime;

    fn at(name: &str) -> Address {
        Address::topic(&ConnId::new("kafka"), name)
    }

    fn reader(name: &str, topic: &str, members: u32, behind: i64) -> Reader {
        let read_at = SystemTime::UNIX_EPOCH;
        let place =
            Position { of: at(topic), partition: Some(0), committed: Some(0), start: 0, end: behind, owner: None, backlog: None, read_at };
        Reader {
            name: name.into(),
            kind: ReaderKind::Classic,
            state: "Stable".into(),
            members: Some(members),
            at: vec![place],
            note: String::new(),
        }
    }

    fn context() -> Context {
        let handlers = vec![Handler { event_type: "*".into(), handler: Some("BillingHandler".into()), ..Handler::default() }];
        let topics = vec![Subscription { topic: "orders".into(), ..Subscription::default() }];
        let consumer = Consumer { name: "B".into(), group_id: "billing".into(), topics, handlers, ..Consumer::default() };
        let audit = Subscriber { name: "Audit".into(), group_id: "audit-logger".into(), handler: Some("AuditLog".into()), concurrency: 1 };
        let pub_sub = PubSub { topic: "orders".into(), subscribers: vec![audit], ..PubSub::default() };
        Context { consumers: vec![consumer], pub_sub: vec![pub_sub], ..Context::default() }
    }

    #[test]
    fn everybody_on_the_target_is_a_row_the_failed_group_first() {
        let readers = [reader("invoices", "orders", 6, 0), reader("billing", "orders", 3, 5), reader("other", "users", 1, 0)];
        let share = Reader {
            name: "s".into(),
            kind: ReaderKind::Share,
            state: String::new(),
            members: None,
            at: vec![],
            note: "share group".into(),
        };
        let readers: Vec<_> = readers.into_iter().chain([share]).collect();
        let rows = audience(&at("orders"), &readers, &context(), &BTreeSet::from(["billing".to_owned()]));
        let shown: Vec<_> = rows.iter().map(|r| (r.group.as_str(), r.seen, r.declared, r.behind)).collect();
        assert_eq!(
            shown,
            [
                ("billing", true, true, Some(5)),
                ("invoices", true, false, Some(0)),
                ("audit-logger", false, true, None),
                ("s", false, false, None)
            ]
        );
        assert_eq!(rows[0].handlers, ["BillingHandler"]);
        assert!(rows[0].words(976).starts_with("failed on these"));
        assert_eq!(rows[1].words(976), "gets all 976 again");
        assert_eq!(rows[2].state, "absent");
    }

    #[test]
    fn declared_groups_that_the_broker_does_not_know_are_absent() {
        let topics = BTreeSet::from([at("orders")]);
        let names = |listed: &[Reader]| -> Vec<String> {
            absent(&context(), &ConnId::new("kafka"), listed, &topics).into_iter().map(|r| r.name).collect()
        };
        assert_eq!(names(&[reader("billing", "orders", 1, 0)]), ["audit-logger"]);
        assert_eq!(names(&[]), ["audit-logger", "billing"]);
        assert_eq!(absent(&context(), &ConnId::new("kafka"), &[], &BTreeSet::new()), []);
    }
}
