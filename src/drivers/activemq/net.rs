//! Sockets: TCP with keep-alive, TLS with the config's authorities and client certificate, and a limit on every wait.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, crypto, version};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpSocket, TcpStream};

use super::address::Endpoint;
use super::error::{Fault, Outcome};
use crate::broker::ErrorKind;
use crate::config::profile::Tls;

/// A connected socket.
#[derive(Debug)]
pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<tokio_rustls::client::TlsStream<TcpStream>>),
}

/// What TLS goes by: the config's authorities instead of the system's, and our certificate where there is one.
pub(super) fn tls_config(tls: &Tls) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    match &tls.ca {
        Some(path) => {
            for cert in CertificateDer::pem_file_iter(path).map_err(|e| format!("{}: {e}", path.display()))? {
                roots.add(cert.map_err(|e| format!("{}: {e}", path.display()))?).map_err(|e| format!("{}: {e}", path.display()))?;
            }
            if roots.is_empty() {
                return Err(format!("{} holds no certificate", path.display()));
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    let versions: &[&rustls::SupportedProtocolVersion] = match tls.min_version.as_deref() {
        Some("1.3") => &[&version::TLS13],
        _ => &[&version::TLS13, &version::TLS12],
    };
    let builder = ClientConfig::builder_with_provider(Arc::new(crypto::aws_lc_rs::default_provider()))
        .with_protocol_versions(versions)
        .map_err(|e| e.to_string())?
        .with_root_certificates(roots);
    match (&tls.cert, &tls.key) {
        (Some(cert), Some(key)) => {
            let chain = CertificateDer::pem_file_iter(cert)
                .and_then(Iterator::collect::<Result<Vec<_>, _>>)
                .map_err(|e| format!("{}: {e}", cert.display()))?;
            let key = PrivateKeyDer::from_pem_file(key).map_err(|e| format!("{}: {e}", key.display()))?;
            builder.with_client_auth_cert(chain, key).map_err(|e| format!("{}: {e}", cert.display()))
        }
        (None, None) => Ok(builder.with_no_client_auth()),
        _ => Err("tls.cert and tls.key go together".into()),
    }
}

/// A connection that broke, or was refused. TLS 1.3 says only after its greeting that a certificate of ours is missing or not liked.
pub(super) fn broken(to: &impl std::fmt::Display, error: &dyn std::fmt::Display) -> Fault {
    let cause = format!("{to}: {error}");
    let alerted = ["BadCertificate", "CertificateRequired", "UnknownCA", "CertificateUnknown"].iter().any(|alert| cause.contains(alert));
    let fault = Fault::new(ErrorKind::Unreachable, cause);
    if !alerted {
        return fault;
    }
    fault.next(
        "the broker asks for a client certificate: set tls.cert and tls.key of this connection, signed by an authority that it trusts",
    )
}

/// Connects, within the limit: TCP, and TLS where the endpoint has it.
pub(super) async fn connect(to: &Endpoint, tls: &Tls, keep_alive: bool, limit: Duration) -> Outcome<Stream> {
    let work = async {
        let unreachable = |e: io::Error| broken(to, &e);
        let tcp = tcp(to, keep_alive).await.map_err(unreachable)?;
        tcp.set_nodelay(true).map_err(unreachable)?;
        if !to.tls {
            return Ok(Stream::Plain(tcp));
        }
        let config = tls_config(tls).map_err(|e| Fault::new(ErrorKind::Invalid, format!("TLS: {e}")))?;
        let name = ServerName::try_from(to.host.clone()).map_err(|e| Fault::new(ErrorKind::Invalid, format!("{to}: {e}")))?;
        let tls = tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, tcp).await.map_err(|e| {
            let fault = broken(to, &format_args!("TLS: {e}"));
            let otherwise = "see whether the port speaks TLS and whether tls.ca of this connection signed its certificate";
            Fault { next: fault.next.or_else(|| Some(otherwise.to_owned())), ..fault }
        })?;
        Ok(Stream::Tls(Box::new(tls)))
    };
    match tokio::time::timeout(limit, work).await {
        Ok(done) => done,
        Err(_) => Err(Fault::new(ErrorKind::Unreachable, format!("{to}: no connection within {:.1}s", limit.as_secs_f32()))),
    }
}

/// The first of the host's addresses that answers.
async fn tcp(to: &Endpoint, keep_alive: bool) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in tokio::net::lookup_host((to.host.as_str(), to.port)).await? {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        socket.set_keepalive(keep_alive)?;
        match socket.connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(e) => last = e,
        }
    }
    Err(last)
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(s) => Pin::new(s).poll_read(cx, buf),
            Stream::Tls(s) => Pin::new(s.as_mut()).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Stream::Plain(s) => Pin::new(s).poll_write(cx, buf),
            Stream::Tls(s) => Pin::new(s.as_mut()).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(s) => Pin::new(s).poll_flush(cx),
            Stream::Tls(s) => Pin::new(s.as_mut()).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(s) => Pin::new(s).poll_shutdown(cx),
            Stream::Tls(s) => Pin::new(s.as_mut()).poll_shutdown(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broker_that_asks_for_our_certificate_is_understood() {
        let alert = rustls::Error::AlertReceived(rustls::AlertDescription::CertificateRequired);
        let asked = broken(&"ssl://b:61617", &io::Error::other(alert));
        assert!(asked.next.is_some_and(|next| next.contains("tls.cert and tls.key")), "{}", asked.cause);
        assert_eq!(broken(&"ssl://b:61617", &io::Error::from(io::ErrorKind::ConnectionReset)).next, None);
    }
}
