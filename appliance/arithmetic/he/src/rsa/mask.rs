//! MGF1 with SHA-256 (RFC 8017, B.2.1).

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// Bytes of a SHA-256 hash.
pub(crate) const HASH: usize = 32;

/// target = target xor MGF1(seed).
pub(crate) fn mask(seed: &[u8], target: &mut [u8]) {
    for (counter, chunk) in (0u32..).zip(target.chunks_mut(HASH)) {
        let block = Zeroizing::new(<[u8; HASH]>::from(
            Sha256::new_with_prefix(seed).chain_update(counter.to_be_bytes()).finalize(),
        ));
        chunk.iter_mut().zip(block.iter()).for_each(|(t, b)| *t ^= b);
    }
}
