//! Taking messages out of a Classic queue by STOMP: by their ids, within the window that Classic shows, alone or in one transaction with what is sent.

use std::time::Duration;

use super::{Frame, Stomp};
use crate::broker::ErrorKind;
use crate::drivers::activemq::error::{Fault, Outcome};
use crate::drivers::activemq::selector;

/// Silence that counts as the end of what a selector finds: Classic never says that there is no more.
const SILENCE: Duration = Duration::from_millis(1_500);

impl Stomp {
    /// Takes the messages of these ids in hand: those that Classic has within its window, each with what acknowledges it.
    pub async fn take(&mut self, queue: &str, ids: &[String]) -> Outcome<Vec<Frame>> {
        let subscribe = Frame::new("SUBSCRIBE")
            .with("id", "take")
            .with("destination", format!("/queue/{queue}"))
            .with("ack", "client-individual")
            .with("activemq.prefetchSize", ids.len().max(1).to_string())
            .with("selector", selector::one_of("JMSMessageID", ids));
        self.tell(subscribe).await?;
        let mut taken = Vec::new();
        while taken.len() < ids.len() {
            match self.next(SILENCE).await? {
                None => {
                    self.is_there().await?;
                    if self.waiting.is_empty() {
                        break;
                    }
                }
                Some(frame) if frame.command == "MESSAGE" => taken.push(frame),
                Some(_) => {}
            }
        }
        Ok(taken)
    }

    /// Whether the broker answers still: silence of one that does means that there is nothing more.
    async fn is_there(&mut self) -> Outcome<()> {
        self.tell(Frame::new("BEGIN").with("transaction", "echo")).await?;
        self.tell(Frame::new("ABORT").with("transaction", "echo")).await
    }

    /// Ends the taking; what was not acknowledged is the queue's again.
    pub async fn let_go(&mut self) -> Outcome<()> {
        self.tell(Frame::new("UNSUBSCRIBE").with("id", "take")).await
    }

    /// What acknowledges a taken message: in 1.2 its `ack`, in 1.1 its id and subscription.
    pub fn ack(taken: &Frame, transaction: Option<&str>) -> Frame {
        let id = taken.get("ack").or_else(|| taken.get("message-id")).unwrap_or_default();
        let mut ack = Frame::new("ACK").with("id", id).with("message-id", id).with("subscription", "take");
        if let Some(transaction) = transaction {
            ack = ack.with("transaction", transaction);
        }
        ack
    }

    /// Sends and acknowledges as one transaction. Before the commit is sent nothing is done; without an answer to it, it may be.
    pub async fn carry(&mut self, all: &[(Frame, Frame)]) -> Outcome<()> {
        const NAME: &str = "redrive";
        self.write(&Frame::new("BEGIN").with("transaction", NAME)).await?;
        for (send, taken) in all {
            self.tell(send.clone().with("transaction", NAME)).await?;
            self.tell(Self::ack(taken, Some(NAME))).await?;
        }
        self.tell(Frame::new("COMMIT").with("transaction", NAME)).await.map_err(|f| match f.kind {
            // an ERROR says that it was not done
            ErrorKind::Unexpected | ErrorKind::Denied | ErrorKind::Invalid => f,
            _ => Fault::perhaps(f),
        })
    }
}
