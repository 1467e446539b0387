//! Checks 1 to 4, 8 and 9: what the TPM signed, and when.

use std::collections::BTreeMap;

use attestation::evidence::QUOTED_PCRS;
use attestation::{
    Attest, Claim, EndorsementPublic, Evidence, Hash, KeyPublic, QuoteError, ReadError, Signed, signed_by,
    signs_only_what_the_tpm_made,
};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::{Judged, Trouble, need};
use crate::reason::Reason;

pub(crate) const QUOTE: &str = "quote";
pub(crate) const SERVICE_KEY: &str = "certification of the service's key";
pub(crate) const FLOOR: &str = "certification of the floor";

/// The structures in the evidence, read. Nobody has vouched for them yet.
pub(crate) struct Parts {
    pub(crate) attestation_key: KeyPublic,
    pub(crate) endorsement_key: Option<EndorsementPublic>,
    pub(crate) service_key: Option<KeyPublic>,
}

/// What the attestation key signed.
pub(crate) struct Attested {
    pub(crate) quote: Attest,
    pub(crate) service_key: Option<Attest>,
    pub(crate) floor: Option<Attest>,
}

/// Check 2: every structure is of its kind, whole, and nothing follows.
pub(crate) fn structures(evidence: &Evidence) -> Judged<Parts> {
    let attestation_key = readable("attestation key", KeyPublic::read(&evidence.attestation_key))?;
    let endorsement_key =
        evidence.endorsement.key.as_ref().map(|key| readable("endorsement key", EndorsementPublic::read(key)));
    let service_key = evidence.service_key.as_ref().map(|key| readable("service's key", KeyPublic::read(&key.public)));
    for (part, signed) in signatures(evidence) {
        let attest = readable(part, Attest::read(&signed.attest))?;
        let fits = match attest.claim {
            Claim::Quote { .. } => part == QUOTE,
            Claim::Key { .. } => part == SERVICE_KEY,
            Claim::Nv { .. } => part == FLOOR,
        };
        if !fits {
            return Err(Reason::NotThis { part }.into());
        }
    }
    let parts =
        Parts { attestation_key, endorsement_key: endorsement_key.transpose()?, service_key: service_key.transpose()? };
    Ok((parts, signatures(evidence).map(|(part, _)| part.to_string()).collect()))
}

/// Check 4: the key signs nothing that its TPM did not make.
pub(crate) fn attestation_key(parts: &Option<Parts>) -> Judged<KeyPublic> {
    let key = &need(parts, 2)?.attestation_key;
    match signs_only_what_the_tpm_made(key) {
        Ok(()) => Ok((key.clone(), vec!["restricted, sign, fixedTPM, sensitiveDataOrigin".into()])),
        Err(QuoteError::KeyAttributes(lacks)) => Err(Reason::KeyAttribute { lacks }.into()),
        Err(other) => Err(Reason::Unreadable { part: "attestation key", problem: other.to_string() }.into()),
    }
}

/// Check 3: that key signed all of it.
pub(crate) fn signature(evidence: &Evidence, key: &Option<KeyPublic>) -> Judged<Attested> {
    let key = need(key, 4)?;
    let mut read = BTreeMap::new();
    for (part, signed) in signatures(evidence) {
        let attest = signed_by(key, &signed.attest, &signed.signature).map_err(|error| match error {
            QuoteError::Unreadable { source, .. } => Reason::Unreadable { part, problem: source.to_string() },
            _ => Reason::Signature { part },
        })?;
        read.insert(part, attest);
    }
    let quote = read.remove(QUOTE).ok_or(Reason::Signature { part: QUOTE })?;
    let key = format!("attestation key {}", Hash::of(&evidence.attestation_key));
    Ok((Attested { quote, service_key: read.remove(SERVICE_KEY), floor: read.remove(FLOOR) }, vec![key]))
}

/// Check 1: it was signed for this question. The service's key is certified for the whole file, in which the nonce is: check 15.
pub(crate) fn nonce(evidence: &Evidence, attested: &Option<Attested>, asked: &[u8]) -> Judged<Vec<u8>> {
    let attested = need(attested, 3)?;
    let signed = [Some((QUOTE, &attested.quote)), attested.floor.as_ref().map(|floor| (FLOOR, floor))];
    for (part, attest) in signed.into_iter().flatten() {
        if attest.extra_data != asked {
            return Err(Reason::Nonce { part }.into());
        }
    }
    if evidence.nonce != asked {
        return Err(Reason::Nonce { part: "file" }.into());
    }
    let nonce = attested.quote.extra_data.clone();
    let shown = HEXLOWER.encode(&nonce);
    Ok((nonce, vec![shown]))
}

/// Check 8: it covers the PCRs that it must, of the SHA-256 bank, and no others.
pub(crate) fn selection(attested: &Option<Attested>) -> Judged<Vec<u8>> {
    let Claim::Quote { selection, digest } = &need(attested, 3)?.quote.claim else {
        return Err(Reason::NotThis { part: QUOTE }.into());
    };
    if selection[..] != QUOTED_PCRS {
        return Err(Reason::Selection { found: selection.clone() }.into());
    }
    Ok((digest.clone(), vec![format!("sha256: {selection:?}")]))
}

/// Check 9: the values are those that it covers.
pub(crate) fn values(evidence: &Evidence, digest: &Option<Vec<u8>>) -> Judged<BTreeMap<u8, [u8; 32]>> {
    let digest = need(digest, 8)?;
    if !evidence.pcrs.keys().eq(&QUOTED_PCRS) {
        return Err(Reason::PcrValues.into());
    }
    let joined = evidence.pcrs.values().fold(Sha256::new(), |hash, value| hash.chain_update(&value[..]));
    if joined.finalize().as_slice() != digest.as_slice() {
        return Err(Reason::PcrDigest.into());
    }
    let values: BTreeMap<u8, [u8; 32]> = evidence.pcrs.iter().map(|(index, value)| (*index, **value)).collect();
    let shown = values.iter().map(|(index, value)| format!("PCR {index}: {}", HEXLOWER.encode(value))).collect();
    Ok((values, shown))
}

fn signatures(evidence: &Evidence) -> impl Iterator<Item = (&'static str, &Signed)> {
    let service = evidence.service_key.as_ref().map(|key| (SERVICE_KEY, &key.certified));
    let floor = evidence.floor.as_ref().map(|floor| (FLOOR, floor));
    [Some((QUOTE, &evidence.quote)), service, floor].into_iter().flatten()
}

fn readable<T>(part: &'static str, read: Result<T, ReadError>) -> Result<T, Trouble> {
    read.map_err(|e| Reason::Unreadable { part, problem: e.to_string() }.into())
}
