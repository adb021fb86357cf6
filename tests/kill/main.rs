//! A replay killed with SIGKILL at random moments and resumed each time: nothing lost, nothing unaccounted for, doubles only where doubt was said.
//!
//! In the suite few messages and kills; the whole of it by `REDRIVE_KILL_FULL=1 scripts/test --test kill -- --nocapture`: on Kafka 10,000
//! messages and 50 kills, on every other broker 2,000 (ActiveMQ Classic: 400) and 20. The seed is printed; `REDRIVE_KILL_SEED` repeats it.
#![cfg(all(feature = "kafka", unix))]

#[path = "../support/binary.rs"]
mod binary;
#[path = "../support/dead_letters.rs"]
mod dead_letters;
#[path = "../support/judge.rs"]
mod judge;
#[path = "../support/readback.rs"]
mod readback;
#[path = "../support/site.rs"]
mod site;
#[path = "../support/sites.rs"]
mod sites;
#[path = "../support/testbed.rs"]
mod testbed;
#[path = "../support/told.rs"]
mod told;

mod kafka;
mod killer;
mod queues;

/// What is done in the suite, or else in full.
fn size<T>(suite: T, full: T) -> T {
    match std::env::var("REDRIVE_KILL_FULL") {
        Ok(set) if set != "0" && !set.is_empty() => full,
        _ => suite,
    }
}

fn seed() -> u64 {
    let now = || std::time::SystemTime::now().duration_since(std::time::SystemTime::UNIX_EPOCH).map_or(1, |t| t.as_micros() as u64);
    std::env::var("REDRIVE_KILL_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or_else(now)
}
