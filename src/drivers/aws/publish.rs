//! Sending to queues in batches and to topics one by one; an answer each, and nothing is sent twice by itself.

use std::collections::HashMap;

use aws_sdk_sqs::types::{MessageSystemAttributeNameForSends, MessageSystemAttributeValue, SendMessageBatchRequestEntry};

use super::message::{self, GROUP, TRACE};
use super::queue::is_fifo;
use super::{Aws, BATCH, error, rehearse, sns};
use crate::broker::{Error, ErrorKind, Outgoing, REPLAY_ID, Receipt, Result};
use crate::model::{Address, Kind, Seat, text_field};

/// Bytes of one batch: older limits of SQS are a quarter of today's, and a larger message goes alone.
const BATCH_BYTES: u64 = 256 << 10;

/// Sends in the order given; neighbours of one queue share a call.
pub async fn publish(aws: &Aws, batch: Vec<Outgoing>) -> Vec<Result<Receipt>> {
    let mut answers = Vec::with_capacity(batch.len());
    let mut rest = &batch[..];
    while let Some(next) = rest.first() {
        let n = rest.iter().take_while(|out| out.to == next.to).count();
        let (same, others) = rest.split_at(n);
        answers.extend(match next.to.kind {
            Kind::Queue => to_queue(aws, &next.to, same).await,
            _ => sns::publish(aws, &next.to, same).await,
        });
        rest = others;
    }
    answers
}

/// The message as it goes out, or why it does not.
pub fn wire(out: &Outgoing, limit: Option<u64>) -> Result<Outgoing> {
    let rehearsed = rehearse::rehearse(true, out, limit);
    match rehearsed.refused {
        Some(why) => Err(Error::new(ErrorKind::Invalid, "publish", why).about(&out.to).next("change the message, or send it elsewhere")),
        None => Ok(rehearsed.wire),
    }
}

/// By what a FIFO target knows a repeat: our mark, which is new for each plan and the same for each try of it. A message's own id would be
/// accepted within five minutes and not delivered.
pub fn dedup_id(wire: &Outgoing) -> String {
    let mark = text_field(&wire.headers, REPLAY_ID).filter(|m| m.len() <= 128 && m.bytes().all(|b| b.is_ascii_graphic()));
    mark.map_or_else(|| uuid::Uuid::now_v7().to_string(), str::to_owned)
}

async fn to_queue(aws: &Aws, to: &Address, batch: &[Outgoing]) -> Vec<Result<Receipt>> {
    let known = match aws.known(&to.name).filter(|k| k.max_bytes.is_some()) {
        Some(known) => known,
        // once: where it is, and how large a message may be; without the right to ask for the latter the usual limit holds
        None => match aws.queue("publish", to).await {
            Err(e) if e.kind != ErrorKind::Denied => return vec![Err(e); batch.len()],
            _ => match aws.url("publish", to).await {
                Ok(url) => aws.known(&to.name).unwrap_or(super::Known { url, ..super::Known::default() }),
                Err(e) => return vec![Err(e); batch.len()],
            },
        },
    };
    let mut answers: Vec<Result<Receipt>> = Vec::with_capacity(batch.len());
    let mut chunk: Vec<(usize, SendMessageBatchRequestEntry)> = Vec::new();
    let mut bytes = 0;
    for (i, out) in batch.iter().enumerate() {
        let wire = match wire(out, known.max_bytes) {
            Ok(wire) => wire,
            Err(e) => {
                answers.push(Err(e));
                continue;
            }
        };
        let size = rehearse::size(&wire);
        if chunk.len() == BATCH || !chunk.is_empty() && bytes + size > BATCH_BYTES {
            send(aws, to, &known.url, std::mem::take(&mut chunk), &mut answers).await;
            bytes = 0;
        }
        match entry(i, &wire) {
            Ok(entry) => {
                // a place for its answer
                answers.push(Err(Error::new(ErrorKind::Unexpected, "publish", "SQS gave no answer for it").about(to).perhaps()));
                chunk.push((i, entry));
                bytes += size;
            }
            Err(why) => answers.push(Err(Error::new(ErrorKind::Invalid, "publish", why).about(to))),
        }
    }
    send(aws, to, &known.url, chunk, &mut answers).await;
    answers
}

fn entry(i: usize, wire: &Outgoing) -> std::result::Result<SendMessageBatchRequestEntry, String> {
    let body = wire.body.as_deref().and_then(|b| std::str::from_utf8(b).ok()).ok_or("its body is no text")?;
    let text = |name: &str| text_field(&wire.properties, name).map(str::to_owned);
    let mut built = SendMessageBatchRequestEntry::builder()
        .id(i.to_string())
        .message_body(body)
        .set_message_attributes(message::attributes(&wire.headers));
    if is_fifo(&wire.to.name) {
        let group = wire.key.as_deref().map(|k| String::from_utf8_lossy(k).into_owned());
        built = built.set_message_group_id(group).message_deduplication_id(dedup_id(wire));
    } else {
        built = built.set_message_group_id(text(GROUP));
    }
    if let Some(trace) = text(TRACE) {
        let value = MessageSystemAttributeValue::builder().data_type("String").string_value(trace).build().map_err(|e| e.to_string())?;
        built = built.set_message_system_attributes(Some(HashMap::from([(MessageSystemAttributeNameForSends::AwsTraceHeader, value)])));
    }
    built.build().map_err(|e| e.to_string())
}

async fn send(aws: &Aws, to: &Address, url: &str, chunk: Vec<(usize, SendMessageBatchRequestEntry)>, answers: &mut [Result<Receipt>]) {
    if chunk.is_empty() {
        return;
    }
    let (places, entries): (Vec<usize>, Vec<_>) = chunk.into_iter().unzip();
    let call = error::Call { op: "publish", conn: &aws.id, at: Some(to), needs: "sqs:SendMessage", writes: true };
    let sent = match aws.clients().await {
        Err(e) => Err(e),
        Ok(clients) => {
            let asked = clients.writing.send_message_batch().queue_url(url).set_entries(Some(entries)).send().await;
            asked.map_err(|e| error::error(&e, call))
        }
    };
    let mut put = |id: &str, answer| {
        if let Some(slot) = id.parse::<usize>().ok().and_then(|i| answers.get_mut(i)) {
            *slot = answer;
        }
    };
    match sent {
        Ok(said) => {
            for ok in said.successful {
                put(&ok.id, Ok(Receipt { to: to.clone(), seat: Some(Seat::Id(ok.message_id)) }));
            }
            for no in said.failed {
                put(&no.id, Err(error::entry(&no.code, no.message.as_deref(), call)));
            }
        }
        Err(e) => {
            if e.kind == ErrorKind::NotFound {
                aws.forget(&to.name);
            }
            places.iter().for_each(|i| put(&i.to_string(), Err(e.clone())));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::broker::Place;
    use crate::model::{ConnId, Typed};

    #[test]
    fn a_fifo_message_has_a_new_id_that_is_the_same_for_each_try() {
        let to = Address::new(ConnId::new("aws"), Kind::Queue, "q.fifo");
        let headers = vec![(REPLAY_ID.to_owned(), Typed::bytes(Some("7f3a-19c2/41".into())))];
        let out = Outgoing { to, place: Place::Any, key: Some("cust-7".into()), body: Some("b".into()), headers, properties: vec![] };
        let wire = wire(&out, None).unwrap();
        let entries = [entry(0, &wire).unwrap(), entry(0, &wire).unwrap()];
        for e in &entries {
            assert_eq!((e.message_group_id.as_deref(), e.message_deduplication_id.as_deref()), (Some("cust-7"), Some("7f3a-19c2/41")));
        }
        let unmarked = Outgoing { headers: vec![], ..wire };
        assert_ne!(dedup_id(&unmarked), dedup_id(&unmarked), "without a mark no two are alike");
    }
}
