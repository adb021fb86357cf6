//! What only a real RabbitMQ can show, on 3.10, 4.0 and 4.3: what 30 looks leave, where they stop, the counts that travel and what it takes to look
//! there, fidelity judged by pika, logins, TLS, shovels, connections that are killed, alarms, a topology that has changed.
#![cfg(feature = "rabbitmq")]

mod acts;
mod alarm;
#[path = "../support/binary.rs"]
#[expect(dead_code, reason = "of the program's tools only those that run it are used here")]
mod binary;
mod exchanges;
mod fidelity;
mod login;
mod looks;
mod odd;
mod slow;
mod support;
#[path = "../support/testbed.rs"]
#[expect(dead_code, reason = "of the testbed's tools only those that read variables are used here")]
mod testbed;
mod topology;
mod trap;
