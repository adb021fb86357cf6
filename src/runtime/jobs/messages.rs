//! Jobs that read messages: peeks and tails, looked at where they are read, never by the UI.

use std::sync::Arc;

use futures::StreamExt;

use crate::app::effect::News;
use crate::broker::{Broker, Error, ErrorKind, PeekRequest, Peeked, Result, Stop};
use crate::decode::{self, Hint};
use crate::runtime::{Out, Rooms};
use crate::schema::{Seen, see};

/// Messages that the ledger is asked about at once.
const PAST: usize = 256;

/// Reads messages. A tail never waits for the screen, a read with an end always does.
pub async fn peek(broker: &dyn Broker, want: PeekRequest, rooms: &Rooms, out: &Out) -> Result<()> {
    let tail = want.stop == Stop::Never;
    let mut flow = broker.peek(want);
    while let Some(step) = flow.next().await {
        match step? {
            Peeked::Batch(messages) => {
                let count = messages.len() as u64;
                if tail && !out.has_room(count) {
                    tokio::task::yield_now().await;
                    continue;
                }
                let mut rows: Vec<Seen> = messages.into_iter().map(|m| see(m, &rooms.declared)).collect();
                if !tail {
                    fill_past(&mut rows, rooms).await;
                }
                let rows: Vec<Arc<Seen>> = rows.into_iter().map(Arc::new).collect();
                if tail {
                    out.tail(count, News::Rows(rows));
                    // Seeing is work: others on this thread get their turn.
                    tokio::task::yield_now().await;
                } else {
                    out.rows(News::Rows(rows)).await;
                }
            }
            // from here on nothing is missed: that word is not to be lost
            Peeked::Progress { read: 0, of } if tail => out.rows(News::Reading { read: 0, of }).await,
            Peeked::Progress { read, of } => out.progress(News::Reading { read, of }),
            Peeked::Doomed(_) => {}
            Peeked::End { why, read, left, more, notes } => {
                let mut notes = notes;
                notes.extend(left.iter().map(|(trace, n)| format!("{n} messages: {}", trace.words())));
                out.rows(News::Read { why, read, more, notes }).await;
            }
        }
    }
    Ok(())
}

/// The same messages with what the ledger knows of them by now.
pub async fn past(rows: &[Arc<Seen>], rooms: &Rooms, out: &Out) -> Result<()> {
    for some in rows.chunks(PAST) {
        let mut some: Vec<Seen> = some.iter().map(|seen| Seen { past: Vec::new(), ..seen.as_ref().clone() }).collect();
        fill_past(&mut some, rooms).await;
        out.tell(News::Rows(some.into_iter().map(Arc::new).collect())).await;
    }
    Ok(())
}

/// What the ledger knows of these messages. Where it cannot be asked they are shown all the same: the Ledger screen says why.
async fn fill_past(rows: &mut [Seen], rooms: &Rooms) {
    let ids = rows.iter().map(|s| s.id.clone()).collect();
    if let Ok(mut past) = rooms.ledger.past(ids).await {
        for seen in rows {
            if let Some(known) = past.remove(&seen.id) {
                seen.past = known;
            }
        }
    }
}

/// Decodes a body for the viewer.
pub async fn show(seen: &Arc<Seen>, hint: Hint, out: &Out) -> Result<()> {
    let body = seen.message.body.clone().unwrap_or_default();
    let decoded = tokio::task::spawn_blocking(move || decode::body(&body, hint))
        .await
        .map_err(|e| Error::new(ErrorKind::Unexpected, "decode", e.to_string()))?;
    out.tell(News::Body(Box::new(decoded))).await;
    Ok(())
}
