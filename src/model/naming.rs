//! The dead-letter role that a destination's name alone tells, by the conventions of the frameworks.

use super::{Proof, Role};

/// Ends of names, compared without case.
const ENDS: [&str; 12] = [
    ".dlt",
    "-dlt",
    "_dlt",
    ".dlq",
    "-dlq",
    "_dlq",
    ".dead-letter",
    "-dead-letter",
    "_dead_letter",
    ".deadletter",
    "-dead-letters",
    ".dead-letters",
];
/// Beginnings of names: Kafka share groups and Connect by custom, SmallRye, Spring Cloud Stream (`error.<topic>.<group>`).
const BEGINNINGS: [&str; 6] = ["dlq.", "dlq-", "dlt.", "dlt-", "dead-letter-topic-", "error."];

/// `Named` if the name follows a dead-letter convention (`orders.DLT`, `dlq.orders`), else plain. The broker's word and the
/// config's are stronger and come on top of it.
pub fn named_role(name: &str) -> Role {
    let lower = name.to_ascii_lowercase();
    // the convention's part alone (`dlq`) is a name too
    let bare = matches!(lower.as_str(), "dlq" | "dlt" | "dead-letter" | "dead-letters" | "dead_letter" | "deadletter");
    let spring_cloud = lower.starts_with("error.") && lower.split('.').filter(|part| !part.is_empty()).count() < 3;
    let named = bare || ENDS.iter().any(|e| lower.ends_with(e)) || (BEGINNINGS.iter().any(|b| lower.starts_with(b)) && !spring_cloud);
    if named { Role::DeadLetter { of: Vec::new(), proof: Proof::Named } } else { Role::Plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conventions_of_the_frameworks() {
        for name in [
            "orders.DLT",
            "orders-dlt",
            "orders.dlq",
            "orders-dlq",
            "orders_dlq",
            "dlq.orders",
            "error.orders.billing",
            "dead-letter-topic-orders",
            "orders-dead-letter",
            "dlq",
            "a.dead-letter",
        ] {
            assert!(named_role(name).is_dlq(), "{name}");
        }
    }

    #[test]
    fn what_only_looks_like_it_is_plain() {
        for name in
            ["orders", "error.log", "errors", "dltx", "mydlq", "dlq2.orders-in", "orders-retry-0", "dead-letters-of-kafka-to-milena"]
        {
            assert!(!named_role(name).is_dlq(), "{name}");
        }
    }
}
