//! What a dead letter says of its death, each field with the header it came from.

use std::time::SystemTime;

use super::Kind;

/// The family of what RabbitMQ itself dead-lettered.
pub const BY_RABBITMQ: &str = "RabbitMQ DLX";

/// How sure a fact is; the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sure {
    /// A header of the message says so.
    Header,
    /// Derived from the destination's name by a framework's convention.
    Name,
    /// The config says so.
    Config,
    /// The record itself suggests it (its time of writing, say).
    Guess,
}

/// A fact, perhaps absent, with the header it came from and how sure it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Told<T> {
    pub value: Option<T>,
    /// The header's exact name, or in words where it is no header; empty when there is no value.
    pub source: String,
    pub sure: Sure,
}

impl<T> Told<T> {
    /// A value that a header gave.
    pub fn header(value: T, name: impl Into<String>) -> Self {
        Self { value: Some(value), source: name.into(), sure: Sure::Header }
    }

    /// A value from elsewhere; `source` says where in words.
    pub fn from(value: T, source: impl Into<String>, sure: Sure) -> Self {
        Self { value: Some(value), source: source.into(), sure }
    }

    /// Not told; `why` says it in words (`Spring's recoverer does not say`), or is empty.
    pub fn nothing(why: impl Into<String>) -> Self {
        Self { value: None, source: why.into(), sure: Sure::Guess }
    }
}

impl<T> Default for Told<T> {
    fn default() -> Self {
        Self::nothing("")
    }
}

/// Where a message was when it failed.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Origin {
    pub name: String,
    /// Its kind where the message tells; `None`: as the dead-letter destination's own.
    pub kind: Option<Kind>,
    pub partition: Option<i32>,
    pub offset: Option<i64>,
    /// The exchange it was published to, and the routing keys it was published with, where the broker has them.
    pub exchange: Option<String>,
    pub routing_keys: Vec<String>,
}

/// The error a message died of.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Failure {
    /// The root cause's class where the framework tells, else the class it tells.
    pub class: Option<String>,
    /// The wrapper's class, where it differs.
    pub wrapper: Option<String>,
    pub message: Option<String>,
    /// The whole stack trace as text.
    pub stack: Option<String>,
    /// Where in the pipeline (`VALUE_CONVERTER`), or the broker's reason (`rejected`).
    pub stage: Option<String>,
}

/// What is known of one death.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Death {
    /// The framework family that wrote the metadata (`Spring Kafka`), empty if none was recognised.
    pub family: &'static str,
    pub origin: Told<Origin>,
    /// Group, queue or connector that failed it.
    pub failed_by: Told<String>,
    pub error: Told<Failure>,
    pub attempts: Told<u32>,
    pub first: Told<SystemTime>,
    pub last: Told<SystemTime>,
    /// The original record's time, before it died.
    pub sent: Told<SystemTime>,
    /// Names of headers and properties that tell of deaths, or would act again (`CC`): stripped by a replay.
    pub owned: Vec<String>,
    /// True when the body is not here (share-group pointers): the original must be fetched from `origin`.
    pub pointer: bool,
}
