//! What many cases do: read a flow to its end, make messages, name them by their bodies.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use redrive::broker::{
    Broker, Capabilities, Cost, Cursor, Error, ErrorKind, Link, ListRequest, Outgoing, PeekRequest, Peeked, Place, Trace, Why, Writer,
};
use redrive::drivers::memory::Put;
use redrive::model::{Address, Destination, Message};

use crate::hosts::{Host, Who};

/// A peek read to its end.
#[derive(Debug)]
pub struct Read {
    pub messages: Vec<Message>,
    pub batches: Vec<usize>,
    pub why: Why,
    pub read: u64,
    pub left: Vec<(Trace, u64)>,
    pub more: Option<Cursor>,
}

impl Read {
    pub fn bodies(&self) -> Vec<String> {
        bodies(&self.messages)
    }
}

pub fn body(m: &Message) -> String {
    String::from_utf8_lossy(m.body.as_deref().unwrap_or_default()).into_owned()
}

pub fn bodies(messages: &[Message]) -> Vec<String> {
    messages.iter().map(body).collect()
}

pub fn sorted(mut of: Vec<String>) -> Vec<String> {
    of.sort();
    of
}

/// Messages `0` to `n - 1` by body, into partition 0.
pub fn numbered(n: usize) -> Vec<Put> {
    (0..n).map(|i| Put::keyed(format!("k{i}"), format!("{i:05}")).to(0)).collect()
}

pub async fn read(eyes: &Arc<dyn Broker>, want: PeekRequest) -> Result<Read, Error> {
    let limit = want.limit;
    let mut flow = eyes.peek(want);
    let (mut messages, mut batches) = (Vec::new(), Vec::new());
    while let Some(step) = flow.next().await {
        match step? {
            Peeked::Batch(batch) => {
                assert!(!batch.is_empty() && batch.len() <= 256, "a batch has 1 to 256 messages, not {}", batch.len());
                batches.push(batch.iter().map(Message::size).sum());
                messages.extend(batch);
                assert!(messages.len() <= limit, "more than the limit of {limit}");
            }
            Peeked::Progress { .. } | Peeked::Doomed(_) => {}
            Peeked::End { why, read, left, more, .. } => {
                assert!(flow.next().await.is_none(), "nothing comes after the end");
                return Ok(Read { messages, batches, why, read, left, more });
            }
        }
    }
    panic!("a peek ends with End or an error")
}

/// Accepts whatever a look costs here.
pub async fn accepting(eyes: &Arc<dyn Broker>, mut want: PeekRequest) -> PeekRequest {
    want.accept = cost(eyes, &want.from).await.leaves;
    want
}

pub async fn cost(eyes: &Arc<dyn Broker>, at: &Address) -> Cost {
    eyes.cost(at).await.expect("cost")
}

/// All of a destination, whatever it costs.
pub async fn all(eyes: &Arc<dyn Broker>, at: &Address, limit: usize) -> Read {
    let want = accepting(eyes, PeekRequest::new(at.clone(), limit)).await;
    read(eyes, want).await.expect("peek")
}

pub async fn admin(host: &dyn Host) -> (Arc<dyn Broker>, Arc<dyn Writer>) {
    let Link { eyes, hand } = host.connect(Who::Admin).await.expect("a host always has an admin");
    (eyes, hand.expect("an admin has a hand"))
}

/// What the broker can do with this host's kind of destination.
pub async fn can(host: &dyn Host, eyes: &Arc<dyn Broker>) -> Capabilities {
    eyes.probe().await.expect("probe").capabilities.of(host.nowhere().kind)
}

/// Why nothing can be looked up here, if so: a broker without management lists nothing, and does not say whether a name is there.
pub async fn unlisted(eyes: &Arc<dyn Broker>) -> Option<String> {
    match eyes.list(ListRequest::default()).next().await {
        Some(Err(e)) if e.kind == ErrorKind::Unsupported => Some("without management nothing is listed, and no name is looked up".into()),
        _ => None,
    }
}

pub async fn list(eyes: &Arc<dyn Broker>, internal: bool) -> Vec<Destination> {
    let mut flow = eyes.list(ListRequest { internal });
    let mut found = Vec::new();
    while let Some(batch) = flow.next().await {
        found.extend(batch.expect("list"));
    }
    found
}

pub fn out(to: &Address, key: Option<&str>, body: &str) -> Outgoing {
    Outgoing {
        to: to.clone(),
        place: Place::ByKey,
        key: key.map(|k| k.to_owned().into()),
        body: Some(body.to_owned().into()),
        headers: Vec::new(),
        properties: Vec::new(),
    }
}

/// Waits until a check holds, at most 60 s, for what a broker does in its own time.
pub async fn until<F: Future<Output = bool>>(what: &str, check: impl Fn() -> F) {
    let began = std::time::Instant::now();
    while !check().await {
        assert!(began.elapsed() < Duration::from_secs(60), "{what}: not within 60 s");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
