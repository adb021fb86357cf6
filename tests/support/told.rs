//! What `redrive ledger` tells of each message of a plan.

use std::collections::BTreeMap;

use crate::binary::Place;

/// What the ledger tells of one message.
#[derive(Debug)]
pub struct Told {
    /// Where it lay, as `p3/17` on Kafka.
    pub seat: String,
    pub outcomes: Vec<String>,
}

impl Told {
    /// In doubt as such, or cleared up as not arrived and sent again.
    pub fn doubted(&self) -> bool {
        self.outcomes.iter().any(|o| o == "in doubt" || o == "untouched")
    }
}

/// Each message of the plan by its number.
pub fn told(place: &Place, plan: &str) -> BTreeMap<u64, Told> {
    let mut told: BTreeMap<u64, Told> = BTreeMap::new();
    for entry in place.run(&["ledger", plan, "-n", "1000000", "-o", "jsonl"]).exits(0).rows() {
        if entry["kind"] == "outcome" {
            let text = |name: &str| entry[name].as_str().unwrap_or_else(|| panic!("no {name}: {entry}")).to_owned();
            let n = entry["item"].as_u64().unwrap_or_else(|| panic!("no item: {entry}"));
            let of = told.entry(n).or_insert_with(|| Told { seat: text("seat"), outcomes: Vec::new() });
            of.outcomes.push(text("what"));
        }
    }
    told
}
