//! TLS 1.3 towards a box: by the pin of a pairing code once, by its authority ever after.

use std::sync::{Arc, Mutex, PoisonError};

use accounts::pin_of;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, ring, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::version::TLS13;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::profile::Enrolment;

/// The name in every box's certificate: boxes are told apart by their authorities.
pub(crate) const BOX_NAME: &str = "coffer";

/// Only the box whose authority issued our certificate, and with our certificate.
pub(crate) fn enrolled(enrolment: &Enrolment, alpn: &[u8]) -> Result<ClientConfig, Error> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(enrolment.authority.clone()))?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(enrolment.key.to_vec()));
    let certificate = CertificateDer::from(enrolment.certificate.clone());
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])?
        .with_root_certificates(roots)
        .with_client_auth_cert(vec![certificate], key)?;
    config.alpn_protocols = vec![alpn.to_vec()];
    Ok(config)
}

/// Only the box whose authority this machine knows, without our certificate: it may have expired.
pub(crate) fn of_authority(enrolment: &Enrolment) -> Result<ClientConfig, Error> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(enrolment.authority.clone()))?;
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(config)
}

/// The pin of the key in a certificate.
pub(crate) fn pin(certificate: &CertificateDer<'_>) -> Result<[u8; 10], Error> {
    let (_, certificate) =
        X509Certificate::from_der(certificate).map_err(|_| Error::InvalidCertificate(CertificateError::BadEncoding))?;
    Ok(pin_of(certificate.public_key().raw))
}

/// Only the box whose key has this pin.
pub(crate) fn pinned(pin: [u8; 10]) -> Result<ClientConfig, Error> {
    let provider = provider();
    let verifier = PinVerifier { pin, algorithms: provider.signature_verification_algorithms };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(config)
}

pub(crate) fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: Mutex<Option<Arc<CryptoProvider>>> = Mutex::new(None);
    let mut kept = PROVIDER.lock().unwrap_or_else(PoisonError::into_inner);
    kept.get_or_insert_with(|| Arc::new(ring::default_provider())).clone()
}

/// The pin is a hash of the key itself: names, dates and issuers add nothing to it and are not looked at.
#[derive(Debug)]
struct PinVerifier {
    pin: [u8; 10],
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for PinVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if pin(end_entity)? == self.pin {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
        }
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("TLS 1.2 is not spoken here".into()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
