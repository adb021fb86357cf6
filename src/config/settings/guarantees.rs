//! Settings of `message_guarantees`.

use super::{Kind::*, LONG, MANY, STRATEGIES, Setting, row};

/// `message_guarantees`.
pub const GUARANTEES: &[Setting] = &[
    row("message_guarantees.at_least_once.enabled", Bool, "true", "copy, confirmed publish, then removal: always").safety(),
    row("message_guarantees.at_least_once.producer.acks", Acks, "\"all\"", "a replay always waits for the strongest confirmation").safety(),
    row(
        "message_guarantees.at_least_once.producer.retries",
        Int(0, MANY),
        "2147483647",
        "retries of a publish; the larger of this and the connection's",
    )
    .safety(),
    row("message_guarantees.at_least_once.producer.idempotence", Bool, "true", "a replay is always idempotent where the broker can")
        .safety(),
    row("message_guarantees.at_least_once.producer.transactional", Bool, "false", "one transaction a batch where the broker can"),
    row("message_guarantees.at_least_once.consumer.manual_commit", Bool, "", "what a commit proves, for groups that do not say").eg("true"),
    row("message_guarantees.at_least_once.consumer.commit_sync", Bool, "", "nothing")
        .eg("true")
        .unused("how the app waits for its commit changes nothing that redrive sees"),
    row(
        "message_guarantees.at_least_once.consumer.offset_commit_interval",
        Ms(0, MANY),
        "0",
        "proof window; a group behind by less time is not late",
    )
    .usual(100, 600_000),
    row("message_guarantees.exactly_once.enabled", Bool, "false", "shared leases and done-marks"),
    row("message_guarantees.exactly_once.idempotence.enabled", Bool, "true", "shared leases and done-marks"),
    row(
        "message_guarantees.exactly_once.idempotence.key_strategy",
        KeyStrategy,
        "\"message_id\"",
        "by what a done-mark, and a message that came back, are known",
    ),
    row(
        "message_guarantees.exactly_once.idempotence.storage",
        Words(&["redis", "ledger"]),
        "\"ledger\"",
        "where done-marks are kept; until redis is built every plan says that only the local ledger is known",
    ),
    row("message_guarantees.exactly_once.idempotence.url", SecretUrl, "", "address of the store, also REDRIVE_REDIS_URL")
        .eg("{ env = \"REDIS_URL\" }"),
    row("message_guarantees.exactly_once.idempotence.ttl", Seconds(1, LONG), "86400", "how long a done-mark lives")
        .usual(3_600, 31_622_400),
    row("message_guarantees.exactly_once.transactional.enabled", Bool, "false", "one transaction a batch where the broker can"),
    row(
        "message_guarantees.exactly_once.transactional.isolation_level",
        Words(&["read_committed", "read_uncommitted"]),
        "\"read_committed\"",
        "isolation.level of every read",
    ),
    row(
        "message_guarantees.exactly_once.transactional.timeout",
        Ms(1_000, MANY),
        "60000",
        "transaction.timeout.ms; batches commit within half of it",
    )
    .usual(1_000, 900_000)
    .why("a transaction shorter than a second cannot hold a batch"),
    row(
        "message_guarantees.message_ordering.enabled",
        Bool,
        "true",
        "per key: oldest first, one in flight, a failure stops the key's later ones",
    ),
    row(
        "message_guarantees.message_ordering.partition_key.strategy",
        STRATEGIES,
        "\"hash\"",
        "as in pub_sub, for topics without their own",
    ),
    row("message_guarantees.message_ordering.partition_key.fields", Texts, "", "ordering key: the first of these that the payload has")
        .eg("[\"order_id\", \"customer_id\"]"),
    row(
        "message_guarantees.message_ordering.consumer_groups.single_partition_consumers",
        Bool,
        "false",
        "Lag marks a member that owns more than one partition",
    ),
    row(
        "message_guarantees.message_ordering.consumer_groups.max_concurrent_partitions",
        Int(1, MANY),
        "",
        "Lag marks a member that owns more",
    )
    .eg("1"),
];
