//! From facts to what needs a human: the monitor's survey, fed with what the brokers, the config and the ledger say.

use std::time::{Duration, SystemTime};

use super::facts::Facts;
use crate::model::{ConnId, Count, Reader};
use crate::monitor::{BrokerFact, DlqFact, GroupFact, Health, Loss, Motion, Survey, SurveyFacts, loss_of_oldest, survey};

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
    let known = facts.destinations().filter(|d| !d.internal).count() + facts.groups().count();
    survey(&SurveyFacts { brokers, dlqs, groups, jobs: Vec::new(), known })
}

fn dlq(facts: &Facts, d: &crate::model::Destination, now: SystemTime) -> DlqFact {
    let described = facts.details.get(&d.at).and_then(|f| f.value.as_ref());
    let retention = described.and_then(|(detail, _)| detail.retention);
    let declared = facts.context.dead_letters.pair(&d.at.name).and_then(|p| p.message_retention);
    DlqFact {
        at: d.at.clone(),
        count: d.depth,
        spark: facts.shelf.hour(&d.at, now, BARS),
        growth: facts.shelf.depth(&d.at).and_then(|s| s.growth(now, HOUR)),
        oldest: None,
        loss: loss_of_oldest(None, retention.or(declared), retention.is_none(), now),
        on_it: None,
        looked_at: described.is_none_or(|(_, cost)| cost.leaves.is_empty() && cost.refused.is_none()),
        severity: None,
    }
}

/// A group where it is furthest behind.
fn group(facts: &Facts, conn: &ConnId, reader: &Reader, now: SystemTime) -> Option<GroupFact> {
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
        behind: lag.behind().map_or(Count::Unknown, Count::Exact),
        spark: series.map(|s| s.spark(now, HOUR, BARS)).unwrap_or_default(),
        motion: worst.motion,
        growth: series.and_then(|s| s.growth(now, HOUR)),
        next_written: next.map(|t| (t, true)),
        loss: worst.loss,
        limit: facts.context.monitoring.consumer_lag.as_ref().map(|a| (a.threshold, a.level)),
    })
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
