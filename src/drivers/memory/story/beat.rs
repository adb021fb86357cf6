//! One step of the story: what is sent, what is read, who dies.

use std::time::SystemTime;

use super::super::store::Record;
use super::super::{Memory, Put};
use super::bodies::{self, Order};
use super::cast::GROUPS;
use super::past::order_dies;
use super::{Story, deaths, stacks};
use crate::broker::{REPLAY_ID, murmur2};
use crate::model::{ReaderKind, field};
use deaths::Corpse;

/// Records that a partition keeps at most while the demo runs: memory stays bounded.
const KEEP: i64 = 20_000;

/// Orders that billing takes of one partition in a beat.
const BILLING: usize = 16;

pub(super) fn beat(story: &mut Story, now: SystemTime) {
    send(story, now);
    billing(story, now);
    others_die(story, now);
    commits(&story.kafka, &mut story.dice);
    queues(story, now);
    for name in ["orders", "script-events", "shipments", "execution-events", "user-events", "payments"] {
        for (p, (start, end)) in (0..).zip(story.kafka.ends(name)) {
            if end - start > KEEP {
                story.kafka.trim(name, p, end - KEEP);
            }
        }
    }
}

fn send(story: &mut Story, now: SystemTime) {
    let (kafka, dice) = (&story.kafka, &mut story.dice);
    if dice.below(10) < 8 {
        let what = match dice.below(48) {
            0..3 => Order::SlowGateway,
            3 if dice.one_in(6) => Order::Avro,
            _ => Order::Fine,
        };
        kafka.put("orders", bodies::order(what, dice, now));
    }
    for _ in 0..3 {
        kafka.put("script-events", bodies::script_event(dice, now, 12));
    }
    if dice.one_in(2) {
        kafka.put("shipments", bodies::shipment(dice, now));
        kafka.put("payments", bodies::payment(dice, now));
    }
    if dice.one_in(3) {
        kafka.put("execution-events", bodies::execution_event(dice, now));
    }
    if dice.one_in(5) {
        kafka.put("user-events", bodies::user_event(dice, now));
    }
    let quiet = [
        ("invoices", "invoice"),
        ("inventory", "stock"),
        ("notifications", "mail"),
        ("loyalty-points", "points"),
        ("audit", "audit"),
        ("billing", "booking"),
        ("search-index-updates", "index"),
    ];
    for (topic, word) in quiet {
        if dice.one_in(8) {
            kafka.put(topic, bodies::plain(word, dice, now));
        }
    }
}

/// What billing makes of a record: replays of what was mended pass, the rest dies as before.
fn fate(record: &Record) -> Order {
    let Some(body) = &record.body else { return Order::Fine };
    let replayed = field(&record.headers, REPLAY_ID).is_some();
    let has = |text: &[u8]| body.windows(text.len()).any(|w| w == text);
    if body.starts_with(&[0]) {
        Order::Avro
    } else if has(b"\"northpay\"") {
        // the gateway is back for most: one customer in eight is still not served
        let unlucky = record.key.as_ref().is_some_and(|k| murmur2(k).is_multiple_of(8));
        if replayed && !unlucky { Order::Fine } else { Order::SlowGateway }
    } else if has(b"\"tax_class\":null") && !replayed {
        // billing 2.14.1 is out by now
        Order::NoTax
    } else {
        Order::Fine
    }
}

/// billing reads on, commits, and sends to its dead-letter topic what it fails on.
fn billing(story: &mut Story, now: SystemTime) {
    let kafka = story.kafka.clone();
    for p in 0..12 {
        let from = kafka.committed("billing", "orders", p).unwrap_or(0);
        let records: Vec<Record> = kafka.look(|s| {
            let log = s.places.get("orders").and_then(|place| place.parts.get(usize::try_from(p).ok()?));
            log.into_iter()
                .flat_map(|l| l.records.iter().skip(l.records.partition_point(|r| r.offset < from)))
                .take(BILLING)
                .cloned()
                .collect()
        });
        let Some(last) = records.last().map(|r| r.offset) else { continue };
        for record in records {
            let what = fate(&record);
            let was = Put { key: record.key, body: record.body, headers: record.headers, sent: Some(record.sent), ..Put::default() };
            let corpse = Corpse { topic: "orders", partition: p, offset: record.offset, sent: record.sent, was };
            if let Some(put) = order_dies(what, corpse, &mut story.dice, now) {
                kafka.put("orders.dlt", put);
            }
        }
        kafka.commit("billing", "orders", p, last + 1);
    }
}

fn others_die(story: &mut Story, now: SystemTime) {
    let (kafka, dice) = (&story.kafka, &mut story.dice);
    let end = |topic| kafka.ends(topic).first().map_or(1, |(_, end)| end - 1);
    let corpse = |topic, was| Corpse { topic, partition: 0, offset: end(topic), sent: now, was: Put { partition: Some(0), ..was } };
    if dice.one_in(120) {
        let was = bodies::payment(dice, now);
        kafka.put("payments-dlt", deaths::retryable(corpse("payments", was), "payments", &stacks::bank_away(8443), 4, now));
    }
    if dice.one_in(240) {
        let was = Put { body: Some("{\"booking\":".into()), ..bodies::plain("booking", dice, now) };
        kafka.put("billing.dlq", deaths::connect(corpse("billing", was), "billing-jdbc", 0, &stacks::sink_data("amount")));
    }
    if dice.one_in(300) {
        let was = bodies::plain("points", dice, now);
        kafka.put("dlq.loyalty-points", deaths::share(corpse("loyalty-points", was), "loyalty", 5, now));
    }
}

/// All groups but billing read on: most are at the end, shipping drains, one partition of analytics is stuck.
fn commits(kafka: &Memory, dice: &mut super::dice::Dice) {
    for (group, kind, _, topics) in GROUPS {
        for topic in topics.iter().filter(|_| kind != ReaderKind::Share && group != "billing") {
            for (p, (_, end)) in (0..).zip(kafka.ends(topic)) {
                let at = kafka.committed(group, topic, p).unwrap_or(end);
                let next = match (group, *topic, p) {
                    ("analytics-processor", "script-events", 2) => at,
                    ("shipping", ..) => end.min(at + 2),
                    _ if dice.one_in(3) => at,
                    _ => end,
                };
                if next != at {
                    kafka.commit(group, topic, p, next);
                }
            }
        }
    }
}

fn queues(story: &mut Story, now: SystemTime) {
    let (rabbit, dice) = (&story.rabbit, &mut story.dice);
    if dice.one_in(4) {
        rabbit.put("email.outbound", Put { key: None, ..bodies::plain("mail", dice, now) });
        rabbit.consume("email.outbound", 1);
    }
    if dice.one_in(160) {
        let mut put = Put { key: None, ..bodies::order(Order::SlowGateway, dice, now) };
        put.headers.extend(deaths::x_death("billing", "rejected", 1, now));
        rabbit.put("billing.failed", put);
    }
}
