//! Settings of the connections (`messaging`).

use super::{CODECS, Kind::*, MANY, NEVER_JOINS, RESETS, Setting, row};

const MECHANISMS: super::Kind = Words(&["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER", "GSSAPI"]);
const KINDS: super::Kind = Words(&["kafka", "rabbitmq", "activemq", "aws_messaging"]);
const TLS_VERSIONS: super::Kind = Words(&["1.2", "1.3"]);

/// `messaging.kafka`.
pub const KAFKA: &[Setting] = &[
    row("messaging.kafka.kind", KINDS, "\"kafka\"", "what the connection speaks; implied where its name says it"),
    row("messaging.kafka.bootstrap_servers", Servers, "", "bootstrap.servers of every client; `check --connect` tries each by itself")
        .eg("[\"localhost:9092\"]")
        .needed(),
    row("messaging.kafka.producer.acks", Acks, "\"all\"", "a replay always publishes with acks=all; less is shown in the plan").safety(),
    row("messaging.kafka.producer.retries", Int(0, MANY), "2147483647", "message.send.max.retries of a replay, at least 1").safety(),
    row("messaging.kafka.producer.batch_size", Bytes, "1000000", "batch.size of a replay").usual(1_000, 10_000_000),
    row("messaging.kafka.producer.linger_ms", Ms(0, 900_000), "5", "linger.ms of a replay; canary steps are sent at once"),
    row("messaging.kafka.producer.buffer_memory", Bytes, "33554432", "what a replay may have in flight (queue.buffering.max.kbytes)")
        .usual(1_000_000, 2_000_000_000),
    row(
        "messaging.kafka.producer.compression_type",
        CODECS,
        "\"none\"",
        "compression.type of a replay's batches; key, value and headers stay byte for byte",
    ),
    row("messaging.kafka.producer.security.sasl_mechanism", MECHANISMS, "", "how a replay logs in").eg("\"SCRAM-SHA-512\""),
    row("messaging.kafka.producer.security.ssl_enabled", Bool, "false", "whether a replay publishes over TLS"),
    row("messaging.kafka.producer.security.sasl_username", User, "", "user that replays").eg("{ env = \"KAFKA_USERNAME\" }"),
    row("messaging.kafka.producer.security.sasl_password", Secret, "", "its password, resolved when a replay first connects")
        .eg("{ env = \"KAFKA_PASSWORD\" }"),
    row(
        "messaging.kafka.consumer.group_id",
        Text,
        "",
        "a declared group: in Lag even when absent, in blast radius where it has commits; never our own",
    )
    .eg("\"my-group\""),
    row(
        "messaging.kafka.consumer.auto_offset_reset",
        RESETS,
        "\"latest\"",
        "where peek and Messages start if nothing is asked; what that group does without a commit",
    ),
    row("messaging.kafka.consumer.enable_auto_commit", Bool, "true", "ours is always false; true weakens what that group's commits prove")
        .safety(),
    row("messaging.kafka.consumer.session_timeout_ms", Ms(1, MANY), "45000", "nothing").unused(NEVER_JOINS),
    row("messaging.kafka.consumer.heartbeat_interval_ms", Ms(1, MANY), "3000", "nothing").unused(NEVER_JOINS),
    row("messaging.kafka.consumer.max_poll_records", Int(1, 10_000), "500", "page of Messages, default --limit of peek"),
    row(
        "messaging.kafka.consumer.max_poll_interval_ms",
        Ms(1, MANY),
        "300000",
        "a commit that stands still for longer, while messages arrive, is `stalled` in Lag",
    )
    .usual(1_000, 86_400_000),
    row("messaging.kafka.consumer.security.sasl_mechanism", MECHANISMS, "", "how looking logs in").eg("\"SCRAM-SHA-512\""),
    row("messaging.kafka.consumer.security.ssl_enabled", Bool, "false", "whether looking goes over TLS"),
    row("messaging.kafka.consumer.security.sasl_username", User, "", "user that looks").eg("{ env = \"KAFKA_USERNAME\" }"),
    row("messaging.kafka.consumer.security.sasl_password", Secret, "", "its password").eg("{ env = \"KAFKA_PASSWORD\" }"),
    row("messaging.kafka.tls.ca", File, "", "certificate authorities to trust instead of the system's (PEM)").eg("\"ca.pem\""),
    row("messaging.kafka.tls.cert", File, "", "our client certificate (PEM)").eg("\"client.pem\""),
    row("messaging.kafka.tls.key", File, "", "its key (PEM)").eg("\"client.key\""),
    row("messaging.kafka.tls.min_version", TLS_VERSIONS, "\"1.2\"", "oldest TLS that is accepted"),
];

/// `messaging.rabbitmq`.
pub const RABBITMQ: &[Setting] = &[
    row("messaging.rabbitmq.kind", KINDS, "\"rabbitmq\"", "what the connection speaks; implied where its name says it"),
    row("messaging.rabbitmq.host", Text, "", "host of AMQP and of the management API").eg("\"localhost\"").needed(),
    row("messaging.rabbitmq.port", Int(1, 65_535), "5672", "AMQP port; 5671 with TLS"),
    row("messaging.rabbitmq.virtual_host", Text, "\"/\"", "the vhost exactly; a slash is part of its name"),
    row("messaging.rabbitmq.username", User, "", "login of AMQP and of the management API; guest on loopback only")
        .eg("{ env = \"RABBITMQ_USERNAME\" }"),
    row("messaging.rabbitmq.password", Secret, "", "its password").eg("{ env = \"RABBITMQ_PASSWORD\" }"),
    row("messaging.rabbitmq.management_url", Url, "", "the management API, where it is not at the usual port")
        .eg("\"http://localhost:15672\""),
    row("messaging.rabbitmq.connection.heartbeat", Seconds(0, 65_535), "60", "AMQP heartbeat; 0 takes the server's").usual(1, 3_600),
    row("messaging.rabbitmq.connection.connection_timeout", Ms(1, MANY), "60000", "deadline of the whole open: TCP, TLS, login, vhost")
        .usual(1_000, 600_000),
    row("messaging.rabbitmq.connection.channel_rpc_timeout", Ms(1, MANY), "10000", "deadline of each method that waits for an answer")
        .usual(1_000, 600_000),
    row("messaging.rabbitmq.connection.automatic_recovery", Bool, "true", "redrive reconnects by itself; false: down until `r`").safety(),
    row("messaging.rabbitmq.connection.network_recovery_interval", Ms(1, MANY), "5000", "first wait before it does, doubled up to 60 s")
        .safety()
        .usual(1_000, 600_000),
    row("messaging.rabbitmq.channel_pool.max_channels", Int(1, 65_535), "100", "channel_max, and size of our pool"),
    row("messaging.rabbitmq.channel_pool.channel_timeout", Ms(1, MANY), "30000", "wait for a free channel").usual(1_000, 600_000),
    row("messaging.rabbitmq.ssl.enabled", Bool, "false", "amqps, and https for the management API"),
    row("messaging.rabbitmq.ssl.verify_peer", Bool, "true", "false takes any certificate and is shown as `not verified`"),
    row("messaging.rabbitmq.ssl.fail_if_no_peer_cert", Bool, "false", "nothing")
        .unused("it tells a TLS server to demand a client certificate; redrive is the client"),
    row("messaging.rabbitmq.tls.ca", File, "", "certificate authorities to trust instead of the system's (PEM)").eg("\"ca.pem\""),
    row("messaging.rabbitmq.tls.cert", File, "", "our client certificate (PEM)").eg("\"client.pem\""),
    row("messaging.rabbitmq.tls.key", File, "", "its key (PEM)").eg("\"client.key\""),
    row("messaging.rabbitmq.tls.min_version", TLS_VERSIONS, "\"1.2\"", "oldest TLS that is accepted"),
];

/// `messaging.activemq`.
pub const ACTIVEMQ: &[Setting] = &[
    row("messaging.activemq.kind", KINDS, "\"activemq\"", "what the connection speaks; implied where its name says it"),
    row("messaging.activemq.broker_url", Url, "", "the broker; the port is asked what it speaks").eg("\"tcp://localhost:61616\"").needed(),
    row("messaging.activemq.username", User, "", "login of AMQP, STOMP and Jolokia; none is anonymous")
        .eg("{ env = \"ACTIVEMQ_USERNAME\" }"),
    row("messaging.activemq.password", Secret, "", "its password").eg("{ env = \"ACTIVEMQ_PASSWORD\" }"),
    row("messaging.activemq.jolokia_url", Url, "", "Jolokia, where it is not at the usual port")
        .eg("\"http://localhost:8161/api/jolokia\""),
    row("messaging.activemq.amqp_url", Url, "", "AMQP 1.0, where it is not at the usual port").eg("\"amqp://localhost:5672\""),
    row("messaging.activemq.stomp_url", Url, "", "STOMP, where it is not at the usual port").eg("\"stomp://localhost:61613\""),
    row(
        "messaging.activemq.connection.max_connections",
        Int(1, MANY),
        "8",
        "most sockets to this broker, at least 6: 4 to Jolokia, 2 to AMQP or STOMP",
    ),
    row("messaging.activemq.connection.connection_timeout", Ms(1, MANY), "30000", "deadline of TCP, TLS, login and open")
        .usual(1_000, 600_000),
    row(
        "messaging.activemq.connection.idle_timeout",
        Ms(1, MANY),
        "300000",
        "an unused connection to Jolokia is closed after it; others end with their operation",
    )
    .usual(1_000, 86_400_000),
    row("messaging.activemq.connection.keep_alive", Bool, "true", "SO_KEEPALIVE on every socket, and our AMQP idle-time-out"),
    row("messaging.activemq.session_pool.max_sessions", Int(1, 65_535), "200", "AMQP channel-max; redrive uses one session a connection"),
    row("messaging.activemq.session_pool.session_timeout", Ms(1, MANY), "60000", "wait for a free socket, and for a session to begin")
        .usual(1_000, 600_000),
    row("messaging.activemq.tls.ca", File, "", "certificate authorities to trust instead of the system's (PEM)").eg("\"ca.pem\""),
    row("messaging.activemq.tls.cert", File, "", "our client certificate (PEM)").eg("\"client.pem\""),
    row("messaging.activemq.tls.key", File, "", "its key (PEM)").eg("\"client.key\""),
    row("messaging.activemq.tls.min_version", TLS_VERSIONS, "\"1.2\"", "oldest TLS that is accepted"),
];

/// `messaging.aws_messaging`.
pub const AWS: &[Setting] = &[
    row("messaging.aws_messaging.kind", KINDS, "\"aws_messaging\"", "what the connection speaks; implied where its name says it"),
    row("messaging.aws_messaging.region", Text, "", "region; none: the SDK's chain").eg("\"eu-west-1\""),
    row("messaging.aws_messaging.access_key_id", Secret, "", "static key; none: environment, profile, SSO, role")
        .eg("{ env = \"AWS_ACCESS_KEY_ID\" }"),
    row("messaging.aws_messaging.secret_access_key", Secret, "", "its secret").eg("{ env = \"AWS_SECRET_ACCESS_KEY\" }"),
    row("messaging.aws_messaging.session_token", Secret, "", "token of temporary keys").eg("{ env = \"AWS_SESSION_TOKEN\" }"),
    row("messaging.aws_messaging.profile", Text, "", "named profile of the AWS files").eg("\"default\""),
    row("messaging.aws_messaging.endpoint_url", Url, "", "another endpoint, as for a local emulator").eg("\"http://localhost:4566\""),
    row("messaging.aws_messaging.sqs.max_messages", Int(1, 10), "10", "MaxNumberOfMessages of our receives")
        .safety()
        .why("SQS gives at most 10 messages at once"),
    row("messaging.aws_messaging.sqs.visibility_timeout", Seconds(0, 43_200), "30", "VisibilityTimeout of our receives; 0 becomes 30")
        .safety()
        .why("SQS hides a message for at most 12 hours"),
    row("messaging.aws_messaging.sqs.wait_time_seconds", Seconds(0, 20), "20", "WaitTimeSeconds of our receives; 0 becomes 1")
        .safety()
        .why("SQS waits for at most 20 seconds"),
    row(
        "messaging.aws_messaging.sqs.receive_message_wait_time_seconds",
        Seconds(0, 20),
        "",
        "the queue's own wait: stands in for wait_time_seconds, else compared; never set by us",
    )
    .eg("20")
    .safety()
    .why("SQS waits for at most 20 seconds"),
    row(
        "messaging.aws_messaging.sqs.message_retention_period",
        Seconds(60, 1_209_600),
        "",
        "expiry clock when the queue does not tell, else compared; never set by us",
    )
    .eg("1209600")
    .why("SQS keeps a message for 60 seconds to 14 days"),
    row(
        "messaging.aws_messaging.sns.message_structure",
        Words(&["json", "none"]),
        "\"none\"",
        "json: an envelope's Message is opened as JSON, and a publish may say MessageStructure=json",
    )
    .safety(),
    row("messaging.aws_messaging.sns.message_attributes", Bool, "true", "attributes are carried always, types kept").safety(),
];
