//! What only a real Kafka can show: rights and listeners, transactions, compaction, retention moving, groups of every kind.
#![cfg(feature = "kafka")]

mod login;
mod look;
#[path = "../support/people.rs"]
mod people;
mod support;
#[path = "../support/testbed.rs"]
mod testbed;
mod write;
