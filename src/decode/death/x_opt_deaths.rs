//! RabbitMQ's record of deaths over AMQP 1.0: the annotation `x-opt-deaths`, an array of maps that tells first and last times.

use super::dlx::{Record, is_summary};
use super::fields::Headers;
use crate::model::{Death, Message};

const NAME: &str = "x-opt-deaths";

pub(super) fn owns(name: &str) -> bool {
    name == NAME || is_summary(name)
}

pub(super) fn is_there(message: &Message) -> bool {
    Headers::new(message, "").has(NAME)
}

pub(super) fn read(message: &Message) -> Option<Death> {
    let record = Headers::new(message, "").value(NAME)?;
    Record::new(NAME, Some(record), "first-time").death(message)
}
