//! What the frameworks of .NET write.

use super::*;

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
