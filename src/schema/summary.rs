//! How many of the messages looked at are valid, and which declared fields nearly none of them has.

use std::collections::BTreeMap;

use super::{Seen, Severity, Verdict};
use crate::decode::safe;

/// Messages of one event that must have been checked before a suggestion is made.
const ENOUGH: u64 = 20;
/// Pointers that are counted; a hostile stream cannot name more.
const MOST: usize = 1000;

/// Counts of what was looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub valid: u64,
    pub invalid: u64,
    pub unchecked: u64,
    /// Messages checked, by event type.
    events: BTreeMap<String, u64>,
    /// Messages that lack a declared field, by event type and pointer.
    lacking: BTreeMap<(String, String), u64>,
}

impl Summary {
    /// Counts one message in.
    pub fn add(&mut self, seen: &Seen) {
        let event = match &seen.verdict {
            Verdict::Valid { event, .. } => {
                self.valid += 1;
                Some(event)
            }
            Verdict::Invalid { event, version, .. } => {
                self.invalid += 1;
                event.as_ref().filter(|_| version.is_some())
            }
            Verdict::Unchecked { .. } => {
                self.unchecked += 1;
                None
            }
        };
        let Some(event) = event else { return };
        *self.events.entry(event.clone()).or_default() += 1;
        for violation in seen.violations.iter().filter(|v| v.severity == Severity::Error && matches!(v.what.as_str(), "missing" | "null")) {
            let key = (event.clone(), violation.pointer.clone());
            if self.lacking.len() < MOST || self.lacking.contains_key(&key) {
                *self.lacking.entry(key).or_default() += 1;
            }
        }
    }

    /// For fields that nearly all messages of an event lack (19 of 20), what the config could say; safe for a terminal.
    pub fn suggestions(&self) -> Vec<String> {
        let mut out = Vec::new();
        for ((event, pointer), lacking) in &self.lacking {
            let all = self.events.get(event).copied().unwrap_or_default();
            if all >= ENOUGH && lacking * 20 >= all * 19 {
                let field = safe(pointer);
                out.push(format!("{lacking} of {all} {} lack {field}: is it optional? then declare it with a ?", safe(event)));
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::config::Context;
    use crate::config::model::{Event, Expect, Field, TypeWord};
    use crate::model::{Address, ConnId, Message, Seat};
    use crate::schema::{Declared, see};

    #[test]
    fn a_field_that_nearly_all_lack_is_suggested_as_optional() {
        let field = |name: &str| Field { name: name.into(), expect: Expect::Type { word: TypeWord::String, optional: false } };
        let event = Event { event_type: "e".into(), version: "1".into(), payload: vec![field("a"), field("b")], ..Event::default() };
        let declared = Declared::new(&Context { events: vec![event], ..Context::default() });
        let mut summary = Summary::default();
        let mut add = |body: &'static str| {
            summary.add(&see(
                Message {
                    at: Address::topic(&ConnId::new("k"), "t"),
                    seat: Seat::Offset { partition: 0, offset: 0 },
                    key: None,
                    body: Some(Bytes::from_static(body.as_bytes())),
                    headers: Vec::new(),
                    properties: Vec::new(),
                    delivery: Vec::new(),
                    sent: None,
                    whole: true,
                },
                &declared,
            ));
        };
        (0..19).for_each(|_| add("{\"event_type\":\"e\",\"payload\":{\"a\":\"x\"}}"));
        add("{\"event_type\":\"e\",\"payload\":{\"a\":\"x\",\"b\":\"y\"}}");
        add("not json");
        assert_eq!((summary.valid, summary.invalid, summary.unchecked), (1, 19, 1));
        assert_eq!(summary.suggestions(), ["19 of 20 e lack /payload/b: is it optional? then declare it with a ?"]);
    }
}
