//! redrive from end to end on the real Kafka: the program as people run it, judged by plain clients.
#![cfg(all(feature = "kafka", unix))]

#[path = "../support/binary.rs"]
mod binary;
#[path = "../support/commits.rs"]
mod commits;
#[path = "../support/dead_letters.rs"]
mod dead_letters;
#[path = "../support/judge.rs"]
mod judge;
#[path = "../support/people.rs"]
mod people;
#[path = "../support/readback.rs"]
mod readback;
#[path = "../support/site.rs"]
mod site;
#[path = "../support/sites.rs"]
mod sites;
#[path = "../support/terminal.rs"]
mod terminal;
#[path = "../support/testbed.rs"]
mod testbed;
#[path = "../support/told.rs"]
mod told;

mod alerts;
mod aside;
mod failures;
mod families;
mod headless;
mod hostile;
mod incident;
mod keys;
mod keys_on_queues;
mod outage;
mod own_broker;
mod parked;
mod queues;
mod smallrye;
mod together;
mod undecided;
