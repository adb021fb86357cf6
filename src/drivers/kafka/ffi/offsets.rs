//! Asking for offsets of many partitions at once: oldest, end, or the first at a time (ListOffsets).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rdkafka_sys as sys;
use sys::bindings::rd_kafka_IsolationLevel_t as Isolation;
use sys::types::{RDKafkaAdminOp as Op, RDKafkaRespErr};

use super::client::Options;
use super::{Client, Code, List, Outcome, elements, items, taken, text};

/// Which offset is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// The first offset that is still there.
    Oldest,
    /// The offset after the last: the last stable one if asked committed, else the high watermark.
    End,
    /// The first offset of a record with this time or later (milliseconds since the Unix epoch); none is `None`.
    Time(i64),
}

/// Offsets found, or the partition's own fault, by topic and partition.
pub type Found = BTreeMap<(String, i32), Result<Option<i64>, Code>>;

impl Client {
    /// One offset for each of these partitions; librdkafka sends one request per leader.
    pub async fn offsets(self: &Arc<Self>, of: &[(String, i32)], at: At, committed: bool, timeout: Duration) -> Outcome<Found> {
        if of.is_empty() {
            return Ok(Found::new());
        }
        let spec = match at {
            At::Oldest => -2,
            At::End => -1,
            At::Time(ms) => ms.max(0),
        };
        self.call(
            |queue| {
                let options = Options::new(self, Op::RD_KAFKA_ADMIN_OP_LISTOFFSETS, timeout);
                let level = if committed {
                    Isolation::RD_KAFKA_ISOLATION_LEVEL_READ_COMMITTED
                } else {
                    Isolation::RD_KAFKA_ISOLATION_LEVEL_READ_UNCOMMITTED
                };
                let list = List::new(of.iter().map(|(t, p)| (t.as_str(), *p, spec)))?;
                // SAFETY: list and options are ours and copied by the call; client and queue are alive.
                unsafe {
                    if let Some(fault) = taken(sys::bindings::rd_kafka_AdminOptions_set_isolation_level(options.0, level)) {
                        return Err(fault);
                    }
                    sys::bindings::rd_kafka_ListOffsets(self.ptr(), list.0, options.0, queue.ptr());
                }
                Ok(())
            },
            |event| {
                // SAFETY: the event is alive, and of this type, since only this call's answer can be in its queue.
                unsafe {
                    let result = sys::bindings::rd_kafka_event_ListOffsets_result(event.ptr());
                    let mut n = 0;
                    let infos = sys::bindings::rd_kafka_ListOffsets_result_infos(result, &mut n);
                    let found = items(infos, n).iter().map(|info| {
                        let p = &*sys::bindings::rd_kafka_ListOffsetsResultInfo_topic_partition(*info);
                        let offset = match p.err {
                            RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR => Ok((p.offset >= 0).then_some(p.offset)),
                            code => Err(code.into()),
                        };
                        ((text(p.topic), p.partition), offset)
                    });
                    Ok(found.collect())
                }
            },
        )
        .await
    }
}

/// Committed offsets and their like: the elements of a list as values.
pub(super) fn rows(list: *const sys::RDKafkaTopicPartitionList) -> Vec<(String, i32, i64)> {
    elements(list).iter().map(|e| (text(e.topic), e.partition, e.offset)).collect()
}
