//! Dead letters, guarantees and monitoring.

use super::super::model::{
    Action, Authorization, CategoryRule, Context, DeadLetterPair, DeadLetterRules, DeadLetters, ErrorRateAlert, Guarantees, Isolation,
    KeyStrategy, LagAlert, LatencyAlert, Match, Monitoring, Severity, Store,
};
use super::super::source::Sources;
use super::super::tree::View;
use super::super::value::role_only;
use super::traffic::strategy;
use super::{Reader, ms, put, set, word};

impl Reader<'_> {
    pub(super) fn dead_letters(&mut self, view: View<'_>, context: &Context) -> DeadLetters {
        let mut all = DeadLetters { rules: rules(view.get("dlq_handlers")), ..DeadLetters::default() };
        for pair in view.get("dlq_config").items() {
            let connection = self.broker(pair.get("broker"), context);
            let (main, dlq) = (pair.get("main_queue"), pair.get("dlq_queue"));
            let own = pair.get("dlq_handlers");
            let mut read = DeadLetterPair {
                connection,
                main: main.get("name").string().unwrap_or_default(),
                dlq: dlq.get("name").string().or(main.get("dlq_name").string()).unwrap_or_default(),
                max_retries: main.get("max_retries").int(),
                message_retention: dlq.get("message_retention").secs(),
                park_to: pair.get("park_to").string(),
                rules: own.is_some().then(|| rules(own)),
                ..DeadLetterPair::default()
            };
            ms(main.get("retry_delay"), &mut read.retry_delay);
            set(&mut read.max_redelivery, dlq.get("max_redelivery").int());
            all.pairs.push(read);
        }
        all
    }
}

fn rules(view: View<'_>) -> DeadLetterRules {
    let mut rules = DeadLetterRules::default();
    let analysis = view.get("error_analysis");
    put(&mut rules.analysis.handler, analysis.get("handler").string());
    set(&mut rules.analysis.concurrency, analysis.get("concurrency").int());
    ms(analysis.get("timeout"), &mut rules.analysis.timeout);
    rules.analysis.categories = analysis.get("error_categories").children().map(category).collect();
    let manual = view.get("manual_processing");
    put(&mut rules.manual.handler, manual.get("handler").string());
    set(&mut rules.manual.concurrency, manual.get("concurrency").int());
    ms(manual.get("timeout"), &mut rules.manual.timeout);
    let ui = manual.get("ui");
    set(&mut rules.manual.enabled, ui.get("enabled").bool());
    let required = word(ui.get("authentication"), |word| Some(word == "required"));
    set(&mut rules.manual.authentication_required, required);
    let least = word(ui.get("authorization"), role_only).map(Authorization);
    set(&mut rules.manual.authorization, least);
    rules
}

fn category(view: View<'_>) -> CategoryRule {
    let mut rule = CategoryRule { name: view.name().to_owned(), ..CategoryRule::default() };
    set(&mut rule.action, word(view.get("action"), Action::from_word));
    set(&mut rule.severity, word(view.get("severity"), Severity::from_word));
    set(&mut rule.max_retries, view.get("max_retries").int());
    let own = view.get("match");
    rule.matcher = own.is_some().then(|| Match {
        class: own.get("class").string(),
        message: own.get("message").string(),
        destination: own.get("destination").string(),
    });
    rule
}

/// `message_guarantees`.
pub fn guarantees(view: View<'_>, sources: &Sources) -> Guarantees {
    let mut all = Guarantees::default();
    let least = view.get("at_least_once");
    set(&mut all.asked_at_least_once, least.get("enabled").bool());
    all.acks = least.at("producer.acks").string();
    all.retries = least.at("producer.retries").int();
    set(&mut all.asked_idempotence, least.at("producer.idempotence").bool());
    all.manual_commit = least.at("consumer.manual_commit").bool();
    ms(least.at("consumer.offset_commit_interval"), &mut all.offset_commit_interval);
    let exactly = view.get("exactly_once");
    // `enabled: false` switches off what is below it; absent is not false for transactions
    let off = exactly.get("enabled").bool() == Some(false);
    let transactional = exactly.get("transactional");
    all.transactional =
        least.at("producer.transactional").bool().unwrap_or(false) || (!off && transactional.get("enabled").bool().unwrap_or(false));
    ms(transactional.get("timeout"), &mut all.transaction_timeout);
    if !off && transactional.get("isolation_level").text() == Some("read_uncommitted") {
        all.isolation = Isolation::ReadUncommitted;
    }
    let idempotence = exactly.get("idempotence");
    all.shared = exactly.get("enabled").bool().unwrap_or(false) && idempotence.get("enabled").bool().unwrap_or(true);
    if idempotence.get("storage").text() == Some("redis") {
        all.store = Store::Redis;
    }
    all.store_url = idempotence.get("url").secret(sources, "the shared store needs it");
    set(&mut all.key_strategy, word(idempotence.get("key_strategy"), key_strategy));
    set(&mut all.ttl, idempotence.get("ttl").secs());
    let order = view.get("message_ordering");
    set(&mut all.ordering, order.get("enabled").bool());
    let key = order.get("partition_key");
    set(&mut all.ordering_key.strategy, word(key.get("strategy"), strategy));
    set(&mut all.ordering_key.fields, key.get("fields").texts());
    let groups = order.get("consumer_groups");
    let single = groups.get("single_partition_consumers").bool();
    set(&mut all.single_partition_consumers, single);
    all.max_concurrent_partitions = groups.get("max_concurrent_partitions").int();
    all
}

fn key_strategy(word: &str) -> Option<KeyStrategy> {
    match word.split_once(':') {
        None => Some(KeyStrategy::MessageId),
        Some(("header", name)) => Some(KeyStrategy::Header(name.to_owned())),
        Some((_, pointer)) => Some(KeyStrategy::Field(pointer.to_owned())),
    }
}

/// `message_monitoring`.
pub fn monitoring(view: View<'_>) -> Monitoring {
    let mut all = Monitoring::default();
    for group in view.get("metrics").children() {
        for metric in group.children().filter(|metric| metric.bool() == Some(false)) {
            all.metrics.off.push(format!("{}.{}", group.name(), metric.name()));
        }
    }
    let level = |view: View<'_>| word(view.get("alert_level"), Severity::from_word).unwrap_or_default();
    let alerting = view.get("alerting");
    let lag = alerting.get("consumer_lag");
    all.consumer_lag = lag.get("threshold").int().map(|threshold| LagAlert {
        threshold,
        level: level(lag),
        escalation_time: lag.get("escalation_time").secs().unwrap_or_default(),
    });
    let rate = alerting.get("error_rate");
    all.error_rate = rate.get("threshold").float().map(|threshold| ErrorRateAlert {
        threshold,
        level: level(rate),
        window: rate.get("window_size").secs().unwrap_or(std::time::Duration::from_secs(300)),
    });
    let latency = alerting.get("processing_latency");
    all.processing_latency = latency.get("threshold").ms().map(|threshold| LatencyAlert {
        threshold,
        level: level(latency),
        percentile: latency.get("percentile").float().unwrap_or(95.0),
    });
    let tracing = view.get("tracing");
    set(&mut all.tracing.enabled, tracing.get("enabled").bool());
    let propagation = tracing.get("trace_propagation");
    set(&mut all.tracing.headers, propagation.get("headers").texts());
    set(&mut all.tracing.baggage, propagation.get("baggage").bool());
    let spans = tracing.get("span_creation");
    set(&mut all.tracing.producer_send, spans.get("producer_send").bool());
    set(&mut all.tracing.consumer_receive, spans.get("consumer_receive").bool());
    set(&mut all.tracing.message_processing, spans.get("message_processing").bool());
    all
}
