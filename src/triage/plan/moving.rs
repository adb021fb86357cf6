//! A move of a whole queue by its broker's own mover: what was asked for, and what it would do, said before anybody agrees.

use super::Actor;
use crate::decode::human;
use crate::model::{Address, Count};

/// What is asked of the broker's own mover.
#[derive(Clone, Debug, PartialEq)]
pub struct MoveAsk {
    pub from: Address,
    /// `None`: each message to where it came from, where the broker can.
    pub to: Option<Address>,
    /// Messages per second at most; `None`: as fast as the broker likes.
    pub per_second: Option<u32>,
    pub by: Actor,
    pub reason: Option<String>,
}

/// A move as it would be now.
#[derive(Clone, Debug, PartialEq)]
pub struct MovePlan {
    pub ask: MoveAsk,
    /// What the queue holds now; what arrives meanwhile may go along.
    pub holds: Count,
    /// Where its messages go, each with those who read there, in words.
    pub targets: Vec<(Address, Vec<String>)>,
    /// A mover that the ledger has as running: it is followed instead of starting another.
    pub running: Option<String>,
    /// Why it cannot be started.
    pub blocked: Option<String>,
}

impl MovePlan {
    /// The plan, a line each; names may hold control characters: show them escaped.
    pub fn lines(&self) -> Vec<String> {
        let ask = &self.ask;
        let holds = format!("{} messages", human::count(self.holds));
        let mut lines = vec![format!("move all of {} ({holds}) by the broker's own mover", ask.from)];
        let how = if ask.to.is_some() { "to" } else { "each to where it came from:" };
        for (to, readers) in &self.targets {
            let who = if readers.is_empty() { "nobody is known to read there".into() } else { format!("read by {}", readers.join(", ")) };
            lines.push(format!("  {how} {to}, {who}"));
        }
        if self.targets.is_empty() {
            lines.push(format!("  {how} wherever the broker says"));
        }
        lines.push(match ask.per_second {
            Some(n) => format!("  {n} a second at most"),
            None => "  as fast as the broker moves them".into(),
        });
        lines.push("  no copies in the ledger: nothing is chosen, edited, marked or brought back".into());
        lines.push("  no verdicts: what fails again is a new message; newcomers may go along".into());
        if let Some(id) = &self.running {
            lines.push(format!("  one is on record as running, and is followed instead: {id}"));
        }
        if let Some(why) = &self.blocked {
            lines.push(format!("  cannot be started: {why}"));
        }
        lines
    }

    /// The command that does it.
    pub fn command(&self) -> String {
        let to = self.ask.to.as_ref().map_or_else(String::new, |to| format!(" --to {to}"));
        let rate = self.ask.per_second.map_or_else(String::new, |n| format!(" --rate {n}"));
        format!("redrive replay {} --bulk{to}{rate}", self.ask.from)
    }

    /// What is typed to agree: the queue's name, because its depth may be an estimate.
    pub fn word(&self) -> &str {
        &self.ask.from.name
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ConnId, Kind};

    #[test]
    fn a_plan_says_what_is_lost_by_it() {
        let at = |name: &str| Address::new(ConnId::new("aws"), Kind::Queue, name);
        let ask = MoveAsk { from: at("orders-dlq"), to: None, per_second: Some(50), by: Actor::default(), reason: None };
        let targets = vec![(at("orders"), vec!["orders".to_owned()])];
        let plan = MovePlan { ask, holds: Count::About(1_200), targets, running: None, blocked: None };
        let text = plan.lines().join("\n");
        for want in ["~1,200 messages", "each to where it came from: aws/orders, read by orders", "50 a second", "no copies in the ledger"]
        {
            assert!(text.contains(want), "{want} in {text}");
        }
        assert_eq!(plan.command(), "redrive replay aws/orders-dlq --bulk --rate 50");
    }
}
