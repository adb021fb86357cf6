//! From facts to what needs a human: the monitor's survey, fed with what the brokers, the config and the ledger say.

use std::time::{Duration, SystemTime};

use super::facts::Facts;
use crate::model::{Address, ConnId, Count, Reader, ReaderKind};
use crate::monitor::{BrokerFact, DlqFact, GroupFact, Health, JobFact, Loss, Motion, Survey, SurveyFacts, loss_of_oldest, survey};
use crate::triage::group::Cause;
use crate::triage::report::Status;

const HOUR: Duration = Duration::from_secs(3600);
/// Bars of the column `1H`.
pub const BARS: usize = 6;

/// How a connection is.
pub fn health(facts: &Facts, conn: &ConnId) -> Health {
    let Some(b) = facts.brokers.get(conn) else { return Health::Asking { since: SystemTime::UNIX_EPOCH } };
    if let Some((error, _)) = &b.probe.error {
        let why = if error.cause.is_empty() { error.kind.words().to_owned() } else { error.cause.clone() };
        return Health::Down { why, next_try: b.probe.due };
    }
    let Some(probe) = &b.probe.value else { return Health::Asking { since: b.asked.unwrap_or(SystemTime::UNIX_EPOCH) } };
    if let Some((error, _)) = b.list.error.as_ref().or(b.readers.error.as_ref()) {
        return Health::Partly { why: format!("{}: {}", error.op, error.kind.words()) };
    }
    Health::Up { product: probe.product.clone(), version: probe.version.clone(), took: probe.took }
}

/// What needs a human now, worst first.
pub fn needs(facts: &Facts, now: SystemTime) -> Survey {
    let brokers = facts.brokers.keys().map(|conn| BrokerFact { conn: conn.clone(), health: health(facts, conn) }).collect();
    let dlqs = facts.destinations().filter(|d| d.role.is_dlq()).map(|d| dlq(facts, d, now)).collect();
    let mut groups: Vec<GroupFact> = facts.groups().filter_map(|(conn, r)| group(facts, conn, r, now)).collect();
    groups.extend(absent(facts));
    // a queue is its own reader: it counts once
    let known = facts.destinations().filter(|d| !d.internal).count() + facts.groups().filter(|(_, r)| r.kind != ReaderKind::Queue).count();
    survey(&SurveyFacts { brokers, dlqs, groups, jobs: jobs(facts), known })
}

fn dlq(facts: &Facts, d: &crate::model::Destination, now: SystemTime) -> DlqFact {
    let described = facts.details.get(&d.at).and_then(|f| f.value.as_ref());
    let free = described.is_none_or(|(_, cost)| cost.leaves.is_empty() && cost.refused.is_none());
    let retention = described.and_then(|(detail, _)| detail.retention);
    let declared = facts.context.dead_letters.pair(&d.at.name).and_then(|p| p.message_retention);
    let causes = facts.causes.get(&d.at).and_then(|f| f.value.as_deref());
    let depth = facts.shelf.depth(&d.at);
    let sampled = depth.and_then(|s| s.growth(now, HOUR)).filter(|(_, over)| *over >= Duration::from_secs(120));
    // Before samples tell, the messages' own times of death do.
    let (spark, growth, oldest) = match causes {
        Some(read) => {
            let arrivals = arrivals(&read.causes, now, HOUR, BARS);
            let recent = Duration::from_secs(900);
            let died: u64 = arrivals_sum(&read.causes, now, recent);
            let grown = (died > 0).then_some((i64::try_from(died).unwrap_or(i64::MAX), recent));
            (
                arrivals.into_iter().map(Some).collect(),
                sampled.filter(|(by, _)| *by > 0).or(grown),
                // where no death is dated the messages' own times count, as the broker's retention does
                read.causes.iter().filter_map(|c| c.first.or(c.oldest.when)).min(),
            )
        }
        None => (facts.shelf.hour(&d.at, now, BARS), sampled, oldest_told(facts, &d.at)),
    };
    let claim =
        causes.and_then(|read| read.claims.iter().find(|(m, end)| m.subject.is_empty() && *end > now)).map(|(m, _)| m.actor.clone());
    DlqFact {
        at: d.at.clone(),
        // where nobody looks again by himself, the listing knows better what came since
        count: causes.filter(|read| read.complete && free).map_or_else(|| facts.waiting(d), |read| Count::Exact(read.shown)),
        spark,
        growth,
        oldest: oldest.map(|t| (t, false)),
        loss: loss_of_oldest(oldest, retention.or(declared), retention.is_none(), now),
        on_it: claim,
        looked_at: free,
        severity: causes.and_then(|read| read.causes.iter().map(|c| c.category.severity).max()),
    }
}

/// When the oldest message of a queue was sent, where its broker tells without a look.
fn oldest_told(facts: &Facts, at: &Address) -> Option<SystemTime> {
    let of = facts.brokers.get(&at.conn)?.groups().iter().flat_map(|r| &r.at).find(|p| p.of == *at);
    of?.backlog.as_ref()?.oldest
}

/// Deaths over the last `span`, all causes together.
pub fn arrivals(causes: &[Cause], now: SystemTime, span: Duration, buckets: usize) -> Vec<u64> {
    let mut sum = vec![0; buckets];
    for cause in causes {
        for (total, n) in sum.iter_mut().zip(cause.arrivals.spark(now, span, buckets)) {
            *total += n;
        }
    }
    sum
}

fn arrivals_sum(causes: &[Cause], now: SystemTime, span: Duration) -> u64 {
    arrivals(causes, now, span, 1).into_iter().sum()
}

/// Replays that are not at their end.
fn jobs(facts: &Facts) -> Vec<JobFact> {
    let rows = facts.plans.value.iter().flatten();
    let open = rows.filter(|r| matches!(r.status, Status::Unfinished | Status::InDoubt | Status::Running));
    open.filter_map(|r| {
        let conn = r.from.as_ref().or(r.to.first()).map(|a| a.conn.clone())?;
        Some(JobFact {
            conn,
            plan: r.id.0.clone(),
            in_doubt: r.counts.in_doubt,
            untouched: r.counts.untouched,
            since: r.started.unwrap_or(r.made),
            running: r.status == Status::Running,
        })
    })
    .collect()
}

/// A group where it is furthest behind.
fn group(facts: &Facts, conn: &ConnId, reader: &Reader, now: SystemTime) -> Option<GroupFact> {
    // what waits in a dead-letter queue is told there
    if reader.kind == ReaderKind::Queue && !reader.at.iter().all(|p| is_for_work(facts, &p.of)) {
        return None;
    }
    let known = crate::monitor::Known { stall: stall(facts, &reader.name), ..Default::default() };
    let lag = crate::monitor::Lag::of(reader, &facts.shelf, &known, now);
    let (worst, _) = lag.topics.iter().max_by_key(|(row, _)| (matches!(row.motion, Motion::Stalled { .. }), row.behind))?;
    let series = facts.shelf.group(&reader.name, &worst.of);
    let next = worst.time.length().and_then(|d| now.checked_sub(d)).filter(|_| worst.behind != Some(0));
    Some(GroupFact {
        conn: conn.clone(),
        group: reader.name.clone(),
        of: Some(worst.of.clone()),
        absent: false,
        behind: worst.backlog.as_ref().map_or_else(|| lag.behind().map_or(Count::Unknown, Count::Exact), |b| b.ready),
        unread: reader.kind == ReaderKind::Queue && reader.members == Some(0),
        spark: series.map(|s| s.spark(now, HOUR, BARS)).unwrap_or_default(),
        motion: worst.motion,
        growth: series.and_then(|s| s.growth(now, HOUR)),
        next_written: next.map(|t| (t, true)),
        loss: worst.loss,
        limit: facts.context.monitoring.consumer_lag.as_ref().map(|a| (a.threshold, a.level)),
    })
}

/// Whether a queue is known to be no dead-letter queue: only the listing tells, so before it has ended nothing is said of one, but where it failed.
fn is_for_work(facts: &Facts, at: &Address) -> bool {
    let Some(list) = facts.brokers.get(&at.conn).map(|b| &b.list) else { return false };
    match facts.destination(at) {
        Some(d) if d.role.is_dlq() => false,
        Some(_) if list.value.is_some() => true,
        _ => list.error.is_some(),
    }
}

/// How long a group may stand still, where the config says.
pub fn stall(facts: &Facts, group: &str) -> Option<Duration> {
    facts.context.consumers.iter().find(|c| c.group_id == group).map(|c| c.max_poll_interval)
}

/// Declared groups that the brokers that answered do not know.
fn absent(facts: &Facts) -> Vec<GroupFact> {
    let mut rows = Vec::new();
    for consumer in &facts.context.consumers {
        let conns = facts.brokers.iter().filter(|(c, _)| consumer.connection.as_deref().is_none_or(|name| name == c.as_str()));
        for (conn, b) in conns {
            let Some(groups) = &b.readers.value else { continue };
            if consumer.connection.is_none() && facts.brokers.len() > 1 || groups.iter().any(|g| g.name == consumer.group_id) {
                continue;
            }
            rows.push(GroupFact {
                conn: conn.clone(),
                group: consumer.group_id.clone(),
                of: None,
                absent: true,
                behind: Count::Unknown,
                unread: false,
                spark: Vec::new(),
                motion: Motion::Unknown,
                growth: None,
                next_written: None,
                loss: Loss::Unknown,
                limit: None,
            });
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::app::facts::EVERY;
    use crate::broker::{Error, ErrorKind};
    use crate::config::Context;
    use crate::model::{Backlog, Destination, Kind, Position, Proof, Role};

    const NOW: SystemTime = SystemTime::UNIX_EPOCH;

    fn queue(conn: &ConnId, name: &str) -> Address {
        Address::new(conn.clone(), Kind::Queue, name)
    }

    fn destination(at: &Address, role: Role) -> Destination {
        Destination { at: at.clone(), depth: Count::Exact(7), partitions: None, consumers: Some(0), role, internal: false }
    }

    /// A queue that nobody reads.
    fn unread(at: &Address) -> Reader {
        let backlog = Backlog { ready: Count::Exact(7), ..Backlog::default() };
        let at_end = Position::of_queue(at.clone(), backlog, NOW);
        Reader {
            name: at.name.clone(),
            kind: ReaderKind::Queue,
            state: String::new(),
            members: Some(0),
            at: vec![at_end],
            note: String::new(),
        }
    }

    fn words(facts: &Facts) -> Vec<String> {
        needs(facts, NOW).rows.iter().map(|r| format!("{} {}", r.kind.word(), r.what)).collect()
    }

    #[test]
    fn that_nobody_reads_a_queue_is_said_once_it_is_known_to_be_no_dead_letter_queue() {
        let conn = ConnId::new("artemis");
        let (work, dead) = (queue(&conn, "orders"), queue(&conn, "orders.dlq"));
        let mut facts = Facts::new(Arc::new(Context::default()), [conn.clone()]);
        let broker = facts.brokers.get_mut(&conn).unwrap();
        broker.readers.set(vec![unread(&work), unread(&dead)], NOW, EVERY);
        assert_eq!(words(&facts), [""; 0], "nothing is listed yet");

        facts.brokers.get_mut(&conn).unwrap().listing = vec![destination(&work, Role::Plain), destination(&dead, Role::Plain)];
        assert_eq!(words(&facts), [""; 0], "what is listed later may yet name it as its dead-letter queue");

        let dlq = Role::DeadLetter { of: vec![work.clone()], proof: Proof::Told };
        let listed = vec![destination(&work, Role::Plain), destination(&dead, dlq)];
        facts.brokers.get_mut(&conn).unwrap().list.set(listed, NOW, EVERY);
        assert_eq!(words(&facts), ["lag orders", "dlq orders.dlq"]);

        let broker = facts.brokers.get_mut(&conn).unwrap();
        broker.list = Default::default();
        broker.listing = Vec::new();
        broker.list.fail(Error::new(ErrorKind::Denied, "list", "no"), NOW);
        assert_eq!(words(&facts), ["lag orders", "lag orders.dlq"], "it will not be told");
    }
}
