//! Proofs, from the wire to keyd. This process cannot make one, and need not check one: keyd does.

use ipc::keyd::{Proof, Reply, Request};
use ipc::{Bytes, Name, TooLong};
use proto::v1;
use tonic::{Response, Status};

use crate::shared::Shared;
use crate::status::keyd_status;

/// A proof of this client's.
pub(crate) fn proof(client: &str, proof: Option<v1::Proof>) -> Result<Proof, Status> {
    let missing = "the proof is missing: this takes the client's own signature (see Proof in coffer.proto)";
    let proof = proof.ok_or_else(|| Status::invalid_argument(missing))?;
    Ok(Proof {
        client: Name::new("the client's name", client).map_err(too_long)?,
        challenge: Bytes::new("Proof.challenge", proof.challenge).map_err(too_long)?,
        signature: Bytes::new("Proof.signature", proof.signature).map_err(too_long)?,
    })
}

/// A nonce for the next proof.
pub(crate) async fn challenge(shared: &Shared) -> Result<Response<v1::Challenge>, Status> {
    match shared.workshop.keyd.call(Request::Challenge).await.map_err(|e| keyd_status(&e))? {
        Reply::Challenge(challenge) => Ok(Response::new(v1::Challenge {
            challenge: challenge.into_vec(),
            device_id: shared.identity.device_id.as_str().into(),
        })),
        _ => Err(Status::internal("keyd answered something else")),
    }
}

pub(crate) fn too_long(error: TooLong) -> Status {
    Status::invalid_argument(error.to_string())
}
