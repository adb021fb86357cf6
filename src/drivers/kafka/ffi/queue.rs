//! An event queue that wakes a task when librdkafka puts something into it.

use std::ffi::c_void;
use std::sync::Arc;

use rdkafka_sys as sys;
use tokio::sync::Notify;

use super::{Client, Fault, text};

/// A queue of one client; events left in it are dropped with it, so that dropping is cancelling.
pub struct Queue {
    ptr: *mut sys::RDKafkaQueue,
    wake: Arc<Notify>,
    // the queue must go before its client
    _client: Arc<Client>,
}

// SAFETY: librdkafka's queues may be used from any thread.
unsafe impl Send for Queue {}
// SAFETY: as above; all methods are librdkafka's own thread-safe calls.
unsafe impl Sync for Queue {}

unsafe extern "C" fn on_event(_: *mut sys::RDKafka, opaque: *mut c_void) {
    // SAFETY: `opaque` is the queue's Notify, which lives until the callback is switched off in Drop.
    unsafe { &*opaque.cast::<Notify>() }.notify_one();
}

impl Queue {
    /// A new, empty queue for the answers of admin calls.
    pub fn new(client: &Arc<Client>) -> Self {
        // SAFETY: the client is alive.
        Self::of(client, unsafe { sys::rd_kafka_queue_new(client.ptr()) })
    }

    /// The queue of a consumer's records.
    pub fn records(client: &Arc<Client>) -> Self {
        // SAFETY: the client is alive and a consumer with a group id, so the queue exists.
        Self::of(client, unsafe { sys::rd_kafka_queue_get_consumer(client.ptr()) })
    }

    fn of(client: &Arc<Client>, ptr: *mut sys::RDKafkaQueue) -> Self {
        let wake = Arc::new(Notify::new());
        // SAFETY: the queue is ours and Drop switches the callback off before the Notify goes.
        unsafe { sys::rd_kafka_queue_cb_event_enable(ptr, Some(on_event), Arc::as_ptr(&wake).cast_mut().cast()) };
        // what came before the callback was set would wake nobody
        wake.notify_one();
        Self { ptr, wake, _client: client.clone() }
    }

    pub fn ptr(&self) -> *mut sys::RDKafkaQueue {
        self.ptr
    }

    /// Returns when something may have come; poll without waiting before and after.
    pub async fn filled(&self) {
        self.wake.notified().await;
    }

    /// The next event.
    pub async fn next(&self) -> Event {
        loop {
            // SAFETY: the queue is alive; a timeout of 0 does not block.
            let ev = unsafe { sys::rd_kafka_queue_poll(self.ptr, 0) };
            if !ev.is_null() {
                return Event(ev);
            }
            self.filled().await;
        }
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        // SAFETY: switching the callback off takes the queue's lock, so none runs after it; then our reference is given back.
        unsafe {
            sys::rd_kafka_queue_cb_event_enable(self.ptr, None, std::ptr::null_mut());
            sys::rd_kafka_queue_destroy(self.ptr);
        }
    }
}

/// An answer of librdkafka's.
pub struct Event(*mut sys::RDKafkaEvent);

// SAFETY: an event belongs to whoever polled it and holds no thread-bound state.
unsafe impl Send for Event {}
// SAFETY: it is only read.
unsafe impl Sync for Event {}

impl Event {
    pub fn ptr(&self) -> *mut sys::RDKafkaEvent {
        self.0
    }

    /// The whole call's failure.
    pub fn fault(&self) -> Option<Fault> {
        // SAFETY: the event is alive.
        let (code, words) = unsafe { (sys::rd_kafka_event_error(self.0), text(sys::rd_kafka_event_error_string(self.0))) };
        (code != sys::types::RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR).then(|| Fault::new(code, words))
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        // SAFETY: polled by us, freed once.
        unsafe { sys::rd_kafka_event_destroy(self.0) };
    }
}
