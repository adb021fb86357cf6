//! Alerts on messages behind: on at once when a group is over its limit, escalated only when that held without a break.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use crate::config::model::{LagAlert, Severity};
use crate::model::{Address, Reader};

/// One alert that is on.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    pub group: String,
    pub of: Address,
    pub behind: u64,
    pub threshold: u64,
    pub severity: Severity,
    pub since: SystemTime,
    /// It held for the config's `escalation_time`.
    pub escalate: bool,
}

/// What is on, and since when.
#[derive(Clone, Debug, Default)]
pub struct Alerts {
    on: BTreeMap<(Address, String), SystemTime>,
}

impl Alerts {
    /// Takes a whole look at the groups of a connection and says which alerts are on now. What is under its limit, or unknown, ends.
    pub fn take(&mut self, rule: &LagAlert, readers: &[Reader], now: SystemTime) -> Vec<Alert> {
        let mut on = BTreeMap::new();
        let mut out = Vec::new();
        for reader in readers {
            let mut sums: BTreeMap<&Address, Option<u64>> = BTreeMap::new();
            for p in &reader.at {
                let sum = sums.entry(&p.of).or_insert(Some(0));
                *sum = sum.zip(p.behind()).map(|(a, b)| a.saturating_add(b));
            }
            for (of, behind) in sums {
                let Some(behind) = behind.filter(|b| *b > rule.threshold) else { continue };
                let key = (of.clone(), reader.name.clone());
                let since = self.on.get(&key).copied().unwrap_or(now);
                let held = now.duration_since(since).unwrap_or(Duration::ZERO);
                out.push(Alert {
                    group: reader.name.clone(),
                    of: of.clone(),
                    behind,
                    threshold: rule.threshold,
                    severity: rule.level,
                    since,
                    escalate: held >= rule.escalation_time,
                });
                on.insert(key, since);
            }
        }
        self.on = on;
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ConnId, Position, ReaderKind};

    fn reader(behind: i64) -> Reader {
        let of = Address::topic(&ConnId::new("k"), "orders");
        let now = SystemTime::UNIX_EPOCH;
        let at =
            vec![Position { of, partition: Some(0), committed: Some(0), start: 0, end: behind, owner: None, backlog: None, read_at: now }];
        Reader { name: "g".into(), kind: ReaderKind::Classic, state: String::new(), members: None, at, note: String::new() }
    }

    #[test]
    fn it_escalates_only_when_it_held_without_a_break() {
        let rule = LagAlert { threshold: 10, level: Severity::Error, escalation_time: Duration::from_secs(300) };
        let t = |s| SystemTime::UNIX_EPOCH + Duration::from_secs(s);
        let mut alerts = Alerts::default();
        let look = |alerts: &mut Alerts, behind, s| alerts.take(&rule, &[reader(behind)], t(s)).first().map(|a| a.escalate);
        assert_eq!(look(&mut alerts, 11, 0), Some(false));
        assert_eq!(look(&mut alerts, 11, 299), Some(false));
        assert_eq!(look(&mut alerts, 11, 300), Some(true));
        assert_eq!(look(&mut alerts, 10, 310), None);
        assert_eq!(look(&mut alerts, 11, 320), Some(false));
    }
}
