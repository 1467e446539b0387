//! Enrolment and renewal: the code pins the box's key; the box issues a certificate for a key that is made here and stays here.

use accounts::statement::{Action, enrolment};
use accounts::{PairingCode, pin_from_text};
use proto::v1::enrolment_client::EnrolmentClient;
use proto::v1::{Challenge, EnrolRequest, EnrolResponse, GetChallengeRequest, GetStatusRequest, RenewRequest};
use rcgen::{CertificateParams, KeyPair};
use serde_json::json;
use tonic::Code;
use tonic::transport::Channel;
use zeroize::Zeroizing;

use crate::arguments::{Enrol, Renew};
use crate::connect::{self, address};
use crate::error::CliError;
use crate::output::Output;
use crate::profile::{BoxFile, Enrolment, Profile};
use crate::{appraisal, proofs, tls};

pub(crate) async fn enrol(
    profile: &Profile,
    host: Option<&str>,
    port: Option<u16>,
    wanted: Enrol,
    output: &Output,
) -> Result<(), CliError> {
    let host = host.ok_or(CliError::NoHost)?;
    let code = PairingCode::parse(&wanted.code)?;
    let code_key = code.key().ok_or(CliError::Randomness)?;
    let key = KeyPair::generate()?;
    let channel = connect::channel(host, wanted.enrol_port, tls::pinned(code.pin())?).await?;
    let known = profile.load().ok().filter(|old| wanted.name.as_ref().is_none_or(|name| *name == old.address.client));
    let renewed = match &known {
        Some(old) => renewed_at_new_identity(&channel, old, &key, wanted.valid_for).await?,
        None => None,
    };
    let how = if renewed.is_some() { ", with its own key; the code was not used" } else { "" };
    let (answer, beside) = match renewed {
        Some(answer) => (answer, None),
        None => {
            let csr = request_of(&key)?;
            let request = EnrolRequest {
                code_signature: code_key.sign(&enrolment(&csr, wanted.valid_for)).to_vec(),
                certificate_request: csr,
                client_name: wanted.name.unwrap_or_default(),
                valid_s: wanted.valid_for,
            };
            let answer = EnrolmentClient::new(channel).enrol(request).await?.into_inner();
            // An earlier enrolment's key is the only way back to its name.
            (answer, profile.set_aside()?)
        }
    };
    let port_kept = port.unwrap_or(proto::SERVICE_PORT);
    let kept = keep_and_use(profile, box_file(host, port_kept, &answer, None), answer, &key, port).await?;
    let BoxFile { device_id, client, role, .. } = &kept.address;
    let beside = beside.map_or_else(String::new, |name| format!("; the enrolment before it is kept: --box {name}"));
    output.result(
        json!({ "device_id": device_id, "role": role, "name": client }),
        &format!("enrolled at box {device_id} as {client}, {role}{how}{beside}"),
    );
    Ok(())
}

/// Another certificate, for a new key, while the old one counts and after its end, and after the box has a new identity.
pub(crate) async fn renew(
    profile: &Profile,
    host: Option<&str>,
    port: Option<u16>,
    wanted: Renew,
    output: &Output,
) -> Result<(), CliError> {
    let old = profile.load()?;
    let (host, port_kept) = address(&old, host, port);
    let key = KeyPair::generate()?;
    let trusted = match &wanted.pin {
        Some(pin) => tls::pinned(pin_from_text(pin)?)?,
        None => tls::of_authority(&old)?,
    };
    let channel = connect::channel(&host, wanted.enrol_port, trusted).await?;
    let challenge = challenge(&channel).await?;
    let answer = renewed(&channel, &old, challenge, &key, wanted.valid_for).await?;
    let kept = keep_and_use(profile, box_file(&host, port_kept, &answer, Some(&old)), answer, &key, port).await?;
    let BoxFile { device_id, client, .. } = &kept.address;
    output.result(
        json!({ "device_id": device_id, "name": client }),
        &format!("the certificate of {client} at box {device_id} is renewed"),
    );
    Ok(())
}

/// The certificate of a client that this box knows by its key, if it has a new identity since. `None`: the code is to be used.
async fn renewed_at_new_identity(
    channel: &Channel,
    old: &Enrolment,
    key: &KeyPair,
    valid_s: u32,
) -> Result<Option<EnrolResponse>, CliError> {
    let challenge = challenge(channel).await?;
    if challenge.device_id == old.address.device_id {
        return Ok(None);
    }
    match renewed(channel, old, challenge, key, valid_s).await {
        Ok(answer) => Ok(Some(answer)),
        // Another box, or one at which this client was revoked.
        Err(CliError::Status { code: Code::PermissionDenied | Code::NotFound, .. }) => Ok(None),
        Err(e) => Err(e),
    }
}

async fn challenge(channel: &Channel) -> Result<Challenge, CliError> {
    let mut enrolment = EnrolmentClient::new(channel.clone());
    Ok(enrolment.get_enrolment_challenge(GetChallengeRequest {}).await?.into_inner())
}

async fn renewed(
    channel: &Channel,
    old: &Enrolment,
    challenge: Challenge,
    key: &KeyPair,
    valid_s: u32,
) -> Result<EnrolResponse, CliError> {
    let csr = request_of(key)?;
    let Challenge { challenge, device_id } = challenge;
    let proof = Some(proofs::signed_for(&device_id, old, challenge, Action::Renew { csr: &csr, valid_s })?);
    let client_name = old.address.client.clone();
    let request = RenewRequest { certificate_request: csr, valid_s, client_name, proof };
    Ok(EnrolmentClient::new(channel.clone()).renew(request).await?.into_inner())
}

fn request_of(key: &KeyPair) -> Result<Vec<u8>, CliError> {
    Ok(CertificateParams::default().serialize_request(key)?.der().to_vec())
}

/// A box with a new identity has another TPM, or a new one.
fn box_file(host: &str, port: u16, answer: &EnrolResponse, old: Option<&Enrolment>) -> BoxFile {
    let EnrolResponse { device_id, client_name, role, .. } = answer.clone();
    let same = old.filter(|old| old.address.device_id == device_id);
    let attestation_key = same.and_then(|old| old.address.attestation_key.clone());
    BoxFile { host: host.into(), port, device_id, client: client_name, role, attestation_key }
}

/// Kept first, then used: by its first use the box knows that it is here, and ends what led to it. Then the box shows which TPM it
/// has.
async fn keep_and_use(
    profile: &Profile,
    address: BoxFile,
    answer: EnrolResponse,
    key: &KeyPair,
    port: Option<u16>,
) -> Result<Enrolment, CliError> {
    let key = Zeroizing::new(key.serialize_der());
    let enrolment = Enrolment { address, authority: answer.authority, certificate: answer.certificate, key };
    // A box that hands out something unusable is found now, not at the first use.
    let config = tls::enrolled(&enrolment, b"h2")?;
    profile.save(&enrolment)?;
    let port = port.unwrap_or(enrolment.address.port);
    let mut connection = connect::connection(&enrolment.address.host, port, config).await?;
    connection.client.get_status(GetStatusRequest::default()).await?;
    appraisal::of(&mut connection, profile, &enrolment).await?;
    Ok(enrolment)
}
