//! Doors for the fuzz targets alone (tests/fuzz): decoders that are otherwise behind a private operation.

use secrets::Secret;

use crate::rsa::{mask, oaep, pss};

/// Decodes in place, as after a private operation.
pub fn oaep_decode(em: &mut [u8], label: &[u8]) -> Option<Secret> {
    oaep::decode(em, label)
}

/// Masks what need not be well-formed: the rest of an encoded message after its seed.
pub fn oaep_encode(seed: &[u8; 32], db: &[u8]) -> Vec<u8> {
    let mut em = [&[0], &seed[..], db].concat();
    let (front, db) = em.split_at_mut(1 + seed.len());
    mask::mask(seed, db);
    mask::mask(db, &mut front[1..]);
    em
}

/// For an `em` of at least 66 bytes and `bits` of at most its bits less one.
pub fn pss_verify(em: &[u8], bits: usize, message: &[u8]) -> bool {
    pss::verify(em, bits, message)
}
