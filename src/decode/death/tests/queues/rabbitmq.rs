//! RabbitMQ's own record of a death, and Spring AMQP's headers beside it.

use super::*;

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
