//! Messages that a look or a hold has taken from a queue: their newest handles, until when they are ours, and how they are given back.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use aws_sdk_sqs::types::{
    BatchResultErrorEntry, ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry, Message as Received,
    MessageSystemAttributeName,
};

use super::queue::Queue;
use super::{Aws, BATCH, error, message};
use crate::broker::{Error, ErrorKind, Result};
use crate::model::{Address, Message, Seat};

/// Longest wait of one receive: it is not broken off, because what it had been given would be hidden from everybody, and an end must not wait
/// longer. Long polls of any length ask all servers.
pub const POLL: Duration = Duration::from_secs(1);

/// One message in hand.
struct InHand {
    id: String,
    /// The handle of the latest receive: an older one may succeed and do nothing.
    handle: String,
    /// After this others may have it. Counted from before the request was sent.
    until: Instant,
}

/// What one visit to a queue has in hand, in delivery order.
pub struct Taken {
    aws: Arc<Aws>,
    pub at: Address,
    url: String,
    fifo: bool,
    hides: Duration,
    in_hand: Vec<InHand>,
}

/// What could not be given back: how many, and when they come back by themselves.
pub type Kept = Option<(u64, SystemTime)>;

impl Taken {
    pub fn new(aws: Arc<Aws>, at: &Address, queue: &Queue) -> Self {
        let hides = aws.hides();
        Self { aws, at: at.clone(), url: queue.url.clone(), fifo: queue.fifo(), hides, in_hand: Vec::new() }
    }

    /// Messages in hand.
    pub fn len(&self) -> usize {
        self.in_hand.len()
    }

    /// Takes `max` messages at most; none after one long poll is no proof that there are none.
    pub async fn receive(&mut self, max: usize) -> Result<Vec<Message>> {
        let until = Instant::now() + self.hides;
        let whole_seconds = |d: Duration| i32::try_from(d.as_secs()).unwrap_or(i32::MAX);
        let max = max.min(BATCH).min(usize::from(self.aws.profile.max_messages).max(1));
        let ask = self
            .aws
            .clients()
            .await?
            .asking
            .receive_message()
            .queue_url(&self.url)
            .max_number_of_messages(i32::try_from(max).unwrap_or(1))
            .visibility_timeout(whole_seconds(self.hides))
            .wait_time_seconds(whole_seconds(POLL))
            .message_attribute_names("All")
            .message_system_attribute_names(MessageSystemAttributeName::All);
        let answer = ask.send().await.map_err(|e| self.aws.looked(&e, "read", Some(&self.at), "sqs:ReceiveMessage"))?;
        let mut got = answer.messages.unwrap_or_default();
        // between groups a reply has no order; the sequence number is that of arrival, and keeps each group's
        let sequence = |m: &Received| m.attributes.as_ref()?.get(&MessageSystemAttributeName::SequenceNumber)?.parse::<u128>().ok();
        got.sort_by_key(sequence);
        let mut new = Vec::new();
        for received in got {
            let (Some(id), Some(handle)) = (received.message_id.clone(), received.receipt_handle.clone()) else { continue };
            if let Some(known) = self.in_hand.iter_mut().find(|m| m.id == id) {
                // SQS delivers at least once: seen already, and only the newest handle is good
                (known.handle, known.until) = (handle, until);
                continue;
            }
            self.in_hand.push(InHand { id, handle, until });
            new.push(message::read(&self.at, received));
        }
        Ok(new)
    }

    /// Extends what would come back before long. What could not be extended is no longer counted on.
    pub async fn extend(&mut self) {
        let now = Instant::now();
        let due = |m: &InHand| m.until > now && m.until < now + self.hides / 2;
        let ids: Vec<String> = self.in_hand.iter().filter(|m| due(m)).map(|m| m.id.clone()).collect();
        for chunk in ids.chunks(BATCH) {
            let until = Instant::now() + self.hides;
            let answers = self.change(chunk, self.hides).await;
            for (id, answer) in chunk.iter().zip(answers) {
                if let Some(m) = self.in_hand.iter_mut().find(|m| m.id == *id)
                    && answer.is_ok()
                {
                    m.until = until;
                }
            }
        }
    }

    /// Gives back all in delivery order.
    pub async fn give_back(&mut self) -> Kept {
        let ids: Vec<String> = self.in_hand.iter().map(|m| m.id.clone()).collect();
        let last = self.in_hand.iter().map(|m| m.until).max();
        let mut kept = 0;
        for chunk in ids.chunks(BATCH) {
            let answers = self.change(chunk, Duration::ZERO).await;
            // what is no longer ours is back already
            kept += answers.iter().filter(|a| a.as_ref().is_err_and(|e| e.kind != ErrorKind::Gone)).count() as u64;
            if answers.iter().all(|a| a.as_ref().is_err_and(|e| e.kind == ErrorKind::Unreachable)) {
                kept = kept.max(self.in_hand.len() as u64);
                break;
            }
        }
        self.in_hand.clear();
        let wait = last.map(|l| l.saturating_duration_since(Instant::now())).unwrap_or_default();
        (kept > 0).then(|| (kept, SystemTime::now() + wait))
    }

    /// Gives back some of them; one answer each.
    pub async fn give_back_some(&mut self, ids: &[String]) -> Vec<Result<()>> {
        let mut answers = Vec::with_capacity(ids.len());
        for chunk in ids.chunks(BATCH) {
            answers.extend(self.change(chunk, Duration::ZERO).await);
        }
        self.let_go(ids, &answers);
        answers
    }

    /// Takes some of them out of the queue, each with its newest handle; one answer each. After its time a message is not taken out: a handle
    /// that is no longer good may be accepted, and the message stay.
    pub async fn delete(&mut self, ids: &[String]) -> Vec<Result<()>> {
        let mut answers = Vec::with_capacity(ids.len());
        for chunk in ids.chunks(BATCH) {
            let (found, handles) = self.handles(chunk);
            let entries: Vec<_> = handles
                .iter()
                .filter_map(|(i, handle)| DeleteMessageBatchRequestEntry::builder().id(i.to_string()).receipt_handle(handle).build().ok())
                .collect();
            if entries.is_empty() {
                answers.extend(found);
                continue;
            }
            let call = error::Call { op: "settle", conn: &self.aws.id, at: Some(&self.at), needs: "sqs:DeleteMessage", writes: true };
            let sent = match self.aws.clients().await {
                Err(e) => Err(e),
                Ok(clients) => {
                    let asked = clients.asking.delete_message_batch().queue_url(&self.url).set_entries(Some(entries)).send().await;
                    asked.map(|a| a.failed).map_err(|e| error::error(&e, call))
                }
            };
            answers.extend(merged(found, sent, call));
        }
        self.let_go(ids, &answers);
        answers
    }

    /// Sets how long some of them are hidden from now on.
    async fn change(&self, ids: &[String], hidden: Duration) -> Vec<Result<()>> {
        let (found, handles) = self.handles(ids);
        let seconds = i32::try_from(hidden.as_secs()).unwrap_or(i32::MAX);
        let entries: Vec<_> = handles
            .iter()
            .filter_map(|(i, handle)| {
                let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(i.to_string()).receipt_handle(handle);
                entry.visibility_timeout(seconds).build().ok()
            })
            .collect();
        if entries.is_empty() {
            return found;
        }
        let needs = "sqs:ChangeMessageVisibility";
        let call = error::Call { op: "give back", conn: &self.aws.id, at: Some(&self.at), needs, writes: false };
        let sent = match self.aws.clients().await {
            Err(e) => Err(e),
            Ok(clients) => {
                let asked = clients.asking.change_message_visibility_batch().queue_url(&self.url).set_entries(Some(entries)).send().await;
                asked.map(|a| a.failed).map_err(|e| error::error(&e, call))
            }
        };
        merged(found, sent, call)
    }

    /// The handles that are still good, by their place in `ids`; the others are answered already.
    fn handles(&self, ids: &[String]) -> (Vec<Result<()>>, Vec<(usize, String)>) {
        let now = Instant::now();
        let mut handles = Vec::new();
        let answer = |(i, id): (usize, &String)| match self.in_hand.iter().find(|m| m.id == *id) {
            Some(m) if m.until > now => {
                handles.push((i, m.handle.clone()));
                Ok(())
            }
            Some(_) => Err(Error::new(ErrorKind::Gone, "settle", "the hold on it ended: it is back in the queue").about(&self.at)),
            None => Err(Error::new(ErrorKind::Invalid, "settle", "not in hand, or settled before").about(&self.at)),
        };
        let found = ids.iter().enumerate().map(answer).collect();
        (found, handles)
    }

    fn let_go(&mut self, ids: &[String], answers: &[Result<()>]) {
        let done: Vec<&String> = ids.iter().zip(answers).filter(|(_, a)| a.is_ok()).map(|(id, _)| id).collect();
        self.in_hand.retain(|m| !done.contains(&&m.id));
    }

    /// Whether one message of a group hides the others of it.
    pub fn fifo(&self) -> bool {
        self.fifo
    }
}

/// The message id that a seat names.
pub fn id_of(seat: &Seat) -> Option<&str> {
    match seat {
        Seat::Id(id) => Some(id),
        _ => None,
    }
}

/// One answer each: what was known before, then what the call said; `Failed[]` stands inside of an answer that is well.
fn merged(mut found: Vec<Result<()>>, sent: Result<Vec<BatchResultErrorEntry>>, call: error::Call<'_>) -> Vec<Result<()>> {
    match sent {
        Err(e) => found.iter_mut().filter(|a| a.is_ok()).for_each(|a| *a = Err(e.clone())),
        Ok(failed) => {
            for f in failed {
                if let Some(slot) = f.id.parse::<usize>().ok().and_then(|i| found.get_mut(i)) {
                    *slot = Err(error::entry(&f.code, f.message.as_deref(), call));
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ConnId, Kind};

    #[test]
    fn a_refused_entry_of_an_accepted_batch_is_an_error_of_its_own() {
        let (conn, at) = (ConnId::new("aws"), Address::new(ConnId::new("aws"), Kind::Queue, "q"));
        let call = error::Call { op: "settle", conn: &conn, at: Some(&at), needs: "sqs:DeleteMessage", writes: true };
        let failed = BatchResultErrorEntry::builder().id("1").code("ReceiptHandleIsInvalid").sender_fault(true).build().unwrap();
        let answers = merged(vec![Ok(()), Ok(()), Ok(())], Ok(vec![failed]), call);
        assert!(answers[0].is_ok() && answers[2].is_ok());
        assert_eq!(answers[1].as_ref().unwrap_err().kind, ErrorKind::Gone, "its handle was of an earlier receive");
        let gone = Error::new(ErrorKind::Gone, "settle", "the hold ended");
        let down = Error::new(ErrorKind::Unreachable, "settle", "refused");
        let answers = merged(vec![Err(gone), Ok(())], Err(down), call);
        let kinds: Vec<_> = answers.into_iter().map(|a| a.unwrap_err().kind).collect();
        assert_eq!(kinds, [ErrorKind::Gone, ErrorKind::Unreachable], "what was known before stays");
    }
}
