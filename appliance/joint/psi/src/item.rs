//! What stands for a key.

/// Bytes of an item, of a point, and of a dual before it is cut.
pub(crate) const ITEM: usize = 32;

/// BLAKE3-256 of a key, keyed with the job's digest: across jobs nothing can be compared.
pub fn item(job: &[u8; 32], key: &[u8]) -> [u8; ITEM] {
    blake3::keyed_hash(job, key).into()
}

/// What is compared of a point that both sides have multiplied: a digest, cut by who uses it. A point's own bytes are not uniform.
pub(crate) fn dual(job: &[u8; 32], point: &[u8; ITEM]) -> [u8; ITEM] {
    let mut hasher = blake3::Hasher::new_keyed(job);
    hasher.update(b"dual").update(point);
    hasher.finalize().into()
}

/// Which of `piles` piles a digest belongs to, by its first 32 bits, so that sorted digests fill one pile after the other.
pub(crate) fn pile_of(digest: &[u8; ITEM], piles: u32) -> u32 {
    let [a, b, c, d, ..] = *digest;
    let first = u64::from(u32::from_be_bytes([a, b, c, d]));
    ((first * u64::from(piles)) >> 32) as u32
}
