//! RabbitMQ's record of deaths over AMQP 0-9-1: `x-death`, an array of tables, with and without `x-last-death-*` (from 4.0 on).

use super::dlx::{Record, is_summary};
use super::x_opt_deaths;
use crate::model::{Death, Message, field};

/// `CC` and `BCC` would fan out again (rabbitmq-website, docs/sender-selected.md).
pub(super) fn owns(name: &str) -> bool {
    distinct(name) || matches!(name, "CC" | "BCC")
}

/// Counts belong to the deliveries before.
pub(super) fn distinct(name: &str) -> bool {
    matches!(name, "x-death" | "x-delivery-count" | "x-acquired-count") || is_summary(name)
}

pub(super) fn read(message: &Message) -> Option<Death> {
    if x_opt_deaths::is_there(message) {
        return None;
    }
    Record::new("x-death", field(&message.headers, "x-death"), "time").death(message)
}
