//! Signatures that say that this client itself wants something, and not only the service that carries the request.

use accounts::statement::{Action, Claim, proof};
use proto::v1::{GetChallengeRequest, Proof};
use rcgen::{KeyPair, SigningKey};

use crate::connect::Client;
use crate::error::CliError;
use crate::profile::Enrolment;

/// With the key of the certificate, over a nonce that the box gives for it.
pub(crate) async fn proved(client: &mut Client, own: &Enrolment, action: Action<'_>) -> Result<Proof, CliError> {
    let challenge = client.get_challenge(GetChallengeRequest {}).await?.into_inner().challenge;
    signed(own, challenge, action)
}

/// As [`proved`], with a nonce that is there already.
pub(crate) fn signed(own: &Enrolment, challenge: Vec<u8>, action: Action<'_>) -> Result<Proof, CliError> {
    signed_for(&own.address.device_id, own, challenge, action)
}

/// As [`signed`], for a box that may have another id since this client was enrolled at it.
pub(crate) fn signed_for(
    device_id: &str,
    own: &Enrolment,
    challenge: Vec<u8>,
    action: Action<'_>,
) -> Result<Proof, CliError> {
    let client = own.address.client.as_str();
    let statement = proof(&Claim { device_id, client, challenge: &challenge, action });
    let signature = KeyPair::try_from(own.key.as_slice())?.sign(&statement)?;
    Ok(Proof { challenge, signature })
}
