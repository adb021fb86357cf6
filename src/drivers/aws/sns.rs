//! SNS: topics by name, what is worth knowing of one, and sending to it.

mod subscriptions;

use std::collections::HashMap;
use std::sync::PoisonError;

use aws_sdk_sns::primitives::Blob;
use aws_sdk_sns::types::MessageAttributeValue;

pub use subscriptions::{Subscription, all, of_topic, told};

use super::client::Clients;
use super::publish::{dedup_id, wire};
use super::queue::is_fifo;
use super::redrive::{Redrive, name_of};
use super::{Aws, error};
use crate::broker::{Detail, Done, Error, ErrorKind, Outgoing, Receipt, Result};
use crate::model::{Address, Kind, Value};

/// Pages of topics at most; each has 100.
const PAGES: usize = 100;
/// Bytes of one message at most: SNS stayed at this when SQS grew.
pub const LIMIT: u64 = 256 << 10;

/// One page of topic ARNs, and where the next begins.
pub async fn topics_page(aws: &Aws, clients: &Clients, next: Option<String>) -> Result<(Vec<String>, Option<String>)> {
    let asked = clients.sns.list_topics().set_next_token(next).send().await;
    let page = asked.map_err(|e| aws.looked(&e, "list topics", None, "sns:ListTopics"))?;
    let arns: Vec<String> = page.topics.unwrap_or_default().into_iter().filter_map(|t| t.topic_arn).collect();
    let mut known = aws.topics.lock().unwrap_or_else(PoisonError::into_inner);
    known.extend(arns.iter().map(|arn| (name_of(arn).to_owned(), arn.clone())));
    Ok((arns, page.next_token.filter(|t| !t.is_empty())))
}

/// What SNS said; nothing where there are no rights on it, or an endpoint is without it: the probe has said so. Anything else, as that it is busy,
/// must not look as if there were no topics.
pub fn or_none<T: Default>(said: Result<T>) -> Result<T> {
    match said {
        Err(e) if matches!(e.kind, ErrorKind::Denied | ErrorKind::Unsupported | ErrorKind::Invalid | ErrorKind::NotFound) => {
            Ok(T::default())
        }
        other => other,
    }
}

/// The ARN of a topic by its name here. A topic is never made to find out: `CreateTopic` would tell it too.
pub async fn arn(aws: &Aws, op: &'static str, at: &Address) -> Result<String> {
    let known = || aws.topics.lock().unwrap_or_else(PoisonError::into_inner).get(&at.name).cloned();
    if let Some(arn) = known() {
        return Ok(arn);
    }
    let clients = aws.clients().await?;
    let mut next = None;
    for _ in 0..PAGES {
        let (_, more) = topics_page(aws, clients, next).await.map_err(|e| e.about(at))?;
        if let Some(arn) = known() {
            return Ok(arn);
        }
        next = more;
        if next.is_none() {
            break;
        }
    }
    let e = Error::new(ErrorKind::NotFound, op, "no topic of this name").about(at);
    Err(e.next("check the name, and that it is in this region and account"))
}

/// A topic and its subscriptions, each with where its undeliverable messages go.
pub async fn describe(aws: &Aws, at: &Address) -> Result<Detail> {
    let arn = arn(aws, "describe", at).await?;
    let clients = aws.clients().await?;
    let asked = clients.sns.get_topic_attributes().topic_arn(&arn).send().await;
    let failed = |e| {
        aws.topics.lock().unwrap_or_else(PoisonError::into_inner).remove(&at.name);
        aws.looked(&e, "describe", Some(at), "sns:GetTopicAttributes")
    };
    let attributes = asked.map_err(failed)?.attributes.unwrap_or_default();
    let mut facts = vec![("ARN".to_owned(), arn.clone(), "SNS".to_owned())];
    let shown = ["DisplayName", "Owner", "SubscriptionsConfirmed", "SubscriptionsPending", "KmsMasterKeyId", "ContentBasedDeduplication"];
    for name in shown {
        if let Some(value) = attributes.get(name).filter(|v| !v.is_empty()) {
            facts.push((name.to_owned(), value.clone(), "topic attribute".to_owned()));
        }
    }
    let subscriptions = of_topic(aws, at, &arn).await?;
    for s in &subscriptions {
        facts.push((format!("subscription {}", s.name()), s.words(), "subscription attributes".to_owned()));
    }
    let subscribers = u32::try_from(subscriptions.iter().filter(|s| s.confirmed).count()).ok();
    Ok(Detail { max_message_bytes: Some(LIMIT), subscribers, facts, ..Detail::default() })
}

/// Sends to a topic, one after the other: all of its subscribers get each.
pub async fn publish(aws: &Aws, to: &Address, batch: &[Outgoing]) -> Vec<Result<Receipt>> {
    let arn = match arn(aws, "publish", to).await {
        Ok(arn) => arn,
        Err(e) => return vec![Err(e); batch.len()],
    };
    let mut answers = Vec::with_capacity(batch.len());
    for out in batch {
        answers.push(publish_one(aws, to, &arn, out).await);
    }
    answers
}

async fn publish_one(aws: &Aws, to: &Address, arn: &str, out: &Outgoing) -> Result<Receipt> {
    let wire = wire(out, Some(LIMIT))?;
    let body = wire.body.as_deref().map(String::from_utf8_lossy).unwrap_or_default().into_owned();
    let call = error::Call { op: "publish", conn: &aws.id, at: Some(to), needs: "sns:Publish", writes: true };
    let mut ask = aws.clients().await?.sns_writing.publish().topic_arn(arn);
    if aws.profile.message_structure_json && by_protocol(&body) {
        ask = ask.message_structure("json");
    }
    if is_fifo(&to.name) {
        let group = wire.key.as_deref().map(|k| String::from_utf8_lossy(k).into_owned());
        ask = ask.set_message_group_id(group).message_deduplication_id(dedup_id(&wire));
    }
    let sent = ask.message(body).set_message_attributes(attributes(&wire)).send().await;
    sent.map_err(|e| {
        let e = error::error(&e, call);
        if e.kind == ErrorKind::NotFound && e.done == Done::No {
            aws.topics.lock().unwrap_or_else(PoisonError::into_inner).remove(&to.name);
        }
        e
    })?;
    // the copies in the subscribers' queues have ids of their own
    Ok(Receipt { to: to.clone(), seat: None })
}

/// Whether a body may be sent with `MessageStructure=json`: an object with a text for each protocol, `default` among them.
fn by_protocol(body: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(body).is_ok_and(|v| v.get("default").is_some_and(serde_json::Value::is_string))
}

fn attributes(wire: &Outgoing) -> Option<HashMap<String, MessageAttributeValue>> {
    let one = |(name, value): &(String, crate::model::Typed)| {
        let built = MessageAttributeValue::builder().data_type(value.wire.0.as_ref());
        let built = match &value.value {
            Value::Bytes(b) => built.binary_value(Blob::new(b.to_vec())),
            Value::Text(t) => built.string_value(t),
            _ => return None,
        };
        Some((name.clone(), built.build().ok()?))
    };
    let all: HashMap<_, _> = wire.headers.iter().filter_map(one).collect();
    Some(all).filter(|a| !a.is_empty())
}

/// The address of a topic of this connection.
pub fn topic(aws: &Aws, arn: &str) -> Address {
    Address::new(aws.id.clone(), Kind::Topic, name_of(arn))
}

/// A subscription's redrive policy.
pub fn redrive(attributes: &HashMap<String, String>) -> Option<Redrive> {
    Redrive::parse(attributes.get("RedrivePolicy")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_that_is_busy_is_not_one_without_topics() {
        let said = |kind| or_none(Err::<Vec<u8>, _>(Error::new(kind, "list topics", "")));
        assert!([ErrorKind::Denied, ErrorKind::Unsupported].into_iter().all(|kind| said(kind).is_ok_and(|all| all.is_empty())));
        assert!([ErrorKind::Throttled, ErrorKind::Timeout, ErrorKind::Unexpected].into_iter().all(|kind| said(kind).is_err()));
    }

    #[test]
    fn only_a_body_made_for_it_is_sent_by_protocol() {
        assert!(by_protocol(r#"{"default":"a","sqs":"b"}"#));
        for body in ["{}", r#"{"default":1}"#, "default", "[1]"] {
            assert!(!by_protocol(body), "{body}");
        }
    }
}
