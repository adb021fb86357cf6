//! librdkafka's and the broker's failures as the contract's error: kind, cause, and what to do next.

use super::ffi::{Code, Fault};
use crate::broker::{Error, ErrorKind};
use crate::model::{Address, ConnId};

/// What an error may name of a connection.
#[derive(Clone, Debug, Default)]
pub struct Cause {
    pub servers: String,
    /// `SASL_SSL`.
    pub protocol: String,
    pub mechanism: Option<&'static str>,
    /// Where the password comes from, never the password.
    pub password: Option<String>,
    pub ca: Option<String>,
}

/// A fault in the contract's terms. `op` is a verb phrase; `needs` names the right that the operation needs on a topic or group.
pub fn error(fault: &Fault, op: &'static str, needs: &str, conn: &ConnId, at: Option<&Address>, cause: &Cause) -> Error {
    let kind = kind(fault);
    let e = Error::new(kind, op, words(fault)).on(conn).next(next(fault, kind, needs, at, cause));
    let retry = e.retry || transient(fault.code);
    let e = Error { retry, ..e };
    match at {
        Some(at) => e.about(at),
        None => e,
    }
}

/// Short of librdkafka's habits: `sasl_ssl://127.0.0.1:19094/bootstrap: ` or `GroupCoordinator: 127.0.0.1:19092: ` before,
/// `(after 5ms in state ...)` behind, `Connect to ipv4#127.0.0.1:19092 failed: ` for the address alone.
fn words(fault: &Fault) -> String {
    let t = fault.text.trim();
    let t = t.split_once(" (after ").map_or(t, |(before, _)| before);
    let t = t.strip_suffix(":").unwrap_or(t);
    let is_broker =
        |head: &str| !head.contains(' ') && head.rsplit_once('/').is_some_and(|(_, id)| id == "bootstrap" || id.parse::<u32>().is_ok());
    let t = t.split_once(": ").filter(|(head, _)| is_broker(head)).map_or(t, |(_, rest)| rest);
    let t = t.strip_prefix("GroupCoordinator: ").and_then(|t| t.split_once(": ")).map_or(t, |(_, rest)| rest);
    let address = t.strip_prefix("Connect to ipv4#").or_else(|| t.strip_prefix("Connect to ipv6#"));
    if let Some((address, why)) = address.and_then(|t| t.split_once(" failed: ")) {
        return format!("{address}: {why}");
    }
    match (fault.code, t) {
        _ if silent(t) => "it accepts connections and answers nothing".to_owned(),
        (Code::OperationTimedOut | Code::RequestTimedOut, _) => "the broker said nothing".to_owned(),
        _ => t.to_owned(),
    }
}

fn kind(fault: &Fault) -> ErrorKind {
    match fault.code {
        Code::Authentication | Code::SaslAuthenticationFailed | Code::UnsupportedSASLMechanism | Code::IllegalSASLState => ErrorKind::Login,
        // the broker's TLS alert about our certificate is a refused login; everything else about TLS is no connection
        Code::SSL | Code::BrokerTransportFailure if certificate_wanted(&fault.text) => ErrorKind::Login,
        Code::BrokerTransportFailure if silent(&fault.text) => ErrorKind::Timeout,
        Code::SSL
        | Code::BrokerTransportFailure
        | Code::AllBrokersDown
        | Code::Resolve
        | Code::NetworkException
        | Code::BrokerNotAvailable => ErrorKind::Unreachable,
        Code::TopicAuthorizationFailed
        | Code::GroupAuthorizationFailed
        | Code::ClusterAuthorizationFailed
        | Code::TransactionalIdAuthorizationFailed
        | Code::DelegationTokenAuthorizationFailed => ErrorKind::Denied,
        Code::UnknownTopicOrPartition | Code::UnknownTopic | Code::UnknownPartition | Code::GroupIdNotFound => ErrorKind::NotFound,
        Code::OffsetOutOfRange | Code::AutoOffsetReset => ErrorKind::Gone,
        Code::OperationTimedOut | Code::MessageTimedOut | Code::RequestTimedOut | Code::TimedOutQueue | Code::WaitingForCoordinator => {
            ErrorKind::Timeout
        }
        Code::ThrottlingQuotaExceeded | Code::QueueFull => ErrorKind::Throttled,
        Code::UnsupportedFeature | Code::UnsupportedVersion | Code::UnsupportedForMessageFormat | Code::NotImplemented => {
            ErrorKind::Unsupported
        }
        Code::InvalidArgument
        | Code::InvalidConfig
        | Code::InvalidTopic
        | Code::MessageSizeTooLarge
        | Code::InvalidMessageSize
        | Code::InvalidRecord
        | Code::InvalidTimestamp
        | Code::PolicyViolation => ErrorKind::Invalid,
        _ => ErrorKind::Unexpected,
    }
}

/// The first question of all had no answer; librdkafka takes that for a very old broker.
fn silent(text: &str) -> bool {
    text.contains("ApiVersionRequest failed: Local: Timed out")
}

fn certificate_wanted(text: &str) -> bool {
    let t = text.to_ascii_lowercase();
    t.contains("certificate required") || t.contains("bad certificate") || t.contains("alert number 42") || t.contains("alert number 116")
}

/// Whether it passes by itself: a leader or a coordinator is being elected.
pub fn transient(code: Code) -> bool {
    matches!(
        code,
        Code::LeaderNotAvailable
            | Code::NotLeaderForPartition
            | Code::NotCoordinator
            | Code::CoordinatorNotAvailable
            | Code::CoordinatorLoadInProgress
            | Code::NotEnoughReplicas
            | Code::ReplicaNotAvailable
            | Code::BrokerNotAvailable
            | Code::FencedLeaderEpoch
            | Code::UnknownLeaderEpoch
            | Code::OffsetNotAvailable
    )
}

fn next(fault: &Fault, kind: ErrorKind, needs: &str, at: Option<&Address>, cause: &Cause) -> String {
    let what = at.map_or_else(|| "the cluster".to_owned(), |a| format!("{} {}", a.kind.word(), a.name));
    match kind {
        ErrorKind::Login if certificate_wanted(&fault.text) => {
            "this listener wants a client certificate: set tls.cert and tls.key".to_owned()
        }
        ErrorKind::Login => match (cause.mechanism, &cause.password) {
            (Some(m), from) if m.starts_with("SCRAM") => {
                let other = if m.ends_with("256") { "SCRAM-SHA-512" } else { "SCRAM-SHA-256" };
                format!(
                    "the password{} is wrong, or the user lacks a {m} credential ({other} may be set instead)",
                    from_where(from.as_deref())
                )
            }
            (Some(_), from) => format!("check the user name and the password{}", from_where(from.as_deref())),
            (None, _) => format!("the broker wants a login; set security for {}", cause.servers),
        },
        ErrorKind::Unreachable if fault.text.contains("certificate verify failed") => match &cause.ca {
            Some(ca) => format!("the broker's certificate is not signed by {ca}, or not for this host name"),
            None => "the broker's certificate is not signed by a CA of this system: set tls.ca".to_owned(),
        },
        ErrorKind::Unreachable if fault.text.contains("verify that security.protocol") || fault.text.contains("SSL handshake failed") => {
            format!("does {} speak {}? compare the listener's protocol with ssl_enabled and sasl_mechanism", cause.servers, cause.protocol)
        }
        ErrorKind::Unreachable => format!("is {} right and is the broker up? tried {}", cause.servers, cause.protocol),
        ErrorKind::Denied => {
            let needs = match fault.code {
                Code::GroupAuthorizationFailed => "Describe on the group",
                Code::ClusterAuthorizationFailed => "Describe on the cluster",
                Code::TransactionalIdAuthorizationFailed => "Write on the transactional id",
                _ => needs,
            };
            format!("ask for an ACL: {needs} ({what})")
        }
        ErrorKind::NotFound => "check the name with ls; a topic that this login may not describe looks the same".to_owned(),
        ErrorKind::Gone => "retention or DeleteRecords took it; start at oldest".to_owned(),
        ErrorKind::Timeout => "try again; the broker is slow or a partition has no leader".to_owned(),
        _ if transient(fault.code) => "try again in a moment".to_owned(),
        _ => String::new(),
    }
}

fn from_where(origin: Option<&str>) -> String {
    let named = origin.filter(|o| !o.contains("hidden"));
    named.map_or_else(String::new, |o| format!(" from {}", o.strip_prefix("env.").unwrap_or(o)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(code: Code, text: &str, cause: &Cause) -> Error {
        let at = Address::topic(&ConnId::new("k"), "orders");
        error(&Fault { code, text: text.into() }, "read", "Read on the topic", &ConnId::new("k"), Some(&at), cause)
    }

    #[test]
    fn a_wrong_password_says_where_it_comes_from_and_what_else_it_may_be() {
        let cause = Cause { mechanism: Some("SCRAM-SHA-256"), password: Some("env.KAFKA_PASSWORD".into()), ..Cause::default() };
        let e = told(
            Code::Authentication,
            "sasl_ssl://h:1/bootstrap: SASL authentication error: invalid credentials (after 5ms in state AUTH_REQ)",
            &cause,
        );
        assert_eq!(e.kind, ErrorKind::Login);
        assert!(!e.retry);
        let text = e.to_string();
        assert!(text.contains("invalid credentials; the password from KAFKA_PASSWORD is wrong"), "{text}");
        assert!(text.contains("SCRAM-SHA-512 may be set instead"), "{text}");
    }

    #[test]
    fn an_address_that_refuses_is_said_in_few_words() {
        let refused = "127.0.0.1:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: Connection refused (after 0ms in state CONNECT)";
        assert_eq!(told(Code::BrokerTransportFailure, refused, &Cause::default()).cause, "127.0.0.1:1: Connection refused");
        let coordinator =
            "GroupCoordinator: 127.0.0.1:1: Connect to ipv4#127.0.0.1:1 failed: Connection refused (after 0ms in state CONNECT)";
        assert_eq!(told(Code::BrokerTransportFailure, coordinator, &Cause::default()).cause, "127.0.0.1:1: Connection refused");
        let silent = "127.0.0.1:1/bootstrap: ApiVersionRequest failed: Local: Timed out: probably due to broker version < 0.10 (see ...)";
        let silent = told(Code::BrokerTransportFailure, silent, &Cause::default());
        assert_eq!((silent.kind, silent.cause.as_str()), (ErrorKind::Timeout, "it accepts connections and answers nothing"));
        let ssl = "sasl_ssl://h:9094/3: SSL handshake failed: certificate verify failed";
        assert_eq!(told(Code::SSL, ssl, &Cause::default()).cause, "SSL handshake failed: certificate verify failed");
    }

    #[test]
    fn kinds_by_code() {
        let of = |code| told(code, "x", &Cause::default()).kind;
        assert_eq!(of(Code::TopicAuthorizationFailed), ErrorKind::Denied);
        assert_eq!(of(Code::UnknownTopicOrPartition), ErrorKind::NotFound);
        assert_eq!(of(Code::AllBrokersDown), ErrorKind::Unreachable);
        assert_eq!(of(Code::OperationTimedOut), ErrorKind::Timeout);
        assert_eq!(of(Code::OffsetOutOfRange), ErrorKind::Gone);
        assert!(told(Code::NotLeaderForPartition, "x", &Cause::default()).retry);
    }

    #[test]
    fn tls_troubles_are_told_apart() {
        let e = told(Code::SSL, "Disconnected: SSL alert number 116: certificate required", &Cause::default());
        assert_eq!(e.kind, ErrorKind::Login);
        let e = told(Code::SSL, "SSL handshake failed: certificate verify failed", &Cause::default());
        assert_eq!(e.kind, ErrorKind::Unreachable);
        assert!(e.next.contains("set tls.ca"));
    }
}
