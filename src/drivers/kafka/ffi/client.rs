//! One librdkafka client: made from options, watched for trouble, destroyed at the desk.

use std::ffi::{c_char, c_int, c_void};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka_sys as sys;
use sys::types::{RDKafkaConfRes, RDKafkaRespErr, RDKafkaType};
use tokio::sync::{Notify, mpsc};

use super::producer::{self, Delivered};
use super::queue::Queue;
use super::{Code, Desk, Fault, Outcome, c_text, items, text};

/// How long after the last broker was seen down a call still waits: a retry may be under way.
const GRACE: Duration = Duration::from_millis(600);
/// How long a new client may fail to connect, for each of a few servers.
const MANY: Duration = Duration::from_secs(1);
/// The same for a client that was already down when the call began: it may be about to try again.
const LATE_GRACE: Duration = Duration::from_millis(1500);

/// What a client is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Admin calls only; technically a producer, because that joins nothing and needs no group id.
    Admin,
    Consumer,
    Producer,
}

/// What librdkafka's callbacks write and our calls read.
struct Context {
    trouble: Mutex<Trouble>,
    changed: Notify,
    delivered: Option<mpsc::UnboundedSender<Delivered>>,
    /// How long a client that never got through may go on trying: with several servers the next one may answer.
    patience: Duration,
}

#[derive(Default)]
struct Trouble {
    /// The latest reason that was more than "all brokers are down".
    reason: Option<Fault>,
    /// The latest failed connection in the log: librdkafka raises no error for some.
    logged: Option<String>,
    /// Since when no broker can be reached.
    down: Option<Instant>,
    /// Since when connecting fails, of a client that never got through: librdkafka says "all are down" only of brokers that
    /// it has met.
    failing: Option<Instant>,
    /// A login or TLS refusal: waiting does not help.
    refused: Option<Instant>,
    /// A call has succeeded once.
    proven: bool,
}

/// A librdkafka client.
pub struct Client {
    rk: *mut sys::RDKafka,
    context: Arc<Context>,
    desk: Desk,
    made: Instant,
}

// SAFETY: a librdkafka client may be used from any thread.
unsafe impl Send for Client {}
// SAFETY: as above.
unsafe impl Sync for Client {}

unsafe extern "C" fn on_log(rk: *const sys::RDKafka, level: c_int, fac: *const c_char, line: *const c_char) {
    let (fac, line) = (text(fac), text(line));
    if fac == "FAIL" {
        // SAFETY: the opaque is the client's Context from the client's first moment on, and outlives it.
        if let Some(context) = unsafe { sys::rd_kafka_opaque(rk).cast::<Context>().as_ref() } {
            // `[thrd:…]: ` before it says nothing to people
            let line = line.split_once("]: ").map_or(line.as_str(), |(_, l)| l).to_owned();
            context.trouble.lock().unwrap_or_else(PoisonError::into_inner).logged = Some(line);
        }
    }
    match level {
        0..=3 => tracing::warn!(target: "librdkafka", fac, line),
        _ => tracing::debug!(target: "librdkafka", fac, line),
    }
}

unsafe extern "C" fn on_event(_: *mut sys::RDKafka, ev: *mut sys::RDKafkaEvent, opaque: *mut c_void) {
    // SAFETY: `opaque` is the client's Context, which outlives the client; the event is ours and freed below.
    unsafe {
        let context = &*opaque.cast::<Context>();
        match sys::rd_kafka_event_type(ev) {
            sys::RD_KAFKA_EVENT_ERROR => {
                context.note(Fault::new(sys::rd_kafka_event_error(ev), text(sys::rd_kafka_event_error_string(ev))));
            }
            sys::RD_KAFKA_EVENT_DR => {
                if let Some(tell) = &context.delivered {
                    let mut messages = vec![std::ptr::null(); sys::rd_kafka_event_message_count(ev)];
                    let n = sys::rd_kafka_event_message_array(ev, messages.as_mut_ptr(), messages.len());
                    for m in items(messages.as_ptr(), n) {
                        // the publisher may have given up; then nobody asks for the answer
                        let _ = tell.send(producer::delivered(*m));
                    }
                }
            }
            _ => {}
        }
        sys::rd_kafka_event_destroy(ev);
    }
}

impl Context {
    fn note(&self, fault: Fault) {
        tracing::debug!(target: "librdkafka", code = ?fault.code, reason = fault.text, "client error");
        let now = Instant::now();
        let mut t = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        match fault.code {
            Code::AllBrokersDown => t.down = Some(now),
            Code::Authentication | Code::SaslAuthenticationFailed | Code::UnsupportedSASLMechanism | Code::SSL => {
                t.refused = Some(now);
                t.reason = Some(fault);
            }
            Code::BrokerTransportFailure | Code::Resolve => {
                t.reason = Some(fault);
                if !t.proven {
                    t.failing.get_or_insert(now);
                }
            }
            _ => return,
        }
        drop(t);
        self.changed.notify_waiters();
    }
}

impl Client {
    /// Makes a client; starts librdkafka's threads and loads certificates, so only at the desk. No broker is spoken to yet
    /// by admin clients and producers.
    pub fn new(
        role: Role,
        options: &[(String, String)],
        desk: &Desk,
        delivered: Option<mpsc::UnboundedSender<Delivered>>,
    ) -> Outcome<Arc<Self>> {
        let servers = options.iter().find(|(n, _)| n == "bootstrap.servers").map_or(1, |(_, v)| v.split(',').count());
        let patience = if servers > 1 { 3 * MANY } else { MANY };
        let context = Arc::new(Context { trouble: Mutex::default(), changed: Notify::new(), delivered, patience });
        let options = options.iter().map(|(n, v)| Ok((n, c_text(n)?, c_text(v)?))).collect::<Outcome<Vec<_>>>()?;
        let mut why = [0 as c_char; 512];
        // SAFETY: the conf is freed here on failure and taken over by rd_kafka_new on success; the opaque Context is kept
        // alive by the Client until rd_kafka_destroy has returned.
        let rk = unsafe {
            let conf = sys::rd_kafka_conf_new();
            for (name, n, v) in options {
                if sys::rd_kafka_conf_set(conf, n.as_ptr(), v.as_ptr(), why.as_mut_ptr(), why.len()) != RDKafkaConfRes::RD_KAFKA_CONF_OK {
                    sys::rd_kafka_conf_destroy(conf);
                    return Err(Fault::new(Code::InvalidArgument, format!("{name}: {}", text(why.as_ptr()))));
                }
            }
            sys::rd_kafka_conf_set_opaque(conf, Arc::as_ptr(&context).cast_mut().cast());
            sys::rd_kafka_conf_set_log_cb(conf, Some(on_log));
            sys::rd_kafka_conf_set_background_event_cb(conf, Some(on_event));
            let events = sys::RD_KAFKA_EVENT_ERROR | if role == Role::Producer { sys::RD_KAFKA_EVENT_DR } else { 0 };
            sys::rd_kafka_conf_set_events(conf, events);
            let kind = if role == Role::Consumer { RDKafkaType::RD_KAFKA_CONSUMER } else { RDKafkaType::RD_KAFKA_PRODUCER };
            let rk = sys::rd_kafka_new(kind, conf, why.as_mut_ptr(), why.len());
            if rk.is_null() {
                sys::rd_kafka_conf_destroy(conf);
                return Err(Fault::new(Code::InvalidArgument, text(why.as_ptr())));
            }
            // errors and delivery reports go to the background thread, so nobody has to poll for them
            let (main, background) = (sys::rd_kafka_queue_get_main(rk), sys::rd_kafka_queue_get_background(rk));
            sys::rd_kafka_queue_forward(main, background);
            sys::rd_kafka_queue_destroy(main);
            sys::rd_kafka_queue_destroy(background);
            rk
        };
        Ok(Arc::new(Self { rk, context, desk: desk.clone(), made: Instant::now() }))
    }

    pub fn ptr(&self) -> *mut sys::RDKafka {
        self.rk
    }

    pub fn desk(&self) -> &Desk {
        &self.desk
    }

    /// Forgets earlier trouble: a call has just succeeded.
    pub fn well(&self) {
        let mut t = self.context.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        *t = Trouble { proven: true, ..Trouble::default() };
    }

    /// Why the brokers cannot be had, if that is known by now.
    pub fn reason(&self) -> Option<Fault> {
        let t = self.context.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        t.reason.clone().or_else(|| t.logged.clone().map(|line| Fault::new(Code::BrokerTransportFailure, line)))
    }

    /// Returns as soon as waiting on has no use: login refused, or every broker down and none coming back in a moment.
    pub async fn hopeless(&self) -> Fault {
        let began = Instant::now();
        loop {
            let changed = self.context.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let until = {
                let t = self.context.trouble.lock().unwrap_or_else(PoisonError::into_inner);
                let fresh = |at: Instant| at >= began || self.made + LATE_GRACE > began;
                let end = |at: Option<Instant>, grace| at.map(|at| if fresh(at) { at + grace } else { began + LATE_GRACE });
                let ends = [end(t.refused, Duration::ZERO), end(t.down, GRACE), end(t.failing, self.context.patience)];
                ends.into_iter().flatten().min()
            };
            match until {
                Some(at) if at <= Instant::now() => {
                    return self.reason().unwrap_or_else(|| Fault::new(Code::AllBrokersDown, "no broker can be reached"));
                }
                Some(at) => {
                    let _ = tokio::time::timeout_at(at.into(), changed).await;
                }
                None => changed.await,
            }
        }
    }

    /// One admin call: `ask` sends it with a queue for the answer, `read` reads the answer.
    pub(super) async fn call<T>(
        self: &Arc<Self>,
        ask: impl FnOnce(&Queue) -> Outcome<()>,
        read: impl FnOnce(&super::queue::Event) -> Outcome<T>,
    ) -> Outcome<T> {
        let queue = Queue::new(self);
        ask(&queue)?;
        let answer = queue.next().await;
        if let Some(fault) = answer.fault() {
            return Err(fault);
        }
        read(&answer)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        struct End(*mut sys::RDKafka, #[expect(dead_code, reason = "kept alive until the client is gone")] Arc<Context>);
        // SAFETY: the pointer moves to the one thread that destroys it.
        unsafe impl Send for End {}
        let end = End(self.rk, self.context.clone());
        self.desk.end(move || {
            let end = end;
            // SAFETY: nobody else has this pointer any more; the Context inside `end` outlives the call.
            unsafe { sys::rd_kafka_destroy_flags(end.0, sys::RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE) };
        });
    }
}

/// Options of an admin call.
pub(super) struct Options(pub *mut sys::RDKafkaAdminOptions);

impl Options {
    /// Asks the broker to answer within `timeout`.
    pub fn new(client: &Client, op: sys::types::RDKafkaAdminOp, timeout: Duration) -> Self {
        let ms = c_int::try_from(timeout.as_millis()).unwrap_or(c_int::MAX);
        // SAFETY: the client is alive; freed in Drop. A refused timeout leaves the default, which is bounded too.
        unsafe {
            let options = sys::rd_kafka_AdminOptions_new(client.ptr(), op);
            let code = sys::rd_kafka_AdminOptions_set_request_timeout(options, ms, std::ptr::null_mut(), 0);
            debug_assert_eq!(code, RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR);
            Self(options)
        }
    }
}

impl Drop for Options {
    fn drop(&mut self) {
        // SAFETY: made by `new`, freed once; librdkafka copied them at the call.
        unsafe { sys::rd_kafka_AdminOptions_destroy(self.0) };
    }
}
