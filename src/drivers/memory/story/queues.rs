//! The queues of the story's other brokers: RabbitMQ's rejected orders, ActiveMQ's shared dead-letter queue, an SQS FIFO queue whose clock runs.

use std::time::{Duration, SystemTime};

use super::super::{Memory, Put, Spec};
use super::bodies;
use super::dice::Dice;
use super::stacks::{self, Thrown};
use crate::model::{Fields, Typed, Value, WireType};

const DAY: u64 = 86_400;

fn text(name: &str, value: impl Into<String>, wire: &'static str) -> (String, Typed) {
    (name.to_owned(), Typed { value: Value::Text(value.into()), wire: WireType(wire.into()) })
}

/// Creates the queues, empty.
pub(super) fn set(amq: &Memory, sqs: &Memory) {
    let queue = |consumers| Spec { consumers: Some(consumers), ..Spec::default() };
    amq.create("invoicing", queue(2));
    amq.create("stock.sync", queue(0));
    let of = vec!["invoicing".into(), "stock.sync".into()];
    amq.create("ActiveMQ.DLQ", Spec { dead_letters_of: of, ..queue(0) });
    let keeps = |days: u64| Some(Duration::from_secs(days * DAY));
    sqs.create("payouts.fifo", Spec { retention: keeps(4), ..queue(1) });
    sqs.create("payouts-dlq.fifo", Spec { dead_letters_of: vec!["payouts.fifo".into()], retention: keeps(4), ..queue(0) });
}

/// What Spring AMQP's recoverer writes on a message that its listener gave up.
pub(super) fn spring_amqp(queue: &str, error: &Thrown) -> Fields {
    vec![
        text("x-original-exchange", "", "longstr"),
        text("x-original-routingKey", queue, "longstr"),
        text("x-exception-message", error.message.clone(), "longstr"),
        text("x-exception-stacktrace", error.wrapped(), "longstr"),
    ]
}

/// Tells what happened there. It has dice of its own, so that the other stories stay as they are.
pub(super) fn tell(amq: &Memory, sqs: &Memory, ago: &dyn Fn(u64) -> SystemTime) {
    let dice = &mut Dice::new(11);
    for i in 0..31 {
        amq.put("stock.sync", Put { key: None, ..bodies::plain("stock", dice, ago(31 - i)) });
    }
    for i in 0..412 {
        let at = ago(1_236 - i * 3);
        let (from, cause) = match i % 4 {
            0 => ("stock.sync", format!("java.lang.Throwable: Message Expired. Expiration:{}", millis(at) + 60_000)),
            3 => ("invoicing", policy(&stacks::bank_away(5432))),
            _ => ("invoicing", policy(&stacks::double_booking(&dice.uuid()))),
        };
        let mut put = Put { key: None, ..bodies::plain("invoice", dice, at) };
        put.headers.push(text("dlqDeliveryFailureCause", cause, "String"));
        put.properties.extend([
            text("JMSMessageID", format!("ID:inv-1-{}:1:1:{i}", 40_000 + i), "String"),
            text("OriginalDestination", format!("queue://{from}"), "String"),
        ]);
        amq.put("ActiveMQ.DLQ", put);
    }
    for i in 0..19u64 {
        let mut put = bodies::plain("payout", dice, ago(4_400 - i * 60));
        put.properties.extend([
            text("MessageDeduplicationId", format!("payout-{i}"), "String"),
            text("DeadLetterQueueSourceArn", "arn:aws:sqs:eu-west-1:123456789012:payouts.fifo", "String"),
        ]);
        put.properties.push(text("SentTimestamp", millis(ago(4_400 - i * 60)).to_string(), "String"));
        sqs.put("payouts-dlq.fifo", put);
    }
}

fn millis(at: SystemTime) -> u128 {
    at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis()
}

/// The broker's words for a message that was delivered too often.
fn policy(error: &Thrown) -> String {
    let limit = "RedeliveryPolicy {destination = null, maximumRedeliveries = 6, initialRedeliveryDelay = 1000}";
    format!("java.lang.Throwable: Delivery[7] exceeds redelivery policy limit:{limit}, cause:{}: {}", error.class, error.message)
}
