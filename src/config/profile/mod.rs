//! Connection profiles: all that a driver learns of the broker it speaks to.

mod kafka;
mod queues;

pub use kafka::{KafkaProfile, KafkaReading, KafkaSecurity, KafkaWriting, SaslMechanism};
pub use queues::{ActiveMqProfile, AwsProfile, RabbitMqProfile};

use std::path::PathBuf;

use super::secret::SecretError;

/// What a connection speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BrokerKind {
    /// Apache Kafka and what speaks its protocol.
    #[default]
    Kafka,
    /// RabbitMQ: AMQP 0-9-1 and the management API.
    RabbitMq,
    /// ActiveMQ Classic and Artemis.
    ActiveMq,
    /// AWS SQS and SNS.
    Aws,
    /// The broker in memory, for the demo and for tests; no config names it.
    Memory,
}

impl BrokerKind {
    /// The word of the config (`kind = "kafka"`, and the connection name that implies it).
    pub fn word(self) -> &'static str {
        match self {
            BrokerKind::Kafka => "kafka",
            BrokerKind::RabbitMq => "rabbitmq",
            BrokerKind::ActiveMq => "activemq",
            BrokerKind::Aws => "aws_messaging",
            BrokerKind::Memory => "memory",
        }
    }

    /// The kind that a word means; `aws`, `sqs` and `sns` are `aws_messaging`.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "kafka" => Some(BrokerKind::Kafka),
            "rabbitmq" => Some(BrokerKind::RabbitMq),
            "activemq" => Some(BrokerKind::ActiveMq),
            "aws_messaging" | "aws" | "sqs" | "sns" => Some(BrokerKind::Aws),
            _ => None,
        }
    }
}

/// One connection of a context. `kind` says which of the settings below it hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Profile {
    /// The connection's name, unique in its context.
    pub name: String,
    /// The context it belongs to.
    pub context: String,
    /// What it speaks.
    pub kind: BrokerKind,
    /// Why it cannot be used at all, by what the config says (a setting's variable is unset).
    /// The other connections go on.
    pub down: Option<SecretError>,
    /// Settings of a Kafka connection.
    pub kafka: KafkaProfile,
    /// Settings of a RabbitMQ connection.
    pub rabbitmq: RabbitMqProfile,
    /// Settings of an ActiveMQ connection.
    pub activemq: ActiveMqProfile,
    /// Settings of SQS and SNS.
    pub aws: AwsProfile,
}

/// TLS of a connection, beyond the system's roots.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tls {
    /// PEM file with the certificate authorities to trust instead of the system's.
    pub ca: Option<PathBuf>,
    /// PEM file with our client certificate.
    pub cert: Option<PathBuf>,
    /// PEM file with its key.
    pub key: Option<PathBuf>,
    /// `1.2` or `1.3`.
    pub min_version: Option<String>,
}
