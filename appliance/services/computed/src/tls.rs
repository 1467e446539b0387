//! TLS 1.3 with a server key that is in the TPM behind keyd, and client certificates of the box's own authority.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ipc::Bytes;
use ipc::keyd::{Identity, Reply, Request};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ServerConfig, WebPkiClientVerifier};
use rustls::sign::{CertifiedKey, Signer, SigningKey, SingleCertAndKey};
use rustls::{DigitallySignedStruct, DistinguishedName, RootCertStore, SignatureAlgorithm, SignatureScheme};
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::time::ASN1Time;

use crate::error::{ComputeError, KeydError, chain};
use crate::keyd::Keyd;
use crate::limits;

/// Who is at the other end, as its certificate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    pub name: String,
    /// Hexadecimal.
    pub serial: String,
}

/// For the service: clients show a certificate that this box issued. Whether it is in force is the session's question: a client
/// hears the answer in words there, and here as an alert.
pub fn service(identity: &Identity, keyd: &Keyd) -> Result<ServerConfig, ComputeError> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from(identity.authority.as_slice().to_vec()))
        .map_err(|source| ComputeError::Tls { what: "the authority's certificate", source })?;
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone())
        .build()
        .map_err(|_| ComputeError::Certificate { what: "the authority's certificate is no trust anchor" })?;
    let mut config = builder(provider)?
        .with_client_cert_verifier(Arc::new(Undated(verifier)))
        .with_cert_resolver(key(identity, keyd));
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    // A resumed session would skip the check of the certificate.
    config.send_tls13_tickets = 0;
    Ok(config)
}

/// For enrolment: whoever has the pairing code.
pub fn enrolment(identity: &Identity, keyd: &Keyd) -> Result<ServerConfig, ComputeError> {
    let provider = Arc::new(ring::default_provider());
    let mut config = builder(provider)?.with_no_client_auth().with_cert_resolver(key(identity, keyd));
    config.alpn_protocols = vec![b"h2".to_vec()];
    config.send_tls13_tickets = 0;
    Ok(config)
}

/// Reads a client's certificate, which rustls has verified.
pub fn peer(certificate: &CertificateDer<'_>) -> Option<Peer> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    let name = certificate.subject().iter_common_name().next()?.as_str().ok()?.to_string();
    Some(Peer { name, serial: data_encoding::HEXLOWER.encode(certificate.raw_serial()) })
}

/// rustls' own verifier, but for the dates: a box whose clock is wrong, or was when it issued the certificate, has to be able to say so.
#[derive(Debug)]
struct Undated(Arc<dyn ClientCertVerifier>);

impl ClientCertVerifier for Undated {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.0.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        self.0.verify_client_cert(end_entity, intermediates, within(end_entity, now))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

/// The moment within the certificate's life that is nearest to now.
fn within(certificate: &CertificateDer<'_>, now: UnixTime) -> UnixTime {
    // One that cannot be read is refused in a moment.
    let Ok((_, certificate)) = X509Certificate::from_der(certificate) else { return now };
    let seconds = |time: ASN1Time| u64::try_from(time.timestamp()).unwrap_or(0);
    let validity = certificate.validity();
    let nearest = now.as_secs().max(seconds(validity.not_before)).min(seconds(validity.not_after));
    UnixTime::since_unix_epoch(Duration::from_secs(nearest))
}

fn builder(
    provider: Arc<CryptoProvider>,
) -> Result<rustls::ConfigBuilder<ServerConfig, rustls::WantsVerifier>, ComputeError> {
    ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|source| ComputeError::Tls { what: "TLS 1.3", source })
}

fn key(identity: &Identity, keyd: &Keyd) -> Arc<SingleCertAndKey> {
    let chain = [&identity.service, &identity.authority].map(|c| CertificateDer::from(c.as_slice().to_vec())).to_vec();
    Arc::new(SingleCertAndKey::from(CertifiedKey::new(
        chain,
        Arc::new(RemoteKey { keyd: keyd.clone(), signing: Arc::default() }),
    )))
}

/// The service's key, as far as this process has it: a way to ask for signatures.
struct RemoteKey {
    keyd: Keyd,
    /// Signatures under way.
    signing: Arc<AtomicUsize>,
}

impl fmt::Debug for RemoteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RemoteKey(keyd)")
    }
}

impl SigningKey for RemoteKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let signer = || RemoteKey { keyd: self.keyd.clone(), signing: self.signing.clone() };
        offered.contains(&SignatureScheme::ECDSA_NISTP256_SHA256).then(|| Box::new(signer()) as Box<dyn Signer>)
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::ECDSA
    }
}

impl Signer for RemoteKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        // A handshake waits for its turn before (see `connection`), but for one that the client began anew in the middle.
        if self.signing.fetch_add(1, Ordering::AcqRel) >= limits::SIGNATURES_MAX {
            self.signing.fetch_sub(1, Ordering::AcqRel);
            return Err(rustls::Error::General("too many handshakes at a time".into()));
        }
        let request = Bytes::new("what TLS signs", message).map(|message| Request::SignTls { message });
        // rustls wants the signature at once: the thread's other connections go on on another one.
        let sign = |request| tokio::task::block_in_place(|| self.keyd.call_blocking(&request));
        let signed = request.map_err(KeydError::from).and_then(sign);
        self.signing.fetch_sub(1, Ordering::AcqRel);
        match signed {
            Ok(Reply::Signature(signature)) => Ok(signature.into_vec()),
            Ok(_) => Err(rustls::Error::General(KeydError::Unexpected.to_string())),
            Err(e) => Err(rustls::Error::General(chain(&e))),
        }
    }

    fn scheme(&self) -> SignatureScheme {
        SignatureScheme::ECDSA_NISTP256_SHA256
    }
}
