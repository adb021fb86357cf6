//! The target as a plain client reads it, against the ledger as `redrive ledger` tells it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use crate::binary::Place;
use crate::readback::{Got, read_all};
use crate::told::told;

/// What was found; everything that must hold has been asserted.
#[derive(Debug)]
pub struct Found {
    pub messages: usize,
    /// Records on the target.
    pub arrived: usize,
    /// Messages that are there twice, each of which the ledger had in doubt.
    pub twice: usize,
    /// Messages that the ledger had in doubt and then as not arrived.
    pub doubted: usize,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { messages, arrived, twice, doubted } = self;
        write!(f, "{messages} messages, {arrived} on the target, {twice} twice; {doubted} went through doubt and were sent again")
    }
}

/// Asserts that nothing is lost, changed, out of order, unaccounted for, or there twice without having been in doubt.
pub fn judge(place: &Place, server: &str, origin: &str, dlt: &str, plan: &str) -> Found {
    let sources: HashMap<String, Got> =
        read_all(server, dlt).into_iter().map(|got| (format!("p{}/{}", got.partition, got.offset), got)).collect();
    let told = told(place, plan);
    assert_eq!(told.len(), sources.len(), "the ledger tells of every message");
    let seats: BTreeSet<&String> = told.values().map(|t| &t.seat).collect();
    assert_eq!(seats.len(), sources.len(), "of each one once");
    let target = read_all(server, origin);
    let mut copies: BTreeMap<u64, Vec<&Got>> = BTreeMap::new();
    for got in &target {
        let id = got.header("x-redrive-replay-id").unwrap_or_else(|| panic!("nobody else writes there: {got:?}"));
        let n = id.strip_prefix(plan).and_then(|n| n.strip_prefix('/')).and_then(|n| n.parse().ok());
        copies.entry(n.unwrap_or_else(|| panic!("of another plan: {id}"))).or_default().push(got);
    }
    let mut twice = 0;
    for (n, told) in &told {
        assert_eq!(told.outcomes.iter().filter(|o| *o == "replayed").count(), 1, "{plan}/{n}: {:?}", told.outcomes);
        let there = copies.get(n).map_or(&[][..], Vec::as_slice);
        assert!(!there.is_empty(), "{plan}/{n} of {} is lost: the ledger says {:?}", told.seat, told.outcomes);
        there.iter().for_each(|got| same(&sources[&told.seat], got));
        if there.len() > 1 {
            assert!(told.doubted(), "{plan}/{n} is there {} times, and never was in doubt: {:?}", there.len(), told.outcomes);
            twice += 1;
        }
    }
    in_order(&target);
    place.run(&["jobs", "doubt"]).exits(0);
    let causes = place.run(&["causes", dlt, "-o", "jsonl"]).exits(0);
    assert!(causes.rows().is_empty(), "nothing of it is unresolved: {}", causes.out);
    Found { messages: told.len(), arrived: target.len(), twice, doubted: told.values().filter(|t| t.doubted()).count() }
}

/// Key, body, partition, and all headers but Spring's and ours are those of the dead letter.
fn same(was: &Got, is: &Got) {
    assert_eq!((was.partition, &was.key, &was.body), (is.partition, &is.key, &is.body));
    let kept = |got: &Got| {
        got.headers.iter().filter(|(n, _)| !n.starts_with("kafka_dlt-") && !n.starts_with("x-redrive-")).cloned().collect::<Vec<_>>()
    };
    assert_eq!(kept(was), kept(is));
    assert!(!is.headers.iter().any(|(n, _)| n.starts_with("kafka_dlt-")), "{is:?}");
}

/// Of each key the first arrivals are in the order of their death.
fn in_order(target: &[Got]) {
    let mut last: HashMap<&[u8], u64> = HashMap::new();
    let mut seen = BTreeSet::new();
    for got in target {
        let number: u64 =
            got.body.as_deref().and_then(|b| serde_json::from_slice::<serde_json::Value>(b).ok()?["order"].as_u64()).expect("numbered");
        if seen.insert(number) {
            let before = last.insert(got.key.as_deref().unwrap_or_default(), number);
            assert!(before < Some(number), "{before:?} came before {number}");
        }
    }
}
