//! Ciphertexts, and their encoding.

use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};

use crate::HeError;

/// Bytes of one point (RFC 9496, 4.3.2).
pub(crate) const POINT: usize = 32;

/// Pairs of group elements.
pub struct Ciphertexts(pub(crate) Vec<[RistrettoPoint; 2]>);

impl Ciphertexts {
    /// Bytes of one ciphertext: two encoded points.
    pub const BYTES: usize = 2 * POINT;

    /// From outside. An encoding that is not the one of its point is refused (RFC 9496, 4.3.1); every point is a ciphertext's.
    pub fn from_bytes(data: &[u8]) -> Result<Ciphertexts, HeError> {
        if !data.len().is_multiple_of(Ciphertexts::BYTES) {
            let bytes = data.len() % Ciphertexts::BYTES;
            return Err(HeError::ElementWidth { what: "ciphertext", bytes, needed: Ciphertexts::BYTES });
        }
        let pair = |(index, bytes): (usize, &[u8])| {
            let (first, second) = bytes.split_at(POINT);
            match (point(first), point(second)) {
                (Some(first), Some(second)) => Ok([first, second]),
                _ => Err(HeError::NotCiphertext { index, what: "no pair of encoded points (RFC 9496)" }),
            }
        };
        let pairs = data.chunks_exact(Ciphertexts::BYTES).enumerate().map(pair);
        Ok(Ciphertexts(pairs.collect::<Result<_, _>>()?))
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flatten().flat_map(|point| point.compress().to_bytes()).collect()
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }
}

/// The point of a canonical encoding.
pub(crate) fn point(bytes: &[u8]) -> Option<RistrettoPoint> {
    CompressedRistretto::from_slice(bytes).ok()?.decompress()
}
