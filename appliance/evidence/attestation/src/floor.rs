//! The index of security versions: 64 bits in the TPM that only ever get set. The highest one is the floor: an image of a lower
//! security version unseals nothing (its signed policy wants all bits above its own version clear).

use sha2::{Digest, Sha256};

pub const INDEX: u32 = 0x0180_0110;
/// TPMA_NV: type Bits, ownerwrite, ownerread, authread, no_da; written (bit 29).
const ATTRIBUTES: u32 = 0x2206_0022;
pub const SIZE: u16 = 8;

/// The Name of the index once it was written: the same on every box.
pub fn name() -> Vec<u8> {
    let mut public = Vec::with_capacity(14);
    public.extend(INDEX.to_be_bytes());
    public.extend([0, 0x0b]);
    public.extend(ATTRIBUTES.to_be_bytes());
    // No policy.
    public.extend([0, 0]);
    public.extend(SIZE.to_be_bytes());
    [&[0, 0x0b], Sha256::digest(public).as_slice()].concat()
}

/// The floor that these contents mean; `None`: no bit is set, or they are not the index's.
pub fn of_contents(contents: &[u8]) -> Option<u32> {
    u64::from_be_bytes(contents.try_into().ok()?).checked_ilog2()
}
