//! What the shop's messages look like: orders, payments, shipments, and the events that the config declares.

use std::time::SystemTime;

use serde_json::json;

use super::super::Put;
use super::dice::Dice;

const CITIES: [&str; 6] = ["Köln", "Lyon", "Turin", "Gdańsk", "Århus", "Porto"];

/// RFC 3339 in UTC, milliseconds.
pub(super) fn stamp(time: SystemTime) -> String {
    let at = jiff::Timestamp::try_from(time).unwrap_or_default();
    format!("{at:.3}")
}

fn event(kind: &str, payload: serde_json::Value, source: &str, dice: &mut Dice, at: SystemTime) -> serde_json::Value {
    json!({
        "event_type": kind, "version": "1.0", "payload": payload,
        "metadata": { "source": source, "correlation_id": dice.uuid(), "causation_id": dice.uuid(), "timestamp": stamp(at) },
    })
}

fn traced(put: Put, dice: &mut Dice) -> Put {
    let (trace, span) = (dice.uuid().replace('-', ""), dice.roll());
    put.header("x-trace-id", trace.clone())
        .header("traceparent", format!("00-{trace}-{span:016x}-01"))
        .header("x-tenant", dice.pick(&["acme", "acme", "globex", "initech"]))
        .header("content-type", "application/json")
}

/// What is wrong with an order, if anything; billing fails on it accordingly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Fine,
    /// To be paid through the gateway that times out.
    SlowGateway,
    /// Without a tax class, on which billing 2.14.0 falls over.
    NoTax,
    /// In Avro with a schema id that billing does not know.
    Avro,
}

/// An order of one customer.
pub(super) fn order(what: Order, dice: &mut Dice, at: SystemTime) -> Put {
    let customer = format!("cust-{:04}", dice.below(1300));
    let id = dice.uuid();
    if what == Order::Avro {
        let mut body = vec![0, 0, 0, 1, 0x2a, 0x0e];
        body.extend_from_slice(b"or\x48");
        body.extend_from_slice(id.as_bytes());
        body.extend_from_slice(&dice.roll().to_be_bytes());
        return traced(Put::keyed(customer, body), dice).at(at);
    }
    let gateway = if what == Order::SlowGateway { "northpay" } else { dice.pick(&["adyen", "stripe", "stripe"]) };
    let payload = json!({
        "order_id": id, "customer": customer, "gateway": gateway, "total": (dice.below(40_000) as f64) / 100.0, "items": 1 + dice.below(7),
        "tax_class": if what == Order::NoTax { serde_json::Value::Null } else { "standard".into() },
        "city": dice.pick(&CITIES), "created_at": stamp(at),
    });
    traced(Put::keyed(customer, event("order.updated", payload, "shop-api", dice, at).to_string()), dice).at(at)
}

/// An order that breaks its schema in several places, with numbers and characters that naive viewers get wrong.
pub(super) fn odd_order(at: SystemTime) -> Put {
    let body = format!(
        r#"{{"event_type":"order.updated","version":"1.0","payload":{{"order_id":"7731","customer":"cust-0077","gateway":"northpay","total":18446744073709551616,"total":12.50,"items":3.5,"note":"call before\u001b[2J delivery","city":"Zürich","created_at":"2026-11-23"}},"metadata":{{"source":"shop-api","correlation_id":"none","timestamp":{}}}}}"#,
        at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis()
    );
    Put::keyed("cust-\x1b[31m0077\x1b[0m", body).header("x-tenant", "acme").header("content-type", "application/json").at(at)
}

pub(super) fn payment(dice: &mut Dice, at: SystemTime) -> Put {
    let id = dice.uuid();
    let body = json!({
        "payment_id": id, "order_id": dice.uuid(), "amount_minor": 9_007_199_254_740_993_u64 + dice.below(9000), "currency": dice.pick(&["EUR", "EUR", "PLN", "DKK"]),
        "method": dice.pick(&["card", "sepa", "wallet"]), "at": stamp(at),
    });
    traced(Put::keyed(id, body.to_string()), dice).at(at)
}

pub(super) fn shipment(dice: &mut Dice, at: SystemTime) -> Put {
    let id = format!("shp-{:06}", dice.below(1_000_000));
    let body = json!({ "shipment": id, "carrier": dice.pick(&["dhl", "ups", "gls"]), "to": dice.pick(&CITIES), "parcels": 1 + dice.below(4), "at": stamp(at) });
    traced(Put::keyed(id, body.to_string()), dice).at(at)
}

/// A plain small record of some other topic.
pub(super) fn plain(what: &str, dice: &mut Dice, at: SystemTime) -> Put {
    let id = format!("{what}-{:05}", dice.below(100_000));
    traced(Put::keyed(id.clone(), json!({ "id": id, "kind": what, "n": dice.below(1000), "at": stamp(at) }).to_string()), dice).at(at)
}

/// One of the declared script events; one in `bad` breaks its schema.
pub(super) fn script_event(dice: &mut Dice, at: SystemTime, bad: u64) -> Put {
    let id = dice.uuid();
    let broken = dice.one_in(bad);
    let script = if broken && dice.one_in(2) { format!("{}", dice.below(9000)) } else { id.clone() };
    let when = if broken { stamp(at).replace('Z', "") } else { stamp(at) };
    let (kind, mut payload) = match dice.below(3) {
        0 => (
            "script.created",
            json!({ "script_id": script, "name": format!("relax-{}.hyp", dice.below(90)), "created_by": dice.uuid(), "created_at": when, "metadata": {} }),
        ),
        1 => (
            "script.updated",
            json!({ "script_id": script, "name": "induction.hyp", "version": 1 + dice.below(40), "updated_by": dice.uuid(), "updated_at": when, "changes": { "lines": dice.below(30) } }),
        ),
        _ => ("script.deleted", json!({ "script_id": script, "deleted_by": dice.uuid(), "deleted_at": when, "reason": "superseded" })),
    };
    if broken && dice.one_in(3) {
        payload["name"] = json!(dice.below(100));
    }
    traced(Put::keyed(id, event(kind, payload, "hypnoscript-api", dice, at).to_string()), dice).at(at)
}

pub(super) fn execution_event(dice: &mut Dice, at: SystemTime) -> Put {
    let id = dice.uuid();
    let payload = json!({
        "execution_id": dice.uuid(), "script_id": id, "user_id": dice.uuid(), "started_at": stamp(at), "completed_at": stamp(at),
        "duration_ms": dice.below(90_000), "status": "succeeded", "result": { "exit": 0 }, "error_message": "", "environment": "production",
    });
    traced(Put::keyed(id, event("script.executed", payload, "hypnoscript-executor", dice, at).to_string()), dice).at(at)
}

pub(super) fn user_event(dice: &mut Dice, at: SystemTime) -> Put {
    let id = dice.uuid();
    let payload = json!({ "user_id": id, "login_at": stamp(at), "ip_address": format!("10.4.{}.{}", dice.below(256), dice.below(256)), "user_agent": "Mozilla/5.0" });
    traced(Put::keyed(id, event("user.logged_in", payload, "hypnoscript-auth", dice, at).to_string()), dice).at(at)
}
