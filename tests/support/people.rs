//! The testbed's users and what they may do: certificates, and rights on one topic.

use std::path::PathBuf;
use std::time::Duration;

use crate::testbed::admin;

/// Where the testbed's CA and client certificate are.
pub fn certs() -> PathBuf {
    std::env::var_os("REDRIVE_TEST_CERTS").map(PathBuf::from).unwrap_or_default()
}

/// ACLs for one topic: `app` may do all, `viewer` may look, `nobody` nothing. As soon as any ACL matches a topic, the
/// testbed's `allow.everyone.if.no.acl.found` no longer holds for it.
pub async fn rights(server: &str, topic: &str) {
    use rdkafka_sys as sys;
    use sys::bindings as b;
    let admin = admin(server);
    let c = |s: &str| std::ffi::CString::new(s).expect("no zero byte");
    let (name, host) = (c(topic), c("*"));
    let mut acls = Vec::new();
    let (mut why, viewer, app) = ([0 as std::ffi::c_char; 256], c("User:viewer"), c("User:app"));
    let read = [
        b::rd_kafka_AclOperation_t::RD_KAFKA_ACL_OPERATION_READ,
        b::rd_kafka_AclOperation_t::RD_KAFKA_ACL_OPERATION_DESCRIBE,
        b::rd_kafka_AclOperation_t::RD_KAFKA_ACL_OPERATION_DESCRIBE_CONFIGS,
    ];
    let wanted = read.iter().map(|op| (&viewer, *op)).chain([(&app, b::rd_kafka_AclOperation_t::RD_KAFKA_ACL_OPERATION_ALL)]);
    // SAFETY: everything is alive during the calls and freed at the end; the event is awaited before.
    unsafe {
        for (who, op) in wanted {
            acls.push(b::rd_kafka_AclBinding_new(
                b::rd_kafka_ResourceType_t::RD_KAFKA_RESOURCE_TOPIC,
                name.as_ptr(),
                b::rd_kafka_ResourcePatternType_t::RD_KAFKA_RESOURCE_PATTERN_LITERAL,
                who.as_ptr(),
                host.as_ptr(),
                op,
                b::rd_kafka_AclPermissionType_t::RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW,
                why.as_mut_ptr(),
                why.len(),
            ));
        }
        let rk = admin.inner().native_ptr();
        let queue = sys::rd_kafka_queue_new(rk);
        let options = sys::rd_kafka_AdminOptions_new(rk, sys::types::RDKafkaAdminOp::RD_KAFKA_ADMIN_OP_CREATEACLS);
        b::rd_kafka_CreateAcls(rk, acls.as_mut_ptr(), acls.len(), options, queue);
        let event = sys::rd_kafka_queue_poll(queue, 10_000);
        assert!(!event.is_null() && sys::rd_kafka_event_error(event) == sys::types::RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR, "ACLs");
        sys::rd_kafka_event_destroy(event);
        sys::rd_kafka_AdminOptions_destroy(options);
        sys::rd_kafka_queue_destroy(queue);
        acls.into_iter().for_each(|a| b::rd_kafka_AclBinding_destroy(a));
    }
    // the authorizer applies new rights a moment later
    tokio::time::sleep(Duration::from_millis(300)).await;
}
