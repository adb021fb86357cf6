//! Publishing or carrying one batch, with tries again only where it is certain that nothing was done.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Hands;
use crate::broker::{Done, Error, ErrorKind, HeldId, Hold, Outgoing, Receipt};
use crate::model::ConnId;

/// Tries of one message at most.
const TRIES: u32 = 3;
/// Before the second try; doubled for each further one.
const WAIT: Duration = Duration::from_millis(250);

/// What came of one publish.
#[derive(Debug)]
pub(super) struct Answer {
    pub n: u32,
    pub result: Result<Receipt, Error>,
    pub tries: u32,
}

/// Publishes in the order given, per connection, and answers for every one. Tries again those that certainly failed and may succeed.
pub(super) async fn publish(hands: &Hands, batch: Vec<(u32, Outgoing)>) -> Vec<Answer> {
    let mut by_conn: BTreeMap<ConnId, Vec<(u32, Outgoing)>> = BTreeMap::new();
    for (n, out) in batch {
        by_conn.entry(out.to.conn.clone()).or_default().push((n, out));
    }
    let mut answers = Vec::new();
    for (conn, mut left) in by_conn {
        let Some(hand) = hands.0.get(&conn) else {
            let error = Error::new(ErrorKind::ReadOnly, "publish", "this connection may not write here")
                .on(&conn)
                .next("check its role and config");
            answers.extend(left.into_iter().map(|(n, _)| Answer { n, result: Err(error.clone()), tries: 1 }));
            continue;
        };
        let mut tries = 1;
        loop {
            // the bodies are shared bytes: this copies no message
            let results = hand.publish(left.iter().map(|(_, out)| out.clone()).collect()).await;
            let mut results = results.into_iter();
            let mut again = Vec::new();
            for (n, out) in left {
                // a driver that answers for too few leaves the others in doubt
                let result = results
                    .next()
                    .unwrap_or_else(|| Err(Error::new(ErrorKind::Unexpected, "publish", "no answer").about(&out.to).perhaps()));
                match result {
                    Err(e) if e.done == Done::No && e.retry && tries < TRIES => again.push((n, out)),
                    result => answers.push(Answer { n, result, tries }),
                }
            }
            if again.is_empty() {
                break;
            }
            tokio::time::sleep(WAIT * 2u32.pow(tries - 1)).await;
            tries += 1;
            left = again;
        }
    }
    answers
}

/// Publishes and takes out as one act, and answers for every one; what certainly was not done and may succeed is tried again.
pub(super) async fn carry_all(hold: &mut Option<Box<dyn Hold>>, batch: Vec<(u32, HeldId, Outgoing)>) -> Vec<Answer> {
    let Some(hold) = hold.as_mut().filter(|_| !batch.is_empty()) else { return Vec::new() };
    let (mut answers, mut left, mut tries) = (Vec::new(), batch, 1);
    loop {
        let results = hold.carry(left.iter().map(|(_, id, out)| (*id, out.clone())).collect()).await;
        let mut results = results.into_iter();
        let mut again = Vec::new();
        for (n, id, out) in left {
            let result =
                results.next().unwrap_or_else(|| Err(Error::new(ErrorKind::Unexpected, "carry", "no answer").about(&out.to).perhaps()));
            match result {
                Err(e) if e.done == Done::No && e.retry && tries < TRIES => again.push((n, id, out)),
                result => answers.push(Answer { n, result, tries }),
            }
        }
        if again.is_empty() {
            return answers;
        }
        tokio::time::sleep(WAIT * 2u32.pow(tries - 1)).await;
        tries += 1;
        left = again;
    }
}

/// Whether an error is of the connection or the target rather than of one message: the next messages would meet it too.
pub(super) fn is_systemic(error: &Error) -> bool {
    use ErrorKind as K;
    matches!(error.kind, K::Unreachable | K::Login | K::Denied | K::NotFound | K::ReadOnly | K::Throttled | K::Timeout | K::Unsupported)
}
