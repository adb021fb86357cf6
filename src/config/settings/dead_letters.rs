//! Settings of `dead_letter_queue`. `dlq_config` may be a list; rules inside one pair are its own.

use super::{Kind::*, LONG, MANY, SEVERITIES, Setting, row};

const ACTIONS: super::Kind = Words(&["log_and_alert", "retry_with_backoff", "escalate"]);

/// A rule setting, once for the whole context and once for one pair.
macro_rules! twice {
    ($($tail:literal, $kind:expr, $default:literal, $what:literal $(, $method:ident($($arg:expr),*))* ;)*) => {
        &[$(
            row(concat!("dead_letter_queue.dlq_handlers.", $tail), $kind, $default, $what)$(.$method($($arg),*))*,
            row(concat!("dead_letter_queue.dlq_config.dlq_handlers.", $tail), $kind, $default, $what)$(.$method($($arg),*))*,
        )*]
    };
}

/// `dead_letter_queue`: the pairs.
const PAIRS: [Setting; 9] = [
    row("dead_letter_queue.dlq_config.broker", Text, "", "the connection of both queues; absent: found by name").eg("\"kafka\""),
    row("dead_letter_queue.dlq_config.main_queue.name", Text, "", "way home for a message that does not name its origin")
        .eg("\"orders\"")
        .needed(),
    row("dead_letter_queue.dlq_config.main_queue.max_retries", Int(0, 100_000), "", "`attempts 3 of 4`; compared with the broker").eg("3"),
    row(
        "dead_letter_queue.dlq_config.main_queue.retry_delay",
        Ms(0, MANY),
        "5000",
        "first wait of retry_with_backoff, doubled, at most 1 h",
    )
    .usual(100, 3_600_000),
    row("dead_letter_queue.dlq_config.main_queue.dlq_name", Text, "", "the pair: role `DLQ of …`").eg("\"orders.dlt\"").needed(),
    row("dead_letter_queue.dlq_config.dlq_queue.name", Text, "", "the pair: role `DLQ of …`").eg("\"orders.dlt\"").needed(),
    row(
        "dead_letter_queue.dlq_config.dlq_queue.message_retention",
        Seconds(1, LONG),
        "",
        "expiry clock where the broker tells nothing, else compared",
    )
    .eg("2592000")
    .usual(3_600, 31_622_400),
    row(
        "dead_letter_queue.dlq_config.dlq_queue.max_redelivery",
        Int(0, 1_000),
        "3",
        "limit of our replays of one message; at the limit it is poison",
    ),
    row("dead_letter_queue.dlq_config.park_to", Text, "", "where park moves to, if it exists").eg("\"orders.parked\""),
];

const RULES: &[Setting] = twice! {
    "error_analysis.handler", Text, "", "named as a reader of the DLQ itself when it has live consumers", eg("\"ErrorAnalysis\"");
    "error_analysis.concurrency", Int(1, 1_000), "4", "partitions or DLQs read at once for causes";
    "error_analysis.timeout", Ms(1, MANY), "60000", "one pass over a DLQ stops after it and says so", usual(1_000, 86_400_000);
    "error_analysis.error_categories.*.action", ACTIONS, "\"log_and_alert\"", "what is done with dead letters of this category";
    "error_analysis.error_categories.*.severity", SEVERITIES, "\"warning\"", "rank and sign in Overview and Causes, severity of the incident";
    "error_analysis.error_categories.*.max_retries", Int(0, 1_000), "1", "automatic replays of one message, at most max_redelivery";
    "error_analysis.error_categories.*.match.class", Regex, "", "condition: the error's class, or that of a cause below it", eg("\"Timeout\"");
    "error_analysis.error_categories.*.match.message", Regex, "", "condition: the error's message", eg("\"timed out\"");
    "error_analysis.error_categories.*.match.destination", Regex, "", "condition: the origin's or the DLQ's name", eg("\"^orders\"");
    "manual_processing.handler", Text, "", "named as a reader of the DLQ itself when it has live consumers", eg("\"ManualProcessing\"");
    "manual_processing.concurrency", Int(1, 1_000), "1", "how many people or jobs may work on one DLQ at once";
    "manual_processing.timeout", Ms(1, MANY), "300000", "length of their lease, refreshed while they do", usual(1_000, 86_400_000);
    "manual_processing.ui.enabled", Bool, "true", "false: no replay, edit, park or discard by hand here";
    "manual_processing.ui.endpoint", Text, "", "nothing", eg("\"/api/dlq\""), unused("redrive is a terminal and serves no HTTP");
    "manual_processing.ui.authentication", Words(&["required", "none"]), "\"required\"", "writing needs a known person: REDRIVE_ACTOR or the OS user";
    "manual_processing.ui.authorization", Authorization, "\"operator_only\"", "the least role for replay, edit, park and restore by hand";
};

/// `dead_letter_queue`.
pub const DEAD_LETTERS: &[Setting] = &{
    let mut all = [PAIRS[0]; PAIRS.len() + RULES.len()];
    let mut at = 0;
    while at < all.len() {
        all[at] = if at < PAIRS.len() { PAIRS[at] } else { RULES[at - PAIRS.len()] };
        at += 1;
    }
    all
};
