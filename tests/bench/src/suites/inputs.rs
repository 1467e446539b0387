//! Keys, plaintexts and scalars that ours and the peer work on alike.

use rug::Integer;
use rug::rand::RandState;

use crate::BenchError;
use crate::peers::{fate, gmp};

/// Bytes of the fixed-point plaintexts.
pub(crate) const WIDTH: usize = 8;
/// Bits of the fixed-point plaintexts, with the sign.
const PLAINTEXT_BITS: u32 = 41;
/// Bits of the scalars, with the sign.
const SCALAR_BITS: u32 = 24;

/// One key for both.
pub(crate) struct Keys {
    pub(crate) pair: he::KeyPair,
    pub(crate) public: he::PublicKey,
    pub(crate) private: he::PrivateKey,
    pub(crate) peer: fate::PublicKey,
    pub(crate) peer_private: fate::PrivateKey,
}

impl Keys {
    pub(crate) fn generate(bits: u32) -> Result<Keys, BenchError> {
        let pair = he::generate(bits)?;
        let public = he::PublicKey::new(&pair.n, &pair.hs)?;
        let private = he::PrivateKey::new(&public, &pair.p, &pair.q)?;
        let peer = fate::PublicKey::new(gmp::from_be(&pair.n));
        let peer_private = fate::PrivateKey::new(gmp::from_be(pair.p.expose()), gmp::from_be(pair.q.expose()))?;
        Ok(Keys { pair, public, private, peer, peer_private })
    }
}

/// Fixed-point numbers of 41 bits: 2^-40 of a value within -1..1.
pub(crate) fn plaintexts(count: usize, random: &mut RandState<'_>) -> Vec<i64> {
    signed(count, PLAINTEXT_BITS, random)
}

/// Fixed-point numbers of 24 bits: 2^-23 of a value within -1..1.
pub(crate) fn scalars(count: usize, random: &mut RandState<'_>) -> Vec<i64> {
    signed(count, SCALAR_BITS, random)
}

/// Two's complement big-endian, as our encryption takes them.
pub(crate) fn bytes(plaintexts: &[i64]) -> Vec<u8> {
    plaintexts.iter().flat_map(|m| m.to_be_bytes()).collect()
}

pub(crate) fn integers(plaintexts: &[i64]) -> Vec<Integer> {
    plaintexts.iter().map(|m| Integer::from(*m)).collect()
}

/// What our decryption gives, as numbers.
pub(crate) fn decrypted(clear: &[u8], width: usize) -> Vec<Integer> {
    let signed = |be: &[u8]| {
        let negative = be.first().is_some_and(|byte| byte >> 7 == 1);
        let number = gmp::from_be(be);
        if negative { number - (Integer::from(1) << (8 * width as u32)) } else { number }
    };
    clear.chunks_exact(width).map(signed).collect()
}

fn signed(count: usize, bits: u32, random: &mut RandState<'_>) -> Vec<i64> {
    (0..count)
        .map(|_| i64::from(random.bits(32)) << 32 | i64::from(random.bits(32)))
        .map(|x| x >> (64 - bits))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_have_their_bits_and_both_signs() {
        let scalars = scalars(10_000, &mut RandState::new());
        let (min, max) = (scalars.iter().min().unwrap(), scalars.iter().max().unwrap());
        assert!((-(1 << 23)..-(1 << 22)).contains(min) && (1 << 22..1 << 23).contains(max), "{min} {max}");
    }

    #[test]
    fn twos_complement_comes_back() {
        let numbers = [0, 1, -1, i64::MIN, i64::MAX];
        assert_eq!(decrypted(&bytes(&numbers), 8), integers(&numbers));
    }
}
