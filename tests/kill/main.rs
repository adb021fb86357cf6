//! A replay killed with SIGKILL at random moments and resumed each time: nothing lost, nothing unaccounted for, doubles only where doubt was said.
//!
//! In the suite: 2,000 messages, 8 kills. The whole of it, 10,000 messages and 50 kills, takes some 7 minutes:
//! `REDRIVE_KILL_FULL=1 scripts/test --test kill -- --nocapture`. The seed is printed; `REDRIVE_KILL_SEED` repeats it.
#![cfg(all(feature = "kafka", unix))]

#[path = "../support/binary.rs"]
mod binary;
#[path = "../support/dead_letters.rs"]
mod dead_letters;
#[path = "../support/judge.rs"]
mod judge;
#[path = "../support/readback.rs"]
mod readback;
#[path = "../support/testbed.rs"]
mod testbed;

mod killer;

use std::time::{Instant, SystemTime};

use binary::{Place, plain_config};
use dead_letters::numbered;
use judge::Found;
use killer::{Dice, Killer};
use testbed::{filled, make_topic, plain, topic};

/// How much is done.
struct Size {
    messages: usize,
    keys: usize,
    kills: usize,
}

const PARTITIONS: i32 = 4;

fn size() -> Size {
    match std::env::var("REDRIVE_KILL_FULL") {
        Ok(full) if full != "0" && !full.is_empty() => Size { messages: 10_000, keys: 80, kills: 50 },
        _ => Size { messages: 2_000, keys: 40, kills: 8 },
    }
}

fn seed() -> u64 {
    let now = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(1, |t| t.as_micros() as u64);
    std::env::var("REDRIVE_KILL_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or_else(now)
}

#[test]
fn a_replay_killed_at_any_moment_loses_and_hides_nothing() {
    let Some(server) = plain() else { return };
    println!("{}", killed(&server, &size(), "[replay]\ncanary = [1, 25]"));
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
    let killer = Killer::new(&place, server, &origin, &dlt, size.messages);
    let plan = killer.work(size.kills, &mut Dice(seed));
    println!("{} kills in {:.1} s; plan {plan} is done", size.kills, began.elapsed().as_secs_f64());
    let found = judge::judge(&place, server, &origin, &dlt, &plan);
    println!("{:.1} s in all", began.elapsed().as_secs_f64());
    found
}
