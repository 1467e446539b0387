//! The way to the box: a connection of its own for each request, each looked at.

use std::net::IpAddr;
use std::sync::Arc;

use http::{Request, Response};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use listener::Watched;
use rustls::pki_types::ServerName;
use rustls::{CertificateError, ClientConfig};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::address::shown;
use crate::authority::Authority;
use crate::console::limits;
use crate::console::verifier::{self, NotBelieved};

/// The console of a box, and whom to believe there.
pub(crate) struct Upstream {
    host: String,
    port: u16,
    name: ServerName<'static>,
    tls: Arc<ClientConfig>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum UpstreamError {
    #[error(
        "the console cannot be reached at {address}: is the box on, has it another address now (its screen shows it), is its data \
         volume open?"
    )]
    Unreachable {
        address: String,
        #[source]
        source: std::io::Error,
    },
    #[error(
        "what answers at {address} is not believed to be this box's console, and nothing was sent there. Either somebody stands in \
         between, or the box has another authority since, as after its TPM was replaced: start again, with a code from its screen"
    )]
    NotBelieved {
        address: String,
        #[source]
        source: NotBelieved,
    },
    #[error(
        "this box's console answers at {address}, but its certificate is for another address: has the box moved, or does something \
             forward to it there? Give the address on its screen, or a name"
    )]
    OtherAddress {
        address: String,
        #[source]
        source: NotBelieved,
    },
    #[error("the console at {address} broke off")]
    BrokeOff {
        address: String,
        #[source]
        source: hyper::Error,
    },
    #[error("the console at {address} gave no answer in time")]
    Silent { address: String },
}

impl Upstream {
    pub(crate) fn new(authority: &Authority, host: &str, port: u16) -> Result<Upstream, rustls::Error> {
        let tls = Arc::new(verifier::config(authority, host)?);
        Ok(Upstream { host: host.into(), port, name: verifier::server_name(authority)?, tls })
    }

    pub(crate) fn address(&self) -> String {
        shown(&self.host, self.port)
    }

    /// Whether it is there, and who it ought to be; the addresses in its certificate.
    pub(crate) async fn look(&self) -> Result<Vec<IpAddr>, UpstreamError> {
        let stream = self.connect().await?;
        let certificate = stream.get_ref().1.peer_certificates().and_then(|c| c.first());
        Ok(certificate.map(|c| verifier::addresses(c)).unwrap_or_default())
    }

    pub(crate) async fn ask(&self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, UpstreamError> {
        let stream = Watched::new(self.connect().await?, limits::SILENCE);
        let broke_off = |source| UpstreamError::BrokeOff { address: self.address(), source };
        let mut client = http1::Builder::new();
        client.max_buf_size(limits::ANSWER_HEADERS_MAX);
        let (mut sender, connection) = client.handshake(TokioIo::new(stream)).await.map_err(broke_off)?;
        // It ends with the answer's body, or with who reads that.
        tokio::spawn(connection);
        match timeout(limits::ANSWER, sender.send_request(request)).await {
            Ok(answer) => answer.map_err(broke_off),
            Err(_) => Err(UpstreamError::Silent { address: self.address() }),
        }
    }

    async fn connect(&self) -> Result<TlsStream<TcpStream>, UpstreamError> {
        let work = async {
            let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
            stream.set_nodelay(true)?;
            TlsConnector::from(self.tls.clone()).connect(self.name.clone(), stream).await
        };
        let late = |_| std::io::Error::from(std::io::ErrorKind::TimedOut);
        let connected = timeout(limits::CONNECT, work).await.map_err(late).flatten();
        connected.map_err(|source| match not_believed(&source) {
            Some(source @ NotBelieved::Address { .. }) => {
                UpstreamError::OtherAddress { address: self.address(), source }
            }
            Some(source) => UpstreamError::NotBelieved { address: self.address(), source },
            None => UpstreamError::Unreachable { address: self.address(), source },
        })
    }
}

/// What our verifier said, through TLS and sockets.
fn not_believed(error: &std::io::Error) -> Option<NotBelieved> {
    match error.get_ref()?.downcast_ref::<rustls::Error>()? {
        rustls::Error::InvalidCertificate(CertificateError::Other(other)) => other.0.downcast_ref().cloned(),
        // Of the handshake's signature: whoever answers does not have the certificate's key.
        rustls::Error::InvalidCertificate(e) => Some(NotBelieved::Issuer(format!("{e:?}"))),
        _ => None,
    }
}
