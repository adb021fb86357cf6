//! Settings of RabbitMQ, ActiveMQ and AWS connections.

use std::time::Duration;

use super::super::secret::Secret;
use super::Tls;

/// Settings of a RabbitMQ connection.
#[derive(Debug, Clone, PartialEq)]
pub struct RabbitMqProfile {
    /// Host name or address.
    pub host: String,
    /// AMQP port; 5672, with TLS 5671.
    pub port: u16,
    /// The vhost's name exactly, a slash is part of it.
    pub virtual_host: String,
    /// User name.
    pub username: Option<Secret>,
    /// Password.
    pub password: Option<Secret>,
    /// The management API, where it is not at the usual port.
    pub management_url: Option<String>,
    /// AMQP heartbeat, seconds; 0 takes the server's.
    pub heartbeat: u16,
    /// Deadline of the whole open.
    pub connection_timeout: Duration,
    /// Deadline of a method that waits for an answer.
    pub channel_rpc_timeout: Duration,
    /// Whether redrive reconnects by itself.
    pub automatic_recovery: bool,
    /// First wait before it does; doubled up to 60 s.
    pub network_recovery_interval: Duration,
    /// Most channels.
    pub max_channels: u32,
    /// Wait for a free one.
    pub channel_timeout: Duration,
    /// TLS on.
    pub ssl: bool,
    /// Whether the server's certificate is checked.
    pub verify_peer: bool,
    /// Trust and client certificate.
    pub tls: Tls,
}

impl Default for RabbitMqProfile {
    fn default() -> Self {
        Self {
            host: String::new(),
            port: 5672,
            virtual_host: "/".to_owned(),
            username: None,
            password: None,
            management_url: None,
            heartbeat: 60,
            connection_timeout: Duration::from_secs(60),
            channel_rpc_timeout: Duration::from_secs(10),
            automatic_recovery: true,
            network_recovery_interval: Duration::from_secs(5),
            max_channels: 100,
            channel_timeout: Duration::from_secs(30),
            ssl: false,
            verify_peer: true,
            tls: Tls::default(),
        }
    }
}

/// Settings of an ActiveMQ connection.
#[derive(Debug, Clone, PartialEq)]
pub struct ActiveMqProfile {
    /// As written: `tcp://host:61616`, `failover:(…)`.
    pub broker_url: String,
    /// User name.
    pub username: Option<Secret>,
    /// Password.
    pub password: Option<Secret>,
    /// Jolokia, where it is not at the usual port.
    pub jolokia_url: Option<String>,
    /// AMQP 1.0, likewise.
    pub amqp_url: Option<String>,
    /// STOMP, likewise.
    pub stomp_url: Option<String>,
    /// Most sockets.
    pub max_connections: u32,
    /// Deadline of TCP, TLS, login and open.
    pub connection_timeout: Duration,
    /// An unused connection is closed after it.
    pub idle_timeout: Duration,
    /// Keep-alive and heart-beats.
    pub keep_alive: bool,
    /// Most sessions.
    pub max_sessions: u32,
    /// Wait for a free one and its begin.
    pub session_timeout: Duration,
    /// Trust and client certificate.
    pub tls: Tls,
}

impl Default for ActiveMqProfile {
    fn default() -> Self {
        Self {
            broker_url: String::new(),
            username: None,
            password: None,
            jolokia_url: None,
            amqp_url: None,
            stomp_url: None,
            max_connections: 8,
            connection_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(300),
            keep_alive: true,
            max_sessions: 200,
            session_timeout: Duration::from_secs(60),
            tls: Tls::default(),
        }
    }
}

/// Settings of SQS and SNS in one region.
#[derive(Debug, Clone, PartialEq)]
pub struct AwsProfile {
    /// Region; none: the SDK's chain.
    pub region: Option<String>,
    /// Static key; both or neither.
    pub access_key_id: Option<Secret>,
    /// Static secret; both or neither.
    pub secret_access_key: Option<Secret>,
    /// Of temporary keys.
    pub session_token: Option<Secret>,
    /// Named profile of the AWS files.
    pub profile: Option<String>,
    /// Another endpoint, as for a local emulator.
    pub endpoint_url: Option<String>,
    /// `MaxNumberOfMessages` of our receives, 1 to 10.
    pub max_messages: u8,
    /// `VisibilityTimeout` of our receives.
    pub visibility_timeout: Duration,
    /// `WaitTimeSeconds` of our receives.
    pub wait_time: Duration,
    /// The queue attribute as declared, to be compared.
    pub receive_message_wait_time: Option<Duration>,
    /// The queue's retention as declared, to be compared.
    pub message_retention_period: Option<Duration>,
    /// SNS `MessageStructure=json`.
    pub message_structure_json: bool,
}

impl Default for AwsProfile {
    fn default() -> Self {
        Self {
            region: None,
            access_key_id: None,
            secret_access_key: None,
            session_token: None,
            profile: None,
            endpoint_url: None,
            max_messages: 10,
            visibility_timeout: Duration::from_secs(30),
            wait_time: Duration::from_secs(20),
            receive_message_wait_time: None,
            message_retention_period: None,
            message_structure_json: false,
        }
    }
}
