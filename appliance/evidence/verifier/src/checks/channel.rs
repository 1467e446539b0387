//! Check 13: who talks to clients, and computes, is the box that was quoted.

use attestation::own_log::Loaded;
use attestation::{Claim, Evidence, Hash, ReferenceValues, name};
use x509_cert::Certificate;
use x509_cert::der::Decode;

use super::logs::Logs;
use super::signed::{Attested, Parts};
use super::{Judged, Trouble, need};
use crate::appraise::Input;
use crate::reason::Reason;

/// The hash of the service's certificate.
pub(crate) fn channel(
    evidence: &Evidence,
    parts: &Option<Parts>,
    attested: &Option<Attested>,
    logs: &Option<Logs<'_>>,
    reference: &Option<ReferenceValues>,
    input: &Input<'_>,
) -> Judged<Hash> {
    let (parts, attested) = (need(parts, 2)?, need(attested, 3)?);
    let missing = || Trouble::Unknown(Reason::NoServiceKey);
    let shown_key = evidence.service_key.as_ref().ok_or_else(missing)?;
    let (key, certified) = parts.service_key.as_ref().zip(attested.service_key.as_ref()).ok_or_else(missing)?;
    if certified.claim != (Claim::Key { name: name(&shown_key.public) }) {
        return Err(Reason::ServiceKeyOther.into());
    }
    let attributes = key.attributes;
    let bound = attributes.fixed_tpm() && attributes.sensitive_data_origin() && attributes.signs();
    if !bound || attributes.user_with_auth() || key.policy.is_empty() {
        return Err(Reason::ServiceKeyFree.into());
    }
    let certificate = Certificate::from_der(&shown_key.certificate).map_err(|_| Reason::ServiceCertificateOther)?;
    let info = certificate.tbs_certificate().subject_public_key_info();
    if info.subject_public_key.as_bytes() != Some(&key.point) {
        return Err(Reason::ServiceCertificateOther.into());
    }
    if input.channel.is_some_and(|seen| seen != shown_key.certificate) {
        return Err(Reason::ChannelOther.into());
    }
    let reference = need(reference, 14)?;
    if reference.service_key_policy.is_some_and(|expected| expected.0[..] != key.policy[..]) {
        return Err(Reason::ServicePolicy.into());
    }
    let mut shown = vec![format!("service certificate {}", Hash::of(&shown_key.certificate))];
    for loaded in &need(logs, 10)?.loaded {
        if let Loaded::Card { address, build, .. } = loaded {
            if !reference.card_builds.contains(&Hash(*build)) {
                return Err(Reason::CardBuild { build: Hash(*build).to_string() }.into());
            }
            shown.push(format!("card at {address}: design {}", Hash(*build)));
        }
    }
    Ok((Hash::of(&shown_key.certificate), shown))
}
