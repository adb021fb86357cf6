//! Handing records to librdkafka and reading what became of them.

use std::ffi::c_void;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rdkafka_sys as sys;
use sys::types::RDKafkaRespErr;
use sys::{rd_kafka_vtype_t as Kind, rd_kafka_vu_t as Part};

use super::{Client, Code, Fault, Outcome, c_text, taken, text};

/// A record to be published, to an explicit partition.
pub struct Parcel<'a> {
    pub topic: &'a str,
    pub partition: i32,
    pub key: Option<&'a Bytes>,
    pub body: Option<&'a Bytes>,
    pub headers: &'a [(String, Option<Bytes>)],
    /// Comes back in [`Delivered`].
    pub tag: usize,
}

/// What became of one record.
#[derive(Debug)]
pub struct Delivered {
    pub tag: usize,
    pub partition: i32,
    pub offset: i64,
    pub fault: Option<Fault>,
    /// False only if it certainly is not in the log.
    pub perhaps: bool,
}

/// # Safety
/// `m` must be a live message of a delivery report.
pub(super) unsafe fn delivered(m: *const sys::RDKafkaMessage) -> Delivered {
    // SAFETY: alive by contract.
    unsafe {
        let message = &*m;
        // not rd_kafka_message_errstr: of a produced record that is the body, not a text
        let fault = (message.err != RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR)
            .then(|| Fault::new(message.err, text(sys::bindings::rd_kafka_message_produce_errstr(m))));
        let status = sys::bindings::rd_kafka_message_status(m);
        Delivered {
            tag: message._private as usize,
            partition: message.partition,
            offset: message.offset,
            fault,
            perhaps: status != sys::bindings::rd_kafka_msg_status_t::RD_KAFKA_MSG_STATUS_NOT_PERSISTED,
        }
    }
}

fn part(vtype: Kind) -> Part {
    Part { vtype, u: sys::bindings::rd_kafka_vu_s__bindgen_ty_1 { _pad: [0; 64] } }
}

/// A topic of a producer with options of its own, for as long as this lives.
pub struct Apart {
    topic: *mut sys::RDKafkaTopic,
    /// The client outlives its topics.
    _client: Arc<Client>,
}

// SAFETY: a librdkafka topic may be used from any thread.
unsafe impl Send for Apart {}
// SAFETY: as above.
unsafe impl Sync for Apart {}

impl Drop for Apart {
    fn drop(&mut self) {
        // SAFETY: made by `apart`, freed once, and the client is alive.
        unsafe { sys::rd_kafka_topic_destroy(self.topic) };
    }
}

impl Client {
    /// Gives a topic an option of its own, before anything is published there; all else is as for the others.
    pub fn apart(self: &Arc<Self>, topic: &str, option: &str, value: &str) -> Outcome<Apart> {
        let (topic, option, value) = (c_text(topic)?, c_text(option)?, c_text(value)?);
        let mut why = [0; 512];
        // SAFETY: every pointer lives until its call returns; the conf is freed here if it is not taken over.
        unsafe {
            let conf = sys::bindings::rd_kafka_default_topic_conf_dup(self.ptr());
            let set = sys::bindings::rd_kafka_topic_conf_set(conf, option.as_ptr(), value.as_ptr(), why.as_mut_ptr(), why.len());
            if set != sys::types::RDKafkaConfRes::RD_KAFKA_CONF_OK {
                sys::bindings::rd_kafka_topic_conf_destroy(conf);
                return Err(Fault::new(Code::InvalidArgument, text(why.as_ptr())));
            }
            let topic = sys::rd_kafka_topic_new(self.ptr(), topic.as_ptr(), conf);
            if topic.is_null() {
                sys::bindings::rd_kafka_topic_conf_destroy(conf);
                return Err(Fault::new(sys::rd_kafka_last_error(), ""));
            }
            Ok(Apart { topic, _client: self.clone() })
        }
    }

    /// Queues a record; its bytes are copied. `QueueFull`: wait for deliveries and try again.
    pub fn produce(&self, parcel: &Parcel<'_>) -> Outcome<()> {
        let topic = c_text(parcel.topic)?;
        let names = parcel.headers.iter().map(|(n, _)| c_text(n)).collect::<Outcome<Vec<_>>>()?;
        let of = |b: Option<&Bytes>| b.map_or((std::ptr::null(), 0), |b| (b.as_ptr().cast::<c_void>(), b.len()));
        // SAFETY: every pointer lives until the call returns, and MSG_F_COPY makes librdkafka copy the body; the headers go
        // over to librdkafka if the call succeeds and are freed here if not.
        unsafe {
            let headers = sys::rd_kafka_headers_new(names.len());
            for (name, (_, value)) in names.iter().zip(parcel.headers) {
                let (ptr, len) = of(value.as_ref());
                sys::rd_kafka_header_add(headers, name.as_ptr(), -1, ptr, len.cast_signed());
            }
            let (key, key_len) = of(parcel.key);
            let (body, body_len) = of(parcel.body);
            let mut parts = [
                part(Kind::RD_KAFKA_VTYPE_TOPIC),
                part(Kind::RD_KAFKA_VTYPE_PARTITION),
                part(Kind::RD_KAFKA_VTYPE_MSGFLAGS),
                part(Kind::RD_KAFKA_VTYPE_KEY),
                part(Kind::RD_KAFKA_VTYPE_VALUE),
                part(Kind::RD_KAFKA_VTYPE_OPAQUE),
                part(Kind::RD_KAFKA_VTYPE_HEADERS),
            ];
            parts[0].u.cstr = topic.as_ptr();
            parts[1].u.i32_ = parcel.partition;
            parts[2].u.i = sys::RD_KAFKA_MSG_F_COPY;
            parts[3].u.mem.ptr = key.cast_mut();
            parts[3].u.mem.size = key_len;
            parts[4].u.mem.ptr = body.cast_mut();
            parts[4].u.mem.size = body_len;
            parts[5].u.ptr = parcel.tag as *mut c_void;
            parts[6].u.headers = headers;
            let failed = taken(sys::bindings::rd_kafka_produceva(self.ptr(), parts.as_ptr(), parts.len()));
            match failed {
                None => Ok(()),
                Some(fault) => {
                    sys::rd_kafka_headers_destroy(headers);
                    Err(fault)
                }
            }
        }
    }

    /// Sends what is queued without waiting for `linger.ms`; returns when all is answered or the time is over.
    pub async fn flush(self: &Arc<Self>, timeout: Duration) {
        let client = self.clone();
        let ms = millis(timeout);
        // SAFETY: the client is alive inside the closure.
        let _ = self.desk().run(move || unsafe { sys::rd_kafka_flush(client.ptr(), ms) }).await;
    }

    /// The reason why this producer can never publish again, if there is one.
    pub fn fatal(&self) -> Option<Fault> {
        let mut why = [0; 512];
        // SAFETY: the buffer is as long as said.
        let code = unsafe { sys::rd_kafka_fatal_error(self.ptr(), why.as_mut_ptr(), why.len()) };
        (code != RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR).then(|| Fault::new(code, text(why.as_ptr())))
    }

    /// Makes this producer the one owner of its transactional id; earlier ones are fenced and their open transactions aborted.
    pub async fn init_transactions(self: &Arc<Self>, timeout: Duration) -> Outcome<()> {
        self.transaction(timeout, |rk, ms| unsafe { sys::rd_kafka_init_transactions(rk, ms) }).await
    }

    /// Opens a transaction.
    pub fn begin(&self) -> Outcome<()> {
        // SAFETY: the client is alive.
        taken(unsafe { sys::rd_kafka_begin_transaction(self.ptr()) }).map_or(Ok(()), Err)
    }

    /// Flushes and commits. After a failure the outcome is known only if [`Client::abort`] succeeds: then nothing counts.
    pub async fn commit(self: &Arc<Self>, timeout: Duration) -> Outcome<()> {
        self.transaction(timeout, |rk, ms| unsafe { sys::rd_kafka_commit_transaction(rk, ms) }).await
    }

    /// Throws the open transaction away.
    pub async fn abort(self: &Arc<Self>, timeout: Duration) -> Outcome<()> {
        self.transaction(timeout, |rk, ms| unsafe { sys::rd_kafka_abort_transaction(rk, ms) }).await
    }

    async fn transaction(
        self: &Arc<Self>,
        timeout: Duration,
        work: fn(*mut sys::RDKafka, i32) -> *mut sys::bindings::rd_kafka_error_t,
    ) -> Outcome<()> {
        let client = self.clone();
        let ms = millis(timeout);
        self.desk().run(move || taken(work(client.ptr(), ms)).map_or(Ok(()), Err)).await?
    }
}

fn millis(t: Duration) -> i32 {
    i32::try_from(t.as_millis()).unwrap_or(i32::MAX)
}

impl Fault {
    /// Whether librdkafka's queue was full: not a failure, only too early.
    pub fn is_full(&self) -> bool {
        self.code == Code::QueueFull
    }
}
