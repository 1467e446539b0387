//! The vendor's word on what may unseal a box's secrets: for each phase a policy of two assertions, signed by that phase's key.
//!
//! 1. PolicyPCR: PCR 11 has the value that this image leaves there.
//! 2. PolicyNV: no bit above this image's security version is set in the box's index. A box sets bit v once it runs version v for
//!    good; from then on no older image unseals anything, though its signature is as good as ever.
//!
//! Both are the same on every box, so that the vendor signs them once, ahead. The file is systemd's tpm2-pcr-signature.json
//! (systemd-stub(7), .pcrsig) with one more field; systemd-measure knows the first assertion alone, and so does not sign it.

use data_encoding::{BASE64, HEXLOWER};
use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};

use crate::digest::{sha256, sha256_hex};
use crate::error::ImagerError;
use crate::keys::{self, Keys, PolicyPhase};
use crate::pcr::Pcr;

/// The highest security version: bit 63 stays, so that there is always one to forbid.
pub const HIGHEST_SECURITY_VERSION: u32 = 62;

/// .pcrsig, and /.extra/tpm2-pcr-signature.json in the box.
#[derive(Debug, Serialize, Deserialize)]
pub struct SignedPolicies {
    pub sha256: Vec<SignedPolicy>,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct SignedPolicy {
    pub pcrs: Vec<u32>,
    /// SHA-256 of the public key, as PKCS #1 has it.
    pub pkfp: String,
    /// The policy's digest.
    pub pol: String,
    /// RSASSA with SHA-256 over the digest.
    pub sig: String,
    #[serde(rename = "coffer-security-version")]
    pub security_version: u32,
}

/// One policy a phase, for the image that leaves `base` in PCR 11.
pub fn sign(base: Pcr, security_version: u32, keys: &Keys) -> Result<SignedPolicies, ImagerError> {
    let entry = |phase: PolicyPhase| {
        let key = keys.policy(phase);
        let digest = approved(base.after_phases(phase.path()), security_version);
        Ok(SignedPolicy {
            pcrs: vec![11],
            pkfp: sha256_hex(key.public_key()),
            pol: HEXLOWER.encode(&digest),
            sig: BASE64.encode(&key.sign(&digest)?),
            security_version,
        })
    };
    Ok(SignedPolicies { sha256: PolicyPhase::ALL.map(entry).into_iter().collect::<Result<_, _>>()? })
}

/// Whether this file has a policy for each phase, for this value and version and no other, signed by the key in the PEM of the phase.
pub fn verify(file: &[u8], keys: [&[u8]; 2], base: Pcr, security_version: u32) -> Result<(), String> {
    let end = file.iter().position(|b| *b == 0).unwrap_or(file.len());
    let found: SignedPolicies = serde_json::from_slice(&file[..end]).map_err(|e| format!("not readable ({e})"))?;
    if found.sha256.len() != PolicyPhase::ALL.len() {
        return Err(format!("there are {} policies", found.sha256.len()));
    }
    let [early, ready] = keys.map(keys::public_key_in);
    let (early, ready) = (early?, ready?);
    if early == ready {
        return Err("both phases have the same key".into());
    }
    for ((entry, phase), key) in found.sha256.iter().zip(PolicyPhase::ALL).zip([early, ready]) {
        let bad = |what: &str| format!("{}: {what}", phase.name());
        let digest = approved(base.after_phases(phase.path()), security_version);
        if (entry.pcrs.as_slice(), entry.security_version) != (&[11], security_version) {
            return Err(bad("it is of other registers or of another security version"));
        }
        if entry.pol != HEXLOWER.encode(&digest) {
            return Err(bad("it is of another image"));
        }
        if entry.pkfp != sha256_hex(&key) {
            return Err(bad("it names another key"));
        }
        let signature = BASE64.decode(entry.sig.as_bytes()).map_err(|_| bad("its signature is not base64"))?;
        keys::verify(&key, &digest, &signature).map_err(|what| bad(&what))?;
    }
    Ok(())
}

/// The digest of a policy session that passed both assertions.
///
/// TPM 2.0 part 3: 23.7 PolicyPCR: `new = H(old || TPM_CC_PolicyPCR || PCRs || H(values))`; 23.9 PolicyNV:
/// `args = H(operandB || offset || operation)`, `new = H(old || TPM_CC_PolicyNV || args || Name of the index)`.
#[must_use]
pub fn approved(pcr11: Pcr, security_version: u32) -> [u8; 32] {
    // TPML_PCR_SELECTION: count 1, { TPM_ALG_SHA256, sizeofSelect 3, pcrSelect }.
    let pcrs = [0, 0, 0, 1, 0, 0x0b, 3, 0, 1 << 3, 0];
    let measured = hash(&[&[0; 32], &PolicyCommand::Pcr.code(), &pcrs, &sha256(&pcr11.0)]);
    let offset = 0u16.to_be_bytes();
    let arguments = hash(&[&forbidden_bits(security_version), &offset, &BIT_CLEAR.to_be_bytes()]);
    hash(&[&measured, &PolicyCommand::Nv.code(), &arguments, &index_name()])
}

/// The operand: every bit above the version's own.
#[must_use]
pub fn forbidden_bits(security_version: u32) -> [u8; 8] {
    u64::MAX.checked_shl(security_version + 1).unwrap_or(0).to_be_bytes()
}

/// NV index of type Bits in the owner's range; each box has it.
const INDEX: u32 = 0x0180_0110;
/// Bits, ownerwrite, ownerread, authread, no_da, written. The Name has "written" in it, and an index never loses that.
const INDEX_ATTRIBUTES: u32 = 0x2206_0022;
const INDEX_SIZE: u16 = 8;
const SHA256_ALGORITHM: u16 = 0x000b;
/// TPM_EO_BITCLEAR: all bits set in the operand are clear in the index.
const BIT_CLEAR: u16 = 0x000b;

enum PolicyCommand {
    Nv,
    Pcr,
}

impl PolicyCommand {
    fn code(self) -> [u8; 4] {
        let code: u32 = match self {
            PolicyCommand::Nv => 0x149,
            PolicyCommand::Pcr => 0x17f,
        };
        code.to_be_bytes()
    }
}

/// Part 1, 16: nameAlg || H(TPMS_NV_PUBLIC), which has no policy of its own.
fn index_name() -> Vec<u8> {
    let algorithm = SHA256_ALGORITHM.to_be_bytes();
    let public = [
        &INDEX.to_be_bytes()[..],
        &algorithm,
        &INDEX_ATTRIBUTES.to_be_bytes(),
        &0u16.to_be_bytes(),
        &INDEX_SIZE.to_be_bytes(),
    ];
    [&algorithm[..], &hash(&public)].concat()
}

fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Context::new(&SHA256);
    parts.iter().for_each(|part| hash.update(part));
    let mut out = [0; 32];
    out.copy_from_slice(hash.finish().as_ref());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_forbids_the_bits_above_it_and_not_its_own() {
        assert_eq!(u64::from_be_bytes(forbidden_bits(0)), !1);
        assert_eq!(u64::from_be_bytes(forbidden_bits(5)), !0b11_1111);
        assert_eq!(u64::from_be_bytes(forbidden_bits(HIGHEST_SECURITY_VERSION)), 1 << 63);
    }

    #[test]
    fn value_and_version_are_both_in_the_digest() {
        let (one, other) = (Pcr::zero(), Pcr::zero().after_phases("ready"));
        assert_ne!(approved(one, 1), approved(other, 1));
        assert_ne!(approved(one, 1), approved(one, 2));
    }
}
