//! `messaging`: connection profiles.

use super::super::model::{Codec, Context, OffsetReset};
use super::super::profile::{
    ActiveMqProfile, AwsProfile, BrokerKind, KafkaProfile, KafkaSecurity, Profile, RabbitMqProfile, SaslMechanism, Tls,
};
use super::super::secret::SecretError;
use super::super::source::Sources;
use super::super::tree::{Node, Value, View};
use super::{Reader, put, set, word};

/// The codec that a word means.
pub fn codec(word: &str) -> Option<Codec> {
    Codec::ALL.into_iter().find(|codec| codec.word() == word)
}

/// What a word says of a group without a commit.
pub fn offset_reset(word: &str) -> Option<OffsetReset> {
    match word {
        "earliest" => Some(OffsetReset::Earliest),
        "latest" => Some(OffsetReset::Latest),
        "none" => Some(OffsetReset::None),
        _ => None,
    }
}

impl Reader<'_> {
    /// All connections of a context; its guarantees are read already.
    pub(super) fn connections(&mut self, view: View<'_>, context: &Context) -> Vec<Profile> {
        let mut profiles = Vec::new();
        for view in view.children() {
            let Some(kind) = self.kinds.get(view.name()) else { continue };
            let mut profile = Profile {
                name: view.name().to_owned(),
                context: context.name.clone(),
                kind: *kind,
                down: view.node.and_then(|node| unset(node, view.name(), self.sources)),
                ..Profile::default()
            };
            match kind {
                BrokerKind::Kafka => profile.kafka = kafka(view, context, self.sources),
                BrokerKind::RabbitMq => profile.rabbitmq = rabbitmq(view, self.sources),
                BrokerKind::ActiveMq => profile.activemq = activemq(view, self.sources),
                BrokerKind::Aws => profile.aws = aws(view, self.sources),
                BrokerKind::Memory => {}
            }
            profiles.push(profile);
        }
        profiles
    }
}

/// A setting whose variable is not set: without it the connection would not be the one meant.
fn unset(node: &Node, name: &str, sources: &Sources) -> Option<SecretError> {
    match &node.value {
        Value::Env(variable) if !variable.is_empty() => Some(SecretError {
            place: sources.place(node.span),
            why: format!("{variable} is not set"),
            need: format!("connection {name} needs it"),
        }),
        Value::Map(entries) => entries.iter().find_map(|entry| unset(&entry.node, name, sources)),
        _ => None,
    }
}

fn tls(view: View<'_>, sources: &Sources) -> Tls {
    Tls {
        ca: view.get("ca").path(sources),
        cert: view.get("cert").path(sources),
        key: view.get("key").path(sources),
        min_version: view.get("min_version").string(),
    }
}

fn kafka(view: View<'_>, context: &Context, sources: &Sources) -> KafkaProfile {
    let mut kafka = KafkaProfile::default();
    set(&mut kafka.bootstrap_servers, view.get("bootstrap_servers").texts());
    let producer = view.get("producer");
    let consumer = view.get("consumer");
    let (looks, replays) = (consumer.get("security"), producer.get("security"));
    let name = view.name();
    let looking = format!("looking at {name} needs it");
    let publishing = format!("a replay to {name} needs it");
    // one missing: the other serves both
    kafka.looking = match looks.is_some() {
        true => security(looks, view, &looking, sources),
        false => security(replays, view, &looking, sources),
    };
    let own_line = |other: View<'_>| {
        let password = other.get("sasl_password");
        let line = sources.place(password.span()).line;
        if password.is_some() { format!("{publishing} (looking has its own, line {line})") } else { publishing.clone() }
    };
    kafka.publishing = match replays.is_some() {
        true => security(replays, view, &own_line(looks), sources),
        false => security(looks, view, &publishing, sources),
    };
    reading(&mut kafka, consumer, context);
    writing(&mut kafka, producer, context);
    kafka
}

fn security(view: View<'_>, connection: View<'_>, need: &str, sources: &Sources) -> KafkaSecurity {
    KafkaSecurity {
        mechanism: word(view.get("sasl_mechanism"), SaslMechanism::from_word),
        ssl: view.get("ssl_enabled").bool().unwrap_or(false),
        username: view.get("sasl_username").secret(sources, need),
        password: view.get("sasl_password").secret(sources, need),
        tls: tls(connection.get("tls"), sources),
    }
}

fn reading(kafka: &mut KafkaProfile, consumer: View<'_>, context: &Context) {
    let reading = &mut kafka.reading;
    reading.group_id = consumer.get("group_id").string();
    reading.auto_offset_reset = word(consumer.get("auto_offset_reset"), offset_reset);
    set(&mut reading.enable_auto_commit, consumer.get("enable_auto_commit").bool());
    set(&mut reading.max_poll_records, consumer.get("max_poll_records").int());
    set(&mut reading.max_poll_interval, consumer.get("max_poll_interval_ms").ms());
    reading.isolation = context.guarantees.isolation;
}

/// `producer` and `message_guarantees` together, and never weaker than all acks and idempotent.
fn writing(kafka: &mut KafkaProfile, producer: View<'_>, context: &Context) {
    let guarantees = &context.guarantees;
    let writing = &mut kafka.writing;
    let less = |acks: &Option<String>| acks.clone().filter(|acks| acks != "all");
    writing.asked_acks = less(&producer.get("acks").string()).or(less(&guarantees.acks));
    writing.asked_not_idempotent = !guarantees.asked_idempotence;
    // two settings for one thing: the larger; idempotence needs at least one
    let asked = [producer.get("retries").int(), guarantees.retries];
    if let Some(retries) = asked.into_iter().flatten().max() {
        writing.retries = retries.max(1);
    }
    set(&mut writing.batch_size, producer.get("batch_size").int());
    set(&mut writing.linger, producer.get("linger_ms").ms());
    set(&mut writing.buffer_memory, producer.get("buffer_memory").int());
    set(&mut writing.compression, word(producer.get("compression_type"), codec));
    writing.transactional = guarantees.transactional;
    writing.transaction_timeout = guarantees.transaction_timeout;
}

fn rabbitmq(view: View<'_>, sources: &Sources) -> RabbitMqProfile {
    let mut rabbit = RabbitMqProfile::default();
    let need = format!("connection {} needs it", view.name());
    set(&mut rabbit.host, view.get("host").string());
    set(&mut rabbit.ssl, view.at("ssl.enabled").bool());
    rabbit.port = if rabbit.ssl { 5671 } else { 5672 };
    set(&mut rabbit.port, view.get("port").int());
    set(&mut rabbit.virtual_host, view.get("virtual_host").string());
    rabbit.username = view.get("username").secret(sources, &need);
    rabbit.password = view.get("password").secret(sources, &need);
    rabbit.management_url = view.get("management_url").string();
    let connection = view.get("connection");
    set(&mut rabbit.heartbeat, connection.get("heartbeat").int());
    set(&mut rabbit.connection_timeout, connection.get("connection_timeout").ms());
    set(&mut rabbit.channel_rpc_timeout, connection.get("channel_rpc_timeout").ms());
    set(&mut rabbit.automatic_recovery, connection.get("automatic_recovery").bool());
    set(&mut rabbit.network_recovery_interval, connection.get("network_recovery_interval").ms());
    set(&mut rabbit.max_channels, view.at("channel_pool.max_channels").int());
    set(&mut rabbit.channel_timeout, view.at("channel_pool.channel_timeout").ms());
    set(&mut rabbit.verify_peer, view.at("ssl.verify_peer").bool());
    rabbit.tls = tls(view.get("tls"), sources);
    rabbit
}

fn activemq(view: View<'_>, sources: &Sources) -> ActiveMqProfile {
    let mut active = ActiveMqProfile::default();
    let need = format!("connection {} needs it", view.name());
    set(&mut active.broker_url, view.get("broker_url").string());
    active.username = view.get("username").secret(sources, &need);
    active.password = view.get("password").secret(sources, &need);
    put(&mut active.jolokia_url, view.get("jolokia_url").string());
    put(&mut active.amqp_url, view.get("amqp_url").string());
    put(&mut active.stomp_url, view.get("stomp_url").string());
    let connection = view.get("connection");
    set(&mut active.max_connections, connection.get("max_connections").int());
    set(&mut active.connection_timeout, connection.get("connection_timeout").ms());
    set(&mut active.idle_timeout, connection.get("idle_timeout").ms());
    set(&mut active.keep_alive, connection.get("keep_alive").bool());
    set(&mut active.max_sessions, view.at("session_pool.max_sessions").int());
    set(&mut active.session_timeout, view.at("session_pool.session_timeout").ms());
    active.tls = tls(view.get("tls"), sources);
    active
}

fn aws(view: View<'_>, sources: &Sources) -> AwsProfile {
    let mut aws = AwsProfile::default();
    let need = format!("connection {} needs it", view.name());
    put(&mut aws.region, view.get("region").string());
    aws.access_key_id = view.get("access_key_id").secret(sources, &need);
    aws.secret_access_key = view.get("secret_access_key").secret(sources, &need);
    aws.session_token = view.get("session_token").secret(sources, &need);
    aws.profile = view.get("profile").string();
    aws.endpoint_url = view.get("endpoint_url").string();
    let sqs = view.get("sqs");
    set(&mut aws.max_messages, sqs.get("max_messages").int());
    // 0 s would return and count one message again and again
    let visibility = sqs.get("visibility_timeout").secs().filter(|time| !time.is_zero());
    set(&mut aws.visibility_timeout, visibility);
    aws.receive_message_wait_time = sqs.get("receive_message_wait_time_seconds").secs();
    let wait = sqs.get("wait_time_seconds").secs().or(aws.receive_message_wait_time);
    // a short poll asks some servers only and proves nothing
    set(&mut aws.wait_time, wait.map(|time| time.max(std::time::Duration::from_secs(1))));
    aws.message_retention_period = sqs.get("message_retention_period").secs();
    aws.message_structure_json = view.at("sns.message_structure").text() == Some("json");
    aws
}
