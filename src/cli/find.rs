//! From what was typed (`orders.dlt`, `kafka-main/orders.dlt/p3/132665`) to one address on one broker.

use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;

use crate::broker::{Brokers, Error, ErrorKind, Flow, ListRequest};
use crate::config::nearest;
use crate::decode::safe;
use crate::model::{Address, ConnId, Count, Destination, Kind, Seat, named_role};

/// How long a broker may be silent before it is left out of a search by name.
const PATIENCE: Duration = Duration::from_secs(10);

/// What brokers have, and what went wrong with those that did not say.
pub struct Listing {
    pub found: Vec<Destination>,
    pub failed: Vec<Error>,
}

/// What one broker has, and what went wrong if it did not say all.
pub type Answer = (Vec<Destination>, Option<Error>);

/// Asks every broker (or one) at once for what it has; each answers in its own time.
pub fn answers<'a>(brokers: &'a Brokers, only: Option<&'a ConnId>, internal: bool) -> FuturesUnordered<impl Future<Output = Answer> + 'a> {
    let asked = brokers.0.iter().filter(|(id, _)| only.is_none_or(|o| o == *id));
    asked.map(move |(id, broker)| rows(broker.list(ListRequest { internal }), id, "list", PATIENCE)).collect()
}

/// All rows of a flow. A broker that goes on answering may have as many as it has; one that is silent for too long is left with an error.
pub async fn rows<T>(mut flow: Flow<Vec<T>>, conn: &ConnId, op: &'static str, patience: Duration) -> (Vec<T>, Option<Error>) {
    let mut rows = Vec::new();
    loop {
        match tokio::time::timeout(patience, flow.next()).await {
            Ok(Some(Ok(batch))) => rows.extend(batch),
            Ok(Some(Err(e))) => return (rows, Some(e)),
            Ok(None) => return (rows, None),
            Err(_) => {
                let why = format!("no answer within {} s", patience.as_secs());
                return (rows, Some(Error::new(ErrorKind::Timeout, op, why).on(conn)));
            }
        }
    }
}

/// Lists every broker (or one) at once, and waits for all of them.
pub async fn list(brokers: &Brokers, only: Option<&ConnId>, internal: bool) -> Listing {
    let mut answers = answers(brokers, only, internal);
    let mut listing = Listing { found: Vec::new(), failed: Vec::new() };
    while let Some((rows, failed)) = answers.next().await {
        listing.found.extend(rows);
        listing.failed.extend(failed);
    }
    listing.found.sort_by(|a, b| a.at.cmp(&b.at));
    listing.failed.sort_by_key(ToString::to_string);
    listing
}

/// Splits `[context/]connection/name` as far as its parts are known: the connection, if one is named, and the name.
pub fn split<'a>(brokers: &Brokers, context: &str, text: &'a str) -> (Option<ConnId>, &'a str) {
    let known = |name: &str| brokers.ids().find(|id| id.as_str() == name).cloned();
    let text = match text.split_once('/') {
        Some((first, rest)) if first == context && known(first).is_none() => rest,
        _ => text,
    };
    match text.split_once('/') {
        Some((first, rest)) => known(first).map_or((None, text), |id| (Some(id), rest)),
        None => (None, text),
    }
}

/// The one destination that was meant; the error names the candidates, or what could not be asked.
pub async fn destination(brokers: &Brokers, context: &str, text: &str) -> Result<Destination, Error> {
    let (conn, name) = split(brokers, context, text);
    let listing = list(brokers, conn.as_ref(), true).await;
    let mut hits: Vec<Destination> = listing.found.iter().filter(|d| d.at.is_named(name)).cloned().collect();
    if hits.len() == 1 {
        return Ok(hits.remove(0));
    }
    if hits.len() > 1 {
        let places: Vec<String> = hits.iter().map(|d| d.at.to_string()).collect();
        return Err(Error::new(ErrorKind::Invalid, "find", format!("'{}' is on several brokers", safe(name)))
            .next(format!("say which: {}", places.join(", "))));
    }
    if let Some(failed) = listing.failed.into_iter().next() {
        return unlisted(brokers, conn, name, &failed).await.ok_or(failed);
    }
    let near = nearest(name, listing.found.iter().map(|d| d.at.name.as_str()));
    let next = near.map_or("`redrive ls` shows what this login may see".to_owned(), |n| format!("did you mean {}?", safe(n)));
    let asked: Vec<&str> = brokers.ids().filter(|id| conn.as_ref().is_none_or(|c| c == *id)).map(ConnId::as_str).collect();
    let why = format!("no destination '{}' on {}", safe(name), safe(&asked.join(", ")));
    let mut error = Error::new(ErrorKind::NotFound, "find", why).next(next);
    error.conn = conn;
    Err(error)
}

/// What a broker has though it lists nothing: of the connection that is named, or the only one, it can be described all the same.
async fn unlisted(brokers: &Brokers, conn: Option<ConnId>, name: &str, failed: &Error) -> Option<Destination> {
    if !matches!(failed.kind, ErrorKind::Unsupported | ErrorKind::Denied) {
        return None;
    }
    let mut all = brokers.ids();
    let only = all.next().filter(|_| all.next().is_none());
    let at = Address::new(conn.or_else(|| only.cloned())?, Kind::Queue, name);
    brokers.get(&at.conn)?.describe(&at).await.ok()?;
    let role = named_role(name);
    Some(Destination { at, depth: Count::Unknown, partitions: None, consumers: None, role, internal: false })
}

/// `[connection/]name/pN/OFFSET` (or `name/ID`): the destination's part and the seat.
pub fn message(text: &str) -> Result<(&str, Seat), String> {
    let wrong = || format!("'{}' names no message; write NAME/p3/132665 or CONNECTION/NAME/p3/132665", safe(text));
    let (rest, last) = text.rsplit_once('/').ok_or_else(wrong)?;
    if let Some((name, partition)) = rest.rsplit_once('/')
        && partition.starts_with('p')
        && let seat @ Seat::Offset { .. } = Seat::parse(&format!("{partition}/{last}"))
    {
        return Ok((name, seat));
    }
    Ok((rest, Seat::Id(last.to_owned())))
}

#[cfg(test)]
mod tests {
    use futures::stream;

    use super::*;

    #[tokio::test]
    async fn who_goes_on_answering_is_listed_to_the_end_and_who_is_silent_is_left() {
        let id = ConnId::new("aws");
        let steps = stream::iter(0..8).then(|n| async move {
            tokio::time::sleep(Duration::from_millis(400)).await;
            Ok(vec![n])
        });
        let (all, failed) = rows(steps.boxed(), &id, "list", Duration::from_secs(3)).await;
        assert!(all.len() == 8 && failed.is_none(), "longer than 3 s in all, and never silent for so long: {failed:?}");
        let silent = stream::iter([Ok(vec![1, 2])]).chain(stream::pending());
        let (some, failed) = rows(silent.boxed(), &id, "list", Duration::from_millis(50)).await;
        assert_eq!((some.len(), failed.map(|e| e.kind)), (2, Some(ErrorKind::Timeout)), "what it had said is kept");
    }

    #[test]
    fn a_message_is_named_by_destination_and_seat() {
        let seat = Seat::Offset { partition: 3, offset: 132_665 };
        assert_eq!(message("orders.dlt/p3/132665"), Ok(("orders.dlt", seat.clone())));
        assert_eq!(message("kafka-main/orders.dlt/p3/132,665"), Ok(("kafka-main/orders.dlt", seat)));
        assert_eq!(message("sqs/orders/abc"), Ok(("sqs/orders", Seat::Id("abc".into()))));
        assert!(message("orders").is_err_and(|e| e.contains("NAME/p3/132665")));
    }
}
