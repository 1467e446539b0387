//! An evidence as the files that other programs read: tpm2_checkquote, tpm2_eventlog, openssl, whatever reads JSON.

use attestation::Evidence;
use attestation::evidence::SIZE_MAX;
use coffer_verify::{VerifyError, files};

use crate::arguments::UnpackArguments;
use crate::output::say;

pub(crate) fn run(arguments: &UnpackArguments) -> Result<bool, VerifyError> {
    let read = Evidence::from_bytes(&files::read(&arguments.evidence, SIZE_MAX as u64)?);
    let evidence = read.map_err(|source| VerifyError::Evidence { path: arguments.evidence.clone(), source })?;
    let json = format!("{:#}\n", evidence.to_json()).into_bytes();
    let key = &evidence.attestation_key;
    let mut parts = vec![
        ("evidence.json".into(), json),
        ("quote.attest".into(), evidence.quote.attest.clone()),
        ("quote.signature".into(), evidence.quote.signature.clone()),
        // TPM2B_PUBLIC.
        ("attestation-key.pub".into(), [&(key.len() as u16).to_be_bytes()[..], key].concat()),
        ("pcr-values".into(), pcr_values(&evidence)),
        // One log: our own records go on where the firmware's end.
        ("event.log".into(), [&evidence.firmware_log[..], &evidence.own_log].concat()),
    ];
    let mut optional = |name: String, bytes: Option<&Vec<u8>>| parts.extend(bytes.map(|b| (name, b.clone())));
    optional("endorsement.der".into(), evidence.endorsement.certificate.as_ref());
    optional("device-record.json".into(), evidence.device_record.as_ref());
    optional("service.der".into(), evidence.service_key.as_ref().map(|key| &key.certificate));
    for (number, intermediate) in evidence.endorsement.intermediates.iter().enumerate() {
        parts.push((format!("intermediate-{number}.der"), intermediate.to_vec()));
    }
    files::make_folder(&arguments.folder)?;
    for (name, bytes) in parts {
        files::write(&arguments.folder.join(&name), &bytes)?;
        say(&name)?;
    }
    Ok(true)
}

/// The PCR values as tpm2_quote writes them and tpm2_checkquote reads them: C structures, little-endian.
fn pcr_values(evidence: &Evidence) -> Vec<u8> {
    const SHA256: u8 = 0x0b;
    const SELECTIONS: usize = 16;
    const PER_LIST: usize = 8;
    let mut bits = [0u8; 3];
    for pcr in evidence.pcrs.keys().filter(|pcr| **pcr < 24) {
        bits[usize::from(pcr / 8)] |= 1 << (pcr % 8);
    }
    let mut out = 1u32.to_le_bytes().to_vec();
    out.extend([SHA256, 0, 3, bits[0], bits[1], bits[2], 0, 0]);
    out.extend([0; (SELECTIONS - 1) * 8]);
    let values: Vec<_> = evidence.pcrs.values().collect();
    out.extend((values.len().div_ceil(PER_LIST) as u32).to_le_bytes());
    for list in values.chunks(PER_LIST) {
        out.extend((list.len() as u32).to_le_bytes());
        for place in 0..PER_LIST {
            let value = list.get(place).map_or(&[][..], |value| &value[..]);
            out.extend((value.len() as u16).to_le_bytes());
            out.extend(value);
            out.extend(vec![0; 64 - value.len()]);
        }
    }
    out
}
