//! The box's evidence, from keyd: as a message, and as what `GET /attestation` answers.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;

use accounts::endpoints::Endpoint;
use attestation::evidence::SIZE_MAX;
use data_encoding::HEXLOWER_PERMISSIVE;
use http::{Response, header};
use hyper::body::Bytes as Chunk;
use ipc::{Bytes, keyd};
use tonic::Status;
use tonic::body::Body;

use crate::session::admit;
use crate::shared::Shared;
use crate::status::keyd_status;
use crate::tls::Peer;

/// The evidence's file. `nonce`: the verifier's, as it is.
pub(crate) async fn evidence(shared: &Shared, nonce: Vec<u8>) -> Result<Vec<u8>, Status> {
    let nonce = Bytes::new("nonce", nonce).map_err(|e| Status::invalid_argument(e.to_string()))?;
    let asked = shared.workshop.keyd.call_with_fd(keyd::Request::Evidence { nonce }).await;
    match asked.map_err(|e| keyd_status(&e))? {
        (keyd::Reply::Evidence { bytes }, Some(memory)) => {
            read(memory, bytes).map_err(|e| Status::internal(format!("the evidence: {e}")))
        }
        _ => Err(Status::internal("keyd gave another answer than was asked for")),
    }
}

/// `GET /attestation?nonce=HEX`: the file itself.
pub(crate) async fn evidence_page(shared: &Shared, peer: Option<&Peer>, query: Option<&str>) -> Response<Body> {
    let shown = async {
        admit(shared, peer, Endpoint::GetEvidence, ())?;
        evidence(shared, nonce(query)?).await
    };
    match shown.await {
        Ok(evidence) => {
            let mut answer = Response::new(Body::new(http_body_util::Full::new(Chunk::from(evidence))));
            let kind = header::HeaderValue::from_static("application/cbor");
            answer.headers_mut().insert(header::CONTENT_TYPE, kind);
            answer
        }
        Err(status) => crate::metrics_page::refused(&status),
    }
}

fn nonce(query: Option<&str>) -> Result<Vec<u8>, Status> {
    let bad = || Status::invalid_argument("say a nonce of 16 to 32 bytes of your own: /attestation?nonce=HEX");
    let hex = query.and_then(|q| q.split('&').find_map(|pair| pair.strip_prefix("nonce="))).ok_or_else(bad)?;
    HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).map_err(|_| bad())
}

/// From a memory file of so many bytes, by keyd's word; never more than evidence has.
fn read(memory: OwnedFd, bytes: u64) -> std::io::Result<Vec<u8>> {
    let mut evidence = Vec::new();
    File::from(memory).take(bytes.min(SIZE_MAX as u64)).read_to_end(&mut evidence)?;
    Ok(evidence)
}
