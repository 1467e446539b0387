//! A box that has proven to be the one of a code, or the one that this machine is enrolled at; and what it says of its console.

use accounts::pin_from_text;
use accounts::statement::console_authority;
use proto::v1::enrolment_client::EnrolmentClient;
use proto::v1::{ConsoleAuthority, GetConsoleAuthorityRequest};
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use rustls::ClientConfig;
use tonic::Code;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::arguments::Which;
use crate::authority::Authority;
use crate::connect::Link;
use crate::enrol::enrolment_channel;
use crate::error::CliError;
use crate::profile::Profile;
use crate::{address, tls};

/// What the box of a code said on a connection that only it can have. Nothing else makes one.
pub(crate) struct Proven {
    /// Where it is, as it was asked for.
    pub(crate) host: String,
    pub(crate) authority: Authority,
}

/// The code's first groups pin the key that the box shows; nothing more of it is looked at, and it stays as good as it was.
pub(crate) async fn prove(profile: &Profile, link: &Link, which: &Which) -> Result<Proven, CliError> {
    let given = which.address.as_deref().map(address::host).transpose()?.or_else(|| link.host.clone());
    let (host, config) = known(profile, given, which)?;
    let (channel, shown) = enrolment_channel(link, &host, which.enrol_port, config).await?;
    let answer = match EnrolmentClient::new(channel).get_console_authority(GetConsoleAuthorityRequest {}).await {
        Ok(answer) => answer.into_inner(),
        Err(status) if status.code() == Code::Unimplemented => return Err(CliError::NoConsole),
        Err(status) => return Err(status.into()),
    };
    check_signature(&answer, &shown)?;
    let authority = Authority::check(answer.certificate, &answer.host_name)?;
    Ok(Proven { host, authority })
}

fn known(profile: &Profile, given: Option<String>, which: &Which) -> Result<(String, ClientConfig), CliError> {
    if let Some(code) = &which.code {
        return Ok((given.ok_or(CliError::NoHost)?, tls::pinned(pin_from_text(code)?)?));
    }
    match profile.load() {
        Ok(own) => Ok((given.unwrap_or_else(|| own.address.host.clone()), tls::of_authority(&own)?)),
        Err(CliError::NotEnrolled { .. }) => Err(CliError::NoCode),
        Err(e) => Err(e),
    }
}

/// By the key that the box showed: what carries connections in the box has handshakes signed with it, and nothing else.
fn check_signature(answer: &ConsoleAuthority, shown: &[u8]) -> Result<(), CliError> {
    let wrong = || CliError::Answer("the console's authority is not signed by the key that the box showed".into());
    let (_, certificate) = X509Certificate::from_der(shown).map_err(|_| wrong())?;
    let key = certificate.public_key().subject_public_key.data.as_ref();
    let statement = console_authority(&answer.device_id, &answer.host_name, &answer.certificate);
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key).verify(&statement, &answer.signature).map_err(|_| wrong())
}
