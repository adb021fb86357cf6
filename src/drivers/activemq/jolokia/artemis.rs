//! Artemis by Jolokia: its queues with their addresses, where dead letters go, retry, move and removal by the broker's number of a message.

use std::borrow::Cow;
use std::collections::HashMap;
use std::time::{Duration, UNIX_EPOCH};

use bytes::{Buf, Bytes};
use serde_json::{Value as Json, json};

use super::super::error::Outcome;
use super::super::place::Place;
use super::message::properties;
use super::{Jolokia, number, text};
use crate::broker::ErrorKind;
use crate::model::{Address, Fields, Message, Seat, Typed, Value, WireType};

const ATTRIBUTES: [&str; 18] = [
    "Name",
    "Address",
    "RoutingType",
    "MessageCount",
    "DeliveringCount",
    "ScheduledCount",
    "ConsumerCount",
    "MessagesAdded",
    "MessagesAcknowledged",
    "MessagesExpired",
    "MessagesKilled",
    "PersistentSize",
    "DeadLetterAddress",
    "ExpiryAddress",
    "Filter",
    "FirstMessageAge",
    "InternalQueue",
    "Paused",
];
/// As old as this is no message: the broker counts from 1970 for those whose sender set no time.
const NO_TIME: Duration = Duration::from_secs(20 * 365 * 86_400);
/// Messages of one page of a browse.
const PAGE: usize = 500;
/// Pages at most: what is behind them is found by the broker's own filter only.
const PAGES: usize = 200;

fn pattern(queue: &str) -> String {
    format!("org.apache.activemq.artemis:broker=*,component=addresses,address=*,subcomponent=queues,routing-type=*,queue={queue}")
}

/// Every queue.
pub(in crate::drivers::activemq) async fn places(jolokia: &Jolokia) -> Outcome<Vec<Place>> {
    let found = match jolokia.read(&pattern("*"), &ATTRIBUTES).await {
        Err(f) if f.kind == ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let mut all = rows(&found);
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(all)
}

/// One of them, if it is there.
pub(in crate::drivers::activemq) async fn place(jolokia: &Jolokia, name: &str) -> Outcome<Option<Place>> {
    // quoted as ObjectName.quote does; in a quoted value a star is a pattern unless it is escaped
    let mut quoted = String::from("\"");
    for c in name.chars() {
        if matches!(c, '"' | '\\' | '*' | '?') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    match jolokia.read(&pattern(&quoted), &ATTRIBUTES).await {
        Ok(found) => Ok(rows(&found).into_iter().find(|p| p.name == name)),
        Err(f) if f.kind == ErrorKind::NotFound => Ok(None),
        Err(f) => Err(f),
    }
}

fn rows(found: &Json) -> Vec<Place> {
    let row = |(mbean, of): (&String, &Json)| {
        let name = text(of, "Name")?.to_owned();
        let count = |attribute| number(of, attribute).unwrap_or(0);
        let said = |attribute| text(of, attribute).filter(|t| !t.is_empty()).map(str::to_owned);
        let flag = |attribute| of.get(attribute).and_then(Json::as_bool).unwrap_or(false);
        Some(Place {
            mbean: mbean.clone(),
            address: said("Address").unwrap_or_default(),
            multicast: said("RoutingType").is_some_and(|r| r == "MULTICAST"),
            messages: count("MessageCount"),
            in_flight: count("DeliveringCount"),
            scheduled: count("ScheduledCount"),
            consumers: u32::try_from(count("ConsumerCount")).unwrap_or(u32::MAX),
            added: count("MessagesAdded"),
            removed: count("MessagesAcknowledged"),
            expired: count("MessagesExpired"),
            bytes: number(of, "PersistentSize"),
            dead_letters_to: said("DeadLetterAddress"),
            expired_to: said("ExpiryAddress"),
            filter: said("Filter"),
            oldest: number(of, "FirstMessageAge").map(Duration::from_millis).filter(|age| *age < NO_TIME),
            internal: flag("InternalQueue") || name.starts_with("$sys.") || name.starts_with("activemq.notifications"),
            paused: flag("Paused"),
            name,
            ..Place::default()
        })
    };
    found.as_object().into_iter().flatten().filter_map(row).collect()
}

/// The broker's own numbers of messages, by the seats that a look gives them; a seat that two have is left out.
pub(in crate::drivers::activemq) async fn numbers(jolokia: &Jolokia, place: &Place) -> Outcome<HashMap<String, i64>> {
    let mut found: HashMap<String, Option<i64>> = HashMap::new();
    for page in 1..=PAGES {
        let ask = json!({"type": "exec", "mbean": place.mbean, "operation": "browse(int,int)", "arguments": [page, PAGE]});
        let rows = jolokia.ask(ask).await?;
        let rows = rows.as_array().map(Vec::as_slice).unwrap_or_default();
        for row in rows {
            let Some(number) = whole_number(row.get("messageID")) else { continue };
            for seat in seats(row) {
                found.entry(seat).and_modify(|n| *n = None).or_insert(Some(number));
            }
        }
        if rows.len() < PAGE {
            break;
        }
    }
    Ok(found.into_iter().filter_map(|(seat, n)| Some((seat, n?))).collect())
}

/// The kinds that AMQP shows of what other protocols brought, and leaves as they are: a message without a body, text, bytes, map (Message.java).
/// On some of 6, streams, the broker's converter fails; to 2, objects, it adds a property that others then see (JMS_AMQP_ContentType).
const SHOWN: [u64; 4] = [0, 3, 4, 5];
const OBJECT: u64 = 2;

/// What AMQP cannot be trusted to show of one page (counted from 1): its place in the page, and its row.
pub(in crate::drivers::activemq) async fn unfit(jolokia: &Jolokia, place: &Place, page: usize, size: usize) -> Outcome<Vec<(usize, Json)>> {
    let browse =
        |page: usize, size: usize| json!({"type": "exec", "mbean": place.mbean, "operation": "browse(int,int)", "arguments": [page, size]});
    let mut kinds = browse(page, size);
    if let Some(ask) = kinds.as_object_mut() {
        ask.insert("path".into(), json!("*/type"));
    }
    let kinds = jolokia.ask(kinds).await?;
    let unfit: Vec<usize> = kinds
        .as_array()
        .into_iter()
        .flatten()
        .enumerate()
        .filter_map(|(i, kind)| (!kind.as_u64().is_some_and(|k| SHOWN.contains(&k))).then_some(i))
        .collect();
    let mut found = Vec::new();
    let mut rows: (usize, Vec<Json>) = (0, Vec::new());
    for i in unfit {
        // pages of another size that lie within this one
        let part = (page - 1) * (size / PAGE) + i / PAGE + 1;
        if rows.0 != part {
            rows = (part, jolokia.ask(browse(part, PAGE)).await?.as_array().cloned().unwrap_or_default());
        }
        // gone meanwhile, or another one now: what is there now was not asked for, and is asked for with the next look
        let row = rows.1.get(i % PAGE).filter(|row| text(row, "protocol") != Some("AMQP"));
        found.extend(row.map(|row| (i, row.clone())));
    }
    Ok(found)
}

/// The sender's id of a browsed row, as selectors have it.
pub(in crate::drivers::activemq) fn user_id(row: &Json) -> Option<String> {
    text(row, "userID").filter(|id| !id.is_empty()).map(str::to_owned)
}

/// A browsed row as a message: a cut view, because long values are cut; of an object that is small enough its serialized form.
pub(in crate::drivers::activemq) fn row_message(at: &Address, row: &Json) -> Message {
    let typed = |value, wire| Typed { value, wire: WireType(Cow::Borrowed(wire)) };
    let (mut properties, headers): (Fields, Fields) = properties(row).into_iter().partition(|(name, _)| name.starts_with("JMS"));
    let object = (number(row, "type") == Some(OBJECT)).then(|| object(row)).flatten();
    let kind = if number(row, "type") == Some(OBJECT) { "object" } else { "stream" };
    properties.push(("body".to_owned(), typed(Value::Text(kind.to_owned()), "string")));
    if let Some(id) = user_id(row) {
        properties.push(("message-id".to_owned(), typed(Value::Text(id), "string")));
    }
    let id = seats(row).pop().unwrap_or_default();
    let sent = number(row, "timestamp").filter(|ms| *ms > 0).and_then(|ms| UNIX_EPOCH.checked_add(Duration::from_millis(ms)));
    Message {
        at: at.clone(),
        seat: Seat::Id(id),
        key: None,
        body: Some(object.unwrap_or_default()),
        headers,
        properties,
        delivery: Fields::new(),
        sent,
        whole: false,
    }
}

/// The serialized form of an object, behind its length; `None` where it is cut.
fn object(row: &Json) -> Option<Bytes> {
    let preview = row.get("BodyPreview")?.as_array()?.iter();
    let mut bytes = preview.map(|b| i8::try_from(b.as_i64()?).ok().map(i8::cast_unsigned)).collect::<Option<Bytes>>()?;
    let length = bytes.try_get_u32().ok()?;
    (usize::try_from(length).ok()? == bytes.len()).then_some(bytes)
}

fn whole_number(value: Option<&Json>) -> Option<i64> {
    match value? {
        Json::Number(n) => n.as_i64(),
        Json::String(s) => s.parse().ok(),
        _ => None,
    }
}

/// The seats that the AMQP view of a browsed row may have: the number before its death, else its id with and without the prefix of JMS.
fn seats(row: &Json) -> Vec<String> {
    let longs = row.get("LongProperties");
    let before = [
        "messageAnnotations.x-opt-ORIG-MESSAGE-ID",
        "extraProperties._AMQ_ORIG_MESSAGE_ID",
        "_AMQ_ORIG_MESSAGE_ID",
        // on a copy that was put back
        "applicationProperties._AMQ_ORIG_MESSAGE_ID",
    ];
    if let Some(n) = before.iter().find_map(|name| whole_number(longs?.get(name))) {
        return vec![format!("orig-{n}")];
    }
    match text(row, "userID").filter(|id| !id.is_empty()) {
        Some(id) => id.strip_prefix("ID:").into_iter().chain([id]).map(str::to_owned).collect(),
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_letter_is_known_by_its_number_before_death_and_others_by_their_id() {
        let dead = json!({"messageID": "149", "userID": "ID:p-1", "LongProperties": {"messageAnnotations.x-opt-ORIG-MESSAGE-ID": 143}});
        assert_eq!(seats(&dead), ["orig-143"]);
        let put_back = json!({"userID": "ID:p-1", "LongProperties": {"applicationProperties._AMQ_ORIG_MESSAGE_ID": 143}});
        assert_eq!(seats(&put_back), ["orig-143"]);
        assert_eq!(seats(&json!({"userID": "ID:p-1", "LongProperties": null})), ["p-1", "ID:p-1"]);
        assert!(seats(&json!({"userID": ""})).is_empty());
    }
}
