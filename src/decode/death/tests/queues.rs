//! Golden vectors of the queue brokers' families and of the frameworks above them, with the types that their writers put there.

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
fn a_rejected_message_of_rabbitmq_with_and_without_the_last_death() {
    for last in [None, Some(("orders", "rejected"))] {
        let headers = dead(vec![entry("orders", "rejected", 1, 1_700_000_100)], ("orders", "rejected"), last);
        let death = death(&message("orders.dlq", headers));
        assert_eq!(death.family, "RabbitMQ DLX");
        let from = death.origin.value.as_ref().unwrap();
        assert_eq!((from.name.as_str(), from.kind, from.exchange.as_deref()), ("orders", Some(Kind::Queue), Some("shop")));
        assert_eq!(from.routing_keys, ["created", "audit"]);
        assert_eq!((death.origin.source.as_str(), death.origin.sure), ("x-first-death-queue", Sure::Header));
        assert_eq!((stage(&death), death.error.source.as_str()), (Some("rejected"), "x-death[0].reason"));
        assert_eq!(death.failed_by.value.as_deref(), Some("orders"));
        assert_eq!(death.attempts.value, Some(1));
        assert_eq!((death.last.value, death.last.source.as_str()), (Some(at(1_700_000_100)), "x-death[0].time"));
        assert_eq!(death.owned.len(), if last.is_some() { 7 } else { 4 });
        assert!(!death.owned.contains(&"x-trace-id".to_owned()));
    }
}

#[test]
fn in_a_retry_ring_the_origin_is_the_queue_that_rejected() {
    let ring = vec![entry("orders.wait", "expired", 2, 1_700_000_110), entry("orders", "rejected", 3, 1_700_000_100)];
    let death_of_ring = death(&message("parked", dead(ring, ("orders", "rejected"), Some(("orders.wait", "expired")))));
    assert_eq!((origin(&death_of_ring), stage(&death_of_ring), death_of_ring.attempts.value), ("orders", Some("rejected"), Some(3)));
    assert_eq!(death_of_ring.first.value, Some(at(1_700_000_100)));
    assert_eq!(death_of_ring.last.sure, Sure::Guess, "only the first of two is told");

    // sent with a delay: it expired in the waiting queue before anybody saw it
    let delayed = vec![entry("orders", "rejected", 1, 1_700_000_120), entry("delay.60s", "expired", 1, 1_700_000_100)];
    let death_of_delayed = death(&message("orders.dlq", dead(delayed, ("delay.60s", "expired"), Some(("orders", "rejected")))));
    assert_eq!((origin(&death_of_delayed), death_of_delayed.origin.source.as_str()), ("orders", "x-death[0].queue"));
}

#[test]
fn a_dead_letter_that_expired_in_its_queue_came_from_where_it_was_rejected() {
    let moved = vec![entry("orders.dlq", "expired", 1, 1_700_000_900), entry("orders", "rejected", 1, 1_700_000_100)];
    let death = death(&message("graveyard", dead(moved, ("orders", "rejected"), Some(("orders.dlq", "expired")))));
    assert_eq!((origin(&death), stage(&death)), ("orders", Some("rejected")));
    assert_eq!(death.last.value, Some(at(1_700_000_900)));
}

#[test]
fn the_broker_s_other_reasons() {
    for (reason, why) in [
        ("expired", "no consumer rejected it"),
        ("maxlen", "no consumer rejected it"),
        ("delivery_limit", "as many as the queue's delivery limit allows"),
    ] {
        let death = death(&message("d", dead(vec![entry("orders", reason, 1, 1_700_000_100)], ("orders", reason), None)));
        assert_eq!((stage(&death), death.attempts.value, death.attempts.source.as_str()), (Some(reason), None, why));
    }
}

#[test]
fn a_record_that_contradicts_itself_is_no_proof() {
    let forged = dead(vec![entry("orders", "rejected", 5, 1_700_000_100)], ("elsewhere", "rejected"), None);
    let told = death(&message("orders.dlq", forged));
    assert_eq!(told.origin.sure, Sure::Guess);
    assert!(told.origin.source.contains("contradict"), "{}", told.origin.source);
    let no_table = fields(vec![("x-death", text("[{queue: orders}]")), ("CC", typed(Value::List(vec![text("a")])))]);
    let told = death(&message("orders.dlq", no_table));
    assert_eq!((told.family, told.owned), ("", vec!["x-death".to_owned()]), "not believed, and not sent on");
    let cc = fields(vec![("CC", typed(Value::List(vec![text("a")])))]);
    assert!(death(&message("orders", cc)).owned.is_empty(), "a living message keeps its CC");
    let mut with_cc = dead(vec![entry("orders", "rejected", 1, 1_700_000_100)], ("orders", "rejected"), None);
    with_cc.push(("CC".into(), typed(Value::List(vec![text("a")]))));
    assert!(death(&message("d", with_cc)).owned.contains(&"CC".to_owned()), "a replay would fan out again");
}

#[test]
fn rabbitmq_over_amqp_1_0_tells_the_last_time() {
    let entry = typed(Value::Table(fields(vec![
        ("queue", text("orders")),
        ("reason", text("rejected")),
        ("exchange", text("")),
        ("count", int(4)),
        ("first-time", typed(Value::Time(1_700_000_100_000))),
        ("last-time", typed(Value::Time(1_700_000_400_500))),
        ("ttl", int(60_000)),
        ("routing-keys", typed(Value::List(vec![text("orders")]))),
    ])));
    let mut message = message("orders.dlq", Vec::new());
    message.properties = fields(vec![
        ("x-opt-deaths", typed(Value::List(vec![entry]))),
        ("x-first-death-queue", text("orders")),
        ("x-first-death-reason", text("rejected")),
    ]);
    let death = death(&message);
    assert_eq!((death.family, origin(&death), death.attempts.value), ("RabbitMQ DLX", "orders", Some(4)));
    assert_eq!(
        (death.last.value, death.last.source.as_str()),
        (Some(at(1_700_000_400) + Duration::from_millis(500)), "x-opt-deaths[0].last-time")
    );
    assert_eq!(death.owned.len(), 3);
}

#[test]
fn spring_amqp_takes_the_class_from_the_trace_and_the_queue_from_the_broker() {
    let trace = "org.springframework.amqp.rabbit.support.ListenerExecutionFailedException: Listener threw\n\tat org.springframework.A.b(A.java:1)\nCaused by: com.acme.PaymentTimeout: HTTP 504\n\tat com.acme.Gateway.charge(Gateway.java:88)\n";
    let pairs = [
        ("x-original-exchange", "shop"),
        ("x-original-routingKey", "order.created"),
        ("x-exception-message", "HTTP 504"),
        ("x-exception-stacktrace", trace),
    ];
    let alone = death(&message("error.orders", texts(&pairs)));
    let error = alone.error.value.as_ref().unwrap();
    assert_eq!(
        (alone.family, error.class.as_deref(), error.message.as_deref()),
        ("Spring AMQP", Some("com.acme.PaymentTimeout"), Some("HTTP 504"))
    );
    assert_eq!(
        (alone.origin.value.as_ref(), alone.origin.source.as_str()),
        (None, "the queue is not told; exchange shop, routing key order.created")
    );
    assert_eq!(alone.owned.len(), 4);

    let mut both = dead(vec![entry("orders", "rejected", 2, 1_700_000_100)], ("orders", "rejected"), None);
    both.extend(texts(&pairs));
    let both = death(&message("error.orders", both));
    assert_eq!((both.family, origin(&both), both.attempts.value), ("Spring AMQP", "orders", Some(2)));
    assert_eq!(both.error.value.as_ref().and_then(|e| e.class.as_deref()), Some("com.acme.PaymentTimeout"));
    assert_eq!(both.owned.len(), 8);

    let direct = death(&message(
        "error.x",
        texts(&[("x-original-exchange", ""), ("x-original-routingKey", "orders"), ("x-exception-message", "m")]),
    ));
    assert_eq!((origin(&direct), direct.origin.sure), ("orders", Sure::Header));
}

#[test]
fn nservicebus() {
    let trace = "System.AggregateException: outer ---> Acme.PaymentTimeout: HTTP 504\n   at Acme.Gateway.Charge(String id) in /src/Gateway.cs:line 88\n   --- End of inner exception stack trace ---\n   at NServiceBus.Pipeline.Invoke()\n";
    let death = death(&message(
        "error",
        texts(&[
            ("NServiceBus.MessageId", "m-1"),
            ("NServiceBus.TimeSent", "2023-11-14 22:13:20:118000 Z"),
            ("NServiceBus.FailedQ", "Sales@WIN1"),
            ("NServiceBus.ExceptionInfo.ExceptionType", "System.AggregateException"),
            ("NServiceBus.ExceptionInfo.InnerExceptionType", "Acme.PaymentTimeout"),
            ("NServiceBus.ExceptionInfo.Message", "outer"),
            ("NServiceBus.ExceptionInfo.StackTrace", trace),
            ("NServiceBus.TimeOfFailure", "2023-11-14 22:15:00:402000 Z"),
            ("ServiceControl.Retry.UniqueMessageId", "u-1"),
        ]),
    ));
    let error = death.error.value.as_ref().unwrap();
    assert_eq!((death.family, origin(&death), death.failed_by.value.as_deref()), ("NServiceBus", "Sales", Some("Sales")));
    assert_eq!((error.class.as_deref(), error.wrapper.as_deref()), (Some("Acme.PaymentTimeout"), Some("System.AggregateException")));
    assert_eq!(
        (death.last.value, death.last.source.as_str()),
        (Some(at(1_700_000_100) + Duration::from_millis(402)), "NServiceBus.TimeOfFailure")
    );
    assert_eq!(death.sent.value, Some(at(1_700_000_000) + Duration::from_millis(118)));
    assert_eq!(death.owned.len(), 7, "{:?}", death.owned);
}

#[test]
fn masstransit_faults_and_skipped_messages() {
    let fault = death(&message(
        "orders_error",
        fields(vec![
            ("MT-Reason", text("fault")),
            ("MT-Fault-InputAddress", text("rabbitmq://host/vh/orders%2Fnew?durable=true")),
            ("MT-Fault-ExceptionType", text("Acme.PaymentTimeout")),
            ("MT-Fault-Message", text("HTTP 504")),
            ("MT-Fault-StackTrace", text("   at Acme.Gateway.Charge() in /src/Gateway.cs:line 88\n")),
            ("MT-Fault-ConsumerType", text("Acme.OrderConsumer")),
            ("MT-Fault-Timestamp", text("2023-11-14T22:15:00.5Z")),
            ("MT-Fault-RetryCount", int(2)),
            ("MT-Host-MachineName", text("web-1")),
        ]),
    ));
    assert_eq!((fault.family, origin(&fault), fault.attempts.value), ("MassTransit", "orders/new", Some(3)));
    assert_eq!(fault.last.value, Some(at(1_700_000_100) + Duration::from_millis(500)));
    assert_eq!(fault.error.value.as_ref().and_then(|e| e.class.as_deref()), Some("Acme.PaymentTimeout"));
    assert_eq!((stage(&fault), fault.owned.len()), (Some("Acme.OrderConsumer"), 8));
    let skipped = death(&message("orders_skipped", texts(&[("MT-Reason", "dead-letter")])));
    assert_eq!((origin(&skipped), skipped.origin.sure, stage(&skipped)), ("orders", Sure::Name, Some("skipped: no consumer for its type")));
}

#[test]
fn rebus_and_wolverine() {
    let details = "2 unhandled exceptions: 11/14/2023 22:13:20 +00:00: System.InvalidOperationException: first\n   at Acme.A.B() in /src/A.cs:line 1\n11/14/2023 22:13:21 +00:00: Acme.PaymentTimeout: HTTP 504\n   at Acme.Gateway.Charge() in /src/G.cs:line 8\n";
    let rebus =
        death(&message("error", texts(&[("rbs2-msg-id", "r-1"), ("rbs2-source-queue", "orders"), ("rbs2-error-details", details)])));
    let error = rebus.error.value.as_ref().unwrap();
    assert_eq!((rebus.family, origin(&rebus), rebus.attempts.value), ("Rebus", "orders", Some(2)));
    assert_eq!((error.class.as_deref(), error.message.as_deref()), (Some("Acme.PaymentTimeout"), Some("HTTP 504")));
    assert_eq!(rebus.owned, ["rbs2-source-queue", "rbs2-error-details"]);

    let wolverine = death(&message(
        "wolverine-dead-letter-queue",
        texts(&[
            ("exception-type", "Acme.PaymentTimeout"),
            ("exception-message", "HTTP 504"),
            ("exception-stack", "   at Acme.Gateway.Charge() in /src/G.cs:line 8"),
            ("failed-at", "1700000100500"),
            ("original-destination", "rabbitmq://queue/orders"),
            ("attempts", "4"),
        ]),
    ));
    assert_eq!((wolverine.family, origin(&wolverine), wolverine.attempts.value), ("Wolverine", "orders", Some(4)));
    assert_eq!(wolverine.last.value, Some(at(1_700_000_100) + Duration::from_millis(500)));
    assert_eq!(wolverine.owned.len(), 6);
    assert_eq!(
        death(&message("q", texts(&[("attempts", "4"), ("exception-type", "x")]))).family,
        "",
        "common words alone are not Wolverine's"
    );
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
