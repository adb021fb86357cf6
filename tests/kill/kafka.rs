//! Kafka: four partitions; the order of each key is judged too.

use std::time::Instant;

use crate::binary::{Place, plain_config};
use crate::dead_letters::numbered;
use crate::judge::{self, Found};
use crate::killer::{Dice, Killer, Worked};
use crate::readback::{early_looker, ends};
use crate::testbed::{filled, make_topic, plain, topic};
use crate::{seed, size};

/// How much is done.
struct Size {
    messages: usize,
    keys: usize,
    kills: usize,
}

const PARTITIONS: i32 = 4;

#[test]
fn a_replay_killed_at_any_moment_loses_and_hides_nothing() {
    let Some(server) = plain() else { return };
    let size = size(Size { messages: 2_000, keys: 40, kills: 8 }, Size { messages: 10_000, keys: 80, kills: 50 });
    println!("{}", killed(&server, &size, "[replay]\ncanary = [1, 25]"));
}

#[test]
fn in_transactions_no_reader_sees_a_message_twice() {
    let Some(server) = plain() else { return };
    // a key each: a batch left open by a kill holds up no other message
    let size = Size { messages: 600, keys: 600, kills: 4 };
    let found = killed(&server, &size, "[message_guarantees.at_least_once.producer]\ntransactional = true\n[replay]\ncanary = []");
    println!("{found}");
    assert_eq!(found.arrived, size.messages, "{found}");
}

/// Kills a replay as often as the size says, lets it come to its end, and judges what is there.
fn killed(server: &str, size: &Size, config: &str) -> Found {
    let (seed, began) = (seed(), Instant::now());
    println!("{} messages, {} kills, REDRIVE_KILL_SEED={seed}", size.messages, size.kills);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (origin, dlt) = runtime.block_on(async {
        let origin = topic(server, "kill", PARTITIONS, &[]).await;
        let dlt = format!("{origin}-dlt");
        make_topic(server, &dlt, PARTITIONS, &[]).await;
        filled(server, &dlt, numbered(size.messages, size.keys, PARTITIONS, &origin)).await;
        (origin, dlt)
    });
    let place = Place::new(&plain_config(server, config), &[]);
    let looker = early_looker(server);
    let killer = Killer {
        place: &place,
        dlq: &dlt,
        messages: size.messages as u64,
        written: &|| ends(&looker, &origin).iter().map(|(_, start, end)| (end - start).unsigned_abs()).sum(),
        rate: 0,
        settle: &|| (),
        clear_up: &|| panic!("Kafka's topics show what arrived"),
        may_refuse: None,
    };
    let Worked::Done(plan) = killer.work(size.kills, &mut Dice(seed)) else { panic!("nothing is refused on Kafka") };
    println!("{} kills in {:.1} s; plan {plan} is done", size.kills, began.elapsed().as_secs_f64());
    let found = judge::judge(&place, server, &origin, &dlt, &plan);
    println!("{:.1} s in all", began.elapsed().as_secs_f64());
    found
}
