//! The trap of 4.3: deliveries counted at the source count in a quorum DLQ too, and the first give-back of such a message drops it.

use std::process::Stdio;
use std::time::{Duration, Instant};

use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable};
use redrive::broker::{ErrorKind, Limits, PeekRequest, Rights, Trace, guard};
use redrive::model::Address;
use redrive::triage::plan::Deed;
use redrive::triage::report::Status;

use crate::binary::{Place, finish};
use crate::support::*;
use crate::testbed::PATIENCE;

/// A dead-letter queue of so many messages that all died of the delivery limit, each of which the next give-back would destroy.
async fn dead(hands: &Hands, n: usize) -> Address {
    let dlq = hands.make("trap-dlq", "quorum", &[]).await;
    let to = |name: &str| AMQPValue::LongString(name.into());
    let arguments = [("x-dead-letter-exchange", to("")), ("x-dead-letter-routing-key", to(&dlq.name))];
    let source = hands.make("trap", "quorum", &arguments).await;
    for (i, body) in numbered(n).into_iter().enumerate() {
        let mut table = FieldTable::default();
        table.insert("n".into(), AMQPValue::LongInt(i32::try_from(i).unwrap()));
        let properties = BasicProperties::default().with_delivery_mode(2).with_message_id(format!("m-{i}").into()).with_headers(table);
        hands.send_with(&source, &body, properties).await;
        // the limit is 20: the 21st failure is its death
        for _ in 0..21 {
            hands.fail(&source, true).await;
        }
    }
    until("all died", || async { hands.depth(&dlq).await as usize == n }).await;
    dlq
}

#[test]
fn without_the_word_no_look_is_taken_and_the_policy_is_shown() {
    let Some(node) = node("43") else { return };
    run(async {
        let hands = Hands::new(&node).await;
        let dlq = dead(&hands, 2).await;
        let eyes = admin(&node).eyes;
        let cost = eyes.cost(&dlq).await.unwrap();
        assert!(cost.leaves.contains(&Trace::Reseats) && cost.safer.unwrap().contains(r#"'{"delivery-limit":-1}'"#));
        // the driver's own eyes never write, whatever they are allowed
        assert_eq!(look(&eyes, &dlq, 10).await.unwrap_err().kind, ErrorKind::Unsafe);
        let viewer = Desk::with(guard(admin(&node), &Rights::looking("role viewer"), &Limits::default()));
        let refused = look(&viewer.eyes, &dlq, 10).await.unwrap_err();
        assert_eq!(refused.kind, ErrorKind::ReadOnly, "{refused}");
        assert!(refused.next.contains("rabbitmqctl set_policy"), "{refused}");
        let unasked = Desk::new(&node);
        let mut flow =
            unasked.eyes.peek(PeekRequest { accept: vec![Trace::Redelivered, Trace::Reorders], ..PeekRequest::new(dlq.clone(), 10) });
        let error = futures::StreamExt::next(&mut flow).await.unwrap().unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unsafe, "{error}");
        assert_eq!(hands.drain(&dlq).await.len(), 2);
        hands.end().await;
    });
}

#[test]
fn with_the_word_given_it_costs_no_message() {
    let Some(node) = node("43") else { return };
    run(async {
        let (hands, desk) = (Hands::new(&node).await, Desk::new(&node));
        let dlq = dead(&hands, 40).await;
        for n in 0..3 {
            let (messages, _, left) = look(&desk.eyes, &dlq, 1_000).await.unwrap();
            assert_eq!(bodies(&messages), numbered(40), "look {n}");
            // once put in again they begin anew, and a look costs nothing more
            assert_eq!(left.contains(&(Trace::Reseats, 40)), n == 0, "{left:?}");
        }
        let rows = desk.means.ledger.plans(10).await.unwrap();
        assert_eq!(rows.iter().map(|r| (r.deed, r.status, r.counts.replayed)).collect::<Vec<_>>(), [(Deed::Reseat, Status::Finished, 40)]);
        for n in 1..=40 {
            let copy = desk.means.ledger.copy(rows[0].id.clone(), n).await.unwrap().expect("a copy of each");
            assert_eq!(copy.message.body.unwrap(), numbered(40)[n as usize - 1]);
        }
        desk.eyes.close().await;
        let after = hands.drain(&dlq).await;
        assert_eq!(after.iter().map(|a| a.0.clone()).collect::<Vec<_>>(), numbered(40), "all there, in their order");
        for (i, (_, _, properties)) in after.iter().enumerate() {
            assert_eq!(properties.message_id().as_ref().unwrap().as_str(), format!("m-{i}"));
            let headers = properties.headers().as_ref().unwrap().inner();
            assert_eq!(headers.get("n"), Some(&AMQPValue::LongInt(i32::try_from(i).unwrap())));
            assert!(headers.contains_key("x-death") && !headers.keys().any(|k| k.as_str().starts_with("x-redrive")), "{headers:?}");
        }
        hands.end().await;
    });
}

#[test]
fn the_policy_that_is_shown_makes_looking_free() {
    let Some(node) = node("43") else { return };
    run(async {
        let (hands, desk) = (Hands::new(&node).await, Desk::new(&node));
        let dlq = dead(&hands, 3).await;
        let shown = desk.eyes.cost(&dlq).await.unwrap().safer.expect("a policy is shown");
        let quoted: Vec<&str> = shown.split('\'').collect();
        let (pattern, definition) = (quoted[1], serde_json::from_str::<serde_json::Value>(quoted[3]).unwrap());
        let policy = format!("{}/api/policies/%2F/{}", node.management, dlq.name);
        let body = serde_json::json!({ "pattern": pattern, "definition": definition, "apply-to": "queues" });
        let client = reqwest::Client::new();
        let put = client.put(&policy).basic_auth("admin", Some("admin-pw")).json(&body).send().await.unwrap();
        assert!(put.status().is_success());
        until("the policy holds", || async { !desk.eyes.cost(&dlq).await.unwrap().leaves.contains(&Trace::Reseats) }).await;
        for _ in 0..3 {
            let (messages, _, left) = look(&desk.eyes, &dlq, 10).await.unwrap();
            assert_eq!(bodies(&messages), numbered(3));
            assert_eq!(left.iter().map(|(t, _)| *t).collect::<Vec<_>>(), [Trace::Redelivered]);
        }
        assert!(desk.means.ledger.plans(10).await.unwrap().is_empty(), "nothing was put in again");
        desk.eyes.close().await;
        assert_eq!(hands.drain(&dlq).await.len(), 3);
        client.delete(&policy).basic_auth("admin", Some("admin-pw")).send().await.unwrap();
        hands.end().await;
    });
}

/// What the ledger and the queue have after the program was killed in the middle of such a look. The broker hands a message out before it can be on
/// disk, and drops it when the connection ends: the one that is on its way in that instant cannot be kept (measured: 1 in 16 kills).
#[test]
fn a_look_that_is_killed_costs_no_more_than_the_one_message_on_its_way() {
    const MESSAGES: usize = 60;
    let Some(node) = node("43") else { return };
    run(async {
        let hands = Hands::new(&node).await;
        let dlq = dead(&hands, MESSAGES).await;
        let (host, port) = node.amqp.split_once(':').unwrap();
        let place = Place::new(
            &format!(
                "default_context = \"test\"\n[contexts.test]\nread_only = true\n[contexts.test.messaging.rabbitmq]\nhost = \"{host}\"\nport = {port}\n\
                 username = \"admin\"\npassword = \"admin-pw\"\nmanagement_url = \"{}\"\n",
                node.management
            ),
            &[],
        );
        let refused = place.run(&["peek", &dlq.name, "-n", "5", "--yes"]).exits(1);
        assert!(refused.err.contains("--reseat REASON") && refused.err.contains("rabbitmqctl set_policy"), "{}", refused.err);
        let mut kills = 0;
        for round in 0..4 {
            let args = ["peek", &dlq.name, "-n", "1000", "--reseat", "the gateway is back"];
            let mut child = place.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            let began = Instant::now();
            while copies(&place) <= round * 12 + 5 && child.try_wait().unwrap().is_none() {
                assert!(began.elapsed() < PATIENCE, "no copies come");
                tokio::time::sleep(Duration::from_micros(500)).await;
            }
            if child.try_wait().unwrap().is_none() {
                child.kill().unwrap();
                kills += 1;
            }
            finish(child, &args);
        }
        assert!(kills > 0, "it was over before it could be killed");
        println!("{kills} kills");
        // what nobody knows is a person's word: what is in the queue has arrived, the rest is put in again from its copy
        until("nothing is in hand", || async { unacknowledged(&node, &dlq).await == 0 }).await;
        let there: Vec<_> = hands.drain(&dlq).await;
        let at_broker: Vec<Vec<u8>> = there.iter().map(|(body, ..)| body.clone()).collect();
        for (body, _, properties) in there {
            hands.send_with(&dlq, &body, properties).await;
        }
        for row in place.run(&["jobs", "doubt", "-o", "jsonl"]).rows() {
            println!("{row}");
            let (plan, n) = row["replay_id"].as_str().unwrap().split_once('/').unwrap();
            let body = copy_body(&place, plan, n);
            let word = if at_broker.contains(&body) { "--arrived" } else { "--missing" };
            place.run(&["jobs", "settle", word, row["replay_id"].as_str().unwrap(), "--yes", "--reason", "looked"]).exits(0);
        }
        for row in place.run(&["jobs", "-o", "jsonl"]).exits(0).rows() {
            let plan = row["plan"].as_str().unwrap();
            place.run(&["jobs", "resume", plan, "--yes", "--reason", "the copies"]).exits(0);
        }
        let mut all: Vec<Vec<u8>> = hands.drain(&dlq).await.into_iter().map(|(body, ..)| body).collect();
        all.sort();
        all.dedup();
        let lost: Vec<_> = numbered(MESSAGES).into_iter().filter(|b| !all.contains(b)).collect();
        let copied = copied_bodies(&place);
        let name = |bodies: &[Vec<u8>]| bodies.iter().map(|b| String::from_utf8_lossy(b).into_owned()).collect::<Vec<_>>();
        assert!(lost.iter().all(|b| !copied.contains(b)), "lost though its copy was on disk: {:?}", name(&lost));
        assert!(lost.len() <= kills, "lost: {:?} by {kills} kills", name(&lost));
        hands.end().await;
    });
}

/// Copies in the ledger of the killed program.
fn copies(place: &Place) -> usize {
    let Ok(ledger) = rusqlite::Connection::open_with_flags(place.path().join("ledger.db"), rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)
    else {
        return 0;
    };
    ledger.query_row("SELECT count(*) FROM copies", [], |r| r.get::<_, i64>(0)).map_or(0, |n| usize::try_from(n).unwrap())
}

/// What the copies hold.
fn copied_bodies(place: &Place) -> Vec<Vec<u8>> {
    let ledger = rusqlite::Connection::open(place.path().join("ledger.db")).unwrap();
    let mut all = ledger.prepare("SELECT message FROM copies").unwrap();
    let rows = all.query_map([], |r| r.get::<_, Vec<u8>>(0)).unwrap();
    rows.map(|bytes| redrive::model::copy::decode(bytes.unwrap().into()).unwrap().body.unwrap().to_vec()).collect()
}

fn copy_body(place: &Place, plan: &str, n: &str) -> Vec<u8> {
    let ledger = rusqlite::Connection::open(place.path().join("ledger.db")).unwrap();
    let sql = "SELECT message FROM copies WHERE plan = ?1 AND n = ?2";
    let bytes: Vec<u8> = ledger.query_row(sql, [plan, n], |r| r.get(0)).unwrap();
    redrive::model::copy::decode(bytes.into()).unwrap().body.unwrap().to_vec()
}

async fn unacknowledged(node: &Node, at: &Address) -> u64 {
    let url = format!("{}/api/queues/%2F/{}", node.management, at.name);
    let answer: serde_json::Value =
        reqwest::Client::new().get(url).basic_auth("admin", Some("admin-pw")).send().await.unwrap().json().await.unwrap();
    answer["messages_unacknowledged"].as_u64().unwrap_or(1)
}
