//! What only SQS and SNS can show: redrive policies, receives counted, FIFO groups, attributes of every type, move tasks, topics.
#![cfg(feature = "aws")]

#[expect(dead_code, reason = "its JSON rows and its Kafka are for others")]
#[path = "../support/binary.rs"]
mod binary;

mod acts;
mod chain;
mod envelopes;
mod fanout;
mod look;
mod moving;
mod support;
mod topics;
