//! Producers, consumers, requests and audiences.

use super::super::model::{
    Backoff, Consumer, Context, Format, Handler, PartitionStrategy, Producer, PubSub, RequestReply, RetryPolicy, Route, Subscriber,
    Subscription,
};
use super::super::tree::View;
use super::connections::{codec, offset_reset};
use super::events::fields;
use super::{Reader, ms, set, word};

fn format(word: &str) -> Option<Format> {
    match word {
        "json" => Some(Format::Json),
        "avro" => Some(Format::Avro),
        "protobuf" => Some(Format::Protobuf),
        "text" => Some(Format::Text),
        _ => None,
    }
}

fn backoff(word: &str) -> Option<Backoff> {
    match word {
        "exponential" => Some(Backoff::Exponential),
        "linear" => Some(Backoff::Linear),
        "fixed" => Some(Backoff::Fixed),
        _ => None,
    }
}

/// How a publisher spreads.
pub fn strategy(word: &str) -> Option<PartitionStrategy> {
    match word {
        "hash" => Some(PartitionStrategy::Hash),
        "round_robin" => Some(PartitionStrategy::RoundRobin),
        _ => None,
    }
}

fn retry(view: View<'_>) -> RetryPolicy {
    let mut retry = RetryPolicy::default();
    set(&mut retry.max_retries, view.get("max_retries").int());
    set(&mut retry.backoff, word(view.get("backoff_strategy"), backoff));
    ms(view.get("initial_delay"), &mut retry.initial_delay);
    retry
}

impl Reader<'_> {
    pub(super) fn producers(&mut self, view: View<'_>, context: &Context) -> Vec<Producer> {
        let mut producers = Vec::new();
        for view in view.children() {
            let mut producer = Producer {
                name: view.name().to_owned(),
                connection: self.broker(view.get("broker"), context),
                topic_prefix: view.get("topic_prefix").string(),
                ..Producer::default()
            };
            for route in view.get("events").children() {
                producer.routes.push(Route {
                    event_type: route.name().to_owned(),
                    topic: route.get("topic").string().unwrap_or_default(),
                    partition_key: route.get("partition_key").string(),
                    retry: retry(route.get("retry_policy")),
                });
            }
            let written = view.get("serialization");
            producer.serialization.format = word(written.get("format"), format);
            producer.serialization.compression = word(written.get("compression"), codec);
            producer.serialization.registry_url = written.at("schema_registry.url").string();
            let checked = view.get("validation");
            let validation = &mut producer.validation;
            set(&mut validation.schema_validation, checked.get("schema_validation").bool());
            set(&mut validation.required_fields, checked.get("required_fields").texts());
            validation.payload_size_limit = checked.get("payload_size_limit").int();
            producers.push(producer);
        }
        producers
    }

    pub(super) fn consumers(&mut self, view: View<'_>, context: &Context) -> Vec<Consumer> {
        let mut consumers = Vec::new();
        for view in view.children() {
            let mut consumer = Consumer {
                name: view.name().to_owned(),
                connection: self.broker(view.get("broker"), context),
                group_id: view.get("group_id").string().unwrap_or_default(),
                ..Consumer::default()
            };
            for topic in view.get("topics").items() {
                consumer.topics.push(Subscription {
                    topic: topic.get("name").string().unwrap_or_default(),
                    partitions: topic.get("partitions").ints(),
                    auto_offset_reset: word(topic.get("auto_offset_reset"), offset_reset),
                });
            }
            consumer.handlers = view.get("handlers").children().map(handler).collect();
            let settings = view.get("settings");
            set(&mut consumer.max_poll_records, settings.get("max_poll_records").int());
            ms(settings.get("max_poll_interval_ms"), &mut consumer.max_poll_interval);
            consumer.enable_auto_commit = settings.get("enable_auto_commit").bool();
            ms(settings.get("auto_commit_interval_ms"), &mut consumer.auto_commit_interval);
            consumers.push(consumer);
        }
        consumers
    }

    pub(super) fn request_reply(&mut self, view: View<'_>, context: &Context) -> Vec<RequestReply> {
        let mut pairs = Vec::new();
        for view in view.children() {
            let mut pair = RequestReply {
                name: view.name().to_owned(),
                connection: self.broker(view.get("broker"), context),
                request_topic: view.get("request_topic").string().unwrap_or_default(),
                reply_topic: view.get("reply_topic").string().unwrap_or_default(),
                request_schema: fields(view.get("request_schema")),
                reply_schema: fields(view.get("reply_schema")),
                retry: retry(view.get("retry_policy")),
                ..RequestReply::default()
            };
            set(&mut pair.correlation_id_header, view.get("correlation_id_header").string());
            ms(view.get("timeout"), &mut pair.timeout);
            pairs.push(pair);
        }
        pairs
    }

    pub(super) fn pub_sub(&mut self, view: View<'_>, context: &Context) -> Vec<PubSub> {
        let mut topics = Vec::new();
        for view in view.children() {
            let publisher = view.get("publisher");
            let body = publisher.get("message_format");
            let mut topic = PubSub {
                name: view.name().to_owned(),
                connection: self.broker(view.get("broker"), context),
                topic: view.get("topic").string().unwrap_or_default(),
                publisher: publisher.get("name").string(),
                partition_key: publisher.get("partition_key").string(),
                format: word(body.get("type"), format),
                compression: word(body.get("compression"), codec),
                schema_version: body.get("schema_version").string(),
                ..PubSub::default()
            };
            set(&mut topic.partition_strategy, word(publisher.get("partition_strategy"), strategy));
            for subscriber in view.get("subscribers").items() {
                topic.subscribers.push(Subscriber {
                    name: subscriber.get("name").string().unwrap_or_default(),
                    group_id: subscriber.get("group_id").string().unwrap_or_default(),
                    handler: subscriber.get("handler").string(),
                    concurrency: subscriber.get("concurrency").int().unwrap_or(1),
                });
            }
            topics.push(topic);
        }
        topics
    }
}

fn handler(view: View<'_>) -> Handler {
    let mut handler = Handler {
        event_type: view.name().to_owned(),
        handler: view.get("handler").string(),
        retry: retry(view.get("retry_policy")),
        ..Handler::default()
    };
    set(&mut handler.concurrency, view.get("concurrency").int());
    ms(view.get("timeout"), &mut handler.timeout);
    set(&mut handler.batch_size, view.get("batch_size").int());
    ms(view.get("batch_timeout"), &mut handler.batch_timeout);
    handler
}
