//! Which destinations hold dead letters, whose, and how that is known: told by the broker, declared by the config, or by name only.

use std::collections::BTreeSet;

use crate::config::Context;
use crate::model::{Address, ConnId, Destination, Proof, Role};

/// Endings that frameworks give to a queue's dead letters; what stands before is the origin.
const ENDINGS: [&str; 17] = [
    "-dlt",
    ".dlt",
    "_dlt",
    ".DLT",
    "-DLT",
    "-dlq",
    ".dlq",
    "_dlq",
    ".DLQ",
    "-DLQ",
    "_DLQ",
    "-dead-letter",
    ".dead-letter",
    "_error",
    "-dead-letter-queue",
    "-deadletter",
    ".deadletter",
];
/// Beginnings, likewise: share groups, ActiveMQ, habit.
const BEGINNINGS: [&str; 6] = ["dlq.", "dlq-", "dlt.", "DLQ.", "ActiveMQ.DLQ.Queue.", "dead-letter-topic-"];
/// Names of their own that tell no origin.
const WHOLE: [&str; 4] = ["ActiveMQ.DLQ", "DLQ", "dlq", "dead-letter-queue"];

/// A way home for the dead letters of a queue that do not name their origin themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    pub to: Address,
    pub proof: Proof,
    /// Whether the listing has it. A replay to what is not there is refused.
    pub exists: bool,
}

/// Names that a dead-letter queue's name suggests as its origin, best first; `None`: it is not named like one.
/// A name that tells no origin gives an empty list.
pub fn named_origins(name: &str) -> Option<Vec<String>> {
    if WHOLE.contains(&name) {
        return Some(Vec::new());
    }
    let mut out = Vec::new();
    if let Some(base) = ENDINGS.iter().filter_map(|e| name.strip_suffix(e)).filter(|b| !b.is_empty()).min_by_key(|b| b.len()) {
        out.push(base.to_owned());
        // `orders-retry-1.dlt` and `orders-queue-dlq`: the origin may be named without the middle part
        for middle in ["-retry", ".retry"] {
            if let Some((head, _)) = base.rsplit_once(middle) {
                out.push(head.to_owned());
            }
        }
        out.push(format!("{base}-queue"));
    }
    if let Some(base) = BEGINNINGS.iter().find_map(|b| name.strip_prefix(b)).filter(|b| !b.is_empty()) {
        out.push(base.to_owned());
    }
    // Spring Cloud Stream: error.<topic>.<group>; both parts may hold dots, so every cut is a candidate
    if let Some(rest) = name.strip_prefix("error.") {
        out.extend(rest.match_indices('.').map(|(i, _)| rest[..i].to_owned()).filter(|t| !t.is_empty()));
    }
    let mut seen = BTreeSet::new();
    out.retain(|n| seen.insert(n.clone()));
    (!out.is_empty()).then_some(out)
}

/// Gives every destination of a listing its role: what the broker told stays, then the config's pairs, then names.
/// By name an origin counts only if it is in the listing, or if the name tells nothing else.
pub fn roles(destinations: &mut [Destination], context: &Context) {
    let known: BTreeSet<Address> = destinations.iter().map(|d| d.at.clone()).collect();
    for row in destinations.iter_mut() {
        if row.internal || matches!(row.role, Role::DeadLetter { proof: Proof::Told, .. }) {
            continue;
        }
        let declared = pairs_of(context, &row.at);
        if !declared.is_empty() {
            row.role = Role::DeadLetter { of: declared, proof: Proof::Declared };
        } else if let Some(names) = named_origins(&row.at.name) {
            let of = names.into_iter().map(|n| Address { name: n, ..row.at.clone() }).find(|a| known.contains(a));
            row.role = Role::DeadLetter { of: of.into_iter().collect(), proof: Proof::Named };
        } else {
            row.role = Role::Plain;
        }
    }
}

/// Whether a setting that names a connection, or none, means this one.
pub(super) fn meant(connection: Option<&str>, conn: &ConnId) -> bool {
    connection.is_none_or(|c| c == conn.as_str())
}

/// The main queues that the config pairs with a dead-letter queue.
fn pairs_of(context: &Context, dlq: &Address) -> Vec<Address> {
    let pairs = context.dead_letters.pairs.iter();
    pairs
        .filter(|p| p.dlq == dlq.name && meant(p.connection.as_deref(), &dlq.conn))
        .map(|p| Address { name: p.main.clone(), ..dlq.clone() })
        .collect()
}

/// Where the dead letters of a queue came from as far as the queue itself tells; strongest proof first.
/// What a message says of its own origin goes before all of these.
pub fn home(dlq: &Destination, context: &Context, listing: &[Destination]) -> Vec<Way> {
    let exists = |a: &Address| listing.iter().any(|d| d.at == *a);
    let mut out: Vec<Way> = Vec::new();
    let mut add = |to: Address, proof| {
        if to != dlq.at && !out.iter().any(|w| w.to == to) {
            out.push(Way { exists: exists(&to), to, proof });
        }
    };
    if let Role::DeadLetter { of, proof: Proof::Told } = &dlq.role {
        of.iter().for_each(|a| add(a.clone(), Proof::Told));
    }
    pairs_of(context, &dlq.at).into_iter().for_each(|a| add(a, Proof::Declared));
    for name in named_origins(&dlq.at.name).unwrap_or_default() {
        add(Address { name, ..dlq.at.clone() }, Proof::Named);
    }
    out.retain(|w| w.proof != Proof::Named || w.exists);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::model::{DeadLetterPair, DeadLetters};
    use crate::model::Count;

    fn topic(name: &str) -> Destination {
        let at = Address::topic(&ConnId::new("kafka"), name);
        Destination { at, depth: Count::Exact(1), partitions: Some(1), consumers: None, role: Role::Plain, internal: false }
    }

    fn context() -> Context {
        let pair = DeadLetterPair { main: "script-execution-queue".into(), dlq: "graveyard".into(), ..DeadLetterPair::default() };
        Context { dead_letters: DeadLetters { pairs: vec![pair], ..DeadLetters::default() }, ..Context::default() }
    }

    fn role_of<'a>(rows: &'a [Destination], name: &str) -> Option<&'a Role> {
        rows.iter().find(|d| d.at.name == name).map(|d| &d.role)
    }

    #[test]
    fn what_the_broker_told_beats_the_config_beats_the_name() {
        let other = Address::topic(&ConnId::new("kafka"), "elsewhere");
        let mut rows: Vec<_> = ["orders", "orders.dlt", "graveyard", "error.pay.v2.billing", "pay.v2", "lonely-dlq"].map(topic).into();
        let mut told = topic("told.dlq");
        told.role = Role::DeadLetter { of: vec![other.clone()], proof: Proof::Told };
        rows.push(told);
        roles(&mut rows, &context());
        let named = |name: &str| Role::DeadLetter { of: vec![Address::topic(&ConnId::new("kafka"), name)], proof: Proof::Named };
        assert_eq!(role_of(&rows, "orders"), Some(&Role::Plain));
        assert_eq!(role_of(&rows, "orders.dlt"), Some(&named("orders")));
        assert_eq!(role_of(&rows, "error.pay.v2.billing"), Some(&named("pay.v2")));
        assert_eq!(role_of(&rows, "lonely-dlq"), Some(&Role::DeadLetter { of: vec![], proof: Proof::Named }));
        let declared =
            Role::DeadLetter { of: vec![Address::topic(&ConnId::new("kafka"), "script-execution-queue")], proof: Proof::Declared };
        assert_eq!(role_of(&rows, "graveyard"), Some(&declared));
        assert_eq!(role_of(&rows, "told.dlq"), Some(&Role::DeadLetter { of: vec![other], proof: Proof::Told }));
    }

    #[test]
    fn plain_names_are_no_dead_letter_queues() {
        for name in ["orders", "adult", "default", "credlt", "-dlt", "error"] {
            assert_eq!(named_origins(name), None, "{name}");
        }
        assert_eq!(named_origins("orders-retry-2000-dlt").and_then(|n| n.get(1).cloned()), Some("orders".into()));
        assert_eq!(named_origins("ActiveMQ.DLQ"), Some(vec![]));
    }

    #[test]
    fn ways_home_are_only_guessed_to_what_exists() {
        let rows = ["orders", "orders.dlt"].map(topic);
        let ways = home(&rows[1], &context(), &rows);
        assert_eq!(ways.iter().map(|w| (w.to.name.as_str(), w.proof, w.exists)).collect::<Vec<_>>(), [("orders", Proof::Named, true)]);
        assert_eq!(home(&rows[1], &context(), &rows[1..]), []);
        let declared = home(&topic("graveyard"), &context(), &rows);
        assert_eq!(declared.first().map(|w| (w.proof, w.exists)), Some((Proof::Declared, false)));
    }
}
