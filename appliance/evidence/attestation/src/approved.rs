//! The policy of the keys that a box signs with: whatever policy stands in an index of its TPM that only the box's owner writes
//! (PolicyAuthorizeNV, TPM 2.0 part 3, 23.22). What may stand there is the vendor's key for the last phase, with PCR 7 as it was approved of
//! and PCR 12 zero.

use sha2::{Digest, Sha256};

const INDEX: u32 = 0x0180_0113;
/// TPMA_NV: ordinary, ownerwrite, ownerread, authread, no_da; written (bit 29).
const ATTRIBUTES: u32 = 0x2206_0002;
/// TPMT_HA with SHA-256.
const SIZE: u16 = 34;
const TPM_CC_POLICY_AUTHORIZE_NV: u32 = 0x192;

/// The policy of the service's TLS key: the same on every box.
pub fn service_key_policy() -> [u8; 32] {
    let public = [
        &INDEX.to_be_bytes()[..],
        &[0, 0x0b],
        &ATTRIBUTES.to_be_bytes(),
        // No policy of the index itself.
        &[0, 0],
        &SIZE.to_be_bytes(),
    ]
    .concat();
    let policy = Sha256::new()
        .chain_update([0; 32])
        .chain_update(TPM_CC_POLICY_AUTHORIZE_NV.to_be_bytes())
        .chain_update([0, 0x0b])
        .chain_update(Sha256::digest(public));
    policy.finalize().into()
}
