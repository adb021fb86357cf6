//! The original behind a pointer: a share group's dead letter without its record (KIP-1191) says only where that lies.

use std::time::Duration;

use super::survey::first;
use crate::broker::{Broker, Error, ErrorKind, Start};
use crate::model::{Address, Death, Message, Seat};

/// A record may say that it was written so much later than its death: clocks differ. Beyond it, it is another record at the same offset.
const SKEW: Duration = Duration::from_secs(600);

/// Why there is no original.
#[derive(Clone, Debug)]
pub enum NoOriginal {
    /// It cannot be had any more, or was never to be had; why, in words.
    Lost(String),
    /// Only a cut view of it could be read.
    Cut,
    /// It could not be asked for.
    Failed(Error),
}

/// Where the original of a pointer lies; `None`: its death does not say.
pub fn place(pointer: &Address, death: &Death) -> Option<(Address, Seat)> {
    let origin = death.origin.value.as_ref().filter(|o| !o.name.is_empty())?;
    let (partition, offset) = (origin.partition?, origin.offset?);
    Some((Address::new(pointer.conn.clone(), pointer.kind, &*origin.name), Seat::Offset { partition, offset }))
}

/// The dead letter as the broker would have written it with `errors.deadletterqueue.copy.record.enable`: at its own seat, with key, body and
/// headers of the original, then what it says of its death. So all that is true of dead letters is true of it: what it says of its death comes
/// off when it is replayed, and its copy in the ledger is whole. A look at one message; nothing is changed.
pub async fn fetch(broker: &dyn Broker, pointer: &Message, death: &Death) -> Result<Message, NoOriginal> {
    let Some((at, seat)) = place(&pointer.at, death) else {
        return Err(NoOriginal::Lost("the dead letter does not say at which partition and offset".into()));
    };
    let original = match first(broker, &at, Start::Seat(seat.clone())).await {
        // where nothing is at the seat, the next one comes
        Ok(Some(message)) if message.seat == seat => message,
        Ok(_) => {
            return Err(NoOriginal::Lost(format!(
                "{at} has no committed message at {seat}: compacted, or of a transaction that was given up"
            )));
        }
        Err(e) if e.kind == ErrorKind::Gone => return Err(NoOriginal::Lost(format!("{at} begins after {seat} now: retention took it"))),
        Err(e) if e.kind == ErrorKind::NotFound => return Err(NoOriginal::Lost(format!("{at} is no longer there"))),
        Err(e) => return Err(NoOriginal::Failed(e)),
    };
    if !original.whole {
        return Err(NoOriginal::Cut);
    }
    let later = original.sent.zip(death.last.value).and_then(|(written, died)| written.duration_since(died).ok());
    if later.is_some_and(|by| by > SKEW) {
        return Err(NoOriginal::Lost(format!("what lies at {at} {seat} was written after this death: the topic was made anew")));
    }
    let mut headers = original.headers;
    headers.extend(pointer.headers.iter().cloned());
    Ok(Message { key: original.key, body: original.body, headers, properties: original.properties, ..pointer.clone() })
}
