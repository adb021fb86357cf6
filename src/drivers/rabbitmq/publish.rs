//! Publishing: mandatory and confirmed, in the order given, one answer each; a message that comes back is a failure.

use std::time::Duration;

use bytes::Bytes;
use lapin::message::BasicReturnMessage;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::types::AMQPValue;
use lapin::{BasicProperties, Confirmation, PublisherConfirm};
use tokio::time::{Instant, timeout_at};

use super::amqp::Line;
use super::{Rabbit, error, message, rehearse};
use crate::broker::{Done, Error, ErrorKind, Outgoing, REPLAY_ID, Receipt, Result};
use crate::model::{Address, Kind};

pub const OP: &str = "publish";
/// A message of this size or more is sent alone: the broker answers one that is too large by closing the channel, and it must be plain which it was.
const LARGE: usize = 4 << 20;
/// Bytes on their way at most.
const FLIGHT: usize = 16 << 20;

/// A channel in confirm mode.
pub struct Press {
    line: Line,
    /// When the broker was last known to take messages.
    pub well: Instant,
    /// An answer was not waited for: it may still come, with what lapin hands over by it, and must not meet another batch.
    late: bool,
}

impl Press {
    pub async fn open(rabbit: &Rabbit) -> Result<Self> {
        let line = rabbit.publishing.line(OP, None).await?;
        rabbit.publishing.rpc(OP, None, line.channel.confirm_select(ConfirmSelectOptions::default())).await?;
        Ok(Self { line, well: Instant::now(), late: false })
    }

    /// Whether it cannot be used again: a failure has closed it, or an answer is still to come.
    pub fn spent(&self) -> bool {
        self.late || self.closed()
    }

    fn closed(&self) -> bool {
        !self.line.channel.status().connected()
    }

    /// Sends as many of these as may be on their way together, at least one, and waits for their answers.
    pub async fn publish(&mut self, rabbit: &Rabbit, batch: &[Outgoing]) -> Vec<Result<Receipt>> {
        let mut sent: Vec<Result<Sent>> = Vec::new();
        let mut bytes = 0;
        // also where nobody waits for the end of this
        self.late = true;
        for out in batch {
            let size = out.body.as_ref().map_or(0, bytes::Bytes::len);
            let alone = size >= LARGE;
            let stop = alone || bytes + size > FLIGHT || self.closed() || rabbit.publishing.blocked().is_some();
            if stop && !sent.is_empty() {
                break;
            }
            bytes += size;
            sent.push(self.send(rabbit, out).await);
            if alone {
                break;
            }
        }
        let until = Instant::now() + rabbit.settings.profile.channel_rpc_timeout;
        let alone = sent.len() == 1;
        let (mut answers, mut letters, mut backs) = (Vec::with_capacity(sent.len()), Vec::with_capacity(sent.len()), Vec::new());
        for (sent, out) in sent.into_iter().zip(batch) {
            let (answer, letter) = match sent {
                Ok(Sent { confirm, letter }) => (confirmed(rabbit, confirm, &out.to, until, alone, &mut backs).await, Some(letter)),
                Err(e) => (Err(e), None),
            };
            answers.push(answer);
            letters.push(letter);
        }
        self.late = answers.iter().any(|answer| answer.as_ref().is_err_and(|e| e.done == Done::Perhaps));
        for back in backs {
            given_back(&back, &mut letters, &mut answers, batch);
        }
        answers
    }

    async fn send(&self, rabbit: &Rabbit, out: &Outgoing) -> Result<Sent> {
        let facts = rabbit.facts();
        let (wire, _) = rehearse::prepare(out, &facts);
        if let Some(why) = rehearse::refusal(&wire, &facts) {
            return Err(Error::new(ErrorKind::Invalid, OP, why).about(&out.to).next("change the message, or send it elsewhere"));
        }
        let (exchange, key) = match out.to.kind {
            Kind::Exchange => (out.to.name.as_str(), String::from_utf8_lossy(wire.key.as_deref().unwrap_or_default()).into_owned()),
            _ => ("", out.to.name.clone()),
        };
        if key.len() > 255 {
            return Err(Error::new(ErrorKind::Invalid, OP, "a routing key has 255 bytes at most").about(&out.to).next("send it elsewhere"));
        }
        let (properties, _) = message::properties(&wire.properties, &wire.headers);
        let options = BasicPublishOptions { mandatory: true, immediate: false };
        let body = wire.body.unwrap_or_default();
        let sending = self.line.channel.basic_publish(exchange.into(), key.as_str().into(), options, &body, properties.clone());
        // an alarm that comes meanwhile keeps it where nobody sees whether it will still go out
        tokio::select! {
            biased;
            sent = rabbit.publishing.rpc(OP, Some(&out.to), sending) => match sent {
                Ok(confirm) => Ok(Sent { confirm, letter: Letter { exchange: exchange.to_owned(), key, properties, body } }),
                Err(e) => Err(if self.closed() { e } else { e.perhaps() }),
            },
            why = rabbit.publishing.until_blocked() => Err(blocked(&why, &out.to)),
        }
    }
}

/// One on its way.
struct Sent {
    confirm: PublisherConfirm,
    letter: Letter,
}

/// What was sent, as the broker gives it back where no queue takes it.
struct Letter {
    exchange: String,
    key: String,
    properties: BasicProperties,
    body: Bytes,
}

/// How much of a returned message is one that was sent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Likeness {
    /// Another message.
    None,
    /// Route, body and mark; a broker may add headers, or write values in another way.
    Near,
    Same,
}

impl Letter {
    fn likeness(&self, back: &BasicReturnMessage) -> Likeness {
        let there = &back.delivery;
        let same_route = self.exchange == there.exchange.as_str() && self.key == there.routing_key.as_str();
        // a broker changes neither a body nor our mark
        if !same_route || self.body != there.data || mark(&self.properties) != mark(&there.properties) {
            return Likeness::None;
        }
        if self.properties == there.properties { Likeness::Same } else { Likeness::Near }
    }
}

fn mark(properties: &BasicProperties) -> Option<&AMQPValue> {
    properties.headers().as_ref()?.inner().get(REPLAY_ID)
}

/// Says of the message that came back that it did. lapin hands a return to whichever confirmation comes next, which may be another message's:
/// the broker confirms one that waits for the disk later than one that no queue takes. So it is known by what it is. Where several are alike but not
/// the same, each of them is in doubt; one that is none of these is passed over: it had its answer with an earlier batch.
fn given_back(back: &BasicReturnMessage, letters: &mut [Option<Letter>], answers: &mut [Result<Receipt>], batch: &[Outgoing]) {
    let like: Vec<Likeness> = letters.iter().map(|l| l.as_ref().map_or(Likeness::None, |l| l.likeness(back))).collect();
    let most = like.iter().copied().max().unwrap_or(Likeness::None);
    let mut found: Vec<usize> = (0..like.len()).filter(|i| most > Likeness::None && like.get(*i) == Some(&most)).collect();
    if most == Likeness::Same {
        // the same in all is the same message twice
        found.truncate(1);
    }
    let sure = found.len() == 1;
    for i in found {
        let (Some(letter), Some(answer), Some(out)) = (letters.get_mut(i), answers.get_mut(i), batch.get(i)) else { continue };
        let cause = format!("the broker gave it back: {} {}", back.reply_code, back.reply_text);
        let error = Error::new(ErrorKind::NotFound, OP, cause).about(&out.to);
        *answer = Err(match sure {
            true => error.next("no queue takes it there; check the name with ls"),
            false => error.next("see which of those alike is there before any is sent again").perhaps(),
        });
        if sure {
            *letter = None;
        }
    }
}

/// What became of one, but for a return, which goes to `backs`.
async fn confirmed(
    rabbit: &Rabbit,
    confirm: PublisherConfirm,
    to: &Address,
    until: Instant,
    alone: bool,
    backs: &mut Vec<BasicReturnMessage>,
) -> Result<Receipt> {
    let mut confirmation = timeout_at(until, confirm).await;
    if let Ok(Ok(Confirmation::Ack(back) | Confirmation::Nack(back))) = &mut confirmation {
        backs.extend(back.take());
    }
    match confirmation {
        Ok(Ok(Confirmation::Ack(_))) => Ok(Receipt { to: to.clone(), seat: None }),
        Ok(Ok(Confirmation::Nack(_))) => Err(refused(rabbit, to).await),
        Ok(Ok(Confirmation::NotRequested)) => {
            Err(Error::new(ErrorKind::Unexpected, OP, "the channel does not confirm").about(to).next("try again").perhaps())
        }
        Ok(Err(e)) => Err(broken(rabbit, &e, to, alone)),
        Err(_) => {
            if let Some(why) = rabbit.publishing.blocked() {
                return Err(blocked(&why, to));
            }
            let cause = format!("no confirmation within {:.1} s", rabbit.settings.profile.channel_rpc_timeout.as_secs_f32());
            let mut late =
                Error::new(ErrorKind::Timeout, OP, cause).about(to).next("see whether it is there before it is sent again").perhaps();
            late.retry = false;
            Err(late)
        }
    }
}

/// On its way when an alarm came: the broker reads nothing more from this connection, and may yet do so.
fn blocked(why: &str, to: &Address) -> Error {
    let mut late = Error::new(ErrorKind::Throttled, OP, format!("an alarm blocks publishers: {why}")).about(to).perhaps();
    late.retry = false;
    late.next("wait until the broker has memory and disk again, and see whether it is there before it is sent again")
}

/// A nack: of a queue that is full and refuses it is a no; else nobody knows.
async fn refused(rabbit: &Rabbit, to: &Address) -> Error {
    let refuses = match rabbit.queue(OP, to).await {
        Ok(queue) => queue.text("overflow").is_some_and(|o| o.starts_with("reject-publish")),
        Err(_) => false,
    };
    if refuses {
        let mut full = Error::new(ErrorKind::Throttled, OP, "the queue is full and takes no more (overflow: reject-publish)").about(to);
        full.retry = false;
        return full.next("wait until its consumers have made room, then resume");
    }
    let nack = Error::new(ErrorKind::Unexpected, OP, "the broker could not take it (basic.nack)").about(to);
    nack.next("see whether it is there before it is sent again").perhaps()
}

/// The channel was closed before an answer came.
fn broken(rabbit: &Rabbit, e: &lapin::Error, to: &Address, alone: bool) -> Error {
    let code = error::code(e);
    if code == Some(error::PRECONDITION) {
        rabbit.learn_size(&e.to_string());
    }
    let error = error::error(&rabbit.settings, OP, Some(to), e);
    match code {
        // rights are asked before anything is taken, and all of a batch go the same way
        Some(error::REFUSED) => error,
        Some(error::PRECONDITION) if alone => error,
        _ => Error { retry: false, ..error.perhaps() },
    }
}

/// How long the end waits for the channel to close in good order.
pub const CLOSE: Duration = Duration::from_secs(1);

impl Press {
    pub async fn close(self) {
        let _ = tokio::time::timeout(CLOSE, self.line.channel.close(200, "done".into())).await;
    }
}

#[cfg(test)]
mod tests {
    use lapin::message::Delivery;
    use lapin::types::FieldTable;

    use super::*;
    use crate::broker::Place;
    use crate::model::ConnId;

    fn marked(mark: &str) -> BasicProperties {
        let mut headers = FieldTable::default();
        headers.insert(REPLAY_ID.into(), AMQPValue::LongString(mark.into()));
        BasicProperties::default().with_headers(headers)
    }

    fn letter(body: &str, mark: &str) -> Option<Letter> {
        Some(Letter { exchange: String::new(), key: "orders".into(), properties: marked(mark), body: body.to_owned().into() })
    }

    fn back(body: &str, properties: BasicProperties) -> BasicReturnMessage {
        let mut delivery = Delivery::mock(0, "".into(), "orders".into(), false, body.into());
        delivery.properties = properties;
        BasicReturnMessage { delivery, reply_code: 312, reply_text: "NO_ROUTE".into() }
    }

    /// What is said of the messages of one batch after these came back: `-` for nothing, else whether it is certain that they are not there.
    fn said(mut letters: Vec<Option<Letter>>, backs: &[BasicReturnMessage]) -> String {
        let to = Address::new(ConnId::new("rabbit"), Kind::Queue, "orders");
        let out = Outgoing { to: to.clone(), place: Place::Any, key: None, body: None, headers: Vec::new(), properties: Vec::new() };
        let batch = vec![out; letters.len()];
        let mut answers: Vec<Result<Receipt>> = letters.iter().map(|_| Ok(Receipt { to: to.clone(), seat: None })).collect();
        backs.iter().for_each(|back| given_back(back, &mut letters, &mut answers, &batch));
        let word = |answer: &Result<Receipt>| match answer {
            Ok(_) => '-',
            Err(e) if e.done == Done::No => 'n',
            Err(_) => '?',
        };
        answers.iter().map(word).collect()
    }

    #[test]
    fn what_came_back_is_said_of_that_very_message() {
        let three = || vec![letter("a", "p/1"), letter("b", "p/2"), letter("b", "p/3")];
        assert_eq!(said(three(), &[back("b", marked("p/3"))]), "--n");
        assert_eq!(said(three(), &[back("b", marked("p/3")), back("a", marked("p/1"))]), "n-n");
        // a broker that puts its own header on
        let mut more = marked("p/2");
        let mut headers = more.headers().clone().unwrap_or_default();
        headers.insert("x-routed-by".into(), AMQPValue::LongString("rabbit@one".into()));
        more = more.with_headers(headers);
        assert_eq!(said(three(), &[back("b", more)]), "-n-");
        // twins without marks: the same in all are one as good as the other, alike ones are each in doubt
        let twins = || vec![letter("b", "p/1"), letter("b", "p/1")];
        assert_eq!(said(twins(), &[back("b", marked("p/1"))]), "n-");
        assert_eq!(said(twins(), &[back("b", marked("p/1").with_priority(3))]), "??");
    }

    #[test]
    fn what_came_back_of_an_earlier_batch_is_said_of_none_of_this_one() {
        let batch = || vec![letter("a", "p/1"), letter("b", "p/2")];
        assert_eq!(said(batch(), &[back("of before", marked("p/0"))]), "--", "another body");
        assert_eq!(said(batch(), &[back("a", marked("p/0"))]), "--", "another mark");
    }
}
