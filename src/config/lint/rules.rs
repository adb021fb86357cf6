//! Dead letters, guarantees and monitoring against each other.

use std::time::Duration;

use super::super::model::{Action, DeadLetterPair, Role, Store};
use super::super::profile::BrokerKind;
use super::super::tree::View;
use super::{Say, said};

/// Longest that SQS keeps a message.
const SQS_KEEPS: Duration = Duration::from_secs(14 * 86_400);

/// Looks at dead letters, guarantees and monitoring.
pub fn look(say: &mut Say<'_, '_>) {
    let context = say.case.context;
    let block = say.case.view.get("dead_letter_queue");
    let pairs = block.get("dlq_config").items();
    for (pair, view) in context.dead_letters.pairs.iter().zip(pairs) {
        names(say, pair, view);
        retention(say, pair, view);
        let own = view.get("dlq_handlers");
        let handlers = if own.is_some() { own } else { block.get("dlq_handlers") };
        unreachable_retries(say, pair, handlers);
        if own.is_some() {
            rights(say, own);
        }
    }
    rights(say, block.get("dlq_handlers"));
    categories(say, block.get("dlq_handlers"));
    guarantees(say);
    spans(say);
}

fn names(say: &mut Say<'_, '_>, pair: &DeadLetterPair, view: View<'_>) {
    let (told, own) = (view.at("main_queue.dlq_name"), view.at("dlq_queue.name"));
    if let (Some(a), Some(b)) = (told.text(), own.text())
        && a != b
    {
        let line = say.line(own.span());
        let message = format!("dlq_name {a:?}, but dlq_queue.name (line {line}) is {b:?}");
        say.error(told.span(), message, "");
    }
    if !pair.main.is_empty() && pair.main == pair.dlq {
        let message = format!("{:?} cannot be its own dead-letter queue", pair.main);
        say.error(own.span(), message, "");
    }
}

fn retention(say: &mut Say<'_, '_>, pair: &DeadLetterPair, view: View<'_>) {
    let context = say.case.context;
    let Some(kept) = pair.message_retention else { return };
    let span = view.at("dlq_queue.message_retention").span();
    let connection = pair.connection.as_deref().and_then(|name| context.connection(name));
    if connection.is_some_and(|c| c.kind == BrokerKind::Aws) && kept > SQS_KEEPS {
        let message = format!("message_retention {}: SQS keeps a message for 14 d at most", said(kept));
        say.warn(span, message, "");
    }
    let ttl = say.case.view.at("message_guarantees.exactly_once.idempotence.ttl");
    if context.guarantees.shared && context.guarantees.ttl < kept {
        let line = say.line(span);
        let message = format!(
            "ttl {} is below message_retention {} (line {line}): marks die before messages",
            said(context.guarantees.ttl),
            said(kept)
        );
        let at = if ttl.is_some() { ttl.span() } else { span };
        say.warn(at, message, "an old message would run again");
    }
}

fn unreachable_retries(say: &mut Say<'_, '_>, pair: &DeadLetterPair, handlers: View<'_>) {
    for category in handlers.at("error_analysis.error_categories").children() {
        let retries = category.get("max_retries");
        let Some(asked) = retries.int::<u32>() else { continue };
        if asked > pair.max_redelivery {
            let message = format!(
                "{}: max_retries {asked} cannot be reached, max_redelivery of {} is {}",
                category.name(),
                pair.dlq,
                pair.max_redelivery
            );
            say.warn(retries.span(), message, "");
        }
    }
}

/// Categories that have neither built-in conditions nor their own.
fn categories(say: &mut Say<'_, '_>, handlers: View<'_>) {
    let built_in = ["validation_error", "timeout_error", "system_error"];
    for category in handlers.at("error_analysis.error_categories").children() {
        let name = category.name();
        let own = category.get("match");
        if !built_in.contains(&name) && own.children().next().is_none() {
            let message = format!("{name} has no conditions: only a person can set it");
            say.warn(category.key_span(), message, "match = { class = …, message = … }");
        }
        let retries = category.get("action").text() == Some(Action::RetryWithBackoff.word());
        if !retries && category.get("max_retries").is_some() {
            let message = format!("{name}: max_retries has no meaning for its action");
            say.warn(category.get("max_retries").span(), message, "");
        }
    }
}

fn rights(say: &mut Say<'_, '_>, handlers: View<'_>) {
    let word = handlers.at("manual_processing.ui.authorization");
    let admin = word.text() == Some("admin_only");
    let raised = say.case.env.var("REDRIVE_ROLE").as_deref() == Some(Role::Admin.word());
    if admin && say.case.config.roles.is_none() && !raised {
        let message = "no [roles]: admin_only needs REDRIVE_ROLE=admin";
        say.warn(word.span(), message, "");
    }
}

fn guarantees(say: &mut Say<'_, '_>) {
    let guarantees = &say.case.context.guarantees;
    let view = say.case.view.get("message_guarantees");
    let storage = view.at("exactly_once.idempotence.storage");
    let told = guarantees.store_url.is_some() || say.case.env.var("REDRIVE_REDIS_URL").is_some();
    if guarantees.shared && guarantees.store == Store::Redis && !told {
        let message = "storage \"redis\" without url: only the local ledger is known";
        // once the shared store is there, replays are refused without it
        say.warn(storage.span(), message, "url, or REDRIVE_REDIS_URL");
    }
    for (path, what) in [
        ("at_least_once.enabled", "a replay copies, confirms, then removes: always"),
        ("at_least_once.producer.idempotence", "a replay is always idempotent where the broker can"),
    ] {
        let asked = view.at(path);
        if asked.bool() == Some(false) {
            say.warn(asked.span(), format!("{what} (config asks false)"), "");
        }
    }
    if view.at("at_least_once.producer.retries").int::<i64>() == Some(0) {
        let message = "a replay retries at least once: idempotence needs it (config asks 0)";
        say.warn(view.at("at_least_once.producer.retries").span(), message, "");
    }
}

/// Spans that have nowhere to go, and metrics that an alert needs.
fn spans(say: &mut Say<'_, '_>) {
    let monitoring = &say.case.context.monitoring;
    let view = say.case.view.get("message_monitoring");
    let tracing = &monitoring.tracing;
    let asked = tracing.producer_send || tracing.consumer_receive || tracing.message_processing;
    if tracing.enabled && asked && say.case.config.watch.otlp_endpoint.is_none() {
        let message = "[watch.otlp] is missing: spans wait";
        say.warn(view.at("tracing.span_creation").key_span(), message, "");
    }
    for (alert, on, metric) in [
        ("consumer_lag", monitoring.consumer_lag.is_some(), "consumer.lag"),
        ("error_rate", monitoring.error_rate.is_some(), "consumer.error_rate"),
        ("processing_latency", monitoring.processing_latency.is_some(), "consumer.processing_latency"),
    ] {
        if on && !monitoring.metrics.on(metric) {
            let message = format!("{metric} is off, but the alert {alert} needs it: it is sampled");
            say.warn(view.get("metrics").at(metric).span(), message, "");
        }
    }
}
