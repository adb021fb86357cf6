//! Looking into a Classic queue by STOMP: a browser, which takes nothing and ends by itself.

use super::{Frame, Stomp};
use crate::drivers::activemq::error::{Fault, Outcome};

/// The subscription's name; a connection here has one at a time.
const SUBSCRIPTION: &str = "look";

/// A running browse.
pub(in crate::drivers::activemq) struct Browse {
    stomp: Stomp,
    done: bool,
}

impl Browse {
    /// Begins; a queue that does not exist would be created, so its existence is asked elsewhere first.
    pub async fn begin(mut stomp: Stomp, queue: &str) -> Outcome<Self> {
        let subscribe = Frame::new("SUBSCRIBE")
            .with("id", SUBSCRIPTION)
            .with("destination", format!("/queue/{queue}"))
            .with("ack", "auto")
            .with("browser", "true");
        stomp.tell(subscribe).await?;
        Ok(Self { stomp, done: false })
    }

    /// The next message; `None`: the broker said that this was all it shows.
    pub async fn next(&mut self) -> Outcome<Option<Frame>> {
        while !self.done {
            let limit = self.stomp.limit;
            match self.stomp.next(limit).await? {
                None => return Err(Fault::late(&self.stomp.to, limit)),
                Some(frame) if frame.command != "MESSAGE" => {}
                Some(frame) if frame.get("browser") == Some("end") => self.done = true,
                Some(frame) => return Ok(Some(frame)),
            }
        }
        Ok(None)
    }

    pub async fn close(self) {
        self.stomp.close().await;
    }
}
