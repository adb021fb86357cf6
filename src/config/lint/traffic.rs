//! Events, producers and consumers against each other.

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::model::Consumer;
use super::super::tree::View;
use super::{Say, said};

/// Looks at events, producers and consumers.
pub fn look(say: &mut Say<'_, '_>) {
    events(say);
    producers(say);
    consumers(say);
}

fn events(say: &mut Say<'_, '_>) {
    let mut first: BTreeMap<(String, String), usize> = BTreeMap::new();
    for family in say.case.view.get("events").children() {
        for event in family.children() {
            let kind = event.get("event_type");
            let (Some(name), Some(version)) = (kind.text(), event.get("version").text()) else {
                continue;
            };
            let line = say.line(kind.span());
            if let Some(line) = first.get(&(name.to_owned(), version.to_owned())) {
                let message = format!("{name} {version} is declared twice, first in line {line}");
                say.error(kind.span(), message, "");
            } else {
                first.insert((name.to_owned(), version.to_owned()), line);
            }
        }
    }
}

fn producers(say: &mut Say<'_, '_>) {
    let declared: Vec<&str> = say.case.context.events.iter().map(|event| event.event_type.as_str()).collect();
    for producer in say.case.view.get("event_producers").children() {
        let prefix = producer.get("topic_prefix");
        let routes = producer.get("events");
        let topic = routes.children().find_map(|route| route.get("topic").text());
        if let (Some(text), Some(topic)) = (prefix.text(), topic) {
            let message = format!("{}: two possible names, {topic} and {text}.{topic}", producer.name());
            say.warn(prefix.span(), message, "the name as written comes first; the broker decides");
        }
        for route in routes.children() {
            let name = route.name();
            if !declared.is_empty() && !declared.contains(&name) {
                let message = format!("{name} is not declared in events: nothing checks it");
                say.warn(route.key_span(), message, "");
            }
        }
    }
}

fn consumers(say: &mut Say<'_, '_>) {
    let context = say.case.context;
    let views = say.case.view.get("event_consumers");
    for consumer in &context.consumers {
        let view = views.get(&consumer.name);
        unhandled(say, view, consumer);
        too_slow(say, view, consumer);
        if context.guarantees.manual_commit == Some(true) && consumer.enable_auto_commit == Some(true) {
            let manual = say.case.view.at("message_guarantees.at_least_once.consumer.manual_commit");
            let line = say.line(view.at("settings.enable_auto_commit").span());
            let message = format!("manual_commit is true, but {} commits automatically (line {line})", consumer.name);
            say.warn(manual.span(), message, "");
        }
    }
}

/// Events that go to a topic this consumer reads, and that it has no handler for.
fn unhandled(say: &mut Say<'_, '_>, view: View<'_>, consumer: &Consumer) {
    if consumer.handlers.is_empty() {
        return;
    }
    let topics = view.get("topics").items();
    for producer in &say.case.context.producers {
        let one_place = producer.connection.is_none() || consumer.connection.is_none() || producer.connection == consumer.connection;
        for route in producer.routes.iter().filter(|_| one_place) {
            let read = topics.iter().find(|t| t.get("name").text() == Some(&route.topic));
            let Some(read) = read else { continue };
            if consumer.handler(&route.event_type).is_none() {
                let message = format!("{} goes to {}, {} reads it and has no handler", route.event_type, route.topic, consumer.name);
                say.warn(read.get("name").span(), message, "");
            }
        }
    }
}

/// A poll whose records take longer than the group waits gets the member thrown out.
fn too_slow(say: &mut Say<'_, '_>, view: View<'_>, consumer: &Consumer) {
    let records = consumer.max_poll_records;
    let mut slow: Vec<(Duration, String)> = Vec::new();
    for handler in &consumer.handlers {
        let batches = records.div_ceil(handler.batch_size.max(1));
        let time = handler.timeout.saturating_mul(batches) / handler.concurrency.max(1);
        if time > consumer.max_poll_interval {
            let batch = match handler.batch_size {
                1 => String::new(),
                size => format!(" ÷ {size}"),
            };
            let how = format!("{}{batch} × {} ÷ {}", records, said(handler.timeout), handler.concurrency);
            if !slow.iter().any(|(_, other)| *other == how) {
                slow.push((time, how));
            }
        }
    }
    let Some((time, how)) = slow.first() else { return };
    let others: Vec<&str> = slow[1..].iter().map(|(_, how)| how.as_str()).collect();
    let likewise = match others.is_empty() {
        true => String::new(),
        false => format!(" (and {} likewise)", others.join(", ")),
    };
    let records = view.at("settings.max_poll_records");
    let span = if records.is_some() { records.span() } else { view.key_span() };
    let message =
        format!("{}: {how} = {}{likewise} exceeds max_poll_interval_ms, {}", consumer.name, said(*time), said(consumer.max_poll_interval));
    say.warn(span, message, "the group throws such a member out");
}
