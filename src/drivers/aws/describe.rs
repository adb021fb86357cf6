//! A queue in detail: limits, retention against the config, redrive policies both ways, encryption, what FIFO means here.

use std::time::Duration;

use aws_sdk_sqs::types::QueueAttributeName as Name;

use super::redrive::name_of;
use super::sns::{self, Subscription};
use super::{Aws, DEDUP, Queue, list};
use crate::broker::{Detail, Doubt, Result};
use crate::model::{Address, Role};

/// Attributes shown as they are, where they are set.
const PLAIN: [(Name, &str); 9] = [
    (Name::ApproximateNumberOfMessages, "visible, about"),
    (Name::ApproximateNumberOfMessagesNotVisible, "in flight, about"),
    (Name::ApproximateNumberOfMessagesDelayed, "delayed, about"),
    (Name::RedriveAllowPolicy, "redrive allowed from"),
    (Name::KmsMasterKeyId, "KMS key"),
    (Name::SqsManagedSseEnabled, "encrypted by SQS"),
    (Name::ContentBasedDeduplication, "deduplicates by content"),
    (Name::DeduplicationScope, "deduplication scope"),
    (Name::FifoThroughputLimit, "throughput limit"),
];

/// One queue. `NotFound` if it does not exist.
pub async fn queue(aws: &Aws, at: &Address) -> Result<Detail> {
    let queue = aws.queue("describe", at).await?;
    let (sources, subscriptions) = futures::join!(list::sources(aws, at, &queue.url), sns::all(aws, "describe"));
    let subscriptions = subscriptions.unwrap_or_default();
    let (sources, silent) = sources.map_or_else(|e| (Vec::new(), Some(e)), |sources| (sources, None));
    let told = queue.seconds(&Name::MessageRetentionPeriod);
    let mut detail = Detail {
        retention: told.or(aws.profile.message_retention_period),
        max_message_bytes: queue.max_bytes(),
        doubt: queue.fifo().then_some(Doubt::SendAgain(DEDUP)),
        ..Detail::default()
    };
    let facts = &mut detail.facts;
    let mut fact = |name: &str, value: String, from: &str| facts.push((name.to_owned(), value, from.to_owned()));
    if let Some(arn) = queue.arn() {
        fact("ARN", arn.to_owned(), "QueueArn");
    }
    for (name, words) in PLAIN {
        if let Some(value) = queue.text(&name) {
            fact(words, value.to_owned(), name.as_str());
        }
    }
    for (name, words, declared) in [
        (Name::VisibilityTimeout, "visibility timeout", None),
        (Name::DelaySeconds, "delay", None),
        (Name::ReceiveMessageWaitTimeSeconds, "receive wait", aws.profile.receive_message_wait_time),
        (Name::MessageRetentionPeriod, "retention", aws.profile.message_retention_period),
    ] {
        if let Some(words_of) = compared(queue.seconds(&name), declared) {
            fact(words, words_of, name.as_str());
        }
    }
    if let Some(policy) = queue.redrive() {
        let limit = policy.max_receives.map_or_else(|| "?".to_owned(), |n| n.to_string());
        fact("dead letters go to", format!("{} at the receive after the {limit}th without a delete", name_of(&policy.to)), "RedrivePolicy");
        if let Some(to) = list::here(aws, &policy.to, queue.arn().unwrap_or_default()) {
            fact(
                "looking",
                format!("refused: a look could move a message to {}, and who is near the limit is told by receiving alone", to.name),
                "RedrivePolicy",
            );
        }
    }
    told_by_sns(&queue, &subscriptions, &mut fact);
    if let Some(e) = silent {
        fact("holds dead letters of", "?".to_owned(), e.kind.words());
    }
    if let Role::DeadLetter { of, .. } = list::role(aws, &queue, sources, &subscriptions)
        && !of.is_empty()
    {
        let names: Vec<_> = of.iter().map(|a| a.name.as_str()).collect();
        fact("holds dead letters of", names.join(", "), "ListDeadLetterSourceQueues, SNS");
        if !queue.fifo() {
            fact("expires", "its messages keep the time they were first sent: retention counts from then".into(), "SQS");
        }
    }
    if queue.fifo() {
        fact("a look shows", "the first 10 at most of each message group; the rest waits behind them".into(), "FIFO");
    }
    Ok(detail)
}

/// Who delivers here, and whose undeliverable messages come here.
fn told_by_sns(queue: &Queue, subscriptions: &[Subscription], fact: &mut impl FnMut(&str, String, &str)) {
    let Some(arn) = queue.arn() else { return };
    for s in subscriptions {
        if s.endpoint == arn {
            fact("subscribed to", format!("{} ({})", name_of(&s.topic_arn), s.words()), "SNS");
        }
        if s.redrive.as_ref().is_some_and(|r| r.to == arn) {
            fact("undeliverable of", format!("{} to {}", name_of(&s.topic_arn), s.name()), "SNS RedrivePolicy");
        }
    }
}

/// A span as the queue has it, against what the config says of it; `None` where neither says anything.
fn compared(told: Option<Duration>, declared: Option<Duration>) -> Option<String> {
    match (told, declared) {
        (Some(t), Some(d)) if t != d => Some(format!("{} (the config says {})", words(t), words(d))),
        (Some(t), _) => Some(words(t)),
        (None, Some(d)) => Some(format!("~{} (by the config: the queue does not tell)", words(d))),
        (None, None) => None,
    }
}

/// `4d`, `12h`, `30s`.
fn words(span: Duration) -> String {
    match span.as_secs() {
        s if s >= 86_400 && s % 86_400 == 0 => format!("{}d", s / 86_400),
        s if s >= 3_600 && s % 3_600 == 0 => format!("{}h", s / 3_600),
        s => format!("{s}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_config_is_compared_with_the_queue() {
        let day = |n: u64| Some(Duration::from_secs(n * 86_400));
        assert_eq!(compared(day(4), day(14)).as_deref(), Some("4d (the config says 14d)"));
        assert_eq!(compared(day(4), day(4)).as_deref(), Some("4d"));
        assert_eq!(compared(None, day(14)).as_deref(), Some("~14d (by the config: the queue does not tell)"));
        assert_eq!(compared(Some(Duration::from_secs(90)), None).as_deref(), Some("90s"));
    }
}
