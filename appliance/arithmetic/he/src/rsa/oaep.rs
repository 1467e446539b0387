//! RSAES-OAEP with SHA-256 and MGF1 (RFC 8017, 7.1).

use engine::{Control, Engine};
use secrets::Secret;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq, ConstantTimeLess};
use zeroize::Zeroizing;

use crate::HeError;
use crate::rsa::mask::{HASH, mask};
use crate::rsa::{PrivateKey, PublicKey};

impl PublicKey {
    /// Bytes that one message may have: n's, less 66.
    pub fn oaep_capacity(&self) -> usize {
        self.bytes() - 2 * HASH - 2
    }

    /// Encrypts messages, each with the same `label`; a matrix of ciphertexts. `control` hears of each once.
    pub fn oaep_encrypt(
        &self,
        engine: &Engine,
        messages: &[&[u8]],
        label: &[u8],
        control: Control<'_>,
    ) -> Result<Vec<u8>, HeError> {
        let most = self.oaep_capacity();
        if let Some(index) = messages.iter().position(|m| m.len() > most) {
            return Err(HeError::MessageLength { index, most });
        }
        let width = self.bytes();
        let mut encoded = Zeroizing::new(vec![0; width * messages.len()]);
        let mut seed = Zeroizing::new([0; HASH]);
        for (message, em) in messages.iter().zip(encoded.chunks_exact_mut(width)) {
            getrandom::fill(&mut *seed).map_err(HeError::Randomness)?;
            encode(message, label, &seed, em);
        }
        self.raw(engine, &encoded, control)
    }
}

impl PrivateKey {
    /// Decrypts a matrix of ciphertexts. What does not decode, for whatever reason, is one and the same error: which it was
    /// would decrypt for others (J. Manger, "A chosen ciphertext attack on RSA Optimal Asymmetric Encryption Padding", CRYPTO
    /// 2001). `control` hears of each twice.
    pub fn oaep_decrypt(
        &self,
        engine: &Engine,
        public: &PublicKey,
        ciphertexts: &[u8],
        label: &[u8],
        control: Control<'_>,
    ) -> Result<Vec<Secret>, HeError> {
        let mut encoded = self.raw(engine, public, ciphertexts, control)?;
        // All are decoded before any failure is looked at.
        let decoded: Vec<Option<Secret>> =
            encoded.chunks_exact_mut(public.bytes()).map(|em| decode(em, label)).collect();
        // secret: which message does not decode, after all were decoded.
        decoded.into_iter().enumerate().map(|(index, m)| m.ok_or(HeError::Decryption { index })).collect()
    }
}

/// EME-OAEP encoding (7.1.1, step 2): 0 || masked seed || masked (hash of the label || zeros || 1 || message). The message fits.
fn encode(message: &[u8], label: &[u8], seed: &[u8; HASH], em: &mut [u8]) {
    em.fill(0);
    let (front, db) = em.split_at_mut(1 + HASH);
    db[..HASH].copy_from_slice(&Sha256::digest(label));
    let start = db.len() - message.len();
    db[start - 1] = 1;
    db[start..].copy_from_slice(message);
    mask(seed, db);
    front[1..].copy_from_slice(seed);
    mask(db, &mut front[1..]);
}

/// EME-OAEP decoding (7.1.2, step 3), in place. No branch and no address depends on the content before the one answer.
pub(crate) fn decode(em: &mut [u8], label: &[u8]) -> Option<Secret> {
    let (front, db) = em.split_at_mut_checked(1 + HASH)?;
    let (zero, seed) = front.split_at_mut(1);
    mask(db, seed);
    mask(seed, db);
    let (hash, rest) = db.split_at_checked(HASH)?;
    let mut good = zero[0].ct_eq(&0) & hash.ct_eq(&Sha256::digest(label));
    // The first byte that is not 0 must be 1; the message begins after it.
    let (mut looking, mut start) = (Choice::from(1), 0u32);
    for (byte, at) in rest.iter().zip(1u32..) {
        let found = looking & !byte.ct_eq(&0);
        good &= !found | byte.ct_eq(&1);
        start = u32::conditional_select(&start, &at, found);
        looking &= !found;
    }
    good &= !looking & start.ct_lt(&(rest.len() as u32 + 1));
    // secret, with what it calls: whether a message decodes, and how long it is: what its reader learns.
    bool::from(good).then(|| Secret::copy_of(&rest[start as usize..]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn decodes_what_was_encoded(message in prop::collection::vec(any::<u8>(), 0..=190), seed: [u8; 32]) {
            let mut em = vec![0; 256];
            encode(&message, b"label", &seed, &mut em);
            prop_assert_eq!(em[0], 0);
            let decoded = decode(&mut em.clone(), b"label").unwrap();
            prop_assert_eq!(decoded.expose(), &message);
            prop_assert!(decode(&mut em, b"").is_none());
        }

        /// Bytes from anywhere neither decode nor panic, and one that was changed does not decode.
        #[test]
        fn arbitrary_bytes(mut em in prop::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(decode(&mut em, b"").is_none());
        }

        #[test]
        fn changed_bytes(at in 0usize..256, change in 1u8..) {
            let mut em = vec![0; 256];
            encode(b"a message", b"", &[7; 32], &mut em);
            em[at] ^= change;
            prop_assert!(decode(&mut em, b"").is_none());
        }
    }

    /// Paddings that are wrong below the masks, where no random change gets.
    #[test]
    fn wrong_below_the_masks() {
        let masked = |db: &[u8]| {
            let mut em = vec![0; 256];
            let (front, rest) = em.split_at_mut(33);
            rest.copy_from_slice(db);
            mask(&[9; 32], rest);
            front[1..].copy_from_slice(&[9; 32]);
            mask(rest, &mut front[1..]);
            em
        };
        let mut db = vec![0; 223];
        db[..32].copy_from_slice(&Sha256::digest(b""));
        assert!(decode(&mut masked(&db), b"").is_none(), "no separator");
        db[222] = 1;
        assert!(decode(&mut masked(&db), b"").unwrap().is_empty());
        db[40] = 2;
        assert!(decode(&mut masked(&db), b"").is_none(), "another byte before the separator");
        db[40] = 1;
        assert_eq!(decode(&mut masked(&db), b"").unwrap().len(), 182);
        db[31] ^= 1;
        assert!(decode(&mut masked(&db), b"").is_none(), "another label");
    }
}
