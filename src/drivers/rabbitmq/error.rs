//! AMQP's and lapin's failures as the contract's error: kind, cause, and what to do next.

use lapin::ErrorKind as Amqp;

use super::Settings;
use crate::broker::{Error, ErrorKind};
use crate::model::Address;

/// Reply codes of AMQP 0-9-1 that mean something to us.
pub const REFUSED: u16 = 403;
pub const LOCKED: u16 = 405;
pub const PRECONDITION: u16 = 406;
const FORCED: u16 = 320;
const NOT_FOUND: u16 = 404;
const NOT_IMPLEMENTED: u16 = 540;
const NOT_ALLOWED: u16 = 530;

/// The broker's reply code, if it was the broker that refused.
pub fn code(e: &lapin::Error) -> Option<u16> {
    match e.kind() {
        Amqp::ProtocolError(e) => Some(e.get_id()),
        _ => None,
    }
}

/// A failure while the connection is opened.
pub fn opening(settings: &Settings, op: &'static str, e: &lapin::Error) -> Error {
    let error = |kind, cause: String| settings.error(kind, op, cause);
    match (code(e), e.kind()) {
        (Some(REFUSED), _) => error(ErrorKind::Login, words(e)).next(settings.check_login()),
        (Some(NOT_ALLOWED), _) => error(ErrorKind::Denied, words(e)).next(settings.check_vhost()),
        (Some(_), _) => unlike(settings, op, e),
        (None, Amqp::IOError(io)) => {
            let cause = io.to_string();
            let tls = settings.profile.ssl;
            let next = if cause.contains("certificate") || cause.contains("UnknownIssuer") {
                "the broker's certificate is not signed by a trusted authority, or not for this host name: set tls.ca".to_owned()
            } else if tls && cause.contains("fatal alert") {
                refused_by_tls(settings, &cause).to_owned()
            } else if tls && settings.profile.tls.cert.is_none() {
                // a broker that wants a certificate may close before its word of that is read
                format!("is {} right, is the broker up, does that port speak TLS, and does it want a certificate (tls.cert)?", at(settings))
            } else if tls {
                format!("is {} right, is the broker up, and does that port speak TLS?", at(settings))
            } else {
                format!("is {} right and is the broker up? a port that wants TLS looks the same", at(settings))
            };
            error(ErrorKind::Unreachable, format!("{}: {cause}", at(settings))).next(next)
        }
        _ => unlike(settings, op, e),
    }
}

/// What to do when it is the broker that ends the handshake. Up to TLS 1.2 it has no word of its own for a certificate that is missing.
fn refused_by_tls(settings: &Settings, cause: &str) -> &'static str {
    let shown = settings.profile.tls.cert.is_some();
    if !shown && (cause.contains("CertificateRequired") || cause.contains("HandshakeFailure")) {
        "the broker wants a certificate of ours: set tls.cert and tls.key"
    } else if shown && !cause.contains("ProtocolVersion") {
        "the broker does not take our certificate: is tls.cert signed by an authority that it trusts, and not expired?"
    } else {
        "the broker takes no TLS of this kind: see tls.min_version, and the broker's log"
    }
}

/// `host:port`.
pub fn at(settings: &Settings) -> String {
    format!("{}:{}", settings.profile.host, settings.profile.port)
}

/// A failure of an operation on an open connection.
pub fn error(settings: &Settings, op: &'static str, at: Option<&Address>, e: &lapin::Error) -> Error {
    let named = |error: Error| match at {
        Some(at) => error.about(at),
        None => error,
    };
    let user = || settings.user();
    let made = match code(e) {
        Some(REFUSED) => {
            let needs = if op == "publish" { "write" } else { "read" };
            settings.error(ErrorKind::Denied, op, words(e)).next(format!("ask for the permission {needs} of user {} here", user()))
        }
        Some(NOT_FOUND) => settings.error(ErrorKind::NotFound, op, words(e)).next("check the name with ls"),
        Some(LOCKED) => settings
            .error(ErrorKind::Unsupported, op, words(e))
            .next("it belongs to one consumer alone (exclusive, or a single active consumer); look when that is gone"),
        Some(PRECONDITION) => settings.error(ErrorKind::Invalid, op, words(e)).next("see what the broker says above"),
        Some(NOT_IMPLEMENTED) => {
            settings.error(ErrorKind::Unsupported, op, words(e)).next("a stream is read by offset; list the destinations anew")
        }
        _ => unlike(settings, op, e),
    };
    named(made)
}

fn unlike(settings: &Settings, op: &'static str, e: &lapin::Error) -> Error {
    let lost = |cause: String| match settings.profile.automatic_recovery {
        true => settings.error(ErrorKind::Unreachable, op, cause).next("redrive connects again by itself; try again in a moment"),
        false => settings.not_again(op, &cause),
    };
    match (code(e), e.kind()) {
        (Some(FORCED), _) => lost(words(e)),
        (Some(_), _) => settings.error(ErrorKind::Unexpected, op, words(e)).next("see the broker's log"),
        (None, Amqp::IOError(io)) => lost(format!("the connection was lost: {io}")),
        (None, Amqp::MissingHeartbeatError) => lost("the broker's heartbeats stopped".into()),
        (None, Amqp::InvalidChannelState(..) | Amqp::InvalidConnectionState(_) | Amqp::InvalidChannel(_)) => {
            lost("the connection was lost".into())
        }
        (None, Amqp::ChannelsLimitReached) => settings
            .error(ErrorKind::Throttled, op, "the broker allows no more channels on this connection")
            .next("wait for another operation to end"),
        (None, Amqp::ParsingError(_)) => settings
            .error(
                ErrorKind::Invalid,
                op,
                "the broker sent what the AMQP library cannot read, as a header name or property that is not UTF-8",
            )
            .next("take that message out with another client"),
        _ => settings.error(ErrorKind::Unexpected, op, e.to_string()).next("try again; if it stays so, see the broker's log"),
    }
}

/// The broker's own words without lapin's around them.
fn words(e: &lapin::Error) -> String {
    match e.kind() {
        Amqp::ProtocolError(e) => e.get_message().to_string(),
        _ => e.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Profile;

    #[test]
    fn whether_a_lost_connection_comes_back_by_itself_is_said_as_it_is_set() {
        for (automatic, words) in [(true, "by itself"), (false, "by hand (r)")] {
            let mut profile = Profile::default();
            profile.rabbitmq.automatic_recovery = automatic;
            let lost = error(&Settings::new(&profile), "read", None, &Amqp::MissingHeartbeatError.into());
            assert_eq!(lost.kind, ErrorKind::Unreachable);
            assert!(lost.next.contains(words) && lost.cause.contains("automatic_recovery is false") != automatic, "{lost}");
        }
    }
}
