//! TLS of the drivers that bring no TLS stack of their own: the config's authorities and client certificate, by rustls.

use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme, SupportedProtocolVersion, version};

use crate::config::profile::Tls;

const BOTH: &[&SupportedProtocolVersion] = &[&version::TLS13, &version::TLS12];
const NEWEST: &[&SupportedProtocolVersion] = &[&version::TLS13];

/// What a client of ours trusts and shows. `verify: false` takes any certificate. Reads files: the error names the one that is at fault.
pub fn client(tls: &Tls, verify: bool) -> Result<ClientConfig, String> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let versions = if tls.min_version.as_deref() == Some("1.3") { NEWEST } else { BOTH };
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider)).with_protocol_versions(versions).map_err(|e| e.to_string())?;
    let trusting = if verify {
        builder.with_root_certificates(roots(tls.ca.as_deref())?)
    } else {
        builder.dangerous().with_custom_certificate_verifier(Arc::new(Anybody(provider)))
    };
    match (&tls.cert, &tls.key) {
        (Some(cert), Some(key)) => {
            let chain = certificates(cert)?;
            let secret = PrivateKeyDer::from_pem_file(key).map_err(|e| format!("{}: {e}", key.display()))?;
            trusting.with_client_auth_cert(chain, secret).map_err(|e| format!("{} with {}: {e}", cert.display(), key.display()))
        }
        (Some(cert), None) => Err(format!("tls.cert is {}, but tls.key is not set", cert.display())),
        (None, Some(key)) => Err(format!("tls.key is {}, but tls.cert is not set", key.display())),
        (None, None) => Ok(trusting.with_no_client_auth()),
    }
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let found = read.map_err(|e| format!("{}: {e}", file.display()))?;
    if found.is_empty() { Err(format!("{}: no certificate in it", file.display())) } else { Ok(found) }
}

fn roots(ca: Option<&Path>) -> Result<RootCertStore, String> {
    let mut store = RootCertStore::empty();
    match ca {
        Some(file) => {
            for certificate in certificates(file)? {
                store.add(certificate).map_err(|e| format!("{}: {e}", file.display()))?;
            }
        }
        None => {
            let found = rustls_native_certs::load_native_certs();
            store.add_parsable_certificates(found.certs);
            if store.is_empty() {
                return Err("this system has no certificate authorities; set tls.ca".to_owned());
            }
        }
    }
    Ok(store)
}

/// Takes any certificate: the user said so. Signatures are still checked, so that the handshake itself is sound.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let tls = Tls { ca: Some("/no/such/ca.pem".into()), ..Tls::default() };
        assert!(client(&tls, true).unwrap_err().contains("/no/such/ca.pem"));
        assert!(client(&tls, false).is_ok(), "nothing is read that is not used");
    }

    #[test]
    fn half_a_client_certificate_is_not_passed_over() {
        let cert = Tls { cert: Some("/etc/us.pem".into()), ..Tls::default() };
        assert_eq!(client(&cert, false).unwrap_err(), "tls.cert is /etc/us.pem, but tls.key is not set");
        let key = Tls { key: Some("/etc/us.key".into()), ..Tls::default() };
        assert_eq!(client(&key, false).unwrap_err(), "tls.key is /etc/us.key, but tls.cert is not set");
    }
}
