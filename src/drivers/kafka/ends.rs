//! Where partitions begin and end, asked for again while one of them has no leader: what was not told is not taken for empty.

use std::time::Duration;

use super::error::transient;
use super::ffi::{At, Found};
use super::{CALL, Kafka};
use crate::broker::{Error, ErrorKind, Result};
use crate::model::Address;

/// How often offsets are asked for while a partition has no leader, and how long after the last time.
const LEADERLESS: u32 = 20;
const MOMENT: Duration = Duration::from_millis(100);

impl Kafka {
    /// One offset of each of these partitions of a topic, or what each of them said instead.
    pub(super) async fn offsets(
        &self,
        (op, needs): (&'static str, &str),
        at: &Address,
        pairs: &[(String, i32)],
        which: At,
        committed: bool,
    ) -> Result<Found> {
        let mut tries = 0;
        loop {
            let asked = self.ask(op, needs, Some(at), CALL, |c| async move { c.offsets(pairs, which, committed, CALL).await });
            let found = asked.await?;
            tries += 1;
            // a partition that was just made, or is moving, has its leader in a moment
            if tries == LEADERLESS || !found.values().any(|offset| offset.is_err_and(transient)) {
                return Ok(found);
            }
            tokio::time::sleep(MOMENT).await;
        }
    }
}

/// The offset of one partition; `None` if there is none, as after the last time.
pub(super) fn offset_of(found: &Found, op: &'static str, at: &Address, partition: i32) -> Result<Option<i64>> {
    match found.get(&(at.name.clone(), partition)) {
        Some(Ok(offset)) => Ok(*offset),
        Some(Err(code)) => {
            let e = Error::new(ErrorKind::Unexpected, op, format!("partition {partition}: {code}")).about(at);
            Err(Error { retry: transient(*code), ..e.next("the partition may have no leader; try again") })
        }
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::super::ffi::Code;
    use super::*;
    use crate::model::ConnId;

    #[test]
    fn a_partition_that_does_not_answer_is_not_empty() {
        let at = Address::topic(&ConnId::new("k"), "orders");
        let key = |p| ("orders".to_owned(), p);
        let found = Found::from([(key(0), Ok(Some(7))), (key(1), Ok(None)), (key(2), Err(Code::LeaderNotAvailable))]);
        assert_eq!((0..2).map(|p| offset_of(&found, "hold", &at, p).unwrap()).collect::<Vec<_>>(), [Some(7), None]);
        let error = offset_of(&found, "hold", &at, 2).unwrap_err();
        assert!(error.retry && error.cause.starts_with("partition 2"), "{error}");
        assert!(!offset_of(&Found::from([(key(0), Err(Code::TopicAuthorizationFailed))]), "hold", &at, 0).unwrap_err().retry);
    }
}
