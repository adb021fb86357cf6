//! Golden vectors of the queue brokers' families and of the frameworks above them, with the types that their writers put there.

mod dotnet;
mod rabbitmq;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;

use super::super::*;
use crate::model::{Address, ConnId, Fields, Kind, Seat, Sure, Typed, Value, WireType};

fn typed(value: Value) -> Typed {
    Typed { value, wire: WireType("any".into()) }
}

fn text(value: &str) -> Typed {
    typed(Value::Text(value.into()))
}

fn int(value: i128) -> Typed {
    typed(Value::Int(value))
}

fn fields(pairs: Vec<(&str, Typed)>) -> Fields {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn texts(pairs: &[(&str, &str)]) -> Fields {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), text(value))).collect()
}

fn message(queue: &str, headers: Fields) -> Message {
    Message {
        at: Address::new(ConnId::new("q"), Kind::Queue, queue),
        seat: Seat::Digest([0; 32]),
        key: None,
        body: Some(Bytes::from_static(b"{}")),
        headers,
        properties: Vec::new(),
        delivery: Vec::new(),
        sent: Some(at(1_700_000_000)),
        whole: true,
    }
}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

/// One entry of `x-death`, as RabbitMQ writes it.
fn entry(queue: &str, reason: &str, count: i128, seconds: i64) -> Typed {
    let keys = typed(Value::List(vec![text("created"), text("audit")]));
    typed(Value::Table(fields(vec![
        ("count", int(count)),
        ("exchange", text("shop")),
        ("queue", text(queue)),
        ("reason", text(reason)),
        ("routing-keys", keys),
        ("time", typed(Value::Time(seconds * 1_000))),
    ])))
}

fn dead(entries: Vec<Typed>, first: (&str, &str), last: Option<(&str, &str)>) -> Fields {
    let mut headers = vec![("x-trace-id", text("abc")), ("x-death", typed(Value::List(entries)))];
    headers.extend([
        ("x-first-death-queue", text(first.0)),
        ("x-first-death-reason", text(first.1)),
        ("x-first-death-exchange", text("shop")),
    ]);
    if let Some((queue, reason)) = last {
        headers.extend([
            ("x-last-death-queue", text(queue)),
            ("x-last-death-reason", text(reason)),
            ("x-last-death-exchange", text("shop")),
        ]);
    }
    fields(headers)
}

fn stage(death: &Death) -> Option<&str> {
    death.error.value.as_ref()?.stage.as_deref()
}

fn origin(death: &Death) -> &str {
    death.origin.value.as_ref().map_or("", |o| o.name.as_str())
}

#[test]
fn a_celery_task_is_dead_only_where_the_broker_says_so() {
    let task = [("task", "shop.charge"), ("id", "c-1"), ("root_id", "c-1"), ("argsrepr", "(7,)"), ("retries", "3")];
    assert_eq!(death(&message("celery", texts(&task))).family, "");
    let mut headers = dead(vec![entry("celery", "rejected", 1, 1_700_000_100)], ("celery", "rejected"), None);
    headers.extend(texts(&task));
    let death = death(&message("celery.dlq", headers));
    assert_eq!((death.family, death.failed_by.value.as_deref(), origin(&death)), ("Celery", Some("shop.charge"), "celery"));
    assert_eq!((stage(&death), death.attempts.value), (Some("rejected"), Some(4)));
    assert!(!death.owned.contains(&"task".to_owned()));
}

#[test]
fn activemq_classic_by_its_field_and_its_cause() {
    let cause = "java.lang.Throwable: Delivery[7] exceeds redelivery policy limit:RedeliveryPolicy {destination = null, maximumRedeliveries = 6}, cause:com.acme.PaymentTimeout: HTTP 504";
    let mut poison = message("ActiveMQ.DLQ", fields(vec![("dlqDeliveryFailureCause", text(cause)), ("AMQ_SCHEDULED_DELAY", int(5_000))]));
    poison.delivery = texts(&[("OriginalDestination", "queue://orders")]);
    let told = death(&poison);
    let error = told.error.value.as_ref().unwrap();
    assert_eq!((told.family, origin(&told), told.origin.source.as_str()), ("ActiveMQ", "orders", "OriginalDestination"));
    assert_eq!(
        (error.class.as_deref(), error.message.as_deref(), error.stage.as_deref()),
        (Some("com.acme.PaymentTimeout"), Some("HTTP 504"), Some("redelivery limit"))
    );
    assert_eq!((told.attempts.value, told.owned.len()), (Some(7), 2));

    let headers = texts(&[
        ("dlqDeliveryFailureCause", "java.lang.Throwable: Message Expired. Expiration:1700000100000"),
        ("original-destination", "/topic/prices"),
    ]);
    let expired = death(&message("ActiveMQ.DLQ", headers));
    let from = expired.origin.value.as_ref().unwrap();
    assert_eq!((from.name.as_str(), from.kind, stage(&expired)), ("prices", Some(Kind::Topic), Some("expired")));
    assert_eq!((expired.last.value, expired.last.sure), (Some(at(1_700_000_100)), Sure::Guess));

    let limit = "java.lang.Throwable: Exceeded redelivery policy limit:RedeliveryPolicy {destination = null}, cause:null";
    let silent = death(&message("ActiveMQ.DLQ", texts(&[("dlqDeliveryFailureCause", limit)])));
    assert_eq!((stage(&silent), silent.error.value.as_ref().and_then(|e| e.class.clone())), (Some("redelivery limit"), None));
    let twin = death(&message(
        "ActiveMQ.DLQ",
        texts(&[("dlqDeliveryFailureCause", "java.lang.Throwable: duplicate from store for queue://orders")]),
    ));
    assert_eq!(stage(&twin), Some("duplicate"));
    let again = death(&message("ActiveMQ.DLQ", texts(&[("OriginalDestination", "queue://ActiveMQ.DLQ")])));
    assert_eq!(again.family, "", "what the broker retried names the dead-letter queue as its origin");
}

#[test]
fn artemis_by_core_properties_and_by_annotations() {
    let core =
        fields(vec![("_AMQ_ORIG_ADDRESS", text("prices")), ("_AMQ_ORIG_QUEUE", text("prices.billing")), ("_AMQ_ORIG_MESSAGE_ID", int(77))]);
    let told = death(&message("DLQ", core));
    let from = told.origin.value.as_ref().unwrap();
    assert_eq!((told.family, from.name.as_str(), from.exchange.as_deref()), ("Artemis", "prices.billing", Some("prices")));
    assert_eq!((told.error.value.as_ref(), told.error.source.as_str(), told.owned.len()), (None, "Artemis writes no reason", 3));
    let mut amqp = message("DLQ", Vec::new());
    amqp.properties = fields(vec![
        ("x-opt-ORIG-ADDRESS", text("orders")),
        ("x-opt-ORIG-QUEUE", text("orders")),
        ("x-opt-ACTUAL-EXPIRY", int(1_700_000_100_000)),
    ]);
    let told = death(&amqp);
    assert_eq!((origin(&told), stage(&told), told.origin.source.as_str()), ("orders", Some("expired"), "x-opt-ORIG-QUEUE"));
    assert_eq!((told.last.value, told.owned.len()), (Some(at(1_700_000_100)), 3));
    let mut given_up = message("DLQ", Vec::new());
    given_up.headers = fields(vec![
        ("_AMQ_ORIG_QUEUE", text("orders")),
        (
            "__HDR_dlqDeliveryFailureCause",
            text(
                "java.lang.Throwable: Delivery[2] exceeds redelivery policy limit:RedeliveryPolicy {}, cause:com.acme.PaymentTimeout: HTTP 504",
            ),
        ),
    ]);
    let told = death(&given_up);
    let error = told.error.value.as_ref().expect("an error");
    assert_eq!(
        (error.class.as_deref(), error.message.as_deref(), told.attempts.value),
        (Some("com.acme.PaymentTimeout"), Some("HTTP 504"), Some(2))
    );
    assert_eq!((told.family, origin(&told), told.owned.len()), ("Artemis", "orders", 2));
}

#[test]
fn sqs_redrive_lambda_and_sns() {
    let mut redriven = message("payouts-dlq", Vec::new());
    redriven.delivery = texts(&[
        ("DeadLetterQueueSourceArn", "arn:aws:sqs:eu-west-1:123456789012:payouts.fifo"),
        ("SentTimestamp", "1700000000118"),
        ("ApproximateReceiveCount", "9"),
    ]);
    let told = death(&redriven);
    assert_eq!((told.family, origin(&told), stage(&told)), ("SQS redrive", "payouts.fifo", Some("received too often")));
    assert_eq!((told.sent.value, told.attempts.value), (Some(at(1_700_000_000) + Duration::from_millis(118)), None));

    let attributes =
        vec![("RequestID", text("e4b4")), ("ErrorCode", text("200")), ("ErrorMessage", text("Task timed out after 3.00 seconds"))];
    let mut lambda = message("jobs-dlq", fields(attributes.clone()));
    lambda.delivery = texts(&[("SentTimestamp", "1700000100000")]);
    let told = death(&lambda);
    let error = told.error.value.as_ref().unwrap();
    assert_eq!(
        (told.family, error.message.as_deref(), error.stage.as_deref()),
        ("Lambda", Some("Task timed out after 3.00 seconds"), Some("status 200"))
    );
    assert_eq!((told.last.value, told.owned.len()), (Some(at(1_700_000_100)), 3));

    let envelope = r#"{"Type": "Notification", "TopicArn": "arn:aws:sns:eu-west-1:123456789012:prices", "Message": "{}", "Timestamp": "2023-11-14T22:13:20.118Z"}"#;
    let mut sns = message("prices-dlq", fields(attributes));
    sns.body = Some(Bytes::from(envelope));
    let told = death(&sns);
    assert_eq!((told.family, told.sent.value), ("SNS", Some(at(1_700_000_000) + Duration::from_millis(118))));
    assert!(told.origin.value.is_none() && told.origin.source.ends_with("its topic is prices"), "{}", told.origin.source);
    let mut alive = message("prices-in", Vec::new());
    alive.body = Some(Bytes::from(envelope));
    assert_eq!(death(&alive).family, "", "a subscribed queue's notifications are not dead");
}

#[test]
fn camel_leftovers() {
    let headers = texts(&[
        ("CamelFailureRouteId", "billing"),
        ("CamelExceptionCaught", "com.acme.PaymentTimeout: HTTP 504"),
        ("CamelRedeliveryCounter", "2"),
    ]);
    let told = death(&message("orders.dlq", headers));
    assert_eq!((told.family, told.failed_by.value.as_deref(), told.attempts.value), ("Camel", Some("billing"), Some(3)));
    assert_eq!((told.error.value.as_ref().and_then(|e| e.class.as_deref()), told.owned.len()), (Some("com.acme.PaymentTimeout"), 3));
}
