//! redrive: look into message brokers and triage their dead-letter queues.

pub mod broker;
pub mod config;
pub mod decode;
pub mod drivers;
pub mod model;
pub mod monitor;
pub mod schema;
pub mod triage;
