//! What only real ActiveMQ brokers can show: thirty looks counted, the judgement of other clients on what went home, doors that are others than they
//! seem, and peers that freeze.
#![cfg(feature = "activemq")]

#[path = "../support/binary.rs"]
#[expect(dead_code, reason = "one command is run here and its words are read")]
mod binary;
mod doors;
mod fidelity;
mod frozen;
mod hands;
mod looks;
mod site;
#[path = "../support/testbed.rs"]
#[expect(dead_code, reason = "of the testbed's tools only those that read variables are used here")]
mod testbed;
