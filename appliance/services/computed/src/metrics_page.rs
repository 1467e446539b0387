//! The counters over HTTP, for whoever is enrolled.

use accounts::endpoints::Endpoint;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};
use http_body_util::Full;
use tonic::body::Body;
use tonic::{Code, Status};

use crate::metrics;
use crate::session::admit;
use crate::shared::Shared;
use crate::tls::Peer;

pub(crate) fn metrics_page(shared: &Shared, peer: Option<&Peer>) -> Response<Body> {
    let text = match admit(shared, peer, Endpoint::Metrics, ()) {
        Err(status) => return refused(&status),
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
            metrics::render(&state)
        }
    };
    page(StatusCode::OK, text)
}

/// Why a page is not shown, in words.
pub(crate) fn refused(status: &Status) -> Response<Body> {
    let code = match status.code() {
        Code::PermissionDenied | Code::Unauthenticated => StatusCode::FORBIDDEN,
        Code::InvalidArgument => StatusCode::BAD_REQUEST,
        Code::Unavailable | Code::ResourceExhausted | Code::FailedPrecondition => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    page(code, format!("{}\n", status.message()))
}

fn page(code: StatusCode, text: String) -> Response<Body> {
    let mut response = Response::new(Body::new(Full::from(text)));
    *response.status_mut() = code;
    let kind = HeaderValue::from_static("text/plain; version=0.0.4");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}
