//! Settings of what is sent: events, producers, consumers, requests, audiences.

use super::{BACKOFFS, CODECS, FORMATS, Kind::*, MANY, NEVER_JOINS, RESETS, STRATEGIES, Setting, row};

/// `events`.
pub const EVENTS: &[Setting] = &[
    row("events.*.*.event_type", Text, "", "picks the schema of a message").eg("\"order.created\"").needed(),
    row("events.*.*.version", Text, "", "must equal the message's version").eg("\"1.0\"").needed(),
    row("events.*.*.payload.*", Type, "", "the field must be there with this type; absent, null or wrong is a violation").eg("\"uuid\""),
    row("events.*.*.metadata.*", TypeOrConstant, "", "as in payload; any other text is the exact value expected").eg("\"timestamp\""),
];

/// `event_producers`.
pub const PRODUCERS: &[Setting] = &[
    row("event_producers.*.broker", Text, "", "the connection of these topics").eg("\"kafka\""),
    row("event_producers.*.topic_prefix", Text, "", "family name of the topics; prefix.topic is tried after the topic as written")
        .eg("\"shop\""),
    row("event_producers.*.events.*.topic", Text, "", "where the event goes: edge in Map; elsewhere it is `unexpected here`")
        .eg("\"orders\"")
        .needed(),
    row(
        "event_producers.*.events.*.partition_key",
        Text,
        "",
        "field of the payload that must equal the record key; gives an edited message its key",
    )
    .eg("\"order_id\""),
    row(
        "event_producers.*.events.*.retry_policy.max_retries",
        Int(0, 1_000),
        "0",
        "a replay of this event tries again so often when the publish certainly did not happen",
    ),
    row("event_producers.*.events.*.retry_policy.backoff_strategy", BACKOFFS, "\"exponential\"", "how its waits grow, at most 60 s"),
    row("event_producers.*.events.*.retry_policy.initial_delay", Ms(0, MANY), "1000", "its first wait").usual(10, 600_000),
    row("event_producers.*.serialization.format", FORMATS, "", "the decoder tried first; registry framing in the bytes wins")
        .eg("\"json\""),
    row(
        "event_producers.*.serialization.compression",
        CODECS,
        "\"none\"",
        "batch codec of a replay to these topics, and a hint for values that do not decode",
    ),
    row("event_producers.*.serialization.schema_registry.url", Url, "", "Confluent-compatible schema registry")
        .eg("\"http://localhost:8081\"")
        .waits("the schema registry client"),
    row("event_producers.*.serialization.schema_registry.auto_register", Bool, "false", "nothing")
        .unused("redrive registers nothing; a replay keeps the schema id in the bytes"),
    row(
        "event_producers.*.validation.schema_validation",
        Bool,
        "true",
        "messages of these topics are checked on display, in searches and plans",
    ),
    row("event_producers.*.validation.required_fields", Texts, "[]", "missing at the top of the body is a violation")
        .eg("[\"event_type\", \"payload\"]"),
    row("event_producers.*.validation.payload_size_limit", Bytes, "", "a larger body is a violation, and a warning in the plan")
        .eg("1048576")
        .usual(1_000, 1_000_000_000),
];

/// `event_consumers`.
pub const CONSUMERS: &[Setting] = &[
    row("event_consumers.*.broker", Text, "", "the connection that is read").eg("\"kafka\""),
    row(
        "event_consumers.*.group_id",
        Text,
        "",
        "a declared group: Lag row even when absent, blast radius, the group whose commit proves a replay",
    )
    .eg("\"order-processor\"")
    .needed(),
    row("event_consumers.*.topics[].name", Text, "", "Lag rows, Map edges, blast radius").eg("\"orders\"").needed(),
    row("event_consumers.*.topics[].partitions", Ints, "", "partitions it reads; others have no declared reader").eg("[0, 1, 2, 3]"),
    row("event_consumers.*.topics[].auto_offset_reset", RESETS, "\"latest\"", "what this group does without a commit"),
    row("event_consumers.*.handlers.*.handler", Text, "", "stands beside the group in blast radius and Death").eg("\"OrderHandler\""),
    row("event_consumers.*.handlers.*.concurrency", Int(1, 100_000), "1", "order line of the plan; check of the poll interval"),
    row("event_consumers.*.handlers.*.timeout", Ms(1, MANY), "30000", "proof window of a replay; Lag's `stuck on`").usual(100, 86_400_000),
    row("event_consumers.*.handlers.*.batch_size", Int(1, 1_000_000), "1", "counts messages: neighbours in a batch may have died with one"),
    row("event_consumers.*.handlers.*.batch_timeout", Ms(0, MANY), "0", "part of the proof window"),
    row(
        "event_consumers.*.handlers.*.retry_policy.max_retries",
        Int(0, 1_000),
        "0",
        "proof window; `attempts 3 of 4`; never makes redrive retry",
    ),
    row("event_consumers.*.handlers.*.retry_policy.backoff_strategy", BACKOFFS, "\"exponential\"", "proof window"),
    row("event_consumers.*.handlers.*.retry_policy.initial_delay", Ms(0, MANY), "1000", "proof window").usual(10, 600_000),
    row("event_consumers.*.settings.max_poll_records", Int(1, MANY), "500", "check of the poll interval"),
    row("event_consumers.*.settings.max_poll_interval_ms", Ms(1, MANY), "300000", "stall limit of this group").usual(1_000, 86_400_000),
    row("event_consumers.*.settings.enable_auto_commit", Bool, "true", "a commit by the clock proves reading, not handling"),
    row("event_consumers.*.settings.auto_commit_interval_ms", Ms(0, MANY), "5000", "proof window; a younger lag is no news")
        .usual(100, 600_000),
    row("event_consumers.*.settings.session_timeout_ms", Ms(1, MANY), "45000", "nothing").unused(NEVER_JOINS),
    row("event_consumers.*.settings.heartbeat_interval_ms", Ms(1, MANY), "3000", "nothing").unused(NEVER_JOINS),
];

/// `request_reply`.
pub const REQUEST_REPLY: &[Setting] = &[
    row("request_reply.*.broker", Text, "", "the connection of both topics; absent: found by name").eg("\"kafka\""),
    row("request_reply.*.request_topic", Text, "", "where requests go").eg("\"price.request\"").needed(),
    row("request_reply.*.reply_topic", Text, "", "where replies come").eg("\"price.reply\"").needed(),
    row("request_reply.*.correlation_id_header", Text, "\"correlation_id\"", "header that pairs them"),
    row("request_reply.*.request_schema.*", Type, "", "validation of the request").eg("\"uuid\""),
    row("request_reply.*.reply_schema.*", Type, "", "validation of the reply").eg("\"uuid\""),
    row("request_reply.*.timeout", Ms(1, MANY), "30000", "no reply after it: `late`; after all retries: `unanswered`")
        .usual(100, 86_400_000),
    row("request_reply.*.retry_policy.max_retries", Int(0, 1_000), "0", "requests with one id are one request with so many more attempts"),
    row("request_reply.*.retry_policy.backoff_strategy", BACKOFFS, "\"exponential\"", "when a request counts as unanswered"),
    row("request_reply.*.retry_policy.initial_delay", Ms(0, MANY), "1000", "when a request counts as unanswered").usual(10, 600_000),
];

/// `pub_sub`.
pub const PUB_SUB: &[Setting] = &[
    row("pub_sub.*.broker", Text, "", "the connection of the topic; absent: found by name").eg("\"kafka\""),
    row("pub_sub.*.topic", Text, "", "the destination whose blast radius this is").eg("\"orders\"").needed(),
    row("pub_sub.*.publisher.name", Text, "", "node in Map").eg("\"OrderService\""),
    row(
        "pub_sub.*.publisher.partition_strategy",
        STRATEGIES,
        "\"hash\"",
        "hash: a replay goes to the original partition, else by the key; round_robin: no order to keep",
    ),
    row("pub_sub.*.publisher.partition_key", Text, "", "field of the payload that must equal the record key").eg("\"order_id\""),
    row("pub_sub.*.publisher.message_format.type", FORMATS, "", "the decoder tried first").eg("\"json\""),
    row("pub_sub.*.publisher.message_format.compression", CODECS, "\"none\"", "batch codec of a replay to this topic"),
    row(
        "pub_sub.*.publisher.message_format.schema_version",
        Text,
        "",
        "version assumed when a message has none; another one is a violation",
    )
    .eg("\"1.0\""),
    row("pub_sub.*.subscribers[].name", Text, "", "a line of the blast radius").eg("\"Billing\"").needed(),
    row("pub_sub.*.subscribers[].group_id", Text, "", "its group: Lag row even when absent").eg("\"billing\"").needed(),
    row("pub_sub.*.subscribers[].handler", Text, "", "stands beside the group").eg("\"BillingHandler\""),
    row("pub_sub.*.subscribers[].concurrency", Int(1, 100_000), "1", "order line of the plan"),
];
