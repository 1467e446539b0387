//! One connection: TLS, then HTTP, with a bound on every wait.

use std::io;
use std::net::SocketAddr;

use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use listener::{Guest, Watched};
use rustls::server::Acceptor;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

use crate::call::{Caller, call};
use crate::endpoint::Endpoint;
use crate::limits;
use crate::tls;

pub(crate) async fn connection(stream: TcpStream, address: SocketAddr, endpoint: Endpoint, guest: Guest) {
    // Without it a small answer may wait for the client's acknowledgement of the one before.
    let _ = stream.set_nodelay(true);
    let stream = match timeout(limits::HANDSHAKE, handshake(stream, &endpoint)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(Some(refused))) => return part(refused).await,
        Ok(Err(None)) | Err(_) => return,
    };
    let lifetime = endpoint.lifetime();
    let served = serve(stream, address, endpoint, &guest);
    match lifetime {
        // Past it the connection ends, whatever goes on.
        Some(lifetime) => drop(timeout(lifetime, served).await),
        None => served.await,
    }
}

/// Shakes hands. Waiting for the client holds nothing; the signature, which the TPM takes its time for, is one of a few at a
/// time. What is refused is given back, so that the client can be told.
async fn handshake(stream: TcpStream, endpoint: &Endpoint) -> Result<TlsStream<TcpStream>, Option<TcpStream>> {
    let mut hello = LazyConfigAcceptor::new(Acceptor::default(), stream);
    let started = match (&mut hello).await {
        Ok(started) => started,
        Err(_) => return Err(hello.take_io()),
    };
    let Ok(turn) = endpoint.signing.acquire().await else { return Err(None) };
    // The signature is made in here.
    let rest = started.into_stream(endpoint.tls.clone());
    drop(turn);
    rest.into_fallible().await.map_err(|(_, stream)| Some(stream))
}

async fn serve(stream: TlsStream<TcpStream>, address: SocketAddr, endpoint: Endpoint, guest: &Guest) {
    let session = stream.get_ref().1;
    let peer = session.peer_certificates().and_then(|c| c.first()).and_then(tls::peer);
    // Whoever has shown it in a handshake has the certificate and its key.
    if let Some(peer) = &peer
        && let Err(e) = endpoint.shared.clients.used(&peer.serial).await
    {
        eprintln!("computed: a certificate's first use: {}", crate::error::chain(&e));
    }
    guest.admitted(peer.as_ref().map(|p| p.name.as_str()));
    let http1 = session.alpn_protocol() == Some(b"http/1.1");
    let caller = Caller { peer, address, hangup: guest.hangup() };
    let (streams, stream_window, window) = endpoint.windows();
    let service =
        service_fn(move |request: Request<Incoming>| call(endpoint.clone(), caller.clone(), guest.call(), request));
    // By what the handshake agreed on: nothing is guessed from bytes that may never come.
    let server = auto::Builder::new(TokioExecutor::new());
    let mut server = if http1 { server.http1_only() } else { server.http2_only() };
    server.http1().timer(TokioTimer::new()).header_read_timeout(limits::HANDSHAKE).max_buf_size(limits::HEADERS_MAX);
    server
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(limits::PING)
        .keep_alive_timeout(limits::PING)
        .initial_stream_window_size(stream_window)
        .initial_connection_window_size(window)
        .max_header_list_size(limits::HEADERS_MAX as u32)
        .max_send_buf_size(limits::CHUNK)
        .max_concurrent_streams(streams);
    // How a connection ends is the client's affair: every call on it has had its own answer.
    let _ = server.serve_connection(TokioIo::new(Watched::new(stream, limits::SILENCE)), service).await;
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
