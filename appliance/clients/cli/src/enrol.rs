//! Enrolment and renewal: the code pins the box's key; the box issues a certificate for a key that is made here and stays here.

use accounts::PairingCode;
use accounts::statement::{Action, enrolment};
use proto::v1::coffer_client::CofferClient;
use proto::v1::enrolment_client::EnrolmentClient;
use proto::v1::{EnrolRequest, EnrolResponse, GetChallengeRequest, GetStatusRequest, RenewRequest};
use rcgen::{CertificateParams, KeyPair};
use serde_json::json;
use zeroize::Zeroizing;

use crate::arguments::{Enrol, Renew};
use crate::connect::{address, channel};
use crate::error::CliError;
use crate::output::Output;
use crate::profile::{BoxFile, Enrolment, Profile};
use crate::{proofs, tls};

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
    let csr = CertificateParams::default().serialize_request(&key)?.der().to_vec();
    let channel = channel(host, wanted.enrol_port, tls::pinned(code.pin())?).await?;
    let request = EnrolRequest {
        code_signature: code_key.sign(&enrolment(&csr, wanted.valid_for)).to_vec(),
        certificate_request: csr,
        client_name: wanted.name.unwrap_or_default(),
        valid_s: wanted.valid_for,
    };
    let answer = EnrolmentClient::new(channel).enrol(request).await?.into_inner();
    let address = BoxFile {
        host: host.to_string(),
        port: port.unwrap_or(proto::SERVICE_PORT),
        device_id: answer.device_id.clone(),
        client: answer.client_name.clone(),
        role: answer.role.clone(),
    };
    let kept = keep_and_use(profile, address, answer, &key, port).await?;
    let BoxFile { device_id, client, role, .. } = &kept.address;
    output.result(
        json!({ "device_id": device_id, "role": role, "name": client }),
        &format!("enrolled at box {device_id} as {client}, {role}"),
    );
    Ok(())
}

/// Another certificate, for a new key, while the old one counts and after its end.
pub(crate) async fn renew(
    profile: &Profile,
    host: Option<&str>,
    port: Option<u16>,
    wanted: Renew,
    output: &Output,
) -> Result<(), CliError> {
    let old = profile.load()?;
    let (host, _) = address(&old, host, port);
    let key = KeyPair::generate()?;
    let csr = CertificateParams::default().serialize_request(&key)?.der().to_vec();
    let channel = channel(&host, wanted.enrol_port, tls::of_authority(&old)?).await?;
    let mut enrolment = EnrolmentClient::new(channel);
    let challenge = enrolment.get_enrolment_challenge(GetChallengeRequest {}).await?.into_inner().challenge;
    let valid_s = wanted.valid_for;
    let proof = Some(proofs::signed(&old, challenge, Action::Renew { csr: &csr, valid_s })?);
    let client_name = old.address.client.clone();
    let request = RenewRequest { certificate_request: csr, valid_s, client_name, proof };
    let answer = enrolment.renew(request).await?.into_inner();
    let kept = keep_and_use(profile, old.address, answer, &key, port).await?;
    let BoxFile { device_id, client, .. } = &kept.address;
    output.result(
        json!({ "device_id": device_id, "name": client }),
        &format!("the certificate of {client} at box {device_id} is renewed"),
    );
    Ok(())
}

/// Kept first, then used: by its first use the box knows that it is here, and ends what led to it.
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
    let channel = channel(&enrolment.address.host, port, config).await?;
    CofferClient::new(channel).get_status(GetStatusRequest::default()).await?;
    Ok(enrolment)
}
