//! The first words of AMQP 1.0, spoken by hand: login and `open`, because only there a broker says what product it is.
//!
//! Nothing may be attached before that: a browse on a broker that does not know browsing would consume.

use std::time::Duration;

use fe2o3_amqp_types::performatives::{Close, Open};
use fe2o3_amqp_types::sasl::{SaslCode, SaslInit, SaslMechanisms, SaslOutcome};
use serde_amqp::Value as Native;
use serde_amqp::primitives::{Binary, Symbol};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::super::address::Endpoint;
use super::super::error::{Fault, Outcome};
use super::super::known::Login;
use super::super::net::{self, Stream};
use crate::broker::ErrorKind;
use crate::config::profile::ActiveMqProfile;

const SASL: &[u8; 8] = b"AMQP\x03\x01\x00\x00";
const PLAIN: &[u8; 8] = b"AMQP\x00\x01\x00\x00";
/// A first frame of a peer is some hundred bytes; more is not one.
const MOST: usize = 64 << 10;
/// OpenWire greets at once; a port that is silent for so long waits for its client to speak, or its broker is busy.
const GREETING: Duration = Duration::from_millis(300);
/// Longest wait for the greeting of a port that did not take ours.
const LATE_GREETING: Duration = Duration::from_secs(3);

/// What answers at a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::drivers::activemq) enum Speaker {
    /// Classic's own protocol, which redrive does not speak.
    OpenWire,
    /// AMQP 1.0, by its `open`: product and version as the peer says them.
    Amqp { product: String, version: String },
    /// Something else, or nothing within the limit.
    Other(String),
}

/// Asks a port what it speaks, and logs in where it speaks AMQP.
pub(in crate::drivers::activemq) async fn greet(
    to: &Endpoint,
    profile: &ActiveMqProfile,
    login: &Login,
    limit: Duration,
) -> Outcome<Speaker> {
    let stream = net::connect(to, &profile.tls, profile.keep_alive, limit).await?;
    let said = match tokio::time::timeout(limit, talk(stream, to, login)).await {
        Ok(said) => said?,
        Err(_) => return Ok(Speaker::Other(format!("{to} accepts connections and says nothing within {:.1}s", limit.as_secs_f32()))),
    };
    if !matches!(said, Speaker::Other(_)) {
        return Ok(said);
    }
    // a busy Classic that has not greeted yet closes on our words: once more, and only listened to
    let stream = net::connect(to, &profile.tls, profile.keep_alive, limit).await?;
    let heard = tokio::time::timeout(limit.min(LATE_GREETING), is_openwire(stream, &[])).await;
    Ok(if heard.unwrap_or(false) { Speaker::OpenWire } else { said })
}

/// Whether this is OpenWire's greeting, of which some has come: length, type 1, and the magic.
async fn is_openwire(stream: Stream, came: &[u8]) -> bool {
    let mut first = came.to_vec();
    let rest = stream.take(13u64.saturating_sub(came.len() as u64)).read_to_end(&mut first).await;
    rest.is_ok() && first.get(5..) == Some(b"ActiveMQ")
}

async fn talk(mut stream: Stream, to: &Endpoint, login: &Login) -> Outcome<Speaker> {
    let broken = |e: std::io::Error| net::broken(to, &e);
    let mut head = [0u8; 8];
    let first = match tokio::time::timeout(GREETING, stream.read(&mut head)).await {
        Ok(Ok(0)) => return Ok(Speaker::Other(format!("{to} closes the connection at once"))),
        Ok(Ok(n)) => n,
        Ok(Err(e)) => return Err(broken(e)),
        Err(_) => {
            stream.write_all(SASL).await.map_err(broken)?;
            match stream.read_exact(&mut head).await {
                Ok(n) => n,
                // TLS says why it ends
                Err(e) if e.kind() == std::io::ErrorKind::InvalidData => return Err(broken(e)),
                Err(_) => 0,
            }
        }
    };
    let said = head.get(..first).unwrap_or_default();
    if said != SASL {
        let openwire = is_openwire(stream, said).await;
        return Ok(if openwire {
            Speaker::OpenWire
        } else {
            Speaker::Other(format!("{to} speaks neither OpenWire nor AMQP 1.0 with a login"))
        });
    }
    let offered: SaslMechanisms = decode(&frame(&mut stream, to).await?, to)?;
    let offers = |name: &str| offered.sasl_server_mechanisms.0.iter().any(|m| m.0 == name);
    let init = match &login.user {
        Some(user) => {
            let mut response = vec![0];
            response.extend(user.as_bytes());
            response.push(0);
            response.extend(login.password().as_bytes());
            SaslInit { mechanism: Symbol("PLAIN".into()), initial_response: Some(Binary::from(response)), hostname: None }
        }
        None if offers("ANONYMOUS") => SaslInit { mechanism: Symbol("ANONYMOUS".into()), initial_response: None, hostname: None },
        None => {
            return Err(Fault::new(ErrorKind::Login, format!("{to}: a login is asked for and none is set"))
                .next("set username and password of this connection"));
        }
    };
    send(&mut stream, 1, &init, to).await?;
    let outcome: SaslOutcome = decode(&frame(&mut stream, to).await?, to)?;
    if outcome.code != SaslCode::Ok {
        return Err(Fault::new(ErrorKind::Login, format!("{to}: user name or password is not accepted")));
    }
    stream.write_all(PLAIN).await.map_err(broken)?;
    stream.read_exact(&mut head).await.map_err(broken)?;
    let open = Open {
        container_id: format!("redrive-greets-{}", uuid::Uuid::now_v7().simple()),
        hostname: Some(to.host.clone()),
        max_frame_size: Default::default(),
        channel_max: Default::default(),
        idle_time_out: None,
        outgoing_locales: None,
        incoming_locales: None,
        offered_capabilities: None,
        desired_capabilities: None,
        properties: None,
    };
    send(&mut stream, 0, &open, to).await?;
    let theirs: Open = decode(&frame(&mut stream, to).await?, to)?;
    let said = |name: &str| {
        let value = theirs.properties.as_ref().and_then(|p| p.get(&Symbol(name.to_owned())));
        match value {
            Some(Native::String(s)) => s.clone(),
            Some(Native::Symbol(s)) => s.0.clone(),
            _ => String::new(),
        }
    };
    let speaker = Speaker::Amqp { product: said("product"), version: said("version") };
    // the answer is known; a peer that does not hear the end closes by itself
    let _ = send(&mut stream, 0, &Close { error: None }, to).await;
    Ok(speaker)
}

async fn send<T: serde::Serialize>(stream: &mut Stream, kind: u8, performative: &T, to: &Endpoint) -> Outcome<()> {
    let body = serde_amqp::to_vec(performative).map_err(|e| Fault::new(ErrorKind::Unexpected, format!("{to}: {e}")))?;
    let length = u32::try_from(body.len() + 8).unwrap_or(u32::MAX);
    let mut bytes = length.to_be_bytes().to_vec();
    bytes.extend([2, kind, 0, 0]);
    bytes.extend(body);
    stream.write_all(&bytes).await.map_err(|e| Fault::new(ErrorKind::Unreachable, format!("{to}: {e}")))
}

/// The body of the next frame that is not empty.
async fn frame(stream: &mut Stream, to: &Endpoint) -> Outcome<Vec<u8>> {
    let broken = |e: std::io::Error| Fault::new(ErrorKind::Unreachable, format!("{to}: {e}"));
    let strange = || Fault::new(ErrorKind::Unexpected, format!("{to}: what answers is not AMQP 1.0"));
    loop {
        let mut head = [0u8; 8];
        stream.read_exact(&mut head).await.map_err(broken)?;
        let [a, b, c, d, offset, ..] = head;
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        let skip = usize::from(offset) * 4;
        if !(8..=MOST).contains(&length) || skip < 8 || skip > length {
            return Err(strange());
        }
        let mut rest = vec![0; length - 8];
        stream.read_exact(&mut rest).await.map_err(broken)?;
        let body = rest.get(skip - 8..).unwrap_or_default().to_vec();
        if !body.is_empty() {
            return Ok(body);
        }
    }
}

fn decode<T: serde::de::DeserializeOwned>(body: &[u8], to: &Endpoint) -> Outcome<T> {
    serde_amqp::from_slice(body).map_err(|_| Fault::new(ErrorKind::Unexpected, format!("{to}: an answer that is not as AMQP 1.0 has it")))
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::super::super::address::endpoints;
    use super::*;

    const OPENWIRE: &[u8] = b"\0\0\x01\x51\x01ActiveMQ\0\0\0\x0c";

    /// A Classic so busy that it greets only after it was spoken to, or closes on that and greets in time the next time.
    async fn busy(closes: bool) -> Endpoint {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let to = endpoints(&format!("tcp://{}", listener.local_addr().unwrap())).unwrap().remove(0);
        tokio::spawn(async move {
            let (mut peer, _) = listener.accept().await.unwrap();
            let mut words = [0; 8];
            peer.read_exact(&mut words).await.unwrap();
            if closes {
                drop(peer);
                peer = listener.accept().await.unwrap().0;
            }
            peer.write_all(OPENWIRE).await.unwrap();
            std::future::pending::<()>().await;
        });
        to
    }

    #[tokio::test]
    async fn a_broker_that_greets_late_is_known_all_the_same() {
        for closes in [false, true] {
            let to = busy(closes).await;
            let said = greet(&to, &ActiveMqProfile::default(), &Login::default(), Duration::from_secs(60)).await;
            assert_eq!(said.unwrap(), Speaker::OpenWire, "closes: {closes}");
        }
    }
}
