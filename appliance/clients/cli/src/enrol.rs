//! Enrolment and renewal: the code pins the box's key; the box issues a certificate for a key that is made here and stays here.

use accounts::statement::{Action, enrolment};
use accounts::{PairingCode, pin_from_text};
use proto::v1::enrolment_client::EnrolmentClient;
use proto::v1::{Challenge, EnrolRequest, EnrolResponse, GetChallengeRequest, GetStatusRequest, RenewRequest};
use rcgen::{CertificateParams, KeyPair};
use rustls::ClientConfig;
use serde_json::json;
use tonic::Code;
use tonic::transport::Channel;
use zeroize::Zeroizing;

use crate::appraisal::{self, Shown};
use crate::arguments::{Enrol, Renew};
use crate::connect::Link;
use crate::error::CliError;
use crate::output::Output;
use crate::profile::{BoxFile, Enrolment, Profile, Staged};
use crate::{proofs, tls};

/// An enrolment that is kept and was used.
struct Kept {
    enrolment: Enrolment,
    /// The name of the one that was there before.
    beside: Option<String>,
    shown: Shown,
}

pub(crate) async fn enrol(profile: &Profile, link: &Link, wanted: Enrol, output: &Output) -> Result<(), CliError> {
    let host = link.host.as_deref().ok_or(CliError::NoHost)?;
    let code = PairingCode::parse(&wanted.code)?;
    let code_key = code.key().ok_or(CliError::Randomness)?;
    let known = match profile.load() {
        Ok(old) => Some(old),
        Err(CliError::NotEnrolled { .. }) => None,
        // Nobody can tell whose it is.
        Err(_) if wanted.replace => None,
        Err(e) => return Err(e),
    };
    let key = KeyPair::generate()?;
    let staged = profile.stage(&Zeroizing::new(key.serialize_der()))?;
    let (channel, _) = enrolment_channel(link, host, wanted.enrol_port, tls::pinned(code.pin())?).await?;
    let renewed = match &known {
        Some(old) => renewed_at_new_identity(profile, &channel, old, &key, &wanted).await?,
        None => None,
    };
    let (is_renewed, how) = match &renewed {
        Some(_) => (true, ", with its own key; the code was not used"),
        None => (false, ""),
    };
    let answer = match renewed {
        Some(answer) => answer,
        None => {
            let csr = request_of(&key)?;
            let request = EnrolRequest {
                code_signature: code_key.sign(&enrolment(&csr, wanted.valid_for)).to_vec(),
                certificate_request: csr,
                client_name: wanted.name.unwrap_or_default(),
                valid_s: wanted.valid_for,
            };
            EnrolmentClient::new(channel).enrol(request).await?.into_inner()
        }
    };
    let port = link.port.unwrap_or(proto::SERVICE_PORT);
    // An earlier enrolment's key is the only way back to its name.
    let kept =
        keep_and_use(profile, staged, link, box_file(host, port, &answer, None), answer, &key, is_renewed).await?;
    let BoxFile { device_id, client, role, .. } = &kept.enrolment.address;
    let beside =
        kept.beside.map_or_else(String::new, |name| format!("; the enrolment before it is kept: --box {name}"));
    output.result(
        json!({ "device_id": device_id, "role": role, "name": client, "evidence": kept.shown.as_json() }),
        &format!("enrolled at box {device_id} as {client}, {role}{how}{beside}\n  {}", kept.shown.as_text()),
    );
    Ok(())
}

/// Another certificate, for a new key, while the old one counts and after its end, and after the box has a new identity.
pub(crate) async fn renew(profile: &Profile, link: &Link, wanted: Renew, output: &Output) -> Result<(), CliError> {
    let old = profile.load()?;
    let (host, port) = link.address(&old);
    let key = KeyPair::generate()?;
    let staged = profile.stage(&Zeroizing::new(key.serialize_der()))?;
    let trusted = match &wanted.pin {
        Some(pin) => tls::pinned(pin_from_text(pin)?)?,
        None => tls::of_authority(&old)?,
    };
    let (channel, _) = enrolment_channel(link, &host, wanted.enrol_port, trusted).await?;
    let challenge = challenge(&channel).await?;
    let answer = renewed(&channel, &old, challenge, &key, wanted.valid_for).await?;
    let address = box_file(&host, port, &answer, Some(&old));
    let kept = keep_and_use(profile, staged, link, address, answer, &key, true).await?;
    let BoxFile { device_id, client, .. } = &kept.enrolment.address;
    output.result(
        json!({ "device_id": device_id, "name": client, "evidence": kept.shown.as_json() }),
        &format!("the certificate of {client} at box {device_id} is renewed\n  {}", kept.shown.as_text()),
    );
    Ok(())
}

/// A channel to the enrolment, whose port is not the service's; and the certificate (DER) that was shown on it.
pub(crate) async fn enrolment_channel(
    link: &Link,
    host: &str,
    port: u16,
    config: ClientConfig,
) -> Result<(Channel, Vec<u8>), CliError> {
    let connected = link.channel(host, port, config).await;
    connected.map_err(|e| match (e, link.port) {
        (CliError::Connect { address, source }, Some(service)) if port == proto::ENROLMENT_PORT => {
            let what = format!("{source}; --port {service} is the service's, the enrolment's is --enrol-port");
            CliError::Connect { address, source: what.into() }
        }
        (e, _) => e,
    })
}

/// The certificate of a client that this box knows by its key, if it has a new identity since. `None`: the code is to be used.
async fn renewed_at_new_identity(
    profile: &Profile,
    channel: &Channel,
    old: &Enrolment,
    key: &KeyPair,
    wanted: &Enrol,
) -> Result<Option<EnrolResponse>, CliError> {
    let challenge = challenge(channel).await?;
    if challenge.device_id == old.address.device_id {
        return Ok(None);
    }
    let found = challenge.device_id.clone();
    if wanted.name.as_ref().is_none_or(|name| *name == old.address.client) {
        match renewed(channel, old, challenge, key, wanted.valid_for).await {
            Ok(answer) => return Ok(Some(answer)),
            // Another box, or one at which this client was revoked.
            Err(CliError::Status { code: Code::PermissionDenied | Code::NotFound, .. }) => {}
            Err(e) => return Err(e),
        }
    }
    match wanted.replace {
        true => Ok(None),
        false => Err(CliError::OtherBox { name: profile.name().into(), known: old.address.device_id.clone(), found }),
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
    staged: Staged,
    link: &Link,
    address: BoxFile,
    answer: EnrolResponse,
    key: &KeyPair,
    is_void: bool,
) -> Result<Kept, CliError> {
    let key = Zeroizing::new(key.serialize_der());
    let enrolment = Enrolment { address, authority: answer.authority, certificate: answer.certificate, key };
    // A box that hands out something unusable is found now, not at the first use.
    let config = tls::enrolled(&enrolment, b"h2")?;
    let beside = profile.keep(staged, &enrolment, is_void)?;
    let mut connection = link.connection(&enrolment.address.host, enrolment.address.port, config).await?;
    connection.client.get_status(GetStatusRequest::default()).await?;
    let shown = appraisal::of(&mut connection, profile, &enrolment).await?;
    Ok(Kept { enrolment, beside, shown })
}
