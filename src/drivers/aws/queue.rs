//! One queue: its URL by name, its attributes as they are now, and what is remembered of it.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_sqs::types::QueueAttributeName;

use super::redrive::Redrive;
use super::{Aws, Told};
use crate::broker::Result;
use crate::model::{Address, Count};

/// What is remembered of a queue between calls; none of it changes in its life but the size limit.
#[derive(Clone, Debug, Default)]
pub struct Known {
    pub url: String,
    /// Largest message in bytes, once asked.
    pub max_bytes: Option<u64>,
    /// Whose dead letters it holds, as a listing asked.
    pub sources: Option<Told<Vec<Address>>>,
}

/// A queue with its attributes as they were when it was asked.
#[derive(Clone, Debug)]
pub struct Queue {
    pub name: String,
    pub url: String,
    attributes: HashMap<QueueAttributeName, String>,
}

impl Queue {
    /// An attribute's text; SQS leaves out what is not set.
    pub fn text(&self, name: &QueueAttributeName) -> Option<&str> {
        self.attributes.get(name).map(String::as_str).filter(|t| !t.is_empty())
    }

    /// An attribute's number.
    pub fn number(&self, name: &QueueAttributeName) -> Option<u64> {
        self.text(name)?.trim().parse().ok()
    }

    /// An attribute in seconds.
    pub fn seconds(&self, name: &QueueAttributeName) -> Option<Duration> {
        self.number(name).map(Duration::from_secs)
    }

    /// Messages that a receive could have; `None` where it is not told.
    pub fn visible(&self) -> Option<u64> {
        self.number(&QueueAttributeName::ApproximateNumberOfMessages)
    }

    /// Messages in somebody's hand.
    pub fn in_flight(&self) -> Option<u64> {
        self.number(&QueueAttributeName::ApproximateNumberOfMessagesNotVisible)
    }

    /// Messages that are not to be had yet.
    pub fn delayed(&self) -> Option<u64> {
        self.number(&QueueAttributeName::ApproximateNumberOfMessagesDelayed)
    }

    /// All that it holds, seen or not; SQS only ever estimates.
    pub fn depth(&self) -> Count {
        match self.visible() {
            Some(n) => Count::About(n.saturating_add(self.in_flight().unwrap_or(0)).saturating_add(self.delayed().unwrap_or(0))),
            None => Count::Unknown,
        }
    }

    /// Whether it keeps order by group and knows repeated ids.
    pub fn fifo(&self) -> bool {
        is_fifo(&self.name)
    }

    /// Where its own dead letters go.
    pub fn redrive(&self) -> Option<Redrive> {
        Redrive::parse(self.text(&QueueAttributeName::RedrivePolicy)?)
    }

    /// Its ARN.
    pub fn arn(&self) -> Option<&str> {
        self.text(&QueueAttributeName::QueueArn)
    }

    /// Largest message in bytes.
    pub fn max_bytes(&self) -> Option<u64> {
        self.number(&QueueAttributeName::MaximumMessageSize)
    }
}

/// FIFO queues and topics end in `.fifo`, and only they may.
pub fn is_fifo(name: &str) -> bool {
    name.ends_with(".fifo")
}

impl Aws {
    /// The URL of a queue, asked once. `NotFound` if there is none of this name.
    pub async fn url(&self, op: &'static str, at: &Address) -> Result<String> {
        self.only_queues(op, at)?;
        if let Some(known) = self.known(&at.name) {
            return Ok(known.url);
        }
        let asked = self.clients().await?.asking.get_queue_url().queue_name(&at.name).send().await;
        let url = asked.map_err(|e| self.looked(&e, op, Some(at), "sqs:GetQueueUrl"))?.queue_url.unwrap_or_default();
        self.remember(&at.name, Known { url: url.clone(), ..Known::default() });
        Ok(url)
    }

    /// A queue as it is now.
    pub async fn queue(&self, op: &'static str, at: &Address) -> Result<Queue> {
        let url = self.url(op, at).await?;
        self.attributes(op, at, url).await
    }

    /// The attributes of a queue whose URL is known.
    pub async fn attributes(&self, op: &'static str, at: &Address, url: String) -> Result<Queue> {
        let asked = self.clients().await?.asking.get_queue_attributes().queue_url(&url).attribute_names(QueueAttributeName::All);
        let answer = asked.send().await.map_err(|e| {
            // made anew it may have another URL, and it must be found again when it is back
            self.forget(&at.name);
            self.looked(&e, op, Some(at), "sqs:GetQueueAttributes")
        })?;
        let queue = Queue { name: at.name.clone(), url, attributes: answer.attributes.unwrap_or_default() };
        let sources = self.known(&at.name).and_then(|k| k.sources);
        self.remember(&at.name, Known { url: queue.url.clone(), max_bytes: queue.max_bytes(), sources });
        Ok(queue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_holds_is_an_estimate_of_all_three() {
        let all = [
            (QueueAttributeName::ApproximateNumberOfMessages, "5"),
            (QueueAttributeName::ApproximateNumberOfMessagesNotVisible, "2"),
            (QueueAttributeName::ApproximateNumberOfMessagesDelayed, "1"),
        ];
        let queue = |n: usize| Queue {
            name: "q.fifo".into(),
            url: String::new(),
            attributes: all[..n].iter().map(|(k, v)| (k.clone(), (*v).to_owned())).collect(),
        };
        assert_eq!((queue(3).depth(), queue(1).depth(), queue(0).depth()), (Count::About(8), Count::About(5), Count::Unknown));
        assert!(queue(0).fifo());
    }
}
