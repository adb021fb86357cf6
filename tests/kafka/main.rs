//! What only a real Kafka can show: rights and listeners, transactions, compaction, retention moving, groups of every kind.
#![cfg(feature = "kafka")]

#[path = "../support/commits.rs"]
mod commits;
mod groups;
mod login;
mod look;
mod moving;
#[path = "../support/people.rs"]
mod people;
mod recovery;
mod support;
#[path = "../support/testbed.rs"]
mod testbed;
mod write;
