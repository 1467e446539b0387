//! Enrolment: the code pins the box's key; the box issues a certificate for a key that is made here and stays here.

use proto::pairing::PairingCode;
use proto::v1::EnrolRequest;
use proto::v1::enrolment_client::EnrolmentClient;
use rcgen::{CertificateParams, KeyPair};
use serde_json::json;
use zeroize::Zeroizing;

use crate::arguments::Enrol;
use crate::connect::channel;
use crate::error::CliError;
use crate::output::Output;
use crate::profile::{BoxFile, Enrolment, Profile};
use crate::tls;

pub(crate) async fn enrol(
    profile: &Profile,
    host: Option<&str>,
    wanted: Enrol,
    output: &Output,
) -> Result<(), CliError> {
    let host = host.ok_or(CliError::NoHost)?;
    let code = PairingCode::parse(&wanted.code)?;
    let key = KeyPair::generate()?;
    let request = CertificateParams::default().serialize_request(&key)?;
    let channel = channel(host, wanted.enrol_port, tls::pinned(code.pin)?).await?;
    let answer = EnrolmentClient::new(channel)
        .enrol(EnrolRequest {
            pairing_secret: code.secret.to_vec(),
            certificate_request: request.der().to_vec(),
            client_name: wanted.name.clone(),
            valid_s: wanted.valid_for,
        })
        .await?
        .into_inner();
    let enrolment = Enrolment {
        address: BoxFile {
            host: host.to_string(),
            port: proto::SERVICE_PORT,
            device_id: answer.device_id.clone(),
            client: wanted.name,
            role: answer.role.clone(),
        },
        authority: answer.authority,
        certificate: answer.certificate,
        key: Zeroizing::new(key.serialize_der()),
    };
    // A box that hands out something unusable is found now, not at the first use.
    tls::enrolled(&enrolment, b"h2")?;
    profile.save(&enrolment)?;
    output.result(
        json!({ "device_id": answer.device_id, "role": answer.role }),
        &format!("enrolled at box {} as {}", answer.device_id, answer.role),
    );
    Ok(())
}
