//! What librdkafka is told: the profile's settings, and what redrive always sets itself.

use std::time::Duration;

use super::error::Cause;
use crate::broker::{Error, ErrorKind};
use crate::config::profile::{KafkaProfile, KafkaSecurity, KafkaWriting, SaslMechanism};
use crate::config::secret::Secret;
use crate::model::ConnId;

/// Our name to the broker, in its logs, quotas and metrics; and the group id that librdkafka's `assign` asks for: no group of
/// that name is ever joined.
pub const NAME: &str = "redrive";

/// How long librdkafka may try to deliver a record before it gives up: what is then unknown is in doubt.
pub const DELIVERY: Duration = Duration::from_secs(30);

/// What librdkafka may prefetch for one peek, KiB over all partitions.
const PREFETCH_KB: usize = 32 * 1024;

/// Of each partition, however many there are, KiB.
pub const LEAST_PREFETCH_KB: usize = 256;

/// What it may prefetch of each of so many partitions, KiB: its limit is one per partition, whatever its manual says.
pub fn prefetch_kb(partitions: usize) -> usize {
    let shares = partitions.clamp(1, PREFETCH_KB).next_power_of_two();
    (PREFETCH_KB / shares).clamp(LEAST_PREFETCH_KB, PREFETCH_KB / 4)
}

pub type Options = Vec<(String, String)>;

/// How a client reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Hides open and aborted transactions.
    pub committed: bool,
    /// Waits for what comes, rather than hurrying through what is there.
    pub tail: bool,
    /// Prefetch of each partition, KiB.
    pub prefetch_kb: usize,
    /// A page, not a scan: only a little is wanted of each partition.
    pub little: bool,
}

fn set(options: &mut Options, name: &str, value: impl ToString) {
    options.push((name.to_owned(), value.to_string()));
}

/// What every client is told. Fetches the secrets, so not on a thread that must not wait.
fn common(conn: &ConnId, servers: &[String], login: &KafkaSecurity) -> Result<Options, Error> {
    let mut o = Options::new();
    set(&mut o, "bootstrap.servers", servers.join(","));
    set(&mut o, "client.id", NAME);
    set(&mut o, "security.protocol", login.protocol());
    // a failed connection is tried again within a second, so that a broker that is back is found soon
    set(&mut o, "reconnect.backoff.max.ms", 1000);
    set(&mut o, "socket.keepalive.enable", true);
    // small questions, answered 40 ms sooner
    set(&mut o, "socket.nagle.disable", true);
    set(&mut o, "topic.metadata.refresh.interval.ms", 60_000);
    if let Some(mechanism) = login.mechanism {
        if let Some(missing) = not_built(mechanism) {
            return Err(Error::new(ErrorKind::Unsupported, "connect", format!("SASL mechanism {} {missing}", mechanism.word())).on(conn));
        }
        set(&mut o, "sasl.mechanism", mechanism.word());
        for (name, secret) in [("sasl.username", &login.username), ("sasl.password", &login.password)] {
            if let Some(value) = secret.as_ref().map(|s| resolved(conn, s)).transpose()? {
                set(&mut o, name, value);
            }
        }
    }
    if login.ssl {
        let tls = &login.tls;
        for (name, path) in [("ssl.ca.location", &tls.ca), ("ssl.certificate.location", &tls.cert), ("ssl.key.location", &tls.key)] {
            if let Some(path) = path {
                set(&mut o, name, path.display());
            }
        }
        if tls.min_version.as_deref() == Some("1.3") {
            return Err(Error::new(ErrorKind::Unsupported, "connect", "librdkafka cannot be told a lowest TLS version")
                .on(conn)
                .next("remove tls.min_version here and set it at the broker"));
        }
        // chain and host name are always checked; there is no setting against it
        set(&mut o, "enable.ssl.certificate.verification", true);
        set(&mut o, "ssl.endpoint.identification.algorithm", "https");
    }
    Ok(o)
}

fn not_built(mechanism: SaslMechanism) -> Option<&'static str> {
    match mechanism {
        SaslMechanism::Gssapi => Some("is not built in"),
        SaslMechanism::OAuthBearer => Some("needs a token source, which is not built yet"),
        SaslMechanism::Plain | SaslMechanism::ScramSha256 | SaslMechanism::ScramSha512 => None,
    }
}

fn resolved(conn: &ConnId, secret: &Secret) -> Result<String, Error> {
    match secret.resolve() {
        Ok(value) => Ok(value.expose().to_owned()),
        Err(e) => Err(Error::new(ErrorKind::Login, "connect", e.why).on(conn).next(format!("set it, or change {}", e.place))),
    }
}

/// Options of the client that asks (lists, offsets, groups).
pub fn asking(conn: &ConnId, profile: &KafkaProfile) -> Result<Options, Error> {
    common(conn, &profile.bootstrap_servers, &profile.looking)
}

/// Options of a client that reads.
pub fn reading(conn: &ConnId, profile: &KafkaProfile, how: Reading) -> Result<Options, Error> {
    let mut o = common(conn, &profile.bootstrap_servers, &profile.looking)?;
    set(&mut o, "group.id", NAME);
    set(&mut o, "enable.auto.commit", false);
    set(&mut o, "enable.auto.offset.store", false);
    set(&mut o, "enable.partition.eof", true);
    set(&mut o, "allow.auto.create.topics", false);
    // an offset that retention took is told, never silently replaced
    set(&mut o, "auto.offset.reset", "error");
    set(&mut o, "isolation.level", if how.committed { "read_committed" } else { "read_uncommitted" });
    // measured on scans: the defaults are about five times slower
    set(&mut o, "queued.min.messages", if how.little { 1_000 } else { 100_000 });
    set(&mut o, "queued.max.messages.kbytes", if how.little { how.prefetch_kb.min(256) } else { how.prefetch_kb });
    set(&mut o, "fetch.queue.backoff.ms", 10);
    // at the end of a partition the broker keeps the request this long, and other partitions wait with it
    set(&mut o, "fetch.wait.max.ms", if how.tail { 500 } else { 5 });
    set(&mut o, "fetch.error.backoff.ms", 100);
    // bytes as they are on the wire: a compressed batch may be twenty times that in memory, of each partition
    set(&mut o, "fetch.message.max.bytes", if how.little { 32 << 10 } else { 256 << 10 });
    set(&mut o, "fetch.max.bytes", if how.little { 1 << 20 } else { 8 << 20 });
    Ok(o)
}

/// Options of the client that publishes. `transactional_id` makes each batch a transaction.
pub fn publishing(conn: &ConnId, profile: &KafkaProfile, transactional_id: Option<&str>) -> Result<Options, Error> {
    let mut o = common(conn, &profile.bootstrap_servers, &profile.publishing)?;
    o.extend(writing(&profile.writing));
    if let Some(id) = transactional_id {
        set(&mut o, "transactional.id", id);
        set(&mut o, "transaction.timeout.ms", profile.writing.transaction_timeout.as_millis());
    }
    Ok(o)
}

fn writing(w: &KafkaWriting) -> Options {
    let mut o = Options::new();
    set(&mut o, "acks", "all");
    set(&mut o, "enable.idempotence", true);
    set(&mut o, "retries", w.retries.clamp(1, i32::MAX as u32));
    let linger = w.linger.min(DELIVERY / 2);
    let delivery = if w.transactional { DELIVERY.min(w.transaction_timeout) } else { DELIVERY };
    set(&mut o, "message.timeout.ms", delivery.as_millis());
    set(&mut o, "linger.ms", linger.min(delivery / 2).as_millis());
    set(&mut o, "batch.size", w.batch_size.clamp(1, i32::MAX as u64));
    set(&mut o, "queue.buffering.max.kbytes", w.buffer_memory.div_ceil(1024).clamp(1, i32::MAX as u64));
    set(&mut o, "compression.type", w.compression.word());
    // the broker's and topic's limits decide, not librdkafka's own of 1 MB
    set(&mut o, "message.max.bytes", 1_000_000_000);
    o
}

/// Who we are to the broker, for people: `viewer, SCRAM-SHA-256 over TLS`.
pub fn identity(login: &KafkaSecurity) -> String {
    let over = if login.ssl { " over TLS" } else { "" };
    match login.mechanism {
        Some(m) => {
            let user = login.username.as_ref().and_then(|u| u.resolve().ok()).map_or_else(|| "?".to_owned(), |u| u.expose().to_owned());
            format!("{user}, {}{over}", m.word())
        }
        None if login.ssl && login.tls.cert.is_some() => "client certificate over TLS".to_owned(),
        None => format!("anonymous{over}"),
    }
}

/// What an error can name of the login without a secret: mechanism, where the password is from, protocol and servers.
pub fn cause(profile: &KafkaProfile, login: &KafkaSecurity) -> Cause {
    Cause {
        servers: profile.bootstrap_servers.join(","),
        protocol: login.protocol().to_uppercase(),
        mechanism: login.mechanism.map(SaslMechanism::word),
        password: login.password.as_ref().map(|p| p.origin.name()),
        ca: login.tls.ca.as_ref().map(|p| p.display().to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::profile::Tls;

    fn conn() -> ConnId {
        ConnId::new("kafka-main")
    }

    fn get<'a>(o: &'a Options, name: &str) -> Option<&'a str> {
        o.iter().rev().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    fn profile() -> KafkaProfile {
        KafkaProfile {
            bootstrap_servers: vec!["a:1".into(), "b:2".into()],
            looking: KafkaSecurity {
                mechanism: Some(SaslMechanism::ScramSha512),
                ssl: true,
                username: Some(Secret::clear("viewer")),
                password: Some(Secret::clear("viewer-pw")),
                tls: Tls { ca: Some("/ca.pem".into()), ..Tls::default() },
            },
            ..KafkaProfile::default()
        }
    }

    #[test]
    fn a_reader_never_commits_joins_or_creates() {
        let o = reading(&conn(), &profile(), Reading { committed: true, tail: false, prefetch_kb: 512, little: false }).unwrap();
        for (name, value) in [
            ("enable.auto.commit", "false"),
            ("enable.auto.offset.store", "false"),
            ("allow.auto.create.topics", "false"),
            ("enable.partition.eof", "true"),
            ("auto.offset.reset", "error"),
            ("isolation.level", "read_committed"),
            ("group.id", "redrive"),
            ("bootstrap.servers", "a:1,b:2"),
            ("security.protocol", "sasl_ssl"),
            ("sasl.mechanism", "SCRAM-SHA-512"),
            ("ssl.ca.location", "/ca.pem"),
        ] {
            assert_eq!(get(&o, name), Some(value), "{name}");
        }
        assert_eq!(
            get(
                &reading(&conn(), &profile(), Reading { committed: false, tail: true, prefetch_kb: 512, little: false }).unwrap(),
                "isolation.level"
            ),
            Some("read_uncommitted")
        );
    }

    #[test]
    fn a_writer_is_idempotent_with_all_acks_whatever_is_asked() {
        let mut p = profile();
        p.writing = KafkaWriting {
            asked_acks: Some("0".into()),
            asked_not_idempotent: true,
            retries: 0,
            buffer_memory: 1,
            linger: Duration::from_secs(900),
            ..KafkaWriting::default()
        };
        let o = publishing(&conn(), &p, None).unwrap();
        for (name, value) in [
            ("acks", "all"),
            ("enable.idempotence", "true"),
            ("retries", "1"),
            ("queue.buffering.max.kbytes", "1"),
            ("linger.ms", "15000"),
            ("message.timeout.ms", "30000"),
        ] {
            assert_eq!(get(&o, name), Some(value), "{name}");
        }
        assert_eq!(get(&o, "transactional.id"), None);
        assert_eq!(get(&publishing(&conn(), &p, Some("redrive-1")).unwrap(), "transactional.id"), Some("redrive-1"));
    }

    #[test]
    fn prefetch_is_a_budget_shared_by_the_partitions() {
        assert_eq!(prefetch_kb(1), 8 * 1024);
        assert_eq!(prefetch_kb(12), 2 * 1024);
        assert_eq!((prefetch_kb(100_000), prefetch_kb(usize::MAX)), (256, 256));
    }

    #[test]
    fn what_cannot_be_done_is_refused_by_name() {
        let mut p = profile();
        p.looking.mechanism = Some(SaslMechanism::Gssapi);
        assert!(asking(&conn(), &p).unwrap_err().to_string().contains("GSSAPI is not built in"));
    }

    #[test]
    fn identity_names_the_user_and_never_the_password() {
        let text = format!("{} {:?}", identity(&profile().looking), cause(&profile(), &profile().looking));
        assert!(text.starts_with("viewer, SCRAM-SHA-512 over TLS"));
        assert!(!text.contains("viewer-pw"));
    }
}
