//! Reading records of assigned partitions: no group is joined, nothing is committed.

use std::ffi::c_void;
use std::sync::Arc;

use bytes::Bytes;
use rdkafka_sys as sys;
use sys::types::RDKafkaRespErr;

use super::queue::Queue;
use super::{Client, Code, Fault, List, Outcome, text};

/// A consumer that reads one topic at a time.
pub struct Consumer {
    client: Arc<Client>,
    queue: Queue,
}

/// One thing that came out of a consumer.
#[derive(Debug)]
pub enum Record {
    Message {
        partition: i32,
        offset: i64,
        /// Milliseconds since the Unix epoch, and whether the broker set it (LogAppendTime).
        time: Option<(i64, bool)>,
        key: Option<Bytes>,
        body: Option<Bytes>,
        /// In order, with repeats; a null value is `None`.
        headers: Vec<(String, Option<Bytes>)>,
    },
    /// Nothing more to read in this partition for now; the next offset would be this one.
    End { partition: i32, offset: i64 },
    /// A fault of one partition, or of the client (`partition` < 0).
    Fault { partition: i32, fault: Fault },
}

impl Consumer {
    /// Wraps a client of role `Consumer` that has a group id (librdkafka's `assign` wants one) and never uses it.
    pub fn new(client: Arc<Client>) -> Self {
        let queue = Queue::records(&client);
        Self { client, queue }
    }

    pub fn client(&self) -> &Arc<Client> {
        &self.client
    }

    /// Reads these partitions from these offsets on, and no others. What was prefetched before is thrown away.
    pub fn assign(&self, topic: &str, at: &[(i32, i64)]) -> Outcome<()> {
        let list = List::new(at.iter().map(|(p, o)| (topic, *p, *o)))?;
        // SAFETY: client and list are alive; the list is copied.
        match unsafe { sys::rd_kafka_assign(self.client.ptr(), list.0) } {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR => Ok(()),
            code => Err(Fault::new(code, "")),
        }
    }

    /// Reads nothing any more.
    pub fn unassign(&self) {
        // SAFETY: a null list ends the assignment.
        unsafe { sys::rd_kafka_assign(self.client.ptr(), std::ptr::null()) };
    }

    /// Fetches these partitions no more, or again; what was fetched of a paused one is thrown away.
    pub fn pause(&self, topic: &str, partitions: &[i32], on: bool) {
        let Ok(list) = List::new(partitions.iter().map(|p| (topic, *p, 0))) else { return };
        // SAFETY: as in `assign`. A partition that cannot be paused is only fetched in vain.
        unsafe {
            if on {
                sys::rd_kafka_pause_partitions(self.client.ptr(), list.0);
            } else {
                sys::rd_kafka_resume_partitions(self.client.ptr(), list.0);
            }
        }
    }

    /// What has been read, at most `max`; waits until there is something.
    pub async fn read(&self, max: usize) -> Vec<Record> {
        loop {
            let records = self.ready(max);
            if !records.is_empty() {
                return records;
            }
            self.queue.filled().await;
        }
    }

    /// What has been read and not yet been taken, at most `max`; does not wait.
    pub fn ready(&self, max: usize) -> Vec<Record> {
        let mut raw = vec![std::ptr::null_mut(); max];
        // SAFETY: the array has room for `max` pointers; each message is freed once, after it was copied.
        unsafe {
            let n = sys::rd_kafka_consume_batch_queue(self.queue.ptr(), 0, raw.as_mut_ptr(), raw.len());
            raw.truncate(usize::try_from(n).unwrap_or(0));
            raw.into_iter()
                .map(|m| {
                    let record = copied(m);
                    sys::rd_kafka_message_destroy(m);
                    record
                })
                .collect()
        }
    }
}

fn bytes(ptr: *const c_void, len: usize) -> Option<Bytes> {
    if ptr.is_null() {
        return None;
    }
    // SAFETY: librdkafka gives `len` readable bytes.
    Some(Bytes::copy_from_slice(unsafe { std::slice::from_raw_parts(ptr.cast::<u8>(), len) }))
}

/// # Safety
/// `m` must be a live message.
unsafe fn copied(m: *mut sys::RDKafkaMessage) -> Record {
    // SAFETY: alive by contract; headers are borrowed from the message.
    unsafe {
        let message = &*m;
        match message.err {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR => {}
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__PARTITION_EOF => {
                return Record::End { partition: message.partition, offset: message.offset };
            }
            code => {
                let partition = if message.rkt.is_null() { -1 } else { message.partition };
                return Record::Fault { partition, fault: Fault::new(code, text(sys::rd_kafka_message_errstr(m))) };
            }
        }
        let mut kind = sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
        let ms = sys::rd_kafka_message_timestamp(m, &mut kind);
        let by_broker = kind == sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME;
        let known = kind != sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE && ms >= 0;
        let mut headers = Vec::new();
        let mut list = std::ptr::null_mut();
        if sys::rd_kafka_message_headers(m, &mut list) == RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR {
            let (mut name, mut value, mut size) = (std::ptr::null(), std::ptr::null(), 0);
            while sys::rd_kafka_header_get_all(list, headers.len(), &mut name, &mut value, &mut size)
                == RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR
            {
                headers.push((text(name), bytes(value, size)));
            }
        }
        Record::Message {
            partition: message.partition,
            offset: message.offset,
            time: known.then_some((ms, by_broker)),
            key: bytes(message.key, message.key_len),
            body: bytes(message.payload, message.len),
            headers,
        }
    }
}

impl Record {
    /// Whether a fault of this code ends a partition's reading because its offset is gone.
    pub fn is_out_of_range(fault: &Fault) -> bool {
        matches!(fault.code, Code::AutoOffsetReset | Code::OffsetOutOfRange)
    }
}
