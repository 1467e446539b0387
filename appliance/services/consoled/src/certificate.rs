//! The certificate that browsers see. Its key lives in this process' memory, and as long: no handshake costs a signature of the TPM's.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use data_encoding::HEXLOWER;
use rcgen::{CertificateParams, KeyPair};
use ring::digest::{SHA256, digest};
use rustls::ServerConfig;
use rustls::crypto::ring::{default_provider, sign};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use crate::error::ConsoleError;
use crate::keyd::Keyd;

/// What is shown now.
#[derive(Debug, Default)]
pub(crate) struct Shown(Mutex<Option<Current>>);

#[derive(Clone, Debug)]
pub(crate) struct Current {
    key: Arc<CertifiedKey>,
    /// SHA-256 of the certificate, hexadecimal.
    pub(crate) fingerprint: String,
    /// X.509, DER.
    pub(crate) authority: Vec<u8>,
}

impl Shown {
    pub(crate) fn current(&self) -> Option<Current> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn show(&self, current: Current) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(current);
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.current().map(|current| current.key)
    }
}

/// A new key, and keyd's word for it at these addresses.
pub(crate) async fn make(keyd: &Keyd, addresses: &[IpAddr]) -> Result<Current, ConsoleError> {
    let key = KeyPair::generate()?;
    let csr = CertificateParams::default().serialize_request(&key)?;
    let certificate = keyd.certify(csr.der(), addresses).await?;
    let leaf = certificate.leaf.into_vec();
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let fingerprint = HEXLOWER.encode(digest(&SHA256, &leaf).as_ref());
    let signing = sign::any_ecdsa_type(&private)?;
    let key = Arc::new(CertifiedKey::new(vec![CertificateDer::from(leaf)], signing));
    Ok(Current { key, fingerprint, authority: certificate.authority.into_vec() })
}

/// TLS 1.3. Nobody shows a certificate at this port, so that a resumed session skips nothing.
pub(crate) fn tls(shown: Arc<Shown>) -> Result<ServerConfig, ConsoleError> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_no_client_auth()
        .with_cert_resolver(shown);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
