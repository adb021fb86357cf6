//! librdkafka's C interface in safe Rust: clients, queues, admin calls, records. The crate's only unsafe code.
//!
//! Admin calls and reads are asynchronous without a thread of ours: librdkafka wakes us when a queue of ours fills.
//! What can only block (making and destroying a client, metadata, transactions) runs on the [`Desk`].

mod client;
mod cluster;
mod consumer;
mod desk;
mod groups;
mod offsets;
mod producer;
mod queue;

use std::ffi::{CStr, CString, c_char};

use rdkafka_sys as sys;
pub use rdkafka_sys::types::RDKafkaErrorCode as Code;

pub use client::{Client, Role};
pub use cluster::ConfigLine;
pub use consumer::{Consumer, Record};
pub use desk::Desk;
pub use groups::{Commit, GroupFacts};
pub use offsets::{At, Found};
pub use producer::{Apart, Delivered, Parcel};

/// What librdkafka or the broker said of a failure.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    pub code: Code,
    /// In the broker's or library's words, with addresses and without secrets.
    pub text: String,
}

impl Fault {
    fn new(code: impl Into<Code>, text: impl Into<String>) -> Self {
        let (code, text) = (code.into(), text.into());
        if !text.is_empty() {
            return Self { code, text };
        }
        // `Name (words)`: the words are enough
        let long = code.to_string();
        let text = long.split_once(" (").and_then(|(_, words)| words.strip_suffix(')')).unwrap_or(&long).to_owned();
        Self { code, text }
    }
}

pub type Outcome<T> = std::result::Result<T, Fault>;

/// A C string of librdkafka's, or nothing for a null pointer.
fn text(ptr: *const c_char) -> String {
    if ptr.is_null() {
        return String::new();
    }
    // SAFETY: not null, and librdkafka's strings end in a zero byte and live as long as the object we hold.
    unsafe { CStr::from_ptr(ptr) }.to_string_lossy().into_owned()
}

/// A C string for librdkafka; names with a zero byte inside cannot exist on a broker we can speak to.
fn c_text(s: &str) -> Outcome<CString> {
    CString::new(s).map_err(|_| Fault::new(Code::InvalidArgument, "a name with a zero byte cannot be sent"))
}

/// Reads and frees an error object; `None` for null, which means success.
fn taken(error: *mut sys::bindings::rd_kafka_error_t) -> Option<Fault> {
    let fault = seen(error);
    if fault.is_some() {
        // SAFETY: not null, ours to free, and not used after.
        unsafe { sys::rd_kafka_error_destroy(error) };
    }
    fault
}

/// Reads a borrowed error object; `None` for null or "no error".
fn seen(error: *const sys::bindings::rd_kafka_error_t) -> Option<Fault> {
    if error.is_null() {
        return None;
    }
    // SAFETY: not null and alive during the call.
    let (code, words) = unsafe { (sys::rd_kafka_error_code(error), text(sys::rd_kafka_error_string(error))) };
    (code != sys::types::RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR).then(|| Fault::new(code, words))
}

/// An array that librdkafka hands out as pointer and count.
fn items<'a, T>(ptr: *const T, count: usize) -> &'a [T] {
    if ptr.is_null() || count == 0 {
        return &[];
    }
    // SAFETY: librdkafka gives `count` elements at `ptr`, alive as long as the event that the caller holds.
    unsafe { std::slice::from_raw_parts(ptr, count) }
}

/// A topic-partition list of ours.
struct List(*mut sys::RDKafkaTopicPartitionList);

impl List {
    fn new<'a>(of: impl IntoIterator<Item = (&'a str, i32, i64)>) -> Outcome<Self> {
        // SAFETY: plain allocation; freed in Drop.
        let list = Self(unsafe { sys::rd_kafka_topic_partition_list_new(16) });
        for (topic, partition, offset) in of {
            let topic = c_text(topic)?;
            // SAFETY: the list is ours; `add` copies the name and returns an element inside the list.
            unsafe { (*sys::rd_kafka_topic_partition_list_add(list.0, topic.as_ptr(), partition)).offset = offset };
        }
        Ok(list)
    }
}

impl Drop for List {
    fn drop(&mut self) {
        // SAFETY: made by `new`, freed once.
        unsafe { sys::rd_kafka_topic_partition_list_destroy(self.0) };
    }
}

/// The elements of a list, borrowed.
fn elements<'a>(list: *const sys::RDKafkaTopicPartitionList) -> &'a [sys::RDKafkaTopicPartition] {
    if list.is_null() {
        return &[];
    }
    // SAFETY: a live list of librdkafka's.
    let list = unsafe { &*list };
    items(list.elems, usize::try_from(list.cnt).unwrap_or(0))
}
