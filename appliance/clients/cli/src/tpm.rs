//! The TPM's defence against guessing: what it counts is in `coffer status`.

use accounts::statement::Action;
use proto::v1::ResetTpmLockoutRequest;
use serde_json::json;

use crate::connect::Client;
use crate::error::CliError;
use crate::output::Output;
use crate::profile::Enrolment;
use crate::proofs::proved;

pub(crate) async fn reset_lockout(client: &mut Client, own: &Enrolment, output: &Output) -> Result<(), CliError> {
    let proof = Some(proved(client, own, Action::ResetLockout).await?);
    client.reset_tpm_lockout(ResetTpmLockoutRequest { proof }).await?;
    output.result(json!({ "reset": true }), "the TPM has forgotten all wrong authorizations");
    Ok(())
}
