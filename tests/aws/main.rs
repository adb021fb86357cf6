//! What only SQS and SNS can show: redrive policies, receives counted, FIFO groups, attributes of every type, move tasks, topics.
#![cfg(feature = "aws")]

mod acts;
mod look;
mod moving;
mod support;
mod topics;
