//! The testbed's users and what they may do: certificates, and rights on one topic.

use std::ffi::{CString, c_char};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use b::rd_kafka_AclOperation_t as Operation;
use b::rd_kafka_AclPermissionType_t as Permission;
use b::rd_kafka_ResourcePatternType_t as Pattern;
use b::rd_kafka_ResourceType_t as Resource;
use rdkafka_sys as sys;
use sys::bindings as b;
use sys::types::RDKafkaAdminOp as Op;

use crate::testbed::{PATIENCE, admin};

/// Where the testbed's CA and client certificate are.
pub fn certs() -> PathBuf {
    std::env::var_os("REDRIVE_TEST_CERTS").map(PathBuf::from).unwrap_or_default()
}

/// ACLs for one topic: `app` may do all, `viewer` may look, `nobody` nothing. As soon as any ACL matches a topic, the
/// testbed's `allow.everyone.if.no.acl.found` no longer holds for it. Waits until the authorizer has them.
pub async fn rights(server: &str, topic: &str) {
    let admin = admin(server);
    let c = |s: &str| CString::new(s).expect("no zero byte");
    let (name, host, viewer, app) = (c(topic), c("*"), c("User:viewer"), c("User:app"));
    let wanted = [(&viewer, Operation::RD_KAFKA_ACL_OPERATION_READ), (&viewer, Operation::RD_KAFKA_ACL_OPERATION_DESCRIBE)]
        .into_iter()
        .chain([(&viewer, Operation::RD_KAFKA_ACL_OPERATION_DESCRIBE_CONFIGS), (&app, Operation::RD_KAFKA_ACL_OPERATION_ALL)]);
    let mut why = [0 as c_char; 256];
    let rk = admin.inner().native_ptr();
    // SAFETY: everything is alive during the calls and freed at the end; the answer is awaited before.
    unsafe {
        let mut acls: Vec<_> = wanted
            .map(|(who, operation)| {
                let (topic, literal) = (Resource::RD_KAFKA_RESOURCE_TOPIC, Pattern::RD_KAFKA_RESOURCE_PATTERN_LITERAL);
                let allow = Permission::RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW;
                let (n, why_size) = (name.as_ptr(), why.len());
                b::rd_kafka_AclBinding_new(topic, n, literal, who.as_ptr(), host.as_ptr(), operation, allow, why.as_mut_ptr(), why_size)
            })
            .collect();
        let made = asked(rk, Op::RD_KAFKA_ADMIN_OP_CREATEACLS, |options, queue| {
            b::rd_kafka_CreateAcls(rk, acls.as_mut_ptr(), acls.len(), options, queue);
        });
        sys::rd_kafka_event_destroy(made);
        let end = Instant::now() + PATIENCE;
        while known(rk, &name) < acls.len() {
            assert!(Instant::now() < end, "the rights on {topic} do not come");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        acls.into_iter().for_each(|a| b::rd_kafka_AclBinding_destroy(a));
    }
}

/// How many rights on a topic the broker's authorizer has.
///
/// # Safety
/// The client is alive.
unsafe fn known(rk: *mut sys::RDKafka, topic: &CString) -> usize {
    let mut why = [0 as c_char; 256];
    // SAFETY: as in `rights`; null names anybody and any host.
    unsafe {
        let filter = b::rd_kafka_AclBindingFilter_new(
            Resource::RD_KAFKA_RESOURCE_TOPIC,
            topic.as_ptr(),
            Pattern::RD_KAFKA_RESOURCE_PATTERN_LITERAL,
            std::ptr::null(),
            std::ptr::null(),
            Operation::RD_KAFKA_ACL_OPERATION_ANY,
            Permission::RD_KAFKA_ACL_PERMISSION_TYPE_ANY,
            why.as_mut_ptr(),
            why.len(),
        );
        let found = asked(rk, Op::RD_KAFKA_ADMIN_OP_DESCRIBEACLS, |options, queue| b::rd_kafka_DescribeAcls(rk, filter, options, queue));
        let mut n = 0;
        b::rd_kafka_DescribeAcls_result_acls(b::rd_kafka_event_DescribeAcls_result(found), &mut n);
        sys::rd_kafka_event_destroy(found);
        b::rd_kafka_AclBinding_destroy(filter);
        n
    }
}

/// The answer to an admin call; it has to be freed.
///
/// # Safety
/// The client and what `ask` hands over are alive.
unsafe fn asked(
    rk: *mut sys::RDKafka,
    what: Op,
    ask: impl FnOnce(*const b::rd_kafka_AdminOptions_t, *mut b::rd_kafka_queue_t),
) -> *mut sys::RDKafkaEvent {
    // SAFETY: queue and options are ours, and freed once the answer is there.
    unsafe {
        let (queue, options) = (sys::rd_kafka_queue_new(rk), sys::rd_kafka_AdminOptions_new(rk, what));
        ask(options, queue);
        let event = sys::rd_kafka_queue_poll(queue, i32::try_from(PATIENCE.as_millis()).expect("a minute"));
        assert!(!event.is_null(), "no answer about rights");
        assert_eq!(sys::rd_kafka_event_error(event), sys::types::RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR);
        sys::rd_kafka_AdminOptions_destroy(options);
        sys::rd_kafka_queue_destroy(queue);
        event
    }
}
