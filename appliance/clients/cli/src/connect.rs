//! Connections: a gRPC channel over our own TLS, and one plain HTTP request for the metrics.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper_util::rt::TokioIo;
use proto::v1::coffer_client::CofferClient;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::transport::{Channel, Endpoint};

use crate::address::shown;
use crate::error::{CliError, explained};
use crate::output::Output;
use crate::profile::Enrolment;
use crate::tls;

pub(crate) type Client = CofferClient<Channel>;

/// A box under load may take a while to shake hands: its key is in a TPM.
const CONNECT_WAIT: Duration = Duration::from_secs(30);
/// The largest message that we take; results come in chunks well below.
const MESSAGE_MAX: usize = 4 << 20;
const METRICS_MAX: u64 = 1 << 20;

/// How a box is reached: where, if it is not where it was enrolled, and how long it may be silent.
pub(crate) struct Link {
    pub(crate) host: Option<String>,
    pub(crate) port: Option<u16>,
    pub(crate) silence: Duration,
}

pub(crate) struct Connection {
    pub(crate) client: Client,
    /// What the box showed last on it, DER.
    pub(crate) certificate: Vec<u8>,
}

impl Link {
    /// Where the box is: as it was enrolled, or as it is said now.
    pub(crate) fn address(&self, enrolment: &Enrolment) -> (String, u16) {
        let host = self.host.clone().unwrap_or_else(|| enrolment.address.host.clone());
        (host, self.port.unwrap_or(enrolment.address.port))
    }

    /// A channel to `host:port` in which the first connection has been made. While a call is on its way the box is asked for a sign of
    /// life: a network that drops everything ends it. With the certificate (DER) that was shown in it.
    pub(crate) async fn channel(
        &self,
        host: &str,
        port: u16,
        config: ClientConfig,
    ) -> Result<(Channel, Vec<u8>), CliError> {
        let (channel, seen) = self.channel_and_certificate(host, port, config).await?;
        let certificate = seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok((channel, certificate))
    }

    /// The same, for calls of enrolled clients.
    pub(crate) async fn connection(&self, host: &str, port: u16, config: ClientConfig) -> Result<Connection, CliError> {
        let (channel, certificate) = self.channel(host, port, config).await?;
        let client = CofferClient::new(channel).max_decoding_message_size(MESSAGE_MAX);
        Ok(Connection { client, certificate })
    }

    async fn channel_and_certificate(
        &self,
        host: &str,
        port: u16,
        config: ClientConfig,
    ) -> Result<(Channel, Arc<Mutex<Vec<u8>>>), CliError> {
        let failed =
            |source: Box<dyn std::error::Error + Send + Sync>| CliError::Connect { address: shown(host, port), source };
        let config = Arc::new(config);
        let target = host.to_string();
        // The URI is for HTTP's :authority alone; where to connect and whom to believe is ours.
        let endpoint = Endpoint::from_static("http://coffer")
            .connect_timeout(CONNECT_WAIT)
            .http2_keep_alive_interval(self.silence / 2)
            .keep_alive_timeout(self.silence / 2);
        let seen = Arc::new(Mutex::new(Vec::new()));
        let sees = seen.clone();
        let connector = tower_service_fn(move || {
            let (target, config, sees) = (target.clone(), config.clone(), sees.clone());
            async move {
                let stream = handshake(&target, port, config).await?;
                let certificate = stream.get_ref().1.peer_certificates().and_then(|c| c.first());
                *sees.lock().unwrap_or_else(PoisonError::into_inner) = certificate.map_or(Vec::new(), |c| c.to_vec());
                Ok(TokioIo::new(stream))
            }
        });
        let channel = endpoint.connect_with_connector(connector).await.map_err(|e| failed(innermost(e)))?;
        Ok((channel, seen))
    }
}

pub(crate) async fn connect(enrolment: &Enrolment, link: &Link) -> Result<Connection, CliError> {
    let config = tls::enrolled(enrolment, b"h2")?;
    let (host, port) = link.address(enrolment);
    link.connection(&host, port, config).await
}

/// The pin of the box's key, from a handshake in which it proved to be the box that we know.
pub(crate) async fn pin(enrolment: &Enrolment, link: &Link) -> Result<[u8; 10], CliError> {
    let (host, port) = link.address(enrolment);
    let failed = |source: std::io::Error| CliError::Connect { address: shown(&host, port), source: source.into() };
    let config = Arc::new(tls::enrolled(enrolment, b"h2")?);
    let stream = handshake(&host, port, config).await.map_err(failed)?;
    let certificates = stream.get_ref().1.peer_certificates().and_then(|c| c.first());
    let certificate = certificates.ok_or_else(|| CliError::Answer("it shows no certificate".into()))?;
    Ok(tls::pin(certificate)?)
}

/// GET /metrics over the same mutual TLS.
pub(crate) async fn metrics(enrolment: &Enrolment, link: &Link, output: &Output) -> Result<(), CliError> {
    let config = Arc::new(tls::enrolled(enrolment, b"http/1.1")?);
    let (host, port) = link.address(enrolment);
    let failed = |source: std::io::Error| CliError::Connect { address: shown(&host, port), source: source.into() };
    let mut stream = handshake(&host, port, config).await.map_err(failed)?;
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: coffer\r\nConnection: close\r\n\r\n").await.map_err(failed)?;
    let mut answer = String::new();
    let mut limited = stream.take(METRICS_MAX);
    timeout(CONNECT_WAIT, limited.read_to_string(&mut answer))
        .await
        .map_err(|e| failed(e.into()))?
        .or_else(|e| if answer.contains("\r\n\r\n") { Ok(0) } else { Err(failed(e)) })?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    if !head.starts_with("HTTP/1.1 200") {
        return Err(CliError::Answer(head.lines().next().unwrap_or("nothing").to_string()));
    }
    output.result(json!({ "metrics": body }), body.trim_end());
    Ok(())
}

async fn handshake(host: &str, port: u16, config: Arc<ClientConfig>) -> std::io::Result<TlsStream<TcpStream>> {
    let work = async {
        let stream = TcpStream::connect((host, port)).await?;
        stream.set_nodelay(true)?;
        let name = ServerName::try_from(tls::BOX_NAME).map_err(std::io::Error::other)?;
        TlsConnector::from(config).connect(name, stream).await
    };
    timeout(CONNECT_WAIT, work).await.map_err(|_| std::io::Error::from(std::io::ErrorKind::TimedOut))?
}

/// tonic wraps what went wrong several times; the last one says it.
fn innermost(error: tonic::transport::Error) -> Box<dyn std::error::Error + Send + Sync> {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(e) = source {
        text = e.to_string();
        source = e.source();
    }
    explained(text).into()
}

/// A connector that ignores the URI it is asked for.
fn tower_service_fn<F, R>(connect: F) -> Connector<F>
where
    F: Fn() -> R,
{
    Connector(connect)
}

#[derive(Clone)]
struct Connector<F>(F);

impl<F, R, T> tower_service::Service<http::Uri> for Connector<F>
where
    F: Fn() -> R,
    R: Future<Output = std::io::Result<T>>,
{
    type Response = T;
    type Error = std::io::Error;
    type Future = R;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), std::io::Error>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: http::Uri) -> R {
        (self.0)()
    }
}
