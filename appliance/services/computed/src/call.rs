//! One call: what it changes, it changes wholly or not at all.
//!
//! A client may drop a call at any moment, and then HTTP drops whatever works on it. So nothing is worked on there: each call
//! is a task of its own, which goes on to its end whether or not anybody still waits for the answer. Uploads end with their
//! sender all the same, since their next message is an error.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::{Method, Request, Response};
use hyper::body::{Bytes, Frame, Incoming, SizeHint};
use listener::{Hangup, OpenCall};
use tonic::Status;
use tonic::body::Body;
use tower_service::Service;

use crate::endpoint::{Endpoint, Kind};
use crate::enrol::From;
use crate::evidence::evidence_page;
use crate::metrics_page::metrics_page;
use crate::paced_body::PacedBody;
use crate::status::busy;
use crate::tls::Peer;

/// Who calls, and from where.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) peer: Option<Peer>,
    pub(crate) address: SocketAddr,
    pub(crate) hangup: Hangup,
}

/// Answers a call. `open` is held until the answer is sent, or dropped.
pub(crate) async fn call(
    endpoint: Endpoint,
    caller: Caller,
    open: OpenCall,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    let answer = answer(endpoint, caller, request.map(|body| Body::new(PacedBody::new(body)))).await;
    Ok(answer.map(|body| Body::new(Counted { body, _open: open })))
}

/// The answer, worked out to its end even if this future is dropped.
async fn answer(endpoint: Endpoint, caller: Caller, mut request: Request<Body>) -> Response<Body> {
    let Caller { peer, address, hangup } = caller;
    let shared = endpoint.shared.clone();
    if endpoint.kind == Kind::Service && request.method() == Method::GET && request.uri().path() == "/metrics" {
        return metrics_page(&shared, peer.as_ref());
    }
    let who = peer.as_ref().map_or_else(|| address.ip().to_string(), |p| p.name.clone());
    // A call outlives its connection, so that those of one client are bounded apart from its connections.
    let Some(place) = shared.calls.enter(&who) else {
        return busy("as many calls of this client as may be are going on").into_http();
    };
    if endpoint.kind == Kind::Service && request.method() == Method::GET && request.uri().path() == "/attestation" {
        let work = shared.working.spawn(async move {
            let _place = place;
            evidence_page(&endpoint.shared, peer.as_ref(), request.uri().query()).await
        });
        return work.await.unwrap_or_else(|_| Status::internal("the call failed").into_http());
    }
    if let Some(peer) = peer {
        request.extensions_mut().insert(peer);
    }
    request.extensions_mut().insert(hangup);
    request.extensions_mut().insert(From(address));
    let mut routes = endpoint.routes;
    let work = shared.working.spawn(async move {
        let _place = place;
        let Ok(answer) = routes.call(request).await;
        answer
    });
    work.await.unwrap_or_else(|_| Status::internal("the call failed").into_http())
}

/// An answer's body, and the call that is going on as long as it is being sent.
struct Counted {
    body: Body,
    _open: OpenCall,
}

impl hyper::body::Body for Counted {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
#[path = "call_tests.rs"]
mod tests;
