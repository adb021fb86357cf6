//! Streams: read by offset with a consumer of their own, which changes nothing on the broker.

use std::time::Duration;

use futures::StreamExt;
use lapin::message::Delivery;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Channel, Consumer};
use tokio::time::{Instant, timeout};

use super::amqp::Line;
use super::queue::Type;
use super::{Rabbit, error, message};
use crate::broker::{Error, ErrorKind, PartitionDetail, Result};
use crate::model::{Address, Message, Seat};

/// A stream that gives nothing for so long has nothing, if its broker answers promptly then.
pub const IDLE: Duration = Duration::from_millis(1_000);
/// A chunk's messages come together: after this long without another one it is at its end, by the same proof.
const SETTLED: Duration = Duration::from_millis(250);
/// How often a broker that does not answer promptly is given time again.
const ROUNDS: u32 = 10;
/// What was delivered before an answer is here so soon after it.
const MOMENT: Duration = Duration::from_millis(20);
/// Messages on their way to us at most.
pub const PREFETCH: u16 = 256;

/// A consumer of a stream on a channel of its own.
pub struct Reel {
    line: Line,
    consumer: Consumer,
    at: Address,
    prefetch: u16,
    unacked: u16,
}

impl Rabbit {
    /// Where a stream starts and ends: by its first message, and by its last chunk, because the broker tells neither (its count holds its own
    /// records too, and is seconds old).
    pub(super) async fn stream_ends(&self, op: &'static str, at: &Address) -> Result<PartitionDetail> {
        let named = |word: &str| AMQPValue::LongString(word.into());
        let first = async {
            let mut reel = self.reel(op, at, named("first"), 1).await?;
            let first = reel.until_quiet(self, op, IDLE).await?;
            reel.close(self).await;
            Ok::<_, Error>(first.as_ref().map(offset))
        };
        let last = async {
            let mut reel = self.reel(op, at, named("last"), PREFETCH).await?;
            let mut last = None;
            let mut wait = IDLE;
            while let Some(message) = reel.until_quiet(self, op, wait).await? {
                last = Some(offset(&message));
                wait = SETTLED;
            }
            reel.close(self).await;
            Ok(last)
        };
        let (first, last) = futures::try_join!(first, last)?;
        let end = last.map_or(0, |n| n.saturating_add(1));
        Ok(PartitionDetail { id: 0, start: first.unwrap_or(end), end, leader: 0, replicas: Vec::new(), in_sync: Vec::new() })
    }

    /// Begins to read a stream from an offset on.
    pub(super) async fn reel_at(&self, op: &'static str, at: &Address, offset: i64) -> Result<Reel> {
        self.reel(op, at, AMQPValue::LongLongInt(offset), PREFETCH).await
    }

    /// Begins to read a stream.
    pub(super) async fn reel(&self, op: &'static str, at: &Address, from: AMQPValue, prefetch: u16) -> Result<Reel> {
        let line = self.looking.line(op, Some(at)).await?;
        let consumer = self.consume(op, at, &line.channel, from, prefetch).await?;
        Ok(Reel { line, consumer, at: at.clone(), prefetch, unacked: 0 })
    }

    async fn consume(&self, op: &'static str, at: &Address, channel: &Channel, from: AMQPValue, prefetch: u16) -> Result<Consumer> {
        self.looking.rpc(op, Some(at), channel.basic_qos(prefetch.min(PREFETCH), BasicQosOptions::default())).await?;
        let mut arguments = FieldTable::default();
        arguments.insert("x-stream-offset".into(), from);
        let consume = channel.basic_consume(at.name.as_str().into(), "".into(), BasicConsumeOptions::default(), arguments);
        self.looking.rpc(op, Some(at), consume).await
    }
}

impl Reel {
    /// The next message; `None` when none came for so long and the broker, asked behind that, answered promptly: one that is busy is silent too.
    pub async fn until_quiet(&mut self, rabbit: &Rabbit, op: &'static str, quiet: Duration) -> Result<Option<Message>> {
        for _ in 0..ROUNDS {
            if let Some(message) = self.next(rabbit, op, Some(quiet)).await? {
                return Ok(Some(message));
            }
            let asked = Instant::now();
            // the same as it was: it changes nothing
            let same = self.line.channel.basic_qos(self.prefetch.min(PREFETCH), BasicQosOptions::default());
            rabbit.looking.rpc(op, Some(&self.at), same).await?;
            if asked.elapsed() < quiet / 4 {
                break;
            }
        }
        self.next(rabbit, op, Some(MOMENT)).await
    }

    /// The next message of those that are certainly there.
    pub async fn sure(&mut self, rabbit: &Rabbit, op: &'static str) -> Result<Message> {
        let limit = rabbit.settings.profile.channel_rpc_timeout;
        let found = self.next(rabbit, op, Some(limit)).await?;
        found.ok_or_else(|| {
            let cause = format!("the stream has more, and nothing came for {:.1} s", limit.as_secs_f32());
            Error::new(ErrorKind::Timeout, op, cause).about(&self.at).next("see whether the broker is well, then try again")
        })
    }

    /// The next message; `None` when none came within `idle`. Without `idle` it waits for ever, as a tail does.
    pub async fn next(&mut self, rabbit: &Rabbit, op: &'static str, idle: Option<Duration>) -> Result<Option<Message>> {
        let waited = match idle {
            Some(idle) => match timeout(idle, self.consumer.next()).await {
                Ok(next) => next,
                Err(_) => return Ok(None),
            },
            None => self.consumer.next().await,
        };
        match waited {
            Some(Ok(delivery)) => self.taken(rabbit, op, delivery).await.map(Some),
            Some(Err(e)) => Err(error::error(&rabbit.settings, op, Some(&self.at), &e)),
            None => Err(Error::new(ErrorKind::Gone, op, "the stream was deleted during the read")
                .about(&self.at)
                .next("list the destinations anew")),
        }
    }

    /// An acknowledgement asks for more; on a stream it changes nothing else.
    async fn taken(&mut self, rabbit: &Rabbit, op: &'static str, delivery: Delivery) -> Result<Message> {
        self.unacked += 1;
        if self.unacked > PREFETCH / 4 {
            self.unacked = 0;
            let acked = self.line.channel.basic_ack(delivery.delivery_tag, BasicAckOptions { multiple: true });
            rabbit.looking.rpc(op, Some(&self.at), acked).await?;
        }
        Ok(message::read(&self.at, Type::Stream, &delivery))
    }

    /// Ends the reading in good order.
    pub async fn close(self, rabbit: &Rabbit) {
        let _ = rabbit.looking.rpc("read", Some(&self.at), self.line.channel.close(200, "read".into())).await;
    }
}

/// The offset at which a message of a stream sits.
pub fn offset(message: &Message) -> i64 {
    match message.seat {
        Seat::Offset { offset, .. } => offset,
        _ => 0,
    }
}
