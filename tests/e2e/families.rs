//! What frameworks write when they give a message up, on the real brokers: each family is known, its cause is named by its own error, and its headers
//! are taken off for a replay.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::binary::Place;
use crate::site::Site;
use crate::sites::{activemq, rabbitmq, sqs};

/// A cause of the site's client, the family it is, a word of its title, and a header that a replay takes off.
type Family = (usize, &'static str, &'static str, Option<&'static str>);

fn are_told(site: Option<Site>, families: &[Family]) {
    let Some(mut site) = site else { return };
    for (i, (cause, ..)) in families.iter().enumerate() {
        site.bury(*cause, i, 1);
    }
    let place = Place::new(&site.config, &[]);
    let rows = place.run(&["causes", &site.source, "--accept-traces", "-o", "jsonl"]).exits(0).rows();
    let by_family: BTreeMap<&str, &Value> = rows.iter().filter_map(|c| Some((c["families"][0]["name"].as_str()?, c))).collect();
    assert_eq!(rows.len(), families.len(), "{}: {rows:#?}", site.name);
    for (_, family, word, header) in families {
        let cause = by_family.get(family).unwrap_or_else(|| panic!("{}: no {family}: {rows:#?}", site.name));
        assert!(cause["title"].as_str().is_some_and(|title| title.contains(word)), "{}: {cause:#}", site.name);
        let id = cause["id"].as_str().expect("an id");
        let dry = place.run(&["replay", &site.source, "--cause", id, "--dry-run", "--accept-traces", "-o", "json"]).exits(0);
        let plan: Value = serde_json::from_str(&dry.out).expect("JSON");
        let plan = &plan["item"];
        assert_eq!(plan["todo"], 1, "{}: {plan:#}", site.name);
        // home, whether the message or the broker tells where that is
        assert!(plan["targets"].to_string().contains(&site.target), "{}: {plan:#}", site.name);
        if let Some(header) = header {
            assert!(plan["stripped"].get(header).is_some(), "{}: {header} stays: {plan:#}", site.name);
        }
    }
}

#[test]
fn on_rabbitmq() {
    let families = [
        (0, "RabbitMQ DLX", "rejected", Some("x-death")),
        (2, "Spring AMQP", "NoCustomer", Some("x-exception-stacktrace")),
        (3, "NServiceBus", "PaymentTimeout", Some("NServiceBus.ExceptionInfo.ExceptionType")),
        (4, "MassTransit", "NoCustomer", Some("MT-Fault-ExceptionType")),
        (5, "Rebus", "RefundRefused", Some("rbs2-error-details")),
        (6, "Wolverine", "BadRate", Some("exception-type")),
        (7, "Celery", "rejected", Some("x-death")),
    ];
    are_told(rabbitmq("4", "classic", "{}"), &families);
}

#[test]
fn on_sqs() {
    let families = [
        (0, "SQS redrive", "received too often", None),
        (1, "Lambda", "no such customer", Some("ErrorMessage")),
        (2, "Rebus", "TimeoutException", Some("rbs2-error-details")),
        (3, "NServiceBus", "BadRate", Some("NServiceBus.FailedQ")),
    ];
    are_told(sqs(), &families);
}

/// The one framework of .NET that has a transport for ActiveMQ.
const MASSTRANSIT: Family = (3, "MassTransit", "NoCustomer", Some("MT-Fault-ExceptionType"));

#[test]
fn on_activemq() {
    let families = [(0, "ActiveMQ", "UncheckedIOException", None), MASSTRANSIT];
    are_told(activemq("ACTIVEMQ_6"), &families);
}

#[test]
fn on_artemis() {
    let families = [(0, "Artemis", "UncheckedIOException", None), MASSTRANSIT];
    are_told(activemq("ARTEMIS"), &families);
}
