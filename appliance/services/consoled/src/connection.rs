//! One connection: TLS, then HTTP, with a bound on every wait.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use listener::{Guest, Watched};
use rustls::ServerConfig;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::task::TaskTracker;
use tower_service::Service;

use crate::limits;

/// Where a request came from.
#[derive(Clone, Copy)]
pub(crate) struct From(pub(crate) SocketAddr);

/// What a connection is served with.
#[derive(Clone)]
pub(crate) struct Served {
    pub(crate) tls: Arc<ServerConfig>,
    pub(crate) pages: Router,
    /// Requests that are worked on: each to its end, whether or not its browser still waits.
    pub(crate) working: TaskTracker,
}

pub(crate) async fn connection(stream: TcpStream, address: SocketAddr, served: Served, guest: Guest) {
    let _ = stream.set_nodelay(true);
    let accept = TlsAcceptor::from(served.tls.clone()).accept(stream);
    // Who does not shake hands, or not in time, hears nothing more.
    let Ok(Ok(stream)) = timeout(limits::HANDSHAKE, accept).await else { return };
    guest.admitted(None);
    let http1 = stream.get_ref().1.alpn_protocol() != Some(b"h2");
    let guest = &guest;
    let answer = |request: Request<Incoming>| {
        let (mut served, open) = (served.clone(), guest.call());
        async move {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(From(address));
            let work = served.working.spawn(async move { served.pages.call(request).await });
            let answer = match work.await {
                Ok(Ok(answer)) => answer,
                Ok(Err(never)) => match never {},
                Err(_) => failed(),
            };
            drop(open);
            Ok::<_, std::convert::Infallible>(answer)
        }
    };
    let server = auto::Builder::new(TokioExecutor::new());
    let mut server = if http1 { server.http1_only() } else { server.http2_only() };
    server.http1().timer(TokioTimer::new()).header_read_timeout(limits::HEADERS).max_buf_size(limits::HEADERS_MAX);
    server
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(limits::PING)
        .keep_alive_timeout(limits::PING)
        .initial_stream_window_size(limits::WINDOW)
        .initial_connection_window_size(limits::WINDOW)
        .max_header_list_size(limits::HEADERS_MAX as u32)
        .max_concurrent_streams(limits::STREAMS);
    // How it ends is the browser's affair: every request on it has had its own answer.
    let _ = server.serve_connection(TokioIo::new(Watched::new(stream, limits::SILENCE)), service_fn(answer)).await;
}

fn failed() -> axum::response::Response {
    let mut answer = axum::response::Response::new(Body::empty());
    *answer.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
    answer
}
