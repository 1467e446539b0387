//! Checks 5 to 7: whose TPM it is, and in which machine.

use attestation::jws;
use attestation::{DeviceRecord, Evidence, Hash, name};

use super::signed::Parts;
use super::{Judged, Trouble, need};
use crate::appraise::Input;
use crate::chain;
use crate::reason::Reason;

/// Check 7: the vendor's factory put this TPM into this machine.
pub(crate) fn device_record(evidence: &Evidence, input: &Input<'_>) -> Judged<DeviceRecord> {
    let bytes = evidence.device_record.as_ref().ok_or(Trouble::Unknown(Reason::NoDeviceRecord))?;
    if input.roots.device_record.is_empty() {
        return Err(Trouble::Unknown(Reason::NoDeviceRecordKeys));
    }
    let record: DeviceRecord = jws::verify(bytes, &input.roots.device_record)
        .map_err(|e| Reason::DeviceRecord { problem: with_source(&e) })?;
    let key = evidence.endorsement.key.as_ref();
    if key.map(|k| Hash::of(k)) != Some(record.endorsement_key) {
        return Err(Reason::RecordOfOtherEndorsementKey.into());
    }
    if evidence.endorsement.certificate.as_ref().map(|c| Hash::of(c)) != record.endorsement_certificate {
        return Err(Reason::RecordOfOtherCertificate.into());
    }
    if input.serial.is_some_and(|asked| asked != record.serial) {
        return Err(Reason::SerialOther { found: record.serial }.into());
    }
    let shown = vec![
        format!("serial number {}", record.serial),
        format!("endorsement key {}", record.endorsement_key),
        format!("recorded on {}", record.date),
    ];
    Ok((record, shown))
}

/// Check 5: attestation key and endorsement key are in one TPM. The factory saw it, or the auditor did.
pub(crate) fn one_tpm(
    evidence: &Evidence,
    parts: &Option<Parts>,
    record: &Option<DeviceRecord>,
    input: &Input<'_>,
) -> Judged<()> {
    need(parts, 2)?;
    let mut shown = Vec::new();
    if let Some(record) = record {
        if record.attestation_key != Hash::of(&evidence.attestation_key) {
            return Err(Reason::RecordOfOtherAttestationKey.into());
        }
        shown.push(format!("the device record names attestation key {}", record.attestation_key));
    }
    if let Some(activation) = &input.activation {
        let same = evidence.endorsement.key.as_deref() == Some(activation.endorsement_key)
            && name(&evidence.attestation_key) == activation.attestation_key_name
            && !activation.secret.is_empty()
            && activation.secret == activation.answer;
        if !same {
            return Err(Reason::ActivationOther.into());
        }
        shown.push("the TPM answered a credential challenge of yours".into());
    }
    match (shown.is_empty(), evidence.device_record.is_some()) {
        (false, _) => Ok(((), shown)),
        (true, true) => Err(Trouble::Unknown(Reason::Depends { on: 7 })),
        (true, false) => Err(Trouble::Unknown(Reason::NoDeviceRecord)),
    }
}

/// Check 6: the maker of the TPM vouches for the endorsement key.
pub(crate) fn endorsement(evidence: &Evidence, parts: &Option<Parts>, input: &Input<'_>) -> Judged<String> {
    let missing = || Trouble::Unknown(Reason::NoEndorsementCertificate);
    let key = need(parts, 2)?.endorsement_key.as_ref().ok_or_else(missing)?;
    let attributes = key.attributes;
    if !(attributes.fixed_tpm() && attributes.restricted() && attributes.decrypts()) {
        return Err(Reason::EndorsementAttributes.into());
    }
    let certificate = evidence.endorsement.certificate.as_ref().ok_or_else(missing)?;
    if input.roots.endorsement.is_empty() {
        return Err(Trouble::Unknown(Reason::NoEndorsementRoots));
    }
    let intermediates: Vec<&[u8]> = evidence.endorsement.intermediates.iter().map(|i| i.as_slice()).collect();
    let root = chain::verify(certificate, key, &intermediates, input.roots, input.now)?;
    let shown = vec![format!("certificate {}", Hash::of(certificate)), format!("root {root}")];
    Ok((root, shown))
}

/// Our errors never repeat their source.
pub(crate) fn with_source(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", with_source(source)),
        None => error.to_string(),
    }
}
