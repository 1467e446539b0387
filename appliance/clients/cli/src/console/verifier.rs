//! Whose certificate is believed: one that the box's own authority issued, for this box, where it was looked for.

use std::net::IpAddr;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::version::TLS13;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme,
};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::authority::{Authority, is_private};
use crate::tls;

/// Why a certificate is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotBelieved {
    #[error("it is not of the authority that the box named ({0})")]
    Issuer(String),
    #[error("it is for {found}, and not for {wanted}")]
    Address { wanted: IpAddr, found: String },
}

/// TLS to the console of this authority's box, found at `host`.
pub(crate) fn config(authority: &Authority, host: &str) -> Result<ClientConfig, Error> {
    let provider = tls::provider();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(authority.der().to_vec()))?;
    let inner = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone());
    let inner = inner.build().map_err(|e| Error::General(e.to_string()))?;
    let name = server_name(authority)?;
    let verifier = OfBox { inner, name, address: certified_address(host) };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    // A session that goes on shows no certificate, and each connection is to be looked at.
    config.resumption = Resumption::disabled();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

pub(crate) fn server_name(authority: &Authority) -> Result<ServerName<'static>, Error> {
    ServerName::try_from(authority.host_name().to_string()).map_err(|e| Error::General(e.to_string()))
}

/// The addresses in a certificate.
pub(crate) fn addresses(certificate: &[u8]) -> Vec<IpAddr> {
    let Ok((_, certificate)) = X509Certificate::from_der(certificate) else { return Vec::new() };
    let names = certificate.subject_alternative_name().ok().flatten();
    let names = names.map(|names| names.value.general_names.iter().filter_map(address).collect());
    names.unwrap_or_default()
}

fn address(name: &GeneralName<'_>) -> Option<IpAddr> {
    let GeneralName::IPAddress(bytes) = name else { return None };
    let four = <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
    four.or_else(|_| <[u8; 16]>::try_from(*bytes).map(IpAddr::from)).ok()
}

/// The address that has to be in the certificate. A name, and an address that no console's authority may speak for (a public one, or a
/// loopback that forwards), is none: there the box's own name is all that is asked for.
fn certified_address(host: &str) -> Option<IpAddr> {
    let bare = host.split('%').next().unwrap_or(host);
    bare.parse::<IpAddr>().ok().map(|address| address.to_canonical()).filter(|address| is_private(*address))
}

#[derive(Debug)]
struct OfBox {
    inner: Arc<WebPkiServerVerifier>,
    name: ServerName<'static>,
    address: Option<IpAddr>,
}

impl ServerCertVerifier for OfBox {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        // A box whose clock is wrong is set right at its console.
        let now = within_validity(end_entity, now);
        let believed =
            |name: &ServerName<'_>| self.inner.verify_server_cert(end_entity, intermediates, name, ocsp, now);
        believed(&self.name).map_err(|e| refused(NotBelieved::Issuer(e.to_string())))?;
        if let Some(wanted) = self.address
            && let Err(e) = believed(&ServerName::IpAddress(wanted.into()))
        {
            let found: Vec<String> = addresses(end_entity).iter().map(ToString::to_string).collect();
            let found = if found.is_empty() { format!("no address ({e})") } else { found.join(", ") };
            return Err(refused(NotBelieved::Address { wanted, found }));
        }
        Ok(ServerCertVerified::assertion())
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
        self.inner.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

fn refused(why: NotBelieved) -> Error {
    Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(why))))
}

/// `now`, or the nearest time at which the certificate counts.
fn within_validity(certificate: &[u8], now: UnixTime) -> UnixTime {
    let Ok((_, certificate)) = X509Certificate::from_der(certificate) else { return now };
    let seconds = |time: i64| u64::try_from(time).unwrap_or_default();
    let validity = certificate.validity();
    let (first, last) = (seconds(validity.not_before.timestamp()), seconds(validity.not_after.timestamp()));
    let at = now.as_secs().min(last).max(first);
    UnixTime::since_unix_epoch(std::time::Duration::from_secs(at))
}

#[cfg(test)]
#[path = "verifier_tests.rs"]
mod tests;
