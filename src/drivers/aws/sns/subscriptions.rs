//! Subscriptions of topics: who gets what is published, in an envelope or raw, and where what cannot be delivered goes.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use futures::stream::{self, StreamExt};

use super::super::redrive::{Redrive, name_of, queue_of};
use super::super::{Aws, Told, client::Clients};
use crate::broker::Result;
use crate::model::Address;

/// Pages at most; each has 100 subscriptions.
const PAGES: usize = 50;
/// Calls under way at once.
const AT_ONCE: usize = 16;

/// One subscription.
#[derive(Clone, Debug, PartialEq)]
pub struct Subscription {
    pub topic_arn: String,
    /// `sqs`, `lambda`, `https`, `email`.
    pub protocol: String,
    /// An ARN, URL or address.
    pub endpoint: String,
    pub confirmed: bool,
    /// Whether the body alone is delivered; `None`: not told.
    pub raw: Option<bool>,
    /// Whether a policy leaves out some messages.
    pub filtered: bool,
    /// Where undeliverable messages go.
    pub redrive: Option<Redrive>,
}

impl Subscription {
    fn from(listed: aws_sdk_sns::types::Subscription) -> (Self, Option<String>) {
        let arn = listed.subscription_arn.filter(|a| a.starts_with("arn:"));
        let found = Self {
            topic_arn: listed.topic_arn.unwrap_or_default(),
            protocol: listed.protocol.unwrap_or_default(),
            endpoint: listed.endpoint.unwrap_or_default(),
            // `PendingConfirmation` stands where the ARN would
            confirmed: arn.is_some(),
            raw: None,
            filtered: false,
            redrive: None,
        };
        (found, arn)
    }

    fn with(mut self, attributes: &HashMap<String, String>) -> Self {
        let is = |name: &str| attributes.get(name).map(|v| v.eq_ignore_ascii_case("true"));
        self.raw = is("RawMessageDelivery");
        self.filtered = attributes.get("FilterPolicy").is_some_and(|f| !f.is_empty() && f != "{}");
        self.redrive = super::redrive(attributes);
        if is("PendingConfirmation") == Some(true) {
            self.confirmed = false;
        }
        self
    }

    /// The queue that it delivers to, if it is one.
    pub fn queue(&self) -> Option<&str> {
        (self.protocol == "sqs").then(|| queue_of(&self.endpoint)).flatten()
    }

    /// `sqs:payments`, `lambda:charge`, `https:https://…`: one name for one endpoint.
    pub fn name(&self) -> String {
        let end = if self.endpoint.starts_with("arn:") { name_of(&self.endpoint) } else { &self.endpoint };
        format!("{}:{end}", self.protocol)
    }

    /// How it delivers, in words.
    pub fn words(&self) -> String {
        let mut parts = vec![if self.confirmed { "confirmed" } else { "not confirmed yet" }.to_owned()];
        match self.raw {
            Some(true) => parts.push("raw: a message with more than 10 attributes is dropped".into()),
            Some(false) => parts.push("in an envelope".into()),
            None => {}
        }
        if self.filtered {
            parts.push("filtered: it may not get all".into());
        }
        parts.push(match &self.redrive {
            Some(redrive) => format!("undeliverable to {}", name_of(&redrive.to)),
            None => "undeliverable is dropped".into(),
        });
        parts.join(", ")
    }
}

/// The subscriptions of one topic.
pub async fn of_topic(aws: &Aws, at: &Address, arn: &str) -> Result<Vec<Subscription>> {
    let clients = aws.clients().await?;
    let (mut found, mut next) = (Vec::new(), None);
    for _ in 0..PAGES {
        let asked = clients.sns.list_subscriptions_by_topic().topic_arn(arn).set_next_token(next).send().await;
        let page = asked.map_err(|e| aws.looked(&e, "read groups", Some(at), "sns:ListSubscriptionsByTopic"))?;
        found.extend(page.subscriptions.unwrap_or_default());
        next = page.next_token.filter(|t| !t.is_empty());
        if next.is_none() {
            break;
        }
    }
    Ok(asked_each(clients, found).await)
}

/// All subscriptions, as they were told not long ago: a listing asks every few seconds, with a call for each of them.
pub async fn told(aws: &Aws, op: &'static str) -> Result<Arc<Vec<Subscription>>> {
    let kept = || aws.subscriptions.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(lately) = kept().as_ref().and_then(Told::lately) {
        return Ok(lately);
    }
    let found = Arc::new(all(aws, op).await?);
    *kept() = Some(Told::now(found.clone()));
    Ok(found)
}

/// All subscriptions of this region and account.
pub async fn all(aws: &Aws, op: &'static str) -> Result<Vec<Subscription>> {
    let clients = aws.clients().await?;
    let (mut found, mut next) = (Vec::new(), None);
    for _ in 0..PAGES {
        let asked = clients.sns.list_subscriptions().set_next_token(next).send().await;
        let page = asked.map_err(|e| aws.looked(&e, op, None, "sns:ListSubscriptions"))?;
        found.extend(page.subscriptions.unwrap_or_default());
        next = page.next_token.filter(|t| !t.is_empty());
        if next.is_none() {
            break;
        }
    }
    Ok(asked_each(clients, found).await)
}

/// Each with its attributes; where those are not to be had, what the listing says.
async fn asked_each(clients: &Clients, listed: Vec<aws_sdk_sns::types::Subscription>) -> Vec<Subscription> {
    let ask = |listed| async move {
        let (found, arn) = Subscription::from(listed);
        let Some(arn) = arn else { return found };
        match clients.sns.get_subscription_attributes().subscription_arn(arn).send().await {
            Ok(answer) => found.with(&answer.attributes.unwrap_or_default()),
            Err(_) => found,
        }
    };
    stream::iter(listed.into_iter().map(ask)).buffered(AT_ONCE).collect().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscription_says_how_it_delivers() {
        let listed = aws_sdk_sns::types::Subscription::builder()
            .subscription_arn("arn:aws:sns:eu-west-1:1:t:uuid")
            .protocol("sqs")
            .endpoint("arn:aws:sqs:eu-west-1:1:payments")
            .topic_arn("arn:aws:sns:eu-west-1:1:t")
            .build();
        let policy = r#"{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:1:payments-dlq"}"#;
        let attributes = HashMap::from([("RawMessageDelivery".into(), "true".into()), ("RedrivePolicy".into(), policy.to_owned())]);
        let s = Subscription::from(listed).0.with(&attributes);
        assert_eq!((s.name().as_str(), s.queue(), s.confirmed), ("sqs:payments", Some("payments"), true));
        assert!(s.words().contains("raw") && s.words().ends_with("undeliverable to payments-dlq"), "{}", s.words());
        let pending = aws_sdk_sns::types::Subscription::builder().subscription_arn("PendingConfirmation").build();
        assert!(!Subscription::from(pending).0.confirmed);
    }
}
