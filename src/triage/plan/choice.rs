//! What of a plan a person may choose by hand: its names, its texts, and what a text sets.

use std::time::Duration;

use super::{ReplayRequest, Route};

/// One thing to choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    Route,
    /// The routing key, where it goes to an exchange.
    Key,
    Strip,
    Keep,
    Add,
    /// Messages a second.
    Rate,
    Canary,
    /// The wait after each canary step.
    Watch,
}

/// Steps of a canary at most.
const STEPS: usize = 20;

impl Choice {
    /// All, in the order in which they are shown.
    pub const ALL: [Choice; 8] =
        [Choice::Route, Choice::Key, Choice::Strip, Choice::Keep, Choice::Add, Choice::Rate, Choice::Canary, Choice::Watch];

    /// Its name; its first letter is its own.
    pub fn word(self) -> &'static str {
        match self {
            Choice::Route => "to",
            Choice::Key => "by",
            Choice::Strip => "strip",
            Choice::Keep => "keep",
            Choice::Add => "add",
            Choice::Rate => "rate",
            Choice::Canary => "canary",
            Choice::Watch => "watch",
        }
    }

    /// The choice of a name.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.word() == word)
    }

    /// What it is, for people.
    pub fn title(self) -> &'static str {
        match self {
            Choice::Route => "to: where the messages go",
            Choice::Key => "by: the routing key, to an exchange",
            Choice::Strip => "strip these headers too",
            Choice::Keep => "keep these headers",
            Choice::Add => "add headers",
            Choice::Rate => "rate: messages a second",
            Choice::Canary => "canary: numbers that go first",
            Choice::Watch => "watch: wait after each canary",
        }
    }

    /// How it is written.
    pub fn hint(self) -> &'static str {
        match self {
            Choice::Route => "origin, a destination's name, or exchange:NAME",
            Choice::Key => "one for all; nothing: each by the key that it first came by",
            Choice::Strip => "names, separated by blanks; x-* stands for any ending",
            Choice::Keep => "names of framework headers that stay; kafka_* for any ending",
            Choice::Add => "name=value, separated by blanks",
            Choice::Rate => "messages a second; 0: as fast as confirmations come",
            Choice::Canary => "1 5 25: so many go first, one step each; 0: no steps",
            Choice::Watch => "seconds after each step, to see whether one comes back",
        }
    }

    /// What a request has, as it is written.
    pub fn text(self, ask: &ReplayRequest) -> String {
        match self {
            Choice::Route => match &ask.route {
                Route::To(at) => at.to_string(),
                Route::Origin => "origin".into(),
                Route::Same | Route::Nowhere => String::new(),
            },
            Choice::Key => ask.routing_key.clone().unwrap_or_default(),
            Choice::Strip => ask.edit.strip.join(" "),
            Choice::Keep => ask.edit.keep.join(" "),
            Choice::Add => ask.edit.add.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join(" "),
            Choice::Rate => ask.pace.per_second.map_or_else(|| "0".into(), |r| r.to_string()),
            Choice::Canary if ask.pace.canary.is_empty() => "0".into(),
            Choice::Canary => ask.pace.canary.iter().map(u32::to_string).collect::<Vec<_>>().join(" "),
            Choice::Watch => ask.pace.watch.as_secs().to_string(),
        }
    }

    /// Sets it; the error says what was expected. The route has to be looked up by the caller.
    pub fn set(self, ask: &mut ReplayRequest, text: &str) -> Result<(), String> {
        let words = || text.split_whitespace();
        match self {
            Choice::Route => return Err("a route is a destination".into()),
            Choice::Key => ask.routing_key = Some(text.trim().to_owned()).filter(|key| !key.is_empty()),
            Choice::Strip => ask.edit.strip = words().map(str::to_owned).collect(),
            Choice::Keep => ask.edit.keep = words().map(str::to_owned).collect(),
            Choice::Add => ask.edit.add = words().map(header).collect::<Result<_, _>>()?,
            Choice::Rate => {
                let rate: f64 = text.trim().parse().map_err(|_| format!("'{text}' is no number of messages a second"))?;
                if !rate.is_finite() || rate < 0.0 {
                    return Err(format!("'{text}' is no number of messages a second"));
                }
                ask.pace.per_second = (rate > 0.0).then_some(rate);
            }
            Choice::Canary => ask.pace.canary = steps(text)?,
            Choice::Watch => {
                let seconds: u64 = text.trim().trim_end_matches('s').parse().map_err(|_| format!("'{text}' is no number of seconds"))?;
                if seconds > 3_600 {
                    return Err("a canary is watched for an hour at most".into());
                }
                ask.pace.watch = Duration::from_secs(seconds);
            }
        }
        Ok(())
    }
}

/// `name=value` as a header to add.
pub fn header(text: &str) -> Result<(String, String), String> {
    match text.split_once('=').filter(|(name, _)| !name.is_empty()) {
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
        None => Err(format!("'{text}' is no name=value")),
    }
}

fn steps(text: &str) -> Result<Vec<u32>, String> {
    let parts = text.split([' ', ',']).filter(|p| !p.is_empty());
    let steps: Vec<u32> = parts.map(|p| p.parse().map_err(|_| format!("'{p}' is no number of messages"))).collect::<Result<_, _>>()?;
    if steps.len() > STEPS {
        return Err(format!("{STEPS} canary steps at most"));
    }
    Ok(steps.into_iter().filter(|n| *n > 0).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Address, ConnId};
    use crate::triage::plan::{Actor, Deed, Source};

    #[test]
    fn what_is_written_is_what_is_set() {
        let at = Address::topic(&ConnId::new("m"), "orders.dlt");
        let mut ask = ReplayRequest::new(Deed::Replay, Source::Queue(at), Route::Origin, Actor::default());
        for (word, text) in [
            ("strip", "x-* y"),
            ("keep", "kafka_dlt-*"),
            ("add", "why=mended by=lea"),
            ("rate", "50"),
            ("canary", "1 10"),
            ("watch", "30"),
            ("by", "bill.eu"),
        ] {
            let choice = Choice::from_word(word).expect(word);
            choice.set(&mut ask, text).expect(text);
            assert_eq!(choice.text(&ask), text);
        }
        Choice::Canary.set(&mut ask, "0").expect("no steps");
        Choice::Rate.set(&mut ask, "0").expect("no limit");
        assert_eq!((ask.pace.canary.len(), ask.pace.per_second), (0, None));
        for (choice, text) in
            [(Choice::Add, "why"), (Choice::Rate, "fast"), (Choice::Rate, "-1"), (Choice::Canary, "1 x"), (Choice::Watch, "7d")]
        {
            assert!(choice.set(&mut ask, text).is_err(), "{text}");
        }
        let letters: std::collections::BTreeSet<_> = Choice::ALL.iter().map(|c| c.word().chars().next()).collect();
        assert_eq!(letters.len(), Choice::ALL.len(), "each has a letter of its own");
    }
}
