//! The six hours before the story is opened: traffic, and who died of what.

use std::time::{Duration, SystemTime};

use super::super::{Memory, Put};
use super::bodies::{self, Order};
use super::cast::GROUPS;
use super::dice::Dice;
use super::{Story, deaths, queues, stacks};
use crate::model::ReaderKind;
use deaths::Corpse;

/// A death to be told when its time comes: when, on which topic, the dead letter.
type Death = (SystemTime, &'static str, Put);

/// Tells it all.
pub(super) fn tell(story: &mut Story, now: SystemTime) {
    let dice = &mut story.dice.clone();
    let ago = |minutes: u64| now - Duration::from_secs(minutes * 60);
    traffic(&story.kafka, dice, now);
    let mut dead: Vec<Death> = Vec::new();
    of_orders(&story.kafka, dice, now, &mut dead);
    of_others(&story.kafka, dice, &ago, &mut dead);
    dead.sort_by_key(|d| d.0);
    for (_, topic, put) in dead {
        story.kafka.put(topic, put);
    }
    commits(&story.kafka);
    rejected(&story.rabbit, dice, &ago);
    queues::tell(&story.amq, &story.sqs, &ago);
    story.dice = dice.clone();
}

/// Ordinary messages, evenly over the time, oldest first.
fn traffic(kafka: &Memory, dice: &mut Dice, now: SystemTime) {
    let mut fill = |topic: &'static str, n: u32, over: u64, make: &mut dyn FnMut(&mut Dice, SystemTime) -> Put| {
        for i in (0..n).rev() {
            let at = now - Duration::from_millis(over * 1000 / u64::from(n) * u64::from(i) + dice.below(400));
            kafka.put(topic, make(dice, at));
        }
    };
    let hours = |h: u64| h * 3600;
    fill("payments", 500, hours(2), &mut bodies::payment);
    fill("shipments", 6_400, hours(3), &mut bodies::shipment);
    fill("script-events", 2_400, hours(1), &mut |d, at| bodies::script_event(d, at, 12));
    fill("execution-events", 300, hours(1), &mut bodies::execution_event);
    fill("user-events", 200, hours(1), &mut bodies::user_event);
    for (topic, n, word) in [
        ("invoices", 300, "invoice"),
        ("billing", 260, "booking"),
        ("shipments.weights", 200, "weight"),
        ("inventory", 240, "stock"),
        ("notifications", 200, "mail"),
        ("loyalty-points", 150, "points"),
        ("users", 300, "user"),
        ("search-index-updates", 300, "index"),
        ("audit", 400, "audit"),
        ("payments-retry-0", 20, "payment"),
    ] {
        fill(topic, n, hours(6), &mut |d, at| bodies::plain(word, d, at));
    }
    for i in 0..6 {
        // a deleted user is a tombstone in a compacted topic
        kafka.put("users", Put { body: None, ..bodies::plain("user", dice, now - Duration::from_secs(600 - i * 60)) });
    }
}

/// Six hours of orders: 6 h ago the Avro producer came, 42 minutes ago the gateway went.
fn of_orders(kafka: &Memory, dice: &mut Dice, now: SystemTime, dead: &mut Vec<Death>) {
    for second in (0..6 * 3600_u64).rev().step_by(12) {
        let at = now - Duration::from_secs(second);
        let what = match second / 60 {
            0..42 if dice.one_in(3) => Order::SlowGateway,
            60..120 if dice.one_in(25) => Order::NoTax,
            20..360 if dice.one_in(28) => Order::Avro,
            _ => Order::Fine,
        };
        let was = if (6_000..6_012).contains(&second) { bodies::odd_order(at) } else { bodies::order(what, dice, at) };
        let odd = was.headers.len() == 2;
        let seat = kafka.put("orders", was.clone());
        let corpse = Corpse::new("orders", was, seat, at);
        let what = if odd { Order::SlowGateway } else { what };
        let died = (at + Duration::from_millis(38_000 + dice.below(900))).min(now);
        dead.extend(order_dies(what, corpse, dice, died).map(|put| (died, "orders.dlt", put)));
    }
    // two that somebody copied by hand, without any metadata, one of them no JSON either
    let at = now - Duration::from_secs(5 * 3600);
    dead.push((at, "orders.dlt", Put::keyed("cust-0001", &b"{\"copied\":\"by hand\"}"[..]).at(at).to(4)));
    dead.push((at, "orders.dlt", Put { key: None, ..Put::body(&b"\xff\xfe\x00 not text at all \xc3\x28"[..]) }.at(at).to(4)));
}

/// What billing makes of an order: `None` if it is fine.
pub(super) fn order_dies(what: Order, corpse: Corpse, dice: &mut Dice, at: SystemTime) -> Option<Put> {
    let error = match what {
        Order::Fine => return None,
        Order::SlowGateway => stacks::payment_timeout(&dice.below(9000).to_string(), 30_000 + dice.below(40)),
        Order::NoTax => stacks::no_tax(),
        Order::Avro => stacks::unknown_magic(42 + dice.below(3)),
    };
    Some(deaths::spring(corpse, "billing", &error, at))
}

fn of_others(kafka: &Memory, dice: &mut Dice, ago: &dyn Fn(u64) -> SystemTime, dead: &mut Vec<Death>) {
    let corpse = |topic: &'static str, at: SystemTime, was: Put| {
        let (partition, offset) =
            kafka.ends(topic).first().map_or((0, 0), |(_, end)| (0, end - 40 - i64::try_from(dice_of(&was)).unwrap_or(0)));
        Corpse { topic, partition, offset, sent: at, was: Put { partition: Some(0), ..was } }
    };
    for i in 0..34 {
        let (at, was) = (ago(300 - i * 8), bodies::payment(dice, ago(301 - i * 8)));
        let error = if i % 3 == 0 { stacks::double_booking(&dice.uuid()) } else { stacks::bank_away(8443) };
        dead.push((at, "payments-dlt", deaths::retryable(corpse("payments", ago(301 - i * 8), was), "payments", &error, 4, at)));
    }
    for i in 0..18 {
        let was = Put {
            body: Some(format!("{{\"booking\":{i},\"amount\":\"12,50\"").into()),
            ..bodies::plain("booking", dice, ago(200 - i * 9))
        };
        let error = stacks::sink_data(dice.pick(&["amount", "amount", "booked_at"]));
        dead.push((ago(200 - i * 9), "billing.dlq", deaths::connect(corpse("billing", ago(200 - i * 9), was), "billing-jdbc", 0, &error)));
    }
    for i in 0..9 {
        let was = bodies::shipment(dice, ago(150 - i * 11));
        let error = stacks::no_parcels(&format!("shp-{:06}", dice.below(1_000_000)));
        dead.push((ago(150 - i * 11), "shipments-errors", deaths::streams(corpse("shipments", ago(150 - i * 11), was), &error)));
    }
    for i in 0..7 {
        let was = bodies::plain("stock", dice, ago(90 - i * 9));
        dead.push((
            ago(90 - i * 9),
            "error.inventory.warehouse",
            deaths::cloud_stream(corpse("inventory", ago(91 - i * 9), was), &stacks::no_parcels("stock"), ago(90 - i * 9)),
        ));
    }
    for i in 0..12 {
        let was = bodies::plain("mail", dice, ago(70 - i * 5));
        let error = stacks::no_template(dice.pick(&["welcome_da.html", "welcome_pl.html"]));
        dead.push((
            ago(70 - i * 5),
            "dead-letter-topic-notifications",
            deaths::smallrye(corpse("notifications", ago(70 - i * 5), was), &error, ago(70 - i * 5)),
        ));
    }
    for i in 0..5 {
        let was = bodies::plain("points", dice, ago(60 - i * 10));
        dead.push((
            ago(60 - i * 10),
            "dlq.loyalty-points",
            deaths::share(corpse("loyalty-points", ago(61 - i * 10), was), "loyalty", 5, ago(60 - i * 10)),
        ));
    }
}

/// A number that depends on the message alone, to spread the offsets that dead letters point to.
fn dice_of(put: &Put) -> u64 {
    put.key.as_ref().map_or(0, |k| u64::from(crate::broker::murmur2(k) % 30))
}

/// Where the groups are when the story opens.
fn commits(kafka: &Memory) {
    for (group, kind, _, topics) in GROUPS {
        for topic in topics.iter().filter(|_| kind != ReaderKind::Share) {
            for (p, (start, end)) in (0..).zip(kafka.ends(topic)) {
                let behind = match (group, *topic, p) {
                    ("shipping", ..) => end - start - 40,
                    // has not moved for 18 minutes
                    ("analytics-processor", "script-events", 2) => (end - start) * 18 / 60,
                    ("search-index", "orders", _) => i64::from(p % 3),
                    _ => 0,
                };
                kafka.commit(group, topic, p, end - behind);
            }
        }
    }
    for (p, (start, _)) in (0..).zip(kafka.ends("payments")) {
        kafka.commit("fraud-check", "payments", p, start + 11);
    }
}

fn rejected(rabbit: &Memory, dice: &mut Dice, ago: &dyn Fn(u64) -> SystemTime) {
    let dead = |rabbit: &Memory, dlq: &str, of: &str, reason: &str, count: i64, put: Put, at: SystemTime| {
        let mut put = Put { key: None, ..put }.at(at);
        put.headers.extend(deaths::x_death(of, reason, count, at));
        rabbit.put(dlq, put);
    };
    for i in 0..87 {
        let mut put = bodies::order(Order::SlowGateway, dice, ago(360 - i * 4));
        // one listener of three has Spring's recoverer, the others only reject
        if i % 3 == 0 {
            put.headers.extend(queues::spring_amqp("billing", &stacks::payment_timeout("7731", 30_000)));
        }
        dead(rabbit, "billing.failed", "billing", "rejected", 1, put, ago(360 - i * 4));
    }
    for i in 0..23 {
        let put = bodies::plain("mail", dice, ago(240 - i * 10));
        dead(rabbit, "email.outbound.dlq", "email.outbound", "delivery_limit", 3, put, ago(240 - i * 10));
    }
    for i in 0..4 {
        let put = bodies::plain("script", dice, ago(12 * 1440 - i));
        dead(rabbit, "script-execution-dlq", "script-execution-queue", "expired", 1, put, ago(12 * 1440 - i));
    }
    for i in 0..3 {
        rabbit.put("email.outbound", Put { key: None, ..bodies::plain("mail", dice, ago(i)) });
    }
}
