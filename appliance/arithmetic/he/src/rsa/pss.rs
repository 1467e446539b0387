//! RSASSA-PSS with SHA-256, MGF1 and a salt of 32 bytes (RFC 8017, 8.1 and 9.1).

use engine::{Control, Engine};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::HeError;
use crate::rsa::mask::{HASH, mask};
use crate::rsa::{PrivateKey, PublicKey};

const SALT: usize = 32;

impl PrivateKey {
    /// Signs messages; a matrix of signatures. `control` hears of each twice.
    pub fn pss_sign(
        &self,
        engine: &Engine,
        public: &PublicKey,
        messages: &[&[u8]],
        control: Control<'_>,
    ) -> Result<Vec<u8>, HeError> {
        let encoded = public.pss_encode(messages)?;
        Ok(self.raw(engine, public, &encoded, control)?.to_vec())
    }
}

impl PublicKey {
    /// Messages as [`PrivateKey::pss_sign`] hands them to [`PrivateKey::raw`], with a fresh salt each: what one blinds for a
    /// blind signature (RFC 9474, 4.2).
    pub fn pss_encode(&self, messages: &[&[u8]]) -> Result<Zeroizing<Vec<u8>>, HeError> {
        let width = self.bytes();
        let mut encoded = Zeroizing::new(vec![0; width * messages.len()]);
        let mut salt = [0; SALT];
        for (message, em) in messages.iter().zip(encoded.chunks_exact_mut(width)) {
            getrandom::fill(&mut salt).map_err(HeError::Randomness)?;
            encode(message, &salt, self.bits() - 1, em);
        }
        Ok(encoded)
    }

    /// Verifies a matrix of signatures, one a message; the first that is not valid is named. `control` hears of each once.
    pub fn pss_verify(
        &self,
        engine: &Engine,
        messages: &[&[u8]],
        signatures: &[u8],
        control: Control<'_>,
    ) -> Result<(), HeError> {
        if signatures.len() != messages.len() * self.bytes() {
            return Err(HeError::Shape { what: "there are not as many signatures as messages, each as wide as n" });
        }
        let signatures = self.read(signatures).map_err(|e| match e {
            // RFC 8017, 8.1.2, step 2b: not another error than any invalid signature's.
            HeError::ElementRange { index, .. } => HeError::Signature { index },
            e => e,
        })?;
        let encoded = self.power(engine, &signatures, control)?.to_be(self.bytes());
        let bits = self.bits() - 1;
        let wrong = |(em, message): (&[u8], &&[u8])| !verify(em, bits, message);
        match encoded.chunks_exact(self.bytes()).zip(messages).position(wrong) {
            Some(index) => Err(HeError::Signature { index }),
            None => Ok(()),
        }
    }
}

/// EMSA-PSS encoding (9.1.1) as a number of at most `bits` bits in all of `em`:
/// masked (zeros || 1 || salt) || H || 0xbc, H the hash of eight zeros, the message's hash and the salt.
fn encode(message: &[u8], salt: &[u8; SALT], bits: usize, em: &mut [u8]) {
    em.fill(0);
    let em = in_bits(em, bits);
    let (db, tail) = em.split_at_mut(em.len() - HASH - 1);
    let hash = hash(message, salt);
    let start = db.len() - SALT;
    db[start - 1] = 1;
    db[start..].copy_from_slice(salt);
    mask(&hash, db);
    db[0] &= top_byte(bits);
    tail[..HASH].copy_from_slice(&hash);
    tail[HASH] = 0xbc;
}

/// EMSA-PSS verification (9.1.2). `em` is as wide as n.
pub(crate) fn verify(em: &[u8], bits: usize, message: &[u8]) -> bool {
    let mut em = em.to_vec();
    let width = em.len();
    let encoded = in_bits(&mut em, bits);
    let unused = width - encoded.len();
    let (db, tail) = encoded.split_at_mut(encoded.len() - HASH - 1);
    let (hash_found, trailer) = tail.split_at(HASH);
    let mut good = trailer == [0xbc] && db[0] & !top_byte(bits) == 0;
    mask(hash_found, db);
    db[0] &= top_byte(bits);
    let (padding, salt) = db.split_at(db.len() - SALT);
    let (separator, zeros) = match padding.split_last() {
        Some((separator, zeros)) => (*separator, zeros),
        None => return false,
    };
    good &= separator == 1 && zeros.iter().all(|byte| *byte == 0);
    good &= bool::from(hash(message, salt).ct_eq(hash_found));
    good && em[..unused].iter().all(|byte| *byte == 0)
}

/// The bytes of `em` that numbers of `bits` bits need: all, or all but the first.
fn in_bits(em: &mut [u8], bits: usize) -> &mut [u8] {
    let unused = em.len() - bits.div_ceil(8);
    &mut em[unused..]
}

/// The bits that the first of those bytes may have.
fn top_byte(bits: usize) -> u8 {
    0xff >> (bits.div_ceil(8) * 8 - bits)
}

fn hash(message: &[u8], salt: &[u8]) -> [u8; HASH] {
    let message = Sha256::digest(message);
    Sha256::new_with_prefix([0; 8]).chain_update(message).chain_update(salt).finalize().into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// 2040 bits are what a modulus of 2041 bits leaves: one byte of `em` is unused then.
        #[test]
        fn verifies_what_was_encoded(message in prop::collection::vec(any::<u8>(), 0..100), salt: [u8; 32], bits in 2040usize..=2047, at in 0usize..2047) {
            let mut em = vec![0; 256];
            encode(&message, &salt, bits, &mut em);
            prop_assert!(verify(&em, bits, &message));
            em[255 - at / 8] ^= 1 << (at % 8);
            prop_assert!(!verify(&em, bits, &message));
        }

        #[test]
        fn arbitrary_bytes(em in prop::collection::vec(any::<u8>(), 256), bits in 2040usize..=2047) {
            prop_assert!(!verify(&em, bits, b""));
        }
    }
}
