//! Measures redrive on a real Kafka with a topic of 5 million messages; prints each number beside what is aimed at.
//!
//! `cargo bench --bench kafka` (needs kcat and a Kafka: `scripts/brokers up kafka`; REDRIVE_TEST_KAFKA says where it is). The topic
//! is filled once and kept. REDRIVE_BENCH_MESSAGES makes it smaller.

mod cluster;
mod looking;
mod replaying;
mod screen;
mod watching;

use std::fmt::Display;

/// What one measurement came to.
struct Figure {
    what: &'static str,
    value: String,
    aim: &'static str,
    how: String,
}

impl Figure {
    fn new(what: &'static str, value: impl Display, aim: &'static str, how: impl Display) -> Self {
        Self { what, value: value.to_string(), aim, how: how.to_string() }
    }
}

type Failed = Box<dyn std::error::Error>;

fn main() -> Result<(), Failed> {
    // `cargo test --benches` runs this too: nothing is measured then
    if !std::env::args().any(|a| a == "--bench") {
        println!("0 passed, 0 failed");
        return Ok(());
    }
    let cluster = cluster::Cluster::find()?;
    let messages: u64 = std::env::var("REDRIVE_BENCH_MESSAGES").ok().and_then(|n| n.parse().ok()).unwrap_or(5_000_000);
    let topic = cluster.fill(messages)?;
    let mut figures = Vec::new();
    for (name, measure) in [
        ("looking", looking::measure as fn(&cluster::Cluster, &str) -> Result<Vec<Figure>, Failed>),
        ("watching", watching::measure),
        ("replaying", replaying::measure),
    ] {
        eprintln!("measuring: {name}");
        match measure(&cluster, &topic) {
            Ok(more) => figures.extend(more),
            Err(e) => eprintln!("{name}: {e}"),
        }
    }
    println!("\n| what | measured | aim | how |\n|---|---|---|---|");
    for f in &figures {
        println!("| {} | {} | {} | {} |", f.what, f.value, f.aim, f.how);
    }
    Ok(())
}
