//! What needs a human over all brokers, worst first: lost soonest, then what grows, then what waits, then what is quiet.

use std::time::{Duration, SystemTime};

use super::facts::{BrokerFact, DlqFact, GroupFact, Health, JobFact, SurveyFacts};
use super::{Motion, Need, NeedKind, Rank, Since, Why};
use crate::config::model::Severity;
use crate::model::{ConnId, Count};

/// A loss this near makes a row urgent; further away it is only told when asked.
const NEAR: Duration = Duration::from_secs(24 * 3600);

/// The Overview.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Survey {
    /// Brokers, those that are down first.
    pub brokers: Vec<BrokerFact>,
    /// Worst first.
    pub rows: Vec<Need>,
    pub known: usize,
}

impl Survey {
    /// How many brokers are up, partly up or still asked, and down.
    pub fn tally(&self) -> (usize, usize, usize) {
        let count = |f: fn(&Health) -> bool| self.brokers.iter().filter(|b| f(&b.health)).count();
        let up = count(|h| matches!(h, Health::Up { .. }));
        let down = count(|h| matches!(h, Health::Down { .. }));
        (up, self.brokers.len() - up - down, down)
    }
}

/// Makes the Overview from facts.
pub fn survey(facts: &SurveyFacts) -> Survey {
    let mut brokers = facts.brokers.clone();
    let order = |h: &Health| match h {
        Health::Down { .. } => 0,
        Health::Partly { .. } => 1,
        Health::Asking { .. } => 2,
        Health::Up { .. } => 3,
    };
    brokers.sort_by(|a, b| order(&a.health).cmp(&order(&b.health)).then_with(|| a.conn.cmp(&b.conn)));
    let down = |conn: &ConnId| brokers.iter().any(|b| b.conn == *conn && matches!(b.health, Health::Down { .. }));

    let mut rows: Vec<Need> = brokers.iter().filter_map(broker_need).collect();
    rows.extend(facts.dlqs.iter().filter_map(|d| dlq_need(d, down(&d.at.conn))));
    rows.extend(facts.groups.iter().filter_map(|g| group_need(g, down(&g.conn))));
    rows.extend(facts.jobs.iter().filter_map(job_need));
    rows.sort_by_cached_key(Need::order);
    Survey { brokers, rows, known: facts.known }
}

fn broker_need(b: &BrokerFact) -> Option<Need> {
    let Health::Down { why, .. } = &b.health else { return None };
    Some(Need {
        kind: NeedKind::Broker,
        what: b.conn.to_string(),
        conn: b.conn.clone(),
        at: None,
        count: None,
        spark: Vec::new(),
        since: Since::Unknown,
        why: Why::BrokerDown { cause: why.clone() },
        rank: Rank::Down,
        severity: Severity::Critical,
        act: true,
    })
}

fn since(at: Option<(SystemTime, bool)>) -> Since {
    match at {
        Some((t, false)) => Since::At(t),
        Some((t, true)) => Since::About(t),
        None => Since::Unknown,
    }
}

/// Whether a growth is more than the noise of one message.
fn grows(growth: Option<(i64, Duration)>) -> Option<(u64, Duration)> {
    growth.and_then(|(by, within)| Some((u64::try_from(by).ok().filter(|by| *by > 0)?, within)))
}

fn dlq_need(d: &DlqFact, down: bool) -> Option<Need> {
    if d.count.value() == Some(0) && !down {
        return None;
    }
    let (rank, why, act) = if down {
        (Rank::Unseen, Why::Unseen, false)
    } else if let Some(who) = &d.on_it {
        (Rank::Waits, Why::OnIt(who.clone()), false)
    } else if d.loss.left().is_some_and(|left| left <= NEAR) {
        (Rank::Lost, Why::Lost(d.loss), true)
    } else if let Some((by, within)) = grows(d.growth) {
        (Rank::Grows, Why::Growing { by, within }, true)
    } else if !d.looked_at {
        (Rank::Quiet, Why::NotLookedAt, false)
    } else {
        (Rank::Quiet, if d.loss.left().is_some() { Why::Lost(d.loss) } else { Why::Waiting }, false)
    };
    Some(Need {
        kind: NeedKind::Dlq,
        what: d.at.name.clone(),
        conn: d.at.conn.clone(),
        at: Some(d.at.clone()),
        count: Some(if down { Count::Unknown } else { d.count }),
        spark: d.spark.clone(),
        since: if down { Since::Unknown } else { since(d.oldest) },
        why,
        rank,
        severity: d.severity.unwrap_or(Severity::Warning),
        act,
    })
}

fn group_need(g: &GroupFact, down: bool) -> Option<Need> {
    if g.absent {
        // whether a group is absent is only known of a broker that answers
        return (!down).then(|| Need {
            kind: NeedKind::Group,
            what: g.group.clone(),
            conn: g.conn.clone(),
            at: g.of.clone(),
            count: None,
            spark: Vec::new(),
            since: Since::Never,
            why: Why::Absent,
            rank: Rank::Unseen,
            severity: Severity::Warning,
            act: false,
        });
    }
    let behind = g.behind.value().filter(|n| *n > 0)?;
    let above = g.limit.filter(|(limit, _)| behind > *limit);
    let (rank, why, act) = if down {
        (Rank::Unseen, Why::Unseen, false)
    } else if g.loss.left().is_some_and(|left| left <= NEAR) {
        (Rank::Lost, Why::Lost(g.loss), true)
    } else if let Motion::Stalled { since } = g.motion {
        (Rank::Grows, Why::Stalled { since }, true)
    } else if let (Motion::Growing, Some((by, within))) = (g.motion, grows(g.growth)) {
        (Rank::Grows, Why::Growing { by, within }, above.is_some())
    } else if let Some((threshold, _)) = above {
        (Rank::Waits, Why::Above { threshold }, true)
    } else if g.unread {
        (Rank::Waits, Why::NoConsumers, false)
    } else {
        // a group that keeps up, or drains without being over its limit, needs nobody
        return None;
    };
    Some(Need {
        kind: NeedKind::Lag,
        what: g.group.clone(),
        conn: g.conn.clone(),
        at: g.of.clone(),
        count: Some(if down { Count::Unknown } else { g.behind }),
        spark: g.spark.clone(),
        since: since(g.next_written),
        why,
        rank,
        severity: above.map_or(Severity::Warning, |(_, severity)| severity),
        act,
    })
}

fn job_need(j: &JobFact) -> Option<Need> {
    if j.running || (j.in_doubt == 0 && j.untouched == 0) {
        return None;
    }
    let doubt = j.in_doubt > 0;
    Some(Need {
        kind: NeedKind::Job,
        what: format!("replay {}", j.plan),
        conn: j.conn.clone(),
        at: None,
        count: Some(Count::Exact(if doubt { j.in_doubt } else { j.untouched })),
        spark: Vec::new(),
        since: Since::At(j.since),
        why: if doubt { Why::InDoubt } else { Why::Unfinished },
        rank: Rank::Waits,
        severity: if doubt { Severity::Error } else { Severity::Warning },
        act: doubt,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Address;
    use crate::monitor::Loss;

    fn t(s: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(s)
    }

    fn dlq(name: &str, count: u64) -> DlqFact {
        DlqFact {
            at: Address::topic(&ConnId::new("kafka-main"), name),
            count: Count::Exact(count),
            spark: Vec::new(),
            growth: None,
            oldest: Some((t(0), false)),
            loss: Loss::In { left: Duration::from_secs(6 * 86_400), about: false },
            on_it: None,
            looked_at: true,
            severity: None,
        }
    }

    fn group(name: &str, behind: u64, motion: Motion) -> GroupFact {
        GroupFact {
            conn: ConnId::new("kafka-main"),
            group: name.into(),
            of: None,
            absent: false,
            behind: Count::Exact(behind),
            unread: false,
            spark: Vec::new(),
            motion,
            growth: Some((10, Duration::from_secs(60))),
            next_written: None,
            loss: Loss::Unknown,
            limit: Some((1000, Severity::Warning)),
        }
    }

    fn names(facts: &SurveyFacts) -> Vec<String> {
        survey(facts).rows.iter().map(|r| format!("{} {} {}", r.kind.word(), r.what, r.why)).collect()
    }

    #[test]
    fn lost_soonest_then_growing_then_waiting_then_quiet() {
        let soon = |secs| Loss::In { left: Duration::from_secs(secs), about: true };
        let facts = SurveyFacts {
            brokers: vec![],
            dlqs: vec![
                dlq("quiet.dlt", 4),
                DlqFact { growth: Some((988, Duration::from_secs(2520))), ..dlq("orders.dlt", 1204) },
                DlqFact { loss: soon(14 * 3600), ..dlq("payouts-dlq", 311) },
                DlqFact { on_it: Some("tom".into()), ..dlq("billing.failed", 87) },
                dlq("empty.dlt", 0),
            ],
            groups: vec![
                GroupFact { loss: soon(7800), ..group("analytics-processor", 48_173, Motion::Growing) },
                group("keeps-up", 12, Motion::Steady),
                GroupFact { absent: true, ..group("audit-logger", 0, Motion::Unknown) },
                GroupFact { unread: true, ..group("reports", 31, Motion::Steady) },
            ],
            jobs: vec![JobFact {
                conn: ConnId::new("kafka-main"),
                plan: "5c01".into(),
                in_doubt: 2,
                untouched: 9,
                since: t(5),
                running: false,
            }],
            known: 214,
        };
        assert_eq!(
            names(&facts),
            [
                "lag analytics-processor lost in ~2h 10m",
                "dlq payouts-dlq lost in ~14h",
                "dlq orders.dlt +988 in 42m",
                "job replay 5c01 in doubt",
                "dlq billing.failed tom is on it",
                "lag reports no consumers",
                "grp audit-logger absent",
                "dlq quiet.dlt lost in 6d",
            ]
        );
    }

    #[test]
    fn of_a_broker_that_is_down_nothing_is_claimed() {
        let facts = SurveyFacts {
            brokers: vec![BrokerFact {
                conn: ConnId::new("kafka-main"),
                health: Health::Down { why: "connection refused".into(), next_try: None },
            }],
            dlqs: vec![dlq("orders.dlt", 0)],
            groups: vec![GroupFact { absent: true, ..group("g", 0, Motion::Unknown) }],
            ..SurveyFacts::default()
        };
        let rows = survey(&facts).rows;
        assert_eq!(rows.iter().map(|r| r.rank).collect::<Vec<_>>(), [Rank::Down, Rank::Unseen]);
        assert_eq!(rows.get(1).and_then(|r| r.count), Some(Count::Unknown));
    }
}
