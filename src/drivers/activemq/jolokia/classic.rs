//! Classic by Jolokia: its queues and topics, browsing with typed properties, retry, move and removal.

use serde_json::{Value as Json, json};

use super::super::error::Outcome;
use super::super::place::Place;
use super::message::message;
use super::{Jolokia, number, text};
use crate::model::{Address, Message};

const ATTRIBUTES: [&str; 15] = [
    "Name",
    "QueueSize",
    "ConsumerCount",
    "InFlightCount",
    "EnqueueCount",
    "DequeueCount",
    "ExpiredCount",
    "DLQ",
    "StoreMessageSize",
    "MaxBrowsePageSize",
    "Paused",
    "MemoryPercentUsage",
    "ProducerCount",
    "DispatchCount",
    "MaxEnqueueTime",
];

/// A name as an ObjectName's value has it; patterns and separators in it are quoted away.
fn object_name(name: &str) -> String {
    // ActiveMQ itself replaces what JMX cannot have in an unquoted value
    name.replace([':', '?', '*', '"', ',', '='], "_")
}

fn pattern(kind: &str, name: &str) -> String {
    format!("org.apache.activemq:type=Broker,brokerName=*,destinationType={kind},destinationName={name}")
}

/// Every queue and topic.
pub(in crate::drivers::activemq) async fn places(jolokia: &Jolokia) -> Outcome<Vec<Place>> {
    let ask = |kind| json!({"type": "read", "mbean": pattern(kind, "*"), "attribute": ATTRIBUTES});
    let mut all = Vec::new();
    for (answer, topic) in jolokia.bulk(vec![ask("Queue"), ask("Topic")]).await?.into_iter().zip([false, true]) {
        match answer {
            Ok(found) => all.extend(rows(&found, topic)),
            // no destination of this kind matches
            Err(f) if f.kind == crate::broker::ErrorKind::NotFound => {}
            Err(f) => return Err(f),
        }
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(all)
}

/// One of them, if it is there.
pub(in crate::drivers::activemq) async fn place(jolokia: &Jolokia, name: &str, topic: bool) -> Outcome<Option<Place>> {
    let kind = if topic { "Topic" } else { "Queue" };
    match jolokia.read(&pattern(kind, &object_name(name)), &ATTRIBUTES).await {
        Ok(found) => Ok(rows(&found, topic).into_iter().find(|p| p.name == name)),
        Err(f) if f.kind == crate::broker::ErrorKind::NotFound => Ok(None),
        Err(f) => Err(f),
    }
}

fn rows(found: &Json, topic: bool) -> Vec<Place> {
    let row = |(mbean, of): (&String, &Json)| {
        let name = text(of, "Name")?.to_owned();
        let count = |attribute| number(of, attribute).unwrap_or(0);
        Some(Place {
            topic,
            mbean: mbean.clone(),
            messages: count("QueueSize"),
            in_flight: count("InFlightCount"),
            consumers: u32::try_from(count("ConsumerCount")).unwrap_or(u32::MAX),
            added: count("EnqueueCount"),
            removed: count("DequeueCount"),
            expired: count("ExpiredCount"),
            bytes: number(of, "StoreMessageSize").filter(|b| *b > 0),
            window: number(of, "MaxBrowsePageSize"),
            dlq: of.get("DLQ").and_then(Json::as_bool).unwrap_or(false),
            internal: name.starts_with("ActiveMQ.Advisory."),
            paused: of.get("Paused").and_then(Json::as_bool).unwrap_or(false),
            name,
            ..Place::default()
        })
    };
    found.as_object().into_iter().flatten().filter_map(row).collect()
}

/// Durable subscriptions: (client and name, topic, pending, connected).
pub(in crate::drivers::activemq) async fn subscriptions(jolokia: &Jolokia) -> Outcome<Vec<(String, String, u64, bool)>> {
    let pattern =
        "org.apache.activemq:type=Broker,brokerName=*,destinationType=Topic,destinationName=*,endpoint=Consumer,clientId=*,consumerId=*";
    let attributes = ["SubscriptionName", "ClientId", "DestinationName", "PendingQueueSize", "Active", "DurableSubscription"];
    let found = match jolokia.read(pattern, &attributes).await {
        Err(f) if f.kind == crate::broker::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let row = |of: &Json| {
        let name = text(of, "SubscriptionName").filter(|n| !n.is_empty())?;
        let client = text(of, "ClientId").unwrap_or("?");
        let active = of.get("Active").and_then(Json::as_bool).unwrap_or(false);
        Some((format!("{client}:{name}"), text(of, "DestinationName")?.to_owned(), number(of, "PendingQueueSize").unwrap_or(0), active))
    };
    Ok(found.as_object().into_iter().flatten().filter_map(|(_, of)| row(of)).collect())
}

/// The first messages of a queue, in its order. Bodies of bytes are cut after 255.
pub(in crate::drivers::activemq) async fn browse(jolokia: &Jolokia, place: &Place, at: &Address) -> Outcome<Vec<Message>> {
    let found = jolokia.ask(json!({"type": "exec", "mbean": place.mbean, "operation": "browse()"})).await?;
    Ok(found.as_array().into_iter().flatten().map(|of| message(at, of)).collect())
}

/// One message by its id, wherever in the queue it is: this sees behind what a browse shows (measured on 6.3.1).
pub(in crate::drivers::activemq) async fn one(jolokia: &Jolokia, place: &Place, at: &Address, id: &str) -> Outcome<Option<Message>> {
    let ask = json!({"type": "exec", "mbean": place.mbean, "operation": "getMessage(java.lang.String)", "arguments": [id]});
    let found = jolokia.ask(ask).await?;
    Ok((!found.is_null()).then(|| message(at, &found)))
}

/// Ids of messages that are still there, among these.
pub(in crate::drivers::activemq) async fn still_there(jolokia: &Jolokia, place: &Place, ids: &[String]) -> Outcome<Vec<String>> {
    let selector = super::super::selector::one_of("JMSMessageID", ids);
    let ask = json!({"type": "exec", "mbean": place.mbean, "operation": "browse(java.lang.String)", "arguments": [selector]});
    let found = jolokia.ask(ask).await?;
    Ok(found.as_array().into_iter().flatten().filter_map(|of| text(of, "JMSMessageID").map(str::to_owned)).collect())
}

/// An operation on each of these ids, in one POST; one answer each. Names are bare: what the admin allows is compared letter for letter.
pub(in crate::drivers::activemq) async fn each(
    jolokia: &Jolokia,
    place: &Place,
    operation: &str,
    arguments: Vec<Vec<Json>>,
) -> Outcome<Vec<Outcome<Json>>> {
    let request = |arguments| json!({"type": "exec", "mbean": place.mbean, "operation": operation, "arguments": arguments});
    jolokia.bulk(arguments.into_iter().map(request).collect()).await
}
