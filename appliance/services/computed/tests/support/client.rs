//! A client of the service, with the freedom to misbehave.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use accounts::statement::{Action, Claim, enrolment, proof};
use accounts::{CodeKey, PairingCode, Role};
use hyper_util::rt::TokioIo;
use proto::v1::coffer_client::CofferClient;
use proto::v1::enrolment_client::EnrolmentClient;
use proto::v1::submit_request::Part;
use proto::v1::*;
use rcgen::{CertificateParams, KeyPair, SigningKey};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::Status;
use tonic::transport::{Channel, Endpoint};

pub type Client = CofferClient<Channel>;

/// A client's key and what was issued for it.
#[derive(Clone)]
pub struct Credentials {
    pub name: String,
    /// PKCS #8.
    pub key: Vec<u8>,
    pub certificate: Vec<u8>,
}

pub fn new_key() -> (KeyPair, Vec<u8>) {
    let key = KeyPair::generate().unwrap();
    let csr = CertificateParams::default().serialize_request(&key).unwrap().der().to_vec();
    (key, csr)
}

pub async fn enrol(address: SocketAddr, code: &str, name: &str) -> Result<Credentials, Status> {
    enrol_from(Ipv4Addr::LOCALHOST, address, code, name).await
}

pub async fn enrol_from(source: Ipv4Addr, address: SocketAddr, code: &str, name: &str) -> Result<Credentials, Status> {
    enrol_with(source, address, &PairingCode::parse(code).unwrap().key().unwrap(), name).await
}

/// With a code's key, which takes a moment to find.
pub async fn enrol_with(
    source: Ipv4Addr,
    address: SocketAddr,
    code: &CodeKey,
    name: &str,
) -> Result<Credentials, Status> {
    let (key, csr) = new_key();
    let channel =
        channel_from(source, address, config(None, b"h2")).await.map_err(|e| Status::unavailable(format!("{e:?}")))?;
    let request = EnrolRequest {
        code_signature: code.sign(&enrolment(&csr, 3600)).to_vec(),
        certificate_request: csr,
        client_name: name.into(),
        valid_s: 3600,
    };
    let reply = EnrolmentClient::new(channel).enrol(request).await?.into_inner();
    Ok(Credentials { name: reply.client_name, key: key.serialize_der(), certificate: reply.certificate })
}

/// A channel without a certificate.
pub async fn stranger(address: SocketAddr) -> Result<Channel, String> {
    channel(address, config(None, b"h2")).await.map_err(|e| format!("{e:?}"))
}

/// Another certificate, for a new key, by the proof of the old one.
pub async fn renew(address: SocketAddr, old: &Credentials) -> Result<Credentials, Status> {
    let (new, csr) = new_key();
    let channel = channel(address, config(None, b"h2")).await.map_err(|e| Status::unavailable(format!("{e:?}")))?;
    let mut enrolment = EnrolmentClient::new(channel);
    let challenge = enrolment.get_enrolment_challenge(GetChallengeRequest {}).await?.into_inner().challenge;
    let (action, device_id) = (Action::Renew { csr: &csr, valid_s: 3600 }, super::keyd::DEVICE_ID);
    let claim = Claim { device_id, client: &old.name, challenge: &challenge, action };
    let signature = KeyPair::try_from(old.key.as_slice()).unwrap().sign(&proof(&claim)).unwrap();
    let (client_name, proof) = (old.name.clone(), Some(Proof { challenge, signature }));
    let request = RenewRequest { certificate_request: csr, valid_s: 3600, client_name, proof };
    let reply = enrolment.renew(request).await?.into_inner();
    Ok(Credentials { name: reply.client_name, key: new.serialize_der(), certificate: reply.certificate })
}

/// That the client itself wants this.
pub async fn proved(client: &mut Client, credentials: &Credentials, action: Action<'_>) -> Result<Proof, Status> {
    let challenge = client.get_challenge(GetChallengeRequest {}).await?.into_inner().challenge;
    let device_id = super::keyd::DEVICE_ID;
    let claim = Claim { device_id, client: &credentials.name, challenge: &challenge, action };
    let key = KeyPair::try_from(credentials.key.as_slice()).unwrap();
    Ok(Proof { signature: key.sign(&proof(&claim)).unwrap(), challenge })
}

/// A code for one more client, by an administrator.
pub async fn invite(admin: &mut Client, credentials: &Credentials, name: &str, role: Role) -> Result<String, Status> {
    let random: [u8; 12] = std::array::from_fn(|i| name.as_bytes().get(i).copied().unwrap_or(i as u8));
    let code = PairingCode::new([0; 10], &zeroize::Zeroizing::new(random));
    let (code_key, valid_s) = (code.key().unwrap().public(), 3600);
    let action = Action::NewCode { name, role, code: &code_key, valid_s };
    let proof = Some(proved(admin, credentials, action).await?);
    let (role, client_name, code_key) = (role.name().into(), name.into(), code_key.to_vec());
    admin.new_pairing_code(NewPairingCodeRequest { role, client_name, code_key, valid_s, proof }).await?;
    Ok(code.to_text().to_string())
}

pub async fn revoke(admin: &mut Client, credentials: &Credentials, serial: &str) -> Result<(), Status> {
    let proof = Some(proved(admin, credentials, Action::Revoke { serial }).await?);
    admin.revoke_client(RevokeClientRequest { serial: serial.into(), proof }).await.map(drop)
}

pub async fn destroy_key(client: &mut Client, credentials: &Credentials, id: &str) -> Result<(), Status> {
    let proof = Some(proved(client, credentials, Action::DestroyKey { id }).await?);
    client.destroy_key(DestroyKeyRequest { id: id.into(), proof }).await.map(drop)
}

/// The log's lines, which are a chain.
pub async fn read_log(client: &mut Client, credentials: &Credentials) -> Result<Vec<String>, Status> {
    let proof = Some(proved(client, credentials, Action::ReadAuditLog).await?);
    let mut stream = client.get_audit(GetAuditRequest { from: 0, proof }).await?.into_inner();
    let (mut verifier, mut lines) = (audit_log::Verifier::default(), Vec::new());
    while let Some(line) = stream.message().await? {
        verifier.push(&line.line).unwrap();
        lines.push(line.line);
    }
    Ok(lines)
}

pub async fn connect(address: SocketAddr, credentials: Option<&Credentials>) -> Result<Client, String> {
    connect_from(Ipv4Addr::LOCALHOST, address, credentials).await
}

/// From another address of this machine's own.
pub async fn connect_from(
    source: Ipv4Addr,
    address: SocketAddr,
    credentials: Option<&Credentials>,
) -> Result<Client, String> {
    let channel = channel_from(source, address, config(credentials, b"h2")).await.map_err(|e| format!("{e:?}"))?;
    Ok(CofferClient::new(channel).max_decoding_message_size(4 << 20))
}

/// Connects and asks for the status: with TLS 1.3 a refused certificate shows at the first answer.
pub async fn probe(address: SocketAddr, credentials: Option<&Credentials>) -> Result<proto::v1::Status, String> {
    let mut client = connect(address, credentials).await?;
    let reply = client.get_status(GetStatusRequest { with_tpm: true }).await.map_err(|e| format!("{e:?}"))?;
    Ok(reply.into_inner())
}

/// The TLS alert that a handshake ends with. With TLS 1.3 the client is done before the server has looked at its
/// certificate, so that the alert comes with the first read.
pub async fn alert(address: SocketAddr, credentials: Option<&Credentials>) -> String {
    use tokio::io::AsyncReadExt;
    let refused = async {
        let mut stream = tls(address, config(credentials, b"h2")).await?;
        // The service speaks first in HTTP/2 once it is satisfied.
        stream.read_u8().await
    };
    refused.await.unwrap_err().to_string()
}

pub fn config(credentials: Option<&Credentials>, alpn: &[u8]) -> ClientConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AcceptAnyServer));
    let mut config = match credentials {
        None => builder.with_no_client_auth(),
        Some(c) => {
            let key = PrivateKeyDer::try_from(c.key.clone()).unwrap();
            builder.with_client_auth_cert(vec![CertificateDer::from(c.certificate.clone())], key).unwrap()
        }
    };
    config.alpn_protocols = vec![alpn.to_vec()];
    config
}

pub async fn tls(address: SocketAddr, config: ClientConfig) -> std::io::Result<TlsStream<TcpStream>> {
    tls_from(Ipv4Addr::LOCALHOST, address, config).await
}

pub async fn tcp_from(source: Ipv4Addr, address: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((source, 0).into())?;
    socket.connect(address).await
}

pub async fn tls_from(
    source: Ipv4Addr,
    address: SocketAddr,
    config: ClientConfig,
) -> std::io::Result<TlsStream<TcpStream>> {
    let stream = tcp_from(source, address).await?;
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("coffer").unwrap(), stream).await
}

async fn channel(address: SocketAddr, config: ClientConfig) -> Result<Channel, tonic::transport::Error> {
    channel_from(Ipv4Addr::LOCALHOST, address, config).await
}

async fn channel_from(
    source: Ipv4Addr,
    address: SocketAddr,
    config: ClientConfig,
) -> Result<Channel, tonic::transport::Error> {
    let endpoint = Endpoint::from_static("http://coffer").connect_timeout(Duration::from_secs(10));
    endpoint.connect_with_connector(Connector { source, address, config }).await
}

#[derive(Clone)]
struct Connector {
    source: Ipv4Addr,
    address: SocketAddr,
    config: ClientConfig,
}

impl tower_service::Service<http::Uri> for Connector {
    type Response = TokioIo<TlsStream<TcpStream>>;
    type Error = std::io::Error;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Self::Error>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: http::Uri) -> Self::Future {
        let Connector { source, address, config } = self.clone();
        Box::pin(async move { tls_from(source, address, config).await.map(TokioIo::new) })
    }
}

/// Any request over a connection of its own.
pub async fn raw(
    address: SocketAddr,
    credentials: Option<&Credentials>,
    request: http::Request<tonic::body::Body>,
) -> http::Response<tonic::body::Body> {
    use tower_service::Service;
    let mut channel = channel(address, config(credentials, b"h2")).await.unwrap();
    std::future::poll_fn(|cx| channel.poll_ready(cx)).await.unwrap();
    channel.call(request).await.unwrap()
}

/// The tests trust whoever listens: the pin is the command line client's affair, and tested there.
#[derive(Debug)]
struct AcceptAnyServer;

impl ServerCertVerifier for AcceptAnyServer {
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
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("TLS 1.2".into()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = rustls::crypto::ring::default_provider().signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, &algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        rustls::crypto::ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}

pub fn header(operation: job_header::Operation, rows: u32, columns: u32, operand_job: &str) -> JobHeader {
    JobHeader { version: 1, operation: Some(operation), rows, columns, operand_job: operand_job.into() }
}

pub async fn submit(client: &mut Client, header: JobHeader, operand: &[u8]) -> Result<Job, Status> {
    let mut parts = vec![SubmitRequest { part: Some(Part::Header(header)) }];
    parts.extend(operand.chunks(100_000).map(|c| SubmitRequest { part: Some(Part::Chunk(c.to_vec())) }));
    Ok(client.submit(tokio_stream::iter(parts)).await?.into_inner())
}

/// Until the job has ended.
pub async fn watch(client: &mut Client, id: &str) -> Job {
    let mut stream = client.watch_job(JobId { id: id.into() }).await.unwrap().into_inner();
    let mut last = Job::default();
    while let Some(job) = stream.message().await.unwrap() {
        last = job;
    }
    last
}

pub async fn fetch(client: &mut Client, id: &str) -> Vec<u8> {
    let mut stream = client.fetch_result(JobId { id: id.into() }).await.unwrap().into_inner();
    let mut bytes = Vec::new();
    while let Some(chunk) = stream.message().await.unwrap() {
        bytes.extend(chunk.bytes);
    }
    bytes
}

/// Submits, waits, and takes the job for done.
pub async fn done(client: &mut Client, header: JobHeader, operand: &[u8]) -> Job {
    let job = submit(client, header, operand).await.unwrap();
    let job = watch(client, &job.id).await;
    assert_eq!(job.state(), job::State::Done, "{}", job.error);
    job
}

/// A job with plaintext factors in chunks.
pub async fn submit_with(
    client: &mut Client,
    header: JobHeader,
    factors: &[u8],
    operand: &[u8],
) -> Result<Job, Status> {
    Ok(client.submit(tokio_stream::iter(parts(header, factors, operand))).await?.into_inner())
}

/// An interactive batch's answer.
#[derive(Debug)]
pub struct Answer {
    pub shape: ResultShape,
    pub bytes: Vec<u8>,
    pub progress: Vec<Progress>,
    pub engine: String,
}

/// An interactive batch from its beginning to its end.
pub async fn compute(client: &mut Client, header: JobHeader, factors: &[u8], operand: &[u8]) -> Result<Answer, Status> {
    let stream = client.compute(tokio_stream::iter(parts(header, factors, operand))).await?.into_inner();
    answer(stream).await
}

/// Shape first, summary last, all of the result in between.
pub async fn answer(mut stream: tonic::Streaming<ComputeResponse>) -> Result<Answer, Status> {
    use compute_response::Part;
    let Some(Part::Shape(shape)) = stream.message().await?.and_then(|m| m.part) else { panic!("no shape") };
    let (mut bytes, mut progress) = (Vec::new(), Vec::new());
    let engine = loop {
        match stream.message().await?.and_then(|m| m.part) {
            Some(Part::Chunk(chunk)) => bytes.extend(chunk),
            Some(Part::Progress(p)) => progress.push(p),
            Some(Part::Summary(summary)) => break summary.engine,
            Some(Part::Shape(_)) => panic!("a second shape"),
            None => panic!("no summary"),
        }
    };
    assert!(stream.message().await?.is_none(), "something after the summary");
    assert_eq!(bytes.len() as u32, shape.rows * shape.columns * shape.item_bytes);
    Ok(Answer { shape, bytes, progress, engine })
}

pub fn parts(header: JobHeader, factors: &[u8], operand: &[u8]) -> Vec<SubmitRequest> {
    let mut parts = vec![SubmitRequest { part: Some(Part::Header(header)) }];
    parts.extend(factors.chunks(50_001).map(|c| SubmitRequest { part: Some(Part::PlaintextChunk(c.to_vec())) }));
    parts.extend(operand.chunks(100_001).map(|c| SubmitRequest { part: Some(Part::Chunk(c.to_vec())) }));
    parts
}
