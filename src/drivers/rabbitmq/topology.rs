//! Which queues are dead-letter queues of which: from dead-letter exchanges and bindings, as the broker tells them. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::queue::Queue;

/// Exchanges bound to exchanges are followed so far.
pub const DEPTH: usize = 5;

/// An exchange's type and what is bound to it.
#[derive(Clone, Debug, Default)]
pub struct Exchange {
    pub of_type: String,
    pub bindings: Vec<Binding>,
}

/// One binding.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Binding {
    pub source: String,
    pub destination: String,
    pub destination_type: String,
    pub routing_key: String,
}

/// Names of the exchanges that take dead letters, but for the default exchange.
pub fn exchanges(queues: &[Queue]) -> BTreeSet<String> {
    queues.iter().filter_map(Queue::dead_letters_to).map(|(x, _)| x.to_owned()).filter(|x| !x.is_empty()).collect()
}

/// For each queue that takes dead letters: the queues they come from.
pub fn sources(queues: &[Queue], exchanges: &BTreeMap<String, Exchange>) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for queue in queues {
        let Some((exchange, key)) = queue.dead_letters_to() else { continue };
        for target in targets(exchange, key, exchanges, DEPTH) {
            if target != queue.name {
                found.entry(target).or_default().insert(queue.name.clone());
            }
        }
    }
    found
}

/// The queues that a message sent to this exchange reaches; `None` as the key: whatever key a message has.
pub fn targets(exchange: &str, key: Option<&str>, exchanges: &BTreeMap<String, Exchange>, depth: usize) -> BTreeSet<String> {
    if exchange.is_empty() {
        return key.map(str::to_owned).into_iter().collect();
    }
    let Some(known) = exchanges.get(exchange).filter(|_| depth > 0) else { return BTreeSet::new() };
    let mut found = BTreeSet::new();
    for binding in known.bindings.iter().filter(|b| reaches(&known.of_type, &b.routing_key, key)) {
        match binding.destination_type.as_str() {
            "queue" => drop(found.insert(binding.destination.clone())),
            _ => found.extend(targets(&binding.destination, key, exchanges, depth - 1)),
        }
    }
    found
}

/// Whether a binding takes a key. What depends on headers, or on a plugin's own rules, may take it.
fn reaches(of_type: &str, pattern: &str, key: Option<&str>) -> bool {
    match (of_type, key) {
        ("direct", Some(key)) => pattern == key,
        ("topic", Some(key)) => topic(&pattern.split('.').collect::<Vec<_>>(), &key.split('.').collect::<Vec<_>>()),
        _ => true,
    }
}

/// `*` is one word, `#` any number of them.
fn topic(pattern: &[&str], key: &[&str]) -> bool {
    match (pattern.split_first(), key.split_first()) {
        (None, None) => true,
        (Some((&"#", rest)), _) => (0..=key.len()).any(|n| topic(rest, &key[n..])),
        (Some((word, rest)), Some((first, others))) => (*word == "*" || word == first) && topic(rest, others),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(name: &str, exchange: &str, key: Option<&str>) -> Queue {
        let mut arguments = serde_json::json!({ "x-dead-letter-exchange": exchange });
        if let Some(key) = key {
            arguments["x-dead-letter-routing-key"] = key.into();
        }
        Queue { name: name.into(), arguments, ..Queue::default() }
    }

    fn exchange(of_type: &str, bound: &[(&str, &str, &str)]) -> Exchange {
        let binding = |(to, of, key): &(&str, &str, &str)| Binding {
            destination: (*to).into(),
            destination_type: (*of).into(),
            routing_key: (*key).into(),
            ..Binding::default()
        };
        Exchange { of_type: of_type.into(), bindings: bound.iter().map(binding).collect() }
    }

    #[test]
    fn the_default_exchange_leads_to_the_queue_of_that_name() {
        let found = sources(&[queue("orders", "", Some("orders.dlq")), queue("self", "", None)], &BTreeMap::new());
        assert_eq!(found.keys().collect::<Vec<_>>(), ["orders.dlq"]);
        assert!(found["orders.dlq"].contains("orders"));
    }

    #[test]
    fn bindings_are_followed_by_type_and_through_exchanges() {
        let exchanges = BTreeMap::from([
            ("dlx".to_owned(), exchange("topic", &[("bills", "queue", "bill.#"), ("all", "exchange", "#")])),
            ("all".to_owned(), exchange("fanout", &[("archive", "queue", "")])),
        ]);
        let queues = [queue("billing", "dlx", Some("bill.eu.failed")), queue("mail", "dlx", Some("mail"))];
        let found = sources(&queues, &exchanges);
        assert_eq!(found["bills"], BTreeSet::from(["billing".to_owned()]));
        assert_eq!(found["archive"], BTreeSet::from(["billing".to_owned(), "mail".to_owned()]));
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn topics_match_by_words() {
        let of = |p: &str, k: &str| reaches("topic", p, Some(k));
        assert!(of("a.*.c", "a.b.c") && of("#", "") && of("#.c", "a.b.c") && of("a.#", "a"));
        assert!(!of("a.*", "a") && !of("a.*", "a.b.c") && !of("b.#", "a.b"));
        assert!(reaches("headers", "", Some("x")), "what headers decide cannot be told beforehand");
    }

    #[test]
    fn exchanges_bound_in_a_circle_come_to_an_end() {
        let circle = BTreeMap::from([("a".to_owned(), exchange("fanout", &[("a", "exchange", ""), ("q", "queue", "")]))]);
        assert_eq!(targets("a", None, &circle, DEPTH), BTreeSet::from(["q".to_owned()]));
    }
}
