//! The listeners: TLS, HTTP, bounds on every wait.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Method, Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use proto::v1::coffer_server::CofferServer;
use proto::v1::enrolment_server::EnrolmentServer;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{Instant, Sleep, sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tonic::body::Body;
use tonic::service::Routes;
use tower_service::Service;

use crate::enrol::EnrolmentService;
use crate::error::ComputeError;
use crate::limits;
use crate::metrics;
use crate::service::CofferService;
use crate::session::admit;
use crate::shared::Shared;
use crate::tls::{self, Peer};

/// What one port serves.
#[derive(Clone)]
pub(crate) struct Endpoint {
    routes: Routes,
    acceptor: TlsAcceptor,
    /// For the port that serves metrics.
    metrics: Option<Arc<Shared>>,
}

impl Endpoint {
    pub(crate) fn service(shared: &Arc<Shared>) -> Result<Endpoint, ComputeError> {
        let config = tls::service(&shared.identity, &shared.workshop.keyd)?;
        let server = CofferServer::new(CofferService(shared.clone())).max_decoding_message_size(limits::MESSAGE_MAX);
        Ok(Endpoint {
            routes: Routes::new(server).prepare(),
            acceptor: TlsAcceptor::from(Arc::new(config)),
            metrics: Some(shared.clone()),
        })
    }

    pub(crate) fn enrolment(shared: &Arc<Shared>) -> Result<Endpoint, ComputeError> {
        let config = tls::enrolment(&shared.identity, &shared.workshop.keyd)?;
        let server =
            EnrolmentServer::new(EnrolmentService(shared.clone())).max_decoding_message_size(4 * limits::CSR_MAX);
        Ok(Endpoint {
            routes: Routes::new(server).prepare(),
            acceptor: TlsAcceptor::from(Arc::new(config)),
            metrics: None,
        })
    }
}

pub(crate) fn listen(address: SocketAddr) -> Result<std::net::TcpListener, ComputeError> {
    let bind = |address: SocketAddr| std::net::TcpListener::bind(address);
    let bound = match bind(address) {
        // "[::]" means every address; a kernel without IPv6 has only the other kind.
        Err(_) if address.ip() == Ipv6Addr::UNSPECIFIED => bind((Ipv4Addr::UNSPECIFIED, address.port()).into()),
        bound => bound,
    };
    let bound = bound.and_then(|listener| {
        listener.set_nonblocking(true)?;
        Ok(listener)
    });
    bound.map_err(|source| ComputeError::Listen { address: address.to_string(), source })
}

/// Accepts for ever. More connections than there may be wait in the kernel's queue.
pub(crate) async fn serve(listener: std::net::TcpListener, endpoint: Endpoint) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    let places = Arc::new(Semaphore::new(limits::CONNECTIONS));
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return Ok(()) };
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            // Out of descriptors, or the client is gone again: neither ends the service.
            Err(_) => {
                sleep(std::time::Duration::from_millis(50)).await;
                continue;
            }
        };
        let endpoint = endpoint.clone();
        tokio::spawn(async move {
            connection(stream, endpoint).await;
            drop(place);
        });
    }
}

async fn connection(stream: TcpStream, endpoint: Endpoint) {
    // Without it a small answer may wait for the client's acknowledgement of the one before.
    let _ = stream.set_nodelay(true);
    let stream = match timeout(limits::HANDSHAKE, endpoint.acceptor.accept(stream).into_fallible()).await {
        Ok(Ok(stream)) => stream,
        Ok(Err((_, refused))) => return part(refused).await,
        Err(_) => return,
    };
    let certificates = stream.get_ref().1.peer_certificates();
    let peer = certificates.and_then(|c| c.first()).and_then(tls::peer);
    let service = service_fn(move |request: Request<Incoming>| answer(endpoint.clone(), peer.clone(), request));
    let mut server = auto::Builder::new(TokioExecutor::new());
    server.http1().timer(TokioTimer::new()).header_read_timeout(limits::HANDSHAKE);
    server
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(limits::PING)
        .keep_alive_timeout(limits::PING)
        .initial_stream_window_size(limits::STREAM_WINDOW)
        .initial_connection_window_size(limits::CONNECTION_WINDOW)
        .max_concurrent_streams(limits::STREAMS);
    // How a connection ends is the client's affair: every call on it has had its own answer.
    let _ = server.serve_connection(TokioIo::new(Watched::new(stream)), service).await;
}

/// Ends a refused connection so that the client sees why: closing it with bytes unread would reset it, and a reset may
/// overtake the alert.
async fn part(mut stream: TcpStream) {
    let drain = async {
        stream.shutdown().await?;
        let mut rest = [0; 1024];
        while stream.read(&mut rest).await? > 0 {}
        io::Result::Ok(())
    };
    // The client may be gone, or may send on: neither is worth more than a second.
    let _ = timeout(limits::PARTING, drain).await;
}

async fn answer(
    mut endpoint: Endpoint,
    peer: Option<Peer>,
    mut request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    if let Some(shared) = &endpoint.metrics
        && request.method() == Method::GET
        && request.uri().path() == "/metrics"
    {
        return Ok(metrics_page(shared, peer.as_ref()));
    }
    if let Some(peer) = peer {
        request.extensions_mut().insert(peer);
    }
    endpoint.routes.call(request.map(Body::new)).await
}

fn metrics_page(shared: &Shared, peer: Option<&Peer>) -> Response<Body> {
    use crate::clients::Role::{Administrator, Auditor, Operator};
    let (code, text) = match admit(&shared.clients, peer, &[Administrator, Operator, Auditor], ()) {
        Err(status) => (403, format!("{}\n", status.message())),
        Ok(_) => {
            let (queued, running) = shared.jobs.counts();
            let state = metrics::State {
                engine: shared.workshop.engine.status(),
                queued,
                running,
                batches: shared.batches.count(),
                kept: shared.jobs.kept(),
                kept_bytes: shared.jobs.kept_bytes(None),
                obfuscators: shared.workshop.pool.ready(),
                clients: shared.clients.list().len(),
                degraded: shared.degraded().len(),
                operations: shared.tally.all(),
            };
            (200, metrics::render(&state))
        }
    };
    let mut response = Response::new(Body::new(http_body_util::Full::from(text)));
    *response.status_mut() = http::StatusCode::from_u16(code).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    let kind = http::HeaderValue::from_static("text/plain; version=0.0.4");
    response.headers_mut().insert(http::header::CONTENT_TYPE, kind);
    response
}

/// A stream that fails when nothing has come for too long: half a frame, or nothing at all, holds a place only so long.
struct Watched<S> {
    stream: S,
    silence: Pin<Box<Sleep>>,
}

impl<S> Watched<S> {
    fn new(stream: S) -> Watched<S> {
        Watched { stream, silence: Box::pin(sleep(limits::SILENCE)) }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_read(cx, buffer) {
            Poll::Ready(result) => {
                self.silence.as_mut().reset(Instant::now() + limits::SILENCE);
                Poll::Ready(result)
            }
            Poll::Pending if self.silence.as_mut().poll(cx).is_ready() => {
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
