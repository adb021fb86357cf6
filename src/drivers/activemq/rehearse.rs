//! What carrying or publishing would do to a message: the way it goes, the wire message, what is lost, why it is refused. Publishing uses this very function.

use super::amqp::outgoing as amqp;
use super::known::{Known, Product};
use super::stomp::message::BODY;
use super::stomp::send as stomp;
use crate::broker::{Carriage, Outgoing, Rehearsal};
use crate::model::{Kind, Message, Seat, text_field};

/// What may be on record of a death, which the broker's own move leaves on the message.
fn is_of_death(name: &str) -> bool {
    ["dlqDeliveryFailureCause", "originalExpiration", "originalDeliveryMode", "original-destination"].contains(&name)
        || ["_AMQ_ORIG_", "_AMQ_ACTUAL_EXPIRY", "x-opt-ORIG-", "x-opt-ACTUAL-EXPIRY", "__HDR_", "__AMQ_", "x-redrive-"]
            .iter()
            .any(|start| name.starts_with(start))
}

/// Whether nothing but marks and notes of a death differ: then the broker's own move carries the message as it is.
fn is_untouched(was: &Message, out: &Outgoing) -> bool {
    let bare = |fields: &crate::model::Fields| fields.iter().filter(|(n, _)| !is_of_death(n)).cloned().collect::<Vec<_>>();
    was.body == out.body && was.key == out.key && was.properties == out.properties && bare(&was.headers) == bare(&out.headers)
}

/// Where a dead letter came from, if that was a queue.
pub(super) fn origin(was: &Message) -> Option<String> {
    let classic = text_field(&was.delivery, "OriginalDestination").and_then(|o| o.strip_prefix("queue://"));
    let by_stomp = || text_field(&was.delivery, "original-destination").and_then(|o| o.strip_prefix("/queue/"));
    let artemis = || ["x-opt-ORIG-QUEUE", "_AMQ_ORIG_QUEUE"].iter().find_map(|name| text_field(&was.headers, name));
    classic.or_else(by_stomp).or_else(artemis).map(str::to_owned)
}

/// What a JMS client sees of a message that another protocol brought and AMQP carried (measured on 2.56.0).
const BECOMES_AMQP: &str =
    "its form: it becomes a message of AMQP; JMS sees JMS_AMQP_* and NATIVE_MESSAGE_ID beside its properties, and no __AMQ_CID any more";

/// Whether Artemis shows by AMQP what another protocol brought: then it has the broker's own properties, where one of AMQP has annotations.
fn is_core(was: &Message) -> bool {
    was.headers.iter().any(|(name, _)| ["_AMQ_", "__AMQ_", "__HDR_"].iter().any(|start| name.starts_with(start)))
}

/// `moves`: whether the broker's own moves may be used (management is there, and its policy has not said no).
pub(super) fn rehearse(known: Option<&Known>, moves: bool, was: &Message, out: &Outgoing) -> Rehearsal {
    let Some(known) = known else {
        let why = "the broker has not answered yet, so what it can carry is not known".to_owned();
        return Rehearsal { wire: out.clone(), losses: Vec::new(), refused: Some(why), way: Carriage::Publish };
    };
    if out.to.kind != Kind::Queue {
        let why = format!("a {} is not published to: all its subscribers would get it again; name one queue", out.to.kind.word());
        return Rehearsal { wire: out.clone(), losses: Vec::new(), refused: Some(why), way: Carriage::Publish };
    }
    let near = was.at.conn == out.to.conn;
    // a copy that is put back is sent: the broker's own move only goes elsewhere
    if near && moves && was.at != out.to && was.at.kind == Kind::Queue && is_untouched(was, out) {
        return moved(known.product, was, out);
    }
    let mut done = prepare(known, out);
    if known.product == Product::Artemis && near && is_core(was) {
        done.losses.push(BECOMES_AMQP.to_owned());
        if text_field(&was.properties, BODY) == Some("empty") {
            done.losses.push("its body: a message without one is to JMS a text that is null".to_owned());
        }
    }
    if near {
        done.way = Carriage::Carry { marked: true };
        if !matches!(was.seat, Seat::Id(_)) {
            done.refused = Some("it has no id by which it could be taken out of its queue".to_owned());
        }
    }
    if !was.whole {
        done.refused = Some("only a cut view of this message is here; it would be published cut".to_owned());
    }
    done
}

/// By the broker's own retry or move.
fn moved(product: Product, was: &Message, out: &Outgoing) -> Rehearsal {
    let wire = Outgoing { headers: was.headers.clone(), properties: was.properties.clone(), ..out.clone() };
    let mut losses = Vec::new();
    if wire != *out {
        losses.push("the marks of redrive, by which it would be known again; what it says of its death stays on it".to_owned());
    }
    if origin(was).is_some() {
        let names = if product == Product::Classic { "OriginalDestination" } else { "x-opt-ORIG-*, _AMQ_ORIG_*" };
        losses.push(format!("where it came from ({names}): the broker writes the place that it leaves over it"));
    }
    // a cut view of it hinders nothing: the broker has the whole
    Rehearsal { wire, losses, refused: None, way: Carriage::Carry { marked: false } }
}

/// A message of which nothing else is known, as it is sent.
pub(super) fn prepare(known: &Known, out: &Outgoing) -> Rehearsal {
    match known.product {
        Product::Artemis => by_amqp(out),
        Product::Classic if known.stomp.is_none() => Rehearsal {
            wire: out.clone(),
            losses: Vec::new(),
            refused: Some(
                "it can only be sent by STOMP, and this broker has no STOMP door; enable its connector, or set stomp_url".to_owned(),
            ),
            way: Carriage::Publish,
        },
        Product::Classic => stomp::rehearse(out, known.jolokia.is_some()),
    }
}

/// As AMQP 1.0 has it.
fn by_amqp(out: &Outgoing) -> Rehearsal {
    let mut wire = out.clone();
    let mut losses = Vec::new();
    let mut refused = None;
    if wire.key.take().is_some() {
        losses.push("the key: a queue's messages have none".to_owned());
    }
    if wire.body.is_none() {
        refused = Some("a message without a body (a tombstone) cannot be put into a queue".to_owned());
    }
    if !amqp::body_is_kept(out) {
        refused = Some("its body is an AMQP value (a map or list), which cannot be edited as text".to_owned());
    }
    let (mut headers, mut annotations): (crate::model::Fields, crate::model::Fields) = Default::default();
    for (name, value) in std::mem::take(&mut wire.headers) {
        let Some(fit) = amqp::fitting(&value) else {
            losses.push(format!("header {name}: AMQP has no such value ({})", value.wire.0));
            continue;
        };
        if fit != value && !name.starts_with("x-redrive-") {
            losses.push(format!("header {name}: its type ({}) becomes {}", value.wire.0, fit.wire.0));
        }
        let list = if amqp::is_annotation(&fit) { &mut annotations } else { &mut headers };
        match list.iter_mut().find(|(n, _)| *n == name) {
            Some(old) => {
                losses.push(format!("the earlier value of header {name}: a name can be there once"));
                old.1 = fit;
            }
            None => list.push((name, fit)),
        }
    }
    headers.append(&mut annotations);
    wire.headers = headers;
    wire.properties.retain(|(name, value)| {
        let why = match name.as_str() {
            "ttl" | "absolute-expiry-time" => "it would be overdue again",
            "x-opt-delivery-time" | "x-opt-delivery-delay" => "it would be delayed again",
            _ if amqp::is_property(name, value) => return true,
            _ => "AMQP has no such property",
        };
        losses.push(format!("property {name}: {why}"));
        false
    });
    Rehearsal { wire, losses, refused, way: Carriage::Publish }
}
